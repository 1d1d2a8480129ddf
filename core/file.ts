/**
 * The edge where models touch the file system. `node:fs` is imported when a file is first used, so
 * the rest of deconv loads where there is no such module.
 */
import { DeconvError } from "./errors.ts";
import { decodeAnyModel } from "./exchange/decode.ts";
import { type Inspection, inspectModel } from "./exchange/inspect.ts";
import { isSafetensors } from "./exchange/sniff.ts";
import { filler, partialBytes } from "./formats/partial.ts";
import { safetensorsHeaderBytes } from "./formats/safetensors_read.ts";
import type { Model } from "./model.ts";
import { type DecodedModel, encodeModel } from "./save.ts";
import type { Shape } from "./tensor.ts";

/** What the system says of a failed file operation, in words. */
export function fileProblem(error: unknown): string {
  const { code, name, message } = error as Error & { code?: string };
  switch (code) {
    case "ENOENT":
      return "there is no such file or folder";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "it may not be written or read there (permission denied)";
    case "ENOSPC":
      return "the disk is full";
    case "EDQUOT":
      return "the disk space of this user is used up";
    case "EFBIG":
      return "the file is larger than the system allows";
    case "EIO":
      return "the disk does not work";
    case "EISDIR":
      return "it is a folder";
    case "ENOTDIR":
    case "EEXIST":
      return "a file is in the way";
  }
  return name === "NotCapable" ? `Deno may not do that: ${message}` : message;
}

const unfinished = new Set<string>();

/** Files that are being written at this moment, for a program that must end in the middle of it. */
export const unfinishedFiles: ReadonlySet<string> = unfinished;

/**
 * Writes a file whole or not at all: under another name in the same folder first, then renamed. What
 * was there before stays until the new file is complete.
 *
 * @throws {DeconvError} When the folder is missing or may not be written, or the disk is full.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array | string): Promise<void> {
  const { open, rename, rm } = await import("node:fs/promises");
  const draft = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  unfinished.add(draft);
  try {
    const file = await open(draft, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    const { code } = error as { code?: string };
    const problem = code === "ENOENT" ? "there is no such folder: make it" : fileProblem(error);
    throw new DeconvError(`Cannot write "${path}": ${problem}`);
  } finally {
    unfinished.delete(draft);
  }
}

/**
 * Removes a file, if there is one.
 *
 * @throws {DeconvError} When it may not be removed.
 */
export async function removeFile(path: string): Promise<void> {
  const { rm } = await import("node:fs/promises");
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw new DeconvError(`Cannot remove "${path}": ${fileProblem(error)}`);
  }
}

