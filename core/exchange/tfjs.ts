/**
 * Layers models of TensorFlow.js (https://www.tensorflow.org/js/guide/save_load): `model.json`, which holds the
 * network as Keras describes it and a manifest of the weights, and files of weights beside it.
 */
import { DeconvError } from "../errors.ts";
import { joined } from "../formats/bytes.ts";
import {
  decodeTfjsWeights,
  encodeTfjsWeights,
  readTfjsManifest,
  type TfjsGroup,
} from "../formats/tfjs_weights.ts";
import { type Json, list, parseJson, record } from "../json.ts";
import type { Model } from "../model.ts";
import type { Tensor } from "../tensor.ts";
import type { DecodedModel } from "../save.ts";
import { assembly, reading, type ReadModelOptions } from "./assembly.ts";
import { readKerasGraph } from "./keras/read_graph.ts";
import { TFJS } from "./keras/target.ts";
import { legacyNetwork, writeKerasGraph } from "./keras/write_graph.ts";

/** How the files of weights are asked for: by the name that `model.json` has for them. */
export type ReadShard = (name: string) => Uint8Array;

/** Whether JSON looks like a model of TensorFlow.js, or a manifest of weights alone. */
export function isTfjs(json: unknown): boolean {
  const { modelTopology, weightsManifest } = (json ?? {}) as Record<string, unknown>;
  const [first] = Array.isArray(json) ? json : [];
  return modelTopology !== undefined || weightsManifest !== undefined ||
    Array.isArray(first?.paths) && Array.isArray(first?.weights);
}

/**
 * Reads a layers model of TensorFlow.js, quantised weights too: what `model.save` and
 * `tensorflowjs_converter` write. Training configuration is not read: compile the model.
 *
 * @param json The text of `model.json`.
 * @param readShard Gives the bytes of a file of weights.
 * @throws {DeconvError} When it is malformed, is a graph model, or has a layer or an option that has no
 * counterpart here; the message names it.
 *
 * @example
 * ```ts ignore
 * import { decodeTfjs } from "@deconv/deconv";
 * const json = await Deno.readTextFile("tfjs/model.json");
 * const { model } = decodeTfjs(json, (shard) => Deno.readFileSync(`tfjs/${shard}`));
 * console.log(model.summary());
 * ```
 */
export function decodeTfjs(
  json: string,
  readShard: ReadShard,
  { name = "model.json", inputShape }: ReadModelOptions = {},
): DecodedModel {
  return reading(name, () => {
    const { topology, groups, metadata } = readTfjsJson(parseJson(json, "it"));
    const { tensors, size } = readWeights(groups, readShard);
    const model = readKerasGraph(topology, {
      dialect: "tfjs",
      inputShape,
      weights: ({ names }) => ({
        find: (parameter) => findTensor(tensors, `${names[names.length - 1]}/${parameter}`),
      }),
    }, assembly(size));
    return { model, metadata };
  });
}

/** What `model.json` says, checked as far as it is not the network. */
export function readTfjsJson(json: unknown) {
  if (Array.isArray(json)) {
    throw new DeconvError(
      "it is a manifest of weights without a network: build the network, and set its weights to what decodeTfjsWeights gives",
    );
  }
  const { modelTopology, weightsManifest, format, generatedBy, convertedBy, userDefinedMetadata } =
    record(json, "it");
  if (format === "graph-model" || (modelTopology as { node?: unknown } | null)?.node) {
    throw new DeconvError(
      "it is a graph model, which has operations in place of layers: convert the Keras model to a layers model (--output_format tfjs_layers_model)",
    );
  }
  const topology = record(modelTopology, "modelTopology");
  const texts = { generatedBy, convertedBy, ...userDefinedMetadata as Record<string, unknown> };
  const told = Object.entries(texts).filter(([, value]) => typeof value === "string");
  return {
    topology: topology.model_config ?? topology,
    groups: readTfjsManifest(list(weightsManifest, "weightsManifest")),
    metadata: Object.fromEntries(told) as Record<string, string>,
  };
}

/** A tensor by its name, before which converted networks inside others have the names of those. */
function findTensor(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor | undefined {
  const known = tensors.get(name);
  if (known) return known;
  const found = [...tensors.keys()].filter((key) => key.endsWith(`/${name}`));
  if (found.length > 1) throw new DeconvError(`several of its weights may be ${name}`);
  return tensors.get(found[0]);
}

/** All tensors, and how many bytes they were read from. */
function readWeights(groups: readonly TfjsGroup[], readShard: ReadShard) {
  const tensors = new Map<string, Tensor>();
  let size = 0;
  for (const { paths, weights } of groups) {
    const bytes = joined(paths.map((path) => readShard(path)));
    size += bytes.length;
    for (const [name, tensor] of decodeTfjsWeights(weights, bytes)) tensors.set(name, tensor);
  }
  return { tensors, size };
}

/** A layers model of TensorFlow.js. */
export interface EncodedTfjs {
  /** The text of `model.json`. */
  json: string;
  /** The bytes of the one file of weights beside it. */
  weights: Uint8Array;
}

/** What the file of weights is called. */
export const TFJS_WEIGHTS = "group1-shard1of1.bin";

/**
 * Writes a layers model that TensorFlow.js loads (`tf.loadLayersModel`) and gives the same outputs. What it has
 * in other words becomes several layers: padding in counts, some activations, convolutions of enlarged
 * pictures, blocks of channels, and signals where it has no such layer, as pictures of one row. A kernel that is
 * divided by its spectral norm is written so, once. Penalties on activities, which it has not, are left out.
 *
 * @param options `metadata`: texts to keep in it; `weightsFile`: what `model.json` calls the file of weights,
 * default `"group1-shard1of1.bin"`.
 * @throws {DeconvError} When a layer or an option has no counterpart there; the message names it.
 *
 * @example
 * ```ts
 * import { decodeTfjs, dense, encodeTfjs, sequential } from "@deconv/deconv";
 * const { json, weights } = encodeTfjs(sequential([dense({ units: 2, inputShape: [3] })]));
 * console.log(decodeTfjs(json, () => weights).model.outputShape); // [2]
 * ```
 */
export function encodeTfjs(
  model: Model,
  { metadata = {}, weightsFile = TFJS_WEIGHTS }: {
    metadata?: Record<string, string>;
    weightsFile?: string;
  } = {},
): EncodedTfjs {
  const graph = writeKerasGraph(model, TFJS);
  const weights = graph.layers.flatMap(({ name, weights }) =>
    weights.map(([weight, tensor]) => [`${name}/${weight}`, tensor] as const)
  );
  const entries = weights.map(([name, { shape }]) => ({ name, shape, dtype: "float32" }));
  const json = {
    format: "layers-model",
    generatedBy: "deconv",
    convertedBy: null,
    modelTopology: {
      ...legacyNetwork(graph) as Record<string, Json>,
      keras_version: "tfjs-layers 4.22.0",
      backend: "tensor_flow.js",
    },
    weightsManifest: [{ paths: [weightsFile], weights: entries }],
    ...Object.keys(metadata).length && { userDefinedMetadata: metadata },
  };
  return {
    json: JSON.stringify(json),
    weights: encodeTfjsWeights(weights.map(([, tensor]) => tensor)),
  };
}
