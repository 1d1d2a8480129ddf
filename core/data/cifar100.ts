/**
 * CIFAR-100 in its original "binary version" (Krizhevsky 2009, see cifar10.ts): records of a coarse
 * label 0..19, a fine label 0..99 and a picture.
 */
import { DeconvError } from "../errors.ts";
import type { ByteSource } from "./bytes.ts";
import { cifarRecords } from "./cifar_records.ts";
import type { Dataset } from "./dataset.ts";

/** Which of its two labels a picture of CIFAR-100 goes by: one of 100 classes, or of 20 groups. */
export type Cifar100Labels = "fine" | "coarse";

/**
 * The dataset in one or several files of CIFAR-100 (`train.bin`, `test.bin`), in the order given.
 *
 * @param sources The files; each may have any number of records.
 * @param options `labels` (default `"fine"`), `name` (default `"cifar100"`) and `classNames`.
 * @throws {DeconvError} When a file is not whole records, or there are no records at all. A label out
 * of range is refused when its record is read.
 *
 * @example
 * ```ts
 * import { cifar100 } from "@deconv/deconv";
 * const bytes = new Uint8Array(2 * 3074); // two black pictures
 * const dataset = cifar100([{
 *   name: "memory",
 *   size: bytes.length,
 *   read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
 * }]);
 * console.log(dataset.size, dataset.shape); // 2 [32, 32, 3]
 * ```
 */
export function cifar100(
  sources: readonly ByteSource[],
  options: { labels?: Cifar100Labels; name?: string; classNames?: readonly string[] } = {},
): Dataset {
  const { labels = "fine", name = "cifar100", classNames } = options;
  if (labels !== "fine" && labels !== "coarse") {
    throw new DeconvError(
      `CIFAR-100 has no labels ${JSON.stringify(labels)}: use "fine" or "coarse"`,
    );
  }
  const [label, classes] = labels === "fine" ? [1, 100] : [0, 20];
  const format = { title: "CIFAR-100", labels: 2, label, classes, other: "CIFAR-10" };
  return cifarRecords(sources, format, { name, classNames });
}
