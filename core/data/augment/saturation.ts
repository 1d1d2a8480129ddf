import { byFactor } from "./by_factor.ts";
import { expectColour, lumaAt, rasterSize, unit } from "./raster.ts";
import type { PictureTransformation, Reach, TransformationOptions } from "./transformation.ts";

/** Options of {@linkcode randomSaturation}. */
export interface SaturationOptions extends TransformationOptions {
  /** How many times as colourful pictures become; 0 is gray. Default 0.2: of 0.8 to 1.2 times. */
  readonly factor?: Reach;
}

/**
 * Makes colours stronger or paler: each pixel is moved away from its gray (its luminance) or towards
 * it, `gray + factor · (x - gray)`, kept in 0..1, as in torchvision's `ColorJitter`.
 *
 * @param options `factor` (default 0.2) and `probability` (default 1).
 * @throws {DeconvError} For a factor that goes below 0, or an option there is not. Pictures without
 * three channels are refused by `augment`.
 *
 * @example
 * ```ts
 * import { augment, randomSaturation, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomSaturation({ factor: 0.5 })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomSaturation(options: SaturationOptions = {}): PictureTransformation {
  return byFactor(options, {
    kind: "saturation",
    standard: 0.2,
    still: 1,
    bounds: [0],
    shape: (shape) => expectColour("saturation", shape),
    change(from, to, factor) {
      const { data } = from, out = to.data, size = rasterSize(from);
      for (let i = 0; i < size; i += 3) {
        const gray = lumaAt(data, i);
        out[i] = unit(gray + factor * (data[i] - gray));
        out[i + 1] = unit(gray + factor * (data[i + 1] - gray));
        out[i + 2] = unit(gray + factor * (data[i + 2] - gray));
      }
    },
  });
}
