/**
 * Sums and products of arrays that have the same size along each axis (counted from the last), or 1
 * where one value counts for all; and their gradients, summed over what one value counted for.
 */

import { type Array64, array64, elements, type NumberArray } from "./array.ts";

/** Index in an array without the batch in its shape's way: value `index` of y is made of which of x. */
function indexIn(x: NumberArray, shape: readonly number[], index: number): number {
  const place: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = index % shape[axis];
    index = Math.floor(index / shape[axis]);
  }
  // The batch stays first, the other axes are counted from the last.
  const missing = shape.length - x.shape.length;
  return x.shape.reduce((at, size, axis) => {
    const p = axis === 0 ? place[0] : place[axis + missing];
    return at * size + (size === 1 ? 0 : p);
  }, 0);
}

/** The sum or product. */
export function merge(
  kind: "add" | "multiply",
  inputs: readonly NumberArray[],
  shape: readonly number[],
): Array64 {
  const y = array64(shape);
  for (let i = 0; i < elements(shape); i++) {
    const values = inputs.map((x) => x.data[indexIn(x, shape, i)]);
    y.data[i] = values.reduce((a, b) => kind === "add" ? a + b : a * b);
  }
  return y;
}

/** The gradient of each input. */
export function mergeGradients(
  kind: "add" | "multiply",
  inputs: readonly NumberArray[],
  dy: NumberArray,
): Array64[] {
  return inputs.map((x, own) => {
    const dx = array64(x.shape);
    for (let i = 0; i < elements(dy.shape); i++) {
      let slope = 1;
      inputs.forEach((other, k) => {
        if (kind === "multiply" && k !== own) slope *= other.data[indexIn(other, dy.shape, i)];
      });
      dx.data[indexIn(x, dy.shape, i)] += dy.data[i] * slope;
    }
    return dx;
  });
}
