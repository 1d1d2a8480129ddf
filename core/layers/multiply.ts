import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { mergeReach } from "../reach.ts";
import { lowerMerge, mergedShape } from "./merge.ts";

/** The definition of the multiplication layer. */
export const multiplyKind: LayerKind = {
  kind: "multiply",
  relevance: "product",
  inputs: [2, Infinity],
  configure: () => ({}),
  outputShape: (_config, shapes) => mergedShape(shapes),
  reach: (_config, inputs, cells) => mergeReach(inputs, cells),
  lower: (_config, lowering) => lowerMerge("multiply", lowering),
};

/**
 * The product of two or more inputs, value by value. Where an input has a size of 1, its one value
 * counts for all along that axis: `[1, 1, channels]` or `[channels]` is a gate for each channel
 * (squeeze-and-excitation, Hu et al. 2018), `[height, width, 1]` one for each pixel.
 *
 * @throws {DeconvError} When sizes differ and none is 1.
 *
 * @example
 * ```ts
 * import { dense, input, model, multiply, reshape } from "@deconv/deconv";
 * const x = input({ shape: [8, 8, 4] }), context = input({ shape: [10] });
 * const gate = dense({ units: 4, activation: "sigmoid" }).apply(context);
 * const y = multiply().apply([x, reshape([1, 1, 4]).apply(gate)]);
 * console.log(model({ inputs: [x, context], outputs: y }).outputShape); // [8, 8, 4]
 * ```
 */
export function multiply(options: LayerOptions = {}): Layer {
  return createLayer(multiplyKind, options);
}
