import { random } from "../random.ts";
import { map } from "../data/map.ts";
import { input } from "../layer.ts";
import { add } from "../layers/add.ts";
import { conv2d } from "../layers/conv2d.ts";
import { conv2dTranspose } from "../layers/conv2d_transpose.ts";
import { model } from "../sequential.ts";
import { sizeOf } from "../tensor.ts";
import { expectPicture, type Preset } from "./preset.ts";

/** Standard deviation of the noise, where white is 1. */
const NOISE = 0.1;

/**
 * Takes noise off pictures: convolutions down, transposed convolutions up with a skip between (Mao et
 * al. 2016), and what comes out is added to the picture (residual learning, Zhang et al. 2017).
 */
export const denoiser: Preset = {
  name: "denoiser",
  description: "takes Gaussian noise off pictures: a convolutional encoder and decoder with skips",
  target: "labels",
  loss: "mse",
  metrics: ["psnr"],
  batchSize: 64,
  learningRate: 1e-3,
  epochs: 8,
  prepare: (dataset, { training, seed }) => {
    const noise = random(seed, `denoiser/${training ? "train" : "test"}`);
    const drawn = new Float32Array(sizeOf(dataset.shape));
    return map(dataset, { targetShape: dataset.shape }, (x, _target, index, pass) => {
      noise.fillNormal(drawn, 0, NOISE, pass * dataset.size + index);
      return { x: drawn.map((value, i) => x[i] + value), target: x };
    });
  },
  baseline: { name: "noisy", answer: (x) => x },
  build: ({ shape = [32, 32, 3], seed = 0 } = {}) => {
    const [, , channels] = expectPicture("denoiser", shape, 2);
    const conv = { kernelSize: 3, padding: "same", activation: "relu" } as const;
    const noisy = input({ shape, name: "noisy" });
    const fine = conv2d({ ...conv, name: "encode1", filters: 32 }).apply(noisy);
    const coarse = conv2d({ ...conv, name: "encode2", filters: 64, strides: 2 }).apply(fine);
    const code = conv2d({ ...conv, name: "code", filters: 64 }).apply(coarse);
    const up = conv2dTranspose({
      ...conv,
      name: "decode1",
      filters: 32,
      kernelSize: 4,
      strides: 2,
    }).apply(code);
    const joined = add({ name: "skip" }).apply([up, fine]);
    const residual = conv2dTranspose({
      name: "residual",
      filters: channels,
      kernelSize: 3,
      padding: "same",
    }).apply(joined);
    const clean = add({ name: "clean" }).apply([noisy, residual]);
    return model({ inputs: noisy, outputs: clean }, { name: "denoiser", seed });
  },
};
