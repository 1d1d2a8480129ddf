import { createLayer, type Layer, type LayerKind } from "../layer.ts";
import type { SignalConvOptions, SignalPadding } from "../signal_geometry.ts";
import {
  type ConvolutionConfig,
  convolutionKind,
  type FilterOptions,
  SIGNALS,
} from "./convolution.ts";

/** Options of `conv1dTranspose`. */
export interface Conv1dTransposeOptions extends SignalConvOptions, FilterOptions {
  /** What is cut from the full output; `"causal"` has no transpose. Default `"valid"`. */
  padding?: Exclude<SignalPadding, "causal">;
  /** Values added at the output's end, less than the strides. */
  outputPadding?: number;
}

/** The definition of the transposed convolution layer for signals. */
export const conv1dTransposeKind: LayerKind<
  ConvolutionConfig<SignalConvOptions & { outputPadding?: number }>
> = convolutionKind("conv1d_transpose", SIGNALS, true);

/**
 * Transposed convolution of signals: the input gradient of `conv1d`, run forward, so that stride 2
 * doubles the length (Dumoulin & Visin 2016).
 *
 * Input `[length, channels]`, kernel `[kernelSize, filters/groups, channels]`: the array a `conv1d` from
 * `filters` to `channels` has, so the two can share weights (`tiedTo`). Output length as `conv2dTranspose` has it along each axis.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { conv1dTranspose, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv1dTranspose({ filters: 1, kernelSize: 4, strides: 2, padding: "same", inputShape: [50, 8] }),
 * ]);
 * console.log(net.outputShape); // [100, 1]
 * ```
 */
export function conv1dTranspose(options: Conv1dTransposeOptions): Layer {
  return createLayer(conv1dTransposeKind, options);
}
