import { DeconvError } from "../errors.ts";
import { gunzip, isGzip } from "../formats/gzip.ts";
import type { ByteSource } from "./bytes.ts";
import type { Dataset } from "./dataset.ts";
import { inFolder, listFolder, readFile } from "./file.ts";
import { idx } from "./idx.ts";
import { memorySource, type Opener, opener } from "./opened.ts";

/** The pictures of a folder of IDX files. */
export interface OpenedIdx {
  /** Pictures to learn from; absent where the folder has only those to test on. */
  readonly train?: Dataset;
  /** Pictures to test on. */
  readonly test: Dataset;
  /** Closes the files. It may be left to the end of the program. */
  close(): void;
}

/** `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`, and so on. */
const NAME = /^(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?$/;

/** Whether a folder with files of these names is one for {@linkcode openIdx}. */
export function isIdxFolder(names: readonly string[]): boolean {
  return names.some((name) => NAME.test(name));
}

/**
 * Opens the IDX files of a folder under their usual names: `train-images-idx3-ubyte`,
 * `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each as it is or
 * with `.gz`; the two of `train` may be missing. Plain files are read when pictures are asked for,
 * packed ones are unpacked into memory.
 *
 * @param options `classNames`, for instance {@linkcode FASHION_MNIST_CLASSES}.
 * @throws {DeconvError} When files are missing, unreadable, cut short or damaged.
 *
 * @example
 * ```ts ignore
 * import { FASHION_MNIST_CLASSES, openIdx } from "@deconv/deconv";
 * const { train, test } = await openIdx("fashion-mnist", { classNames: FASHION_MNIST_CLASSES });
 * console.log(test.size, test.shape); // 10000 [28, 28, 1]
 * ```
 */
export async function openIdx(
  folder: string,
  options: { classNames?: readonly string[] } = {},
): Promise<OpenedIdx> {
  const found = new Map<string, string>();
  for (const name of listFolder(folder)) {
    const [, part, what] = NAME.exec(name) ?? [];
    const key = `${part}-${what}`;
    if (part && !found.get(key)?.match(/ubyte$/)) found.set(key, inFolder(folder, name));
  }
  const files = opener();
  const open = async (part: "train" | "t10k", name: string) => {
    const [images, labels] = ["images", "labels"].map((what) => found.get(`${part}-${what}`));
    if (!images && !labels && part === "train") return undefined;
    if (!images || !labels) {
      throw new DeconvError(
        `Cannot find IDX files in "${folder}": there is no ${part}-${
          images ? "labels-idx1" : "images-idx3"
        }-ubyte or the same with .gz`,
      );
    }
    return await idx(unpacked(images, files), unpacked(labels, files), { name, ...options });
  };
  try {
    const test = await open("t10k", "idx test");
    return { train: await open("train", "idx train"), test: test!, close: files.close };
  } catch (error) {
    files.close();
    throw error;
  }
}

function unpacked(path: string, files: Opener): ByteSource {
  if (!path.endsWith(".gz")) return files.open(path);
  const bytes = readFile(path), name = path;
  // Some tools unpack a download and keep its name.
  return memorySource(path, isGzip(bytes) ? gunzip(bytes, { name }) : bytes);
}
