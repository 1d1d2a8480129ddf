import { type Random, random } from "../../random.ts";

/** Where the numbers begin that fill arrays; those before are the numbers `k`, two words each. */
const FIELD = 256;

/**
 * The random numbers of one transformation, for one picture of one pass over the dataset.
 *
 * The stream is the transformation's, the step `pass · 2^32 + picture`; so asking again for number
 * `k` gives the same value, which is how a mask goes the way of its picture. Number 0 decides whether
 * the transformation applies at all.
 */
export class Draw {
  readonly #random: Random;
  readonly #children: Draw[] = [];
  #step = 0;

  /** Opens the numbers of a seed and a stream. */
  constructor(readonly seed: number, readonly stream: string) {
    this.#random = random(seed, stream);
  }

  /** Turns to a picture of a pass. */
  at(pass: number, picture: number): this {
    this.#step = pass * 2 ** 32 + picture;
    return this;
  }

  /** The numbers of the i-th transformation inside this one, for the same picture. */
  child(i: number): Draw {
    const child = this.#children[i] ??= new Draw(this.seed, `${this.stream}/${i}`);
    child.#step = this.#step;
    return child;
  }

  /** Whether something of this probability happens. */
  hits(probability: number): boolean {
    return probability >= 1 || this.uniform(0) < probability;
  }

  /** Number `k`, uniform in [0, 1). */
  uniform(k: number): number {
    return this.#random.uniform(this.#step, 2 * k);
  }

  /** Number `k`, uniform in [low, high); `low` itself where they are equal. */
  between(low: number, high: number, k: number): number {
    return low + (high - low) * this.uniform(k);
  }

  /** Number `k`, a whole number of 0 … bound-1. */
  integer(bound: number, k: number): number {
    return this.#random.integer(bound, this.#step, k);
  }

  /** Fills an array with normal numbers of mean 0, those from `start` on; they are no numbers `k`. */
  fillNormal(out: Float32Array, std: number, start = 0): void {
    this.#random.fillNormal(out, 0, std, this.#step, FIELD + start);
  }

  /** Fills an array with uniform numbers of [0, 1), those from `start` on; they are no numbers `k`. */
  fillUniform(out: Float32Array, start = 0): void {
    this.#random.fillUniform(out, 0, 1, this.#step, FIELD + start);
  }
}
