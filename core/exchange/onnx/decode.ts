/** Reads ONNX: a graph becomes a network of layers, node by node. */
import { DeconvError } from "../../errors.ts";
import { isFloatCode, type OnnxArray } from "../../formats/onnx/array.ts";
import {
  decodeOnnxGraph,
  type OnnxGraph,
  type OnnxNode,
  type OnnxValueInfo,
} from "../../formats/onnx/proto.ts";
import { input, type Symbolic } from "../../layer.ts";
import { activation } from "../../layers/activation.ts";
import type { Model } from "../../model.ts";
import { model } from "../../sequential.ts";
import { type Shape, shapeText, sizeOf } from "../../tensor.ts";
import { reading, type ReadModelOptions } from "../assembly.ts";
import { evaluateNode, isEvaluated } from "./evaluate.ts";
import {
  channelsLast,
  type Flow,
  flowOf,
  inOrder,
  natural,
  naturalOrder,
  settled,
} from "./flow.ts";
import { foldGelu } from "./fold_gelu.ts";
import { foldLayerNorm } from "./fold_layer_norm.ts";
import { setWeights } from "./layered.ts";
import { LAYER_OPERATORS } from "./operators.ts";
import { isFlow, nodeTitle, type OnnxValue, Site, type SiteContext, type Weights } from "./site.ts";

/** What a file does not say of itself. */
export interface DecodeOnnxOptions extends ReadModelOptions {
  /** Sizes of inputs by their name, without the batch and in ONNX's order, where the file leaves them free. */
  inputShapes?: Readonly<Record<string, Shape>>;
}

/** A model that was read from an ONNX file. */
export interface DecodedOnnx {
  /** The model, which runs and trains. */
  model: Model;
  /** Names of the file's inputs, in the order of the model's. */
  inputs: readonly string[];
  /** Names of the file's outputs, in the order of the model's. */
  outputs: readonly string[];
  /** The version of ONNX's operators. */
  opset: number;
  /** Who wrote the file; may be empty. */
  producer: string;
}

/**
 * Numbers that all constants together may come to that are computed while reading, 1 GiB of float32: a
 * network of any size may have its weights in the file, and a small file may not ask for all memory.
 */
const MOST_COMPUTED = 2 ** 28;

/** What `encodeOnnx` calls itself; its files have channels first in every input and output. */
export const PRODUCER = "deconv";

/** Operators to which axis 1 is the channels. */
const CHANNELS_FIRST = new Set([
  "Conv",
  "ConvTranspose",
  "MaxPool",
  "AveragePool",
  "GlobalMaxPool",
  "GlobalAveragePool",
  "MaxUnpool",
  "BatchNormalization",
  "InstanceNormalization",
  "GroupNormalization",
  "LRN",
  "DepthToSpace",
  "SpaceToDepth",
  "Resize",
  "Upsample",
]);

/** Operators to which the order of axes is what ONNX says. */
const AS_SAID = new Set([
  "Transpose",
  "Reshape",
  "Flatten",
  "MatMul",
  "Gemm",
  "LayerNormalization",
  "Gather",
]);

/**
 * Reads the bytes of an ONNX model as a model that runs and trains.
 *
 * ONNX has channels in front, `[batch, channels, height, width]`; the model has them last, as every
 * model here, and is to be given `[batch, height, width, channels]`. That is settled while reading:
 * kernels are turned once, transpositions that cancel vanish, and a dense layer behind flattened
 * pictures gets its rows in the order in which pictures lie here. An input that the file at once
 * transposes or flattens keeps the order it has. The batch is free, whatever the file says.
 *
 * Nothing in the file is run or trusted; weights must be inside of it. What has no layer here is
 * refused, by the name of the node.
 *
 * @throws {DeconvError} When the file is damaged, or is not made of layers that there are.
 *
 * @example
 * ```ts
 * import { conv2d, decodeOnnx, encodeOnnx, sequential } from "@deconv/deconv";
 * const net = sequential([conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 3] })]);
 * const { model } = decodeOnnx(encodeOnnx(net));
 * console.log(model.inputShape, model.outputShape); // [8, 8, 3] [6, 6, 4]
 * ```
 */
export function decodeOnnx(bytes: Uint8Array, options: DecodeOnnxOptions = {}): DecodedOnnx {
  return reading(options.name ?? "model", () => decode(decodeOnnxGraph(bytes), options));
}

function decode(graph: OnnxGraph, options: DecodeOnnxOptions): DecodedOnnx {
  const { name, starts, ends, names, weights } = readOnnxNetwork(graph, options);
  const made = model({ inputs: starts, outputs: ends }, { name });
  setWeights(made, weights);
  return {
    model: made,
    inputs: names,
    outputs: graph.outputs.map((output) => output.name),
    opset: graph.opset,
    producer: graph.producer,
  };
}

/** A network whose layers have no parameters yet. */
export interface OnnxNetwork {
  /** Its name. */
  readonly name: string;
  /** Its inputs. */
  readonly starts: readonly Symbolic[];
  /** Its outputs. */
  readonly ends: readonly Symbolic[];
  /** The inputs' names in the file. */
  readonly names: readonly string[];
  /** What the layers' parameters will be. */
  readonly weights: Weights;
}

/**
 * Turns a graph into layers.
 *
 * @throws {DeconvError} When it has what no layer does.
 */
