import { rasterSize, unit } from "./raster.ts";
import {
  checkNumber,
  checkOptions,
  type PictureTransformation,
  type TransformationOptions,
} from "./transformation.ts";

/** Options of {@linkcode randomNoise}. */
export interface NoiseOptions extends TransformationOptions {
  /** The standard deviation. Default 0.05. */
  readonly std?: number;
}

/**
 * Adds Gaussian noise to every value; what comes out is kept in 0..1.
 *
 * @param options `std`, its standard deviation (default 0.05), and `probability` (default 1).
 * @throws {DeconvError} For a negative deviation, or an option there is not.
 *
 * @example
 * ```ts
 * import { augment, randomNoise, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomNoise({ std: 0.1 })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomNoise(options: NoiseOptions = {}): PictureTransformation {
  const { std = 0.05, probability = 1, ...rest } = options;
  checkOptions("noise", probability, rest);
  checkNumber("noise", "std", std, 0);
  return {
    config: { kind: "noise", std, probability },
    probability,
    changes: "values",
    shape: (shape) => shape,
    apply(from, to, draw) {
      if (std === 0) return false;
      const out = to.data.subarray(0, rasterSize(from));
      draw.fillNormal(out, std);
      for (let i = 0; i < out.length; i++) out[i] = unit(from.data[i] + out[i]);
      return true;
    },
  };
}
