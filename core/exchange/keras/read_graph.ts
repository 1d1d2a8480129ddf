/**
 * Networks of Keras and TensorFlow.js, which describe them in the same JSON: `Sequential` and functional ones. A
 * network that stands in another as a layer becomes its layers, named `outer/inner`.
 */
import { DeconvError } from "../../errors.ts";
import { wholeNumbers } from "../../json.ts";
import { input, type Layer, type Symbolic } from "../../layer.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import { type Assembly, expectShape, type FindWeights } from "../assembly.ts";
import {
  describeNetwork,
  endsOf,
  isNetwork,
  type LayerDescription,
  type NetworkDescription,
  type Reference,
} from "./describe.ts";
import { chainFromKeras, isChain, type Link } from "./chains.ts";
import { layerFromKeras } from "./read_layer.ts";
import { KERAS_LAYERS } from "./table.ts";
import type { Dialect } from "./values.ts";

/** Weights of a layer as a file has them: found by name, or by position where they have none. */
export interface KerasWeights {
  /** A weight. `parameter` is what Keras calls it; undefined where there is no such. */
  find(parameter: string, position: number): Tensor | undefined;
}

/** Where a layer stands: the networks it is in, from the outermost, and itself. */
export interface LayerPlace {
  /** Their names. */
  readonly names: readonly string[];
  /** What Keras 3 calls them in its file of weights. */
  readonly paths: readonly string[];
}

/** What reading a network needs besides its JSON. */
export interface KerasReading {
  /** Which Keras wrote it. */
  readonly dialect: Dialect;
  /** The weights of a layer. */
  weights(place: LayerPlace): KerasWeights;
  /** The shape of a picture, for networks that leave it open. */
  readonly inputShape?: Shape;
}

/** Layers that networks inside others may come to: one that is used twice is there twice. */
const MOST_INSIDE = 10_000;

/**
 * Reads the JSON of a network: `{ class_name, config }`.
 *
 * @throws {DeconvError} When it is malformed, or has what has no counterpart here.
 */
export function readKerasGraph<T>(
  json: unknown,
  reading: KerasReading,
  { place, build }: Assembly<T>,
): T {
  const description = describeNetwork(json);
  let inside = 0;
  const top: Surroundings = {
    reading,
    names: [],
    paths: [],
    trainable: true,
    taken: new Set(description.layers.map(({ name }) => name)),
    place(layer, inputs, find, { names }, own) {
      if (names.length && ++inside > MOST_INSIDE) {
        throw new DeconvError(`its networks inside others come to more than ${MOST_INSIDE} layers`);
      }
      return place(layer, inputs, find, own);
    },
  };
  const { inputs, apply } = openNetwork(description, top), starts = inputs();
  return build(starts, apply(starts), description.name);
}

/** What the layers of a network need to know of where it stands. */
interface Surroundings extends LayerPlace {
  readonly reading: KerasReading;
  readonly trainable: boolean;
  /** Names that layers have. */
  readonly taken: Set<string>;
  place(
    layer: Layer,
    inputs: readonly Symbolic[],
    find: FindWeights,
    around: Surroundings,
    own?: boolean,
  ): Symbolic;
}

/** What a layer or a network makes of values. */
type Applied = (inputs: readonly Symbolic[]) => readonly Symbolic[];

interface OpenedNetwork {
  /** New inputs of the shapes it is described with. */
  inputs(): Symbolic[];
  readonly apply: Applied;
}

function openNetwork(description: NetworkDescription, around: Surroundings): OpenedNetwork {
  const opened = new Map<LayerDescription, Applied>();
  const appliedOf = (layer: LayerDescription): Applied => {
    const applied = opened.get(layer) ?? openLayer(layer, around);
    opened.set(layer, applied);
    return applied;
  };
  return description.sequential
    ? openSequential(description, around, appliedOf)
    : openFunctional(description, around, appliedOf);
}

/** A layer is made when it is first applied, and is one layer however often it is. */
function openLayer(layer: LayerDescription, around: Surroundings): Applied {
  const { className, config } = layer, { reading, taken } = around;
  const trainable = around.trainable && config.trainable !== false;
  const place = inside(around, layer);
  if (isNetwork(className)) {
    const network = describeNetwork({ class_name: className, config });
    return openNetwork(network, { ...around, ...place, trainable }).apply;
  }
  let name = layer.name, made: Layer | undefined, chain: readonly Link[] | undefined;
  const free = (wanted: string) => {
    while (taken.has(wanted)) wanted += "_";
    taken.add(wanted);
    return wanted;
  };
  if (around.names.length) name = free(place.names.join("/"));
  return (inputs) => {
    const shapes = inputs.map(({ shape }) => shape);
    if (isChain(className)) {
      const weight = (parameter: string, position: number) =>
        reading.weights(place).find(parameter, position);
      chain ??= chainFromKeras(className, { name, config, shape: shapes[0], weight, free });
      const apply = (value: Symbolic, { layer, find }: Link) =>
        around.place(layer, [value], find, around, true);
      return [chain.reduce(apply, inputs[0])];
    }
    made ??= layerFromKeras(className, { ...config, name, trainable }, shapes, reading.dialect);
    return [around.place(made, inputs, finder(layer, place, reading), around)];
  };
}

