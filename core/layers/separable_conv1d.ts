import { createLayer, type Layer, type LayerKind } from "../layer.ts";
import type { SignalConvOptions } from "../signal_geometry.ts";
import { SIGNALS } from "./convolution.ts";
import { type SeparableConfig, separableKind, type SeparableOptions } from "./depthwise.ts";

/** Options of `separableConv1d`. */
export interface SeparableConv1dOptions
  extends Omit<SignalConvOptions, "groups">, SeparableOptions {}

/** The definition of the separable convolution layer for signals. */
export const separableConv1dKind: LayerKind<SeparableConfig<Omit<SignalConvOptions, "groups">>> =
  separableKind(
    "separable_conv1d",
    SIGNALS,
  );

/**
 * Depthwise separable convolution of signals: a depthwise convolution, then a pointwise one that mixes its
 * channels, with far fewer weights than a convolution of the same reach (Chollet 2017). Bias and
 * activation come after both.
 *
 * Input `[length, channels]`, `depthwise_kernel` `[kernelSize, channels, depthMultiplier]`,
 * `pointwise_kernel` `[1, channels·depthMultiplier, filters]`. Defaults as in Keras: multiplier 1,
 * strides 1, padding `"valid"`, dilation 1, a bias, no activation, `glorot_uniform`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { separableConv1d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   separableConv1d({ filters: 16, kernelSize: 3, padding: "same", inputShape: [100, 8] }),
 * ]);
 * console.log(net.outputShape, net.parameterCount); // [100, 16] 168
 * ```
 */
export function separableConv1d(options: SeparableConv1dOptions): Layer {
  return createLayer(separableConv1dKind, options);
}
