/**
 * A kernel divided by its spectral norm, and the gradient through that.
 *
 * ```text
 * v = w·u / |w·u|    u = wᵀ·v / |wᵀ·v|    σ = vᵀ·w·u    q = w / σ
 * dw = dq / σ - (Σ dq·w) / σ² · v·uᵀ        (u and v held constant)
 * ```
 */

import { type Array64, array64, dot, type NumberArray } from "./array.ts";

/** What the kernel is divided by, and its vectors. */
export interface Spectrum {
  readonly sigma: number;
  readonly u: Float64Array;
  readonly v: Float64Array;
}

function unit(values: readonly number[]): Float64Array {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return Float64Array.from(values, (value) => value / length);
}

/** σ, u and v of a kernel from a first u, after so many iterations; 0: v follows from u alone. */
export function spectrum(
  kernel: NumberArray,
  start: ArrayLike<number>,
  iterations: number,
): Spectrum {
  const n = start.length, m = kernel.data.length / n;
  const columns = Array.from({ length: n }, (_, j) => j), rows = Array.from({ length: m });
  const row = (i: number) => columns.map((j) => kernel.data[i * n + j]);
  let u = unit(Array.from(start));
  let v = unit(rows.map((_, i) => dot(row(i), u)));
  for (let k = 0; k < iterations; k++) {
    v = unit(rows.map((_, i) => dot(row(i), u)));
    u = unit(columns.map((j) => rows.reduce<number>((s, _, i) => s + v[i] * row(i)[j], 0)));
  }
  const sigma = rows.reduce<number>((s, _, i) => s + v[i] * dot(row(i), u), 0);
  return { sigma, u, v };
}

/** w / σ. */
export function quotient(kernel: NumberArray, { sigma }: Spectrum): Array64 {
  return array64(kernel.shape, Array.from(kernel.data, (value) => value / sigma));
}

/** dw from the gradient of the quotient. */
export function quotientGradient(
  kernel: NumberArray,
  dq: NumberArray,
  { sigma, u, v }: Spectrum,
): Array64 {
  const inner = dot(dq.data, kernel.data), n = u.length;
  return array64(
    kernel.shape,
    Array.from(dq.data, (d, k) => d / sigma - inner / sigma ** 2 * v[Math.floor(k / n)] * u[k % n]),
  );
}
