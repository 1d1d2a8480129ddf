/** y = x where x > 0, else α·x; along axes where α has a size of 1 it has one value for all. */

import { type Array64, array64, elements, type NumberArray } from "./array.ts";

/** Which α the value at an index of x has. */
function slopeOf(shape: readonly number[], alpha: NumberArray, index: number): number {
  let at = 0, step = 1;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const size = alpha.shape[axis - 1];
    if (size > 1) at += index % shape[axis] * step;
    step *= size;
    index = Math.floor(index / shape[axis]);
  }
  return at;
}

/** The output. */
export function prelu(x: NumberArray, alpha: NumberArray): Array64 {
  const y = array64(x.shape, x.data);
  y.data.forEach((v, i) => y.data[i] = v > 0 ? v : alpha.data[slopeOf(x.shape, alpha, i)] * v);
  return y;
}

/** The gradients of x and of α. */
export function preluGradients(x: NumberArray, alpha: NumberArray, dy: NumberArray) {
  const dx = array64(x.shape), dalpha = array64(alpha.shape);
  for (let i = 0; i < elements(x.shape); i++) {
    const k = slopeOf(x.shape, alpha, i);
    dx.data[i] = dy.data[i] * (x.data[i] > 0 ? 1 : alpha.data[k]);
    if (x.data[i] < 0) dalpha.data[k] += dy.data[i] * x.data[i];
  }
  return { dx, dalpha };
}
