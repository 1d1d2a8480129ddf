import { halfCosine } from "../../portable_math.ts";
import { type ResampleOptions, resampling } from "./resample.ts";
import { type PictureTransformation, type Reach, reach } from "./transformation.ts";

/** Options of {@linkcode randomRotation}. */
export interface RotationOptions extends ResampleOptions {
  /** How far to turn, in degrees, counter-clockwise where positive. Default 15: of -15 to 15. */
  readonly degrees?: Reach;
}

/**
 * Turns pictures about their middle, and their masks with them.
 *
 * @param options `degrees` (default 15), `interpolation` (default `"bilinear"`), `fillMode` (default
 * `"reflect"`), `fillValue`, `maskValue` and `probability` (default 1).
 * @throws {DeconvError} When an option is unknown or not such a value.
 *
 * @example
 * ```ts
 * import { augment, randomRotation, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomRotation({ degrees: [0, 90] })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomRotation(options: RotationOptions = {}): PictureTransformation {
  const { degrees = 15, ...rest } = options;
  const [low, high] = reach("rotate", "degrees", degrees, 0, -360, 360);
  return resampling("rotate", rest, { degrees }, (draw) => {
    const angle = draw.between(low, high, 1);
    const cos = cosine(angle), sin = cosine(angle - 90);
    return { xx: cos, xy: -sin, yx: sin, yy: cos };
  });
}

/** The cosine of an angle in degrees. */
function cosine(degrees: number): number {
  const turned = Math.abs(degrees) % 360;
  return 2 * halfCosine((turned > 180 ? 360 - turned : turned) / 180) - 1;
}
