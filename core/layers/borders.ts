/** Rows and columns at the sides of pictures: left out, or added. */
import type { Block } from "../block.ts";
import { DeconvError } from "../errors.ts";
import { fourSides } from "../geometry.ts";
import { expectRank, type LayerKind } from "../layer.ts";
import type { Value } from "../operation.ts";
import { axisFrom, type Cells } from "../reach.ts";
import type { Shape } from "../tensor.ts";
import { boxCopy, denseStrides } from "../wasm/copy.ts";

/**
 * Rows and columns at the sides of a picture: one number for all four, `[vertical, horizontal]`,
 * `[top, left, bottom, right]`, or as Keras writes it `[[top, bottom], [left, right]]`.
 */
export type Sides =
  | number
  | readonly [number, number]
  | readonly [number, number, number, number]
  | readonly [readonly [number, number], readonly [number, number]];

/** The one form that configurations have: `[top, left, bottom, right]`. */
export type FourSides = readonly [number, number, number, number];

/** Pictures in memory: `[count, height, width, channels]`. */
export interface Pictures {
  /** Their values. */
  readonly block: Block;
  /** Their shape. */
  readonly shape: Shape;
}

/**
 * Checks the sides of a picture.
 *
 * @throws {DeconvError} When they have none of the forms of `Sides`.
 */
export function configureSides(sides: Sides, name: string): FourSides {
  const nested = Array.isArray(sides) && sides.length === 2 && sides.every(Array.isArray);
  const [rows, columns] = nested ? sides as unknown as number[][] : [[], []];
  const pairs = rows.length === 2 && columns.length === 2;
  const four = nested
    ? pairs && fourSides([rows[0], columns[0], rows[1], columns[1]])
    : fourSides(sides);
  if (four) return four;
  throw new DeconvError(
    `${name} must be a whole number of at least 0, [vertical, horizontal], [top, left, bottom, right] or [[top, bottom], [left, right]]; it is ${
      JSON.stringify(sides)
    }`,
  );
}

/** The shape of a picture with these sides added to it, or taken off it where `sign` is −1. */
export function withSides(shape: Shape, sides: FourSides, sign: 1 | -1 = 1): Shape {
  expectRank(shape, 3, "[height, width, channels]");
  const [top, left, bottom, right] = sides, [height, width, channels] = shape;
  return [height + sign * (top + bottom), width + sign * (left + right), channels];
}

/** Where cells are in pictures of a shape that have these sides more, or, `sign` being −1, fewer. */
function shiftedCells(cells: Cells, shape: Shape, [top, left]: FourSides, sign: number): Cells {
  const along = (axis: 0 | 1, side: number) =>
    axisFrom(cells[axis], shape[axis], (place) => [place + sign * side]);
  return [along(0, top), along(1, left), cells[2]];
}

/** The places of small pictures inside large ones that have these sides more. */
function inner({ block, shape }: Pictures, [top, left]: FourSides) {
  const strides = denseStrides(shape);
  return { block, offset: top * strides[1] + left * strides[2], strides };
}

const whole = ({ block, shape }: Pictures) => ({ block, strides: denseStrides(shape) });

/** Prepares copying what large pictures have within these sides to small ones. */
export function copyInner(large: Pictures, small: Pictures, sides: FourSides): () => void {
  return boxCopy(small.shape, inner(large, sides), whole(small));
}

/** Prepares copying small pictures into large ones; these sides are left as they are. */
export function copyInto(small: Pictures, large: Pictures, sides: FourSides): () => void {
  return boxCopy(small.shape, whole(small), inner(large, sides));
}

/** Prepares writing zeros at these sides of large pictures. */
function clearSides({ block, shape }: Pictures, sides: FourSides): () => void {
  const [top, left, bottom, right] = sides, [count, height, width, channels] = shape;
  const [picture, row] = denseStrides(shape), core = (width - left - right) * channels;
  const zeros = (offset: number, rows: number, length: number) =>
    boxCopy([count, rows, length], null, { block, offset, strides: [picture, row, 1] });
  const before = top * row + left * channels, after = bottom * row + right * channels;
  // What is right of one row and left of the next lies together.
  const parts = [
    zeros(0, 1, before),
    zeros(before + core, height - top - bottom - 1, (left + right) * channels),
    zeros(picture - after, 1, after),
  ];
  return () => parts.forEach((part) => part());
}

/** Prepares copying small pictures into large ones that have zeros at these sides. */
function copyAmongZeros(small: Pictures, large: Pictures, sides: FourSides): () => void {
  const fill = copyInto(small, large, sides), clear = clearSides(large, sides);
  return () => {
    fill();
    clear();
  };
}

/**
 * The definition of a layer that adds zeros at the sides which an option names, or, `sign` being −1, leaves
 * out what is there. Each is the gradient of the other.
 */
export function bordersKind<Option extends string>(
  kind: string,
  option: Option,
  standard: number,
  sign: 1 | -1,
): LayerKind<{ [name in Option]: Sides }> {
  const sidesOf = (config: { [name in Option]: Sides }) => config[option] as FourSides;
  const [forth, back] = sign > 0 ? [copyAmongZeros, copyInner] : [copyInner, copyAmongZeros];
  return {
    kind,
    relevance: "copy",
    configure: (options) =>
      ({ [option]: configureSides(options[option] ?? standard, option) }) as {
        [name in Option]: Sides;
      },
    outputShape: (config, [shape]) => {
      const sides = sidesOf(config), made = withSides(shape, sides, sign);
      if (made.every((size) => size > 0)) return made;
      throw new DeconvError(
        `${option} [${sides.join(",")}] (top, left, bottom, right) leaves nothing of ${shape[0]}x${
          shape[1]
        } pixels`,
      );
    },
    reach: (config, [shape], cells) => [shiftedCells(cells, shape, sidesOf(config), -sign)],
    lower: (config, { inputs: [x], output: y, add }) => {
      const sides = sidesOf(config);
      const pictures = (block: Block, { shape }: Value): Pictures => ({ block, shape });
      const forward = forth(pictures(x.data, x), pictures(y.data, y), sides);
      const backward = x.gradient
        ? back(pictures(y.gradient!, y), pictures(x.gradient, x), sides)
        : () => {};
      add({ forward, backward });
    },
  };
}
