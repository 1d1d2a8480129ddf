import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { turns } from "../turns.ts";
import type { ExplainOptions } from "./gradient.ts";
import { startOf } from "./start.ts";

/** What every method takes that asks the network many times. */
export interface ManyPasses extends ExplainOptions {
  /** Called after each batch with how many of how many inputs are done. */
  onProgress?: (done: number, total: number) => void;
  /** Stops the work: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** What is perturbed, and what becomes of the target. */
export interface Subject {
  /** The values that are perturbed, `[pictures, …]`. */
  readonly x: Tensor;
  /**
   * The target's value for variants of them.
   *
   * @param variants `[rows, …]`.
   * @param pictures The number of the picture that each row is a variant of. Default 0, 1, 2 …
   */
  scores(variants: Tensor, pictures?: readonly number[]): readonly number[];
}

/**
 * Finds the target, and what is to explain it: an input of the network, or what a layer makes.
 *
 * @throws {DeconvError} When a shape, the target or a name is wrong.
 */
export function subjectOf(model: Model, x: Tensors, options: ExplainOptions = {}): Subject {
  const { target, part, xs, place, value } = startOf(model, x, options), { batchSize } = options;
  return {
    x: value,
    scores: (variants, pictures) => {
      const all = pictures ?? Array.from({ length: variants.shape[0] }, (_, i) => i);
      const fed = xs.map((tensor, i) => i === place ? variants : pick(tensor, all));
      return target.evaluate(part.predict(fed, { batchSize }), all).values;
    },
  };
}

/** Some rows of a tensor, in any order. */
function pick(tensor: Tensor, wanted: readonly number[]): Tensor {
  const shape = [wanted.length, ...tensor.shape.slice(1)], size = sizeOf(shape.slice(1));
  const data = new Float32Array(wanted.length * size);
  wanted.forEach((picture, row) => data.set(pictureOf(tensor, picture), row * size));
  return { shape, data };
}

/**
 * The scores of `count` variants of every picture.
 *
 * @param write Changes a copy of a picture into one of its variants.
 * @returns For each picture the scores of its variants.
 */
export async function scoreVariants(
  { x, scores }: Subject,
  count: number,
  write: (variant: number, copy: Float32Array, picture: number) => void,
  { batchSize = 32, onProgress, signal }: ManyPasses = {},
): Promise<Float64Array[]> {
  positive(batchSize, "batchSize");
  const [pictures, ...shape] = x.shape, size = sizeOf(shape), total = pictures * count;
  const found = Array.from({ length: pictures }, () => new Float64Array(count));
  const turn = turns();
  for (let from = 0; from < total; from += batchSize) {
    signal?.throwIfAborted();
    const rows = Math.min(batchSize, total - from), data = new Float32Array(rows * size);
    const owners = Array.from({ length: rows }, (_, row) => Math.floor((from + row) / count));
    owners.forEach((picture, row) => {
      const copy = data.subarray(row * size, (row + 1) * size);
      copy.set(x.data.subarray(picture * size, (picture + 1) * size));
      write((from + row) % count, copy, picture);
    });
    const values = scores({ shape: [rows, ...shape], data }, owners);
    owners.forEach((picture, row) => found[picture][(from + row) % count] = values[row]);
    onProgress?.(from + rows, total);
    await turn();
  }
  return found;
}

/** The numbers of one picture of a batch. */
export function pictureOf(x: Tensor, picture: number): Float32Array {
  const size = sizeOf(x.shape.slice(1));
  return x.data.subarray(picture * size, (picture + 1) * size);
}

/** Fails unless a number lies in a range. */
export function expectBetween(value: number, [low, high]: readonly [number, number], name: string) {
  if (value >= low && value <= high) return;
  throw new DeconvError(`${name} must be between ${low} and ${high}; it is ${value}`);
}
