import { activation } from "../layers/activation.ts";
import { batchNormalization } from "../layers/batch_normalization.ts";
import { conv2d } from "../layers/conv2d.ts";
import { conv2dTranspose } from "../layers/conv2d_transpose.ts";
import { dense } from "../layers/dense.ts";
import { flatten, reshape } from "../layers/reshape.ts";
import type { Initializer } from "../initializers.ts";
import { sequential } from "../sequential.ts";
import { sizeOf } from "../tensor.ts";
import { expectPicture, type Preset } from "./preset.ts";

/** Numbers that a picture is made from. */
const LATENT = 64;

/** As the paper has them: normal, standard deviation 0.02. */
const kernelInitializer: Initializer = { kind: "random_normal", stddev: 0.02 };
const leaky = { kind: "leaky_relu", alpha: 0.2 } as const;

/**
 * A generative adversarial network of transposed convolutions (Radford et al. 2016): the generator
 * turns normal numbers into pictures, the discriminator learns to tell them from real ones.
 */
export const dcgan: Preset = {
  name: "dcgan",
  description: "a generator of transposed convolutions against a discriminator; see `generate`",
  target: "input",
  loss: { kind: "binary_crossentropy", fromLogits: true },
  metrics: [],
  batchSize: 64,
  learningRate: 4e-4,
  optimizer: { beta1: 0.5 },
  epochs: 30,
  build: ({ shape = [32, 32, 3], seed = 0 } = {}) => {
    const [height, width, channels] = expectPicture("dcgan", shape, 4);
    const up = {
      kernelSize: 4,
      strides: 2,
      padding: "same",
      useBias: false,
      kernelInitializer,
    } as const;
    const small = [height / 4, width / 4, 128];
    return sequential([
      dense({ name: "spread", units: sizeOf(small), useBias: false, kernelInitializer }),
      reshape(small, { name: "maps" }),
      batchNormalization({ name: "norm1", momentum: 0.9 }),
      activation("relu", { name: "relu1" }),
      conv2dTranspose({ ...up, name: "deconv1", filters: 64 }),
      batchNormalization({ name: "norm2", momentum: 0.9 }),
      activation("relu", { name: "relu2" }),
      conv2dTranspose({ ...up, name: "deconv2", filters: 32 }),
      batchNormalization({ name: "norm3", momentum: 0.9 }),
      activation("relu", { name: "relu3" }),
      conv2dTranspose({
        name: "picture",
        filters: channels,
        kernelSize: 3,
        padding: "same",
        activation: "sigmoid",
        kernelInitializer,
      }),
    ], { name: "dcgan", seed, inputShape: [LATENT] });
  },
  adversary: {
    build: ({ shape, seed }) => {
      const down = {
        kernelSize: 4,
        strides: 2,
        padding: "same",
        activation: leaky,
        kernelInitializer,
      } as const;
      return sequential([
        conv2d({ ...down, name: "conv1", filters: 64 }),
        conv2d({ ...down, name: "conv2", filters: 128 }),
        flatten({ name: "flat" }),
        dense({ name: "real", units: 1, kernelInitializer }),
      ], { name: "discriminator", seed, inputShape: shape });
    },
  },
};
