import type { Model } from "../../model.ts";
import type { Tensors } from "../../network.ts";
import type { Tensor } from "../../tensor.ts";
import { baselineOf, type InputBaseline } from "../baseline.ts";
import type { ExplainOptions } from "../gradient.ts";
import { pictureOf, subjectOf } from "../variants.ts";
import { formOf } from "./attribute.ts";

/** Options of `completeness`. */
export interface CompletenessOptions extends ExplainOptions {
  /** What the target is compared with. Default 0. */
  baseline?: InputBaseline;
}

/** How much of the target a map accounts for. */
export interface Completeness {
  /** The sum of the map. */
  readonly sum: number;
  /** f(x) − f(baseline). */
  readonly difference: number;
  /** The size of their difference. Smaller means: the map accounts for more of the target. */
  readonly gap: number;
  /** The gap as a part of the size of f(x) − f(baseline); null where that is 0. */
  readonly relative: number | null;
}

/**
 * Completeness (Sundararajan, Taly & Yan 2017): whether a map sums to f(x) − f(baseline), as those of
 * integrated gradients, DeepLIFT, relevance and Shapley values do. A smaller gap means: it accounts for more of
 * the target. Gradients and class activation maps are not made to sum to anything.
 *
 * @param map A number for each number or place of the input.
 * @returns One for each picture.
 * @throws {DeconvError} When an option or the map's shape is wrong.
 *
 * @example
 * ```ts
 * import { completeness, kernelShap, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 }), x = zeros([1, 32, 32, 3]);
 * const { map } = await kernelShap(net, x, { grid: 2, baseline: 1 });
 * const [{ gap }] = completeness(net, x, map, { baseline: 1 });
 * console.log(gap < 1e-4); // true
 * ```
 */
export function completeness(
  model: Model,
  x: Tensors,
  map: Tensor,
  options: CompletenessOptions = {},
): Completeness[] {
  const subject = subjectOf(model, x, options);
  formOf(map.shape, subject.x.shape);
  const baseline = baselineOf(subject.x, options.baseline ?? 0);
  const whole = subject.scores(subject.x), nothing = subject.scores(baseline);
  return whole.map((value, i) => {
    const sum = pictureOf(map, i).reduce((total, v) => total + v, 0);
    const difference = value - nothing[i], gap = Math.abs(sum - difference);
    return { sum, difference, gap, relative: difference ? gap / Math.abs(difference) : null };
  });
}
