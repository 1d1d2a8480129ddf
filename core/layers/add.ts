import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { sameShape } from "../tensor.ts";
import { add as addTo } from "../wasm/elementwise.ts";

/** The definition of the addition layer. */
export const addKind: LayerKind = {
  kind: "add",
  inputs: [2, Infinity],
  configure: () => ({}),
  outputShape: (_config, shapes) => {
    if (!shapes.every((shape) => sameShape(shape, shapes[0]))) {
      throw new DeconvError("all inputs must have the same shape");
    }
    return shapes[0];
  },
  lower: (_config, { inputs, output, add }) => {
    add({
      forward: () => {
        output.data.view.set(inputs[0].data.view);
        for (const { data } of inputs.slice(1)) addTo(data, output.data);
      },
      backward: () => {
        for (const { gradient } of inputs) gradient?.view.set(output.gradient!.view);
      },
    });
  },
};

/**
 * The sum of two or more inputs of one shape: skip connections.
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
