import {
  createLayer,
  expectRank,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import type { Lowering } from "../operation.ts";
import {
  columnWindows,
  expectBoolean,
  poolAxes,
  poolWindows,
  type SignalWindowConfig,
  signalWindowConfig,
  type SignalWindowOptions,
} from "../pooling.ts";
import { axisReach, type Cells } from "../reach.ts";
import type { Shape } from "../tensor.ts";
import type { Axes } from "../windows.ts";
import { lowerMaxima, lowerSums } from "./windows.ts";

/** Options of `maxPool1d`. */
export interface Pool1dOptions extends SignalWindowOptions, LayerOptions {}

/** Options of `averagePool1d`. */
export interface AveragePool1dOptions extends Pool1dOptions {
  /** Whether zeros of the padding count in the average. Default false. */
  countIncludePad?: boolean;
}

type AverageConfig = SignalWindowConfig & { countIncludePad: boolean };

function outputShape(config: SignalWindowConfig, [shape]: readonly Shape[]): Shape {
  expectRank(shape, 2, "[length, channels]");
  const [{ out }] = poolWindows([shape[0], 1], columnWindows(config));
  return [out, shape[1]];
}

function reach(
  config: SignalWindowConfig,
  [[length]]: readonly Shape[],
  [places, channels]: Cells,
): Cells[] {
  return [[axisReach(poolAxes([length, 1], columnWindows(config))[0], places), channels]];
}

function axesOf(
  config: SignalWindowConfig,
  { inputs: [{ shape }] }: Lowering,
  counted = false,
): Axes {
  return poolAxes([shape[1], 1], columnWindows(config), counted);
}

/** The definition of max pooling of signals. */
export const maxPool1dKind: LayerKind<SignalWindowConfig> = {
  kind: "max_pool1d",
  relevance: "copy",
  gates: true,
  configure: signalWindowConfig,
  outputShape,
  reach,
  lower: (config, lowering) => lowerMaxima(lowering, axesOf(config, lowering)),
};

/** The definition of average pooling of signals. */
export const averagePool1dKind: LayerKind<AverageConfig> = {
  kind: "average_pool1d",
  relevance: "sum",
  gates: true,
  configure: (options) => ({
    ...signalWindowConfig(options),
    countIncludePad: expectBoolean(options.countIncludePad ?? false, "countIncludePad"),
  }),
  outputShape,
  reach,
  lower: (config, lowering) =>
    lowerSums(lowering, axesOf(config, lowering, config.countIncludePad)),
};

/**
 * Max pooling of signals `[length, channels]`: `maxPool2d` along one axis. Defaults: `poolSize` 2,
 * `strides` the same, padding `"valid"`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { maxPool1d, sequential } from "@deconv/deconv";
 * const net = sequential([maxPool1d({ poolSize: 4, inputShape: [64, 3] })]);
 * console.log(net.outputShape); // [16, 3]
 * ```
 */
export function maxPool1d(options: Pool1dOptions = {}): Layer {
  return createLayer(maxPool1dKind, options);
}

/**
 * Average pooling of signals `[length, channels]`: `averagePool2d` along one axis. Defaults:
 * `poolSize` 2, `strides` the same, padding `"valid"`, which does not count.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { averagePool1d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   averagePool1d({ poolSize: 3, strides: 1, padding: "same", inputShape: [64, 3] }),
 * ]);
 * console.log(net.outputShape); // [64, 3]
 * ```
 */
export function averagePool1d(options: AveragePool1dOptions = {}): Layer {
  return createLayer(averagePool1dKind, options);
}
