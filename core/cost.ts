/**
 * What each way to compute a pass would cost on one thread: how often each of its steps is done, times
 * what one takes. The times are nanoseconds on a Zen 4 core at 57 GF/s, fitted by least squares of
 * relative errors to the passes of some 600 random geometries, each measured in every way that fits
 * (`deno task bench --costs` does it again). On another processor all of them differ, but much alike:
 * what they must get right is the order.
 */
import type { TapTable } from "./taps.ts";
import { filledValues, type Purpose, type Way, type Work, workOf } from "./work.ts";

/** Nanoseconds a step takes; those that are not named take none to speak of. */
const TIMES: Record<Purpose, Partial<Record<Way, Work>>> = {
  pixels: {
    im2col: {
      multiplications: 0.29,
      hops: 2.4,
      edges: 5.1,
      narrow: 0.17,
      ends: 1.7,
      copies: 0.72,
      runs: 2.9,
      cells: 0.54,
      rows: 14,
      weights: 3.7,
      thin: 3.1,
    },
    indirect: {
      multiplications: 0.3,
      hops: 0.53,
      tiles: 1.9,
      edges: 4.9,
      narrow: 0.18,
      ends: 2,
      places: 1.5,
      lines: 2.3,
      cells: 0.79,
      rows: 6.7,
      weights: 3.4,
      thin: 3,
    },
    planar: {
      multiplications: 0.045,
      split: 0.45,
      joined: 0.52,
      rows: 1.1,
      outputRows: 2.1,
      chunks: 970,
      taps: 0.23,
      weights: 0.15,
    },
    interleaved: {
      moved: 0.37,
      multiplications: 0.2,
      single: 0.28,
      ends: 0.48,
      tiles: 3.3,
      calls: 13,
      chunks: 250,
      weights: 0.76,
    },
    depthwise: {
      inner: 0.35,
      border: 0.62,
      borderTaps: 3.8,
      vectors: 1,
      cells: 2.2,
      rows: 38,
    },
    scatter: {
      multiplications: 0.32,
      products: 1.8,
      gathered: 0.18,
      vectors: 1.8,
      cells: 6,
      pictures: 49,
      weights: 3,
    },
  },
  kernel: {
    im2col: {
      multiplications: 1.8,
      narrow: 0.58,
      copies: 0.66,
      runs: 2.6,
      cells: 2,
      weights: 67,
    },
    indirect: {
      multiplications: 1.9,
      narrow: 0.45,
      copies: 0.69,
      runs: 2.5,
      cells: 0.75,
      weights: 61,
      runTiles: 6.8,
      places: 2.7,
      lines: 3.4,
      sweeps: 0.86,
    },
    planar: {
      multiplications: 0.037,
      split: 0.52,
      joined: 0.55,
      rows: 1,
      outputRows: 1.4,
      chunks: 1100,
      taps: 1.8,
      weights: 2.8,
    },
    interleaved: {
      moved: 0.39,
      multiplications: 0.21,
      single: 0.34,
      calls: 9.1,
      places: 0.7,
      chunks: 240,
      weights: 3.3,
    },
    depthwise: {
      inner: 0.58,
      border: 0.62,
      vectors: 0.68,
      cells: 0.15,
      rows: 6.7,
      rowTaps: 7.3,
    },
  },
};

/** Nanoseconds that computing the tables of a pass takes; no end where the way does not fit them. */
export function costOf(way: Way, tables: readonly TapTable[], purpose: Purpose): number {
  const work = workOf(way, tables, purpose), times = TIMES[purpose][way];
  if (!work || !times) return Infinity;
  return Object.entries(work).reduce(
    (sum, [step, count]) => sum + (step === "filled" ? FILLING : times[step] ?? 0) * count,
    0,
  );
}

/** Nanoseconds that filling a value takes, where no tap of a phase reaches; all of the output are filled then. */
const FILLING = 0.18;

/** Nanoseconds that the output pixels of phases without taps take, whatever way the others are computed. */
export function fillingCost(tables: readonly TapTable[]): number {
  return FILLING * filledValues(tables);
}
