/**
 * What a model learns from: pictures of one shape, read by number into memory the caller owns.
 *
 * A dataset holds no pictures if it can help it. It says how many there are, and writes the ones it is
 * asked for; so a folder larger than memory, a generator and two arrays all look alike.
 */
import { DeconvError } from "../errors.ts";
import { random } from "../random.ts";
import { type Shape, shapeText, sizeOf, type Tensor } from "../tensor.ts";

/** Pictures, and what is to be learned of each: a class, or an array of numbers. */
export interface Dataset {
  /** What to call it in messages and titles, for instance `"cifar10 train"`. */
  readonly name: string;
  /** The number of pictures. */
  readonly size: number;
  /** The shape of one picture, such as `[32, 32, 3]`. */
  readonly shape: Shape;
  /** The shape of one picture's target, such as that of a mask. Absent, it is one class number. */
  readonly targetShape?: Shape;
  /** The names of the classes, by label. */
  readonly classNames?: readonly string[];
  /**
   * Writes picture `indices[i]`, values 0..1, at `x[i * sizeOf(shape)]` and on, and its target at
   * `targets[i * sizeOf(targetShape)]` and on. Without a `targetShape` that is its class at
   * `targets[i]`; a picture without a class has -1. Returns a promise only if it has to wait, and
   * neither array may be touched until it is settled.
   *
   * `pass` counts the passes over the dataset (training gives its epoch), for pictures that are
   * changed anew in each; default 0.
   *
   * @throws {DeconvError} When an index is not one of the pictures, an array is too short, or the
   * source cannot be read.
   */
  read(
    indices: ArrayLike<number>,
    x: Float32Array,
    targets?: Float32Array,
    pass?: number,
  ): void | Promise<void>;
  /**
   * Told, training says here what it will read next, so that it can be made ready meanwhile. Absent
   * where there is nothing to gain.
   */
  ahead?(indices: ArrayLike<number>): void;
}

/** How many numbers the target of one picture is. */
export function targetSize({ targetShape = [] }: Pick<Dataset, "targetShape">): number {
  return sizeOf(targetShape);
}

/**
 * Refuses a {@linkcode Dataset.read} that asks for pictures there are not, or into arrays too short.
 * Every dataset's `read` calls this first.
 *
 * @throws {DeconvError} Naming the dataset and the index or array.
 */
export function checkRead(
  dataset: Pick<Dataset, "name" | "size" | "shape" | "targetShape">,
  indices: ArrayLike<number>,
  x: Float32Array,
  targets?: Float32Array,
): void {
  const { name, size, shape, targetShape } = dataset;
  const count = indices.length;
  for (let i = 0; i < count; i++) {
    const index = indices[i];
    if (!(Number.isInteger(index) && index >= 0 && index < size)) {
      throw new DeconvError(`Cannot read picture ${index} of ${name}: it has ${size} pictures`);
    }
  }
  const short = targets && targets.length < count * targetSize(dataset);
  if (x.length < count * sizeOf(shape) || short) {
    const each = shapeText(shape) + (targetShape ? ` with targets ${shapeText(targetShape)}` : "");
    const places = targets && ` and ${targets.length} ${targetShape ? "target values" : "labels"}`;
    throw new DeconvError(
      `Cannot read ${count} pictures of ${name}, each ${each}, into ${x.length} values` +
        (places ?? ""),
    );
  }
}

/**
 * A dataset of pictures already in memory; the tensors are used, not copied.
 *
 * @param x The pictures, `[count, …shape of one]`, values 0..1.
 * @param targets One class number a picture, `[count]`, or an array for each, `[count, …shape of one]`.
 * Without it every picture has the label -1.
 * @throws {DeconvError} When `x` has no first dimension or `targets` does not fit it.
 *
 * @example
 * ```ts
 * import { fromTensors, tensor, zeros } from "@deconv/deconv";
 * const dataset = fromTensors(zeros([2, 8, 8, 3]), tensor([0, 1]), { classNames: ["cat", "dog"] });
 * console.log(dataset.size, dataset.shape); // 2 [8, 8, 3]
 * ```
 */
