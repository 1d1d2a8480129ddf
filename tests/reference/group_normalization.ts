/** Group normalisation: a cell is a run of neighbouring channels of one picture. */

import type { NumberArray } from "./array.ts";
import { normalize, normalizeGradients } from "./normalization.ts";
import type { Parameters } from "./batch_normalization.ts";

/** y and all gradients. */
export function groupNormalization(
  x: NumberArray,
  dy: NumberArray,
  { gamma, beta }: Parameters,
  groups: number,
  epsilon: number,
): Record<string, NumberArray> {
  const channels = x.shape[x.shape.length - 1], picture = x.data.length / x.shape[0];
  const how = {
    cell: (i: number) =>
      Math.floor(i / picture) * groups + Math.floor((i % channels) / (channels / groups)),
    place: (i: number) => i % channels,
    epsilon,
    gamma,
    beta,
  };
  return { y: normalize(x, how), ...normalizeGradients(x, dy, how) };
}
