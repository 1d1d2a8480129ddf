import { DeconvError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { fitWrapped } from "./fit.ts";
import { drawGrid, inRows } from "./grid.ts";
import { type Image, upscale } from "./image.ts";
import { notFiniteText, rangeText, sentence, shownText } from "./numbers.ts";
import { checkPictures, fitInBox, paintPicture } from "./pictures.ts";
import { rangeOf } from "./plane.ts";
import { composeSheet } from "./sheet.ts";

/** Options of {@linkcode sampleSheet}. */
export interface SampleSheetOptions {
  /** First line of the sheet; default `"Samples"`. */
  readonly title?: string;
  /** Lines below it, before the range of values. */
  readonly subtitle?: readonly string[];
  /** Pictures in a row, where rows mean something: then each row is labelled by its number. */
  readonly columns?: number;
}

/** Pictures larger than this are shrunk. */
const SIDE = 160;

/**
 * Draws pictures in rows, as they are: what a generator made, or the steps of a walk.
 *
 * @param pictures `[n, h, w, 1 or 3]`; clipped to 0..1, and the subtitle says so where anything is.
 * @throws {DeconvError} When the shape is another, or `columns` is no whole number from 1.
 *
 * @example
 * ```ts
 * import { encodePng, sampleSheet, zeros } from "@deconv/deconv";
 * console.log(encodePng(sampleSheet(zeros([8, 16, 16, 1]), { columns: 4 })).length > 0); // true
 * ```
 */
export function sampleSheet(pictures: Tensor, options: SampleSheetOptions = {}): Image {
  const { title = "Samples", subtitle = [], columns } = options;
  checkPictures(pictures, "samples");
  if (columns !== undefined && !(Number.isInteger(columns) && columns >= 1)) {
    throw new DeconvError(`Cannot draw samples in ${columns} columns: give a whole number from 1`);
  }
  const [count, height, width] = pictures.shape;
  const small = Math.max(height, width) <= SIDE;
  const tile = small ? { width, height } : { width: SIDE, height: SIDE };
  const fit = fitWrapped(count, { ...tile, sideWidth: columns ? 40 : 0 });
  const shown = columns ? count : fit.shown;
  const paint = (n: number) => {
    const image = paintPicture(pictures, n);
    return { image: small ? upscale(image, fit.scale) : fitInBox(image, SIDE) };
  };
  const tiles = Array.from({ length: shown }, (_, n) => paint(n));
  const rows = inRows(tiles, columns ?? fit.columns);
  const body = drawGrid(rows, columns ? { rowLabels: rows.map((_, r) => `${r + 1}`) } : {});
  const range = rangeOf(pictures.data);
  return composeSheet(body, {
    title,
    subtitle: [
      ...subtitle,
      sentence(
        shownText(shown, count, "picture"),
        `${width}×${height}`,
        `values ${rangeText(range)}`,
        range.low < 0 || range.high > 1 ? "clipped to 0 … 1" : "",
        notFiniteText(range),
      ),
    ],
  });
}
