/** A network as the JSON that Keras 2 and TensorFlow.js have for functional models, and its weights by their names. */
import { DeconvError } from "../../errors.ts";
import { fourSides } from "../../geometry.ts";
import type { Json, Layer } from "../../layer.ts";
import type { ActivationConfig } from "../../layers/activation.ts";
import type { Model } from "../../model.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import { formOf, KERAS_LAYERS, kerasName } from "./layers.ts";
import { isPlainActivation } from "./values.ts";

/** A network that has been written. */
export interface WrittenGraph {
  /** `{ class_name: "Model", config }`. */
  readonly network: Json;
  /** Weights by the names `layer/weight`, in the order of the layers. */
  readonly weights: ReadonlyMap<string, Tensor>;
}

/** One layer of theirs; a layer of ours may be up to three. */
interface Piece {
  readonly name: string;
  readonly className: string;
  readonly config: Json;
}

/** Layers that only Keras has. */
const NOT_IN_TFJS = [
  "Conv1DTranspose",
  "DepthwiseConv1D",
  "GroupNormalization",
  "Resizing",
  "SeparableConv1D",
  "SpatialDropout2D",
  "UpSampling1D",
];

/** Values that TensorFlow.js passes over or takes for something else. */
const REFUSED: Readonly<Record<string, (value: unknown, layer: Layer) => boolean>> = {
  groups: (value) => value !== 1,
  interpolation: (value) => value !== "nearest",
  keepDims: (value) => value === true,
  padding: (value) => value === "causal",
  outputPadding: (value) => value !== undefined && value !== null,
  dilationRate: (value, { kind }) =>
    kind === "conv2d_transpose" && !(value as number[]).every((rate) => rate === 1),
};

/**
 * Writes a network.
 *
 * @throws {DeconvError} When a layer or an option has no counterpart in TensorFlow.js; the message names
 * it.
 */
export function writeKerasGraph({ name, graph, layers }: Model): WrittenGraph {
  const { inputNames, shapes, nodes, outputs } = graph;
  const pieces = new Map(
    nodes.map(({ layer, output }) => [layer, piecesOf(layer, shapes[output])]),
  );
  const taken = new Set([...pieces.values()].flat().map((piece) => piece.name));
  const inbound = new Map<string, Json[]>();
  const written: Json[] = [], places: [string, number][] = [];
  inputNames.forEach((given, i) => {
    let free = given;
    while (taken.has(free)) free += "_input";
    taken.add(free);
    places.push([free, 0]);
    const config = { batch_input_shape: [null, ...shapes[i]], dtype: "float32", sparse: false };
    written.push({
      name: free,
      class_name: "InputLayer",
      config: { ...config, name: free },
      inbound_nodes: [],
    });
  });
  for (const { layer, inputs, output } of nodes) {
    let from = inputs.map((value) => places[value]);
    for (const { name, className, config } of pieces.get(layer)!) {
      const calls = inbound.get(name) ?? [];
      if (!calls.length) {
        inbound.set(name, calls);
        written.push({ name, class_name: className, config, inbound_nodes: calls });
      }
      calls.push(from.map(([before, node]) => [before, node, 0, {}]));
      from = [[name, calls.length - 1]];
    }
    places[output] = from[0];
  }
  const ends = (values: readonly number[]) => values.map((value) => [...places[value], 0]);
  return {
    network: {
      class_name: "Model",
      config: {
        name,
        layers: written,
        input_layers: ends(inputNames.map((_, i) => i)),
        output_layers: ends(outputs),
      },
    },
    weights: weightsOf(layers),
  };
}

function weightsOf(layers: readonly Layer[]): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const { kind, name, parameters } of layers) {
    const renamed = classOf(kind)?.[1].parameters ?? {};
    for (const { name: full, shape, value } of parameters) {
      const short = full.slice(full.lastIndexOf("/") + 1);
      weights.set(`${name}/${renamed[short] ?? short}`, { shape, data: value.view });
    }
  }
  return weights;
}

function classOf(kind: string) {
  return Object.entries(KERAS_LAYERS).find(([, entry]) => entry.kind === kind);
}

function refusal(layer: Layer, fault: string): DeconvError {
  return new DeconvError(`Cannot write ${layer.title} for TensorFlow.js: ${fault}`);
}

