import { drawBeta } from "./beta.ts";
import { type MixOptions, mixOptions } from "./mixup.ts";
import type { PairTransformation } from "./transformation.ts";

/**
 * Pastes a rectangle of another picture of the dataset into each picture; classes count by the area
 * they cover. The rectangle has the picture's proportions and a part 1 - λ of its area, with λ of
 * Beta(α, α); its middle lies anywhere, and what sticks out is cut off. Targets become class vectors,
 * `[classes]`, for the loss `categorical_crossentropy`. After Yun et al.: "CutMix: Regularization
 * Strategy to Train Strong Classifiers with Localizable Features" (2019).
 *
 * The partner is drawn from the whole dataset (in the paper, from the batch), so that a mixed picture
 * does not depend on the batch. What stands before cutmix is applied to both.
 *
 * @param options `alpha` (default 1; 0 mixes nothing), `classes` and `probability` (default 1).
 * @throws {DeconvError} For an alpha outside 0..100, or an option there is not. `augment` refuses
 * datasets whose number of classes is not known.
 *
 * @example
 * ```ts
 * import { augment, cutmix, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [cutmix({ probability: 0.5 })]);
 * console.log(dataset.targetShape); // [12]
 * ```
 */
export function cutmix(options: MixOptions = {}): PairTransformation {
  const { alpha = 1 } = options;
  return {
    ...mixOptions("cutmix", { ...options, alpha }),
    mix({ data, height, width, channels }, other, draw) {
      const side = Math.sqrt(1 - drawBeta(alpha, draw));
      const [top, bottom] = span(height, side, draw.integer(height, 1));
      const [left, right] = span(width, side, draw.integer(width, 2));
      for (let y = top; y < bottom; y++) {
        const from = (y * width + left) * channels, to = (y * width + right) * channels;
        data.set(other.data.subarray(from, to), from);
      }
      return 1 - (bottom - top) * (right - left) / (height * width);
    },
  };
}

/** Where a part of a side begins and ends that has its middle at a pixel. */
function span(size: number, part: number, middle: number): [number, number] {
  const length = Math.floor(size * part), begin = middle - Math.floor(length / 2);
  return [Math.max(0, begin), Math.min(size, begin + length)];
}
