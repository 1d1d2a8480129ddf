/** Rows of a table by their numbers. */

import { type Array64, array64, type NumberArray } from "./array.ts";

/** y[…, c] = table[x[…], c]. */
export function embedding(x: NumberArray, table: NumberArray): Array64 {
  const columns = table.shape[1], y = array64([...x.shape, columns]);
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = table.data[x.data[Math.floor(i / columns)] * columns + i % columns];
  }
  return y;
}

/** The gradient of the table. */
export function embeddingGradient(
  x: NumberArray,
  dy: NumberArray,
  shape: readonly number[],
): Array64 {
  const dtable = array64(shape);
  for (let i = 0; i < dy.data.length; i++) {
    dtable.data[x.data[Math.floor(i / shape[1])] * shape[1] + i % shape[1]] += dy.data[i];
  }
  return dtable;
}
