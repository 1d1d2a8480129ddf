/** Models of any format that is known, looked into. */
import { readArchitecture } from "../architecture.ts";
import { DeconvError } from "../errors.ts";
import { decodeOnnxGraph, type OnnxGraph } from "../formats/onnx/proto.ts";
import { whole } from "../formats/partial.ts";
import { listPyTorch } from "../formats/pytorch.ts";
import { readSafetensorsHeader } from "../formats/safetensors_read.ts";
import { readTfjsManifest, type TfjsGroup } from "../formats/tfjs_weights.ts";
import { buildGraph, type Graph } from "../graph.ts";
import { parseJson } from "../json.ts";
import type { Shape } from "../tensor.ts";
import { type Outline, outline, reading } from "./assembly.ts";
import { readConvNetJs } from "./convnetjs.ts";
import { type KerasFile, openKeras, openKerasH5 } from "./keras/decode.ts";
import { readKerasGraph } from "./keras/read_graph.ts";
import { type DecodeOnnxOptions, readOnnxNetwork } from "./onnx/decode.ts";
import { type ModelFormat, modelFormat, unknownFormat } from "./sniff.ts";
import { readTfjsJson } from "./tfjs.ts";

/** A tensor of a file. */
export interface InspectedTensor {
  /** Its name. */
  readonly name: string;
  /** The type of its numbers as the file has them. */
  readonly dtype: string;
  /** Its sizes as the file has them. */
  readonly shape: Shape;
}

/** What a file says of itself. */
export interface Inspection {
  /** Its format. */
  readonly format: ModelFormat;
  /** The network's name; `null` where there is no network. */
  readonly name: string | null;
  /** The network, whose layers have no parameters; `null` where there is none, or it cannot be read. */
  readonly graph: Graph | null;
  /** Why there is no network. */
  readonly problem: string | null;
  /** The tensors. */
  readonly tensors: readonly InspectedTensor[];
  /** Texts. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a format's reader finds. */
interface Found {
  tensors: readonly InspectedTensor[];
  metadata: Readonly<Record<string, string>>;
  network(): Outline;
}

type Inspector = (bytes: Uint8Array, options: DecodeOnnxOptions, size: number) => Found;

const jsonOf = (bytes: Uint8Array) =>
  parseJson(new TextDecoder().decode(whole(bytes).slice()), "it");

const INSPECTORS: Readonly<Record<ModelFormat, Inspector>> = {
  safetensors(bytes, _options, size) {
    const { entries, metadata } = readSafetensorsHeader(bytes, size);
    const { architecture, training: _t, format: _f, checksum: _c, ...rest } = metadata;
    const network = () => {
      if (architecture === undefined) throw new DeconvError("it holds tensors, and no network");
      const { name, inputs, outputs } = readArchitecture(
        parseJson(architecture, "its architecture"),
        () => {},
      );
      return { name, graph: buildGraph(inputs, outputs) };
    };
    return { tensors: entries, metadata: rest, network };
  },
  tfjs(bytes, { inputShape }) {
    const json = jsonOf(bytes);
    if (Array.isArray(json)) {
      const network = () => readTfjsJson(json) as never;
      return { tensors: listed(readTfjsManifest(json)), metadata: {}, network };
    }
    const { topology, groups, metadata } = readTfjsJson(json);
    const weights = () => ({ find: () => undefined });
    const network = () =>
      readKerasGraph(topology, { dialect: "tfjs", inputShape, weights }, outline());
    return { tensors: listed(groups), metadata, network };
  },
  convnetjs: (bytes) => ({
    tensors: [],
    metadata: { source: "ConvNetJS" },
    network: () => readConvNetJs(jsonOf(bytes), outline()),
  }),
  keras: (bytes, options) => inspectKeras(openKeras(bytes, true), options),
  keras_h5: (bytes, options) => inspectKeras(openKerasH5(bytes), options),
  onnx(bytes, { inputShape, inputShapes }) {
    const file = decodeOnnxGraph(bytes, true), { producer, opset, initializers } = file;
    const built = (graph: OnnxGraph) => {
      const { name, starts, ends } = readOnnxNetwork(graph, { inputShape, inputShapes });
      return { name, graph: buildGraph(starts, ends) };
    };
    const network = () => {
      try {
        return built(file);
      } catch {
        return built(decodeOnnxGraph(bytes)); // where large arrays say what the layers are
      }
    };
    return {
      tensors: [...initializers].map(([name, { type, shape }]) => ({ name, dtype: type, shape })),
      metadata: { producer, opset: `${opset}` },
      network,
    };
  },
  pytorch: (bytes) => ({
    tensors: listPyTorch(bytes),
    metadata: {},
    network: () => {
      throw new DeconvError("a file of PyTorch holds tensors, and no network");
    },
  }),
};

function listed(groups: readonly TfjsGroup[]): InspectedTensor[] {
  return groups.flatMap(({ weights }) =>
    weights.map(({ name, shape, dtype, quantization }) => ({
      name,
      shape,
      dtype: quantization?.dtype ?? dtype,
    }))
  );
}

function inspectKeras(file: KerasFile, { inputShape }: DecodeOnnxOptions): Found {
  const network = () => readKerasGraph(file.network(), { ...file.reading, inputShape }, outline());
  return { tensors: file.tensors(), metadata: { source: file.source }, network };
}

/**
 * Looks into a model's file of any format that is known: architecture, tensors and texts. No weights are
 * read, and no memory is taken for any. What is not a network, or one that cannot be read, is told in
 * `problem`, and its tensors are listed all the same.
 *
 * @param bytes The file; of a safetensors file its header will do.
 * @param options `size`: how many bytes the whole file has.
 * @throws {DeconvError} When it is damaged or of no known format.
 *
 * @example
 * ```ts
 * import { encodeModel, inspectModel, preset } from "@deconv/deconv";
 * const bytes = encodeModel(preset("article-cnn").build({ seed: 1 }));
 * const { format, graph } = inspectModel(bytes);
 * console.log(format, graph?.nodes.length);
 * ```
 */
export function inspectModel(
  bytes: Uint8Array,
  { size = bytes.length, name = "model", inputShape, inputShapes }: DecodeOnnxOptions & {
    size?: number;
  } = {},
): Inspection {
  const format = reading(name, () => modelFormat(bytes));
  if (!format) throw new DeconvError(`Cannot read "${name}": ${unknownFormat(bytes)}`);
  const { tensors, metadata, network } = reading(
    name,
    () => INSPECTORS[format](bytes, { name, inputShape, inputShapes }, size),
  );
  try {
    const found = reading(name, network);
    return { format, tensors, metadata, problem: null, ...found };
  } catch (error) {
    if (!(error instanceof DeconvError)) throw error;
    const problem = error.message.replace(`Cannot read "${name}": `, "");
    return { format, tensors, metadata, problem, name: null, graph: null };
  }
}