/** The path that a path or a `file:` URL is. */
async function pathOf(place: string | URL): Promise<string> {
  const text = `${place}`;
  if (typeof place === "string" && !/^(file|https?):\/\//.test(text)) return place;
  if (!text.startsWith("file:")) {
    throw new DeconvError(`Cannot open "${text}": it is no file: fetch it, and give its bytes`);
  }
  const { fileURLToPath } = await import("node:url");
  try {
    return fileURLToPath(text);
  } catch (error) {
    throw new DeconvError(`Cannot open "${text}": ${fileProblem(error)}`);
  }
}

/** Ends of names that say another format. */
const OTHER_FORMATS = /\.(onnx|keras|h5|hdf5|json|pt|pth|npz|npy)$/i;

/**
 * Saves a model as one safetensors file, whole or not at all.
 *
 * @param path A path or a `file:` URL.
 * @param metadata More strings to keep in the file.
 * @throws {DeconvError} When the file cannot be written, or its name says that it is of another format.
 */
export async function saveModel(
  model: Model,
  path: string | URL,
  metadata: Record<string, string> = {},
): Promise<void> {
  const place = await pathOf(path);
  if (OTHER_FORMATS.test(place)) {
    throw new DeconvError(
      `Cannot write "${place}": models are saved as safetensors; encodeOnnx, encodeKeras and encodeTfjs, or deno task convert, write others`,
    );
  }
  await writeFileAtomic(place, encodeModel(model, metadata));
}

/** Where a model is read from: a path, a `file:` URL, or the bytes of a file. */
export type ModelSource = string | URL | Uint8Array | ArrayBuffer;

/** What `loadModel` may be told. */
export interface LoadOptions {
  /** The shape of a picture, such as `[32, 32, 3]`, for models of Keras and ONNX that leave it open. */
  inputShape?: Shape;
  /** For ONNX: sizes of inputs that the file leaves free, by name (see `decodeOnnx`). */
  inputShapes?: Readonly<Record<string, Shape>>;
}

/**
 * Loads a model, ready to predict or to train on. The format is found by the bytes: our own (what
 * `saveModel` and `encodeModel` make), a layers model of TensorFlow.js (the path of its `model.json`),
 * Keras' `.keras` and `.h5`, ONNX, or ConvNetJS' JSON.
 *
 * @param source A path, a `file:` URL or the bytes of the file.
 * @throws {DeconvError} When there is no such file, it is damaged, is not a model, or has a layer that has
 * no counterpart here.
 *
 * @example
 * ```ts
 * import { encodeModel, loadModel, preset } from "@deconv/deconv";
 * const bytes = encodeModel(preset("article-cnn").build({ seed: 1 }));
 * const net = await loadModel(bytes);
 * console.log(net.name); // article-cnn
 * ```
 */
export async function loadModel(
  source: ModelSource,
  options: LoadOptions = {},
): Promise<Model> {
  return (await loadModelFile(source, options)).model;
}

/** As `loadModel`, with the strings that were saved in the file. */
export async function loadModelFile(
  source: ModelSource,
  options: LoadOptions = {},
): Promise<DecodedModel> {
  if (source instanceof ArrayBuffer) return decodeAnyModel(new Uint8Array(source), options);
  if (ArrayBuffer.isView(source)) {
    const { buffer, byteOffset, byteLength } = source;
    return decodeAnyModel(new Uint8Array(buffer, byteOffset, byteLength), options);
  }
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new DeconvError(
      `Cannot read a model: give a path, a file: URL or bytes, not ${typeof source}`,
    );
  }
  const place = await pathOf(source);
  const { readFileSync } = await import("node:fs");
  const { dirname, join } = await import("node:path");
  const read = (path: string): Uint8Array => {
    try {
      const { buffer, byteOffset, length } = readFileSync(path);
      return new Uint8Array(buffer, byteOffset, length);
    } catch (error) {
      throw new DeconvError(`Cannot read "${path}": ${fileProblem(error)}`);
    }
  };
  return decodeAnyModel(read(place), {
    ...options,
    name: place,
    beside: (name) => read(join(dirname(place), name)),
  });
}

/**
 * Looks into a model's file, as `inspectModel`. Of a safetensors file no more than the header is read, of a
 * model of TensorFlow.js no more than `model.json`; of ONNX, HDF5 and zip files what lies around the weights.
 *
 * @param place A path or a `file:` URL.
 * @throws {DeconvError} When there is no such file, it is damaged or of no known format.
 */
export async function inspectModelFile(
  place: string | URL,
  options: LoadOptions = {},
): Promise<Inspection & { size: number }> {
  const path = await pathOf(place);
  const { closeSync, fstatSync, openSync, readSync } = await import("node:fs");
  try {
    const file = openSync(path, "r");
    try {
      const { size } = fstatSync(file);
      const bytes = partialBytes(size, (at, into) => {
        for (let done = 0; done < into.length;) {
          const count = readSync(file, into, done, into.length - done, at + done);
          if (count === 0) throw new DeconvError(`Cannot read "${path}": it was cut meanwhile`);
          done += count;
        }
      });
      const fill = filler(bytes)!;
      fill(0, 16);
      const length = isSafetensors(bytes) ? Math.min(safetensorsHeaderBytes(bytes), size) : size;
      if (length < size) fill(0, length);
      return { ...inspectModel(bytes.subarray(0, length), { ...options, name: path, size }), size };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof DeconvError) throw error;
    throw new DeconvError(`Cannot read "${path}": ${fileProblem(error)}`);
  }
}
