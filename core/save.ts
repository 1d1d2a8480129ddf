import { readArchitecture, writeArchitecture } from "./architecture.ts";
import { DeconvError } from "./errors.ts";
import { crc32 } from "./formats/crc32.ts";
import type { SafetensorsData, SafetensorsTensor } from "./formats/safetensors.ts";
import { decodeSafetensors } from "./formats/safetensors_read.ts";
import { encodeSafetensors } from "./formats/safetensors_write.ts";
import type { Model } from "./model.ts";
import { model } from "./sequential.ts";
import { sameShape, type Shape, shapeText, type Tensor } from "./tensor.ts";
import { restoreTraining, writeTraining } from "./training_state.ts";

/** Grows when a file written now could not be read by an older version. */
const FORMAT = 1;

/**
 * A model as the bytes of one safetensors file: parameters under their names, the optimizer's state
 * under `optimizer/`, the architecture and the state of training as JSON in the metadata, and a
 * checksum of all of it.
 *
 * @param metadata More strings to keep in the file, such as the data it was trained on.
 */
export function encodeModel(model: Model, metadata: Record<string, string> = {}): Uint8Array {
  const tensors: Record<string, { shape: Shape; data: Float32Array; dtype: "F32" }> = {};
  const keep = (name: string, { shape, data }: Tensor) =>
    void (tensors[name] = { shape, data, dtype: "F32" });
  for (const { name, shape, value } of model.parameters) {
    keep(name, { shape, data: value.view.slice() });
  }
  const training = writeTraining(model, keep);
  const described: Record<string, string> = {
    ...metadata,
    format: "deconv",
    version: `${FORMAT}`,
    architecture: JSON.stringify(writeArchitecture(model)),
    training: JSON.stringify(training),
  };
  return encodeSafetensors(tensors, { ...described, checksum: checksum(tensors, described) });
}

/** A CRC-32 of everything a file says, whatever the order it is said in. */
function checksum(
  tensors: Record<string, { shape: Shape; data: SafetensorsData; dtype: string }>,
  metadata: Record<string, string>,
): string {
  const names = Object.keys(tensors).sort();
  const words = Object.keys(metadata).filter((key) => key !== "checksum").sort()
    .map((key) => [key, metadata[key]]);
  const facts = names.map((name) => [name, tensors[name].dtype, tensors[name].shape]);
  let crc = crc32(new TextEncoder().encode(JSON.stringify([words, facts])));
  for (const name of names) {
    const { buffer, byteOffset, byteLength } = tensors[name].data;
    crc = crc32(new Uint8Array(buffer, byteOffset, byteLength), crc);
  }
  return crc.toString(16).padStart(8, "0");
}

function parse(metadata: Record<string, string>, key: string): unknown {
  try {
    return JSON.parse(metadata[key]);
  } catch {
    throw new DeconvError(`its ${key} is not readable JSON`);
  }
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

/** A model read from a file, with whatever else its metadata holds. */
export interface DecodedModel {
  /** The model, compiled as it was when it was saved. */
  model: Model;
  /** Strings that were saved with it. */
  metadata: Record<string, string>;
}

/**
 * Reads the bytes of a file that `encodeModel` made: the model, compiled as it was, its optimizer's
 * state and its progress included, so that training goes on where it stood. Nothing in the file is
 * trusted; one that has a checksum must match it.
 *
 * @param name What to call the file in errors.
 * @throws {DeconvError} When the file is damaged or is not a model of deconv.
 */
export function decodeModel(bytes: Uint8Array, name = "model"): DecodedModel {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof DeconvError) {
      const fault = error.message.replace(
        /^Cannot read safetensors:/,
        "it is not a sound safetensors file:",
      );
      throw new DeconvError(`Cannot read "${name}": ${fault}`);
    }
    if (error instanceof TypeError || error instanceof RangeError) {
      // JSON of a form nobody thought of, deep in some option.
      throw new DeconvError(`Cannot read "${name}": its description of the network is malformed`);
    }
    throw error;
  }
}

function decode(bytes: Uint8Array): DecodedModel {
  if (!bytes.length) throw new DeconvError("the file is empty");
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { format, version, checksum: sum, architecture: _a, training: _t, ...rest } = metadata;
  if (format !== "deconv") {
    throw new DeconvError(
      "it is a safetensors file, but no network is described in its metadata (was it saved by deconv?)",
    );
  }
  if (version !== `${FORMAT}`) {
    throw new DeconvError(`it has format version ${version}; this deconv reads ${FORMAT}`);
  }
  if (sum !== undefined && sum !== checksum(tensors, metadata)) {
    throw new DeconvError(
      "its checksum does not match, so it was damaged or changed (take checksum out of the metadata of a file changed on purpose)",
    );
  }
  const { name, ...ends } = readArchitecture(
    parse(metadata, "architecture"),
    (name, shape) => tensorOf(tensors, name, shape),
  );
  const made = model(ends, { name });
  for (const parameter of made.parameters) {
    made.setWeights(parameter.name, tensorOf(tensors, parameter.name, parameter.shape));
  }
  const training = parse(metadata, "training");
  if (training !== null) {
    restoreTraining(made, training, (name, shape) => tensorOf(tensors, name, shape));
  }
  return { model: made, metadata: rest };
}
