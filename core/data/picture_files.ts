/**
 * Picture files as a dataset: decoded when they are asked for, brought to one size, and kept in memory
 * as far as allowed.
 */
import { DeconvError } from "../errors.ts";
import { sizeOf } from "../tensor.ts";
import { checkRead, type Dataset } from "./dataset.ts";
import { decodePicture } from "../formats/picture.ts";
import type { Alpha } from "./picture_values.ts";
import { decodePool } from "./decode_pool.ts";
import { readFile } from "./file.ts";
import type { Fit } from "./fit_picture.ts";
import { type DecodeConfig, decodeConfig, decodeFile } from "./picture_decoder.ts";

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
  /** Told of each file that is skipped, and why. */
  readonly onSkip?: (path: string, reason: string) => void;
  /**
   * How many workers decode pictures beside the training, a batch ahead; 0 (the default) decodes them
   * when they are read. Deno needs permission to read deconv's own files for that; where workers cannot
   * be started, pictures are decoded as with 0. The numbers are the same.
   */
  readonly workers?: number;
  /** How many bytes of decoded pictures may be kept in memory. Default 256 MiB. */
  readonly cacheLimit?: number;
}

/** Files as a dataset, with a class each if `labels` are given. */
export function fileDataset(
  paths: readonly string[],
  { name, config, limit = 2 ** 28, labels, classNames, workers = 0 }: {
    name: string;
    config: DecodeConfig;
    limit?: number;
    labels?: readonly number[];
    classNames?: readonly string[];
    workers?: number;
  },
): Dataset {
  if (!(Number.isInteger(workers) && workers >= 0 && workers <= 64)) {
    throw new DeconvError(`Cannot decode pictures with ${workers} workers: give 0 to 64`);
  }
  const shape = [config.height, config.width, config.channels], one = sizeOf(shape);
  const scale = config.mask ? 1 : 255;
  const kept: (Uint8Array | undefined)[] = [];
  let room = limit;
  const keep = (index: number, bytes: Uint8Array) => {
    if (kept[index] || one > room) return;
    kept[index] = bytes;
    room -= one;
  };
  const decode = (index: number) => {
    const bytes = kept[index] ?? decodeFile(readFile(paths[index]), paths[index], config);
    keep(index, bytes);
    return bytes;
  };
  const pool = workers ? decodePool(workers) : undefined;
  const coming = new Map<number, Promise<Uint8Array>>();
  /** Has a picture decoded in a worker, once. */
  const order = (index: number): Promise<Uint8Array> => {
    let bytes = coming.get(index);
    if (!bytes) {
      // A file that cannot be read is a matter for whoever reads the picture.
      bytes = new Promise<Uint8Array>((resolve) =>
        resolve(pool!.decode(readFile(paths[index]), paths[index], config))
      );
      bytes.catch(() => {});
      coming.set(index, bytes);
    }
    return bytes;
  };
  const dataset: Dataset = {
    name,
    size: paths.length,
    shape,
    classNames,
    ahead: pool && ((indices) => {
      for (const index of Array.from(indices)) if (!kept[index]) order(index);
    }),
    read(indices, x, targets) {
      checkRead(dataset, indices, x, targets);
      const write = (i: number, bytes: Uint8Array) => {
        for (let j = 0, at = i * one; j < one; j++) x[at + j] = bytes[j] / scale;
        if (targets) targets[i] = labels?.[indices[i]] ?? -1;
      };
      if (pool && Array.from(indices).some((index) => !kept[index])) {
        return readLater(indices, write);
      }
      for (let i = 0; i < indices.length; i++) write(i, decode(indices[i]));
    },
  };
  return dataset;

  async function readLater(
    indices: ArrayLike<number>,
    write: (i: number, bytes: Uint8Array) => void,
  ): Promise<void> {
    const all = Array.from(indices);
    const bytes = all.map((index) => kept[index] ?? order(index));
    try {
      for (let i = 0; i < all.length; i++) {
        const decoded = await bytes[i];
        keep(all[i], decoded);
        write(i, decoded);
      }
    } finally {
      for (const index of all) coming.delete(index);
    }
  }
}

/**
 * Opens picture files, PNG, JPEG, BMP or PNM, as a dataset without classes: `[height, width, 3]`, or 1 channel,
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
  const { name = "pictures", corrupt = "refuse", classNames, size, fit, alpha } = options;
  const config = decodeConfig(size ?? firstSize(paths, name, corrupt === "skip"), {
    exact: size === undefined,
    channels: options.grayscale ? 1 : 3,
    fit,
    alpha,
  });
  const { cacheLimit: limit, workers } = options;
  const details = { name, config, limit, classNames, workers };
  const all = fileDataset(paths, { ...details, labels: options.labels });
  if (corrupt === "refuse") return all;
  if (corrupt !== "skip") {
    throw new DeconvError(`Unknown corrupt ${JSON.stringify(corrupt)}: use "refuse" or "skip"`);
  }
  const good = readable(
    fileDataset(paths, { ...details, workers: 0 }),
    (i, reason) => options.onSkip?.(paths[i], reason),
  );
  if (good.length === 0) throw new DeconvError(`Cannot use ${name}: no picture can be decoded`);
  return fileDataset(good.map((i) => paths[i]), {
    ...details,
    labels: options.labels && good.map((i) => options.labels![i]),
  });
}

/** The pictures that can be decoded. */
function readable(dataset: Dataset, onSkip: (index: number, reason: string) => void): number[] {
  const x = new Float32Array(sizeOf(dataset.shape));
  return Array.from({ length: dataset.size }, (_, i) => i).filter((i) => {
    try {
      dataset.read([i], x);
      return true;
    } catch (error) {
      if (!(error instanceof DeconvError)) throw error;
      onSkip(i, error.message);
      return false;
    }
  });
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
