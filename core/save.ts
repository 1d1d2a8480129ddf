import { DeconvError } from "./errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsInput,
  type SafetensorsTensor,
} from "./formats/safetensors.ts";
import { type Config, input, type Json, type Symbolic } from "./layer.ts";
import { layerFromConfig } from "./layers/registry.ts";
import type { Loss } from "./losses.ts";
import type { MetricName } from "./metrics.ts";
import type { Model } from "./model.ts";
import { model } from "./sequential.ts";
import { makeOptimizer } from "./optimizers.ts";
import { sameShape, type Shape, shapeText, type Tensor } from "./tensor.ts";

/** Grows when a file written now could not be read by an older version. */
const FORMAT = 1;

/** The architecture of a network as JSON: what the metadata of a saved file holds. */
interface Architecture {
  name: string;
  inputs: { name: string; shape: Shape }[];
  layers: { kind: string; name: string; trainable: boolean; config: Config }[];
  nodes: { layer: number; inputs: readonly number[] }[];
  outputs: readonly number[];
}

/** How it was being trained. */
interface Training {
  optimizer: Config & { kind: string };
  iterations: number;
  loss: Loss[];
  lossWeights: number[];
  metrics: MetricName[];
  epoch: number;
  batch: number;
}

function architectureOf({ name, graph, layers }: Model): Architecture {
  const { inputNames, shapes, nodes, outputs } = graph;
  return {
    name,
    inputs: inputNames.map((inputName, i) => ({ name: inputName, shape: shapes[i] })),
    layers: layers.map(({ kind, name, trainable, config }) => ({ kind, name, trainable, config })),
    nodes: nodes.map(({ layer, inputs }) => ({ layer: layers.indexOf(layer), inputs })),
    outputs,
  };
}

function trainingOf({ compiled, progress }: Model): Training | undefined {
  if (!compiled) return undefined;
  const { optimizer, losses, weights, metrics } = compiled;
  return {
    optimizer: optimizer.config as Training["optimizer"],
    iterations: optimizer.iterations,
    loss: [...losses],
    lossWeights: [...weights],
    metrics: [...metrics],
    ...progress,
  };
}

/**
 * A model as the bytes of one safetensors file: parameters under their names, the optimizer's state
 * under `optimizer/`, the architecture and the state of training as JSON in the metadata.
 *
 * @param metadata More strings to keep in the file, such as the data it was trained on.
 */
export function encodeModel(model: Model, metadata: Record<string, string> = {}): Uint8Array {
  const tensors: Record<string, SafetensorsInput> = {};
  const optimizer = model.compiled?.optimizer;
  for (const parameter of model.parameters) {
    const { name, shape, value } = parameter;
    tensors[name] = { shape, data: value.view.slice() };
    if (!optimizer?.iterations) continue;
    optimizer.slots(parameter).forEach((slot, i) => {
      tensors[`optimizer/${name}/${optimizer.slotNames[i]}`] = { shape, data: slot.view.slice() };
    });
  }
  return encodeSafetensors(tensors, {
    ...metadata,
    format: "deconv",
    version: `${FORMAT}`,
    architecture: JSON.stringify(architectureOf(model)),
    training: JSON.stringify(trainingOf(model) ?? null),
  });
}

function parse<T>(metadata: Record<string, string>, key: string): T {
  try {
    return JSON.parse(metadata[key]) as T;
  } catch {
    throw new DeconvError(`its ${key} is not readable JSON`);
  }
}

/** Builds the network that an architecture describes. Anything malformed in it is refused. */
function buildModel(architecture: Architecture): Model {
  const { name, inputs, layers, nodes, outputs } = architecture;
  const made = layers.map(({ kind, name, trainable, config }) =>
    layerFromConfig(kind, { ...config, name, trainable } as Config)
  );
  const values: Symbolic[] = inputs.map(({ name, shape }) => input({ name, shape }));
  const value = (i: number): Symbolic => {
    if (!values[i]) {
      throw new DeconvError(`its architecture refers to value ${i} before it is made`);
    }
    return values[i];
  };
  const starts = [...values];
  for (const node of nodes) {
    if (!made[node.layer]) throw new DeconvError(`its architecture has no layer ${node.layer}`);
    values.push(made[node.layer].apply(node.inputs.map(value)));
  }
  return model({ inputs: starts, outputs: outputs.map(value) }, { name });
}

/** The float32 tensor of this name and shape. */
function tensorOf(
  tensors: Record<string, SafetensorsTensor>,
  name: string,
  shape: Shape,
): Tensor {
  const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (!found) throw new DeconvError(`it has no tensor "${name}"`);
  if (!sameShape(found.shape, shape) || !(found.data instanceof Float32Array)) {
    throw new DeconvError(
      `its tensor "${name}" is ${found.dtype} ${shapeText(found.shape)}, not F32 ${
        shapeText(shape)
      }`,
    );
  }
  return { shape, data: found.data };
}

function restoreTraining(
  model: Model,
  training: Training,
  tensors: Record<string, SafetensorsTensor>,
): void {
  const { optimizer: { kind, ...options }, iterations, loss, lossWeights, metrics } = training;
  const optimizer = makeOptimizer(kind, options as Record<string, Json>);
  model.compile({ optimizer, loss, lossWeights, metrics });
  model.progress = { epoch: training.epoch, batch: training.batch };
  optimizer.iterations = iterations;
  if (!iterations) return;
  for (const parameter of model.parameters) {
    optimizer.slots(parameter).forEach((slot, i) => {
      const name = `optimizer/${parameter.name}/${optimizer.slotNames[i]}`;
      slot.view.set(tensorOf(tensors, name, parameter.shape).data);
    });
  }
}

/** A model read from a file, with whatever else its metadata holds. */
export interface DecodedModel {
  /** The model, compiled as it was when it was saved. */
  model: Model;
  /** Strings that were saved with it. */
  metadata: Record<string, string>;
}

/**
 * Reads the bytes of a file that `encodeModel` made: the model, compiled as it was, its optimizer's
 * state and its progress included, so that training goes on where it stood.
 *
 * @param name What to call the file in errors.
 * @throws {DeconvError} When the file is damaged or is not a model of deconv.
 */
export function decodeModel(bytes: Uint8Array, name = "model"): DecodedModel {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const { format, version, architecture: _a, training: _t, ...rest } = metadata;
    if (format !== "deconv") {
      throw new DeconvError(
        "it is a safetensors file, but no network is described in its metadata (was it saved by deconv?)",
      );
    }
    if (version !== `${FORMAT}`) {
      throw new DeconvError(`it has format version ${version}; this deconv reads ${FORMAT}`);
    }
    const model = buildModel(parse<Architecture>(metadata, "architecture"));
    for (const parameter of model.parameters) {
      model.setWeights(parameter.name, tensorOf(tensors, parameter.name, parameter.shape));
    }
    const training = parse<Training | null>(metadata, "training");
    if (training) restoreTraining(model, training, tensors);
    return { model, metadata: rest };
  } catch (error) {
    if (error instanceof DeconvError) {
      throw new DeconvError(`Cannot read "${name}": ${error.message}`);
    }
    if (error instanceof TypeError) {
      // The metadata is JSON of some other form: fields missing, a number for a list.
      throw new DeconvError(`Cannot read "${name}": its description of the network is malformed`);
    }
    throw error;
  }
}
