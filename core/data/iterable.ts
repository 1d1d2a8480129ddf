/**
 * Pictures that come one after the other: from a generator, a database, the network.
 */
import { DeconvError } from "../errors.ts";
import { type Random, random } from "../random.ts";
import { sameShape, type Shape, shapeText, sizeOf, type Tensor } from "../tensor.ts";
import type { Batch } from "./batches.ts";
import { type Dataset, fromTensors } from "./dataset.ts";

/** One picture with what is to be learned of it. */
export interface Sample {
  /** The picture. */
  readonly x: Tensor;
  /** Its class number, or an array. Default -1, no class. */
  readonly target?: number | Tensor;
}

/**
 * A dataset of everything an iterable gives, held in memory as float32: training reads pictures in any
 * order, and more than once.
 *
 * @param options `limit`: how many bytes it may take, default 1 GiB. `name`, default `"iterable"`, and
 * `classNames`.
 * @throws {DeconvError} When there are no pictures, they differ in shape, or take more than the limit;
 * see {@linkcode batchesOf} for what does not end or fit.
 *
 * @example
 * ```ts
 * import { fromIterable, tensor } from "@deconv/deconv";
 * function* squares() {
 *   for (let i = 0; i < 10; i++) yield { x: tensor([i / 10]), target: tensor([i * i / 100]) };
 * }
 * const dataset = await fromIterable(squares());
 * console.log(dataset.size, dataset.targetShape); // 10 [1]
 * ```
 */
export async function fromIterable(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  options: { name?: string; classNames?: readonly string[]; limit?: number } = {},
): Promise<Dataset> {
  const { name = "iterable", limit = 2 ** 30 } = options;
  const kept: Sample[] = [];
  let bytes = 0;
  for await (const sample of samples) {
    expectLike(kept[0], sample, kept.length, name);
    bytes += 4 * (sample.x.data.length + targetValues(sample).length);
    if (bytes > limit) {
      throw new DeconvError(
        `Cannot hold ${name} in memory: after ${kept.length} pictures it takes more than ${limit} bytes`,
      );
    }
    kept.push(sample);
  }
  if (!kept.length) throw new DeconvError(`Cannot use ${name}: it gave no pictures`);
  const { x, targets } = stack(kept);
  return fromTensors(x, targets, { name, classNames: options.classNames });
}

/** How {@linkcode batchesOf} makes batches. */
export interface StreamOptions {
  /** Pictures in a batch; the last has what is left. Default 32. */
  readonly batchSize?: number;
  /**
   * How many pictures wait to be drawn from at random. They mix only as far as this reaches; 1 (the
   * default) keeps their order.
   */
  readonly buffer?: number;
  /** Decides the order. Default 0. */
  readonly seed?: number;
  /** What to call it in messages. Default `"iterable"`. */
  readonly name?: string;
}

/**
 * Batches of an iterable that may be endless: nothing is held but a buffer of pictures and a batch. For
 * loops of one's own with `trainOnBatch`.
 *
 * @throws {DeconvError} When an option is not a whole number from 1, or pictures differ in shape.
 *
 * @example
 * ```ts
 * import { batchesOf, tensor } from "@deconv/deconv";
 * function* endless() {
 *   for (let i = 0;; i++) yield { x: tensor([i]), target: i % 2 };
 * }
 * for await (const { number, x, labels } of batchesOf(endless(), { batchSize: 8, buffer: 64 })) {
 *   console.log(x.shape, labels.shape); // [8, 1] [8]
 *   if (number === 2) break;
 * }
 * ```
 */
export async function* batchesOf(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  options: StreamOptions = {},
): AsyncGenerator<Batch> {
  const { batchSize = 32, buffer = 1, seed = 0, name = "iterable" } = options;
  for (const [what, value] of [["batchSize", batchSize], ["buffer", buffer]] as const) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new DeconvError(`Cannot make batches with ${what} ${value}: give a whole number from 1`);
  }
  let batch: [number, Sample][] = [], number = 0;
  for await (const each of mixed(samples, buffer, random(seed, "stream"), name)) {
    batch.push(each);
    if (batch.length < batchSize) continue;
    yield toBatch(batch, number++);
    batch = [];
  }
  if (batch.length) yield toBatch(batch, number);
}

/** Pictures with their numbers, in the order in which they are drawn from a buffer. */
async function* mixed(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  buffer: number,
  rng: Random,
  name: string,
): AsyncGenerator<[number, Sample]> {
  const waiting: [number, Sample][] = [];
  let first: Sample | undefined, count = 0, drawn = 0;
  const draw = () => {
    const place = rng.integer(waiting.length, drawn++, 0);
    const each = waiting[place], last = waiting.pop()!;
    if (place < waiting.length) waiting[place] = last;
    return each;
  };
  for await (const sample of samples) {
    expectLike(first ??= sample, sample, count, name);
    waiting.push([count++, sample]);
    if (waiting.length >= buffer) yield draw();
  }
  while (waiting.length) yield draw();
}

function toBatch(samples: readonly [number, Sample][], number: number): Batch {
  const { x, targets } = stack(samples.map(([, sample]) => sample));
  return { number, indices: Uint32Array.from(samples, ([index]) => index), x, labels: targets };
}

/** Refuses a picture that is not like the first. */
function expectLike(first: Sample | undefined, sample: Sample, index: number, name: string): void {
  const fits = ({ shape, data }: Tensor) => sizeOf(shape) === data.length;
  const target = ({ target = -1 }: Sample): Shape => typeof target === "number" ? [] : target.shape;
  const sound = fits(sample.x) &&
    (typeof (sample.target ?? -1) === "number" || fits(sample.target as Tensor));
  if (!sound) {
    throw new DeconvError(
      `Cannot use picture ${index} of ${name}: its shape does not fit its values`,
    );
  }
  const { x } = first ?? sample;
  if (sameShape(x.shape, sample.x.shape) && sameShape(target(first ?? sample), target(sample))) {
    return;
  }
  throw new DeconvError(
    `Cannot use picture ${index} of ${name}: it is ${shapeText(sample.x.shape)} with a target ` +
      `${shapeText(target(sample))}, and the first is ${shapeText(x.shape)} with ${
        shapeText(target(first ?? sample))
      }`,
  );
}

function targetValues({ target = -1 }: Sample): ArrayLike<number> {
  return typeof target === "number" ? [target] : target.data;
}

function stack(samples: readonly Sample[]): { x: Tensor; targets: Tensor } {
  const { x: { shape }, target = -1 } = samples[0], count = samples.length;
  const targetShape = typeof target === "number" ? [] : target.shape;
  const x = new Float32Array(count * sizeOf(shape));
  const targets = new Float32Array(count * sizeOf(targetShape));
  samples.forEach((sample, i) => {
    x.set(sample.x.data, i * sizeOf(shape));
    targets.set(targetValues(sample), i * sizeOf(targetShape));
  });
  return {
    x: { shape: [count, ...shape], data: x },
    targets: { shape: [count, ...targetShape], data: targets },
  };
}