function inside({ names, paths }: LayerPlace, { name, path }: LayerDescription): LayerPlace {
  return { names: [...names, name], paths: [...paths, path] };
}

/** Finds the weights of a layer of the file. */
function finder(
  { className, name }: LayerDescription,
  place: LayerPlace,
  reading: KerasReading,
): FindWeights {
  const renamed = KERAS_LAYERS[className]?.parameters ?? {};
  const weights = reading.weights(place);
  return (parameter, shape, position) => {
    const theirs = renamed[parameter] ?? parameter;
    // Keras 3 calls the kernel of a depthwise convolution so.
    const found = weights.find(theirs, position) ?? weights.find(parameter, position);
    if (found) return expectShape(`${name}/${theirs}`, shape, found);
    throw new DeconvError(`it has no weights ${theirs} for its layer ${className} "${name}"`);
  };
}

/** A new input. */
function inputOf(name: string, given: unknown, { inputShape }: KerasReading): Symbolic {
  if (inputShape) return input({ shape: inputShape, name });
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
  return input({ shape: wholeNumbers(shape, "the shape of its input"), name });
}

const batchShape = ({ batch_input_shape, batch_shape }: Record<string, unknown>) =>
  batch_input_shape ?? batch_shape;

function openSequential(
  { layers, config: { build_input_shape } }: NetworkDescription,
  { reading }: Surroundings,
  appliedOf: (layer: LayerDescription) => Applied,
): OpenedNetwork {
  const [first] = layers;
  if (!first) throw new DeconvError("its network has no layers");
  return {
    inputs: () => [inputOf(first.name, firstShape(first) ?? build_input_shape, reading)],
    apply(inputs) {
      let values: readonly Symbolic[] = inputs;
      for (const layer of layers) {
        if (values.length > 1) {
          throw new DeconvError(`its layer "${layer.name}" has several inputs`);
        }
        if (layer.className !== "InputLayer") values = appliedOf(layer)(values);
      }
      return values;
    },
  };
}

/** The shape of a network's first layer, which may be a network itself. */
function firstShape({ className, config }: LayerDescription): unknown {
  if (!isNetwork(className)) return batchShape(config);
  const { layers, sequential, config: rest } = describeNetwork({ class_name: className, config });
  if (sequential) return (layers[0] && firstShape(layers[0])) ?? rest.build_input_shape;
  const [start] = endsOf(rest.input_layers);
  return batchShape(layers.find(({ name }) => name === start?.layer)?.config ?? {});
}

function openFunctional(
  { layers, config: { input_layers, output_layers } }: NetworkDescription,
  { reading }: Surroundings,
  appliedOf: (layer: LayerDescription) => Applied,
): OpenedNetwork {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  if (byName.size < layers.length) throw new DeconvError("two of its layers have the same name");
  const starts = endsOf(input_layers), ends = endsOf(output_layers);
  const all = [...layers.flatMap(({ calls }) => calls.flat()), ...ends];
  const layerOf = (name: string): LayerDescription => {
    const layer = byName.get(name);
    if (layer) return layer;
    throw new DeconvError(`it has no layer "${name}", which another refers to`);
  };
  // Keras 3 counts the calls of functional networks from 1 where it says what the outputs are.
  const callOf = (layer: LayerDescription, node: number, isEnd: boolean): number => {
    const { className, fromOne, name } = layer;
    const one = fromOne && !all.some((each) => each.layer === name && each.node === 0) ||
      isEnd && reading.dialect === "keras3" && ["Functional", "Model"].includes(className);
    return node - (one ? 1 : 0);
  };
  return {
    inputs: () =>
      starts.map(({ layer }) => inputOf(layer, batchShape(layerOf(layer).config), reading)),
    apply(inputs) {
      if (inputs.length !== starts.length) {
        throw new DeconvError(
          `a network in it has ${starts.length} inputs, and is applied to ${inputs.length}`,
        );
      }
      const values = new Map<string, readonly Symbolic[] | null>(
        starts.map(({ layer, node }, i) => [`${node} ${layer}`, [inputs[i]]]),
      );
      const valueOf = ({ layer: name, node, output }: Reference, isEnd = false): Symbolic => {
        const layer = layerOf(name), call = callOf(layer, node, isEnd), key = `${call} ${name}`;
        const known = values.get(key);
        if (known === null) throw new DeconvError(`its layer "${name}" depends on itself`);
        if (known === undefined) values.set(key, null);
        const found = known ?? compute(layer, call);
        values.set(key, found);
        if (output < found.length) return found[output];
        throw new DeconvError(`its layer "${name}" has several outputs`);
      };
      const compute = (layer: LayerDescription, call: number) => {
        const { className, name, calls } = layer;
        if (className === "InputLayer") {
          throw new DeconvError(`its input "${name}" is not among the inputs it names`);
        }
        if (!calls[call]) {
          throw new DeconvError(`its layer "${name}" is applied fewer times than it is used`);
        }
        return appliedOf(layer)(calls[call].map((each) => valueOf(each)));
      };
      return ends.map((end) => valueOf(end, true));
    },
  };
}
