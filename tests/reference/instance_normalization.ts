/** Instance normalisation: a cell is a channel of one picture. */

import type { NumberArray } from "./array.ts";
import { normalize, normalizeGradients } from "./normalization.ts";
import type { Parameters } from "./batch_normalization.ts";

/** y and all gradients. */
export function instanceNormalization(
  x: NumberArray,
  dy: NumberArray,
  { gamma, beta }: Parameters,
  epsilon: number,
): Record<string, NumberArray> {
  const channels = x.shape[x.shape.length - 1], picture = x.data.length / x.shape[0];
  const how = {
    cell: (i: number) => Math.floor(i / picture) * channels + i % channels,
    place: (i: number) => i % channels,
    epsilon,
    gamma,
    beta,
  };
  return { y: normalize(x, how), ...normalizeGradients(x, dy, how) };
}
