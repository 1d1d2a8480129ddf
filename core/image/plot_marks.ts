import type { Axis } from "./axis.ts";
import type { Point } from "./image.ts";
import type { Mark, TextMark } from "./marks.ts";
import { numberText } from "./numbers.ts";
import { fitText, measureText, wrapText } from "./text.ts";
import { type Rgb, theme } from "./theme.ts";

/** Pixels left free around a chart. */
export const chartMargin = 24;

/** Marks, and where what follows them may begin. */
export interface MarkGroup {
  /** From back to front. */
  readonly marks: Mark[];
  /** Pixels from the top. */
  readonly bottom: number;
}

/** Points of a series that can be drawn, in unbroken runs. */
export interface Line {
  /** The series' name. */
  readonly name: string;
  /** Its colour. */
  readonly color: Rgb;
  /** Points in order; a new run begins after each gap. */
  readonly runs: Point[][];
  /** The last value that can be drawn; NaN when there is none. */
  readonly last: number;
}

/** A text mark in ink, at body size. */
export function label(text: string, place: Point & Pick<TextMark, "align">): TextMark {
  return { kind: "text", text, face: "body", fill: theme.ink, ...place };
}

/** Title and subtitle. */
export function headMarks(title: string, subtitle: string, width: number): MarkGroup {
  const marks: Mark[] = [];
  const free = width - 2 * chartMargin;
  let y = chartMargin + 14;
  marks.push({
    ...label(fitText(title, free, "title"), { x: chartMargin, y, align: "left" }),
    face: "title",
  });
  for (const text of subtitle === "" ? [] : wrapText(subtitle, free)) {
    y += y === chartMargin + 14 ? 24 : 18;
    marks.push({ ...label(text, { x: chartMargin, y, align: "left" }), fill: theme.muted });
  }
  return { marks, bottom: y + 8 };
}

/** A short stroke, a name and the last value for each series; wraps when it must. */
export function legendMarks(
  lines: readonly Line[],
  { width, top }: { width: number; top: number },
): MarkGroup {
  const marks: Mark[] = [];
  let [x, y] = [chartMargin, top + 16];
  for (const { name, color, last } of lines) {
    const value = Number.isNaN(last) ? "no value" : numberText(last, 4);
    const valueWidth = measureText(value, "strong").width;
    const text = fitText(name, width - 2 * chartMargin - 40 - valueWidth);
    const nameWidth = measureText(text).width;
    const whole = 26 + nameWidth + 6 + valueWidth;
    if (x > chartMargin && x + whole > width - chartMargin) [x, y] = [chartMargin, y + 20];
    const stroke = [{ x: x + 1, y: y - 4.5 }, { x: x + 19, y: y - 4.5 }];
    marks.push({ kind: "line", points: stroke, stroke: color, width: 3 });
    marks.push({ ...label(text, { x: x + 26, y, align: "left" }), fill: theme.muted });
    const at = { x: x + 26 + nameWidth + 6, y, align: "left" } as const;
    marks.push({ ...label(value, at), face: "strong" });
    x += whole + 24;
  }
  return { marks, bottom: lines.length === 0 ? top : y + 4 };
}

/** Where the axes are, in pixels. */
export interface Frame {
  /** The vertical axis. */
  readonly left: number;
  /** The end of the horizontal axis. */
  readonly right: number;
  /** The end of the vertical axis. */
  readonly top: number;
  /** The horizontal axis. */
  readonly bottom: number;
}

/** The axes of a chart and how values fall between them. */
export interface Axes {
  /** The axis below. */
  readonly horizontal: Axis;
  /** The axis at the left. */
  readonly vertical: Axis;
  /** From values to pixels. */
  readonly map: (point: Point) => Point;
  /** What the axis below counts. */
  readonly xLabel: string;
  /** What the axis at the left measures. */
  readonly yLabel: string;
}

/** Grid lines, ticks, tick labels and the names of the axes. */
export function axisMarks({ left, right, top, bottom }: Frame, axes: Axes): Mark[] {
  const { horizontal, vertical, map, xLabel, yLabel } = axes;
  const marks: Mark[] = [];
  vertical.ticks.forEach((tick, i) => {
    const y = Math.round(map({ x: horizontal.low, y: tick }).y);
    marks.push({ kind: "rect", x: left, y, width: right - left, height: 1, fill: theme.hairline });
    marks.push(muted(vertical.labels[i], { x: left - 8, y: y + 5, align: "right" }));
  });
  horizontal.ticks.forEach((tick, i) => {
    const x = Math.round(map({ x: tick, y: vertical.low }).x);
    marks.push({ kind: "rect", x, y: bottom, width: 1, height: 5, fill: theme.line });
    marks.push(muted(horizontal.labels[i], { x: x + 0.5, y: bottom + 19, align: "center" }));
  });
  marks.push({
    kind: "rect",
    x: left,
    y: bottom,
    width: right - left + 1,
    height: 1,
    fill: theme.line,
  });
  const middle = (left + right) / 2;
  marks.push(muted(fitText(xLabel, right - left), { x: middle, y: bottom + 40, align: "center" }));
  const name = fitText(yLabel, right - chartMargin);
  marks.push(muted(name, { x: chartMargin, y: top - 17, align: "left" }));
  return marks;
}

/** A text mark in muted ink. */
function muted(text: string, place: Point & Pick<TextMark, "align">): TextMark {
  return { ...label(text, place), fill: theme.muted };
}

/** A series: strokes between values, dots where values stand alone or are few. */
export function lineMarks(
  { runs, color }: Line,
  map: (point: Point) => Point,
  width: number,
): Mark[] {
  const count = runs.reduce((sum, run) => sum + run.length, 0);
  const few = count * 16 <= width;
  const marks: Mark[] = [];
  for (const run of runs) {
    const points = thinned(run.map(map));
    const thickness = count > width ? 1.25 : 2;
    if (points.length > 1) marks.push({ kind: "line", points, stroke: color, width: thickness });
    if (few || run.length === 1) {
      for (const { x, y } of points) marks.push({ kind: "dot", x, y, radius: 3, fill: color });
    }
  }
  return marks;
}

/**
 * Keeps, of many points within one pixel across, the first, lowest, highest and last: the stroke looks
 * the same, and the file stays small.
 */
function thinned(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (let start = 0; start < points.length;) {
    let end = start + 1;
    while (end < points.length && Math.floor(points[end].x) === Math.floor(points[start].x)) end++;
    const group = points.slice(start, end);
    if (group.length <= 4) kept.push(...group);
    else {
      let [low, high] = [0, 0];
      group.forEach(({ y }, i) => {
        if (y < group[low].y) low = i;
        if (y > group[high].y) high = i;
      });
      const indices = [...new Set([0, Math.min(low, high), Math.max(low, high), group.length - 1])];
      kept.push(...indices.map((i) => group[i]));
    }
    start = end;
  }
  return kept;
}
