/**
 * Comparing arrays of numbers, with failures one can act on.
 *
 * Errors are measured against the largest expected value, not element by element: where a sum
 * cancels to nearly nothing its relative error means nothing.
 */

import { AssertionError } from "node:assert/strict";

/** Numbers, with a shape if known. */
export type Comparable = ArrayLike<number> | {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
};

/** How close `actual` must be, and what to call it. */
export interface CloseOptions {
  /** Largest error allowed, as a part of the largest expected magnitude. Default 1e-5. */
  readonly tolerance?: number;
  /** Where all expected values are smaller than this, errors are measured against it. Default 1e-6. */
  readonly floor?: number;
  /** What is compared, for the message. */
  readonly name?: string;
}

const DEFAULT_FLOOR = 1e-6;

function dataOf(a: Comparable): ArrayLike<number> {
  return "data" in a ? a.data : a;
}

function shapeOf(a: Comparable): readonly number[] | undefined {
  return "data" in a ? a.shape : undefined;
}

/** The distance of two numbers: 0 for two NaN or two equal infinities, else infinite with either. */
function distance(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Infinity : difference;
}

/** The largest finite magnitude, at least `floor`. */
function scaleOf(values: ArrayLike<number>, floor: number): number {
  let largest = floor;
  for (let k = 0; k < values.length; k++) {
    const magnitude = Math.abs(values[k]);
    if (magnitude > largest && magnitude < Infinity) largest = magnitude;
  }
  return largest;
}

/** The coordinates of element `index` in an array of this shape. */
export function coordinates(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place.unshift(index % shape[axis]);
    index = Math.floor(index / shape[axis]);
  }
  return place;
}

/** The largest difference over the largest expected magnitude; infinite where only one is NaN. */
export function relativeError(
  actual: Comparable,
  expected: Comparable,
  floor = DEFAULT_FLOOR,
): number {
  return worstElement(actual, expected, floor).error;
}

/** The element that is off the most, and its relative error; infinite where the lengths differ. */
export function worstElement(
  actual: Comparable,
  expected: Comparable,
  floor = DEFAULT_FLOOR,
): { index: number; error: number } {
  const [a, e] = [dataOf(actual), dataOf(expected)];
  if (a.length !== e.length) return { index: 0, error: Infinity };
  let index = 0;
  let worst = 0;
  for (let k = 0; k < e.length; k++) {
    const error = distance(a[k], e[k]);
    if (error > worst) [index, worst] = [k, error];
  }
  return { index, error: worst / scaleOf(e, floor) };
}

/** The Euclidean norm of the difference over that of `expected`; infinite where only one is NaN. */
export function relativeL2(actual: Comparable, expected: Comparable, floor = 1e-30): number {
  const [a, e] = [dataOf(actual), dataOf(expected)];
  if (a.length !== e.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let k = 0; k < e.length; k++) {
    difference += distance(a[k], e[k]) ** 2;
    if (Number.isFinite(e[k])) norm += e[k] ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), floor);
}

/**
 * Fails unless `actual` is close to `expected` everywhere; shapes must agree where both are known.
 *
 * NaN is close to NaN only, an infinity only to itself. The message names the worst element, its
 * coordinates, both values, the error, and how many elements are off.
 */
export function assertClose(
  actual: Comparable,
  expected: Comparable,
  options: CloseOptions = {},
): void {
  const { tolerance = 1e-5, floor = DEFAULT_FLOOR, name = "values" } = options;
  const [a, e] = [dataOf(actual), dataOf(expected)];
  const [actualShape, expectedShape] = [shapeOf(actual), shapeOf(expected)];
  const fail = (message: string) => {
    throw new AssertionError({ message: `${name}: ${message}`, stackStartFn: assertClose });
  };

  if (actualShape && expectedShape && actualShape.join() !== expectedShape.join()) {
    fail(`shape [${actualShape.join(",")}], expected [${expectedShape.join(",")}]`);
  }
  if (a.length !== e.length) fail(`${a.length} values, expected ${e.length}`);

  const scale = scaleOf(e, floor);
  let worst = 0;
  let worstError = -1;
  let off = 0;
  for (let k = 0; k < e.length; k++) {
    const error = distance(a[k], e[k]) / scale;
    if (error > tolerance) off++;
    if (error > worstError) [worst, worstError] = [k, error];
  }
  if (off > 0) {
    const place = coordinates(worst, expectedShape ?? actualShape ?? [e.length]).join(",");
    fail(
      `${off} of ${e.length} off by more than ${tolerance} of ${scale.toPrecision(4)}; worst at ` +
        `[${place}]: ${a[worst]}, expected ${e[worst]} (relative error ${
          worstError.toExponential(2)
        })`,
    );
  }
}
