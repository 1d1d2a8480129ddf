import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { bordersKind, type Sides } from "./borders.ts";

/** Options of `cropping2d`. */
export interface Cropping2dOptions extends LayerOptions {
  /** Rows and columns to leave out. Default 0. */
  cropping?: Sides;
}

/** The definition of the cropping layer. */
export const cropping2dKind: LayerKind<{ cropping: Sides }> = bordersKind(
  "cropping2d",
  "cropping",
  0,
  -1,
);

/**
 * Leaves out rows and columns at the sides of pictures `[height, width, channels]`.
 *
 * @param options `cropping`: one number for all sides (default 0), `[vertical, horizontal]`,
 * `[top, left, bottom, right]`, or Keras' `[[top, bottom], [left, right]]`.
 * @throws {DeconvError} When `cropping` has none of these forms, or nothing is left.
 *
 * @example
 * ```ts
 * import { cropping2d, sequential } from "@deconv/deconv";
 * const net = sequential([cropping2d({ cropping: [[1, 0], [2, 2]], inputShape: [8, 8, 3] })]);
 * console.log(net.outputShape); // [7, 4, 3]
 * ```
 */
export function cropping2d(options: Cropping2dOptions = {}): Layer {
  return createLayer(cropping2dKind, options);
}
