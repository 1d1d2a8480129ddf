/**
 * The one data type of the references: a dense row-major float64 array with a shape.
 *
 * References take anything that has a shape and numbers (a product `Tensor` will do) and always
 * give back float64, so nothing is rounded between one reference and the next.
 */

/** What a reference accepts: row-major numbers of any kind and their shape, outermost first. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What a reference returns. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Height and width, in this order. */
export type Pair = readonly [number, number];

/** Rows above, columns on the left, rows below, columns on the right. */
export type Pads = readonly [number, number, number, number];

/** The number of elements of an array of this shape; 1 for `[]`. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** An array of zeros, or of `data`, which is copied and must fill `shape` exactly. */
export function array64(shape: readonly number[], data?: ArrayLike<number>): Array64 {
  const size = elements(shape);
  if (data !== undefined && data.length !== size) {
    throw new Error(`shape [${shape.join(",")}] needs ${size} values, got ${data.length}`);
  }
  return { shape, data: data === undefined ? new Float64Array(size) : Float64Array.from(data) };
}

/** The place of element `[i, j, k, l]` in the data of an array of this four-dimensional shape. */
export function at4(shape: readonly number[], i: number, j: number, k: number, l: number): number {
  return ((i * shape[1] + j) * shape[2] + k) * shape[3] + l;
}

/** The sum of `a[i] * b[i]` over two arrays of equal length. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`dot of ${a.length} and ${b.length} values`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
