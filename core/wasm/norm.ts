import type { Block } from "../block.ts";
import { runtime } from "./runtime.ts";

/**
 * What is normalised: x `[instances, rows, channels]`, with a mean and a variance over the rows for
 * each group of channels of each instance.
 */
export interface NormShape {
  /** Arrays that are normalised on their own. */
  readonly instances: number;
  /** Rows of each. */
  readonly rows: number;
  /** Values a row. */
  readonly channels: number;
  /** Groups that the channels form. */
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** Factors and offsets; null where there are none. */
export interface Affine<T> {
  /** A factor for each channel. */
  readonly gamma: T | null;
  /** An offset for each channel. */
  readonly beta: T | null;
}

/** How gradients are made. */
export interface NormGradientOptions {
  /** Whether the statistics do not depend on x. */
  readonly constant?: boolean;
  /** Whether dx is 0 where x is not above 0; then it may be written over x. */
  readonly gate?: boolean;
}

/** Floats of memory that the statistics of so many groups take: two doubles each. */
export function statisticsLength(groups: number): number {
  return 4 * groups;
}

const addressOf = (block: Block | null) => block?.address ?? 0;

/** Reserves the workspace and gives the sizes as the kernels take them. */
function prepare({ instances, rows, channels, groups }: NormShape): number[] {
  const sizes = [instances, rows, channels, groups], r = runtime();
  r.reserve(0, r.call("norm_workspace", ...sizes) >>> 0);
  return sizes;
}

/** Mean and (biased) variance of each group. */
export function normStatistics(shape: NormShape, x: Block, statistics: Block): void {
  runtime().call("norm_statistics", ...prepare(shape), x.address, statistics.address);
}

/** y = (x − mean) / √(variance + ε) · gamma + beta. */
export function normApply(
  shape: NormShape,
  statistics: Block,
  { gamma, beta }: Affine<Block>,
  x: Block,
  y: Block,
): void {
  const places = [statistics.address, addressOf(gamma), addressOf(beta), x.address, y.address];
  runtime().call("norm_apply", ...prepare(shape), shape.epsilon, ...places);
}

/** dx, where wanted; dgamma and dbeta, where wanted, are added to. */
export function normGradient(
  shape: NormShape,
  statistics: Block,
  gamma: Block | null,
  x: Block,
  dy: Block,
  dx: Block | null,
  { gamma: dgamma, beta: dbeta }: Affine<Block>,
  { constant = false, gate = false }: NormGradientOptions = {},
): void {
  runtime().call(
    "norm_gradient",
    ...prepare(shape),
    shape.epsilon,
    constant ? 1 : 0,
    gate ? 1 : 0,
    statistics.address,
    addressOf(gamma),
    x.address,
    dy.address,
    ...[dx, dgamma, dbeta].map(addressOf),
  );
}

/** The doubles of statistics. */
function doubles(statistics: Block): Float64Array {
  return new Float64Array(runtime().memory.buffer, statistics.address, statistics.length / 2);
}

/** Uses running means and variances as statistics. */
export function loadStatistics(mean: Block, variance: Block, statistics: Block): void {
  const to = doubles(statistics), means = mean.view, variances = variance.view;
  for (let c = 0; c < means.length; c++) to[2 * c] = means[c], to[2 * c + 1] = variances[c];
}

/** Moves running means and variances towards statistics: moving·momentum + new·(1 − momentum). */
export function moveStatistics(
  statistics: Block,
  mean: Block,
  variance: Block,
  { momentum, correction }: {
    /** What remains. */
    momentum: number;
    /** Factor of the new variance. */
    correction: number;
  },
): void {
  const from = doubles(statistics), means = mean.view, variances = variance.view;
  for (let c = 0; c < means.length; c++) {
    means[c] = means[c] * momentum + from[2 * c] * (1 - momentum);
    variances[c] = variances[c] * momentum + from[2 * c + 1] * correction * (1 - momentum);
  }
}
