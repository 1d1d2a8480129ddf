/**
 * The oracle's `seed_model`: twelve Adam steps of the article's network at small size, computed with
 * nothing but the references. It shows that they fit together, backwards as well as forwards.
 */

import { activation, activationGradient } from "../reference/activation.ts";
import { type Array64, array64, type NumberArray } from "../reference/array.ts";
import * as conv from "../reference/conv2d.ts";
import * as transpose from "../reference/conv2d_transpose.ts";
import { binaryCrossentropy } from "../reference/loss.ts";
import { optimizer } from "../reference/optimizer.ts";
import { resolveConv2d, resolveConv2dTranspose } from "../reference/padding.ts";
import type { OracleCase } from "./oracle.ts";

/** Its losses and its weights at the end, by the name of the stored tensor. */
export function replaySeedModel({ settings, tensors }: OracleCase): Record<string, Array64> {
  const x = tensors.x;
  const kernels = [0, 1, 2, 3].map((l) => {
    const { shape, data } = tensors[`init/kernel${l}`];
    return array64(shape, data);
  });
  const biases = kernels.map(({ shape }, l) => array64([l === 3 ? shape[2] : shape[3]]));
  const weights = [...kernels, ...biases];
  const [beta1, beta2] = settings.betas as number[];
  const step = optimizer("adam", {
    learningRate: settings.lr as number,
    beta1,
    beta2,
    epsilon: settings.eps as number,
  });
  const losses: number[] = [];

  for (let t = 0; t < (settings.steps as number); t++) {
    // conv 3x3 "same" relu three times, transposed conv 3x3 "same" sigmoid; the target is x itself.
    const inputs: NumberArray[] = [x]; // of each layer
    const sums: NumberArray[] = []; // of each layer, before its activation
    for (let l = 0; l < 3; l++) {
      sums.push(conv.conv2d(inputs[l], kernels[l], biases[l], convSettings(inputs[l], kernels[l])));
      inputs.push(activation("relu", sums[l]));
    }
    const last = transposeSettings(inputs[3], kernels[3]);
    sums.push(transpose.conv2dTranspose(inputs[3], kernels[3], biases[3], last));
    const { loss, gradient } = binaryCrossentropy(activation("sigmoid", sums[3]), x);
    losses.push(loss);

    let dy = activationGradient("sigmoid", sums[3], gradient);
    const dkernels = [
      transpose.conv2dTransposeKernelGradient(inputs[3], dy, kernels[3].shape, last),
    ];
    const dbiases = [transpose.conv2dTransposeBiasGradient(dy)];
    let dx = transpose.conv2dTransposeInputGradient(dy, kernels[3], inputs[3].shape, last);
    for (let l = 2; l >= 0; l--) {
      const s = convSettings(inputs[l], kernels[l]);
      dy = activationGradient("relu", sums[l], dx);
      dkernels.unshift(conv.conv2dKernelGradient(inputs[l], dy, kernels[l].shape, s));
      dbiases.unshift(conv.conv2dBiasGradient(dy));
      dx = conv.conv2dInputGradient(dy, kernels[l], inputs[l].shape, s);
    }
    step(weights.map((w) => w.data), [...dkernels, ...dbiases].map((g) => g.data));
  }

  return {
    losses: array64([losses.length], losses),
    ...Object.fromEntries(kernels.map((kernel, l) => [`final/kernel${l}`, kernel])),
    ...Object.fromEntries(biases.map((bias, l) => [`final/bias${l}`, bias])),
  };
}

function convSettings(x: NumberArray, kernel: NumberArray): conv.Conv2dSettings {
  const [h, w, , filters] = kernel.shape;
  return resolveConv2d(x.shape, { filters, kernelSize: [h, w], padding: "same" }).settings;
}

function transposeSettings(x: NumberArray, kernel: NumberArray): transpose.Conv2dTransposeSettings {
  const [h, w, filters] = kernel.shape;
  return resolveConv2dTranspose(x.shape, { filters, kernelSize: [h, w], padding: "same" }).settings;
}
