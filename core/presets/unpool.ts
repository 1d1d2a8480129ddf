import { input, type Symbolic } from "../layer.ts";
import { conv2d } from "../layers/conv2d.ts";
import { conv2dTranspose } from "../layers/conv2d_transpose.ts";
import { maxUnpool2d } from "../layers/max_unpool2d.ts";
import { maxPool2d } from "../layers/pool2d.ts";
import { switchesOf } from "../layers/pool_switches2d.ts";
import { model } from "../sequential.ts";
import { expectPicture, type Preset } from "./preset.ts";

/**
 * The deconvolution network of Noh et al. (2015) in small: every pooling remembers by switches where
 * its maxima were, the decoder's unpooling puts values back there, and transposed convolutions of
 * stride 1 fill in between. It reproduces its input, or, where the data have masks, draws those.
 */
export const unpool: Preset = {
  name: "unpool",
  description: "pooling with switches, unpooling and transposed convolutions (Noh et al. 2015)",
  target: "either",
  loss: "binary_crossentropy",
  metrics: ["mse"],
  batchSize: 64,
  learningRate: 1e-3,
  epochs: 6,
  build: ({ shape = [32, 32, 3], targetShape = shape, seed = 0 } = {}) => {
    expectPicture("unpool", shape, 4);
    const conv = { kernelSize: 3, padding: "same", activation: "relu" } as const;
    const picture = input({ shape, name: "picture" });
    const seen1 = conv2d({ ...conv, name: "conv1", filters: 32 }).apply(picture);
    const half = maxPool2d({ name: "pool1", poolSize: 2 }).apply(seen1);
    const seen2 = conv2d({ ...conv, name: "conv2", filters: 64 }).apply(half);
    const quarter = maxPool2d({ name: "pool2", poolSize: 2 }).apply(seen2);
    const code = conv2d({ ...conv, name: "code", filters: 64 }).apply(quarter);
    const unpooled = (name: string, x: Symbolic, pooled: Symbolic) =>
      maxUnpool2d({ name, poolSize: 2 }).apply([x, switchesOf(pooled)]);
    const placed2 = unpooled("unpool2", code, quarter);
    const filled2 = conv2dTranspose({ ...conv, name: "deconv2", filters: 32 }).apply(placed2);
    const placed1 = unpooled("unpool1", filled2, half);
    const filled1 = conv2dTranspose({ ...conv, name: "deconv1", filters: 32 }).apply(placed1);
    const made = conv2dTranspose({
      ...conv,
      name: "made",
      filters: targetShape[targetShape.length - 1],
      activation: "sigmoid",
    }).apply(filled1);
    return model({ inputs: picture, outputs: made }, { name: "unpool", seed });
  },
};
