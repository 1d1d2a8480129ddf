/** Writes `.keras` files for Keras 3: a zip file of two texts of JSON and an HDF5 file of weights. */
// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import { zipSync } from "npm:fflate@0.8.3";
import { encodeHdf5, type Hdf5Group } from "../../formats/hdf5_write.ts";
import type { Json } from "../../json.ts";
import type { Model } from "../../model.ts";
import { kerasPaths } from "./names.ts";
import { kerasOrder } from "./order.ts";
import { KERAS3 } from "./target.ts";
import {
  type CallNumber,
  writeKerasGraph,
  type WrittenGraph,
  type WrittenLayer,
} from "./write_graph.ts";

/** What version of Keras the file says it is of. */
const VERSION = "3.0.0";

/**
 * Writes a model as a `.keras` file, which Keras 3 loads (`keras.models.load_model`). What Keras has in other
 * words becomes several layers: padding in counts, convolutions of enlarged pictures, blocks of channels. A
 * kernel that is divided by its spectral norm is written so, once; a slash in a name becomes `_`. It is not
 * compiled there: training configuration is not written.
 *
 * @throws {DeconvError} When a layer or an option has no counterpart there; the message names it.
 *
 * @example
 * ```ts
 * import { decodeKeras, dense, encodeKeras, sequential } from "@deconv/deconv";
 * const bytes = encodeKeras(sequential([dense({ units: 2, inputShape: [3] })]));
 * console.log(decodeKeras(bytes).model.outputShape); // [2]
 * ```
 */
export function encodeKeras(model: Model): Uint8Array {
  const graph = writeKerasGraph(model, KERAS3), layers = kerasOrder(graph);
  const text = (value: Json) => new TextEncoder().encode(JSON.stringify(value));
  // Stored, as Keras does it, and of a fixed date, so that the same model always gives the same bytes.
  return zipSync({
    "metadata.json": text({ keras_version: VERSION, date_saved: "1980-01-01@00:00:00" }),
    "config.json": text(network(graph, layers)),
    "model.weights.h5": encodeHdf5({ layers: weightsOf(layers), vars: {} }),
  }, { level: 0, mtime: "1980-01-01T00:00:00" });
}

/** Weights by class and number of their layer, and by their place in it. */
function weightsOf(layers: readonly WrittenLayer[]): Hdf5Group {
  const pathOf = kerasPaths(), groups: Record<string, Hdf5Group> = {};
  for (const { className, weights } of layers) {
    const vars = Object.fromEntries(weights.map(([, tensor], i) => [`${i}`, tensor]));
    groups[pathOf(className)] = { vars };
  }
  return groups;
}

/** The JSON of a network as Keras 3 has it. */
function network(graph: WrittenGraph, layers: readonly WrittenLayer[]): Json {
  const { name, calls, inputs, outputs } = graph;
  const reference = (value: CallNumber): Json => [calls[value].layer.name, calls[value].node, 0];
  const ends = (values: readonly CallNumber[]): Json =>
    values.length > 1 ? values.map(reference) : reference(values[0]);
  const tensor = (value: CallNumber): Json => ({
    class_name: "__keras_tensor__",
    config: {
      shape: [null, ...calls[value].layer.output],
      dtype: "float32",
      keras_history: reference(value),
    },
  });
  const node = (call: CallNumber): Json => {
    const tensors = calls[call].inputs.map(tensor);
    return { args: tensors.length > 1 ? [tensors] : tensors, kwargs: {} };
  };
  return {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: {
      name,
      trainable: true,
      layers: layers.map(({ name, className, config, output, calls: own }) => {
        const isInput = className === "InputLayer";
        return {
          module: "keras.layers",
          class_name: className,
          config: isInput
            ? { batch_shape: [null, ...output], dtype: "float32", sparse: false, name }
            : { name, dtype: "float32", ...config },
          registered_name: null,
          name,
          inbound_nodes: isInput ? [] : own.map(node),
        };
      }),
      input_layers: ends(inputs),
      output_layers: ends(outputs),
    },
    registered_name: "Functional",
  };
}
