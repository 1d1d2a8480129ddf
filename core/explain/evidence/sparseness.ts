import type { Tensor } from "../../tensor.ts";
import { pictureOf } from "../variants.ts";

/**
 * Sparseness: the Gini index of the sizes of a map's numbers (Chalasani et al. 2020, "Concise explanations of
 * neural networks using adversarial training"),
 *
 * ```text
 * 1 − 2·Σ_k |v|₍ₖ₎/‖v‖₁ · (d − k + ½)/d     |v|₍₁₎ ≤ … ≤ |v|₍d₎
 * ```
 *
 * 0 for a map that is the same everywhere (and one of zeros), nearly 1 for a single place. Larger means: the
 * map points to fewer places.
 *
 * @param map `[pictures, …]`.
 * @returns One for each picture.
 *
 * @example
 * ```ts
 * import { sparseness, tensor } from "@deconv/deconv";
 * console.log(sparseness(tensor([1, -1, 1, 1, 0, 0, 0, 4], [2, 4]))); // [0, 0.75]
 * ```
 */
export function sparseness(map: Tensor): number[] {
  return Array.from({ length: map.shape[0] }, (_, i) => {
    const sizes = Float64Array.from(pictureOf(map, i), Math.abs).sort(), d = sizes.length;
    const norm = sizes.reduce((sum, v) => sum + v, 0);
    if (!(norm > 0)) return 0;
    return 1 - 2 * sizes.reduce((sum, v, k) => sum + v / norm * (d - k - 0.5) / d, 0);
  });
}
