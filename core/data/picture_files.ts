/**
 * Picture files as a dataset: decoded when they are asked for, brought to one size, and kept in memory
 * as far as allowed.
 */
import { DeconvError } from "../errors.ts";
import { type Shape, sizeOf } from "../tensor.ts";
import { checkRead, type Dataset } from "./dataset.ts";
import { type Alpha, decodePicture, toValues } from "./decode_picture.ts";
import { readFile } from "./file.ts";
import { type Fit, fitPicture, FITS, type Scaling, type Size } from "./fit_picture.ts";

/** How pictures in files become arrays. */
export interface PictureOptions {
  /**
   * The size of all pictures: one number for squares, or `[height, width]`. Default the size of the
   * first picture, which all must have then.
   */
  readonly size?: number | readonly [number, number];
  /** Whether to have one gray channel instead of three. Default false. */
  readonly grayscale?: boolean;
  /** How pictures are brought to the size. Default `"stretch"`. */
  readonly fit?: Fit;
  /** Whether transparent pictures are laid over `"white"` (the default) or alpha is `"drop"`ped. */
  readonly alpha?: Alpha;
  /**
   * What to do about files that cannot be decoded: `"refuse"` them when they are read (the default),
   * or `"skip"` them, for which every file is decoded once at the start.
   */
  readonly corrupt?: "refuse" | "skip";
  /** How many bytes of decoded pictures may be kept in memory. Default 256 MiB. */
  readonly cacheLimit?: number;
}

/** Turns the bytes of a file into values of 255ths, or whatever bytes stand for. */
export type DecodeFile = (bytes: Uint8Array, path: string) => Uint8Array;

/** Files as a dataset, with a class each if `labels` are given. */
export function fileDataset(
  paths: readonly string[],
  { name, shape, decode, limit = 2 ** 28, labels, classNames, scale = 255 }: {
    name: string;
    shape: Shape;
    decode: DecodeFile;
    limit?: number;
    labels?: readonly number[];
    classNames?: readonly string[];
    /** What a byte is divided by. */
    scale?: number;
  },
): Dataset {
  const one = sizeOf(shape), kept: (Uint8Array | undefined)[] = [];
  let room = limit;
  const bytesOf = (index: number): Uint8Array => {
    const known = kept[index];
    if (known) return known;
    const bytes = decode(readFile(paths[index]), paths[index]);
    if (one <= room) {
      kept[index] = bytes;
      room -= one;
    }
    return bytes;
  };
  const dataset: Dataset = {
    name,
    size: paths.length,
    shape,
    classNames,
    read(indices, x, targets) {
      checkRead(dataset, indices, x, targets);
      for (let i = 0; i < indices.length; i++) {
        const bytes = bytesOf(indices[i]);
        for (let j = 0, at = i * one; j < one; j++) x[at + j] = bytes[j] / scale;
        if (targets) targets[i] = labels?.[indices[i]] ?? -1;
      }
    },
  };
  return dataset;
}

/**
 * Opens picture files, PNG or JPEG, as a dataset without classes: `[height, width, 3]`, or 1 channel,
 * values in 255ths. Pictures are decoded when they are read.
 *
 * @throws {DeconvError} When there are none, an option is wrong, or the first cannot be read and its
 * size is needed. Reading refuses files that are damaged or, without a `size`, of another size.
 */
export function pictureFiles(
  paths: readonly string[],
  options: PictureOptions & {
    name?: string;
    labels?: readonly number[];
    classNames?: readonly string[];
  } = {},
): Dataset {
  const { name = "pictures", corrupt = "refuse", classNames } = options;
  const { size, decode } = pictureDecoder(paths, name, options);
  const shape = [size.height, size.width, options.grayscale ? 1 : 3];
  const details = { name, shape, decode, limit: options.cacheLimit, classNames };
  const all = fileDataset(paths, { ...details, labels: options.labels });
  if (corrupt === "refuse") return all;
  if (corrupt !== "skip") {
    throw new DeconvError(`Unknown corrupt ${JSON.stringify(corrupt)}: use "refuse" or "skip"`);
  }
  const good = readable(all);
  if (good.length === 0) throw new DeconvError(`Cannot use ${name}: no picture can be decoded`);
  return fileDataset(good.map((i) => paths[i]), {
    ...details,
    labels: options.labels && good.map((i) => options.labels![i]),
  });
}

/** The pictures that can be decoded. */
function readable(dataset: Dataset): number[] {
  const x = new Float32Array(sizeOf(dataset.shape));
  return Array.from({ length: dataset.size }, (_, i) => i).filter((i) => {
    try {
      dataset.read([i], x);
      return true;
    } catch (error) {
      if (error instanceof DeconvError) return false;
      throw error;
    }
  });
}

/** The size pictures get, and how a file becomes one. */
function pictureDecoder(
  paths: readonly string[],
  name: string,
  { size, grayscale = false, fit, alpha = "white", corrupt }: PictureOptions,
): { size: Size; decode: DecodeFile } {
  if (alpha !== "white" && alpha !== "drop") {
    throw new DeconvError(`Unknown alpha ${JSON.stringify(alpha)}: use "white" or "drop"`);
  }
  const channels = grayscale ? 1 : 3;
  const fitter = pictureFitter(size ?? firstSize(paths, name, corrupt === "skip"), {
    exact: size === undefined,
    fit,
    scaling: "bilinear",
  });
  return {
    size: fitter.size,
    decode: (file, path) => {
      const pixels = decodePicture(file, path);
      const values = fitter.apply(toValues(pixels, channels, alpha), pixels, path);
      return Uint8Array.from(values, (value) => Math.round(255 * value));
    },
  };
}

/** Brings pictures to a size, or refuses those of another. */
export function pictureFitter(
  size: number | readonly [number, number],
  { exact, fit = "stretch", scaling }: { exact: boolean; fit?: Fit; scaling: Scaling },
): { size: Size; apply(values: Float32Array, has: Size, path: string): Float32Array } {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  if (![height, width].every((side) => Number.isInteger(side) && side >= 1 && side <= 16384)) {
    throw new DeconvError(
      `Cannot bring pictures to size ${size}: give whole numbers from 1 to 16384`,
    );
  }
  if (!FITS.includes(fit)) {
    throw new DeconvError(`Unknown fit ${JSON.stringify(fit)}: use ${FITS.join(", ")}`);
  }
  const wanted = { height, width };
  return {
    size: wanted,
    apply(values, has, path) {
      if (has.height === height && has.width === width) return values;
      if (exact) {
        throw new DeconvError(
          `Cannot use ${path} with the pictures before it: it has ${has.height}x${has.width} ` +
            `pixels, not ${height}x${width}: give a size`,
        );
      }
      return fitPicture(values, has, wanted, { fit, scaling, name: path });
    },
  };
}

/** The size of the first picture, or of the first that can be decoded. */
export function firstSize(
  paths: readonly string[],
  name: string,
  skip = false,
): readonly [number, number] {
  for (const path of paths) {
    try {
      const { height, width } = decodePicture(readFile(path), path);
      return [height, width];
    } catch (error) {
      if (!skip || !(error instanceof DeconvError)) throw error;
    }
  }
  throw new DeconvError(
    `Cannot use ${name}: there is no picture${skip ? " that can be decoded" : ""}`,
  );
}
