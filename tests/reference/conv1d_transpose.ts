/**
 * Transposed convolution of signals and its gradients: every input value stamps its kernel on the output.
 *
 * ```text
 * y[n, i·t + r·d - left, g·O + o] += x[n,i,c] · w[r,o,c]
 * ```
 *
 * with stride t, dilation d, O = filters per group, and g the group of *input* channel c. Stamps that
 * fall outside the output are cut off. Lengths as in Keras 3 for words, as in PyTorch for pads: see
 * tests/reference/padding.ts.
 */

import { type Array64, array64, type NumberArray } from "./array.ts";
import type { Conv1dOptions } from "./conv1d.ts";

/** Options of the layer that its arrays do not say. */
export interface Conv1dTransposeOptions extends Conv1dOptions {
  readonly padding?: "same" | "valid" | number | readonly [number, number];
  readonly outputPadding?: number;
}

/** How much of the full output is cut in front, and the length that is kept. */
export function conv1dTransposeCut(
  length: number,
  options: Conv1dTransposeOptions,
): { left: number; outputs: number } {
  const { kernelSize, strides = 1, padding = "valid", dilationRate = 1, outputPadding } = options;
  const reach = dilationRate * (kernelSize - 1) + 1, last = (length - 1) * strides;
  if (typeof padding !== "string") {
    const [left, right] = typeof padding === "number" ? [padding, padding] : padding;
    return { left, outputs: last + reach - left - right + (outputPadding ?? 0) };
  }
  let outputs: number;
  if (padding === "valid") {
    outputs = outputPadding === undefined
      ? last + Math.max(reach, strides)
      : last + reach + outputPadding;
  } else outputs = last + (outputPadding === undefined ? strides : reach % 2 + outputPadding);
  return { left: Math.max(0, Math.floor((last + reach - outputs) / 2)), outputs };
}

/** The output, and the gradients of x, kernel and (with `useBias`) bias. */
export function conv1dTranspose(
  x: NumberArray,
  kernel: NumberArray,
  bias: NumberArray | undefined,
  dy: NumberArray,
  options: Conv1dTransposeOptions,
): Record<"y" | "dx" | "dkernel", Array64> & { dbias?: Array64 } {
  const { filters, kernelSize, strides = 1, dilationRate = 1, groups = 1 } = options;
  const [count, length, channels] = x.shape;
  const { left, outputs } = conv1dTransposeCut(length, options);
  const perGroup = filters / groups;
  const y = array64([count, outputs, filters]), dx = array64(x.shape);
  const dkernel = array64([kernelSize, perGroup, channels]), dbias = array64([filters]);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < length; i++) {
      for (let c = 0; c < channels; c++) {
        const from = (n * length + i) * channels + c;
        const group = Math.floor(c * groups / channels);
        for (let r = 0; r < kernelSize; r++) {
          const place = i * strides + r * dilationRate - left;
          if (place < 0 || place >= outputs) continue;
          for (let o = 0; o < perGroup; o++) {
            const at = (n * outputs + place) * filters + group * perGroup + o;
            const tap = (r * perGroup + o) * channels + c;
            y.data[at] += x.data[from] * kernel.data[tap];
            dx.data[from] += dy.data[at] * kernel.data[tap];
            dkernel.data[tap] += dy.data[at] * x.data[from];
          }
        }
      }
    }
  }
  for (let k = 0; k < y.data.length; k++) {
    if (bias) y.data[k] += bias.data[k % filters];
    dbias.data[k % filters] += dy.data[k];
  }
  return { y, dx, dkernel, ...bias ? { dbias } : {} };
}
