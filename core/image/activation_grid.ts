import type { Tensor } from "../tensor.ts";
import type { ColorScale } from "./colormap.ts";
import type { BlockFit } from "./fit.ts";
import { drawGrid, inRows, type Tile, widest } from "./grid.ts";
import {
  blit,
  createImage,
  type Image,
  joinImages,
  shrinkToFit,
  stackImages,
  upscale,
} from "./image.ts";
import { numberText } from "./numbers.ts";
import { channelPlane, fitInBox, paintPicture } from "./pictures.ts";
import { paintPlane } from "./plane.ts";
import { drawText } from "./text.ts";
import { theme } from "./theme.ts";

/** Feature maps to lay out. */
export interface MapGrid {
  /** Values `[n, h, w, c]`. */
  readonly activation: Tensor;
  /** The size of a map before it is enlarged. */
  readonly drawn: { readonly width: number; readonly height: number };
  /** Pictures shown in front. */
  readonly input?: Tensor;
  /** How many are shown, how large. */
  readonly fit: BlockFit;
  /** The scale of each channel shown. */
  readonly scales: readonly ColorScale[];
  /** Whether each channel has its own scale, which is then written above its column. */
  readonly own: boolean;
}

function mapTile(
  { activation, drawn, fit, scales }: MapGrid,
  picture: number,
  channel: number,
): Tile {
  const painted = paintPlane(channelPlane(activation, picture, channel), scales[channel]);
  return { image: upscale(shrinkToFit(painted, drawn), fit.scale) };
}

/** One row a picture, one column a channel, in front the input. */
export function tableBody(grid: MapGrid): Image {
  const { drawn: { width, height }, input, fit, scales, own } = grid;
  const side = fit.scale * Math.max(height, width);
  const rows = Array.from({ length: fit.pictures }, (_, n) => {
    const maps = scales.map((_, channel) => mapTile(grid, n, channel));
    return input ? [{ image: fitInBox(paintPicture(input, n), side) }, ...maps] : maps;
  });
  const labels = scales.map((_, channel) => String(channel));
  const notes = scales.map(({ low, high }) =>
    (low < 0 ? "±" : "") + numberText(Number(high.toPrecision(2))).replace(/^0\./, ".")
  );
  const notesFit = own && widest(notes) + 3 <= fit.scale * width + fit.gutter;
  return drawGrid(rows, {
    gutter: fit.gutter,
    rowLabels: rows.map((_, n) => String(n)),
    columnLabels: input ? ["in", ...labels] : labels,
    columnNotes: notesFit ? (input ? ["", ...notes] : notes) : [],
    rowAxis: "picture ↓",
    columnAxis: notesFit ? "channel → and its largest value" : "channel →",
  });
}

/** A block of rows a picture, each row labelled with its first channel, in front the input. */
export function blockBody(grid: MapGrid): Image {
  const { fit, scales } = grid;
  const blocks = Array.from({ length: fit.pictures }, (_, n) => {
    const rows = inRows(scales.map((_, channel) => mapTile(grid, n, channel)), fit.columns);
    const maps = drawGrid(rows, {
      gutter: fit.gutter,
      rowLabels: rows.map((_, row) => String(row * fit.columns)),
      rowAxis: "channel",
    });
    return joinImages([frontOf(grid, n), maps], { gap: 12 });
  });
  return stackImages(blocks, { gap: 10 });
}

function frontOf({ drawn, input, fit, scales }: MapGrid, n: number): Image {
  const rows = Math.ceil(scales.length / fit.columns);
  const high = rows * (fit.scale * drawn.height + fit.gutter) - fit.gutter;
  return blockFront(`picture ${n}`, high, input, n);
}

/** What stands in front of a block: a text and, where given, the picture, 96 pixels high at most. */
export function blockFront(text: string, high: number, input?: Tensor, n = 0): Image {
  const side = Math.min(96, Math.max(32, high));
  const front = createImage(input ? Math.max(68, side + 2) : 68, 18 + (input ? side + 2 : 0));
  drawText(front, text, { x: 0, y: 12, color: theme.muted });
  if (!input) return front;
  const picture = drawGrid([[{ image: fitInBox(paintPicture(input, n), side) }]]);
  blit(front, picture, { x: 0, y: 18 });
  return front;
}
