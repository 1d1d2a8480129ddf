/** Transformations that change the values of pictures by one number, which is drawn for each picture. */
import type { Shape } from "../../tensor.ts";
import type { Raster } from "./raster.ts";
import {
  checkOptions,
  type PictureTransformation,
  type Reach,
  reach,
  type TransformationOptions,
} from "./transformation.ts";

/** Options of a transformation by a factor. */
interface FactorOptions extends TransformationOptions {
  /** The number, or how far it goes from where nothing changes. */
  readonly factor?: Reach;
}

/** What such a transformation is. */
interface ByFactor {
  /** Its kind. */
  readonly kind: string;
  /** The factor where the options have none. */
  readonly standard: number;
  /** The factor that changes nothing. */
  readonly still: number;
  /** Bounds of the factor. */
  readonly bounds: readonly [least: number, most?: number];
  /** As that of a transformation. Default any shape as it is. */
  readonly shape?: (shape: Shape) => Shape;
  /** Writes what a picture becomes. */
  change(from: Raster, to: Raster, factor: number): void;
}

/** Makes a transformation by a factor. */
export function byFactor(
  options: FactorOptions,
  { kind, standard, still, bounds, shape = (shape) => shape, change }: ByFactor,
): PictureTransformation {
  const { factor = standard, probability = 1, ...rest } = options;
  checkOptions(kind, probability, rest);
  const [low, high] = reach(kind, "factor", factor, still, ...bounds);
  return {
    config: { kind, factor, probability },
    probability,
    changes: "values",
    shape,
    apply(from, to, draw) {
      const drawn = draw.between(low, high, still);
      if (drawn === still) return false;
      change(from, to, drawn);
      return true;
    },
  };
}
