/**
 * What a depthwise convolution of either dimension becomes: with a bias, and mixed by a pointwise one.
 *
 * ```text
 * z = depthwise(x, w)        y[…,o] = b[o] + Σ_c z[…,c] · p[c,o]
 * ```
 */

import { type Array64, array64, type NumberArray } from "./array.ts";

/** A depthwise convolution and its gradients for some gradient of its output. */
export type Depthwise = (dy: NumberArray) => Record<"y" | "dx" | "dkernel", Array64>;

function biasGradient(dy: NumberArray): Array64 {
  const channels = dy.shape[dy.shape.length - 1], dbias = array64([channels]);
  for (let k = 0; k < dy.data.length; k++) dbias.data[k % channels] += dy.data[k];
  return dbias;
}

function addBias(y: Array64, bias: NumberArray): void {
  for (let k = 0; k < y.data.length; k++) y.data[k] += bias.data[k % bias.data.length];
}

/** All results of a depthwise layer. */
export function depthwiseLayer(
  depthwise: Depthwise,
  bias: NumberArray | undefined,
  dy: NumberArray,
): Record<string, Array64> {
  const results = depthwise(dy);
  if (!bias) return results;
  addBias(results.y, bias);
  return { ...results, dbias: biasGradient(dy) };
}

/**
 * All results of a separable layer.
 *
 * @param shape The shape of z.
 */
export function separableLayer(
  depthwise: Depthwise,
  shape: readonly number[],
  { pointwise_kernel: p, bias }: Readonly<Record<string, NumberArray>>,
  dy: NumberArray,
): Record<string, Array64> {
  const channels = shape[shape.length - 1], filters = dy.shape[dy.shape.length - 1];
  const z = depthwise(array64(shape)).y;
  const y = array64(dy.shape), dz = array64(shape), dp = array64(p.shape);
  for (let pixel = 0; pixel < z.data.length / channels; pixel++) {
    for (let c = 0; c < channels; c++) {
      for (let o = 0; o < filters; o++) {
        const from = pixel * channels + c, to = pixel * filters + o, tap = c * filters + o;
        y.data[to] += z.data[from] * p.data[tap];
        dz.data[from] += dy.data[to] * p.data[tap];
        dp.data[tap] += dy.data[to] * z.data[from];
      }
    }
  }
  const { dx, dkernel } = depthwise(dz);
  if (bias) addBias(y, bias);
  return {
    y,
    dx,
    ddepthwise_kernel: dkernel,
    dpointwise_kernel: dp,
    ...bias ? { dbias: biasGradient(dy) } : {},
  };
}
