import { DeconvError } from "../errors.ts";
import { decodePicture } from "../formats/picture.ts";
import { type Alpha, toValues } from "./picture_values.ts";
import { type Fit, fitPicture, FITS, type Size } from "./fit_picture.ts";

/** How a picture file becomes bytes; plain data, so that a worker can be told. */
export interface DecodeConfig extends Size {
  /** Whether pictures of another size are refused rather than fitted. */
  readonly exact: boolean;
  /** How pictures are brought to the size. */
  readonly fit: Fit;
  /** What becomes of alpha. */
  readonly alpha: Alpha;
  /** Channels of a picture; 1 for a mask. */
  readonly channels: 1 | 3;
  /** For a mask: where its sides part, or how many classes it has. */
  readonly mask?: { readonly threshold: number; readonly classes?: number };
}

/**
 * Completes and checks how pictures are brought to a size.
 *
 * @throws {DeconvError} When the size is none or an option unknown.
 */
export function decodeConfig(
  size: number | readonly [number, number],
  { exact, fit = "stretch", alpha = "white", channels, mask }:
    & Pick<DecodeConfig, "exact" | "channels" | "mask">
    & { fit?: Fit; alpha?: Alpha },
): DecodeConfig {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  if (![height, width].every((side) => Number.isInteger(side) && side >= 1 && side <= 16384)) {
    throw new DeconvError(
      `Cannot bring pictures to size ${size}: give whole numbers from 1 to 16384`,
    );
  }
  if (!FITS.includes(fit)) {
    throw new DeconvError(`Unknown fit ${JSON.stringify(fit)}: use ${FITS.join(", ")}`);
  }
  if (alpha !== "white" && alpha !== "drop") {
    throw new DeconvError(`Unknown alpha ${JSON.stringify(alpha)}: use "white" or "drop"`);
  }
  return { height, width, exact, fit, alpha, channels, mask };
}

/**
 * Decodes a file: a picture to bytes of 255ths, a mask to bytes of 0 and 1 or class numbers.
 *
 * @throws {DeconvError} When it is damaged, of a wrong size, or holds what is no class.
 */
export function decodeFile(bytes: Uint8Array, path: string, config: DecodeConfig): Uint8Array {
  const { channels, alpha, mask } = config, classes = mask?.classes;
  const pixels = decodePicture(bytes, path, { indices: classes !== undefined });
  if (classes !== undefined) {
    if (pixels.channels > 1) {
      throw new DeconvError(
        `Cannot read classes from ${path}: a mask of classes must be gray or have a palette`,
      );
    }
    const wrong = pixels.data.find((value) => value >= classes);
    if (wrong !== undefined) {
      throw new DeconvError(
        `Cannot read classes from ${path}: it holds ${wrong}, and there are ${classes} classes, numbered from 0`,
      );
    }
    return Uint8Array.from(fitted(Float32Array.from(pixels.data), pixels, path, config));
  }
  const values = fitted(toValues(pixels, channels, alpha), pixels, path, config);
  return mask
    ? Uint8Array.from(values, (value) => value > mask.threshold ? 1 : 0)
    : Uint8Array.from(values, (value) => Math.round(255 * value));
}

function fitted(
  values: Float32Array,
  has: Size,
  path: string,
  { height, width, exact, fit, mask }: DecodeConfig,
): Float32Array {
  if (has.height === height && has.width === width) return values;
  if (exact) {
    throw new DeconvError(
      `Cannot use ${path} with the pictures before it: it has ${has.height}x${has.width} ` +
        `pixels, not ${height}x${width}: give a size`,
    );
  }
  const scaling = mask ? "nearest" : "bilinear";
  return fitPicture(values, has, { height, width }, { fit, scaling, name: path });
}
