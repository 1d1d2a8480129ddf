import { createLayer, type Layer, type LayerKind } from "../layer.ts";
import type { ConvOptions } from "../geometry.ts";
import { PICTURES } from "./convolution.ts";
import { type SeparableConfig, separableKind, type SeparableOptions } from "./depthwise.ts";

/** Options of `separableConv2d`. */
export interface SeparableConv2dOptions extends Omit<ConvOptions, "groups">, SeparableOptions {}

/** The definition of the separable convolution layer for pictures. */
export const separableConv2dKind: LayerKind<SeparableConfig<Omit<ConvOptions, "groups">>> =
  separableKind(
    "separable_conv2d",
    PICTURES,
  );

/**
 * Depthwise separable convolution of pictures: a depthwise convolution, then a pointwise one that mixes its
 * channels, with far fewer weights than a convolution of the same reach (Chollet 2017). Bias and
 * activation come after both.
 *
 * Input `[height, width, channels]`, `depthwise_kernel` `[kh, kw, channels, depthMultiplier]`,
 * `pointwise_kernel` `[1, 1, channels·depthMultiplier, filters]`. Defaults as in Keras: multiplier 1,
 * strides 1, padding `"valid"`, dilation 1, a bias, no activation, `glorot_uniform`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { separableConv2d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   separableConv2d({ filters: 16, kernelSize: 3, padding: "same", inputShape: [32, 32, 8] }),
 * ]);
 * console.log(net.outputShape, net.parameterCount); // [32, 32, 16] 216
 * ```
 */
export function separableConv2d(options: SeparableConv2dOptions): Layer {
  return createLayer(separableConv2dKind, options);
}
