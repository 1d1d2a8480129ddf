import { fillOf, type FillOptions } from "./fill.ts";
import {
  checkNumber,
  checkOptions,
  type PictureTransformation,
  type TransformationOptions,
} from "./transformation.ts";
import { copyWindow } from "./copy_window.ts";

/** Options of {@linkcode randomShift}. */
export interface ShiftOptions extends TransformationOptions, FillOptions {
  /** How far up or down at most, as a part of the height. Default 0.1. */
  readonly heightFactor?: number;
  /** How far left or right at most, as a part of the width. Default 0.1. */
  readonly widthFactor?: number;
}

/**
 * Shifts pictures, and their masks with them, by whole pixels, so that nothing is blurred.
 *
 * @param options `heightFactor` and `widthFactor` (default 0.1: up to a tenth of the side, rounded
 * to whole pixels), `fillMode` (default `"reflect"`), `fillValue`, `maskValue` and `probability`
 * (default 1).
 * @throws {DeconvError} For a factor or probability outside 0..1, or an option there is not.
 *
 * @example
 * ```ts
 * import { augment, randomShift, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomShift({ heightFactor: 0 })]);
 * console.log(dataset.size); // 100
 * ```
 */
export function randomShift(options: ShiftOptions = {}): PictureTransformation {
  const { heightFactor = 0.1, widthFactor = 0.1, probability = 1, ...others } = options;
  const { fillMode: _mode, fillValue: _value, maskValue: _mask, ...rest } = others;
  checkOptions("shift", probability, rest);
  const fill = fillOf("shift", others, "reflect");
  checkNumber("shift", "heightFactor", heightFactor, 0, 1);
  checkNumber("shift", "widthFactor", widthFactor, 0, 1);
  return {
    config: { kind: "shift", heightFactor, widthFactor, ...fill, probability },
    probability,
    changes: "place",
    shape: (shape) => shape,
    apply(from, to, draw, mask) {
      const down = Math.round(heightFactor * from.height);
      const right = Math.round(widthFactor * from.width);
      const top = draw.integer(2 * down + 1, 1) - down;
      const left = draw.integer(2 * right + 1, 2) - right;
      if (!top && !left) return false;
      copyWindow(from, to, top, left, fill, mask);
      return true;
    },
  };
}
