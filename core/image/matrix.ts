import type { ColorScale } from "./colormap.ts";
import { widest } from "./grid.ts";
import { blit, createImage, fillRect, type Image, strokeRect } from "./image.ts";
import { paintPlane, type Plane } from "./plane.ts";
import { bodyHeight } from "./sheet.ts";
import { drawText, measureText } from "./text.ts";
import { theme } from "./theme.ts";

/** How {@linkcode matrixBody} colours and labels a heat map. */
export interface MatrixOptions {
  /** The scale of each row. */
  readonly scaleOfRow: (row: number) => ColorScale;
  /** What stands after each row, such as its range; shown where rows are tall enough. */
  readonly noteOfRow?: (row: number) => string;
  /** What stands in each cell; shown where cells are large enough. */
  readonly cellText?: (row: number, column: number) => string;
  /** A picture in front of each row, at most 32 pixels high; rows are then 36 pixels high. */
  readonly pictureOfRow?: (row: number) => Image;
  /** What the rows count. */
  readonly rowAxis: string;
  /** What the columns count. */
  readonly columnAxis: string;
  /** Pixels the heat map and its labels may take across. */
  readonly width: number;
  /** Pixels it may take down; default those of a sheet. */
  readonly height?: number;
  /** What a column counts for in the numbers above it; default 1. */
  readonly columnStep?: number;
  /** Whether cells of a row touch, so that a row reads as a strip. Default false. */
  readonly strips?: boolean;
}

/**
 * Draws a table of numbers as a heat map with numbered rows and columns: cells from one pixel to
 * 56 × 28. What does not fit at one pixel a number is left out.
 *
 * @returns The picture, and how many rows and columns of the table it shows.
 */
export function matrixBody(
  plane: Plane,
  options: MatrixOptions,
): { image: Image; rows: number; columns: number } {
  const { scaleOfRow, noteOfRow, cellText, rowAxis, columnAxis, width } = options;
  const { height = bodyHeight, columnStep = 1, strips = false } = options;
  const pictureOfRow = plane.height * 36 <= height ? options.pictureOfRow : undefined;
  const labels = widest([rowAxis, String(plane.height - 1)]) + 10;
  const left = labels + (pictureOfRow ? 44 : 0);
  const notes = noteOfRow
    ? widest(Array.from({ length: plane.height }, (_, r) => noteOfRow(r)))
    : 0;
  const right = notes === 0 ? 0 : notes + 10;
  const columns = Math.min(plane.width, width - left - right - 1);
  const rows = Math.min(plane.height, height);
  const cell = {
    width: Math.min(56, Math.floor((width - left - right - 1) / columns)),
    height: Math.min(28, Math.floor(height / rows)),
  };
  if (cell.width < 20 && rows * 12 <= height) cell.height = Math.min(cell.height, 20);
  if (pictureOfRow) cell.height = 36;
  const gap = Math.min(strips ? Infinity : cell.width, cell.height) >= 10 ? 1 : 0;
  const top = 38;
  const map = { width: columns * cell.width, height: rows * cell.height };
  const image = createImage(
    left + Math.max(map.width + 1 + right, Math.ceil(measureText(columnAxis).width)),
    top + map.height + 2,
  );
  drawText(image, rowAxis, { x: labels - 10, y: 12, align: "right", color: theme.muted });
  drawText(image, columnAxis, { x: left, y: 12, color: theme.muted });
  fillRect(image, { x: left, y: top, width: map.width, height: map.height }, theme.line);
  for (let row = 0; row < rows; row++) {
    const slice = {
      ...plane,
      width: columns,
      height: 1,
      offset: plane.offset + row * plane.rowStride,
    };
    const painted = paintPlane(slice, scaleOfRow(row));
    const y = top + row * cell.height;
    blit(image, stretched(painted, { ...cell, right: strips ? 0 : gap, below: gap }), {
      x: left,
      y,
    });
    const middle = y + Math.floor(cell.height / 2) + 4;
    if (row % stepFor(cell.height, 16) === 0) {
      drawText(image, String(row), {
        x: labels - 10,
        y: middle,
        align: "right",
        color: theme.faint,
      });
    }
    if (pictureOfRow) blit(image, pictureOfRow(row), { x: labels, y: y + 2 });
    if (noteOfRow && cell.height >= 16) {
      drawText(image, noteOfRow(row), { x: left + map.width + 10, y: middle });
    }
    for (let column = 0; cellText && cell.width >= 46 && column < columns; column++) {
      const at = 4 * column;
      const [red, green, blue] = painted.data.subarray(at, at + 3);
      const color = 0.299 * red + 0.587 * green + 0.114 * blue > 150 ? theme.ink : theme.paper;
      const x = left + (column + 0.5) * cell.width;
      drawText(image, cellText(row, column), { x, y: middle, align: "center", color });
    }
  }
  const frame = {
    x: left - 1,
    y: top - 1,
    width: map.width + 2 - (strips ? 0 : gap),
    height: map.height + 2 - gap,
  };
  strokeRect(image, frame, theme.line);
  const step = stepFor(cell.width, widest([String((columns - 1) * columnStep)]) + 8);
  for (let column = 0; column < columns; column += step) {
    const x = left + (column + 0.5) * cell.width, text = String(column * columnStep);
    if (x + widest([text]) / 2 > image.width) break; // it would be cut
    drawText(image, text, { x, y: 31, align: "center", color: theme.faint });
  }
  return { image, rows, columns };
}

/** A row of pixels as a row of cells, with free lines to the right and below where there is a gap. */
function stretched(
  row: Image,
  cell: { width: number; height: number; right: number; below: number },
): Image {
  const image = createImage(row.width * cell.width, cell.height, theme.line);
  for (let x = 0; x < row.width; x++) {
    const [red, green, blue] = row.data.subarray(4 * x, 4 * x + 3);
    const size = { width: cell.width - cell.right, height: cell.height - cell.below };
    fillRect(image, { x: x * cell.width, y: 0, ...size }, [red, green, blue]);
  }
  return image;
}

/** 1, 2, 5, 10, 20 …: how many cells a label needs so that labels do not touch. */
function stepFor(cell: number, needed: number): number {
  for (let power = 1;; power *= 10) {
    for (const factor of [1, 2, 5]) if (factor * power * cell >= needed) return factor * power;
  }
}
