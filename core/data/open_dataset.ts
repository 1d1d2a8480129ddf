import { DeconvError } from "../errors.ts";
import { type Shape, sizeOf } from "../tensor.ts";
import { CIFAR10_TEST, isCifar10Training } from "./cifar10.ts";
import { openCifar10, openCifar100 } from "./cifar_folder.ts";
import { openCsv } from "./csv.ts";
import { type Dataset, shuffle, split } from "./dataset.ts";
import { inFolder, isFolder, listFolder } from "./file.ts";
import { isIdxFolder, openIdx } from "./idx_folder.ts";
import { foldersIn, openImageFolder, picturesIn } from "./image_folder.ts";
import { findMaskPairs, type MaskOptions, openMaskPairs } from "./mask_pairs.ts";
import { pictureFiles } from "./picture_files.ts";
import { openNpz } from "./npz_file.ts";

/** How {@linkcode openDataset} reads what it finds. */
export interface OpenOptions extends Omit<MaskOptions, "name" | "classNames"> {
  /**
   * What rows of tables are to be like, if they have as many columns. Otherwise they are gray squares
   * where the number of columns is a square from 64 on.
   */
  readonly shape?: Shape;
  /** Decides which pictures are held out where none are set aside for testing. Default 0. */
  readonly seed?: number;
  /** Whether to hold any out; otherwise all are there to learn from and to test on. Default true. */
  readonly holdOut?: boolean;
}

/** What {@linkcode openDataset} found. */
export interface FoundDataset {
  /** Pictures to learn from. */
  readonly train: Dataset;
  /** Pictures to test on. */
  readonly test: Dataset;
  /** What it is, in a line, such as `CIFAR-10 in its binary format`. */
  readonly found: string;
}

/** What is looked for, in this order. */
const LOOKED_FOR = "a .npz, .npy or .csv file, or a folder with CIFAR-10 (data_batch_1.bin, " +
  "test_batch.bin), CIFAR-100 (train.bin, test.bin), IDX files (t10k-images-idx3-ubyte, …), pictures " +
  "with masks (folders image and label, or names with _mask), or a folder of PNG, JPEG, BMP or PNM pictures for " +
  "each class (these perhaps in folders train and test), or just such pictures";

/** The part that is held out where a dataset has no part to test on. */
const HELD_OUT = 0.1;

