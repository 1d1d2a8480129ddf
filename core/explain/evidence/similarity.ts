/** How alike two maps are. */
import type { Shape, Tensor } from "../../tensor.ts";
import { pictureOf } from "../variants.ts";
import { type ChannelSum, formOf, placesOf } from "./attribute.ts";

/** Places in order of their values, equal ones with the mean of their places. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i)
    .sort((a, b) => values[a] - values[b]);
  const found = new Float64Array(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let i = from; i < to; i++) found[order[i]] = (from + to - 1) / 2;
  }
  return found;
}

/**
 * Spearman's rank correlation, from −1 to 1; equal values share the mean of their ranks. 0 where one of
 * the two is the same everywhere. Larger means: places come in more nearly the same order.
 */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const u = ranks(a), v = ranks(b), mean = (u.length - 1) / 2;
  let uv = 0, uu = 0, vv = 0;
  u.forEach((rank, i) => {
    uv += (rank - mean) * (v[i] - mean);
    uu += (rank - mean) ** 2;
    vv += (v[i] - mean) ** 2;
  });
  return uu > 0 && vv > 0 ? uv / Math.sqrt(uu * vv) : 0;
}

/** Divided by the largest size. */
function scaled(values: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(values), most = all.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  return most > 0 ? all.map((v) => v / most) : all;
}

const DEVIATION = 1.5, WINDOW = 11;

/** A Gaussian window: 11 cells, or the largest odd number of them there are. */
function windowOf(size: number): Float64Array {
  const cells = Math.min(WINDOW, size - 1 + size % 2), middle = (cells - 1) / 2;
  const weights = Float64Array.from(
    { length: cells },
    (_, i) => Math.exp(-((i - middle) ** 2) / (2 * DEVIATION ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/** Windowed means of a plane, over all windows that lie within it. */
function means(x: Float64Array, [height, width]: readonly [number, number]): Float64Array {
  const down = windowOf(height), across = windowOf(width);
  const rows = height - down.length + 1, columns = width - across.length + 1;
  const narrow = new Float64Array(height * columns), out = new Float64Array(rows * columns);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < columns; j++) {
      across.forEach((w, s) => narrow[i * columns + j] += w * x[i * width + j + s]);
    }
  }
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      down.forEach((w, r) => out[i * columns + j] += w * narrow[(i + r) * columns + j]);
    }
  }
  return out;
}

/**
 * Structural similarity (Wang et al. 2004) of two planes, each first divided by its largest size: at most
 * 1, near 0 for planes that have nothing to do with each other. Gaussian windows of 11x11 cells (fewer where
 * there are fewer), deviation 1.5, k1 = 0.01, k2 = 0.03, over the range of the numbers: 2 where some
 * are negative, else 1. Larger means: more alike.
 */
export function structuralSimilarity(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  size: readonly [number, number],
): number {
  const a = scaled(first), b = scaled(second);
  const range = a.some((v) => v < 0) || b.some((v) => v < 0) ? 2 : 1;
  const c1 = (0.01 * range) ** 2, c2 = (0.03 * range) ** 2;
  const product = (u: Float64Array, v: Float64Array) => means(u.map((x, i) => x * v[i]), size);
  const ma = means(a, size), mb = means(b, size);
  const aa = product(a, a), bb = product(b, b), ab = product(a, b);
  const sum = ma.reduce((total, u, i) => {
    const v = mb[i], variances = aa[i] - u * u + bb[i] - v * v;
    const light = (2 * u * v + c1) / (u * u + v * v + c1);
    return total + light * (2 * (ab[i] - u * v) + c2) / (variances + c2);
  }, 0);
  return sum / ma.length;
}

/** How alike maps are, as a mean over the pictures; of each number 1 means: the same. */
export interface Similarity {
  /** Structural similarity. */
  readonly ssim: number;
  /** Spearman's rank correlation. */
  readonly rank: number;
  /** Structural similarity of the sizes, signs left out. */
  readonly absoluteSsim: number;
  /** Spearman's rank correlation of the sizes. */
  readonly absoluteRank: number;
}

/** Maps of some pictures: channels summed, and their sizes summed. */
export interface Maps {
  /** The sums. */
  readonly signed: readonly Float64Array[];
  /** The sums of sizes. */
  readonly absolute: readonly Float64Array[];
  /** Height and width. */
  readonly size: readonly [number, number];
}

/** The maps of some pictures, ready to be compared. */
export function mapsOf(map: Tensor, x: Shape): Maps {
  const form = formOf(map.shape, x);
  const each = (how: ChannelSum) =>
    Array.from({ length: x[0] }, (_, i) => placesOf(pictureOf(map, i), form, how));
  return { signed: each("sum"), absolute: each("absolute"), size: form.size };
}

/** How alike maps of the same pictures are. */
export function similarityOf(first: Maps, second: Maps): Similarity {
  const { size } = first, count = first.signed.length;
  const mean = (of: (i: number) => number) =>
    first.signed.reduce((sum, _, i) => sum + of(i), 0) / count;
  const [a, b, p, q] = [first.signed, second.signed, first.absolute, second.absolute];
  return {
    ssim: mean((i) => structuralSimilarity(a[i], b[i], size)),
    rank: mean((i) => rankCorrelation(a[i], b[i])),
    absoluteSsim: mean((i) => structuralSimilarity(p[i], q[i], size)),
    absoluteRank: mean((i) => rankCorrelation(p[i], q[i])),
  };
}
