import { conv2d } from "../layers/conv2d.ts";
import { conv2dTranspose } from "../layers/conv2d_transpose.ts";
import type { Model } from "../model.ts";
import { sequential } from "../sequential.ts";
import { type BuildOptions, expectPicture, type Preset } from "./preset.ts";

const common = {
  target: "input",
  loss: "binary_crossentropy",
  metrics: ["mse"],
  batchSize: 64,
  learningRate: 1e-3,
} as const;

/**
 * The article's `cnn` and `dnn`: two functions with the same body. Three 3x3 convolutions and a
 * transposed one to the picture's channels, stride 1 throughout. The article names no output
 * activation; binary cross-entropy needs probabilities, hence the sigmoid.
 */
function article(name: string, { shape = [32, 32, 3], seed = 0 }: BuildOptions): Model {
  const layer = { kernelSize: 3, padding: "same", activation: "relu" } as const;
  const [, , channels] = expectPicture(name, shape);
  return sequential([
    conv2d({ ...layer, name: "conv1", filters: 32, inputShape: shape }),
    conv2d({ ...layer, name: "conv2", filters: 64 }),
    conv2d({ ...layer, name: "conv3", filters: 128 }),
    conv2dTranspose({ ...layer, name: "deconv", filters: channels, activation: "sigmoid" }),
  ], { name, seed });
}

/** The article's code. */
export const articleCnn: Preset = {
  ...common,
  name: "article-cnn",
  description: "the article's cnn: conv 32-64-128, then a transposed convolution to 3 channels",
  epochs: 10,
  build: (options = {}) => article("article-cnn", options),
};

/** The article's other function. */
export const articleDnn: Preset = {
  ...common,
  name: "article-dnn",
  description: "the article's dnn: line for line the same network as article-cnn",
  epochs: 10,
  build: (options = {}) => article("article-dnn", options),
};

/** The article's words. */
export const articleText: Preset = {
  ...common,
  name: "article-text",
  description:
    "the article's text taken at its word: transposed convolutions of kernel 1, stride 2",
  epochs: 5,
  build: ({ shape = [32, 32, 3], seed = 0 } = {}) => {
    const conv = { kernelSize: 3, strides: 2, padding: "same", activation: "relu" } as const;
    const up = { kernelSize: 1, strides: 2, padding: "same" } as const;
    const [, , channels] = expectPicture("article-text", shape, 2);
    return sequential([
      conv2d({ ...conv, name: "conv1", filters: 32, inputShape: shape }),
      conv2dTranspose({ ...up, name: "deconv1", filters: 32, activation: "relu" }),
      conv2d({ ...conv, name: "conv2", filters: 64 }),
      conv2dTranspose({ ...up, name: "deconv2", filters: channels, activation: "sigmoid" }),
    ], { name: "article-text", seed });
  },
};
