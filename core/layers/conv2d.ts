import type { ConvOptions } from "../geometry.ts";
import { createLayer, type Layer, type LayerKind } from "../layer.ts";
import {
  type ConvolutionConfig,
  convolutionKind,
  type FilterOptions,
  PICTURES,
} from "./convolution.ts";

/** Options of `conv2d`. */
export interface Conv2dOptions extends ConvOptions, FilterOptions {}

/** The definition of the convolution layer. */
export const conv2dKind: LayerKind<ConvolutionConfig<ConvOptions>> = convolutionKind(
  "conv2d",
  PICTURES,
);

/**
 * Two-dimensional convolution: y[p, q, k] = f(b[k] + Σ x[p·stride − pad + r·dilation, …, c] · w[r, s, c, k]).
 *
 * Input `[height, width, channels]`, kernel `[kh, kw, channels/groups, filters]`. Depthwise where
 * `groups` equals the channels. Defaults as in Keras: strides 1, padding `"valid"`, dilation 1, one
 * group, a bias, no activation, `glorot_uniform`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { conv2d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 16, kernelSize: 3, padding: "same", activation: "relu", inputShape: [32, 32, 3] }),
 * ]);
 * console.log(net.outputShape); // [32, 32, 16]
 * ```
 */
export function conv2d(options: Conv2dOptions): Layer {
  return createLayer(conv2dKind, options);
}
