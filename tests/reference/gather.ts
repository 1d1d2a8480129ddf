/**
 * Layers that only move values: each value of y is one of x, or a constant; dx is the sum of dy over
 * all places a value went to.
 */

import { type Array64, array64, elements, type NumberArray } from "./array.ts";

/** Where in x the value at a place of y comes from; null for a zero. */
export type Source = (place: readonly number[]) => readonly number[] | null;

function indexOf(shape: readonly number[], place: readonly number[]): number {
  return place.reduce((index, p, axis) => {
    if (!(p >= 0 && p < shape[axis])) throw new Error(`[${place}] is outside of [${shape}]`);
    return index * shape[axis] + p;
  }, 0);
}

function eachPlace(shape: readonly number[], visit: (place: number[], index: number) => void) {
  for (let index = 0; index < elements(shape); index++) {
    let rest = index;
    const place = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    visit(place, index);
  }
}

/** y of this shape. */
export function gather(x: NumberArray, shape: readonly number[], source: Source): Array64 {
  const y = array64(shape);
  eachPlace(shape, (place, index) => {
    const from = source(place);
    if (from) y.data[index] = x.data[indexOf(x.shape, from)];
  });
  return y;
}

/** dx of this shape. */
export function gatherGradient(dy: NumberArray, shape: readonly number[], source: Source): Array64 {
  const dx = array64(shape);
  eachPlace(dy.shape, (place, index) => {
    const from = source(place);
    if (from) dx.data[indexOf(shape, from)] += dy.data[index];
  });
  return dx;
}
