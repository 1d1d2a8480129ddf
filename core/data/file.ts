/**
 * The edge where data touches the file system: the one file in core/ that imports `node:` modules,
 * which Deno, Node and Bun all have. Deno needs `--allow-read` for what is opened.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { DeconvError } from "../errors.ts";
import type { ByteSource } from "./bytes.ts";
/** An open file. It may be left to the end of the program. */
export interface FileSource extends ByteSource {
  /** Closes the file; reading from it is an error afterwards. */
  close(): void;
}

/**
 * Opens a file for reading at any place, synchronously. A file that is removed meanwhile can still be
 * read where the system allows it (not Windows); one that shrinks gives an error.
 *
 * @throws {DeconvError} When there is no such file or it may not be read.
 */
export function openFile(path: string): FileSource {
  const file = attempt("file", path, () => openSync(path, "r"));
  const status = attempt("file", path, () => fstatSync(file));
  if (!status.isFile()) {
    closeSync(file);
    throw new DeconvError(`Cannot read file "${path}": it is not a file`);
  }
  return {
    name: path,
    size: status.size,
    read(offset, into) {
      for (let done = 0; done < into.length;) {
        const position = offset + done;
        const count = attempt(
          "file",
          path,
          () => readSync(file, into, done, into.length - done, position),
        );
        if (count === 0) {
          throw new DeconvError(
            `Cannot read file "${path}": it ends at byte ${position}, ` +
              `but had ${status.size} bytes when it was opened: it was changed meanwhile`,
          );
        }
        done += count;
      }
    },
    close: () => closeSync(file),
  };
}

/**
 * The names of what lies in a folder, sorted.
 *
 * @throws {DeconvError} When there is no such folder, it is a file, or it may not be read.
 */
export function listFolder(path: string): string[] {
  if (!attempt("folder", path, () => statSync(path)).isDirectory()) {
    throw new DeconvError(`Cannot read folder "${path}": it is a file; give the folder it lies in`);
  }
  return attempt("folder", path, () => readdirSync(path)).sort();
}

/**
 * All the bytes of a file.
 *
 * @param limit How many there may be; more are refused before they are read. Default 1 GiB.
 * @throws {DeconvError} When there is no such file, it may not be read, or it is larger than that.
 */
export function readFile(path: string, limit: number = 2 ** 30): Uint8Array<ArrayBuffer> {
  const file = openFile(path);
  try {
    if (file.size > limit) {
      throw new DeconvError(`Cannot read file "${path}": its ${file.size} bytes are too many`);
    }
    const bytes = new Uint8Array(file.size);
    file.read(0, bytes);
    return bytes;
  } finally {
    file.close();
  }
}

/** The text of a file, in UTF-8. @throws {DeconvError} When it cannot be read. */
export function readText(path: string): string {
  return new TextDecoder().decode(readFile(path));
}

/** Whether a path is a folder. @throws {DeconvError} When there is no such path. */
export function isFolder(path: string): boolean {
  return attempt("folder", path, () => statSync(path)).isDirectory();
}

/** The path of what is called `name` in a folder. */
export function inFolder(folder: string, name: string): string {
  return join(folder, name);
}

/** Does something with a path; an error of the system becomes a DeconvError that names it. */
function attempt<T>(kind: "file" | "folder", path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { code = "", name, message } = error as Error & { code?: string };
    const reason = name === "NotCapable" || name === "PermissionDenied"
      ? `Deno was not allowed to: run it with --allow-read="${path}"`
      : REASONS[code] ?? message.split("\n")[0];
    throw new DeconvError(`Cannot read ${kind} "${path}": ${reason}`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such path",
  ENOTDIR: "a part of this path is a file, not a folder",
  EACCES: "permission was refused",
  EPERM: "permission was refused",
  EISDIR: "it is a folder",
  EMFILE: "too many files are open",
};