export function readOnnxNetwork(
  file: OnnxGraph,
  { inputShapes = {}, inputShape }: DecodeOnnxOptions = {},
): OnnxNetwork {
  const graph = foldLayerNorm(foldGelu(file));
  const counts = new Map<string, number>();
  const names = [
    ...graph.nodes.flatMap(({ inputs }) => inputs),
    ...graph.outputs.map((o) => o.name),
  ];
  for (const used of names) counts.set(used, (counts.get(used) ?? 0) + 1);
  const used = graph.inputs.filter((info) => counts.has(info.name));
  const batch = used.map(({ shape }) => shape?.[0]).find((size) => typeof size === "number");
  const weights: Weights = new Map();
  const uses = (value: string) => counts.get(value) ?? 0;
  const context: SiteContext = {
    opset: graph.opset,
    batch: batch as number ?? null,
    weights,
    uses,
  };
  const values = new Map<string, OnnxValue>(graph.initializers);
  if (inputShape && used.length > 1) {
    throw new DeconvError(
      `it has the inputs ${
        used.map(({ name }) => name).join(", ")
      }: give their sizes by name, as inputShapes`,
    );
  }
  const starts = used.map((info) => {
    const flow = inputFlow(graph, info, inputShapes[info.name], inputShape);
    values.set(info.name, flow);
    return flow.symbol;
  });
  const taken = new Set<string>();
  let computed = 0;
  for (const node of graph.nodes) {
    const outputs = node.outputs.map((value) => uses(value) ? value : "");
    const made = convert({ ...node, outputs }, values, context, taken);
    outputs.forEach((value, i) => value && made[i] && values.set(value, made[i]));
    for (const value of made) if (!isFlow(value)) computed += value.data.length;
    if (computed > MOST_COMPUTED) throw new DeconvError("its constants grow beyond any use");
  }
  const ends: Symbolic[] = [];
  for (const { name } of graph.outputs) {
    const value = values.get(name);
    if (!value) throw new DeconvError(`nothing makes the output "${name}"`);
    if (!isFlow(value)) {
      const maker = graph.nodes.find(({ outputs }) => outputs.includes(name));
      throw new DeconvError(
        `${
          maker ? `${nodeTitle(maker)}: ` : ""
        }the output "${name}" is made of sizes and constants alone, no layer leads to it`,
      );
    }
    const { symbol } = settledOutput(value, graph.producer === PRODUCER);
    const plain = !starts.includes(symbol) && !ends.includes(symbol);
    ends.push(plain ? symbol : activation("linear").apply(symbol));
  }
  const inputNames = used.map((info) => info.name);
  return { name: graph.name || "model", starts, ends, names: inputNames, weights };
}

/** An output as it is given out: pictures with channels last, all else as ONNX has it. */
function settledOutput(value: Flow, ours: boolean): Flow {
  const flow = settled(value), last = channelsLast(flow.order.length);
  return ours || flow.order.join() === last.join() ? inOrder(flow, last) : natural(flow);
}

/** The beginning of a network. */
function inputFlow(graph: OnnxGraph, info: OnnxValueInfo, given?: Shape, picture?: Shape): Flow {
  const { name, type } = info;
  const first = graph.producer === PRODUCER || wantsChannelsLast(graph, name);
  const turned = picture && first && picture.length > 1
    ? [picture[picture.length - 1], ...picture.slice(0, -1)]
    : picture;
  const sizes = given ?? turned ?? info.shape?.slice(1);
  if (!sizes?.length) {
    const taker = graph.nodes.find(({ inputs }) => inputs.includes(name));
    throw new DeconvError(
      `${
        taker ? `${nodeTitle(taker)}: ` : ""
      }its input "${name}" is given at run time and is no batch of arrays`,
    );
  }
  const shape = sizes.map((size) => {
    if (typeof size === "number" && Number.isInteger(size) && size > 0) return size;
    throw new DeconvError(
      `its input "${name}" leaves sizes free ([${
        sizes.map((s) => s ?? "?")
      }] after the batch): give them as inputShapes or inputShape`,
    );
  });
  if (sizeOf(shape) > 2 ** 30) throw new DeconvError(`its input has the shape ${shapeText(shape)}`);
  const rank = shape.length + 1;
  const order = first ? channelsLast(rank) : naturalOrder(rank);
  const symbol = input({ name, shape: order.slice(1).map((axis) => shape[axis - 1]) });
  return { ...flowOf(symbol, order), whole: !isFloatCode(type) };
}

/** Whether what uses a value first, functions of each value aside, takes axis 1 for the channels. */
function wantsChannelsLast({ nodes }: OnnxGraph, name: string): boolean {
  const names = new Set([name]);
  for (const { op, inputs, outputs } of nodes) {
    if (!inputs.some((value) => names.has(value))) continue;
    if (CHANNELS_FIRST.has(op)) return true;
    if (AS_SAID.has(op)) return false;
    for (const value of outputs) names.add(value);
  }
  return false;
}

/** What a node makes: constants of constants, layers of anything else. */
function convert(
  node: OnnxNode,
  values: ReadonlyMap<string, OnnxValue>,
  context: SiteContext,
  taken: Set<string>,
): readonly OnnxValue[] {
  const inputs = node.inputs.map((name) => {
    if (!name) return null;
    const found = values.get(name);
    if (found) return found;
    throw new DeconvError(`${nodeTitle(node)}: nothing has made its input "${name}"`);
  });
  if (!inputs.some((value) => value && isFlow(value))) {
    return evaluateNode(node, inputs as (OnnxArray | null)[], context.opset);
  }
  const converter = node.domain ? undefined : LAYER_OPERATORS.get(node.op);
  const site = new Site(node, inputs, context);
  if (!converter) {
    const known = !node.domain && isEvaluated(node.op);
    throw site.fail(known ? "there is no layer that does it" : "the operator is not known");
  }
  const made = converter(site);
  const [layer, another] = site.layers;
  const free = layer && !another && !layer.name && !taken.has(node.name);
  if (free && /^[\w.-]+$/.test(node.name)) {
    layer.name = node.name;
    taken.add(node.name);
  }
  return made;
}
