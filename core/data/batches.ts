/**
 * The order in which an epoch goes through a dataset, and the reading of it batch by batch.
 *
 * The order is a function of (seed, epoch) and a batch of its number, so a run that was interrupted
 * goes on at `(epoch, batch)` as if nothing had happened. Only one batch is in memory at a time.
 */
import { DeconvError } from "../errors.ts";
import { random } from "../random.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import type { Dataset } from "./dataset.ts";

/** How an epoch is cut into batches. */
export interface BatchOptions {
  /** Pictures in a batch; the last batch has what is left. Default 32. */
  readonly batchSize?: number;
  /** Whether to mix the pictures; otherwise they come in order. Default false. */
  readonly shuffle?: boolean;
  /** Which shuffling to use. Default 0. */
  readonly seed?: number;
  /** Which epoch this is, from 0: each has an order of its own. Default 0. */
  readonly epoch?: number;
  /** The batch to begin at, from 0. Default 0. */
  readonly start?: number;
}

/** A batch that was read. */
export interface Batch {
  /** Which batch of the epoch this is, from 0. */
  readonly number: number;
  /** The numbers of its pictures in the dataset. */
  readonly indices: Uint32Array;
  /** The pictures, `[count, …shape of one]`, values 0..1. */
  readonly x: Tensor;
  /** Their class numbers, `[count]`, -1 where there is none; or targets, `[count, …targetShape]`. */
  readonly labels: Tensor;
}

/** The number of batches that `size` pictures make, the partial one included. */
export function batchCount(size: number, batchSize: number = 32): number {
  return Math.ceil(size / checkWhole("batchSize", batchSize, 1));
}

/**
 * The picture numbers of each batch of an epoch, for a dataset of `size` pictures.
 *
 * @throws {DeconvError} When an option is not a whole number in its range.
 *
 * @example
 * ```ts
 * import { batches } from "@deconv/deconv";
 * for (const indices of batches(10, { batchSize: 4 })) console.log(indices.length); // 4, 4, 2
 * ```
 */
export function* batches(size: number, options: BatchOptions = {}): Generator<Uint32Array> {
  const { batchSize = 32, shuffle = false, seed = 0, epoch = 0, start = 0 } = options;
  const count = batchCount(checkWhole("size", size, 0), batchSize);
  checkWhole("epoch", epoch, 0);
  checkWhole("start", start, 0);
  const order = shuffle ? random(seed, "shuffle").permutation(size, epoch) : undefined;
  for (let batch = start; batch < count; batch++) {
    const from = batch * batchSize, length = Math.min(batchSize, size - from);
    yield order?.slice(from, from + length) ??
      Uint32Array.from({ length }, (_, i) => from + i);
  }
}

/** Batches, each with the one after it. */
export function* withNext(
  all: Iterable<Uint32Array>,
): Generator<[batch: Uint32Array, next: Uint32Array | undefined]> {
  let last: Uint32Array | undefined;
  for (const batch of all) {
    if (last) yield [last, batch];
    last = batch;
  }
  if (last) yield [last, undefined];
}

/**
 * Reads a dataset batch by batch. Every batch has arrays of its own, which may be kept.
 *
 * @throws {DeconvError} For what {@linkcode batches} or the dataset refuses.
 *
 * @example
 * ```ts
 * import { readBatches, shapes } from "@deconv/deconv";
 * for await (const { x, labels } of readBatches(shapes({ size: 100 }), { batchSize: 64 })) {
 *   console.log(x.shape, labels.shape); // [64, 32, 32, 3] [64], then [36, 32, 32, 3] [36]
 * }
 * ```
 */
export async function* readBatches(
  dataset: Dataset,
  options: BatchOptions = {},
): AsyncGenerator<Batch> {
  let number = options.start ?? 0;
  for (const indices of batches(dataset.size, options)) {
    const count = indices.length, { targetShape = [] } = dataset;
    const x = new Float32Array(count * sizeOf(dataset.shape));
    const labels = new Float32Array(count * sizeOf(targetShape));
    await dataset.read(indices, x, labels, options.epoch);
    yield {
      number: number++,
      indices,
      x: { shape: [count, ...dataset.shape], data: x },
      labels: { shape: [count, ...targetShape], data: labels },
    };
  }
}

function checkWhole(what: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new DeconvError(
    `Cannot make batches with ${what} ${value}: give a whole number from ${least}`,
  );
}
