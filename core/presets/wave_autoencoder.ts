import { tones } from "../data/tones.ts";
import { DeconvError } from "../errors.ts";
import { conv1d } from "../layers/conv1d.ts";
import { conv1dTranspose } from "../layers/conv1d_transpose.ts";
import { sequential } from "../sequential.ts";
import { shapeText } from "../tensor.ts";
import type { Preset } from "./preset.ts";

/** Sound squeezed into a quarter of its numbers and unfolded by transposed convolutions. */
export const waveAutoencoder: Preset = {
  name: "wave-autoencoder",
  description: "sound through stride-4 convolutions and back by transposed ones",
  target: "input",
  loss: "mse",
  metrics: ["mae"],
  batchSize: 32,
  learningRate: 1e-3,
  epochs: 8,
  data: (seed) => ({
    train: tones({ size: 4000, seed }),
    test: tones({ size: 800, seed, split: "test" }),
  }),
  build: ({ shape = [1024, 1], seed = 0 } = {}) => {
    if (shape.length !== 2 || shape[0] % 16) {
      throw new DeconvError(
        `Cannot build wave-autoencoder for inputs of shape ${
          shapeText(shape)
        }: it takes sounds [samples, channels], samples a multiple of 16`,
      );
    }
    const conv = { strides: 4, padding: "same", activation: "relu" } as const;
    return sequential([
      conv1d({ ...conv, name: "encode1", filters: 24, kernelSize: 17, inputShape: shape }),
      conv1d({ ...conv, name: "encode2", filters: 32, kernelSize: 9 }),
      conv1d({ name: "code", filters: 8, kernelSize: 5, padding: "same" }),
      conv1dTranspose({ ...conv, name: "decode1", filters: 32, kernelSize: 8 }),
      conv1dTranspose({ ...conv, name: "decode2", filters: 24, kernelSize: 16 }),
      conv1d({
        name: "wave",
        filters: shape[1],
        kernelSize: 9,
        padding: "same",
        activation: "tanh",
      }),
    ], { name: "wave-autoencoder", seed });
  },
};
