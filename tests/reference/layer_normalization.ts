/** Layer normalisation: a cell is a run of `width` values, and gamma and beta are as long. */

import type { NumberArray } from "./array.ts";
import { normalize, normalizeGradients } from "./normalization.ts";
import type { Parameters } from "./batch_normalization.ts";

/** y and all gradients. */
export function layerNormalization(
  x: NumberArray,
  dy: NumberArray,
  { gamma, beta }: Parameters,
  width: number,
  epsilon: number,
): Record<string, NumberArray> {
  const how = {
    cell: (i: number) => Math.floor(i / width),
    place: (i: number) => i % width,
    epsilon,
    gamma,
    beta,
  };
  return { y: normalize(x, how), ...normalizeGradients(x, dy, how) };
}
