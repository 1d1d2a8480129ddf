/**
 * How far a map can be trusted, one picture at a time and by the definitions: Petsiuk et al. 2018;
 * Yeh et al. 2019 as Captum computes it; Gini 1912; Spearman 1904.
 */

import { array64, type Pair } from "./array.ts";
import type { Score } from "./perturbation.ts";
import { ssimLoss } from "./ssim.ts";

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** The score when the `count` places with the largest numbers show one picture and the rest another. */
export function scoreWith(
  f: Score,
  places: readonly number[],
  count: number,
  [first, rest]: readonly [readonly number[], readonly number[]],
): number {
  const channels = first.length / places.length;
  /** How many places come before one: larger numbers, and equal ones to the left. */
  const before = (cell: number) =>
    places.filter((v, i) => v > places[cell] || v === places[cell] && i < cell).length;
  const chosen = places.map((_, cell) => before(cell) < count);
  return f(first.map((v, k) => chosen[Math.floor(k / channels)] ? v : rest[k]));
}

/** The area below a polyline. */
export function area(xs: readonly number[], ys: readonly number[]): number {
  return sum(xs.slice(1).map((x, i) => (x - xs[i]) * (ys[i + 1] + ys[i]) / 2));
}

/** `changes` are pairs of I·map and f(x) − f(x − I). */
export function infidelity(changes: readonly (readonly [number, number])[]) {
  const scale = sum(changes.map(([told, was]) => told * was)) /
    sum(changes.map(([told]) => told * told));
  return {
    infidelity: mean(changes.map(([told, was]) => (told - was) ** 2)),
    scaled: mean(changes.map(([told, was]) => (scale * told - was) ** 2)),
    scale,
  };
}

/** The largest distance of a map from others, as a part of its norm. */
export function maxSensitivity(map: readonly number[], others: readonly (readonly number[])[]) {
  const norm = (values: readonly number[]) => Math.sqrt(sum(values.map((v) => v * v)));
  return Math.max(
    ...others.map((other) => norm(map.map((v, k) => v - other[k])) / (norm(map) || 1)),
  );
}

/** Half the mean difference of all pairs of sizes, as a part of the mean size. */
export function gini(values: readonly number[]): number {
  const sizes = values.map(Math.abs);
  const pairs = sizes.flatMap((a) => sizes.map((b) => Math.abs(a - b)));
  return mean(pairs) / (2 * mean(sizes));
}

/** Pearson's correlation of ranks, equal values in the middle of theirs. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) =>
    values.map((v) =>
      values.filter((u) => u < v).length + values.filter((u) => u === v).length / 2
    );
  const centred = (values: readonly number[]) => values.map((v) => v - mean(values));
  const u = centred(ranks(a)), v = centred(ranks(b));
  const dot = (p: readonly number[], q: readonly number[]) => sum(p.map((x, i) => x * q[i]));
  return dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v));
}

/** Structural similarity of two maps, each divided by its largest size. */
export function mapSimilarity(a: readonly number[], b: readonly number[], size: Pair): number {
  const scaled = (values: readonly number[]) => {
    const most = Math.max(...values.map(Math.abs));
    return array64([1, ...size, 1], values.map((v) => v / most));
  };
  const side = Math.min(11, ...size), dataRange = [...a, ...b].some((v) => v < 0) ? 2 : 1;
  const windowSize = side % 2 ? side : side - 1;
  return 1 - ssimLoss(scaled(a), scaled(b), { dataRange, windowSize }).loss;
}
