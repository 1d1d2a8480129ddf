/**
 * What CIFAR-10 and CIFAR-100 have in common: files that are nothing but records of one or two label
 * bytes, then 1024 red, 1024 green and 1024 blue bytes, each plane row by row. Records are read when
 * they are asked for, so the files may be larger than memory.
 */
import { DeconvError } from "../errors.ts";
import type { ByteSource } from "./bytes.ts";
import { checkRead, type Dataset } from "./dataset.ts";

/** How the records of a format differ. */
export interface CifarFormat {
  /** Its name, for messages. */
  readonly title: string;
  /** How many label bytes a record begins with. */
  readonly labels: number;
  /** Which of them is the label wanted. */
  readonly label: number;
  /** How many classes that label knows. */
  readonly classes: number;
  /** The format that a file with a wrong label may be instead. */
  readonly other: string;
}

const PLANE = 1024;

/** The records of several files, in the order given, as a dataset. */
export function cifarRecords(
  sources: readonly ByteSource[],
  format: CifarFormat,
  { name, classNames }: { name: string; classNames?: readonly string[] },
): Dataset {
  const { title, labels: labelBytes } = format;
  const recordBytes = labelBytes + 3 * PLANE;
  const ends: number[] = []; // of each source, the number of records up to its last
  let size = 0;
  for (const source of sources) {
    const whole = Math.floor(source.size / recordBytes);
    if (whole * recordBytes !== source.size) {
      throw new DeconvError(
        `Cannot read ${source.name} as ${title}: its ${source.size} bytes are ${whole} whole records ` +
          `of ${recordBytes} bytes and ${
            source.size - whole * recordBytes
          } bytes more: get the file again`,
      );
    }
    ends.push(size += whole);
  }
  if (size === 0) {
    const names = sources.map((source) => source.name).join(", ") || "no files";
    throw new DeconvError(`Cannot read ${title} from ${names}: there are no pictures`);
  }
  const dataset: Dataset = {
    name,
    size,
    shape: [32, 32, 3],
    classNames,
    read(indices, x, labels) {
      checkRead(dataset, indices, x, labels);
      return readFrom(0, new Uint8Array(recordBytes));

      /** Reads the pictures from the i-th on; goes on in a promise from the first that must wait. */
      function readFrom(i: number, record: Uint8Array): void | Promise<void> {
        for (; i < indices.length; i++) {
          const file = ends.findIndex((end) => indices[i] < end);
          const number = indices[i] - (ends[file - 1] ?? 0);
          const waiting = sources[file].read(number * recordBytes, record);
          const finish = () => {
            checkLabels(sources[file], number, record, format);
            if (labels) labels[i] = record[format.label];
            decode(record, labelBytes, x, i * 3 * PLANE);
          };
          if (waiting) return waiting.then(finish).then(() => readFrom(i + 1, record));
          finish();
        }
      }
    },
  };
  return dataset;
}

function checkLabels(
  source: ByteSource,
  number: number,
  record: Uint8Array,
  { title, label, classes, other }: CifarFormat,
): void {
  if (record[label] < classes) return;
  throw new DeconvError(
    `Cannot read record ${number} of ${source.name}: its label is ${record[label]}, ` +
      `not 0 to ${classes - 1}: is this a ${title} file (not ${other})?`,
  );
}

/** Planes of bytes to interleaved numbers 0..1. */
function decode(record: Uint8Array, from: number, x: Float32Array, at: number): void {
  for (let pixel = from; pixel < from + PLANE; pixel++, at += 3) {
    x[at] = record[pixel] / 255;
    x[at + 1] = record[pixel + PLANE] / 255;
    x[at + 2] = record[pixel + 2 * PLANE] / 255;
  }
}
