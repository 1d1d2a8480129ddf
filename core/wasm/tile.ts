/** Columns of the register tile of products; see assembly/microkernel.ts. */
export type TileColumns = 8 | 16;

/** So many kernel calls go by before the first sample: a program that ends soon pays nothing. */
const CALLS = 32;
/** Samples of each width, and the least time from one pair to the next (ms). */
const SAMPLES = 12, GAP = 4;
/** What a sample makes: 300 products of 6 rows, 16 columns and inner size 128, 7 million flops in 0.1 ms. */
const SIZE = [128, 300] as const;

/**
 * Chooses the width of the register tile by trying both.
 *
 * Sixteen columns are right where V8 packs pairs of vectors into 256-bit registers (turbo), and in
 * the strict build without that; elsewhere they spill. No engine tells, so time does. The trouble is
 * that V8 runs a function unoptimised at first and swaps the optimised one in when that is ready,
 * some milliseconds later and in another thread: samples taken in one go may all be of the wrong
 * code. So they are spread over time, a pair at a time between two kernel calls, and of each width
 * the least counts. All of it takes about 5 ms, and results do not depend on the outcome.
 */
export class TileTrial {
  #calls = 0;
  #samples = 0;
  #next = 0;
  readonly #least: Record<TileColumns, number> = { 8: Infinity, 16: Infinity };

  /**
   * @param run Makes the product of the trial, of this inner size and so many times, with tiles of this width.
   * @param clock Milliseconds since whenever.
   */
  constructor(
    readonly run: (columns: TileColumns, k: number, times: number) => void,
    readonly clock: () => number = () => performance.now(),
  ) {}

  /** To be called before each kernel call; says which width it shall be once it knows. */
  step(): TileColumns | undefined {
    if (++this.#calls <= CALLS || this.clock() < this.#next) return undefined;
    for (const columns of [8, 16] as const) {
      const start = this.clock();
      this.run(columns, ...SIZE);
      this.#least[columns] = Math.min(this.#least[columns], this.clock() - start);
    }
    this.#next = this.clock() + GAP;
    if (++this.#samples < SAMPLES) return undefined;
    return this.#least[16] < this.#least[8] ? 16 : 8;
  }
}
