import { DeconvError } from "../../errors.ts";
import { type CropOptions, randomCrop } from "./crop.ts";
import { type FlipOptions, randomFlip } from "./flip.ts";
import { oneOf } from "./one_of.ts";
import { randomShift, type ShiftOptions } from "./shift.ts";
import type { Transformation, TransformationOptions } from "./transformation.ts";

/** The options of each kind of transformation. */
export interface TransformationKinds {
  /** Of {@linkcode randomCrop}. */
  readonly crop: CropOptions;
  /** Of {@linkcode randomFlip}. */
  readonly flip: FlipOptions;
  /** Of {@linkcode oneOf}. */
  readonly oneOf: TransformationOptions & {
    readonly transformations: readonly TransformationConfig[];
  };
  /** Of {@linkcode randomShift}. */
  readonly shift: ShiftOptions;
}

/** The name of a transformation. */
export type TransformationKind = keyof TransformationKinds;

/** A transformation as plain data: its name, or its name and options. */
export type TransformationConfig =
  | Exclude<TransformationKind, "oneOf">
  | {
    [K in TransformationKind]: { readonly kind: K } & TransformationKinds[K];
  }[TransformationKind];

const FACTORIES: {
  [K in TransformationKind]: (options: TransformationKinds[K]) => Transformation;
} = {
  crop: randomCrop,
  flip: randomFlip,
  oneOf: ({ transformations = [], ...options }) =>
    oneOf(transformations.map(augmentation), options),
  shift: randomShift,
};

/** The names of all transformations. */
export const TRANSFORMATION_KINDS: readonly TransformationKind[] = Object.keys(
  FACTORIES,
) as TransformationKind[];

/**
 * Makes a transformation from plain data, such as a preset or a file has it. Every transformation's
 * `config` is such data.
 *
 * @throws {DeconvError} When there is no such transformation, or it refuses its options.
 *
 * @example
 * ```ts
 * import { augmentation } from "@deconv/deconv";
 * console.log(augmentation({ kind: "crop", padding: 2 }).config);
 * console.log(augmentation("flip").probability); // 1: a flip decides for itself
 * ```
 */
export function augmentation(config: TransformationConfig): Transformation {
  const { kind, ...options } = typeof config === "string" ? { kind: config } : config;
  if (!Object.hasOwn(FACTORIES, kind)) {
    throw new DeconvError(
      `There is no transformation "${kind}"; there are ${TRANSFORMATION_KINDS.join(", ")}`,
    );
  }
  return (FACTORIES[kind] as (options: object) => Transformation)(options);
}
