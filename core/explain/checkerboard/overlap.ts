import { type Pair, pair } from "../../geometry.ts";
import type { Period } from "./spectrum.ts";

/**
 * How pixels are put together along one axis. `"gather"`, as a convolution does: output pixel i is made of
 * input pixels i·stride + r·dilation − pad for the taps r. `"scatter"`, its transpose: input pixel i
 * paints output pixels i·stride + r·dilation − pad.
 */
export interface AxisTaps {
  /** Which of the two. */
  readonly way: "gather" | "scatter";
  /** Taps. */
  readonly kernel: number;
  /** Pixels from one to the next. */
  readonly stride: number;
  /** Pixels from tap to tap. */
  readonly dilation: number;
  /** Pixels that the first tap stands before the picture. */
  readonly pad: number;
}

/** How pixels are put together down and across. */
export type Taps = readonly [down: AxisTaps, across: AxisTaps];

/**
 * How many taps (or, through several layers, paths) paint each pixel, far from any border: a pattern that
 * repeats without end, as multiples of its mean.
 */
export interface OverlapMap {
  /** Rows and columns after which it repeats. */
  readonly period: Period;
  /** The counts, row by row; their mean is 1, unless all are 0. */
  readonly counts: Float64Array;
}

/** A map of one pixel: every one is painted equally often. */
export const EVEN: OverlapMap = { period: [1, 1], counts: Float64Array.of(1) };

/** Taps along both axes from options as layers have them. */
export function tapsOf(
  way: AxisTaps["way"],
  kernel: Pair,
  stride: Pair = 1,
  pads: readonly number[] = [0, 0],
  dilation: Pair = 1,
): Taps {
  const [k, s, d] = [
    pair(kernel, "kernel", 1),
    pair(stride, "strides", 1),
    pair(dilation, "dilation", 1),
  ];
  const axis = (i: 0 | 1) => ({ way, kernel: k[i], stride: s[i], dilation: d[i], pad: pads[i] });
  return [axis(0), axis(1)];
}

/** The same taps run backward: what each input pixel's gradient is made of. */
export function transposed([down, across]: Taps): Taps {
  const turn = (axis: AxisTaps): AxisTaps => ({
    ...axis,
    way: axis.way === "gather" ? "scatter" : "gather",
  });
  return [turn(down), turn(across)];
}

function greatestDivisor(a: number, b: number): number {
  return b ? greatestDivisor(b, a % b) : a;
}

/** Remainder that is never negative. */
const modulo = (a: number, n: number) => (a % n + n) % n;

/** One axis of a repeating pattern: which old positions each new position is the sum of. */
function sources({ way, kernel, stride, dilation, pad }: AxisTaps, period: number): number[][] {
  const gathers = way === "gather";
  const length = gathers ? period / greatestDivisor(period, stride) : period * stride;
  return Array.from({ length }, (_, i) => {
    const from: number[] = [];
    for (let tap = 0; tap < kernel; tap++) {
      const reach = gathers ? i * stride + tap * dilation - pad : i + pad - tap * dilation;
      if (gathers) from.push(modulo(reach, period));
      else if (reach % stride === 0) from.push(modulo(reach / stride, period));
    }
    return from;
  });
}

/** What becomes of an overlap map in a layer. */
export function throughTaps({ period, counts }: OverlapMap, [down, across]: Taps): OverlapMap {
  const rows = sources(down, period[0]), columns = sources(across, period[1]);
  const result = new Float64Array(rows.length * columns.length);
  rows.forEach((fromRows, y) =>
    columns.forEach((fromColumns, x) => {
      for (const r of fromRows) {
        for (const c of fromColumns) result[y * columns.length + x] += counts[r * period[1] + c];
      }
    })
  );
  return normalized([rows.length, columns.length], result);
}

/** The sum of several maps, repeating after the least common multiple of their periods. */
export function together(maps: readonly OverlapMap[]): OverlapMap {
  const multiple = (a: number, b: number) => a * b / greatestDivisor(a, b);
  const axis = (i: 0 | 1) => maps.reduce((all, { period }) => multiple(all, period[i]), 1);
  const [rows, columns] = [axis(0), axis(1)];
  const counts = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (const map of maps) counts[y * columns + x] += overlapAt(map, y, x);
    }
  }
  return normalized([rows, columns], counts);
}

function normalized(period: Period, counts: Float64Array): OverlapMap {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return { period, counts: mean > 0 ? counts.map((count) => count / mean) : counts };
}

/** How often the pixel in a row and a column is painted. */
export function overlapAt({ period, counts }: OverlapMap, row: number, column: number): number {
  return counts[modulo(row, period[0]) * period[1] + modulo(column, period[1])];
}

/**
 * How uneven a map is: (most − least) / (most + least). 0 where every pixel is painted equally often; 1
 * where some are not painted at all.
 */
export function unevenness({ counts }: OverlapMap): number {
  const most = Math.max(...counts), least = Math.min(...counts);
  const uneven = most > 0 ? (most - least) / (most + least) : 1;
  return uneven < 1e-9 ? 0 : uneven; // sums in different orders
}

/** The part of the pixels that nothing is painted on. */
export function holes({ counts }: OverlapMap): number {
  return counts.filter((count) => count === 0).length / counts.length;
}
