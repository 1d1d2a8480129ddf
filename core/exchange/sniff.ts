/** Which format a model's file is of. */
import { isHdf5 } from "../formats/hdf5.ts";
import { isLegacyPyTorch } from "../formats/pytorch.ts";
import { isZip, readZip } from "../formats/zip.ts";
import { isOnnx } from "../formats/onnx/proto.ts";
import { filler, whole } from "../formats/partial.ts";
import { isConvNetJs } from "./convnetjs.ts";
import { isKeras } from "./keras/decode.ts";
import { isTfjs } from "./tfjs.ts";

/** A format of model files. */
export type ModelFormat =
  | "safetensors"
  | "tfjs"
  | "convnetjs"
  | "keras"
  | "keras_h5"
  | "onnx"
  | "pytorch";

/** What each format is called. */
export const FORMAT_NAMES: Readonly<Record<ModelFormat, string>> = {
  safetensors: "safetensors",
  tfjs: "TensorFlow.js",
  convnetjs: "ConvNetJS",
  keras: "Keras .keras",
  keras_h5: "Keras .h5",
  onnx: "ONNX",
  pytorch: "PyTorch",
};

/** Why bytes that are of no format cannot be read. */
export function unknownFormat(bytes: Uint8Array): string {
  if (!bytes.length) return "it is empty";
  if (isJson(bytes)) return "its JSON is cut short or damaged, or describes no model that is known";
  return `it is of no known format (${
    Object.values(FORMAT_NAMES).join(", ")
  }), or is cut short or damaged`;
}

/**
 * The format of a model's file, by its bytes alone.
 *
 * @returns `null` where it is none that is known.
 */
export function modelFormat(bytes: Uint8Array): ModelFormat | null {
  filler(bytes)?.(0, 64);
  if (isHdf5(bytes)) return "keras_h5";
  if (isZip(bytes)) return zipFormat(bytes);
  if (isSafetensors(bytes)) return "safetensors";
  if (isLegacyPyTorch(bytes)) return "pytorch";
  if (isOnnx(bytes)) return "onnx";
  return jsonFormat(bytes);
}

function zipFormat(bytes: Uint8Array): ModelFormat | null {
  const names = readZip(bytes, "the file").map(({ name }) => name);
  if (isKeras(names)) return "keras";
  return names.some((name) => name === "data.pkl" || name.endsWith("/data.pkl")) ? "pytorch" : null;
}

/** Whether bytes begin like a safetensors file: a length of less than 4 GiB, then JSON. */
export function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 10) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const high = view.getUint32(4, true);
  return bytes[8] === 0x7b && high === 0;
}

function isJson(bytes: Uint8Array): boolean {
  return /^\s*[{[]/.test(new TextDecoder().decode(bytes.slice(0, 64)));
}

function jsonFormat(bytes: Uint8Array): ModelFormat | null {
  if (!isJson(bytes)) return null;
  try {
    const json = JSON.parse(new TextDecoder().decode(whole(bytes).slice()));
    return isTfjs(json) ? "tfjs" : isConvNetJs(json) ? "convnetjs" : null;
  } catch {
    return null;
  }
}
