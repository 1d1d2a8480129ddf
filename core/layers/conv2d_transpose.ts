import type { ConvOptions, Pair } from "../geometry.ts";
import { createLayer, type Layer, type LayerKind } from "../layer.ts";
import {
  type ConvolutionConfig,
  convolutionKind,
  type FilterOptions,
  PICTURES,
} from "./convolution.ts";

/** Options of `conv2dTranspose`. */
export interface Conv2dTransposeOptions extends ConvOptions, FilterOptions {
  /** Rows and columns added at the output's bottom and right, less than the strides. */
  outputPadding?: Pair;
}

/** The definition of the transposed convolution layer. */
export const conv2dTransposeKind: LayerKind<
  ConvolutionConfig<ConvOptions & { outputPadding?: Pair }>
> = convolutionKind("conv2d_transpose", PICTURES, true);

/**
 * Transposed convolution ("deconvolution"): the input gradient of `conv2d`, run forward, so that
 * stride 2 doubles height and width (Zeiler et al. 2010; Dumoulin & Visin 2016).
 *
 * Input `[height, width, channels]`, kernel `[kh, kw, filters/groups, channels]`: the array a `conv2d`
 * from `filters` to `channels` has, so the two can share weights (`tiedTo`). Output size with `"same"` in·stride,
 * `"valid"` in·stride + max(kernel − stride, 0) as in Keras; with `outputPadding` or explicit pads
 * (in−1)·stride − pads + dilation·(kernel−1) + 1 + outputPadding.
 *
 * A kernel that the stride does not divide paints some pixels more often than others, which shows as
 * a checkerboard (Odena et al. 2016): kernel 4 with stride 2 does not.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { conv2dTranspose, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same", inputShape: [16, 16, 8] }),
 * ]);
 * console.log(net.outputShape); // [32, 32, 3]
 * ```
 */
export function conv2dTranspose(options: Conv2dTransposeOptions): Layer {
  return createLayer(conv2dTransposeKind, options);
}
