import { DeconvError } from "../errors.ts";
import { zip } from "./combine.ts";
import type { Dataset } from "./dataset.ts";
import { inFolder } from "./file.ts";
import { picturesIn } from "./image_folder.ts";
import { fileDataset, firstSize, pictureFiles, type PictureOptions } from "./picture_files.ts";
import { decodeConfig } from "./picture_decoder.ts";

/** How masks become targets. */
export interface MaskOptions extends PictureOptions {
  /**
   * The number of classes, where the numbers in masks (gray values as stored, or places in a palette)
   * are classes 0 … classes - 1. Without it, masks have two sides: 1 where they are lighter than
   * `threshold`, 0 elsewhere.
   */
  readonly classes?: number;
  /** Names of the classes; says `classes` too. */
  readonly classNames?: readonly string[];
  /** Where the two sides of a mask part, 0..1. Default 0.5. */
  readonly threshold?: number;
  /** What to call the dataset. Default `"pictures with masks"`. */
  readonly name?: string;
}

/**
 * Opens pictures with masks for segmentation: `[height, width, 3]` (or 1 channel), each with a target
 * `[height, width, 1]` of class numbers, or of 0 and 1. Masks are scaled without mixing their values.
 *
 * @param pairs The paths of a picture and of its mask, as {@linkcode pairFolders} and
 * {@linkcode pairNames} find them.
 * @param options `corrupt: "skip"` is refused: a picture must not lose its mask.
 * @throws {DeconvError} When there are no pairs or an option is wrong. Reading refuses damaged files,
 * numbers that are no class and, without a `size`, masks of another size than the pictures.
 *
 * @example
 * ```ts ignore
 * import { openMaskPairs, pairFolders } from "@deconv/deconv";
 * const pairs = pairFolders("membrane/image", "membrane/label");
 * const dataset = openMaskPairs(pairs, { size: 128, grayscale: true });
 * console.log(dataset.shape, dataset.targetShape); // [128, 128, 1] [128, 128, 1]
 * ```
 */
export function openMaskPairs(
  pairs: readonly (readonly [picture: string, mask: string])[],
  options: MaskOptions = {},
): Dataset {
  const { name = "pictures with masks", classNames, threshold = 0.5, fit, cacheLimit, workers } =
    options;
  const { classes = classNames?.length } = options;
  if (options.corrupt === "skip") {
    throw new DeconvError(`Cannot skip corrupt files of ${name}: pictures and masks go in pairs`);
  }
  if (classes !== undefined && !(Number.isInteger(classes) && classes >= 1 && classes <= 256)) {
    throw new DeconvError(`Cannot have masks of ${classes} classes: give a number from 1 to 256`);
  }
  if (classNames && classNames.length !== classes) {
    throw new DeconvError(`Cannot name ${classes} classes by ${classNames.length} classNames`);
  }
  if (!(threshold >= 0 && threshold < 1)) {
    throw new DeconvError(`Cannot part masks at ${threshold}: give a threshold from 0 to below 1`);
  }
  const limit = (cacheLimit ?? 2 ** 28) / 2;
  const pictures = pairs.map(([picture]) => picture);
  const x = pictureFiles(pictures, { ...options, name, cacheLimit: limit });
  const config = decodeConfig(options.size ?? firstSize(pictures, name), {
    exact: options.size === undefined,
    channels: 1,
    fit,
    mask: { threshold, classes },
  });
  const paths = pairs.map(([, mask]) => mask);
  const masks = fileDataset(paths, { name: `masks of ${name}`, config, limit, workers });
  return zip(x, masks, { name, classNames });
}

/**
 * Pairs the pictures of one folder with the masks of another, by their names without endings.
 *
 * @throws {DeconvError} When a picture has no mask or a mask no picture.
 */
export function pairFolders(pictures: string, masks: string): [string, string][] {
  return pair(picturesIn(pictures), picturesIn(masks), stem, stem, masks);
}

/**
 * Pairs the pictures of one folder with masks beside them, whose names are the picture's with something
 * added before the ending: `cat.jpg` and `cat_mask.png` with the suffix `"_mask"`.
 *
 * @throws {DeconvError} When a picture has no mask or a mask no picture.
 */
export function pairNames(folder: string, suffix: string): [string, string][] {
  if (!suffix) {
    throw new DeconvError(`Cannot tell masks in "${folder}" from pictures: give a suffix`);
  }
  const all = picturesIn(folder), isMask = (path: string) => stem(path).endsWith(suffix);
  const without = (path: string) => stem(path).slice(0, -suffix.length);
  return pair(all.filter((path) => !isMask(path)), all.filter(isMask), stem, without, folder);
}

/** The pairs of folders that {@linkcode findMaskPairs} looks for. */
const FOLDERS: readonly (readonly [RegExp, RegExp])[] = [
  [
    /^(images?|imgs?|pictures|inputs?|x)$/i,
    /^(masks?|labels?|annotations?|targets?|segmentations?|gt|y)$/i,
  ],
];

/** Pairs in a folder laid out as is usual: `image` and `label`, `images` and `masks`, … or `*_mask`. */
export function findMaskPairs(
  folder: string,
  folders: readonly string[],
): [string, string][] | undefined {
  for (const [pictures, masks] of FOLDERS) {
    const [a, b] = [pictures, masks].map((name) => folders.find((each) => name.test(each)));
    if (a && b) return pairFolders(inFolder(folder, a), inFolder(folder, b));
  }
  const suffix = picturesIn(folder).map((path) =>
    /[-_](mask|label|gt|segmentation)$/i.exec(stem(path))?.[0]
  )
    .find((found) => found);
  return suffix ? pairNames(folder, suffix) : undefined;
}

function pair(
  pictures: readonly string[],
  masks: readonly string[],
  pictureKey: (path: string) => string,
  maskKey: (path: string) => string,
  where: string,
): [string, string][] {
  const byKey = new Map(masks.map((path) => [maskKey(path), path]));
  const pairs = pictures.map((path): [string, string] => {
    const mask = byKey.get(pictureKey(path));
    if (!mask) {
      throw new DeconvError(
        `Cannot find the mask of ${path}: there is none of its name in "${where}"`,
      );
    }
    byKey.delete(pictureKey(path));
    return [path, mask];
  });
  const [lonely] = byKey.values();
  if (lonely) throw new DeconvError(`Cannot find the picture of the mask ${lonely}`);
  if (!pairs.length) throw new DeconvError(`Cannot find pictures with masks in "${where}"`);
  return pairs;
}

/** A file's name without its folders and its ending. */
function stem(path: string): string {
  return path.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "");
}
