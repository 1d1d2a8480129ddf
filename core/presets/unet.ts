import { augment } from "../data/augment/augment.ts";
import { crops } from "../data/crops.ts";
import { shapes } from "../data/shapes.ts";
import { input, type Symbolic } from "../layer.ts";
import { activation } from "../layers/activation.ts";
import { batchNormalization } from "../layers/batch_normalization.ts";
import { concatenate } from "../layers/concatenate.ts";
import { conv2d } from "../layers/conv2d.ts";
import { conv2dTranspose } from "../layers/conv2d_transpose.ts";
import { maxPool2d } from "../layers/pool2d.ts";
import { model } from "../sequential.ts";
import { sizeOf } from "../tensor.ts";
import { expectPicture, type Preset } from "./preset.ts";

/** Filters of the finest maps; they double with every halving. */
const FINEST = 16;
/** How often the maps are halved. */
const DEPTH = 3;
/** Larger pictures are cut into pieces of this side. */
const SIDE = 128;

/**
 * Segmentation by an encoder and a decoder with skips (Ronneberger et al. 2015), with padding and
 * batch normalisation. One output channel for each of the mask's.
 */
export const unet: Preset = {
  name: "unet",
  description: "segmentation: an encoder and a decoder of transposed convolutions with skips",
  target: "labels",
  loss: { sum: [[1, "binary_crossentropy"], [0.5, "dice"]] },
  metrics: ["mean_iou", "accuracy"],
  batchSize: 16,
  learningRate: 4e-3,
  epochs: 12,
  schedule: (peak, steps) => ({ kind: "one_cycle", rate: peak, totalSteps: steps }),
  data: (seed) => ({
    train: shapes({ size: 3200, seed, masks: true }),
    test: shapes({ size: 500, seed, split: "test", masks: true }),
  }),
  prepare: (dataset, { training, seed }) => {
    const [height, width] = dataset.shape;
    const pieces = height > SIDE || width > SIDE
      ? crops(dataset, { size: SIDE, random: training, seed })
      : dataset;
    return training
      ? augment(pieces, [{ kind: "flip", mode: "horizontal_and_vertical" }], { seed })
      : pieces;
  },
  baseline: {
    name: "all foreground",
    answer: (_x, _shape, targetShape) => new Float32Array(sizeOf(targetShape)).fill(1),
  },
  build: ({ shape = [32, 32, 3], targetShape = [...shape.slice(0, 2), 1], seed = 0 } = {}) => {
    expectPicture("unet", shape, 2 ** DEPTH);
    /** Twice convolution, normalisation, relu. */
    const block = (name: string, filters: number, x: Symbolic): Symbolic => {
      for (const step of ["a", "b"]) {
        const convolved = conv2d({
          name: `${name}${step}`,
          filters,
          kernelSize: 3,
          padding: "same",
          useBias: false,
          kernelInitializer: "he_normal",
        }).apply(x);
        const normal = batchNormalization({ name: `${name}${step}_norm`, momentum: 0.9 });
        x = activation("relu", { name: `${name}${step}_relu` }).apply(normal.apply(convolved));
      }
      return x;
    };
    const picture = input({ shape, name: "picture" });
    const skips: Symbolic[] = [];
    let x: Symbolic = picture;
    for (let level = 0; level < DEPTH; level++) {
      x = block(`down${level + 1}`, FINEST * 2 ** level, x);
      skips.push(x);
      x = maxPool2d({ name: `pool${level + 1}`, poolSize: 2 }).apply(x);
    }
    x = block("bottom", FINEST * 2 ** DEPTH, x);
    for (let level = DEPTH - 1; level >= 0; level--) {
      const filters = FINEST * 2 ** level;
      const up = conv2dTranspose({ name: `up${level + 1}`, filters, kernelSize: 2, strides: 2 });
      const joined = concatenate({ name: `join${level + 1}` }).apply([skips[level], up.apply(x)]);
      x = block(`merge${level + 1}`, filters, joined);
    }
    const mask = conv2d({
      name: "mask",
      filters: targetShape[targetShape.length - 1],
      kernelSize: 1,
      activation: "sigmoid",
    }).apply(x);
    return model({ inputs: picture, outputs: mask }, { name: "unet", seed });
  },
};
