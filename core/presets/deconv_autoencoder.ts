import { conv2d } from "../layers/conv2d.ts";
import { conv2dTranspose } from "../layers/conv2d_transpose.ts";
import { sequential } from "../sequential.ts";
import { expectPicture, type Preset } from "./preset.ts";

/** Pictures squeezed through a quarter of their height and width, and unfolded again. */
export const deconvAutoencoder: Preset = {
  name: "deconv-autoencoder",
  description: "stride-2 convolutions down to 8x8, transposed convolutions 4x4 stride 2 back up",
  target: "input",
  loss: "binary_crossentropy",
  metrics: ["mse"],
  batchSize: 64,
  learningRate: 2e-3,
  epochs: 5,
  build: ({ shape = [32, 32, 3], seed = 0 } = {}) => {
    const down = { kernelSize: 3, strides: 2, padding: "same", activation: "relu" } as const;
    const up = { kernelSize: 4, strides: 2, padding: "same", activation: "relu" } as const;
    const end = { kernelSize: 3, padding: "same", activation: "sigmoid" } as const;
    const [, , channels] = expectPicture("deconv-autoencoder", shape, 4);
    return sequential([
      conv2d({ ...down, name: "encode1", filters: 32, inputShape: shape }),
      conv2d({ ...down, name: "encode2", filters: 64 }),
      conv2d({ ...down, name: "code", filters: 128, strides: 1 }),
      conv2dTranspose({ ...up, name: "decode1", filters: 64 }),
      conv2dTranspose({ ...up, name: "decode2", filters: 32 }),
      conv2d({ ...end, name: "picture", filters: channels }),
    ], { name: "deconv-autoencoder", seed });
  },
};
