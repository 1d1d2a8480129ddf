import { blit, createImage, fillRect, type Image } from "./image.ts";
import { drawText, measureText } from "./text.ts";
import { type Rgb, theme } from "./theme.ts";

/** One picture of a grid. */
export interface Tile {
  /** The picture, already at its final size. */
  readonly image: Image;
  /** A line centred above it. */
  readonly heading?: string;
  /** A line centred below it. */
  readonly caption?: string;
}

/** How {@linkcode drawGrid} lays tiles out. */
export interface GridOptions {
  /** Pixels between tiles; default 4. */
  readonly gutter?: number;
  /** One text beside each row. */
  readonly rowLabels?: readonly string[];
  /** One text after each row, such as its range. */
  readonly rowNotes?: readonly string[];
  /** One text above each column; every second, fourth … is left out where they would touch. */
  readonly columnLabels?: readonly string[];
  /** A second line above each column, all or none. */
  readonly columnNotes?: readonly string[];
  /** What the rows count, written above the row labels, such as `filter`. */
  readonly rowAxis?: string;
  /** What the captions of the last row are, written in front of them. */
  readonly captionLabel?: string;
  /** What the columns count, written above the column labels, such as `input plane`. */
  readonly columnAxis?: string;
  /** Colour between tiles; default white. */
  readonly background?: Rgb;
  /** Pixels a cell takes at least (for captions wider than tiles); default 0. */
  readonly minCellWidth?: number;
}

/** Height of a line of labels. */
const line = 18;

/**
 * Lays tiles out in rows and columns of equal cells, with labels around them. Each tile is centred in
 * its cell and gets a thin frame outside its pixels, so nothing of the tile is covered.
 *
 * @param rows The tiles, row by row; rows may be of different length.
 */
export function drawGrid(rows: readonly (readonly Tile[])[], options: GridOptions = {}): Image {
  const { rowLabels = [], rowNotes = [], rowAxis = "", columnAxis = "" } = options;
  const { columnLabels = [], columnNotes = [], gutter = 4, minCellWidth = 0 } = options;
  const { captionLabel = "", background } = options;
  const tiles = rows.flat();
  const tileWidth = Math.max(minCellWidth, ...tiles.map((tile) => tile.image.width));
  const tileHeight = Math.max(...tiles.map((tile) => tile.image.height));
  const cellWidth = tileWidth + gutter;
  const columns = Math.max(...rows.map((row) => row.length));

  const labelWidth = widest([...rowLabels, rowAxis, captionLabel]);
  const left = 1 + (labelWidth === 0 ? 0 : labelWidth + 10);
  const axisHeight = rowAxis || columnAxis ? line : 0;
  const top = 1 + axisHeight + (columnLabels.length ? line : 0) +
    (columnNotes.length ? line - 2 : 0);
  const notes = widest(rowNotes);
  const gridWidth = columns * cellWidth - gutter + 1;
  const places = placeRows(rows, { top, tileHeight, gutter });
  const axisWidth = Math.ceil(measureText(columnAxis).width);
  const image = createImage(
    left + Math.max(gridWidth + (notes === 0 ? 0 : notes + 10), axisWidth),
    places[places.length - 1].bottom + 1,
    background,
  );

  drawText(image, rowAxis, { x: left - 11, y: 12, align: "right", color: theme.muted });
  drawText(image, columnAxis, { x: left, y: 12, color: theme.muted });
  const every = labelStep(columnLabels, cellWidth);
  const center = (column: number) => left + column * cellWidth + tileWidth / 2;
  columnLabels.forEach((text, column) => {
    if (column % every !== 0) return;
    const y = axisHeight + 12;
    drawText(image, text, { x: center(column), y, align: "center", color: theme.faint });
  });
  columnNotes.forEach((text, column) => {
    const y = top - 7;
    drawText(image, text, { x: center(column), y, align: "center", color: theme.ink });
  });

  rows.forEach((row, r) => {
    const { heading, tile: rowTop, caption } = places[r];
    const middle = rowTop + Math.round(tileHeight / 2) + 4;
    const labelled = { y: middle, color: theme.faint } as const;
    drawText(image, rowLabels[r] ?? "", { x: left - 11, align: "right", ...labelled });
    drawText(image, rowNotes[r] ?? "", { x: left + gridWidth + 8, y: middle, color: theme.ink });
    row.forEach((tile, column) => {
      const x = left + column * cellWidth + Math.floor((tileWidth - tile.image.width) / 2);
      const tileTop = rowTop + Math.floor((tileHeight - tile.image.height) / 2);
      const { width, height } = tile.image;
      const frame = { x: x - 1, y: tileTop - 1, width: width + 2, height: height + 2 };
      fillRect(image, frame, theme.line);
      blit(image, tile.image, { x, y: tileTop });
      const centered = { x: center(column), align: "center" } as const;
      drawText(image, tile.heading ?? "", { ...centered, y: heading, maxWidth: cellWidth - 4 });
      const captioned = { y: caption, color: theme.muted, maxWidth: cellWidth - 2 } as const;
      drawText(image, tile.caption ?? "", { ...centered, ...captioned });
    });
  });
  const y = places[places.length - 1].caption;
  drawText(image, captionLabel, { x: left - 11, y, align: "right", color: theme.faint });
  return image;
}

/** Where a row's parts are: base lines of text, top of its tiles, its lower edge. */
interface RowPlace {
  heading: number;
  tile: number;
  caption: number;
  bottom: number;
}

/** Only rows with headings or captions take room for them. */
function placeRows(
  rows: readonly (readonly Tile[])[],
  { top, tileHeight, gutter }: { top: number; tileHeight: number; gutter: number },
): RowPlace[] {
  let y = top;
  return rows.map((row) => {
    const tile = y + (row.some(({ heading }) => heading !== undefined) ? line + 2 : 0);
    const end = tile + tileHeight;
    const bottom = end + (row.some(({ caption }) => caption !== undefined) ? line + 2 : 0);
    const place = { heading: y + 12, tile, caption: end + 15, bottom };
    y = bottom + gutter;
    return place;
  });
}

/** Pixels the widest of some texts takes, rounded up; 0 when all are empty. */
export function widest(texts: readonly string[]): number {
  return Math.ceil(Math.max(0, ...texts.map((text) => measureText(text).width)));
}

/** 1, 2, 4, 8 …: how many columns a label must stand for so that neighbours do not touch. */
function labelStep(labels: readonly string[], cellWidth: number): number {
  const needed = widest(labels) + 6;
  let step = 1;
  while (step * cellWidth < needed) step *= 2;
  return step;
}

/** Cuts a list into rows of `columns` entries; the last may be shorter. */
export function inRows<T>(entries: readonly T[], columns: number): T[][] {
  const rows: T[][] = [];
  for (let i = 0; i < entries.length; i += columns) rows.push(entries.slice(i, i + columns));
  return rows;
}
