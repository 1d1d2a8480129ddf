/** Columns of pictures with lines around them, rows aligned. */
import { blit, createImage, fillRect, type Image } from "./image.ts";
import { drawText, measureText, wrapText } from "./text.ts";
import { type Rgb, theme } from "./theme.ts";

/** Pixels between columns. */
export const BETWEEN = 14;

/** Pixels of a line of text. */
const LINE = 17;

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

/** A name on lines of this width, broken behind hyphens too. */
function nameLines(name: string, width: number): string[] {
  const parts = name.split(/(?<=-)/), lines: string[] = [];
  for (const part of parts) {
    const longer = (lines.at(-1) ?? "") + part;
    if (lines.length && measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines.flatMap((line) => wrapText(line, width));
}

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
  const names = columns.map(({ name }, i) => nameLines(name, widths[i] + BETWEEN - 4));
  const heads = columns.map(({ note }, i) => names[i].length + (note ? 1 : 0));
  const head = LINE * Math.max(...heads) + 6;
  const markHeight = Math.max(0, ...marks.map((lines) => lines.length));
  const ends = head + cellHeights.reduce((sum, { all }) => sum + all, 0);
  const feet = (markHeight ? LINE * markHeight + 10 : 0) +
    LINE * most(({ evidence }) => evidence.length);
  const width = widths.reduce((sum, width) => sum + width + BETWEEN, 0);
  const image = createImage(width, ends + feet + 4);
  let x = BETWEEN / 2;
  columns.forEach(({ note, cells, evidence }, i) => {
    const width = widths[i], lines = marks[i], marked = lines.length > 0;
    if (marked) {
      const left = x - BETWEEN / 2 + 1;
      fillRect(
        image,
        { x: left, y: 0, width: width + BETWEEN - 2, height: ends + LINE * markHeight + 4 },
        WARNING,
      );
    }
    drawLines(image, names[i], { x, y: 0, width, color: marked ? MARK : theme.ink });
    drawLines(image, [note], { x, y: LINE * names[i].length, width, color: theme.muted });
    let y = head;
    cells.forEach(({ image: picture, captions }, r) => {
      const { tall, all } = cellHeights[r];
      const high = picture?.height ?? 0, top = y + (picture ? Math.floor((tall - high) / 2) : 0);
      if (picture) {
        const left = x + Math.floor((width - picture.width) / 2);
        const size = { width: picture.width + 2, height: high + 2 };
        fillRect(image, { x: left - 1, y: top - 1, ...size }, theme.line);
        blit(image, picture, { x: left, y: top });
      }
      drawLines(image, captions, { x, y: top + high + 1, width, color: theme.muted });
      y += all;
    });
    drawLines(image, lines, { x, y: ends, width, color: MARK });
    const foot = ends + (markHeight ? LINE * markHeight + 10 : 0);
    drawLines(image, evidence, { x, y: foot, width, color: theme.ink });
    x += width + BETWEEN;
  });
  return image;
}
