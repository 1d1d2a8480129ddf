import type { Dataset } from "../data/dataset.ts";
import { DeconvError } from "../errors.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { drawGrid, type Tile } from "./grid.ts";
import type { Image } from "./image.ts";
import { sentence } from "./numbers.ts";
import { checkPictures, fitInBox, paintPicture } from "./pictures.ts";
import { bodyWidth, composeSheet } from "./sheet.ts";

/** Options of {@linkcode augmentationSheet}. */
export interface AugmentationSheetOptions {
  /** Which pictures are shown, a row each. Default the first four (of fewer, all). */
  readonly pictures?: readonly number[];
  /** How many passes over the dataset are shown, a column each. Default 8. */
  readonly passes?: number;
  /** First line of the sheet; default `"Augmentation"`. */
  readonly title?: string;
}

/** Passes shown at most. */
const most = 24;

/**
 * Draws what augmentation makes of pictures: a row for each picture, first as it is, then as it comes
 * in one pass after the other. Values are clipped to 0..1.
 *
 * @param dataset The pictures, `[height, width, 1 or 3]`.
 * @param augmented What `augment` made of the dataset.
 * @param options Which pictures, how many passes, and the title.
 * @throws {DeconvError} When the datasets do not fit together, or there is nothing to show.
 *
 * @example
 * ```ts
 * import { augment, augmentationSheet, encodePng, shapes } from "@deconv/deconv";
 * const pictures = shapes({ size: 100 });
 * const sheet = await augmentationSheet(pictures, augment(pictures, ["flip", "crop", "erase"]));
 * console.log(encodePng(sheet).length > 0); // true
 * ```
 */
export async function augmentationSheet(
  dataset: Dataset,
  augmented: Dataset,
  options: AugmentationSheetOptions = {},
): Promise<Image> {
  const { passes = 8, title = "Augmentation" } = options;
  const { pictures = Array.from({ length: Math.min(4, dataset.size) }, (_, i) => i) } = options;
  if (dataset.size !== augmented.size) {
    throw new DeconvError(
      `Cannot compare the ${dataset.size} pictures of ${dataset.name} with ${augmented.size} ` +
        `augmented ones: give a dataset and what augment made of it`,
    );
  }
  if (!pictures.length || !(Number.isInteger(passes) && passes >= 1 && passes <= most)) {
    throw new DeconvError(
      `Cannot draw ${passes} passes of ${pictures.length} pictures: give at least one picture and 1 to ${most} passes`,
    );
  }
  const original = await read(dataset, pictures, 0);
  const changed: Tensor[] = [];
  for (let pass = 0; pass < passes; pass++) changed.push(await read(augmented, pictures, pass));

  const side = Math.floor((bodyWidth - 60) / (passes + 1)) - 6;
  const [height, width] = dataset.shape;
  const tile = (from: Tensor, row: number): Tile => ({
    image: fitInBox(paintPicture(from, row), Math.min(128, side)),
  });
  const body = drawGrid(
    pictures.map((_, row) => [tile(original, row), ...changed.map((pass) => tile(pass, row))]),
    {
      gutter: 6,
      rowLabels: pictures.map(String),
      rowAxis: "picture",
      columnLabels: ["original", ...changed.map((_, pass) => `${pass}`)],
      columnAxis: "pass",
    },
  );
  return composeSheet(body, { title, subtitle: [sentence(dataset.name, `${width}×${height}`)] });
}

/** Reads pictures as they come in a pass. */
async function read(
  dataset: Dataset,
  pictures: readonly number[],
  pass: number,
): Promise<Tensor> {
  const shape = [pictures.length, ...dataset.shape];
  const data = new Float32Array(sizeOf(shape));
  checkPictures({ shape, data }, dataset.name);
  await dataset.read(pictures, data, undefined, pass);
  return { shape, data };
}
