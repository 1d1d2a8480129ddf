/**
 * Two-dimensional convolution and its three gradients, as six nested loops.
 *
 * ```text
 * y[n,i,j,o] = b[o] + Σ_{r,s,c} x[n, i·t₀ + r·d₀ - top, j·t₁ + s·d₁ - left, g·C + c] · w[r,s,c,o]
 * ```
 *
 * with strides t, dilations d, C = inputs per group, and g the group of output channel o. Reading
 * outside the picture gives zero. As in every deep-learning library it is a cross-correlation: the
 * kernel is not flipped. The gradients follow from the same sum by the chain rule: each visits the
 * same (output, tap) pairs and moves the product to another of the three factors.
 *
 * Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, ch. 2, 4.
 */

import { type Array64, array64, at4, type NumberArray, type Pads, type Pair } from "./array.ts";

/** Everything about a convolution that its arrays do not say. */
export interface Conv2dSettings {
  readonly strides: Pair;
  readonly pads: Pads;
  readonly dilations: Pair;
  readonly groups: number;
}

/** Output size along one axis: the places where the whole (dilated) kernel fits the padded input. */
export function convOutputSize(
  size: number,
  kernel: number,
  stride: number,
  padBefore: number,
  padAfter: number,
  dilation: number,
): number {
  const reach = dilation * (kernel - 1) + 1;
  return Math.floor((size + padBefore + padAfter - reach) / stride) + 1;
}

/**
 * Calls `visit` with the places in x, kernel and y of every product in the sum above.
 *
 * @param xShape `[n, h, w, channels]`.
 * @param kernelShape `[kh, kw, channels / groups, filters]`.
 * @param yShape `[n, outH, outW, filters]`.
 */
function forEachProduct(
  xShape: readonly number[],
  kernelShape: readonly number[],
  yShape: readonly number[],
  settings: Conv2dSettings,
  visit: (atX: number, atKernel: number, atY: number) => void,
): void {
  const [, height, width] = xShape;
  const [kernelHeight, kernelWidth, groupInputs, filters] = kernelShape;
  const [count, outHeight, outWidth] = yShape;
  const { strides, pads, dilations, groups } = settings;
  const groupFilters = filters / groups;

  for (let n = 0; n < count; n++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let o = 0; o < filters; o++) {
          const group = Math.floor(o / groupFilters);
          for (let r = 0; r < kernelHeight; r++) {
            const row = i * strides[0] + r * dilations[0] - pads[0];
            if (row < 0 || row >= height) continue;
            for (let s = 0; s < kernelWidth; s++) {
              const column = j * strides[1] + s * dilations[1] - pads[1];
              if (column < 0 || column >= width) continue;
              for (let c = 0; c < groupInputs; c++) {
                const channel = group * groupInputs + c;
                visit(
                  at4(xShape, n, row, column, channel),
                  at4(kernelShape, r, s, c, o),
                  at4(yShape, n, i, j, o),
                );
              }
            }
          }
        }
      }
    }
  }
}

/** The output of the convolution; `bias` is null where there is none. */
export function conv2d(
  x: NumberArray,
  kernel: NumberArray,
  bias: NumberArray | null,
  settings: Conv2dSettings,
): Array64 {
  const { strides, pads, dilations } = settings;
  const filters = kernel.shape[3];
  const y = array64([
    x.shape[0],
    convOutputSize(x.shape[1], kernel.shape[0], strides[0], pads[0], pads[2], dilations[0]),
    convOutputSize(x.shape[2], kernel.shape[1], strides[1], pads[1], pads[3], dilations[1]),
    filters,
  ]);
  forEachProduct(x.shape, kernel.shape, y.shape, settings, (atX, atKernel, atY) => {
    y.data[atY] += x.data[atX] * kernel.data[atKernel];
  });
  if (bias !== null) {
    for (let k = 0; k < y.data.length; k++) y.data[k] += bias.data[k % filters];
  }
  return y;
}

/** The gradient with respect to x: each dy goes back to the pixels it was made of. */
export function conv2dInputGradient(
  dy: NumberArray,
  kernel: NumberArray,
  xShape: readonly number[],
  settings: Conv2dSettings,
): Array64 {
  const dx = array64(xShape);
  forEachProduct(xShape, kernel.shape, dy.shape, settings, (atX, atKernel, atY) => {
    dx.data[atX] += dy.data[atY] * kernel.data[atKernel];
  });
  return dx;
}

/** The gradient with respect to the kernel: how strongly each tap's pixels and dy go together. */
export function conv2dKernelGradient(
  x: NumberArray,
  dy: NumberArray,
  kernelShape: readonly number[],
  settings: Conv2dSettings,
): Array64 {
  const dkernel = array64(kernelShape);
  forEachProduct(x.shape, kernelShape, dy.shape, settings, (atX, atKernel, atY) => {
    dkernel.data[atKernel] += dy.data[atY] * x.data[atX];
  });
  return dkernel;
}

/** The gradient with respect to the bias: dy summed over all axes but the last. */
export function conv2dBiasGradient(dy: NumberArray): Array64 {
  const filters = dy.shape[dy.shape.length - 1];
  const dbias = array64([filters]);
  for (let k = 0; k < dy.data.length; k++) dbias.data[k % filters] += dy.data[k];
  return dbias;
}
