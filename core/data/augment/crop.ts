import { DeconvError } from "../../errors.ts";
import type { Pair } from "../../geometry.ts";
import { shapeText } from "../../tensor.ts";
import { fillOf, type FillOptions } from "./fill.ts";
import {
  checkOptions,
  type PictureTransformation,
  type TransformationOptions,
} from "./transformation.ts";
import { copyWindow } from "./copy_window.ts";

/** Options of {@linkcode randomCrop}. */
export interface CropOptions extends TransformationOptions, FillOptions {
  /** Height and width of what is cut out, or one number for both. Default: the picture's own. */
  readonly size?: Pair;
  /** Pixels put around the picture before it is cut. Default 4; 0 when `size` is given. */
  readonly padding?: number;
}

/**
 * Cuts a window out of each picture at a place drawn anew, after putting `padding` pixels around it.
 * The default, four black pixels around and a window of the picture's size, is what CIFAR-10 is
 * trained with since He et al.: "Deep Residual Learning for Image Recognition", 2016.
 *
 * @param options `size`, `padding`, `fillMode` (default `"constant"`, black), `fillValue`,
 * `maskValue` and `probability` (default 1; where the size changes it must be 1).
 * @throws {DeconvError} For sizes that are not whole numbers, or an option there is not. Pictures
 * smaller than the window are refused by `augment`.
 *
 * @example
 * ```ts
 * import { augment, randomCrop, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomCrop({ size: 28 })]);
 * console.log(dataset.shape); // [28, 28, 3]
 * ```
 */
export function randomCrop(options: CropOptions = {}): PictureTransformation {
  const { size, padding = size === undefined ? 4 : 0, probability = 1, ...others } = options;
  const { fillMode: _mode, fillValue: _value, maskValue: _mask, ...rest } = others;
  checkOptions("crop", probability, rest);
  const fill = fillOf("crop", others, "constant");
  const sides = size === undefined
    ? undefined
    : typeof size === "number"
    ? [size, size]
    : [...size];
  checkPixels("padding", padding, 0);
  if (sides && sides.length !== 2) throw new DeconvError("crop takes a size of height and width");
  sides?.forEach((side) => checkPixels("size", side, 1));
  return {
    config: { kind: "crop", ...(sides && { size: sides }), padding, ...fill, probability },
    probability,
    changes: "place",
    shape(shape) {
      const [height, width] = sides ?? shape;
      if (height > shape[0] + 2 * padding || width > shape[1] + 2 * padding) {
        throw new DeconvError(
          `Cannot cut ${height}x${width} pixels out of pictures of shape ${
            shapeText(shape)
          } with padding ${padding}: give a smaller size or more padding`,
        );
      }
      return [height, width, ...shape.slice(2)];
    },
    apply(from, to, draw, mask) {
      const free = { y: from.height - to.height, x: from.width - to.width };
      const top = draw.integer(free.y + 2 * padding + 1, 1) - padding;
      const left = draw.integer(free.x + 2 * padding + 1, 2) - padding;
      if (!top && !left && !free.y && !free.x) return false;
      copyWindow(from, to, top, left, fill, mask);
      return true;
    },
  };
}

function checkPixels(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new DeconvError(
    `Cannot make crop with ${option} ${value}: give a whole number of pixels, at least ${least}`,
  );
}
