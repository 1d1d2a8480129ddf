import { DeconvError } from "../../errors.ts";
import { type BrightnessOptions, randomBrightness } from "./brightness.ts";
import { type ContrastOptions, randomContrast } from "./contrast.ts";
import { type CropOptions, randomCrop } from "./crop.ts";
import { cutmix } from "./cutmix.ts";
import { type ErasingOptions, randomErasing } from "./erase.ts";
import { type FlipOptions, randomFlip } from "./flip.ts";
import { randomGrayscale } from "./grayscale.ts";
import { type HueOptions, randomHue } from "./hue.ts";
import { type MixOptions, mixup } from "./mixup.ts";
import { type NoiseOptions, randomNoise } from "./noise.ts";
import { normalize, type NormalizeOptions } from "./normalize.ts";
import { oneOf } from "./one_of.ts";
import { randomRotation, type RotationOptions } from "./rotate.ts";
import { randomSaturation, type SaturationOptions } from "./saturation.ts";
import { randomShear, type ShearOptions } from "./shear.ts";
import { randomShift, type ShiftOptions } from "./shift.ts";
import { randomZoom, type ZoomOptions } from "./zoom.ts";
import type { Transformation, TransformationOptions } from "./transformation.ts";

/** The options of each kind of transformation. */
export interface TransformationKinds {
  /** Of {@linkcode randomBrightness}. */
  readonly brightness: BrightnessOptions;
  /** Of {@linkcode randomContrast}. */
  readonly contrast: ContrastOptions;
  /** Of {@linkcode randomCrop}. */
  readonly crop: CropOptions;
  /** Of {@linkcode cutmix}. */
  readonly cutmix: MixOptions;
  /** Of {@linkcode randomErasing}. */
  readonly erase: ErasingOptions;
  /** Of {@linkcode randomFlip}. */
  readonly flip: FlipOptions;
  /** Of {@linkcode randomGrayscale}. */
  readonly grayscale: TransformationOptions;
  /** Of {@linkcode randomHue}. */
  readonly hue: HueOptions;
  /** Of {@linkcode mixup}. */
  readonly mixup: MixOptions;
  /** Of {@linkcode randomNoise}. */
  readonly noise: NoiseOptions;
  /** Of {@linkcode normalize}. */
  readonly normalize: NormalizeOptions;
  /** Of {@linkcode oneOf}. */
  readonly oneOf: TransformationOptions & {
    /** Those to choose from. */
    readonly transformations: readonly TransformationConfig[];
  };
  /** Of {@linkcode randomRotation}. */
  readonly rotate: RotationOptions;
  /** Of {@linkcode randomSaturation}. */
  readonly saturation: SaturationOptions;
  /** Of {@linkcode randomShear}. */
  readonly shear: ShearOptions;
  /** Of {@linkcode randomShift}. */
  readonly shift: ShiftOptions;
  /** Of {@linkcode randomZoom}. */
  readonly zoom: ZoomOptions;
}

/** The name of a transformation. */
export type TransformationKind = keyof TransformationKinds;

/** A transformation as plain data: its name, or its name and options. */
export type TransformationConfig =
  | Exclude<TransformationKind, "normalize" | "oneOf">
  | {
    [K in TransformationKind]: { readonly kind: K } & TransformationKinds[K];
  }[TransformationKind];

const FACTORIES: {
  [K in TransformationKind]: (options: TransformationKinds[K]) => Transformation;
} = {
  brightness: randomBrightness,
  contrast: randomContrast,
  crop: randomCrop,
  cutmix,
  erase: randomErasing,
  flip: randomFlip,
  grayscale: randomGrayscale,
  hue: randomHue,
  mixup,
  noise: randomNoise,
  normalize,
  oneOf: ({ transformations = [], ...options }) =>
    oneOf(transformations.map(augmentation), options),
  rotate: randomRotation,
  saturation: randomSaturation,
  shear: randomShear,
  shift: randomShift,
  zoom: randomZoom,
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
