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

/** Options of `zeroPadding2d`. */
export interface ZeroPadding2dOptions extends LayerOptions {
  /** Rows and columns of zeros. Default 1 on all sides. */
  padding?: Sides;
}

type ZeroPaddingConfig = { padding: Sides };

/** The definition of the zero padding layer. */
export const zeroPadding2dKind: LayerKind<ZeroPaddingConfig> = {
  kind: "zero_padding2d",
  relevance: "copy",
  configure: ({ padding }) => ({ padding: configureSides(padding ?? 1, "padding") }),
  outputShape: ({ padding }, [shape]) => withSides(shape, padding as FourSides),
  reach: ({ padding }, [shape], cells) => [
    shiftedCells(cells, shape, padding as FourSides, -1),
  ],
  lower: ({ padding }, { inputs: [from], output, add }) => {
    const sides = padding as FourSides, { shape } = output;
    const y = { block: output.data, shape };
    const fill = copyInto({ block: from.data, shape: from.shape }, y, sides);
    const clear = clearSides(y, sides);
    const back = from.gradient && copyInner(
      { block: output.gradient!, shape },
      { block: from.gradient, shape: from.shape },
      sides,
    );
    add({
      forward: () => {
        fill();
        clear();
      },
      backward: () => back?.(),
    });
  },
};

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
