/**
 * Depthwise convolution of pictures and its gradients, as six nested loops.
 *
 * ```text
 * y[n,i,j,c·M + m] = b[c·M + m] + Σ_{r,s} x[n, i·t₀ + r·d₀ - top, j·t₁ + s·d₁ - left, c] · w[r,s,c,m]
 * ```
 *
 * with M kernels a channel; strides t, dilations d and pads as in tests/reference/conv2d.ts.
 * Chollet, "Xception", arXiv:1610.02357; order of the outputs as in Keras' DepthwiseConv2D.
 */

import { type Array64, array64, at4, type NumberArray, type Pair } from "./array.ts";
import { convPads, type Padding, pair } from "./padding.ts";

/** Options of the layer that its arrays do not say. */
export interface DepthwiseConv2dOptions {
  readonly kernelSize: number | Pair;
  readonly depthMultiplier?: number;
  readonly strides?: number | Pair;
  readonly padding?: Padding;
  readonly dilationRate?: number | Pair;
  readonly useBias?: boolean;
}

/** The output without a bias, and the gradients of x and kernel. */
export function depthwiseConv2d(
  x: NumberArray,
  kernel: NumberArray,
  dy: NumberArray,
  options: DepthwiseConv2dOptions,
): Record<"y" | "dx" | "dkernel", Array64> {
  const [count, height, width, channels] = x.shape, { padding = "valid" } = options;
  const window = pair(options.kernelSize), multiplier = kernel.shape[3];
  const strides = pair(options.strides ?? 1), dilations = pair(options.dilationRate ?? 1);
  const pads = convPads(padding, [height, width], window, strides, dilations);
  const [top, left] = pads;
  const y = array64(dy.shape), dx = array64(x.shape), dkernel = array64(kernel.shape);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < dy.shape[1]; i++) {
      for (let j = 0; j < dy.shape[2]; j++) {
        for (let r = 0; r < window[0]; r++) {
          for (let s = 0; s < window[1]; s++) {
            const row = i * strides[0] + r * dilations[0] - top;
            const column = j * strides[1] + s * dilations[1] - left;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            for (let c = 0; c < channels; c++) {
              for (let m = 0; m < multiplier; m++) {
                const from = at4(x.shape, n, row, column, c), tap = at4(kernel.shape, r, s, c, m);
                const to = at4(dy.shape, n, i, j, c * multiplier + m);
                y.data[to] += x.data[from] * kernel.data[tap];
                dx.data[from] += dy.data[to] * kernel.data[tap];
                dkernel.data[tap] += dy.data[to] * x.data[from];
              }
            }
          }
        }
      }
    }
  }
  return { y, dx, dkernel };
}
