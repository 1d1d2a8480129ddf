/** Networks of Keras and TensorFlow.js, which describe them in the same JSON: `Sequential` and functional ones. */
import { list, record, text, wholeNumbers } from "../../architecture.ts";
import { DeconvError } from "../../errors.ts";
import { input, type Layer, type Symbolic } from "../../layer.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import { type Assembly, expectShape, type FindWeights } from "../assembly.ts";
import { KERAS_LAYERS, layerFromKeras } from "./layers.ts";
import type { Dialect } from "./values.ts";

/** Weights of a layer as a file has them: found by name, or by position where they have none. */
export interface KerasWeights {
  /** A weight. `parameter` is what Keras calls it; undefined where there is no such. */
  find(parameter: string, position: number): Tensor | undefined;
}

/** What reading a network needs besides its JSON. */
export interface KerasReading {
  /** Which Keras wrote it. */
  readonly dialect: Dialect;
  /** The weights of a layer, given its name, its class and how many of this class came before it. */
  weights(name: string, className: string, count: number): KerasWeights;
  /** The shape of a picture, for networks that leave it open. */
  readonly inputShape?: Shape;
}

interface Description {
  readonly className: string;
  readonly name: string;
  readonly config: Record<string, unknown>;
  readonly inbound: readonly unknown[];
  /** How many layers of its class stand before it. */
  readonly count: number;
}

const MODELS = ["Sequential", "Functional", "Model"];

/**
 * Reads the JSON of a network: `{ class_name, config }`.
 *
 * @throws {DeconvError} When it is malformed, or has what has no counterpart here.
 */
export function readKerasGraph<T>(
  json: unknown,
  reading: KerasReading,
  assembly: Assembly<T>,
): T {
  const { class_name: className, config } = record(json, "its network");
  if (!MODELS.includes(String(className))) {
    throw new DeconvError(
      `its network is a ${className}, of a class of its own: only Sequential and functional networks say what they are made of`,
    );
  }
  // Keras before 2.2.3 had the bare list of layers for Sequential.
  const { layers, name = "model", ...ends } = Array.isArray(config)
    ? { layers: config }
    : record(config, "its network's config");
  const counts = new Map<string, number>();
  const described = list(layers, "its layers").map((layer): Description => {
    const { class_name, config, inbound_nodes = [], name } = record(layer, "a layer");
    const className = text(class_name, "a layer's class"), options = record(config, "its config");
    if (MODELS.includes(className)) {
      throw new DeconvError(
        `its layer "${options.name}" is a network of its own: save the network with its layers side by side`,
      );
    }
    const count = counts.get(className) ?? 0;
    counts.set(className, count + 1);
    const title = text(name ?? options.name, "a layer's name");
    const inbound = list(inbound_nodes, "inbound_nodes");
    return { className, name: title, config: { ...options, name: title }, inbound, count };
  });
  const title = text(name, "its network's name");
  return className === "Sequential"
    ? readSequential(described, title, reading, assembly)
    : readFunctional(described, title, record(ends, "its config"), reading, assembly);
}

/** The shape of an input without the batch. */
function shapeOf({ config, name }: Description, { inputShape }: KerasReading): Shape {
  const given = config.batch_input_shape ?? config.batch_shape;
  if (inputShape) return inputShape;
  if (!Array.isArray(given)) {
    throw new DeconvError(`its input "${name}" has no shape: give inputShape, such as [32, 32, 3]`);
  }
  const shape = given.slice(1);
  if (shape.includes(null)) {
    throw new DeconvError(
      `its input "${name}" has the open shape ${
        JSON.stringify(shape)
      }: give inputShape, such as [32, 32, 3]`,
    );
  }
  return wholeNumbers(shape, "the shape of its input");
}

/** Finds the weights of a layer of the file. */
function finder({ className, name, count }: Description, reading: KerasReading): FindWeights {
  const renamed = KERAS_LAYERS[className]?.parameters ?? {};
  const weights = reading.weights(name, className, count);
  return (parameter, shape, position) => {
    const theirs = renamed[parameter] ?? parameter, found = weights.find(theirs, position);
    if (found) return expectShape(`${name}/${theirs}`, shape, found);
    throw new DeconvError(`it has no weights ${theirs} for its layer ${className} "${name}"`);
  };
}

