import type { Block } from "../block.ts";
import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { axisFrom } from "../reach.ts";
import type { Shape } from "../tensor.ts";
import { boxCopy, denseStrides, type Places } from "../wasm/copy.ts";
import {
  configureSides,
  copyInner,
  copyInto,
  type FourSides,
  type Sides,
  withSides,
} from "./borders.ts";

/** Options of `reflectionPadding2d`. */
export interface ReflectionPadding2dOptions extends LayerOptions {
  /** Rows and columns that are mirrored. Default 1 on all sides. */
  padding?: Sides;
}

type ReflectionConfig = { padding: Sides };

/** Values outside the picture and those within that they mirror. */
interface Mirror {
  readonly sizes: readonly number[];
  readonly outside: Places;
  readonly within: Places;
}

/**
 * What is mirrored in padded pictures: first the columns beside the picture, then whole rows, which
 * so have their corners.
 */
function mirrors(block: Block, shape: Shape, [top, left, bottom, right]: FourSides): Mirror[] {
  const [count, height, width, channels] = shape, strides = denseStrides(shape);
  const [picture, row, pixel] = strides;
  const rows = height - top - bottom, columns = width - left - right;
  const back = [picture, row, -pixel, 1];
  const beside = (size: number, column: number, mirrored: number): Mirror => ({
    sizes: [count, rows, size, channels],
    outside: { block, offset: top * row + column * pixel, strides },
    within: { block, offset: top * row + mirrored * pixel, strides: back },
  });
  const above = (size: number, first: number, mirrored: number): Mirror => ({
    sizes: [count, size, row],
    outside: { block, offset: first * row, strides: [picture, row, 1] },
    within: { block, offset: mirrored * row, strides: [picture, -row, 1] },
  });
  return [
    beside(left, 0, 2 * left),
    beside(right, left + columns, left + columns - 2),
    above(top, 0, 2 * top),
    above(bottom, top + rows, top + rows - 2),
  ];
}

/** The definition of the reflection padding layer. */
export const reflectionPadding2dKind: LayerKind<ReflectionConfig> = {
  kind: "reflection_padding2d",
  relevance: "copy",
  configure: ({ padding }) => ({ padding: configureSides(padding ?? 1, "padding") }),
  outputShape: ({ padding }, [shape]) => {
    const sides = padding as FourSides, padded = withSides(shape, sides);
    if (sides.some((side, i) => side >= shape[i % 2])) {
      throw new DeconvError(
        `padding [${sides.join(",")}] (top, left, bottom, right) must be less than the ${
          shape[0]
        }x${shape[1]} pixels it mirrors`,
      );
    }
    return padded;
  },
  reach: ({ padding }, [shape], cells) => {
    const along = (axis: 0 | 1) => {
      const size = shape[axis], side = (padding as FourSides)[axis];
      // Mirrored at the first and at the last pixel.
      return axisFrom(cells[axis], size, (place) => {
        const source = Math.abs(place - side);
        return [source < size ? source : 2 * (size - 1) - source];
      });
    };
    return [[along(0), along(1), cells[2]]];
  },
  lower: ({ padding }, { inputs: [from], output, add }) => {
    const sides = padding as FourSides, { shape } = output;
    const fill = copyInto(
      { block: from.data, shape: from.shape },
      { block: output.data, shape },
      sides,
    );
    const reflect = mirrors(output.data, shape, sides)
      .map(({ sizes, outside, within }) => boxCopy(sizes, within, outside));
    const forward = () => {
      fill();
      reflect.forEach((copy) => copy());
    };
    if (!from.gradient) return add({ forward, backward: () => {} });
    // The same the other way round: what is outside is added to what it mirrors.
    const dy = { block: output.gradient!, shape };
    const fold = mirrors(dy.block, shape, sides)
      .map(({ sizes, outside, within }) => boxCopy(sizes, outside, within, true)).reverse();
    const crop = copyInner(dy, { block: from.gradient, shape: from.shape }, sides);
    add({
      forward,
      backward: () => {
        fold.forEach((sum) => sum());
        crop();
      },
    });
  },
};

/**
 * Pads pictures `[height, width, channels]` with their own mirror image, the outermost pixels not
 * repeated: rows 1 2 3 become 3 2 1 2 3 2 1 with two on each side. In style transfer it avoids the
 * frame that zeros leave (Johnson et al. 2016).
 *
 * @param options `padding`: one number for all sides (default 1), `[vertical, horizontal]`,
 * `[top, left, bottom, right]`, or `[[top, bottom], [left, right]]`; less than the picture's size.
 * @throws {DeconvError} When `padding` has none of these forms or is too large.
 *
 * @example
 * ```ts
 * import { reflectionPadding2d, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([reflectionPadding2d({ padding: [0, 2], inputShape: [1, 3, 1] })]);
 * console.log(net.predict(tensor([1, 2, 3], [1, 1, 3, 1])).data); // 3, 2, 1, 2, 3, 2, 1
 * ```
 */
export function reflectionPadding2d(options: ReflectionPadding2dOptions = {}): Layer {
  return createLayer(reflectionPadding2dKind, options);
}
