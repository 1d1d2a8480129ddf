import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import {
  clearSides,
  configureSides,
  copyInner,
  copyInto,
  type FourSides,
  shiftedCells,
  type Sides,
  withSides,
} from "./borders.ts";

/** Options of `cropping2d`. */
export interface Cropping2dOptions extends LayerOptions {
  /** Rows and columns to leave out. Default 0. */
  cropping?: Sides;
}

type CroppingConfig = { cropping: Sides };

/** The definition of the cropping layer. */
export const cropping2dKind: LayerKind<CroppingConfig> = {
  kind: "cropping2d",
  relevance: "copy",
  configure: ({ cropping }) => ({ cropping: configureSides(cropping ?? 0, "cropping") }),
  outputShape: ({ cropping }, [shape]) => {
    const cropped = withSides(shape, cropping as FourSides, -1);
    if (cropped.every((size) => size > 0)) return cropped;
    throw new DeconvError(
      `cropping [${
        (cropping as FourSides).join(",")
      }] (top, left, bottom, right) leaves nothing of ${shape[0]}x${shape[1]} pixels`,
    );
  },
  reach: ({ cropping }, [shape], cells) => [shiftedCells(cells, shape, cropping as FourSides)],
  lower: ({ cropping }, { inputs: [from], output, add }) => {
    const sides = cropping as FourSides, { shape } = output;
    const x = { block: from.data, shape: from.shape };
    const crop = copyInner(x, { block: output.data, shape }, sides);
    if (!from.gradient) return add({ forward: crop, backward: () => {} });
    const dx = { block: from.gradient, shape: from.shape };
    const fill = copyInto({ block: output.gradient!, shape }, dx, sides);
    const clear = clearSides(dx, sides);
    add({
      forward: crop,
      backward: () => {
        fill();
        clear();
      },
    });
  },
};

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
