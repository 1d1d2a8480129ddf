import type { Block } from "../block.ts";
import { runtime } from "./runtime.ts";

/** Rows whose values are divided by their neighbours' power. */
export interface ResponseShape {
  /** Rows. */
  readonly rows: number;
  /** Values a row. */
  readonly channels: number;
  /** How many values in front of one count. */
  readonly before: number;
  /** How many behind it. */
  readonly after: number;
  /** Factor of the sum of squares. */
  readonly scale: number;
  /** The exponent. */
  readonly beta: number;
  /** Added to the sum. */
  readonly bias: number;
}

/** Reserves the scratch and gives sizes and numbers as the kernels take them. */
function prepare({ rows, channels, before, after, scale, beta, bias }: ResponseShape): number[] {
  const r = runtime();
  r.reserve(r.call("local_response_norm_scratch", channels, before, after) >>> 0, 0);
  return [rows, channels, before, after, scale, beta, bias];
}

/** y = x · (bias + scale · Σ x²)^−beta. */
export function localResponseNormForward(shape: ResponseShape, x: Block, y: Block): void {
  runtime().call("local_response_norm_forward", ...prepare(shape), x.address, y.address);
}

/** dx, and 0 where x is not above 0 with `gate`. */
export function localResponseNormGradient(
  shape: ResponseShape,
  x: Block,
  dy: Block,
  dx: Block,
  gate = false,
): void {
  const places = [x.address, dy.address, dx.address];
  runtime().call("local_response_norm_gradient", ...prepare(shape), gate ? 1 : 0, ...places);
}
