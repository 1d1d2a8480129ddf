import {
  type Config,
  createLayer,
  expectRank,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import type { Lowering } from "../operation.ts";
import { expectBoolean } from "../pooling.ts";
import { allCells } from "../reach.ts";
import { type Axes, poolAxis } from "../windows.ts";
import { lowerMaxima, lowerSums } from "./windows.ts";

/** Options of the global pools. */
export interface GlobalPoolOptions extends LayerOptions {
  /** Whether the axes that are pooled stay, with size 1. Default false. */
  keepDims?: boolean;
}

type GlobalConfig = Config & { keepDims: boolean };

/** One window over everything. */
function axesOf({ inputs: [{ shape }] }: Lowering): Axes {
  const along = (size: number) => poolAxis(size, { pool: size, stride: 1, pad: 0, out: 1 });
  return [along(shape[1]), along(shape.length > 3 ? shape[2] : 1)];
}

/** A global pool over the first axes of shapes of so many dimensions. */
function globalKind(
  kind: string,
  rank: 2 | 3,
  relevance: "copy" | "sum",
  lower: (lowering: Lowering, axes: Axes) => void,
): LayerKind<GlobalConfig> {
  const meaning = rank === 3 ? "[height, width, channels]" : "[length, channels]";
  return {
    kind,
    relevance,
    gates: true,
    configure: ({ keepDims }) => ({ keepDims: expectBoolean(keepDims ?? false, "keepDims") }),
    outputShape: ({ keepDims }, [shape]) => {
      expectRank(shape, rank, meaning);
      return shape.map((size, axis) => axis < rank - 1 ? 1 : size).slice(keepDims ? 0 : rank - 1);
    },
    reach: (_config, [shape], cells) => [
      [...allCells(shape.slice(0, -1)), cells[cells.length - 1]],
    ],
    lower: (_config, lowering) => lower(lowering, axesOf(lowering)),
  };
}

/** The definition of global max pooling. */
export const globalMaxPool2dKind = globalKind("global_max_pool2d", 3, "copy", lowerMaxima);
/** The definition of global average pooling. */
export const globalAveragePool2dKind = globalKind("global_average_pool2d", 3, "sum", lowerSums);
/** The definition of global max pooling of signals. */
export const globalMaxPool1dKind = globalKind("global_max_pool1d", 2, "copy", lowerMaxima);
/** The definition of global average pooling of signals. */
export const globalAveragePool1dKind = globalKind("global_average_pool1d", 2, "sum", lowerSums);

/**
 * The largest value of each channel: `[height, width, channels]` to `[channels]`, or to
 * `[1, 1, channels]` with `keepDims`. The first of equals (by rows) gets the gradient.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { globalMaxPool2d, sequential } from "@deconv/deconv";
 * console.log(sequential([globalMaxPool2d({ inputShape: [8, 8, 16] })]).outputShape); // [16]
 * ```
 */
export function globalMaxPool2d(options: GlobalPoolOptions = {}): Layer {
  return createLayer(globalMaxPool2dKind, options);
}

/**
 * The mean of each channel (Lin, Chen, Yan 2014, "Network in network"): `[height, width, channels]` to
 * `[channels]`, or to `[1, 1, channels]` with `keepDims`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { conv2d, dense, globalAveragePool2d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 16, kernelSize: 3, activation: "relu", inputShape: [32, 32, 3] }),
 *   globalAveragePool2d(),
 *   dense({ units: 10 }),
 * ]);
 * console.log(net.outputShape); // [10]
 * ```
 */
export function globalAveragePool2d(options: GlobalPoolOptions = {}): Layer {
  return createLayer(globalAveragePool2dKind, options);
}

/**
 * The largest value of each channel of a signal: `[length, channels]` to `[channels]`, or to
 * `[1, channels]` with `keepDims`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { globalMaxPool1d, sequential } from "@deconv/deconv";
 * console.log(sequential([globalMaxPool1d({ inputShape: [64, 16] })]).outputShape); // [16]
 * ```
 */
export function globalMaxPool1d(options: GlobalPoolOptions = {}): Layer {
  return createLayer(globalMaxPool1dKind, options);
}

/**
 * The mean of each channel of a signal: `[length, channels]` to `[channels]`, or to `[1, channels]`
 * with `keepDims`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { globalAveragePool1d, sequential } from "@deconv/deconv";
 * console.log(sequential([globalAveragePool1d({ inputShape: [64, 16] })]).outputShape); // [16]
 * ```
 */
export function globalAveragePool1d(options: GlobalPoolOptions = {}): Layer {
  return createLayer(globalAveragePool1dKind, options);
}
