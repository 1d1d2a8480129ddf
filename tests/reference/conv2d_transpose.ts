/**
 * Transposed convolution and its gradients: every input pixel stamps its kernel on the output.
 *
 * ```text
 * y[n, i·t₀ + r·d₀ - top, j·t₁ + s·d₁ - left, g·O + o] += x[n,i,j,c] · w[r,s,o,c]
 * ```
 *
 * with strides t, dilations d, O = filters per group, and g the group of *input* channel c. Stamps
 * that fall outside the output are cut off; output nobody stamps on is zero (plus bias). Its size is
 *
 * ```text
 * out = (in - 1)·stride - padBefore - padAfter + dilation·(kernel - 1) + 1 + outputPadding
 * ```
 *
 * It is the input gradient of a convolution run forward, but is written out here on its own, so
 * that the two can be tested against each other.
 *
 * Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, ch. 4;
 * Zeiler et al., "Deconvolutional Networks", CVPR 2010.
 */

import { type Array64, array64, at4, type NumberArray, type Pair } from "./array.ts";
import { conv2dBiasGradient, type Conv2dSettings } from "./conv2d.ts";

/** Everything about a transposed convolution that its arrays do not say; pads are cropped. */
export interface Conv2dTransposeSettings extends Conv2dSettings {
  /** Rows and columns added below and on the right, which only the bias may reach. */
  readonly outputPadding: Pair;
}

/** Output size along one axis. */
export function transposeOutputSize(
  size: number,
  kernel: number,
  stride: number,
  padBefore: number,
  padAfter: number,
  dilation: number,
  outputPadding: number,
): number {
  return (size - 1) * stride - padBefore - padAfter + dilation * (kernel - 1) + 1 + outputPadding;
}

/**
 * Calls `visit` with the places in x, kernel and y of every product in the sum above.
 *
 * @param xShape `[n, h, w, channels]`.
 * @param kernelShape `[kh, kw, filters / groups, channels]`.
 * @param yShape `[n, outH, outW, filters]`.
 */
function forEachProduct(
  xShape: readonly number[],
  kernelShape: readonly number[],
  yShape: readonly number[],
  settings: Conv2dTransposeSettings,
  visit: (atX: number, atKernel: number, atY: number) => void,
): void {
  const [count, height, width, channels] = xShape;
  const [kernelHeight, kernelWidth, groupFilters] = kernelShape;
  const [, outHeight, outWidth] = yShape;
  const { strides, pads, dilations, groups } = settings;
  const groupChannels = channels / groups;

  for (let n = 0; n < count; n++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        for (let c = 0; c < channels; c++) {
          const group = Math.floor(c / groupChannels);
          for (let r = 0; r < kernelHeight; r++) {
            const row = i * strides[0] + r * dilations[0] - pads[0];
            if (row < 0 || row >= outHeight) continue;
            for (let s = 0; s < kernelWidth; s++) {
              const column = j * strides[1] + s * dilations[1] - pads[1];
              if (column < 0 || column >= outWidth) continue;
              for (let o = 0; o < groupFilters; o++) {
                const filter = group * groupFilters + o;
                visit(
                  at4(xShape, n, i, j, c),
                  at4(kernelShape, r, s, o, c),
                  at4(yShape, n, row, column, filter),
                );
              }
            }
          }
        }
      }
    }
  }
}

/** The output of the transposed convolution; `bias` is null where there is none. */
export function conv2dTranspose(
  x: NumberArray,
  kernel: NumberArray,
  bias: NumberArray | null,
  settings: Conv2dTransposeSettings,
): Array64 {
  const { strides, pads, dilations, groups, outputPadding } = settings;
  const filters = kernel.shape[2] * groups;
  const size = (axis: 0 | 1) =>
    transposeOutputSize(
      x.shape[1 + axis],
      kernel.shape[axis],
      strides[axis],
      pads[axis],
      pads[axis + 2],
      dilations[axis],
      outputPadding[axis],
    );
  const y = array64([x.shape[0], size(0), size(1), filters]);
  forEachProduct(x.shape, kernel.shape, y.shape, settings, (atX, atKernel, atY) => {
    y.data[atY] += x.data[atX] * kernel.data[atKernel];
  });
  if (bias !== null) {
    for (let k = 0; k < y.data.length; k++) y.data[k] += bias.data[k % filters];
  }
  return y;
}

/** The gradient with respect to x: each pixel gathers the dy under its stamp. */
export function conv2dTransposeInputGradient(
  dy: NumberArray,
  kernel: NumberArray,
  xShape: readonly number[],
  settings: Conv2dTransposeSettings,
): Array64 {
  const dx = array64(xShape);
  forEachProduct(xShape, kernel.shape, dy.shape, settings, (atX, atKernel, atY) => {
    dx.data[atX] += dy.data[atY] * kernel.data[atKernel];
  });
  return dx;
}

/** The gradient with respect to the kernel. */
export function conv2dTransposeKernelGradient(
  x: NumberArray,
  dy: NumberArray,
  kernelShape: readonly number[],
  settings: Conv2dTransposeSettings,
): Array64 {
  const dkernel = array64(kernelShape);
  forEachProduct(x.shape, kernelShape, dy.shape, settings, (atX, atKernel, atY) => {
    dkernel.data[atKernel] += dy.data[atY] * x.data[atX];
  });
  return dkernel;
}

/** The gradient with respect to the bias: dy summed over all axes but the last. */
export function conv2dTransposeBiasGradient(dy: NumberArray): Array64 {
  return conv2dBiasGradient(dy);
}
