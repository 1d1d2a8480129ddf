import { DeconvError } from "../errors.ts";
import {
  cifar10,
  CIFAR10_CLASSES,
  CIFAR10_TEST,
  isCifar10Training,
  parseClassNames,
} from "./cifar10.ts";
import { cifar100, type Cifar100Labels } from "./cifar100.ts";
import { inFolder, listFolder, readText } from "./file.ts";
import { type Opened, withOpener } from "./opened.ts";

/**
 * Opens the CIFAR-10 files of a folder, in their original binary format: every `data_batch_*.bin` to
 * train on (in the order of their numbers), `test_batch.bin` to test on, and the class names of
 * `batches.meta.txt` if it is there. The files may have any number of records, and are read only when
 * pictures are asked for: `[32, 32, 3]`, values byte / 255.
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
export function openCifar10(folder: string): Opened {
  const names = listFolder(folder);
  const training = names.filter(isCifar10Training).sort(byNumber);
  if (training.length === 0 || !names.includes(CIFAR10_TEST)) {
    const missing = training.length === 0 ? "data_batch_*.bin" : CIFAR10_TEST;
    throw new DeconvError(
      `Cannot find CIFAR-10 in "${folder}": there is no ${missing}; ` +
        `it needs data_batch_1.bin (and so on) and ${CIFAR10_TEST}, the binary version`,
    );
  }
  const classNames = readClassNames(folder, names, "batches.meta.txt", 10) ?? CIFAR10_CLASSES;
  return withOpener(({ open, close }) => {
    const files = (list: string[]) => list.map((name) => open(inFolder(folder, name)));
    return {
      train: cifar10(files(training), { name: "cifar10 train", classNames }),
      test: cifar10(files([CIFAR10_TEST]), { name: "cifar10 test", classNames }),
      close,
    };
  });
}

/**
 * Opens the CIFAR-100 files of a folder, in their original binary format: `train.bin`, `test.bin`, and
 * the class names of `fine_label_names.txt` or `coarse_label_names.txt` if they are there.
 *
 * @param options `labels`: whether to learn the 100 `"fine"` classes (default) or 20 `"coarse"` ones.
 * @throws {DeconvError} When the folder or these files are missing, unreadable or cut short.
 *
 * @example
 * ```ts ignore
 * import { openCifar100 } from "@deconv/deconv";
 * const { train, test } = openCifar100("cifar-100-binary", { labels: "coarse" });
 * console.log(train.size, test.size); // 50000 10000
 * ```
 */
export function openCifar100(folder: string, options: { labels?: Cifar100Labels } = {}): Opened {
  const { labels = "fine" } = options;
  const names = listFolder(folder);
  const missing = ["train.bin", "test.bin"].find((name) => !names.includes(name));
  if (missing) {
    throw new DeconvError(
      `Cannot find CIFAR-100 in "${folder}": there is no ${missing}; ` +
        `it needs train.bin and test.bin, the binary version`,
    );
  }
  const count = labels === "fine" ? 100 : 20;
  const classNames = readClassNames(folder, names, `${labels}_label_names.txt`, count);
  return withOpener(({ open, close }) => {
    const part = (name: "train" | "test") =>
      cifar100([open(inFolder(folder, `${name}.bin`))], {
        name: `cifar100 ${name}`,
        labels,
        classNames,
      });
    return { train: part("train"), test: part("test"), close };
  });
}

function readClassNames(
  folder: string,
  names: readonly string[],
  name: string,
  count: number,
): string[] | undefined {
  if (!names.includes(name)) return undefined;
  const path = inFolder(folder, name), found = parseClassNames(readText(path));
  if (found.length === count) return found;
  throw new DeconvError(`Cannot read "${path}": it has ${found.length} class names, not ${count}`);
}

/** `data_batch_10` after `data_batch_9`. */
function byNumber(a: string, b: string): number {
  const number = (name: string) => Number(/\d+/.exec(name)?.[0] ?? Infinity);
  const [x, y] = [number(a), number(b)];
  return x < y ? -1 : x > y ? 1 : a < b ? -1 : 1;
}
