import { DeconvError } from "../errors.ts";
import { isForeignPicture, isPictureName } from "../formats/picture.ts";
import type { Dataset } from "./dataset.ts";
import { inFolder, isFolder, listFolder } from "./file.ts";
import { pictureFiles, type PictureOptions } from "./picture_files.ts";

/** The paths of the pictures that lie in a folder, sorted by name. */
export function picturesIn(folder: string): string[] {
  const names = listFolder(folder);
  const foreign = names.find(isForeignPicture);
  if (foreign) {
    throw new DeconvError(
      `Cannot use "${
        inFolder(folder, foreign)
      }": pictures must be PNG, JPEG, BMP or PNM; convert it, or take it away`,
    );
  }
  return names.filter(isPictureName).map((name) => inFolder(folder, name))
    .filter((path) => !isFolder(path));
}

/** The names of the folders in a folder, sorted, without hidden ones. */
export function foldersIn(folder: string): string[] {
  return listFolder(folder).filter((name) =>
    !name.startsWith(".") && isFolder(inFolder(folder, name))
  );
}

/**
 * Opens a folder of pictures sorted into folders: the name of each is a class, and classes are numbered
 * in the order of their names. Pictures are PNG, JPEG, BMP or PNM, become `[height, width, 3]` (or 1 channel),
 * values in 255ths, and are decoded when they are read. Files that are no pictures are passed over.
 *
 * @param options `size`, `grayscale`, `fit`, `alpha`, `corrupt`, `cacheLimit`: see {@linkcode PictureOptions};
 * `name`, default `"pictures"`; `classNames`: the folders to use, in this order.
 * @throws {DeconvError} When the folder is missing or has no such folders, or an option is wrong. A
 * damaged picture is refused by name when it is read.
 *
 * @example
 * ```ts ignore
 * import { openImageFolder, split } from "@deconv/deconv";
 * const [train, test] = split(openImageFolder("digits", { size: 64, grayscale: true }), 0.8, 1);
 * console.log(train.shape, train.classNames); // [64, 64, 1] ["0", "1", …]
 * ```
 */
export function openImageFolder(
  folder: string,
  options: PictureOptions & { name?: string; classNames?: readonly string[] } = {},
): Dataset {
  const classNames = options.classNames ?? foldersIn(folder);
  const paths: string[] = [], labels: number[] = [];
  classNames.forEach((name, label) => {
    for (const path of picturesIn(inFolder(folder, name))) {
      paths.push(path);
      labels.push(label);
    }
  });
  if (paths.length === 0) {
    throw new DeconvError(
      `Cannot find pictures in "${folder}": it needs a folder for each class, with PNG, JPEG, BMP or PNM files in it`,
    );
  }
  return pictureFiles(paths, { ...options, labels, classNames });
}
