/**
 * CIFAR-10 in its original "binary version" (Krizhevsky: "Learning Multiple Layers of Features from
 * Tiny Images", 2009; https://www.cs.toronto.edu/~kriz/cifar.html): records of a label 0..9 and a
 * picture.
 */
import type { ByteSource } from "./bytes.ts";
import { cifarRecords } from "./cifar_records.ts";
import type { Dataset } from "./dataset.ts";

/** The classes of CIFAR-10, by label. */
export const CIFAR10_CLASSES: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/** Whether a file of this name holds pictures to train on. */
export function isCifar10Training(fileName: string): boolean {
  return /^data_batch_.+\.bin$/.test(fileName);
}

/** The name of the file of test pictures. */
export const CIFAR10_TEST = "test_batch.bin";

/** The class names in the text of a `batches.meta.txt`: one a line. */
export function parseClassNames(text: string): string[] {
  return text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
}

/**
 * The dataset in one or several batch files, in the order given.
 *
 * @param sources The files; each may have any number of records.
 * @param options `name` (default `"cifar10"`) and `classNames` (default {@linkcode CIFAR10_CLASSES}).
 * @throws {DeconvError} When a file is not whole records, or there are no records at all. A label above
 * 9 is refused when its record is read.
 *
 * @example
 * ```ts
 * import { cifar10 } from "@deconv/deconv";
 * const bytes = new Uint8Array(2 * 3073); // two black aeroplanes
 * const dataset = cifar10([{
 *   name: "memory",
 *   size: bytes.length,
 *   read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
 * }]);
 * console.log(dataset.size, dataset.shape); // 2 [32, 32, 3]
 * ```
 */
export function cifar10(
  sources: readonly ByteSource[],
  options: { name?: string; classNames?: readonly string[] } = {},
): Dataset {
  const { name = "cifar10", classNames = CIFAR10_CLASSES } = options;
  const format = { title: "CIFAR-10", labels: 1, label: 0, classes: 10, other: "CIFAR-100" };
  return cifarRecords(sources, format, { name, classNames });
}