/**
 * Opens a dataset on disk, whatever its format: finds out what a path holds. Where nothing is set aside
 * for testing, one picture in ten is held out at random.
 *
 * @throws {DeconvError} When there is nothing of the kind, with what was looked for; when files are
 * damaged.
 *
 * @example
 * ```ts ignore
 * import { openDataset } from "@deconv/deconv";
 * const { train, test, found } = await openDataset("pictures", { size: 32 });
 * console.log(found); // pictures in 10 folders, one a class; 1 in 10 held out for testing
 * ```
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<FoundDataset> {
  if (!isFolder(path)) return await openFileOf(path, options);
  const names = listFolder(path);
  if (names.some((name) => isCifar10Training(name) || name === CIFAR10_TEST)) {
    return { ...openCifar10(path), found: "CIFAR-10 in its binary format" };
  }
  if (names.includes("train.bin") || names.includes("test.bin")) {
    return { ...openCifar100(path), found: "CIFAR-100 in its binary format, fine labels" };
  }
  if (isIdxFolder(names)) {
    const { train, test } = await openIdx(path);
    return withTest(train ?? test, train && test, "IDX files", options);
  }
  const folders = foldersIn(path), pairs = findMaskPairs(path, folders);
  if (pairs) {
    const what = options.classes ? `masks of ${options.classes} classes` : "masks of two sides";
    return withTest(openMaskPairs(pairs, options), undefined, `pictures with ${what}`, options);
  }
  return openPictures(path, folders, options) ?? notFound(path);
}

async function openFileOf(path: string, options: OpenOptions): Promise<FoundDataset> {
  if (/\.np[yz]$/i.test(path)) {
    const { train, test } = openNpz(path);
    return withTest(train, test, "NumPy's arrays", options);
  }
  if (/\.[ct]sv$/i.test(path)) {
    const all = await openCsv(path, { shape: (columns) => rowShape(columns, options.shape) });
    return withTest(all, undefined, `a table of ${sizeOf(all.shape)} values a row`, options);
  }
  return notFound(path);
}

function rowShape(columns: number, wanted?: Shape): Shape {
  if (wanted && sizeOf(wanted) === columns) return wanted;
  const side = Math.sqrt(columns);
  return Number.isInteger(side) && side >= 8 ? [side, side, 1] : [columns];
}

/** Folders of pictures by class, or of such folders to learn from and to test on; or a folder of pictures. */
function openPictures(
  path: string,
  folders: readonly string[],
  options: OpenOptions,
): FoundDataset | undefined {
  const one = (folder: string, name: string, classNames?: readonly string[]) =>
    openImageFolder(folder, { ...options, name, classNames });
  const part = (names: RegExp) => folders.find((name) => names.test(name));
  const training = part(/^train(ing)?$/i), testing = part(/^(test(ing)?|val(id(ation)?)?)$/i);
  if (training && testing) {
    const train = one(inFolder(path, training), "pictures train");
    // The same folders give the same numbers, even where there is nothing to test of a class.
    const size = options.size ?? train.shape.slice(0, 2) as [number, number];
    const known = train.classNames!, present = foldersIn(inFolder(path, testing));
    const unknown = present.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new DeconvError(
        `Cannot use "${
          inFolder(inFolder(path, testing), unknown)
        }": there is no class of this name to learn`,
      );
    }
    const all = openImageFolder(inFolder(path, testing), {
      ...options,
      size,
      name: "pictures test",
      classNames: present,
    });
    const numbers = present.map((name) => known.indexOf(name));
    const test = relabelled(all, numbers, known);
    return { train, test, found: `pictures in folders, one for each of ${known.length} classes` };
  }
  const classes = folders.filter((name) => picturesIn(inFolder(path, name)).length > 0);
  if (classes.length === 0) {
    const paths = picturesIn(path);
    if (paths.length === 0) return undefined;
    const all = pictureFiles(paths, options);
    return withTest(all, undefined, `${paths.length} pictures without classes`, options);
  }
  const found = `pictures in ${classes.length} folders, one a class`;
  return withTest(one(path, "pictures", classes), undefined, found, options);
}

/** A dataset whose class numbers become others. */
function relabelled(
  dataset: Dataset,
  numbers: readonly number[],
  classNames: readonly string[],
): Dataset {
  return {
    ...dataset,
    classNames,
    read(indices, x, labels, pass) {
      const rename = () => {
        for (let i = 0; labels && i < indices.length; i++) labels[i] = numbers[labels[i]];
      };
      const reading = dataset.read(indices, x, labels, pass);
      return reading ? reading.then(rename) : rename();
    },
  };
}

/** Holds pictures out where there are none to test on. */
function withTest(
  train: Dataset,
  test: Dataset | undefined,
  found: string,
  { seed = 0, holdOut = true }: OpenOptions,
): FoundDataset {
  if (test) return { train, test, found };
  if (!holdOut) return { train, test: train, found };
  if (train.size < 2) {
    throw new DeconvError(
      `Cannot hold out pictures of ${train.name} for testing: it has only ${train.size}`,
    );
  }
  const held = Math.max(1, Math.round(train.size * HELD_OUT)) / train.size;
  const [learned, tested] = split(shuffle(train, seed), 1 - held);
  return { train: learned, test: tested, found: `${found}; 1 in 10 held out for testing` };
}

function notFound(path: string): never {
  throw new DeconvError(`Cannot tell what data are in "${path}": looked for ${LOOKED_FOR}`);
}
