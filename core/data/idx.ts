/**
 * IDX, the format of MNIST, Fashion-MNIST and their kin (http://yann.lecun.com/exdb/mnist): two zero
 * bytes, a byte for the type of number, one for how many dimensions, their sizes, then the numbers;
 * everything big-endian.
 */
import { DeconvError } from "../errors.ts";
import { type Shape, shapeText, sizeOf } from "../tensor.ts";
import type { ByteSource } from "./bytes.ts";
import { checkRead, type Dataset } from "./dataset.ts";

/** The classes of Fashion-MNIST, by label. */
export const FASHION_MNIST_CLASSES: readonly string[] = [
  "T-shirt/top",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
];

/** An array in an IDX file. */
interface IdxArray {
  readonly source: ByteSource;
  /** Sizes, outermost first. */
  readonly shape: Shape;
  /** Where the numbers begin. */
  readonly start: number;
  /** Bytes a number. */
  readonly width: number;
  /** Turns bytes into numbers; bytes without a sign into 0..1 where `scaled`. */
  decode(bytes: Uint8Array, to: Float32Array, at: number, scaled: boolean): void;
}

/** By type byte: bytes a number, and how to read one. */
const TYPES: Readonly<Record<number, [number, (view: DataView, at: number) => number]>> = {
  0x08: [1, (view, at) => view.getUint8(at)],
  0x09: [1, (view, at) => view.getInt8(at)],
  0x0b: [2, (view, at) => view.getInt16(at)],
  0x0c: [4, (view, at) => view.getInt32(at)],
  0x0d: [4, (view, at) => view.getFloat32(at)],
  0x0e: [8, (view, at) => view.getFloat64(at)],
};

/**
 * Opens pictures and labels in IDX files. Pictures `[count, height, width]` become `[height, width, 1]`,
 * unsigned bytes become values byte / 255, other numbers stay as they are. Only what is asked for is
 * read.
 *
 * @param images The pictures.
 * @param labels Their class numbers; without it every label is -1.
 * @throws {DeconvError} When a file is not IDX, is cut short or too long, or the counts differ.
 *
 * @example
 * ```ts
 * import { idx } from "@deconv/deconv";
 * const bytes = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 255);
 * const dataset = await idx({
 *   name: "memory",
 *   size: bytes.length,
 *   read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
 * });
 * console.log(dataset.size, dataset.shape); // 1 [2, 1, 1]
 * ```
 */
export async function idx(
  images: ByteSource,
  labels?: ByteSource,
  options: { name?: string; classNames?: readonly string[] } = {},
): Promise<Dataset> {
  const x = await readHeader(images), y = labels && await readHeader(labels);
  const [size, ...rest] = x.shape;
  if (!(size > 0 && rest.length > 0 && sizeOf(rest) > 0)) {
    throw new DeconvError(
      `Cannot use ${images.name}: it holds ${shapeText(x.shape)} numbers, which are no pictures`,
    );
  }
  if (y && !(y.shape.length === 1 && y.shape[0] === size)) {
    throw new DeconvError(
      `Cannot use ${y.source.name}: it holds ${
        shapeText(y.shape)
      } numbers, not one label for each ` +
        `of the ${size} pictures of ${images.name}`,
    );
  }
  const dataset: Dataset = {
    name: options.name ?? "idx",
    size,
    shape: rest.length === 2 ? [...rest, 1] : rest,
    classNames: options.classNames,
    read(indices, to, toLabels) {
      checkRead(dataset, indices, to, toLabels);
      const reading = readRows(x, indices, to, true);
      if (!y) toLabels?.fill(-1, 0, indices.length);
      if (!y || !toLabels) return reading;
      return reading
        ? reading.then(() => readRows(y, indices, toLabels, false))
        : readRows(y, indices, toLabels, false);
    },
  };
  return dataset;
}

/** Reads rows of an array; goes on in a promise from the first that must wait. */
function readRows(
  { source, shape, start, width, decode }: IdxArray,
  indices: ArrayLike<number>,
  to: Float32Array,
  scaled: boolean,
): void | Promise<void> {
  const one = sizeOf(shape.slice(1)), bytes = new Uint8Array(one * width);
  return readFrom(0);

  function readFrom(i: number): void | Promise<void> {
    for (; i < indices.length; i++) {
      const waiting = source.read(start + indices[i] * bytes.length, bytes);
      const at = i * one;
      if (waiting) {
        return waiting.then(() => decode(bytes, to, at, scaled)).then(() => readFrom(i + 1));
      }
      decode(bytes, to, at, scaled);
    }
  }
}

async function readHeader(source: ByteSource): Promise<IdxArray> {
  const refuse = (why: string): never => {
    throw new DeconvError(`Cannot read ${source.name} as IDX: ${why}`);
  };
  const short = `its ${source.size} bytes are too few: get the file again`;
  if (source.size < 4) refuse(short);
  const magic = new Uint8Array(4);
  await source.read(0, magic);
  const [zero, zeroToo, type, rank] = magic;
  const [width, get] = TYPES[type] ?? [0, () => NaN];
  if (zero || zeroToo || !width || rank === 0) {
    refuse("it does not begin with two zeros, a type of number and a number of dimensions");
  }
  const start = 4 + 4 * rank;
  if (source.size < start) refuse(short);
  const sizes = new Uint8Array(4 * rank);
  await source.read(4, sizes);
  const view = new DataView(sizes.buffer);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 * i));
  const expected = start + sizeOf(shape) * width;
  if (source.size !== expected) {
    refuse(
      `its header says ${
        shapeText(shape)
      }, which makes ${expected} bytes, and it has ${source.size}` +
        ": get the file again",
    );
  }
  const decode: IdxArray["decode"] = (bytes, to, at, scaled) => {
    if (type === 0x08) {
      for (let i = 0; i < bytes.length; i++) to[at + i] = scaled ? bytes[i] / 255 : bytes[i];
    } else {
      const view = new DataView(bytes.buffer);
      for (let i = 0; i * width < bytes.length; i++) to[at + i] = get(view, i * width);
    }
  };
  return { source, shape, start, width, decode };
}
