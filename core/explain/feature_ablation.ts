import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { baselineOf, type InputBaseline } from "./baseline.ts";
import { type Segmentation, segmentsOf, withoutFeatures } from "./segments.ts";
import { type ManyPasses, pictureOf, scoreVariants, subjectOf } from "./variants.ts";

/** Options of `featureAblation`. */
export interface FeatureAblationOptions extends ManyPasses, Segmentation {
  /** What stands for a feature that is not there. Default 0. */
  baseline?: InputBaseline;
}

/**
 * Feature ablation: what the target loses without one feature,
 *
 * ```text
 * map[i] = f(x) − f(x without the feature of i)
 * ```
 *
 * as Captum's `FeatureAblation` has it. Features are the rectangles of a grid or `segments` of your own;
 * each number of the map is its whole feature's. Larger means: more was lost without it.
 *
 * @param x The inputs, or with `of` what a layer makes.
 * @returns A number for each place, or, where `segments` has one for each number, for each number.
 * @throws {DeconvError} When an option is wrong.
 *
 * @example
 * ```ts
 * import { featureAblation, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = await featureAblation(net, zeros([1, 32, 32, 3]), { grid: 4, baseline: "mean" });
 * console.log(map.shape); // [1, 32, 32]
 * ```
 */
export async function featureAblation(
  model: Model,
  x: Tensors,
  options: FeatureAblationOptions = {},
): Promise<Tensor> {
  const subject = subjectOf(model, x, options), [pictures, ...shape] = subject.x.shape;
  const segments = segmentsOf(shape, options), size = sizeOf(segments.shape);
  const baseline = baselineOf(subject.x, options.baseline ?? 0);
  const whole = subject.scores(subject.x);
  const found = await scoreVariants(
    subject,
    segments.count,
    (feature, copy, picture) =>
      withoutFeatures(copy, pictureOf(baseline, picture), segments, (f) => f === feature),
    options,
  );
  const data = new Float32Array(pictures * size);
  found.forEach((scores, picture) =>
    segments.of.forEach((feature, i) => data[picture * size + i] = whole[picture] - scores[feature])
  );
  return { shape: [pictures, ...segments.shape], data };
}
