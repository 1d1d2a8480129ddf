import { createLayer, type Layer, type LayerKind } from "../layer.ts";
import type { SignalConvOptions } from "../signal_geometry.ts";
import { SIGNALS } from "./convolution.ts";
import { type DepthwiseConfig, depthwiseKind, type DepthwiseOptions } from "./depthwise.ts";

/** Options of `depthwiseConv1d`. */
export interface DepthwiseConv1dOptions
  extends Omit<SignalConvOptions, "groups">, DepthwiseOptions {}

/** The definition of the depthwise convolution layer for signals. */
export const depthwiseConv1dKind: LayerKind<DepthwiseConfig<Omit<SignalConvOptions, "groups">>> =
  depthwiseKind(
    "depthwise_conv1d",
    SIGNALS,
  );

/**
 * Depthwise convolution of signals: every channel is convolved with `depthMultiplier` kernels of its own and
 * mixed with no other (Chollet 2017). Channel c makes the output channels c·depthMultiplier + m.
 *
 * Input `[length, channels]`, kernel `[kernelSize, channels, depthMultiplier]`. Defaults as in Keras:
 * multiplier 1, strides 1, padding `"valid"`, dilation 1, a bias, no activation, `glorot_uniform` (of the
 * inputs and outputs that a value really has: taps and taps·depthMultiplier).
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { depthwiseConv1d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   depthwiseConv1d({ kernelSize: 3, depthMultiplier: 2, padding: "same", inputShape: [100, 8] }),
 * ]);
 * console.log(net.outputShape); // [100, 16]
 * ```
 */
export function depthwiseConv1d(options: DepthwiseConv1dOptions): Layer {
  return createLayer(depthwiseConv1dKind, options);
}
