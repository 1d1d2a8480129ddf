/**
 * Which source cells each output cell is made of, along one axis of a picture, and with what weights:
 * pooling windows and the stencils of resampling. The kernels walk over the product of two such
 * axes (assembly/windows.ts); a gradient walks over the same axes turned round.
 */

/** The source cells of one output cell: from `first` on, one for each weight. */
export interface Span {
  readonly first: number;
  readonly weights: readonly number[];
}

/** An axis: its source cells, and a span for every output cell. */
export interface Axis {
  readonly size: number;
  readonly spans: readonly Span[];
}

/** The axes of windows over pictures: rows, then columns. */
export type Axes = readonly [Axis, Axis];

/** Pooling windows along one axis: their size, the distance between them, the padding before the first. */
export interface PoolWindows {
  readonly pool: number;
  readonly stride: number;
  readonly pad: number;
  readonly out: number;
}

/**
 * The windows of a pool over `size` cells, cut off at the border.
 *
 * @param counted Whether cells of the padding count when an average is taken: weights are one over
 * the cells of a window, those inside the picture or all.
 */
export function poolAxis(
  size: number,
  { pool, stride, pad, out }: PoolWindows,
  counted = false,
): Axis {
  const spans = Array.from({ length: out }, (_, cell) => {
    const start = cell * stride - pad, first = Math.max(start, 0);
    const count = Math.min(start + pool, size) - first;
    return { first, weights: new Array<number>(count).fill(1 / (counted ? pool : count)) };
  });
  return { size, spans };
}

/** The same relation seen from the source: for each of its cells, the output cells it goes into. */
export function turnedRound({ size, spans }: Axis): Axis {
  const found = Array.from({ length: size }, () => ({ first: 0, weights: [] as number[] }));
  spans.forEach(({ first, weights }, cell) =>
    weights.forEach((weight, i) => {
      const span = found[first + i];
      if (!span.weights.length) span.first = cell;
      while (span.first + span.weights.length < cell) span.weights.push(0);
      span.weights.push(weight);
    })
  );
  return { size: spans.length, spans: found };
}

/** Source pixels a chunk reads times its channels, about. */
const WORK = 32768;

/**
 * The table of assembly/windows.ts, as 32-bit words, for pictures of so many channels.
 *
 * @param axes Rows, then columns.
 */
export function encodeWindows(
  pictures: number,
  channels: number,
  [rows, columns]: Axes,
): Int32Array {
  const all = [...rows.spans, ...columns.spans], head = 7 + 3 * all.length;
  const taps = all.reduce((sum, { weights }) => sum + weights.length, 0);
  const words = new Int32Array(head + taps), floats = new Float32Array(words.buffer);
  const reach = ({ spans }: Axis) =>
    Math.max(1, spans.reduce((sum, { weights }) => sum + weights.length, 0) / spans.length);
  const each = Math.ceil(WORK / (channels * reach(rows) * reach(columns)));
  words.set([pictures, rows.size, columns.size, rows.spans.length, columns.spans.length]);
  words.set([channels, each], 5);
  let to = head;
  all.forEach(({ first, weights }, i) => {
    words.set([first, weights.length, 4 * to], 7 + 3 * i);
    floats.set(weights, to);
    to += weights.length;
  });
  return words;
}
