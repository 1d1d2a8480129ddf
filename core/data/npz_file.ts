import { DeconvError } from "../errors.ts";
import { decodeNpy, isNpy, type NpyArray, npyTensor } from "../formats/npy.ts";
import { decodeNpz } from "../formats/npz.ts";
import { shapeText, type Tensor } from "../tensor.ts";
import { type Dataset, fromTensors } from "./dataset.ts";
import { readFile } from "./file.ts";

/** The pictures of a file of arrays. */
export interface OpenedArrays {
  /** Pictures to learn from. */
  readonly train: Dataset;
  /** Pictures to test on, where the file has them apart. */
  readonly test?: Dataset;
}

/** What pictures and targets may be called, the first found counts. */
const PICTURES = ["x", "X", "images", "data", "arr_0"],
  TARGETS = ["y", "Y", "labels", "target", "targets", "arr_1"];

/**
 * Opens NumPy's arrays: a `.npz` file with `x` and `y`, or `x_train`, `y_train`, `x_test` and `y_test`
 * as Keras has them (`images`, `labels` and the names of `savez` do too), or a `.npy` file of pictures
 * without targets. All of it is held in memory as float32.
 *
 * Pictures of bytes become values byte / 255; `[count, height, width]` gets a channel. Targets
 * `[count]` and `[count, 1]` of whole numbers are class numbers, others stay arrays.
 *
 * @param options `classNames`; `limit`, the bytes the file may have, default 1 GiB.
 * @throws {DeconvError} When the file is damaged or too large, or has no such arrays.
 *
 * @example
 * ```ts ignore
 * import { openNpz } from "@deconv/deconv";
 * const { train, test } = openNpz("mnist.npz");
 * console.log(train.shape, test?.size); // [28, 28, 1] 10000
 * ```
 */
export function openNpz(
  path: string,
  options: { classNames?: readonly string[]; limit?: number } = {},
): OpenedArrays {
  const bytes = readFile(path, options.limit);
  const arrays = isNpy(bytes) ? new Map([["x", decodeNpy(bytes, path)]]) : decodeNpz(bytes, path);
  const find = (names: readonly string[], ending: string) => {
    const name = names.find((name) => arrays.has(name + ending));
    return name === undefined ? undefined : arrays.get(name + ending);
  };
  const part = (ending: string, name: string): Dataset | undefined => {
    const x = find(PICTURES, ending), y = find(TARGETS, ending);
    if (!x) return undefined;
    const { classNames } = options;
    return fromTensors(picturesOf(x, path), y && targetsOf(y), { name, classNames });
  };
  const train = part("_train", "arrays train") ?? part("", "arrays");
  if (!train) {
    throw new DeconvError(
      `Cannot find pictures in ${path}: it has the arrays ${
        [...arrays.keys()].join(", ") || "(none)"
      }; ` +
        "call them x and y, or x_train, y_train, x_test and y_test",
    );
  }
  return { train, test: part("_test", "arrays test") };
}

function picturesOf(array: NpyArray, path: string): Tensor {
  const { shape, data } = npyTensor(array);
  if (shape.length < 2) {
    throw new DeconvError(`Cannot use ${path}: ${shapeText(shape)} numbers are no pictures`);
  }
  const scaled = array.data instanceof Uint8Array ? data.map((byte) => byte / 255) : data;
  return { shape: shape.length === 3 ? [...shape, 1] : shape, data: scaled };
}

function targetsOf(array: NpyArray): Tensor {
  const { shape, data } = npyTensor(array);
  const column = shape.length === 2 && shape[1] === 1 && data.every(Number.isInteger);
  return { shape: column ? [shape[0]] : shape, data };
}
