import type { Block } from "../block.ts";
import type { Affine } from "./norm.ts";
import { runtime } from "./runtime.ts";

/** Rows that are normalised on their own, and what is added to their variance. */
export interface RowsShape {
  /** Rows. */
  readonly rows: number;
  /** Values a row; gamma and beta are as long. */
  readonly width: number;
  /** Added to the variance. */
  readonly epsilon: number;
}

const addressOf = (block: Block | null) => block?.address ?? 0;

/** y and the statistics of each row (see `statisticsLength`). */
export function layerNormForward(
  { rows, width, epsilon }: RowsShape,
  { gamma, beta }: Affine<Block>,
  x: Block,
  statistics: Block,
  y: Block,
): void {
  const places = [addressOf(gamma), addressOf(beta), x.address, statistics.address, y.address];
  runtime().call("layer_norm_forward", rows, width, epsilon, ...places);
}

/** dx, where wanted, and 0 where x is not above 0 with `gate`; dgamma and dbeta are added to. */
export function layerNormGradient(
  { rows, width, epsilon }: RowsShape,
  statistics: Block,
  gamma: Block | null,
  x: Block,
  dy: Block,
  dx: Block | null,
  { gamma: dgamma, beta: dbeta }: Affine<Block>,
  gate = false,
): void {
  const r = runtime();
  r.reserve(0, r.call("layer_norm_workspace", rows, width) >>> 0);
  r.call(
    "layer_norm_gradient",
    rows,
    width,
    epsilon,
    gate ? 1 : 0,
    statistics.address,
    addressOf(gamma),
    x.address,
    dy.address,
    ...[dx, dgamma, dbeta].map(addressOf),
  );
}
