import { input } from "../layer.ts";
import { conv2d } from "../layers/conv2d.ts";
import { conv2dTranspose } from "../layers/conv2d_transpose.ts";
import { dense } from "../layers/dense.ts";
import { flatten, reshape } from "../layers/reshape.ts";
import { sampling } from "../layers/sampling.ts";
import { model } from "../sequential.ts";
import { sizeOf } from "../tensor.ts";
import { expectPicture, type Preset } from "./preset.ts";

/** Numbers that stand for a picture. */
const LATENT = 16;

/**
 * A variational autoencoder (Kingma & Welling 2014). The loss is the negative evidence lower bound
 * over the number of values in a picture, since the cross-entropy is a mean over them.
 */
export const vae: Preset = {
  name: "vae",
  description: "a variational autoencoder with 16 latent numbers; `generate` draws from it",
  target: "input",
  loss: "binary_crossentropy",
  metrics: ["mse"],
  batchSize: 64,
  learningRate: 1e-3,
  epochs: 20,
  build: ({ shape = [32, 32, 3], seed = 0 } = {}) => {
    const [height, width, channels] = expectPicture("vae", shape, 4);
    const down = { kernelSize: 3, strides: 2, padding: "same", activation: "relu" } as const;
    const up = { kernelSize: 4, strides: 2, padding: "same", activation: "relu" } as const;
    const small = [height / 4, width / 4, 64];

    const picture = input({ shape, name: "picture" });
    const fine = conv2d({ ...down, name: "encode1", filters: 32 }).apply(picture);
    const coarse = conv2d({ ...down, name: "encode2", filters: 64 }).apply(fine);
    const seen = dense({ name: "encode3", units: 128, activation: "relu" })
      .apply(flatten({ name: "flat" }).apply(coarse));
    const mean = dense({ name: "mean", units: LATENT }).apply(seen);
    const logVariance = dense({ name: "log_variance", units: LATENT }).apply(seen);
    const latent = sampling({ name: "latent", klWeight: 1 / sizeOf(shape) })
      .apply([mean, logVariance]);

    const spread = dense({ name: "decode1", units: sizeOf(small), activation: "relu" })
      .apply(latent);
    const maps = reshape(small, { name: "maps" }).apply(spread);
    const middle = conv2dTranspose({ ...up, name: "decode2", filters: 64 }).apply(maps);
    const large = conv2dTranspose({ ...up, name: "decode3", filters: 32 }).apply(middle);
    const made = conv2d({
      name: "made",
      filters: channels,
      kernelSize: 3,
      padding: "same",
      activation: "sigmoid",
    }).apply(large);
    return model({ inputs: picture, outputs: made }, { name: "vae", seed });
  },
};
