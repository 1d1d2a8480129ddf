/**
 * What a transformation of pictures is. There are those of one picture, which move its pixels (and its
 * mask's) or change their values, and those that mix two pictures and their classes.
 */
import { DeconvError } from "../../errors.ts";
import type { Shape } from "../../tensor.ts";
import type { Draw } from "./draw.ts";
import type { Raster } from "./raster.ts";

/** What every transformation takes. */
export interface TransformationOptions {
  /** How likely it is to be applied to a picture, 0..1. Default 1, for flips 0.5. */
  readonly probability?: number;
}

/** A transformation as plain data: its kind and all of its options. */
export type TransformationData = { readonly kind: string } & { readonly [option: string]: unknown };

/** What all transformations have. */
export interface TransformationCommon {
  /** Its kind and options: what `augmentation` makes it from again. */
  readonly config: TransformationData;
  /** How likely it is to be applied. */
  readonly probability: number;
}

/** A transformation of one picture. */
export interface PictureTransformation extends TransformationCommon {
  /**
   * What it does: `"place"` moves pixels, and a mask goes along; `"values"` changes what is in them,
   * in 0..1, and leaves masks alone; `"units"` does so too, and what comes out is no longer 0..1.
   */
  readonly changes: "place" | "values" | "units";
  /**
   * The shape of what comes out of pictures of a shape.
   *
   * @throws {DeconvError} When it cannot be applied to such pictures.
   */
  shape(shape: Shape): Shape;
  /**
   * Writes the transformed picture to `to`, which is other memory than `from`. Returns false, and
   * leaves `to` alone, when the picture stays as it is. A mask is put through the same call with the
   * same numbers.
   */
  apply(from: Raster, to: Raster, draw: Draw, mask: boolean): boolean;
}

/** A transformation that mixes a picture with another one of its dataset. */
export interface PairTransformation extends TransformationCommon {
  /** What it does. */
  readonly changes: "pair";
  /** How many classes there are; by default as many as the dataset has names for. */
  readonly classes?: number;
  /** Mixes `other` into `picture`; returns what `picture` counts in the result, 0..1. */
  mix(picture: Raster, other: Raster, draw: Draw): number;
}

/** One step of an augmentation. */
export type Transformation = PictureTransformation | PairTransformation;

/**
 * Checks the probability, and that no options are left over.
 *
 * @throws {DeconvError} Naming the transformation and the option.
 */
export function checkOptions(kind: string, probability: number, rest: object): void {
  checkNumber(kind, "probability", probability, 0, 1);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new DeconvError(`${kind} has no option "${unknown}"`);
}

/**
 * Checks that an option is a number of a range.
 *
 * @throws {DeconvError} Naming the transformation, the option and the range.
 */
export function checkNumber(
  kind: string,
  option: string,
  value: number,
  least = -Infinity,
  most = Infinity,
): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  const range = most < Infinity
    ? ` from ${least} to ${most}`
    : least > -Infinity
    ? ` of at least ${least}`
    : "";
  throw new DeconvError(`Cannot make ${kind} with ${option} ${value}: give a number${range}`);
}

/** How far values may go: a number says how far from the middle to both sides, a pair from where to where. */
export type Reach = number | readonly [low: number, high: number];

/**
 * The two ends of a {@linkcode Reach}.
 *
 * @throws {DeconvError} When it is not a number of at least 0 or two numbers in order, or goes below `least`.
 */
export function reach(
  kind: string,
  option: string,
  value: Reach,
  middle: number,
  least = -Infinity,
  most = Infinity,
): [low: number, high: number] {
  const ends = typeof value === "number" ? [middle - value, middle + value] : value;
  if (typeof value === "number") checkNumber(kind, option, value, 0);
  const [low, high] = ends?.length === 2 ? ends : [NaN, NaN];
  if (
    Number.isFinite(low) && Number.isFinite(high) && low <= high && low >= least && high <= most
  ) {
    return [low, high];
  }
  const bounds = [
    least > -Infinity ? ` not below ${least}` : "",
    most < Infinity ? ` not above ${most}` : "",
  ].filter(Boolean).join(" and");
  throw new DeconvError(
    `Cannot make ${kind} with ${option} ${
      JSON.stringify(value)
    }: give how far it goes from ${middle}, or a pair [low, high]${bounds}`,
  );
}

/**
 * Checks that an option is one of some words.
 *
 * @throws {DeconvError} Naming the transformation, the option and the words.
 */
export function checkChoice(
  kind: string,
  option: string,
  value: string,
  choices: readonly string[],
): void {
  if (choices.includes(value)) return;
  throw new DeconvError(
    `Cannot make ${kind} with ${option} "${value}": give ${choices.join(", ")}`,
  );
}
