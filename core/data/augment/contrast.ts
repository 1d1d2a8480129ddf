import { byFactor } from "./by_factor.ts";
import { lumaAt, type Raster, rasterSize, unit } from "./raster.ts";
import type { PictureTransformation, Reach, TransformationOptions } from "./transformation.ts";

/** Options of {@linkcode randomContrast}. */
export interface ContrastOptions extends TransformationOptions {
  /** How many times as far values lie from the mean then. Default 0.2: of 0.8 to 1.2 times. */
  readonly factor?: Reach;
}

/**
 * Moves all values of a picture away from its mean or towards it, `mean + factor · (x - mean)`, kept
 * in 0..1. The mean is that of the luminance (of the values, unless there are three channels), as in
 * torchvision's `ColorJitter`.
 *
 * @param options `factor` (default 0.2) and `probability` (default 1).
 * @throws {DeconvError} For a factor that goes below 0, or an option there is not.
 *
 * @example
 * ```ts
 * import { augment, randomContrast, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomContrast({ factor: [0.5, 1] })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomContrast(options: ContrastOptions = {}): PictureTransformation {
  return byFactor(options, {
    kind: "contrast",
    standard: 0.2,
    still: 1,
    bounds: [0],
    change(from, to, factor) {
      const mean = meanOf(from);
      for (let i = rasterSize(from) - 1; i >= 0; i--) {
        to.data[i] = unit(mean + factor * (from.data[i] - mean));
      }
    },
  });
}

/** The mean luminance, or the mean value. */
function meanOf(picture: Raster): number {
  const size = rasterSize(picture), { data, channels } = picture;
  let sum = 0;
  if (channels !== 3) {
    for (let i = 0; i < size; i++) sum += data[i];
    return sum / size;
  }
  for (let i = 0; i < size; i += 3) sum += lumaAt(data, i);
  return 3 * sum / size;
}
