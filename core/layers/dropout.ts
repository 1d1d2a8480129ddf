import { DeconvError } from "../errors.ts";
import {
  createLayer,
  expectRank,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import type { Lowering } from "../operation.ts";
import { addressWords } from "../random.ts";
import { sameCells } from "../reach.ts";
import { broadcast } from "../wasm/broadcast.ts";
import { dropout as drop } from "../wasm/random.ts";

type DropoutConfig = { rate: number };

function configure({ rate }: DropoutConfig): DropoutConfig {
  if (typeof rate === "number" && rate >= 0 && rate < 1) return { rate };
  throw new DeconvError(`rate must be a number of at least 0 and below 1; it is ${rate}`);
}

/** One draw for every value; the backward pass draws the same again. */
function lowerDropout({ rate }: DropoutConfig, lowering: Lowering): void {
  const { inputs: [from], output, stream, add } = lowering;
  let address: readonly number[] | null = null;
  add({
    forward: ({ training, seed, step }) => {
      address = training && rate > 0 ? addressWords(seed, stream, step) : null;
      if (address) drop(address, rate, from.data, output.data);
      else output.data.view.set(from.data.view);
    },
    backward: () => {
      if (!from.gradient) return;
      if (address) drop(address, rate, output.gradient!, from.gradient);
      else from.gradient.view.set(output.gradient!.view);
    },
  });
}

/** One draw for all values of a channel of a picture. */
function lowerSpatialDropout({ rate }: DropoutConfig, lowering: Lowering): void {
  const { inputs: [from], output, stream, saved, add } = lowering, { shape } = output;
  const channels = shape.map((size, i) => i === 0 || i === shape.length - 1 ? size : 1);
  const mask = { block: saved(shape[0] * shape[shape.length - 1]), shape: channels };
  const x = { block: from.data, shape }, dy = output.gradient, dx = from.gradient;
  const mute = broadcast("multiply", shape, x, mask, output.data);
  const muteBack = dx && broadcast("multiply", shape, { block: dy!, shape }, mask, dx);
  let active = false;
  add({
    forward: ({ training, seed, step }) => {
      active = training && rate > 0;
      if (!active) return output.data.view.set(from.data.view);
      drop(addressWords(seed, stream, step), rate, null, mask.block);
      mute();
    },
    backward: () => {
      if (active) muteBack?.();
      else dx?.view.set(dy!.view);
    },
  });
}

/** The definition of the dropout layer. */
export const dropoutKind: LayerKind<DropoutConfig> = {
  kind: "dropout",
  relevance: "pass",
  configure,
  outputShape: (_config, [shape]) => shape,
  reach: sameCells,
  lower: lowerDropout,
};

/** The definition of the layer that drops channels of signals. */
export const spatialDropout1dKind: LayerKind<DropoutConfig> = {
  kind: "spatial_dropout1d",
  relevance: "pass",
  configure,
  outputShape: (_config, [shape]) => {
    expectRank(shape, 2, "[length, channels]");
    return shape;
  },
  reach: sameCells,
  lower: lowerSpatialDropout,
};

/** The definition of the layer that drops channels of pictures. */
export const spatialDropout2dKind: LayerKind<DropoutConfig> = {
  kind: "spatial_dropout2d",
  relevance: "pass",
  configure,
  outputShape: (_config, [shape]) => {
    expectRank(shape, 3, "[height, width, channels]");
    return shape;
  },
  reach: sameCells,
  lower: lowerSpatialDropout,
};

/**
 * Sets values to 0 at random while training, each with probability `rate`, and divides the others by
 * 1 − `rate`, so that their mean stays (Srivastava et al. 2014). Otherwise it changes nothing.
 *
 * What is dropped follows from the seed of the training run, the layer's name and the step alone.
 *
 * @param rate At least 0 and below 1.
 * @throws {DeconvError} When it is not.
 *
 * @example
 * ```ts
 * import { dense, dropout, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   dense({ units: 64, activation: "relu", inputShape: [32] }),
 *   dropout(0.5),
 *   dense({ units: 10, activation: "softmax" }),
 * ]);
 * console.log(net.outputShape); // [10]
 * ```
 */
export function dropout(rate: number, options: LayerOptions = {}): Layer {
  return createLayer(dropoutKind, { rate, ...options });
}

/**
 * Dropout of whole channels of signals `[length, channels]`: neighbours say much the same, so that
 * dropping one by one takes little away (Tompson et al. 2015).
 *
 * @param rate At least 0 and below 1.
 * @throws {DeconvError} When it is not, or the input is no signal.
 */
export function spatialDropout1d(rate: number, options: LayerOptions = {}): Layer {
  return createLayer(spatialDropout1dKind, { rate, ...options });
}

/**
 * Dropout of whole channels of pictures `[height, width, channels]` (Tompson et al. 2015).
 *
 * @param rate At least 0 and below 1.
 * @throws {DeconvError} When it is not, or the input is no picture.
 *
 * @example
 * ```ts
 * import { conv2d, sequential, spatialDropout2d } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 16, kernelSize: 3, inputShape: [32, 32, 3] }),
 *   spatialDropout2d(0.2),
 * ]);
 * console.log(net.outputShape); // [30, 30, 16]
 * ```
 */
export function spatialDropout2d(rate: number, options: LayerOptions = {}): Layer {
  return createLayer(spatialDropout2dKind, { rate, ...options });
}
