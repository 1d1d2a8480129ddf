import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { baselineOf, type InputBaseline } from "./baseline.ts";
import { coalitions } from "./coalitions.ts";
import { constrainedLeastSquares } from "./least_squares.ts";
import { type Segmentation, segmentsOf, withoutFeatures } from "./segments.ts";
import { type ManyPasses, pictureOf, scoreVariants, subjectOf } from "./variants.ts";

/** Options of `kernelShap`. */
export interface KernelShapOptions extends ManyPasses, Segmentation {
  /** Most coalitions of features that are tried. Default 2048 + 2·features, as in the authors' library. */
  samples?: number;
  /** What stands for a feature that is not there. Default 0. */
  baseline?: InputBaseline;
  /** Decides which coalitions are drawn. Default 0. */
  seed?: number;
}

/** What KernelSHAP finds. */
export interface KernelShap {
  /**
   * `[pictures, height, width]`: each feature's value spread evenly over its places, so that a picture's
   * map sums to f(x) − f(baseline) as the values do.
   */
  readonly map: Tensor;
  /** `[pictures, features]`: the Shapley values. */
  readonly values: Tensor;
}

/**
 * KernelSHAP (Lundberg & Lee 2017, "A unified approach to interpreting model predictions"): Shapley
 * values of features by weighted least squares over coalitions z of them,
 *
 * ```text
 * min over φ of Σ π(z)·(f(x with z) − f(baseline) − z·φ)²     π(z) = (n − 1) / (C(n, |z|)·|z|·(n − |z|))
 * with Σφ = f(x) − f(baseline), exactly
 * ```
 *
 * Where `samples` reaches for all 2ⁿ − 2 coalitions, these are the exact Shapley values. Features are the
 * rectangles of a grid, or `segments` of your own. Larger means: the feature adds more to the target.
 *
 * @param x The inputs, or with `of` what a layer makes.
 * @throws {DeconvError} When an option is wrong, or there are too few samples for so many features.
 *
 * @example
 * ```ts
 * import { kernelShap, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const { map, values } = await kernelShap(net, zeros([1, 32, 32, 3]), { grid: 3, samples: 100 });
 * console.log(map.shape, values.shape); // [1, 32, 32] [1, 9]
 * ```
 */
export async function kernelShap(
  model: Model,
  x: Tensors,
  options: KernelShapOptions = {},
): Promise<KernelShap> {
  const subject = subjectOf(model, x, options), [pictures, ...shape] = subject.x.shape;
  const segments = segmentsOf(shape, options), { count, of } = segments;
  const samples = positive(options.samples ?? 2048 + 2 * count, "samples");
  const tried = coalitions(count, samples, options.seed ?? 0);
  const fit = constrainedLeastSquares(tried, count);
  if (!fit) {
    throw new DeconvError(
      `kernelShap cannot tell ${count} features apart with ${samples} samples: give at least ${
        4 * count
      }, or a coarser grid`,
    );
  }
  const baseline = baselineOf(subject.x, options.baseline ?? 0);
  const whole = subject.scores(subject.x), nothing = subject.scores(baseline);
  const found = await scoreVariants(
    subject,
    tried.length,
    (number, copy, picture) =>
      withoutFeatures(copy, pictureOf(baseline, picture), segments, (f) => !tried[number].there[f]),
    options,
  );
  const sizes = new Uint32Array(count), size = sizeOf(segments.shape);
  for (const feature of of) sizes[feature]++;
  const values = new Float32Array(pictures * count), map = new Float32Array(pictures * size);
  found.forEach((scores, picture) => {
    const y = scores.map((score) => score - nothing[picture]);
    const shares = fit(y, whole[picture] - nothing[picture]);
    values.set(shares, picture * count);
    of.forEach((feature, i) => map[picture * size + i] = shares[feature] / sizes[feature]);
  });
  return {
    map: { shape: [pictures, ...segments.shape], data: map },
    values: { shape: [pictures, count], data: values },
  };
}
