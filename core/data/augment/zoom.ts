import { type ResampleOptions, resampling } from "./resample.ts";
import { type PictureTransformation, type Reach, reach } from "./transformation.ts";

/** Options of {@linkcode randomZoom}. */
export interface ZoomOptions extends ResampleOptions {
  /** How many times as large things become. Default 0.1: of 0.9 to 1.1 times. */
  readonly factor?: Reach;
  /** The same for the width by itself. Default: as the height, so that nothing is distorted. */
  readonly widthFactor?: Reach;
}

/** Things do not become smaller than this. */
const LEAST = 0.01;

/**
 * Makes what is in pictures larger or smaller about their middle, and masks alike.
 *
 * @param options `factor` (default 0.1), `widthFactor`, `interpolation` (default `"bilinear"`),
 * `fillMode` (default `"reflect"`), `fillValue`, `maskValue` and `probability` (default 1).
 * @throws {DeconvError} When an option is unknown or not such a value.
 *
 * @example
 * ```ts
 * import { augment, randomZoom, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomZoom({ factor: [1, 1.5] })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomZoom(options: ZoomOptions = {}): PictureTransformation {
  const { factor = 0.1, widthFactor, ...rest } = options;
  const [low, high] = reach("zoom", "factor", factor, 1, LEAST);
  const across = widthFactor === undefined
    ? undefined
    : reach("zoom", "widthFactor", widthFactor, 1, LEAST);
  const own = { factor, ...(widthFactor !== undefined && { widthFactor }) };
  return resampling("zoom", rest, own, (draw) => {
    const height = draw.between(low, high, 1);
    const width = across ? draw.between(across[0], across[1], 2) : height;
    return { xx: 1 / width, xy: 0, yx: 0, yy: 1 / height };
  });
}
