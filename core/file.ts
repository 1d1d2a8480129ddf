/**
 * The edge where models touch the file system. `node:fs` is imported when a file is first used, so
 * the rest of deconv loads where there is no such module.
 */
import { DeconvError } from "./errors.ts";
import type { Model } from "./model.ts";
import { decodeModel, encodeModel } from "./save.ts";

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
    throw new DeconvError(`Cannot write "${path}": ${fileProblem(error)}`);
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

/**
 * Saves a model as one safetensors file, whole or not at all.
 *
 * @param metadata More strings to keep in the file.
 * @throws {DeconvError} When the file cannot be written.
 */
export async function saveModel(
  model: Model,
  path: string,
  metadata: Record<string, string> = {},
): Promise<void> {
  await writeFileAtomic(path, encodeModel(model, metadata));
}

/**
 * Loads a model that `saveModel` (or `encodeModel`) made, ready to predict or to train on.
 *
 * @param source A path or the bytes of the file.
 * @throws {DeconvError} When there is no such file, it is damaged or it is not a model.
 *
 * @example
 * ```ts
 * import { encodeModel, loadModel, preset } from "@deconv/deconv";
 * const bytes = encodeModel(preset("article-cnn").build({ seed: 1 }));
 * const net = await loadModel(bytes);
 * console.log(net.name); // article-cnn
 * ```
 */
export async function loadModel(source: string | Uint8Array): Promise<Model> {
  return (await loadModelFile(source)).model;
}

/** As `loadModel`, with the strings that were saved in the file. */
export async function loadModelFile(
  source: string | Uint8Array,
): Promise<{ model: Model; metadata: Record<string, string> }> {
  if (typeof source !== "string") return decodeModel(source);
  const { readFile } = await import("node:fs/promises");
  let bytes: Uint8Array;
  try {
    bytes = await readFile(source);
  } catch (error) {
    throw new DeconvError(`Cannot read "${source}": ${fileProblem(error)}`);
  }
  return decodeModel(bytes, source);
}