function readSequential<T>(
  described: readonly Description[],
  name: string,
  reading: KerasReading,
  { place, build }: Assembly<T>,
): T {
  const [first] = described;
  if (!first) throw new DeconvError("its network has no layers");
  const start = input({ shape: shapeOf(first, reading), name: first.name });
  let end: Symbolic = start;
  for (const layer of described) {
    if (layer.className === "InputLayer") continue;
    const made = layerFromKeras(layer.className, layer.config, [end.shape], reading.dialect);
    end = place(made, [end], finder(layer, reading));
  }
  return build([start], [end], name);
}

/** A value in a functional network: a layer, and which time it was applied. */
type Reference = readonly [layer: string, node: number];

function readFunctional<T>(
  described: readonly Description[],
  name: string,
  { input_layers, output_layers }: Record<string, unknown>,
  reading: KerasReading,
  { place, build }: Assembly<T>,
): T {
  const byName = new Map(described.map((layer) => [layer.name, layer]));
  if (byName.size < described.length) throw new DeconvError("two of its layers have the same name");
  const made = new Map<string, Layer>(), values = new Map<string, Symbolic | null>();
  const valueOf = ([layerName, node]: Reference): Symbolic => {
    const key = `${node} ${layerName}`, known = values.get(key);
    if (known) return known;
    if (known === null) throw new DeconvError(`its layer "${layerName}" depends on itself`);
    values.set(key, null);
    const layer = byName.get(layerName);
    if (!layer) throw new DeconvError(`it has no layer "${layerName}", which another refers to`);
    const value = compute(layer, node);
    values.set(key, value);
    return value;
  };
  const compute = (layer: Description, node: number): Symbolic => {
    if (layer.className === "InputLayer") {
      return input({ shape: shapeOf(layer, reading), name: layer.name });
    }
    if (node >= layer.inbound.length) {
      throw new DeconvError(`its layer "${layer.name}" is applied fewer times than it is used`);
    }
    const inputs = references(layer.inbound[node]).map(valueOf);
    const shapes = inputs.map(({ shape }) => shape);
    const known = made.get(layer.name);
    const applied = known ?? layerFromKeras(layer.className, layer.config, shapes, reading.dialect);
    made.set(layer.name, applied);
    return place(applied, inputs, finder(layer, reading));
  };
  const starts = endsOf(input_layers).map(valueOf), outputs = endsOf(output_layers).map(valueOf);
  return build(starts, outputs, name);
}

/** The inputs or outputs of a network: one reference or a list of them. */
function endsOf(value: unknown): Reference[] {
  const all = list(value, "its inputs or outputs");
  return typeof all[0] === "string" ? [reference(all)] : all.map(reference);
}

function reference(value: unknown): Reference {
  const [layer, node, output = 0] = list(value, "a reference to a layer");
  if (output !== 0) throw new DeconvError(`its layer "${layer}" has several outputs`);
  return [text(layer, "a layer's name"), wholeNumbers([node], "a node")[0]];
}

/**
 * What a layer is applied to. Keras 2 has a list of `[layer, node, output, options]`; Keras 3 the
 * arguments of the call, where tensors are objects with a `keras_history`.
 */
function references(node: unknown): Reference[] {
  if (Array.isArray(node)) {
    return typeof node[0] === "string" ? [reference(node)] : node.map(reference);
  }
  const found: Reference[] = [];
  const search = (value: unknown) => {
    if (Array.isArray(value)) return value.forEach(search);
    const { class_name, config } = record(value, "an argument of a layer");
    if (class_name !== "__keras_tensor__") {
      throw new DeconvError("a layer is called with something that is no tensor");
    }
    found.push(reference(record(config, "a tensor").keras_history));
  };
  list(record(node, "a node").args, "a layer's arguments").forEach(search);
  return found;
}
