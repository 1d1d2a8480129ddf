/**
 * Randomness that is an address, not a state.
 *
 * Every random number is a pure function of (seed, stream, step, index): nothing is drawn "next", so
 * the value is the same on any thread count, in any order, and after a resume from plain numbers.
 * The function is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011), with
 *
 * ```text
 * key     = [ seed low 32, stream ]
 * counter = [ block, seed high 32, step low 32, step high 32 ]     block = floor(index / 4)
 * ```
 *
 * The four words of a block serve the indices 4·block … 4·block+3.
 *
 * Everything here is built from integer operations and IEEE 754 + - * / sqrt, which every engine must
 * round alike; `Math.log`, `Math.cos` and friends, whose last bits are the engine's own business, are
 * not used. The same address gives the same bits in V8, JavaScriptCore and SpiderMonkey.
 */
import { DeconvError } from "./errors.ts";
import { inverseNormal } from "./normal.ts";
import { philox4x32 } from "./philox.ts";

/** Two to the 32nd. */
const WORD = 4294967296;

/** Indices below this can be addressed in one step: 2^34. */
const MAX_INDEX = 4 * WORD;

/** The chance that a standard normal number lies below -2, and between -2 and 2. */
const BELOW_MINUS_TWO = 0.022750131948179212;
const WITHIN_TWO = 0.9544997361036416;

/**
 * Random numbers of one seed and one stream, addressed by step and index. See {@linkcode random}.
 *
 * All methods are pure functions of their arguments (and the seed and stream): calling them twice
 * gives the same values. The methods share the words of the stream, so one step should serve one
 * purpose; give every purpose its own stream name.
 */
export interface Random {
  /** The seed this was made with. */
  readonly seed: number;
  /** The Philox key: the low word of the seed, and the stream as a number. */
  readonly key: readonly [number, number];
  /** Number `index` of `step`: uniform on the multiples of 2^-24 in [0, 1). */
  uniform(step: number, index: number): number;
  /** Whole number `index` of `step`: uniform in 0 … `bound`-1 (bias below `bound`·2^-53). */
  integer(bound: number, step: number, index: number): number;
  /** Normal number `index` of `step`, mean 0 and standard deviation 1; never beyond ±6.34. */
  normal(step: number, index: number): number;
  /**
   * Writes uniform numbers of [lo, hi) to `out`: `lo + (hi - lo) * uniform(step, start + i)`, rounded
   * to float32 (which for some bounds may round up to `hi` itself). `start` (default 0) fills a
   * slice of a larger array with just the values it would have there.
   */
  fillUniform(out: Float32Array, lo: number, hi: number, step: number, start?: number): void;
  /** Writes normal numbers `mean + std * normal(step, start + i)` to `out`; `start` defaults to 0. */
  fillNormal(out: Float32Array, mean: number, std: number, step: number, start?: number): void;
  /**
   * Writes normal numbers cut off at two standard deviations to `out`: the distribution of
   * `mean + std * z` given |z| ≤ 2. Its own deviation is 0.8796 `std`. `start` defaults to 0.
   */
  fillTruncatedNormal(
    out: Float32Array,
    mean: number,
    std: number,
    step: number,
    start?: number,
  ): void;
  /** A random order of 0 … n-1 (Fisher-Yates); a different one for every step. */
  permutation(n: number, step: number): Uint32Array<ArrayBuffer>;
}

/**
 * Opens the random numbers of a seed and a stream.
 *
 * @param seed Any safe integer.
 * @param stream What the numbers are for. A name is hashed to 32 bits (FNV-1a), so layers can use
 * their own; a number is taken as it is, 0 … 2^32-1.
 * @throws {DeconvError} When the seed or a numeric stream is not such a number.
 *
 * @example
 * ```ts
 * import { random } from "@deconv/deconv";
 * const dropout = random(42, "encoder/dropout1");
 * const mask = new Float32Array(8);
 * dropout.fillUniform(mask, 0, 1, 100); // step 100, without having drawn steps 0 … 99
 * console.log(mask[3] === dropout.uniform(100, 3)); // true
 * ```
 */
export function random(seed: number, stream: string | number): Random {
  if (!Number.isSafeInteger(seed)) {
    throw new DeconvError(`Cannot use seed ${seed}: a seed is a whole number, such as 42`);
  }
  return new PhiloxStream(seed, streamNumber(stream));
}

/**
 * The number that stands for a stream: FNV-1a (32 bits) of the name's UTF-8, or the number itself.
 *
 * @throws {DeconvError} When a numeric stream is not a whole number of 0 … 2^32-1.
 */
