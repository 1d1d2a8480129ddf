import { byFactor } from "./by_factor.ts";
import { rasterSize, unit } from "./raster.ts";
import type { PictureTransformation, Reach, TransformationOptions } from "./transformation.ts";

/** Options of {@linkcode randomBrightness}. */
export interface BrightnessOptions extends TransformationOptions {
  /** How many times as bright pictures become. Default 0.2: of 0.8 to 1.2 times. */
  readonly factor?: Reach;
}

/**
 * Makes pictures brighter or darker: every value times a factor, kept in 0..1, as torchvision's
 * `ColorJitter` does it.
 *
 * @param options `factor` (default 0.2) and `probability` (default 1).
 * @throws {DeconvError} For a factor that goes below 0, or an option there is not.
 *
 * @example
 * ```ts
 * import { augment, randomBrightness, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomBrightness({ factor: 0.4 })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomBrightness(options: BrightnessOptions = {}): PictureTransformation {
  return byFactor(options, {
    kind: "brightness",
    standard: 0.2,
    still: 1,
    bounds: [0],
    change(from, to, factor) {
      for (let i = rasterSize(from) - 1; i >= 0; i--) to.data[i] = unit(factor * from.data[i]);
    },
  });
}
