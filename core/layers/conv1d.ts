import { createLayer, type Layer, type LayerKind } from "../layer.ts";
import type { SignalConvOptions } from "../signal_geometry.ts";
import {
  type ConvolutionConfig,
  convolutionKind,
  type FilterOptions,
  SIGNALS,
} from "./convolution.ts";

/** Options of `conv1d`. */
export interface Conv1dOptions extends SignalConvOptions, FilterOptions {}

/** The definition of the convolution layer for signals. */
export const conv1dKind: LayerKind<ConvolutionConfig<SignalConvOptions>> = convolutionKind(
  "conv1d",
  SIGNALS,
);

/**
 * One-dimensional convolution of signals: y[p, k] = f(b[k] + Σ x[p·stride − pad + r·dilation, …] · w[r, c, k]).
 *
 * Input `[length, channels]`, kernel `[kernelSize, channels/groups, filters]`. Output length with
 * `"same"` and `"causal"` ⌈length/stride⌉. With `"causal"` no output depends on a later input; a stack
 * of them with dilations 1, 2, 4, … sees far back (van den Oord et al. 2016). Defaults as in Keras:
 * strides 1, padding `"valid"`, dilation 1, one group, a bias, no activation, `glorot_uniform`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { conv1d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv1d({ filters: 16, kernelSize: 3, padding: "causal", dilationRate: 4, inputShape: [100, 2] }),
 * ]);
 * console.log(net.outputShape); // [100, 16]
 * ```
 */
export function conv1d(options: Conv1dOptions): Layer {
  return createLayer(conv1dKind, options);
}
