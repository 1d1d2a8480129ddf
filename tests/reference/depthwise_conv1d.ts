/**
 * Depthwise convolution of signals and its gradients, as five nested loops.
 *
 * ```text
 * y[n,i,c·M + m] = b[c·M + m] + Σ_r x[n, i·t + r·d - left, c] · w[r,c,m]
 * ```
 *
 * with M kernels a channel; stride t, dilation d and pads as in tests/reference/conv1d.ts.
 */

import { type Array64, array64, type NumberArray } from "./array.ts";
import { type Conv1dOptions, conv1dPads } from "./conv1d.ts";

/** Options of the layer that its arrays do not say. */
export interface DepthwiseConv1dOptions extends Omit<Conv1dOptions, "filters" | "groups"> {
  readonly depthMultiplier?: number;
}

/** The output without a bias, and the gradients of x and kernel. */
export function depthwiseConv1d(
  x: NumberArray,
  kernel: NumberArray,
  dy: NumberArray,
  options: DepthwiseConv1dOptions,
): Record<"y" | "dx" | "dkernel", Array64> {
  const [count, length, channels] = x.shape, [taps, , multiplier] = kernel.shape;
  const { strides = 1, dilationRate = 1 } = options;
  const [left] = conv1dPads(length, { ...options, filters: 1 }), outputs = dy.shape[1];
  const y = array64(dy.shape), dx = array64(x.shape), dkernel = array64(kernel.shape);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < outputs; i++) {
      for (let r = 0; r < taps; r++) {
        const place = i * strides + r * dilationRate - left;
        if (place < 0 || place >= length) continue;
        for (let c = 0; c < channels; c++) {
          for (let m = 0; m < multiplier; m++) {
            const from = (n * length + place) * channels + c;
            const tap = (r * channels + c) * multiplier + m;
            const to = (n * outputs + i) * channels * multiplier + c * multiplier + m;
            y.data[to] += x.data[from] * kernel.data[tap];
            dx.data[from] += dy.data[to] * kernel.data[tap];
            dkernel.data[tap] += dy.data[to] * x.data[from];
          }
        }
      }
    }
  }
  return { y, dx, dkernel };
}
