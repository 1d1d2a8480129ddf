/**
 * What weights must be after every step of an optimizer, as data.
 *
 * Norms are taken over `axis`, one axis or several; by default over all axes but the last, which are
 * the weights of one unit or filter: [0] of a dense kernel `[in, out]`, [0, 1, 2] of a convolution's
 * `[kh, kw, in, out]`. A transposed convolution's kernel is `[kh, kw, out, in]`: give it [0, 1, 3].
 *
 * @module
 */
import { DeconvError } from "./errors.ts";
import type { Shape } from "./tensor.ts";

/** A constraint with everything said; `axis` null is the default. */
export type ConstraintConfig =
  | { readonly kind: "non_neg" }
  | {
    readonly kind: "norm";
    readonly minValue: number;
    readonly maxValue: number;
    readonly rate: number;
    readonly axis: readonly number[] | null;
  };

/** What `kernelConstraint` and its kin take: what a factory returns, or the name of one. */
export type Constraint = "non_neg" | "max_norm" | "unit_norm" | "min_max_norm" | ConstraintConfig;

/** Over which axes norms are taken. */
export interface NormAxis {
  /** Default: all but the last. */
  axis?: number | readonly number[];
}

function norm(minValue: number, maxValue: number, rate: number, { axis }: NormAxis) {
  const axes = axis === undefined ? null : typeof axis === "number" ? [axis] : axis;
  return constraintConfig({ kind: "norm", minValue, maxValue, rate, axis: axes })!;
}

/** Weights below 0 become 0. */
export function nonNeg(): ConstraintConfig {
  return { kind: "non_neg" };
}

/**
 * Norms are at most `maxValue` (Srivastava et al. 2014): w·maxValue/‖w‖ where ‖w‖ is larger.
 *
 * @param maxValue Default 2.
 * @throws {DeconvError} When it is not above 0 or the axes make no sense.
 *
 * @example
 * ```ts
 * import { conv2d, maxNorm } from "@deconv/deconv";
 * const layer = conv2d({ filters: 8, kernelSize: 3, kernelConstraint: maxNorm(3) });
 * ```
 */
export function maxNorm(maxValue = 2, options: NormAxis = {}): ConstraintConfig {
  return norm(0, maxValue, 1, options);
}

/** Norms are 1. */
export function unitNorm(options: NormAxis = {}): ConstraintConfig {
  return norm(1, 1, 1, options);
}

/**
 * Norms go towards the range from `minValue` to `maxValue`: what lies outside is moved by `rate` of
 * the way to the nearer end.
 *
 * @param options minValue 0, maxValue 1, rate 1, axis all but the last.
 * @throws {DeconvError} When a number is out of range or the axes make no sense.
 */
export function minMaxNorm(
  options: NormAxis & { minValue?: number; maxValue?: number; rate?: number } = {},
): ConstraintConfig {
  const { minValue = 0, maxValue = 1, rate = 1 } = options;
  return norm(minValue, maxValue, rate, options);
}

const NAMED: Readonly<Record<string, () => ConstraintConfig>> = {
  non_neg: nonNeg,
  max_norm: maxNorm,
  unit_norm: unitNorm,
  min_max_norm: minMaxNorm,
};

/**
 * Fills in a constraint; null where there is none.
 *
 * @throws {DeconvError} When it is unknown or one of its numbers is out of range.
 */
export function constraintConfig(given: Constraint | null | undefined): ConstraintConfig | null {
  if (given === undefined || given === null) return null;
  if (typeof given === "string" && Object.hasOwn(NAMED, given)) return NAMED[given]();
  if (typeof given !== "object" || given.kind !== "norm" && given.kind !== "non_neg") {
    throw new DeconvError(
      `there is no constraint ${
        JSON.stringify(given)
      }; use maxNorm(), unitNorm(), nonNeg() or minMaxNorm()`,
    );
  }
  if (given.kind === "non_neg") return { kind: "non_neg" };
  const { minValue, maxValue, rate, axis = null } = given;
  if (!(minValue >= 0 && maxValue > 0 && minValue <= maxValue && maxValue < Infinity)) {
    throw new DeconvError(
      `a norm constraint needs 0 <= minValue <= maxValue and maxValue above 0; they are ${minValue} and ${maxValue}`,
    );
  }
  if (!(rate >= 0 && rate <= 1)) {
    throw new DeconvError(`rate of a norm constraint must be from 0 to 1; it is ${rate}`);
  }
  if (axis && !(Array.isArray(axis) && axis.length && axis.every((a) => Number.isInteger(a)))) {
    throw new DeconvError(`axis of a norm constraint must be whole numbers; it is ${axis}`);
  }
  return { kind: "norm", minValue, maxValue, rate, axis };
}

/** An array as `[outer, rows, columns, inner]`, a norm being over rows and inner. */
export interface NormLayout {
  /** Arrays one behind the other. */
  readonly outer: number;
  /** Summed over. */
  readonly rows: number;
  /** Norms of each. */
  readonly columns: number;
  /** Summed over, too. */
  readonly inner: number;
}

/**
 * How norms over axes lie in an array.
 *
 * @param name What to call it in errors.
 * @throws {DeconvError} When there is no such axis, or the axes lie too far apart.
 */
export function normLayout(
  shape: Shape,
  axis: readonly number[] | null,
  name = "weights",
): NormLayout {
  const rank = shape.length;
  const axes = new Set((axis ?? shape.slice(1).map((_, i) => i)).map((a) => a < 0 ? a + rank : a));
  for (const a of axes) {
    if (a >= 0 && a < rank) continue;
    throw new DeconvError(
      `axis [${axis}] of the norm constraint on ${name} does not fit its shape [${shape}]`,
    );
  }
  const groups: { summed: boolean; size: number }[] = [];
  shape.forEach((size, i) => {
    const summed = axes.has(i), last = groups[groups.length - 1];
    if (last?.summed === summed) last.size *= size;
    else groups.push({ summed, size });
  });
  const take = (summed: boolean) =>
    groups[groups.length - 1]?.summed === summed ? groups.pop()!.size : 1;
  const inner = take(true), columns = take(false), rows = take(true), outer = take(false);
  if (groups.length) {
    throw new DeconvError(
      `axis [${axis}] of the norm constraint on ${name} [${shape}] lies too scattered: give neighbouring axes`,
    );
  }
  return { outer, rows, columns, inner };
}
