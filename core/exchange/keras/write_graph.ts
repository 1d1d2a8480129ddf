/** A network as the layers of Keras, and as the JSON that Keras 2 and TensorFlow.js have for it. */
import { DeconvError } from "../../errors.ts";
import type { Json } from "../../json.ts";
import type { Layer } from "../../layer.ts";
import type { Model } from "../../model.ts";
import type { Shape } from "../../tensor.ts";
import type { KerasTarget } from "./target.ts";
import { type Piece, piecesOf } from "./write_layer.ts";

/** A value of a network: what the call with this number gives. */
export type CallNumber = number;

/** A layer applied once. */
export interface WrittenCall {
  /** The layer. */
  readonly layer: WrittenLayer;
  /** Which time it is that the layer is applied, from 0. */
  readonly node: number;
  /** What it is applied to; nothing, for an input. */
  readonly inputs: readonly CallNumber[];
}

/** A layer of theirs; an input is one too. */
export interface WrittenLayer extends Piece {
  /** Its calls. */
  readonly calls: readonly CallNumber[];
}

/** A network that has been written. */
export interface WrittenGraph {
  /** Its name. */
  readonly name: string;
  /** Its layers: inputs first, then in the order of the network. */
  readonly layers: readonly WrittenLayer[];
  /** All calls, each behind those it needs. */
  readonly calls: readonly WrittenCall[];
  /** The inputs. */
  readonly inputs: readonly CallNumber[];
  /** The outputs. */
  readonly outputs: readonly CallNumber[];
}

/**
 * Writes a network.
 *
 * @throws {DeconvError} When a layer or an option has no counterpart there; the message names it.
 */
export function writeKerasGraph(net: Model, target: KerasTarget): WrittenGraph {
  const { inputNames, shapes, nodes, outputs } = net.graph;
  const titles = namer(net.layers.map(({ name }) => name), target);
  const layers: (WrittenLayer & { calls: CallNumber[] })[] = [], calls: WrittenCall[] = [];
  const place = (piece: Piece) => {
    const layer = { ...piece, calls: [] };
    layers.push(layer);
    return layer;
  };
  const call = (layer: WrittenLayer & { calls: CallNumber[] }, inputs: readonly CallNumber[]) => {
    calls.push({ layer, node: layer.calls.length, inputs });
    layer.calls.push(calls.length - 1);
    return calls.length - 1;
  };
  const places = inputNames.map((name, i) => call(place(inputPiece(titles(name), shapes[i])), []));
  const positive = new Set<number>();
  const placed = new Map<Layer, { text: string; chain: ReturnType<typeof place>[] }>();
  for (const { layer, inputs, output } of nodes) {
    if (isPositive(layer, inputs.every((value) => positive.has(value)))) positive.add(output);
    const pieces = piecesOf(
      layer,
      shapes[inputs[0]],
      shapes[output],
      target,
      positive.has(inputs[0]),
    );
    const text = JSON.stringify(pieces.map(({ config }) => config));
    const known = placed.get(layer) ?? {
      text,
      chain: pieces.map((piece) => {
        const name = titles(piece.name, piece.name === layer.name);
        return place({ ...piece, name });
      }),
    };
    placed.set(layer, known);
    if (known.text !== text) {
      throw new DeconvError(
        `Cannot write ${layer.title} for ${target.program}: it is applied to inputs of different shapes`,
      );
    }
    let from = inputs.map((value) => places[value]);
    for (const part of known.chain) from = [call(part, from)];
    places[output] = from[0];
  }
  return {
    name: titles.plain(net.name),
    layers,
    calls,
    inputs: inputNames.map((_, i) => i),
    outputs: outputs.map((value) => places[value]),
  };
}

const POSITIVE = ["relu", "relu6", "sigmoid", "hard_sigmoid", "softmax", "softplus"];

/** Kinds that keep values from being negative where none was. */
const KEEPING =
  /^(add|multiply|concatenate|dropout|flatten|reshape|permute|(max|average)_pool.*|global_.*|zero_padding2d|cropping2d)$/;

/** Whether a layer gives no negative values, given whether it is given any. */
function isPositive({ kind, config }: Layer, given: boolean): boolean {
  const { kind: active } = (kind === "activation" ? config : config.activation ?? {}) as {
    kind?: string;
  };
  return active
    ? POSITIVE.includes(active) || given && active === "linear" && kind === "activation"
    : given && KEEPING.test(kind);
}

/** Gives names that are free; those of the layers themselves are kept for them. */
function namer(own: readonly string[], { dialect }: KerasTarget) {
  // Keras 3 takes no name with a slash.
  const plain = (name: string) => dialect === "keras3" ? name.replaceAll("/", "_") : name;
  const owned = new Set(own.map(plain)), taken = new Set<string>();
  const name = (wanted: string, isOwn = false) => {
    let free = plain(wanted);
    while (taken.has(free) || !isOwn && owned.has(free)) free += isOwn ? "_" : "_input";
    taken.add(free);
    return free;
  };
  return Object.assign(name, { plain });
}

function inputPiece(name: string, shape: Shape): Piece {
  return { name, className: "InputLayer", config: {}, output: shape, weights: [] };
}

/** The JSON of a network as Keras 2 and TensorFlow.js have it: `{ class_name: "Model", config }`. */
export function legacyNetwork({ name, layers, calls, inputs, outputs }: WrittenGraph): Json {
  const reference = (value: CallNumber): [string, number] => {
    const { layer, node } = calls[value];
    return [layer.name, node];
  };
  const ends = (values: readonly CallNumber[]) => values.map((value) => [...reference(value), 0]);
  return {
    class_name: "Model",
    config: {
      name,
      layers: layers.map(({ name, className, config, output, calls: own }) => ({
        name,
        class_name: className,
        config: className === "InputLayer"
          ? { batch_input_shape: [null, ...output], dtype: "float32", sparse: false, name }
          : { name, ...config },
        inbound_nodes: className === "InputLayer"
          ? []
          : own.map((value) => calls[value].inputs.map((from) => [...reference(from), 0, {}])),
      })),
      input_layers: ends(inputs),
      output_layers: ends(outputs),
    },
  };
}
