import type { Block } from "../block.ts";
import { runtime } from "./runtime.ts";

/** One double per chunk of this many elements. */
const CHUNK = 16384;

/** Workspace for sums over `n` elements. */
export function reserveSums(n: number): void {
  runtime().reserve(0, 8 * Math.ceil(n / CHUNK) + 8);
}

/** y += x. */
export function add(x: Block, y: Block): void {
  runtime().call("add", y.length, x.address, y.address);
}

/** y *= by. */
export function scale(y: Block, by: number): void {
  runtime().call("scale", y.length, by, y.address);
}

/** y = min(max(y, −limit), limit). */
export function clip(y: Block, limit: number): void {
  runtime().call("clip", y.length, limit, y.address);
}

/** Σ x·y, in double. */
export function dot(x: Block, y: Block): number {
  reserveSums(x.length);
  return runtime().call("dot", x.length, x.address, y.address);
}

/** Σ x², in double. */
export function sumOfSquares(x: Block): number {
  return dot(x, x);
}

/** y[column] += Σ over rows of x[row][column]. */
export function columnSums(x: Block, rows: number, y: Block): void {
  const columns = x.length / rows;
  runtime().reserve(0, 8 * 4 * (columns + 4));
  runtime().call("column_sums", rows, columns, x.address, y.address);
}
