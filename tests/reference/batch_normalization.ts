/** Batch normalisation: a cell is a channel, over the whole batch. */

import type { NumberArray } from "./array.ts";
import {
  type Moments,
  moments,
  type Normalization,
  normalize,
  normalizeGradients,
} from "./normalization.ts";

/** Options as in Keras; momentum .99, ε 1e-3. */
export interface BatchNormalization {
  readonly epsilon?: number;
  readonly momentum?: number;
  readonly unbiasedVariance?: boolean;
}

/** Parameters by name; gamma and beta may be missing. */
export type Parameters = Readonly<Record<string, NumberArray>>;

function howTo(
  x: NumberArray,
  { gamma, beta }: Parameters,
  { epsilon = 1e-3 }: BatchNormalization,
): Normalization {
  const channel = (i: number) => i % x.shape[x.shape.length - 1];
  return { cell: channel, place: channel, epsilon, gamma, beta };
}

/** y, all gradients and the new running statistics of one step of training. */
export function trainBatchNormalization(
  x: NumberArray,
  dy: NumberArray,
  parameters: Parameters,
  options: BatchNormalization,
): Record<string, NumberArray> {
  const how = howTo(x, parameters, options), of = moments(x, how);
  const { momentum = 0.99, unbiasedVariance = false } = options;
  const channels = x.shape[x.shape.length - 1], n = x.data.length / channels;
  const factor = unbiasedVariance && n > 1 ? n / (n - 1) : 1;
  const move = (moving: NumberArray, now: (of: Moments) => number) => ({
    shape: moving.shape,
    data: Array.from(
      moving.data,
      (value, c) => momentum * value + (1 - momentum) * now(of.get(c)!),
    ),
  });
  return {
    y: normalize(x, how),
    ...normalizeGradients(x, dy, how),
    moving_mean: move(parameters.moving_mean, ({ mean }) => mean),
    moving_variance: move(parameters.moving_variance, ({ variance }) => factor * variance),
  };
}

/** y by the running statistics. */
export function applyBatchNormalization(
  x: NumberArray,
  parameters: Parameters,
  options: BatchNormalization,
): NumberArray {
  const { moving_mean: means, moving_variance: variances } = parameters;
  const of = new Map(
    Array.from(means.data, (mean, c) => [c, { mean, variance: variances.data[c] }]),
  );
  return normalize(x, howTo(x, parameters, options), of);
}