/** What a layer of ours is there: itself, perhaps padding before it, cropping or an activation behind it. */
function piecesOf(layer: Layer, output: Shape): Piece[] {
  const { name, kind, trainable } = layer, config = layer.config;
  if (kind === "activation") return [activationPiece(layer, config as ActivationConfig, name)];
  const found = classOf(kind);
  if (!found || NOT_IN_TFJS.includes(found[0])) throw refusal(layer, "it has no such layer");
  const [className, { fields }] = found, read = { ...config } as Record<string, unknown>;
  const around = padded(layer, read);
  if (kind === "reshape") read.targetShape = output; // it asks for every size
  const active = read.activation as ActivationConfig | undefined;
  const behind = active && !isPlainActivation(active)
    ? [activationPiece(layer, active, `${name}_activation`)]
    : [];
  if (behind.length) read.activation = { kind: "linear", alpha: 0 };
  const written: Record<string, Json> = { name, trainable };
  for (const [field, value] of Object.entries(read)) {
    const refused = Object.hasOwn(REFUSED, field) && REFUSED[field](value, layer);
    const idle = value === false || value === null || value === undefined ||
      field === "groups" && value === 1;
    const unknown = !fields.includes(field) && !idle;
    if (refused || unknown) {
      throw refusal(layer, `it has no ${field}: ${JSON.stringify(value)}`);
    }
    if (fields.includes(field) && value !== undefined) {
      const form = formOf(field);
      written[kerasName(field)] = form ? form.write(value) : value as Json;
    }
  }
  if (/conv|pool|padding|cropping|upsampling/.test(kind)) written.data_format = "channels_last";
  return [...around.before, { name, className, config: written }, ...around.behind, ...behind];
}

/** `[[top, bottom], [left, right]]`. */
const sides = (
  [top, left, bottom, right]: readonly number[],
): Json => [[top, bottom], [left, right]];

/**
 * Padding in counts becomes a layer before a convolution, and cropping behind a transposed one; what is
 * written in its place goes into `config`.
 */
function padded(
  layer: Layer,
  config: Record<string, unknown>,
): { before: Piece[]; behind: Piece[] } {
  const { kind, name } = layer, { padding } = config;
  if (kind === "zero_padding2d" || kind === "cropping2d") {
    const key = kind === "cropping2d" ? "cropping" : "padding";
    config[key] = sides(config[key] as number[]);
    return { before: [], behind: [] };
  }
  if (padding === undefined || typeof padding === "string") return { before: [], behind: [] };
  const pads = fourSides(padding);
  if (!pads || !/^(conv2d|depthwise_conv2d|separable_conv2d|conv2d_transpose)$/.test(kind)) {
    throw refusal(layer, `it has no padding ${JSON.stringify(padding)}: use "same" or "valid"`);
  }
  config.padding = "valid";
  if (kind !== "conv2d_transpose") {
    const before = `${name}_padding`;
    const piece = { name: before, className: "ZeroPadding2D" };
    return {
      before: [{
        ...piece,
        config: { name: before, padding: sides(pads), data_format: "channels_last" },
      }],
      behind: [],
    };
  }
  // What an output padding adds at the end is cropped the less.
  const more = (config.outputPadding ?? [0, 0]) as number[];
  const cropped = [pads[0], pads[1], pads[2] - more[0], pads[3] - more[1]];
  if (cropped.some((side) => side < 0)) {
    throw refusal(layer, "its output padding is larger than its padding");
  }
  config.outputPadding = undefined;
  const behind = `${name}_cropping`, piece = { name: behind, className: "Cropping2D" };
  return {
    before: [],
    behind: [{
      ...piece,
      config: { name: behind, cropping: sides(cropped), data_format: "channels_last" },
    }],
  };
}

function activationPiece(layer: Layer, { kind, alpha }: ActivationConfig, name: string): Piece {
  const { trainable } = layer;
  if (kind === "leaky_relu") {
    return { name, className: "LeakyReLU", config: { name, trainable, alpha } };
  }
  if (!isPlainActivation({ kind, alpha })) {
    throw refusal(layer, `it has no activation ${kind}${alpha ? ` with alpha ${alpha}` : ""}`);
  }
  const activation = formOf("activation")!.write({ kind, alpha });
  return { name, className: "Activation", config: { name, trainable, activation } };
}
