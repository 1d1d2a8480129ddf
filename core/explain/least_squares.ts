/** Weighted least squares whose solution has a given sum. */

/** A symmetric matrix's Cholesky factor in its lower half, in place; false where it is not positive definite. */
function factorize(a: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      if (i > j) a[i * n + j] = sum / a[j * n + j];
      else if (sum > 1e-12) a[j * n + j] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves with a Cholesky factor, in place. */
function solve(a: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
}

/** Rows of zeros and ones, each with a weight. */
export interface WeightedRow {
  /** The row. */
  readonly there: Uint8Array;
  /** Its weight. */
  readonly weight: number;
}

/**
 * A function that finds, for values y of the rows, the φ that minimises Σ weight·(row·φ − y)² among
 * those whose sum is `sum`: the last is eliminated, so that the sum is exact. Null where the rows do
 * not determine it.
 */
export function constrainedLeastSquares(
  rows: readonly WeightedRow[],
  size: number,
): ((y: ArrayLike<number>, sum: number) => Float64Array) | null {
  const n = size - 1, matrix = new Float64Array(n * n);
  /** A row without its last, which has been taken from all others. */
  const reduced = ({ there }: WeightedRow) =>
    Float64Array.from({ length: n }, (_, i) => there[i] - there[n]);
  for (const row of rows) {
    const z = reduced(row);
    for (let i = 0; i < n; i++) {
      if (!z[i]) continue;
      for (let j = 0; j <= i; j++) matrix[i * n + j] += row.weight * z[i] * z[j];
    }
  }
  if (!factorize(matrix, n)) return null;
  return (y, sum) => {
    const solution = new Float64Array(n);
    rows.forEach((row, r) => {
      const z = reduced(row), rest = row.weight * (y[r] - row.there[n] * sum);
      for (let i = 0; i < n; i++) solution[i] += z[i] * rest;
    });
    solve(matrix, n, solution);
    const all = new Float64Array(size);
    all.set(solution);
    all[n] = solution.reduce((left, v) => left - v, sum);
    return all;
  };
}