export function streamNumber(stream: string | number): number {
  if (typeof stream === "number") {
    if (stream >>> 0 === stream) return stream;
    throw new DeconvError(`Cannot use stream ${stream}: give a name, or a whole number below 2^32`);
  }
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(stream)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

/**
 * What the kernels that draw numbers are told of an address: the high word of the seed, both of the
 * step, and the key.
 *
 * @throws {DeconvError} When the seed or the step is not a whole number, or the step negative.
 */
export function addressWords(seed: number, stream: string | number, step: number): number[] {
  const { key } = random(seed, stream);
  checkAddress(step, 0, 1);
  return [Math.floor(seed / WORD) >>> 0, step >>> 0, Math.floor(step / WORD), ...key];
}

/** The random words of a key, and the numbers made of them. */
class PhiloxStream implements Random {
  readonly key: readonly [number, number];
  readonly #seedHigh: number;
  readonly #block = new Uint32Array(4);
  #cachedBlock = NaN;
  #cachedStep = NaN;

  constructor(readonly seed: number, stream: number) {
    this.key = [seed >>> 0, stream];
    this.#seedHigh = Math.floor(seed / WORD) >>> 0;
  }

  uniform(step: number, index: number): number {
    return (this.#word(step, index) >>> 8) * 2 ** -24;
  }

  integer(bound: number, step: number, index: number): number {
    if (!(Number.isSafeInteger(bound) && bound > 0)) {
      throw new DeconvError(
        `Cannot draw a whole number below ${bound}: give a bound of at least 1`,
      );
    }
    const high = this.#word(step, 2 * index);
    return scaleTo(bound, high, this.#word(step, 2 * index + 1));
  }

  normal(step: number, index: number): number {
    return inverseNormal((this.#word(step, index) + 0.5) / WORD);
  }

  fillUniform(out: Float32Array, lo: number, hi: number, step: number, start = 0): void {
    const scale = (hi - lo) * 2 ** -24;
    this.#eachChunk(out.length, step, start, (words, at, count, skip) => {
      for (let i = 0; i < count; i++) out[at + i] = lo + (words[skip + i] >>> 8) * scale;
    });
  }

  fillNormal(out: Float32Array, mean: number, std: number, step: number, start = 0): void {
    this.#eachChunk(out.length, step, start, (words, at, count, skip) => {
      for (let i = 0; i < count; i++) {
        out[at + i] = mean + std * inverseNormal((words[skip + i] + 0.5) / WORD);
      }
    });
  }

  fillTruncatedNormal(out: Float32Array, mean: number, std: number, step: number, start = 0): void {
    const scale = WITHIN_TWO / WORD;
    this.#eachChunk(out.length, step, start, (words, at, count, skip) => {
      for (let i = 0; i < count; i++) {
        out[at + i] = mean + std * inverseNormal(BELOW_MINUS_TWO + (words[skip + i] + 0.5) * scale);
      }
    });
  }

  permutation(n: number, step: number): Uint32Array<ArrayBuffer> {
    if (!(n >>> 0 === n)) {
      throw new DeconvError(`Cannot order ${n} things: give a whole number below 2^32`);
    }
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    // Position i trades places with one of 0 … i, chosen by the words 2i and 2i+1.
    this.#eachChunk(2 * n, step, 0, (words, at, count) => {
      for (let w = 0; w < count; w += 2) {
        const i = (at + w) / 2;
        const j = scaleTo(i + 1, words[w], words[w + 1]);
        const moved = order[i];
        order[i] = order[j];
        order[j] = moved;
      }
    });
    return order;
  }

  /** Word `index` of `step`; keeps the block it lies in, for the next call. */
  #word(step: number, index: number): number {
    const block = Math.floor(index / 4);
    if (block !== this.#cachedBlock || step !== this.#cachedStep) {
      checkAddress(step, index, 1);
      this.#generate(this.#block, 1, block, step);
      this.#cachedBlock = block;
      this.#cachedStep = step;
    }
    return this.#block[index & 3];
  }

  #generate(out: Uint32Array, blocks: number, firstBlock: number, step: number): void {
    const stepHigh = Math.floor(step / WORD);
    philox4x32(
      out,
      blocks,
      firstBlock,
      this.#seedHigh,
      step,
      stepHigh,
      this.key[0],
      this.key[1],
    );
  }

  /** Calls `use(words, at, count, skip)`: elements at … at+count-1 belong to words skip … */
  #eachChunk(
    length: number,
    step: number,
    start: number,
    use: (words: Uint32Array, at: number, count: number, skip: number) => void,
  ): void {
    checkAddress(step, start, length);
    let skip = start % 4;
    let block = (start - skip) / 4;
    const words = new Uint32Array(Math.min(4096, Math.ceil((skip + length) / 4) * 4));
    for (let at = 0; at < length;) {
      const blocks = Math.min(words.length, Math.ceil((skip + length - at) / 4) * 4) / 4;
      this.#generate(words, blocks, block, step);
      const count = Math.min(blocks * 4 - skip, length - at);
      use(words, at, count, skip);
      at += count;
      block += blocks;
      skip = 0;
    }
  }
}

function checkAddress(step: number, index: number, length: number): void {
  if (!(Number.isSafeInteger(step) && step >= 0)) {
    throw new DeconvError(`Cannot draw random numbers at step ${step}: steps are 0, 1, 2, …`);
  }
  if (!(Number.isSafeInteger(index) && index >= 0 && index + length <= MAX_INDEX)) {
    throw new DeconvError(`Cannot draw random number ${index}: indices are 0 … 2^34-1`);
  }
}

/** Scales 53 random bits to 0 … bound-1. */
function scaleTo(bound: number, high: number, low: number): number {
  const value = Math.floor((high * 2 ** 21 + (low >>> 11)) * 2 ** -53 * bound);
  return value < bound ? value : bound - 1;
}
