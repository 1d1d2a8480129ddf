import { createLayer, type Layer, type LayerKind } from "../layer.ts";
import type { ConvOptions } from "../geometry.ts";
import { PICTURES } from "./convolution.ts";
import { type DepthwiseConfig, depthwiseKind, type DepthwiseOptions } from "./depthwise.ts";

/** Options of `depthwiseConv2d`. */
export interface DepthwiseConv2dOptions extends Omit<ConvOptions, "groups">, DepthwiseOptions {}

/** The definition of the depthwise convolution layer for pictures. */
export const depthwiseConv2dKind: LayerKind<DepthwiseConfig<Omit<ConvOptions, "groups">>> =
  depthwiseKind(
    "depthwise_conv2d",
    PICTURES,
  );

/**
 * Depthwise convolution of pictures: every channel is convolved with `depthMultiplier` kernels of its own and
 * mixed with no other (Chollet 2017). Channel c makes the output channels c·depthMultiplier + m.
 *
 * Input `[height, width, channels]`, kernel `[kh, kw, channels, depthMultiplier]`. Defaults as in Keras:
 * multiplier 1, strides 1, padding `"valid"`, dilation 1, a bias, no activation, `glorot_uniform` (of the
 * inputs and outputs that a value really has: taps and taps·depthMultiplier).
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { depthwiseConv2d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same", inputShape: [32, 32, 8] }),
 * ]);
 * console.log(net.outputShape); // [32, 32, 16]
 * ```
 */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): Layer {
  return createLayer(depthwiseConv2dKind, options);
}
