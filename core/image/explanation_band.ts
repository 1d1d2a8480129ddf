/** Columns of pictures with lines around them, rows aligned. */
import { blit, createImage, fillRect, type Image } from "./image.ts";
import { drawText, wrapText } from "./text.ts";
import { type Rgb, theme } from "./theme.ts";

/** Pixels between columns. */
export const BETWEEN = 14;

/** Pixels of a line of text, and of the lines above the pictures. */
const LINE = 17, HEAD = 40;

/** A cell: an image and lines below it. */
export interface Cell {
  readonly image: Image | null;
  readonly captions: readonly string[];
}

/** A column, ready to be laid out. */
export interface Column {
  readonly name: string;
  readonly note: string;
  readonly cells: readonly Cell[];
  readonly evidence: readonly string[];
  readonly marks: readonly string[];
}

/** Pixels a column takes: its pictures, or its texts. */
export function widthOf({ cells }: Column): number {
  return Math.max(112, ...cells.map(({ image }) => image?.width ?? 0));
}

/** Draws lines one below another; gives how high they are. */
function drawLines(
  image: Image,
  lines: readonly string[],
  { x, y, width, color }: { x: number; y: number; width: number; color: Rgb },
): void {
  lines.forEach((line, i) =>
    drawText(image, line, {
      x: x + width / 2,
      y: y + 13 + LINE * i,
      align: "center",
      color,
      maxWidth: width + BETWEEN - 2,
    })
  );
}

/** The pale ground of what is marked. */
const WARNING: Rgb = [253, 236, 226];
/** What is written on it. */
const MARK: Rgb = [176, 64, 0];

/** Columns beside each other, rows aligned. */
export function drawBand(columns: readonly Column[]): Image {
  const widths = columns.map(widthOf);
  const rows = Math.max(...columns.map(({ cells }) => cells.length));
  const most = (of: (column: Column) => number) => Math.max(0, ...columns.map(of));
  const cellHeights = Array.from({ length: rows }, (_, r) => {
    const tall = most(({ cells }) => cells[r]?.image?.height ?? 0);
    return { tall, all: tall + LINE * most(({ cells }) => cells[r]?.captions.length ?? 0) + 12 };
  });
  const marks = columns.map(({ marks }, i) => marks.flatMap((m) => wrapText(m, widths[i] - 6)));
  const markHeight = Math.max(0, ...marks.map((lines) => lines.length));
  const ends = HEAD + cellHeights.reduce((sum, { all }) => sum + all, 0);
  const feet = (markHeight ? LINE * markHeight + 10 : 0) +
    LINE * most(({ evidence }) => evidence.length);
  const width = widths.reduce((sum, width) => sum + width + BETWEEN, 0);
  const image = createImage(width, ends + feet + 4);
  let x = BETWEEN / 2;
  columns.forEach(({ name, note, cells, evidence }, i) => {
    const width = widths[i], lines = marks[i], marked = lines.length > 0;
    if (marked) {
      const left = x - BETWEEN / 2 + 1;
      fillRect(
        image,
        { x: left, y: 0, width: width + BETWEEN - 2, height: ends + LINE * markHeight + 4 },
        WARNING,
      );
    }
    drawLines(image, [name], { x, y: 0, width, color: marked ? MARK : theme.ink });
    drawLines(image, [note], { x, y: LINE, width, color: theme.muted });
    let y = HEAD;
    cells.forEach(({ image: picture, captions }, r) => {
      const { tall, all } = cellHeights[r];
      if (picture) {
        const left = x + Math.floor((width - picture.width) / 2);
        const top = y + Math.floor((tall - picture.height) / 2);
        const size = { width: picture.width + 2, height: picture.height + 2 };
        fillRect(image, { x: left - 1, y: top - 1, ...size }, theme.line);
        blit(image, picture, { x: left, y: top });
      }
      const under = y + (picture ? tall + 1 : 0);
      drawLines(image, captions, { x, y: under, width, color: theme.muted });
      y += all;
    });
    drawLines(image, lines, { x, y: ends, width, color: MARK });
    const foot = ends + (markHeight ? LINE * markHeight + 10 : 0);
    drawLines(image, evidence, { x, y: foot, width, color: theme.ink });
    x += width + BETWEEN;
  });
  return image;
}
