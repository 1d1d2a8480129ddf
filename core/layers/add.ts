import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { mergeReach } from "../reach.ts";
import { lowerMerge, mergedShape } from "./merge.ts";

/** The definition of the addition layer. */
export const addKind: LayerKind = {
  kind: "add",
  relevance: "sum",
  inputs: [2, Infinity],
  configure: () => ({}),
  outputShape: (_config, shapes) => mergedShape(shapes),
  reach: (_config, inputs, cells) => mergeReach(inputs, cells),
  lower: (_config, lowering) => lowerMerge("add", lowering),
};

/**
 * The sum of two or more inputs of one shape: skip connections. Where an input has a size of 1, its
 * one value is added to all along that axis.
 *
 * @throws {DeconvError} When sizes differ and none is 1.
 *
 * @example
 * ```ts
 * import { add, conv2d, input, model } from "@deconv/deconv";
 * const x = input({ shape: [8, 8, 4] });
 * const y = conv2d({ filters: 4, kernelSize: 3, padding: "same" }).apply(x);
 * console.log(model({ inputs: x, outputs: add().apply([x, y]) }).outputShape); // [8, 8, 4]
 * ```
 */
export function add(options: LayerOptions = {}): Layer {
  return createLayer(addKind, options);
}
