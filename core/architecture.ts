/**
 * A network as JSON: what the metadata of a saved file holds. Reading it trusts nothing: files come
 * from anywhere.
 */
import { DeconvError } from "./errors.ts";
import { type Json, list, malformed, record, text, wholeNumbers } from "./json.ts";
import { type Config, input, type Layer, type Symbolic } from "./layer.ts";
import { layerFromConfig } from "./layers/registry.ts";
import type { Model } from "./model.ts";
import type { Regularizer } from "./regularizers.ts";
import { type Shape, shapeText, sizeOf } from "./tensor.ts";

/** Values of one picture that fit into the memory WebAssembly can address. */
const MOST_VALUES = 2 ** 30;

/**
 * The JSON of a network.
 *
 * @throws {DeconvError} When a layer uses the kernel of one that is not in the network.
 */
export function writeArchitecture({ name, graph, layers }: Model): Json {
  const { inputNames, shapes, nodes, outputs } = graph;
  const lone = layers.find(({ kernelOf }) => kernelOf && !layers.includes(kernelOf));
  if (lone) {
    throw new DeconvError(
      `Cannot save the model: ${lone.title} is tied to "${
        lone.kernelOf!.name
      }", which is not in it; save the model that has both`,
    );
  }
  return {
    name,
    inputs: inputNames.map((inputName, i) => ({ name: inputName, shape: shapes[i] })),
    layers: layers.map(({ kind, name, trainable, activityRegularizer, config }) => ({
      kind,
      name,
      trainable,
      ...activityRegularizer && { activityRegularizer: { ...activityRegularizer } },
      config,
    })),
    nodes: nodes.map(({ layer, inputs }) => ({ layer: layers.indexOf(layer), inputs })),
    outputs,
  };
}

/** A network that has been read but has no parameters yet. */
export interface ReadArchitecture {
  /** Its name. */
  name: string;
  /** Its inputs. */
  inputs: Symbolic[];
  /** Its outputs. */
  outputs: Symbolic[];
}

/**
 * Reads the JSON of a network.
 *
 * @param expectParameter Called with every parameter it will have, before any memory is taken; throws
 * where the file has no such tensor.
 * @throws {DeconvError} When anything in it is malformed or cannot work.
 */
export function readArchitecture(
  json: unknown,
  expectParameter: (name: string, shape: Shape) => void,
): ReadArchitecture {
  const { name, inputs, layers, nodes, outputs } = record(json, "its architecture");
  const made = list(layers, "layers").map(readLayer);
  const starts = list(inputs, "inputs").map((value) => {
    const { name, shape } = record(value, "an input");
    return expectFits(
      input({ name: text(name, "an input's name"), shape: wholeNumbers(shape, "shape") }),
    );
  });
  const values = [...starts];
  /** Only what was made before can be referred to, so there are no cycles. */
  const valueAt = (index: number) => {
    if (index < values.length) return values[index];
    throw new DeconvError(`its architecture refers to value ${index} before it is made`);
  };
  const ends = (indices: unknown, what: string) => wholeNumbers(indices, what).map(valueAt);
  for (const value of list(nodes, "nodes")) {
    const node = record(value, "a node");
    const [number] = wholeNumbers([node.layer], "a node's layer");
    const layer = made[number];
    if (!layer) throw new DeconvError(`its architecture has no layer ${number}`);
    const from = ends(node.inputs, "a node's inputs");
    const result = expectFits(layer.apply(from));
    for (const spec of layer.parameterSpecs(from.map(({ shape }) => shape))) {
      expectParameter(`${spec.tiedTo ?? layer.name}/${spec.name}`, spec.shape);
    }
    values.push(result);
  }
  return { name: text(name, "name"), inputs: starts, outputs: ends(outputs, "outputs") };
}

function readLayer(value: unknown): Layer {
  const { kind, name, trainable, activityRegularizer, config } = record(value, "a layer");
  if (typeof trainable !== "boolean") throw malformed("a layer's trainable is not true or false");
  return layerFromConfig(text(kind, "a layer's kind"), {
    ...record(config, "a layer's config") as Config,
    name: text(name, "a layer's name"),
    trainable,
    activityRegularizer: activityRegularizer as Regularizer | undefined,
  });
}

/**
 * Checks that the values of one picture fit into any memory.
 *
 * @throws {DeconvError} Where they do not.
 */
export function expectFits(value: Symbolic): Symbolic {
  if (sizeOf(value.shape) <= MOST_VALUES) return value;
  const where = value.layer ? `what ${value.layer.title} makes` : "its input";
  throw new DeconvError(
    `${where} has the shape ${shapeText(value.shape)}: too large for any memory`,
  );
}
