import { type ResampleOptions, resampling } from "./resample.ts";
import { type PictureTransformation, type Reach, reach } from "./transformation.ts";

/** Options of {@linkcode randomShear}. */
export interface ShearOptions extends ResampleOptions {
  /** How many pixels each row is pushed across against the one above. Default 0.1: -0.1 to 0.1. */
  readonly xFactor?: Reach;
  /** How many pixels each column is pushed down against the one to its left. Default 0. */
  readonly yFactor?: Reach;
}

/**
 * Slants pictures about their middle, and their masks with them.
 *
 * @param options `xFactor` (default 0.1) and `yFactor` (default 0), the tangents of the angles;
 * `interpolation` (default `"bilinear"`), `fillMode` (default `"reflect"`), `fillValue`, `maskValue`
 * and `probability` (default 1).
 * @throws {DeconvError} When an option is unknown or not such a value.
 *
 * @example
 * ```ts
 * import { augment, randomShear, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomShear({ xFactor: 0.2 })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomShear(options: ShearOptions = {}): PictureTransformation {
  const { xFactor = 0.1, yFactor = 0, ...rest } = options;
  const [left, right] = reach("shear", "xFactor", xFactor, 0);
  const [up, down] = reach("shear", "yFactor", yFactor, 0);
  return resampling("shear", rest, { xFactor, yFactor }, (draw) => {
    const xy = -draw.between(left, right, 1), yx = -draw.between(up, down, 2);
    return { xx: 1, xy: xy || 0, yx: yx || 0, yy: 1 };
  });
}
