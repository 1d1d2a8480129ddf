/**
 * CIFAR-10 in its original "binary version" (Krizhevsky: "Learning Multiple Layers of Features from
 * Tiny Images", 2009; https://www.cs.toronto.edu/~kriz/cifar.html).
 *
 * A batch file is nothing but records of 3073 bytes: the label 0..9, then 1024 red, 1024 green and
 * 1024 blue bytes, each plane row by row. Records are read when they are asked for, so the files may
 * be larger than memory.
 */
import { DeconvError } from "../errors.ts";
import type { ByteSource } from "./bytes.ts";
import { checkRead, type Dataset } from "./dataset.ts";

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

const PLANE = 1024;
const RECORD = 1 + 3 * PLANE;

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
  const ends: number[] = []; // of each source, the number of records up to its last
  let size = 0;
  for (const source of sources) {
    const whole = Math.floor(source.size / RECORD);
    if (whole * RECORD !== source.size) {
      throw new DeconvError(
        `Cannot read ${source.name} as CIFAR-10: its ${source.size} bytes are ${whole} whole records ` +
          `of ${RECORD} bytes and ${source.size - whole * RECORD} bytes more: get the file again`,
      );
    }
    ends.push(size += whole);
  }
  if (size === 0) {
    const names = sources.map((source) => source.name).join(", ") || "no files";
    throw new DeconvError(`Cannot read CIFAR-10 from ${names}: there are no pictures`);
  }
  const dataset: Dataset = {
    name,
    size,
    shape: [32, 32, 3],
    classNames,
    read(indices, x, labels) {
      checkRead(dataset, indices, x, labels);
      return readFrom(0, new Uint8Array(RECORD));

      /** Reads the pictures from the i-th on; goes on in a promise from the first that must wait. */
      function readFrom(i: number, record: Uint8Array): void | Promise<void> {
        for (; i < indices.length; i++) {
          const file = ends.findIndex((end) => indices[i] < end);
          const number = indices[i] - (ends[file - 1] ?? 0);
          const waiting = sources[file].read(number * RECORD, record);
          const finish = () => {
            checkLabel(sources[file], number, record[0]);
            if (labels) labels[i] = record[0];
            decode(record, x, i * 3 * PLANE);
          };
          if (waiting) return waiting.then(finish).then(() => readFrom(i + 1, record));
          finish();
        }
      }
    },
  };
  return dataset;
}

function checkLabel(source: ByteSource, number: number, label: number): void {
  if (label <= 9) return;
  throw new DeconvError(
    `Cannot read record ${number} of ${source.name}: its label is ${label}, not 0 to 9: ` +
      `is this a CIFAR-10 file (not CIFAR-100)?`,
  );
}

/** Planes of bytes to interleaved numbers 0..1. */
function decode(record: Uint8Array, x: Float32Array, at: number): void {
  for (let pixel = 1; pixel <= PLANE; pixel++, at += 3) {
    x[at] = record[pixel] / 255;
    x[at + 1] = record[pixel + PLANE] / 255;
    x[at + 2] = record[pixel + 2 * PLANE] / 255;
  }
}
