import { colorOf, type ColorScale } from "./colormap.ts";
import { blit, createImage, fillRect, type Image, stackImages, strokeRect } from "./image.ts";
import { numberText, sentence } from "./numbers.ts";
import { drawText, measureText, wrapText } from "./text.ts";
import { theme } from "./theme.ts";

/** Pixels a sheet should not be wider than, so that it can be read at 100 % on a laptop. */
const sheetWidth = 1400;

/** Pixels left free around a sheet. */
export const sheetMargin = 24;

/** Pixels the pictures on a sheet may take across. */
export const bodyWidth: number = sheetWidth - 2 * sheetMargin;

/** Pixels the pictures on a sheet should take down at most. */
export const bodyHeight = 1200;

/** A colour bar: a scale and what it measures. */
export interface Legend {
  /** What the colours mean, such as `weight`. */
  readonly label: string;
  /** The scale drawn. */
  readonly scale: ColorScale;
  /** Texts under the start, zero (where it is inside) and the end; default the numbers themselves. */
  readonly ticks?: { readonly low: string; readonly high: string };
}

/** What stands around the pictures of a sheet. */
export interface SheetOptions {
  /** First line, larger. */
  readonly title: string;
  /** Lines below it, each wrapped to the sheet's width; empty ones are left out. */
  readonly subtitle?: readonly string[];
  /** Colour bars, side by side below the subtitle. */
  readonly legends?: readonly Legend[];
}

/** Draws a colour bar with its label above and its ticks (low, 0, high) below. */
export function drawLegend({ label, scale, ticks }: Legend): Image {
  const [width, bar, pad] = [240, 10, 24];
  const constant = scale.low === scale.high;
  const low = ticks?.low ?? numberText(scale.low);
  const high = ticks?.high ?? numberText(scale.high);
  const image = createImage(
    Math.max(width + pad, Math.ceil(measureText(sentence(label)).width)),
    46,
  );
  drawText(image, sentence(label), { x: 0, y: 12, color: theme.muted });
  for (let x = 0; x < width; x++) {
    const value = constant ? scale.low : scale.low + ((x + 0.5) / width) * (scale.high - scale.low);
    fillRect(image, { x, y: 19, width: 1, height: bar }, colorOf(value, scale));
  }
  strokeRect(image, { x: 0, y: 19, width, height: bar }, theme.line);
  const under = { y: 43, color: theme.ink } as const;
  drawText(image, low, { x: 0, ...under });
  if (constant && !ticks) return image;
  drawText(image, high, { x: width, align: "right", ...under });
  if (scale.low < 0 && scale.high > 0) {
    const zero = (-scale.low / (scale.high - scale.low)) * width;
    const [left, right] = [measureText(low).width + 10, width - measureText(high).width - 10];
    if (zero > left && zero < right) drawText(image, "0", { x: zero, align: "center", ...under });
    fillRect(image, { x: Math.floor(zero), y: 29, width: 1, height: 3 }, theme.muted);
  }
  return image;
}

/**
 * Makes a finished sheet: title, subtitle, colour bars, and the pictures below, on white.
 *
 * @param body The pictures, already laid out.
 * @param options Title, subtitle lines and colour bars.
 */
export function composeSheet(body: Image, options: SheetOptions): Image {
  const { title, subtitle = [], legends = [] } = options;
  const bars = legends.map(drawLegend);
  const longest = Math.max(
    measureText(title, "title").width,
    ...subtitle.map((line) => Math.min(640, measureText(line).width)),
    ...bars.map((bar) => bar.width),
  );
  const width = Math.max(body.width, Math.ceil(Math.min(longest, bodyWidth)));
  const parts = [heading(title, subtitle, width)];
  if (bars.length > 0) parts.push(flow(bars, width));
  parts.push(body);
  const inside = stackImages(parts, { gap: 16 });
  const sheet = createImage(inside.width + 2 * sheetMargin, inside.height + 2 * sheetMargin - 4);
  blit(sheet, inside, { x: sheetMargin, y: sheetMargin - 4 });
  return sheet;
}

/** Title and subtitle lines. */
function heading(title: string, subtitle: readonly string[], width: number): Image {
  const titles = wrapText(title, width, "title");
  const lines = subtitle.filter((line) => line !== "").flatMap((line) => wrapText(line, width));
  const image = createImage(width, 26 * Math.max(1, titles.length) + 18 * lines.length + 2);
  titles.forEach((line, i) => drawText(image, line, { x: 0, y: 18 + 26 * i, face: "title" }));
  lines.forEach((line, i) => {
    drawText(image, line, { x: 0, y: 26 * titles.length + 14 + 18 * i, color: theme.muted });
  });
  return image;
}

/** Colour bars side by side, on as many lines as they need. */
function flow(bars: readonly Image[], width: number): Image {
  const perLine = Math.max(1, Math.floor((width + 24) / (bars[0].width + 24)));
  const cell = { width: bars[0].width + 24, height: bars[0].height + 10 };
  const lines = Math.ceil(bars.length / perLine);
  const image = createImage(width, cell.height * lines - 10);
  bars.forEach((bar, i) => {
    blit(image, bar, { x: cell.width * (i % perLine), y: cell.height * Math.floor(i / perLine) });
  });
  return image;
}
