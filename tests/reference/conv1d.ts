/**
 * Convolution of signals and its gradients, as five nested loops.
 *
 * ```text
 * y[n,i,o] = b[o] + Σ_{r,c} x[n, i·t + r·d - left, g·C + c] · w[r,c,o]
 * ```
 *
 * with stride t, dilation d, C = inputs per group, and g the group of output channel o. Reading outside
 * the signal gives zero.
 *
 * - valid: no padding; same: `⌈length / t⌉` outputs, the odd zero at the end;
 * - causal: `d·(k - 1)` zeros in front (Keras 3, `keras.layers.Conv1D`), so output i sees x up to i·t.
 */

import { type Array64, array64, type NumberArray } from "./array.ts";

/** Options of the layer that its arrays do not say. */
export interface Conv1dOptions {
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides?: number;
  readonly padding?: "same" | "valid" | "causal" | number | readonly [number, number];
  readonly dilationRate?: number;
  readonly groups?: number;
  readonly useBias?: boolean;
}

/** Zeros in front of and behind a signal of this length. */
export function conv1dPads(length: number, options: Conv1dOptions): readonly [number, number] {
  const { kernelSize, strides = 1, padding = "valid", dilationRate = 1 } = options;
  const reach = dilationRate * (kernelSize - 1) + 1;
  if (padding === "valid") return [0, 0];
  if (padding === "causal") return [reach - 1, 0];
  if (typeof padding === "number") return [padding, padding];
  if (padding !== "same") return padding;
  let missing = 0;
  // The last of the outputs must still have all its taps.
  while ((Math.ceil(length / strides) - 1) * strides + reach > length + missing) missing++;
  return [Math.floor(missing / 2), Math.ceil(missing / 2)];
}

/** The output, and the gradients of x, kernel and (with `useBias`) bias. */
export function conv1d(
  x: NumberArray,
  kernel: NumberArray,
  bias: NumberArray | undefined,
  dy: NumberArray,
  options: Conv1dOptions,
): Record<"y" | "dx" | "dkernel", Array64> & { dbias?: Array64 } {
  const { filters, kernelSize, strides = 1, dilationRate = 1, groups = 1 } = options;
  const [count, length, channels] = x.shape;
  const [left, right] = conv1dPads(length, options);
  const places = length + left + right - dilationRate * (kernelSize - 1);
  const outputs = Math.ceil(places / strides), perGroup = channels / groups;
  const y = array64([count, outputs, filters]), dx = array64(x.shape);
  const dkernel = array64([kernelSize, perGroup, filters]), dbias = array64([filters]);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < outputs; i++) {
      for (let o = 0; o < filters; o++) {
        const at = (n * outputs + i) * filters + o, slope = dy.data[at];
        const group = Math.floor(o * groups / filters);
        let sum = bias ? bias.data[o] : 0;
        for (let r = 0; r < kernelSize; r++) {
          const place = i * strides + r * dilationRate - left;
          if (place < 0 || place >= length) continue;
          for (let c = 0; c < perGroup; c++) {
            const from = (n * length + place) * channels + group * perGroup + c;
            const tap = (r * perGroup + c) * filters + o;
            sum += x.data[from] * kernel.data[tap];
            dx.data[from] += slope * kernel.data[tap];
            dkernel.data[tap] += slope * x.data[from];
          }
        }
        y.data[at] = sum;
        dbias.data[o] += slope;
      }
    }
  }
  return { y, dx, dkernel, ...bias ? { dbias } : {} };
}
