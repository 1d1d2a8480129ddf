import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { bordersKind, type Sides } from "./borders.ts";

/** Options of `zeroPadding2d`. */
export interface ZeroPadding2dOptions extends LayerOptions {
  /** Rows and columns of zeros. Default 1 on all sides. */
  padding?: Sides;
}

/** The definition of the zero padding layer. */
export const zeroPadding2dKind: LayerKind<{ padding: Sides }> = bordersKind(
  "zero_padding2d",
  "padding",
  1,
  1,
);

/**
 * Adds rows and columns of zeros around pictures `[height, width, channels]`.
 *
 * @param options `padding`: one number for all sides (default 1), `[vertical, horizontal]`,
 * `[top, left, bottom, right]`, or Keras' `[[top, bottom], [left, right]]`.
 * @throws {DeconvError} When `padding` has none of these forms.
 *
 * @example
 * ```ts
 * import { sequential, zeroPadding2d } from "@deconv/deconv";
 * const net = sequential([zeroPadding2d({ padding: [1, 2], inputShape: [4, 4, 3] })]);
 * console.log(net.outputShape); // [6, 8, 3]
 * ```
 */
export function zeroPadding2d(options: ZeroPadding2dOptions = {}): Layer {
  return createLayer(zeroPadding2dKind, options);
}
