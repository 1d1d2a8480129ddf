import type { Block } from "../block.ts";
import { runtime } from "./runtime.ts";

/**
 * y[i] = w[x[i]], rows of so many columns. Returns −1, or the place of the first value of x that is no
 * row's number; then nothing is written.
 */
export function embeddingForward(columns: number, x: Block, w: Block, y: Block): number {
  const places = [x.address, w.address, y.address];
  return runtime().call("embedding_forward", x.length, w.length / columns, columns, ...places);
}

/** dw[x[i]] += dy[i], in the order of i. */
export function embeddingGradient(columns: number, x: Block, dw: Block, dy: Block): void {
  const places = [x.address, dw.address, dy.address];
  runtime().call("embedding_gradient", x.length, dw.length / columns, columns, ...places);
}
