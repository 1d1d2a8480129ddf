/**
 * Normalisation and its gradients, for any way of grouping: every value belongs to one cell, whose
 * mean and variance it is normalised by, and to one place of gamma and beta.
 *
 * ```text
 * z = (x - mean) / √(variance + ε)      y = z·gamma + beta
 * dx = (g - mean(g) - z·mean(g·z)) / √(variance + ε)   with g = dy·gamma and means over the cell
 * ```
 */

import { type Array64, array64, type NumberArray } from "./array.ts";

/** Which values are normalised together, and how. */
export interface Normalization {
  /** Number of the cell of the value at this index of the data. */
  cell(index: number): number;
  /** Place of gamma and beta for it. */
  place(index: number): number;
  readonly epsilon: number;
  /** Left out: 1. */
  readonly gamma?: NumberArray;
  /** Left out: 0. */
  readonly beta?: NumberArray;
}

/** Mean and variance of a cell. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** The indices of every cell's values. */
function members(size: number, cell: (index: number) => number): Map<number, number[]> {
  const cells = new Map<number, number[]>();
  for (let i = 0; i < size; i++) {
    if (!cells.has(cell(i))) cells.set(cell(i), []);
    cells.get(cell(i))!.push(i);
  }
  return cells;
}

const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean and (biased) variance of every cell, in two passes. */
export function moments({ data }: NumberArray, { cell }: Normalization): Map<number, Moments> {
  const result = new Map<number, Moments>();
  for (const [key, indices] of members(data.length, cell)) {
    const mean = average(indices.map((i) => data[i]));
    result.set(key, { mean, variance: average(indices.map((i) => (data[i] - mean) ** 2)) });
  }
  return result;
}

/** z of every value. */
function standardized(x: NumberArray, how: Normalization, of: Map<number, Moments>): Array64 {
  const z = array64(x.shape);
  for (let i = 0; i < x.data.length; i++) {
    const { mean, variance } = of.get(how.cell(i))!;
    z.data[i] = (x.data[i] - mean) / Math.sqrt(variance + how.epsilon);
  }
  return z;
}

/** y; `of` holds each cell's moments, by default those of x. */
export function normalize(
  x: NumberArray,
  how: Normalization,
  of: Map<number, Moments> = moments(x, how),
): Array64 {
  const y = standardized(x, how, of);
  for (let i = 0; i < y.data.length; i++) {
    const gamma = how.gamma ? how.gamma.data[how.place(i)] : 1;
    const beta = how.beta ? how.beta.data[how.place(i)] : 0;
    y.data[i] = y.data[i] * gamma + beta;
  }
  return y;
}

/** dx where the moments are x's own, and dgamma and dbeta where there are gamma and beta. */
export function normalizeGradients(
  x: NumberArray,
  dy: NumberArray,
  how: Normalization,
): Record<string, Array64> {
  const of = moments(x, how), z = standardized(x, how, of).data;
  const g = Array.from(z, (_, i) => dy.data[i] * (how.gamma ? how.gamma.data[how.place(i)] : 1));
  const dx = array64(x.shape);
  for (const [key, indices] of members(x.data.length, how.cell)) {
    const meanG = average(indices.map((i) => g[i]));
    const meanGz = average(indices.map((i) => g[i] * z[i]));
    const scale = 1 / Math.sqrt(of.get(key)!.variance + how.epsilon);
    for (const i of indices) dx.data[i] = scale * (g[i] - meanG - z[i] * meanGz);
  }
  const results: Record<string, Array64> = { dx };
  if (how.gamma) {
    results.dgamma = array64(how.gamma.shape);
    z.forEach((value, i) => results.dgamma.data[how.place(i)] += dy.data[i] * value);
  }
  if (how.beta) {
    results.dbeta = array64(how.beta.shape);
    for (let i = 0; i < z.length; i++) results.dbeta.data[how.place(i)] += dy.data[i];
  }
  return results;
}
