import { augment } from "../data/augment/augment.ts";
import { crops } from "../data/crops.ts";
import { map } from "../data/map.ts";
import { doubledBicubic, halved } from "../data/resample.ts";
import { input } from "../layer.ts";
import { add } from "../layers/add.ts";
import { conv2d } from "../layers/conv2d.ts";
import { depthToSpace } from "../layers/depth_to_space.ts";
import { upsampling2d } from "../layers/upsampling.ts";
import { model } from "../sequential.ts";
import { expectPicture, type Preset } from "./preset.ts";

/** Larger pictures are cut into pieces of this side. */
const SIDE = 64;

/**
 * Pictures twice as large: convolutions at the small size, and a pixel shuffle (Shi et al. 2016), added
 * to the picture enlarged bilinearly. The shuffle starts as nearest-neighbour enlargement (ICNR,
 * Aitken et al. 2017), so no checkerboard is there from the start.
 */
export const superResolution: Preset = {
  name: "super-resolution",
  description: "makes pictures twice as large: convolutions and a pixel shuffle (2x)",
  target: "labels",
  loss: "mse",
  metrics: ["psnr"],
  batchSize: 16,
  learningRate: 1e-3,
  epochs: 10,
  schedule: (peak, steps) => ({ kind: "cosine", rate: peak, decaySteps: steps }),
  prepare: (dataset, { training, seed }) => {
    const [height, width, channels] = expectPicture("super-resolution", dataset.shape);
    const large = height > SIDE || width > SIDE
      ? crops(dataset, { size: SIDE, random: training, seed })
      : dataset;
    const varied = training
      ? augment(large, [{ kind: "flip", mode: "horizontal_and_vertical" }], { seed })
      : large;
    const [h, w] = varied.shape;
    const shape = [h / 2, w / 2, channels];
    return map(varied, { shape, targetShape: varied.shape }, (x) => ({
      x: halved(x, varied.shape),
      target: x,
    }));
  },
  baseline: { name: "bicubic", answer: doubledBicubic },
  build: ({ shape = [16, 16, 3], seed = 0 } = {}) => {
    const [, , channels] = expectPicture("super-resolution", shape);
    const conv = { padding: "same", activation: "relu", kernelInitializer: "he_normal" } as const;
    const small = input({ shape, name: "small" });
    const wide = conv2d({ ...conv, name: "conv1", filters: 48, kernelSize: 5 }).apply(small);
    const deep = conv2d({ ...conv, name: "conv2", filters: 48, kernelSize: 3 }).apply(wide);
    const last = conv2d({ ...conv, name: "conv3", filters: 32, kernelSize: 3 }).apply(deep);
    const parts = conv2d({
      name: "parts",
      filters: 4 * channels,
      kernelSize: 3,
      padding: "same",
      kernelInitializer: {
        kind: "icnr",
        blockSize: 2,
        initializer: { kind: "random_normal", stddev: 1e-3 },
      },
    }).apply(last);
    const details = depthToSpace({ name: "shuffle", blockSize: 2 }).apply(parts);
    const enlarged = upsampling2d({ name: "enlarged", size: 2, interpolation: "bilinear" })
      .apply(small);
    const large = add({ name: "large" }).apply([enlarged, details]);
    return model({ inputs: small, outputs: large }, { name: "super-resolution", seed });
  },
};
