/**
 * The edge where data touches the file system: the one file in core/ that imports `node:` modules,
 * which Deno, Node and Bun all have. Deno needs `--allow-read` for what is opened.
 */
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { DeconvError } from "../errors.ts";
import type { ByteSource } from "./bytes.ts";
import {
  cifar10,
  CIFAR10_CLASSES,
  CIFAR10_TEST,
  isCifar10Training,
  parseClassNames,
} from "./cifar10.ts";
import type { Dataset } from "./dataset.ts";

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

/** The two parts of CIFAR-10, pictures of `[32, 32, 3]`, values byte / 255. */
export interface Cifar10 {
  /** The pictures of every `data_batch_*.bin`. */
  readonly train: Dataset;
  /** The pictures of `test_batch.bin`. */
  readonly test: Dataset;
  /** Closes the files. It may be left to the end of the program. */
  close(): void;
}

/**
 * Opens the CIFAR-10 files of a folder, in their original binary format: every `data_batch_*.bin` to
 * train on (in the order of their numbers), `test_batch.bin` to test on, and the class names of
 * `batches.meta.txt` if it is there. The files may have any number of records, and are read only when
 * pictures are asked for.
 *
 * @throws {DeconvError} When the folder or these files are missing, unreadable or cut short.
 *
 * @example
 * ```ts ignore
 * import { openCifar10 } from "@deconv/deconv";
 * const { train, test } = openCifar10("cifar-10-batches-bin");
 * console.log(train.size, test.size); // 50000 10000
 * ```
 */
export function openCifar10(folder: string): Cifar10 {
  const names = listFolder(folder);
  const training = names.filter(isCifar10Training).sort(byNumber);
  if (training.length === 0 || !names.includes(CIFAR10_TEST)) {
    const missing = training.length === 0 ? "data_batch_*.bin" : CIFAR10_TEST;
    throw new DeconvError(
      `Cannot find CIFAR-10 in "${folder}": there is no ${missing}; ` +
        `it needs data_batch_1.bin (and so on) and ${CIFAR10_TEST}, the binary version`,
    );
  }
  const meta = join(folder, "batches.meta.txt");
  const classNames = names.includes("batches.meta.txt")
    ? parseClassNames(attempt("file", meta, () => readFileSync(meta, "utf8")))
    : CIFAR10_CLASSES;
  if (classNames.length !== CIFAR10_CLASSES.length) {
    throw new DeconvError(`Cannot read "${meta}": it has ${classNames.length} class names, not 10`);
  }
  const opened: FileSource[] = [];
  const open = (name: string) => {
    const file = openFile(join(folder, name));
    opened.push(file);
    return file;
  };
  const close = () => opened.forEach((file) => file.close());
  try {
    return {
      train: cifar10(training.map(open), { name: "cifar10 train", classNames }),
      test: cifar10([open(CIFAR10_TEST)], { name: "cifar10 test", classNames }),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** `data_batch_10` after `data_batch_9`. */
function byNumber(a: string, b: string): number {
  const number = (name: string) => Number(/\d+/.exec(name)?.[0] ?? Infinity);
  const [x, y] = [number(a), number(b)];
  return x < y ? -1 : x > y ? 1 : a < b ? -1 : 1;
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