export function fromTensors(
  x: Tensor,
  targets?: Tensor,
  options: { name?: string; classNames?: readonly string[] } = {},
): Dataset {
  const [size, ...shape] = x.shape;
  if (size === undefined || sizeOf(x.shape) !== x.data.length) {
    throw new DeconvError(
      `Cannot make a dataset of a tensor of shape ${shapeText(x.shape)} with ${x.data.length} ` +
        `values: give [count, height, width, channels]`,
    );
  }
  const targetShape = targets && targets.shape.length > 1 ? targets.shape.slice(1) : undefined;
  if (targets && (targets.shape[0] !== size || sizeOf(targets.shape) !== targets.data.length)) {
    throw new DeconvError(
      `Cannot use targets of shape ${
        shapeText(targets.shape)
      } with ${targets.data.length} values ` +
        `for ${size} pictures: give one class number a picture, ${
          shapeText([size])
        }, or an array ` +
        `for each, [${size},…]`,
    );
  }
  const one = sizeOf(shape), width = sizeOf(targetShape ?? []);
  const dataset: Dataset = {
    name: options.name ?? "tensors",
    size,
    shape,
    targetShape,
    classNames: options.classNames,
    read(indices, out, outTargets) {
      checkRead(dataset, indices, out, outTargets);
      for (let i = 0; i < indices.length; i++) {
        const from = indices[i] * one, to = indices[i] * width;
        out.set(x.data.subarray(from, from + one), i * one);
        if (!outTargets) continue;
        if (targets) outTargets.set(targets.data.subarray(to, to + width), i * width);
        else outTargets[i] = -1;
      }
    },
  };
  return dataset;
}

/**
 * Pictures `from` up to but not including `to` of a dataset (default: its end), as a dataset.
 *
 * @throws {DeconvError} When there are no such pictures.
 */
export function slice(dataset: Dataset, from: number, to: number = dataset.size): Dataset {
  if (
    !(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to) ||
    to > dataset.size
  ) {
    throw new DeconvError(
      `Cannot take pictures ${from} to ${to} of ${dataset.name}: it has ${dataset.size} pictures`,
    );
  }
  return view(dataset, to - from, (index) => from + index);
}

/**
 * The first `count` pictures of a dataset, or all of it if it has no more than that.
 *
 * @throws {DeconvError} When `count` is not a whole number from 0.
 */
export function take(dataset: Dataset, count: number): Dataset {
  return slice(dataset, 0, Math.min(count, dataset.size));
}

/**
 * The pictures of a dataset at `indices`, in that order, as a dataset.
 *
 * @throws {DeconvError} When an index is not one of the pictures.
 */
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(Number.isInteger(index) && index >= 0 && index < dataset.size)) {
      throw new DeconvError(
        `Cannot take picture ${index} of ${dataset.name}: it has ${dataset.size} pictures`,
      );
    }
  }
  return view(dataset, indices.length, (index) => indices[index]);
}

/**
 * Splits a dataset in two, for instance to hold out pictures for validation.
 *
 * @param fraction The part of the pictures in the first, 0..1 (rounded to a whole number of them).
 * @param seed Given, the pictures are dealt out at random; without it, the first come first.
 * @throws {DeconvError} When `fraction` is not a number of 0..1.
 *
 * @example
 * ```ts
 * import { shapes, split } from "@deconv/deconv";
 * const [training, validation] = split(shapes({ size: 1000 }), 0.9, 42);
 * console.log(training.size, validation.size); // 900 100
 * ```
 */
export function split(dataset: Dataset, fraction: number, seed?: number): [Dataset, Dataset] {
  if (!(fraction >= 0 && fraction <= 1)) {
    throw new DeconvError(`Cannot split ${dataset.name} at ${fraction}: give a fraction of 0 to 1`);
  }
  const first = Math.round(dataset.size * fraction);
  if (seed === undefined) return [slice(dataset, 0, first), slice(dataset, first)];
  const order = random(seed, "split").permutation(dataset.size, 0);
  return [subset(dataset, order.subarray(0, first)), subset(dataset, order.subarray(first))];
}

/**
 * The pictures of a dataset in another order, the same one every time. (Training mixes them anyway,
 * differently in each epoch; this is for what comes sorted and is to be cut.)
 *
 * @param seed Decides the order. Default 0.
 */
export function shuffle(dataset: Dataset, seed: number = 0): Dataset {
  return subset(dataset, random(seed, "shuffle dataset").permutation(dataset.size, 0));
}

/** `size` pictures of a dataset under other numbers. */
function view(dataset: Dataset, size: number, original: (index: number) => number): Dataset {
  const result: Dataset = {
    ...dataset,
    size,
    read(indices, x, targets, pass) {
      checkRead(result, indices, x, targets);
      return dataset.read(Array.from(indices, original), x, targets, pass);
    },
    ahead: dataset.ahead && ((indices) => dataset.ahead!(Array.from(indices, original))),
  };
  return result;
}
