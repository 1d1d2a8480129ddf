import { DeconvError } from "./errors.ts";

/** Sizes of a tensor, outermost first; pictures are `[count, height, width, channels]` (NHWC). */
export type Shape = readonly number[];

/** A dense row-major array of float32 numbers with a shape. Plain data: nothing to dispose. */
export interface Tensor {
  /** Sizes, outermost first. */
  readonly shape: Shape;
  /** The values in row-major order; `data.length` is the product of `shape`. */
  readonly data: Float32Array;
}

/** The number of elements of a tensor of this shape (1 for the scalar shape `[]`). */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** Writes a shape as `[2,32,32,3]`, the form used in error messages and titles. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(",")}]`;
}

/**
 * Makes a tensor of `data`, which is used as it is when it is a `Float32Array` and copied otherwise.
 *
 * @param data The values, row-major.
 * @param shape Sizes whose product is `data.length`; defaults to one dimension.
 * @throws {DeconvError} When the product of `shape` is not the number of values.
 *
 * @example
 * ```ts
 * import { tensor } from "@deconv/deconv";
 * const x = tensor([1, 2, 3, 4], [2, 2]);
 * console.log(x.shape); // [2, 2]
 * ```
 */
export function tensor(data: ArrayLike<number>, shape: Shape = [data.length]): Tensor {
  if (sizeOf(shape) !== data.length) {
    throw new DeconvError(
      `Cannot make a tensor of shape ${shapeText(shape)} (${
        sizeOf(shape)
      } values) from ${data.length} values`,
    );
  }
  return { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** A tensor of this shape filled with zeros. */
export function zeros(shape: Shape): Tensor {
  return { shape, data: new Float32Array(sizeOf(shape)) };
}
