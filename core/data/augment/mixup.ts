import { DeconvError } from "../../errors.ts";
import { drawBeta } from "./beta.ts";
import { rasterSize } from "./raster.ts";
import {
  checkNumber,
  checkOptions,
  type PairTransformation,
  type TransformationOptions,
} from "./transformation.ts";

/** Options of {@linkcode mixup} and {@linkcode cutmix}. */
export interface MixOptions extends TransformationOptions {
  /** Shares are drawn from Beta(alpha, alpha): small for one picture nearly whole, 1 for all alike. */
  readonly alpha?: number;
  /** How many classes there are. Default: as many as the dataset has names for. */
  readonly classes?: number;
}

/**
 * Checks the options of what mixes pairs, and completes them.
 *
 * @throws {DeconvError} When one is unknown or wrong.
 */
export function mixOptions(
  kind: string,
  { alpha, probability = 1, classes, ...rest }: MixOptions & { readonly alpha: number },
): Pick<PairTransformation, "config" | "probability" | "classes"> & { readonly changes: "pair" } {
  checkOptions(kind, probability, rest);
  checkNumber(kind, "alpha", alpha, 0, 100);
  if (classes !== undefined && !(Number.isSafeInteger(classes) && classes > 0)) {
    throw new DeconvError(
      `Cannot make ${kind} with ${classes} classes: give a whole number from 1`,
    );
  }
  const config = { kind, alpha, ...(classes !== undefined && { classes }), probability };
  return { config, probability, changes: "pair", classes };
}

/**
 * Blends each picture with another one of the dataset, and their classes alike:
 * `λ·a + (1 - λ)·b` with λ of Beta(α, α). Targets become class vectors, `[classes]`, for the loss
 * `categorical_crossentropy`. After Zhang et al.: "mixup: Beyond Empirical Risk Minimization" (2018).
 *
 * The partner is drawn from the whole dataset (in the paper, from the batch), so that a mixed picture
 * does not depend on the batch. What stands before mixup is applied to both.
 *
 * @param options `alpha` (default 0.2; 0 mixes nothing), `classes` and `probability` (default 1).
 * @throws {DeconvError} For an alpha outside 0..100, or an option there is not. `augment` refuses
 * datasets whose number of classes is not known.
 *
 * @example
 * ```ts
 * import { augment, mixup, randomFlip, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomFlip(), mixup({ alpha: 1 })]);
 * console.log(dataset.targetShape); // [12]
 * ```
 */
export function mixup(options: MixOptions = {}): PairTransformation {
  const { alpha = 0.2 } = options;
  return {
    ...mixOptions("mixup", { ...options, alpha }),
    mix(picture, other, draw) {
      const share = drawBeta(alpha, draw);
      if (share === 1) return 1;
      const { data } = picture, size = rasterSize(picture);
      for (let i = 0; i < size; i++) data[i] = share * data[i] + (1 - share) * other.data[i];
      return share;
    },
  };
}
