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
 * Philox4x32-10: writes `blocks` blocks of four random words to `out`, for the counters
 * `[c0, c1, c2, c3], [c0+1, c1, c2, c3], …` and the key `[k0, k1]`. The carry of c0 goes nowhere.
 */
export function philox4x32(
  out: Uint32Array,
  blocks: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let block = 0; block < blocks; block++) {
    let w0 = c0 + block | 0, w1 = c1 | 0, w2 = c2 | 0, w3 = c3 | 0, key0 = k0 | 0, key1 = k1 | 0;
    for (let round = 0; round < 10; round++) {
      const low0 = Math.imul(w0, 0xd2511f53), low1 = Math.imul(w2, 0xcd9e8d57);
      // The high halves of the two products, from four 16 x 16 bit products each.
      let a = w0 & 0xffff, b = w0 >>> 16;
      let mid = (Math.imul(b, 0x1f53) >>> 0) + (Math.imul(a, 0x1f53) >>> 16);
      let cross = Math.imul(a, 0xd251) >>> 0;
      let carry = (mid & 0xffff) + (cross & 0xffff) >>> 16;
      const high0 = Math.imul(b, 0xd251) + (mid >>> 16) + (cross >>> 16) + carry | 0;
      a = w2 & 0xffff, b = w2 >>> 16;
      mid = (Math.imul(b, 0x8d57) >>> 0) + (Math.imul(a, 0x8d57) >>> 16);
      cross = Math.imul(a, 0xcd9e) >>> 0;
      carry = (mid & 0xffff) + (cross & 0xffff) >>> 16;
      const high1 = Math.imul(b, 0xcd9e) + (mid >>> 16) + (cross >>> 16) + carry | 0;
      w0 = high1 ^ w1 ^ key0;
      w2 = high0 ^ w3 ^ key1;
      w1 = low1;
      w3 = low0;
      key0 = key0 + 0x9e3779b9 | 0;
      key1 = key1 + 0xbb67ae85 | 0;
    }
    out[4 * block] = w0;
    out[4 * block + 1] = w1;
    out[4 * block + 2] = w2;
    out[4 * block + 3] = w3;
  }
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

/**
 * The standard normal number below which lies the fraction `p`, for 2^-33 ≤ p ≤ 1 - 2^-33, with a
 * relative error of about 1e-15: algorithm AS 241, PPND16 (Wichura, Applied Statistics 37, 1988),
 * whose far-tail branch these `p` never need.
 */
export function inverseNormal(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    return q * polynomial(CENTRE_TOP, r) / polynomial(CENTRE_BOTTOM, r);
  }
  const r = Math.sqrt(-naturalLog(q < 0 ? p : 1 - p)) - 1.6;
  const z = polynomial(TAIL_TOP, r) / polynomial(TAIL_BOTTOM, r);
  return q < 0 ? -z : z;
}

/** The published coefficients a, b, c, d of AS 241, lowest degree first. */
// deno-fmt-ignore
const CENTRE_TOP = Float64Array.of(
  3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
  4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
);
// deno-fmt-ignore
const CENTRE_BOTTOM = Float64Array.of(
  1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
  2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
);
// deno-fmt-ignore
const TAIL_TOP = Float64Array.of(
  1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
  1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
);
// deno-fmt-ignore
const TAIL_BOTTOM = Float64Array.of(
  1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
  1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
);

function polynomial(c: Float64Array, x: number): number {
  const high = ((c[7] * x + c[6]) * x + c[5]) * x + c[4];
  return (((high * x + c[3]) * x + c[2]) * x + c[1]) * x + c[0];
}

/** One float64, seen as its two words (of whichever order). */
const asDouble = new Float64Array(1);
const asWords = new Uint32Array(asDouble.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0];

/**
 * The natural logarithm of a normal positive number, to about 1e-16: x = m 2^e with m about 1, and
 * log m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.172, by its series up to s^21.
 */
function naturalLog(x: number): number {
  asDouble[0] = x;
  const high = asWords[HIGH];
  let exponent = (high >>> 20) - 1023;
  asWords[HIGH] = high & 0x000fffff | 0x3ff00000;
  let m = asDouble[0];
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  const s = (m - 1) / (m + 1), t = s * s;
  const series = 1 + t * (1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 +
                        t * (1 / 13 + t * (1 / 15 + t * (1 / 17 + t * (1 / 19 + t / 21)))))))));
  return exponent * 0.6931471805599453 + 2 * s * series;
}
