import type { ByteSource } from "./bytes.ts";
import type { Dataset } from "./dataset.ts";
import { type FileSource, openFile } from "./file.ts";

/** A dataset in files: what is there to learn from, and what to test on. */
export interface Opened {
  /** Pictures to learn from. */
  readonly train: Dataset;
  /** Pictures to test on. */
  readonly test: Dataset;
  /** Closes the files. It may be left to the end of the program. */
  close(): void;
}

/** Opens files as they are needed, and can close them all. */
export interface Opener {
  /** Opens a file. @throws {DeconvError} When it cannot be read. */
  open(path: string): FileSource;
  /** Closes all that were opened. */
  close(): void;
}

/** An opener that has opened nothing yet. */
export function opener(): Opener {
  const opened: FileSource[] = [];
  return {
    open(path) {
      const file = openFile(path);
      opened.push(file);
      return file;
    },
    close: () => opened.forEach((file) => file.close()),
  };
}

/** Does what needs several files; closes them if it fails. */
export function withOpener<T>(action: (files: Opener) => T): T {
  const files = opener();
  try {
    return action(files);
  } catch (error) {
    files.close();
    throw error;
  }
}

/** Bytes in memory as a source. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
  };
}
