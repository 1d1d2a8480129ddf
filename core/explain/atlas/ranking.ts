/** The strongest pictures of many units, kept while pictures go by. */

/** One picture that set a unit off. */
export interface Ranked {
  /** The activation. */
  readonly value: number;
  /** Number of the picture. */
  readonly picture: number;
  /** Place of the activation, counted along the layer's rows. */
  readonly place: number;
}

/**
 * For each unit its strongest pictures, strongest first, of equals the one that came first. An
 * activation of 0 is none. Holds `units` times `top` entries, however many pictures go by.
 */
export class Ranking {
  readonly #values: Float64Array;
  readonly #pictures: Float64Array;
  readonly #places: Float64Array;
  readonly #counts: Uint32Array;

  /** An empty ranking. */
  constructor(readonly units: number, readonly top: number) {
    this.#values = new Float64Array(units * top);
    this.#pictures = new Float64Array(units * top);
    this.#places = new Float64Array(units * top);
    this.#counts = new Uint32Array(units);
  }

  /** Notes an activation; pictures must come in ascending order. */
  add(unit: number, value: number, picture: number, place: number): void {
    const first = unit * this.top, count = this.#counts[unit], full = count === this.top;
    const values = this.#values;
    // What is not a number is no activation either.
    if (value === 0 || Number.isNaN(value) || full && !(value > values[first + count - 1])) return;
    let at = first + (full ? count - 1 : count);
    if (!full) this.#counts[unit]++;
    for (; at > first && value > values[at - 1]; at--) {
      values[at] = values[at - 1];
      this.#pictures[at] = this.#pictures[at - 1];
      this.#places[at] = this.#places[at - 1];
    }
    values[at] = value;
    this.#pictures[at] = picture;
    this.#places[at] = place;
  }

  /** The strongest pictures of a unit. */
  of(unit: number): Ranked[] {
    return Array.from({ length: this.#counts[unit] }, (_, i) => {
      const at = unit * this.top + i;
      return {
        value: this.#values[at],
        picture: this.#pictures[at],
        place: this.#places[at],
      };
    });
  }
}
