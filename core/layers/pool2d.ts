import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import type { Lowering } from "../operation.ts";
import {
  expectBoolean,
  poolAxes,
  type WindowConfig,
  windowConfig,
  type WindowOptions,
} from "../pooling.ts";
import type { Axes } from "../windows.ts";
import { lowerMaxima, lowerSums, pooledReach, pooledShape } from "./windows.ts";

/** Options of `maxPool2d`. */
export interface Pool2dOptions extends WindowOptions, LayerOptions {}

/** Options of `averagePool2d`. */
export interface AveragePool2dOptions extends Pool2dOptions {
  /** Whether zeros of the padding count in the average. Default false. */
  countIncludePad?: boolean;
}

type AverageConfig = WindowConfig & { countIncludePad: boolean };

function axesOf(config: WindowConfig, { inputs: [{ shape }] }: Lowering, counted = false): Axes {
  return poolAxes([shape[1], shape[2]], config, counted);
}

/** The definition of max pooling. */
export const maxPool2dKind: LayerKind<WindowConfig> = {
  kind: "max_pool2d",
  relevance: "copy",
  gates: true,
  configure: windowConfig,
  outputShape: pooledShape,
  reach: pooledReach,
  lower: (config, lowering) => lowerMaxima(lowering, axesOf(config, lowering)),
};

/** The definition of average pooling. */
export const averagePool2dKind: LayerKind<AverageConfig> = {
  kind: "average_pool2d",
  relevance: "sum",
  gates: true,
  configure: (options) => ({
    ...windowConfig(options),
    countIncludePad: expectBoolean(options.countIncludePad ?? false, "countIncludePad"),
  }),
  outputShape: pooledShape,
  reach: pooledReach,
  lower: (config, lowering) =>
    lowerSums(lowering, axesOf(config, lowering, config.countIncludePad)),
};

/**
 * Max pooling: y[p, q, c] = the largest x[i, j, c] of window (p, q), which spans `poolSize` pixels
 * from p·stride − pad on.
 *
 * Input `[height, width, channels]`; output size with `"same"` ⌈in/stride⌉, otherwise
 * ⌊(in + pads − poolSize)/stride⌋ + 1. Defaults as in Keras: `poolSize` 2, `strides` the same,
 * padding `"valid"`. Padding never is the largest. Of equal values the first (by rows) gets the
 * gradient; a window with a value that is not a number gives that.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { maxPool2d, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([maxPool2d({ inputShape: [2, 4, 1] })]);
 * console.log(net.predict(tensor([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 4, 1])).data); // 6, 8
 * ```
 */
export function maxPool2d(options: Pool2dOptions = {}): Layer {
  return createLayer(maxPool2dKind, options);
}

/**
 * Average pooling: y[p, q, c] = the mean of the x[i, j, c] of window (p, q), which spans `poolSize`
 * pixels from p·stride − pad on.
 *
 * Shapes and defaults as `maxPool2d`. Only pixels of the picture count, as in Keras; with
 * `countIncludePad` the padding counts as zeros, as in PyTorch and ONNX.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { averagePool2d, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([averagePool2d({ inputShape: [2, 4, 1] })]);
 * console.log(net.predict(tensor([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 4, 1])).data); // 3.5, 5.5
 * ```
 */
export function averagePool2d(options: AveragePool2dOptions = {}): Layer {
  return createLayer(averagePool2dKind, options);
}
