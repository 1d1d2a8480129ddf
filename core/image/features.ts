import { DeconvError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { drawGrid, type Tile } from "./grid.ts";
import type { Image } from "./image.ts";
import { numberText } from "./numbers.ts";
import { checkPictures, fitInBox, paintPicture } from "./pictures.ts";
import { bodyWidth, composeSheet } from "./sheet.ts";

/** Pictures of one feature. */
export interface FeatureRow {
  /** What it is, such as `channel 3`. */
  readonly label: string;
  /** Pictures that make it large, `[n, h, w, 1 or 3]` in 0..1. */
  readonly pictures: Tensor;
  /** How large it becomes, for each. */
  readonly values: readonly number[];
}

/** Options of {@linkcode featureSheet}. */
export interface FeatureSheetOptions {
  /** First line; default `"Features"`. */
  readonly title?: string;
  /** Lines below it. */
  readonly subtitle?: readonly string[];
}

/** Pixels a picture is enlarged to at most. */
const SIDE = 128;

/**
 * Draws pictures that make features large: a row for each feature (several beside one another where there is
 * one picture each), with the value below every picture.
 *
 * @throws {DeconvError} When there are no rows, or pictures are of another shape.
 *
 * @example
 * ```ts
 * import { encodePng, featureSheet, zeros } from "@deconv/deconv";
 * const rows = [{ label: "channel 3", pictures: zeros([2, 8, 8, 3]), values: [0.5, 0.7] }];
 * console.log(encodePng(featureSheet(rows)).length > 0); // true
 * ```
 */
export function featureSheet(
  rows: readonly FeatureRow[],
  options: FeatureSheetOptions = {},
): Image {
  const { title = "Features", subtitle } = options;
  if (!rows.length) throw new DeconvError("Cannot draw features: there are none");
  rows.forEach(({ pictures, label }) => checkPictures(pictures, label));
  const most = Math.max(...rows.map(({ pictures }) => pictures.shape[0]));
  const side = Math.max(32, Math.min(SIDE, Math.floor((bodyWidth - 100) / most) - 6));
  const tiles = rows.map(({ pictures, values }) =>
    Array.from({ length: pictures.shape[0] }, (_, i): Tile => ({
      image: fitInBox(paintPicture(pictures, i), side),
      caption: values[i] === undefined ? undefined : numberText(values[i]),
    }))
  );
  if (most > 1) {
    const body = drawGrid(tiles, { gutter: 6, rowLabels: rows.map(({ label }) => label) });
    return composeSheet(body, { title, subtitle });
  }
  const columns = Math.min(rows.length, Math.floor((bodyWidth + 6) / (side + 6)), 9);
  const lines: Tile[][] = [];
  tiles.flat().forEach((tile, i) => {
    if (i % columns === 0) lines.push([]);
    lines[lines.length - 1].push({ ...tile, heading: rows[i].label });
  });
  return composeSheet(drawGrid(lines, { gutter: 8, minCellWidth: 72 }), { title, subtitle });
}
