import { DeconvError } from "../errors.ts";
import { axisPosition, type AxisScale, makeAxis } from "./axis.ts";
import type { Image, Point } from "./image.ts";
import type { Drawing } from "./marks.ts";
import { countText, sentence } from "./numbers.ts";
import {
  axisMarks,
  chartMargin,
  headMarks,
  label,
  legendMarks,
  type Line,
  lineMarks,
} from "./plot_marks.ts";
import { rasterize } from "./raster.ts";
import { toSvg } from "./svg.ts";
import { measureText } from "./text.ts";
import { type Rgb, seriesColors, theme } from "./theme.ts";

/** One line of a chart. */
export interface Series {
  /** What the legend calls it, such as `val_loss`. */
  readonly name: string;
  /** The values in order; NaN and infinities leave a gap. */
  readonly values: ArrayLike<number>;
  /** Where on the horizontal axis each value is; default 1, 2, 3, … */
  readonly x?: ArrayLike<number>;
  /** Its colour; default the next of a colour-blind-safe set. */
  readonly color?: Rgb;
}

/** Options of {@linkcode lossCurve}. */
export interface LossCurveOptions {
  /** First line of the chart; default `"Loss"`. */
  readonly title?: string;
  /** Second line; none by default. */
  readonly subtitle?: string;
  /** What the horizontal axis counts; default `"epoch"`. */
  readonly xLabel?: string;
  /** What the vertical axis measures; default `"loss"`. */
  readonly yLabel?: string;
  /** The vertical axis; default `"linear"`. On `"log"`, values that are not positive leave a gap. */
  readonly scale?: AxisScale;
  /** Pixels across, at least 320; default 800. */
  readonly width?: number;
  /** Pixels down, at least 240; default 460. */
  readonly height?: number;
}

/** A chart in both forms, from one description. */
export interface Chart {
  /** The picture, for {@linkcode encodePng}. */
  readonly image: Image;
  /** The text of an SVG file. */
  readonly svg: string;
}

/**
 * Draws the course of training: one line a series, with axes, grid lines and a legend that gives each
 * line's last value.
 *
 * @param series Named values, such as `loss` and `val_loss` by epoch. A single value is drawn as a
 *   dot; none at all gives a chart that says so.
 * @param options Title, labels, vertical scale, size.
 * @throws {DeconvError} When `x` and `values` of a series differ in length, or the size is too small.
 *
 * @example
 * ```ts
 * import { encodePng, lossCurve } from "@deconv/deconv";
 * const { image, svg } = lossCurve([
 *   { name: "loss", values: [0.69, 0.61, 0.58] },
 *   { name: "val_loss", values: [0.68, 0.62, 0.6] },
 * ], { title: "article-cnn" });
 * console.log(encodePng(image).length > 0, svg.startsWith("<svg")); // true true
 * ```
 */
export function lossCurve(series: readonly Series[], options: LossCurveOptions = {}): Chart {
  const drawing = chartDrawing(series, options);
  return { image: rasterize(drawing), svg: toSvg(drawing) };
}

/** Lays a chart out as marks. */
function chartDrawing(series: readonly Series[], options: LossCurveOptions): Drawing {
  const { width = 800, height = 460, title = "Loss", scale = "linear", subtitle = "" } = options;
  const { xLabel = "epoch", yLabel = "loss" } = options;
  const whole = Number.isInteger(width) && Number.isInteger(height);
  if (!whole || width < 320 || height < 240) {
    throw new DeconvError(
      `Cannot draw a chart of ${width} × ${height} pixels: at least 320 × 240 are needed`,
    );
  }
  const lines = series.map((s, i) => readSeries(s, i, scale));
  const head = headMarks(title, sentence(subtitle, gapText(series, scale)), width);
  const legend = legendMarks(lines, { width, top: head.bottom + 4 });
  const top = legend.bottom + 44;
  const points = lines.flatMap((line) => line.runs.flat());
  const marks = [...head.marks, ...legend.marks];
  if (points.length === 0) {
    const text = series.length === 0 ? "There is nothing to draw yet" : "No value can be drawn";
    const y = Math.round((top + height) / 2) - 10;
    marks.push({ ...label(text, { x: width / 2, y, align: "center" }), fill: theme.muted });
    return { width, height, title, marks };
  }
  const xs = rangeOfPoints(points, "x");
  const ys = rangeOfPoints(points, "y");
  const vertical = makeAxis(ys.low, ys.high, { scale, count: Math.round((height - top) / 60) });
  const left = chartMargin +
    Math.ceil(Math.max(...vertical.labels.map((text) => measureText(text).width)));
  const frame = {
    left: left + 8,
    right: width - chartMargin - 4,
    top,
    bottom: height - chartMargin - 34,
  };
  const count = Math.max(2, Math.round((frame.right - frame.left) / 80));
  const allWhole = points.every(({ x }) => Number.isInteger(x));
  const horizontal = makeAxis(xs.low, xs.high, { count, whole: allWhole });
  const map = ({ x, y }: Point): Point => ({
    x: frame.left + axisPosition(horizontal, x) * (frame.right - frame.left),
    y: frame.bottom - axisPosition(vertical, y) * (frame.bottom - frame.top),
  });
  marks.push(...axisMarks(frame, { horizontal, vertical, map, xLabel, yLabel }));
  for (const line of lines) marks.push(...lineMarks(line, map, frame.right - frame.left));
  return { width, height, title, marks };
}

/** Splits a series at what cannot be drawn. */
function readSeries({ name, values, x, color }: Series, index: number, scale: AxisScale): Line {
  if (x && x.length !== values.length) {
    throw new DeconvError(
      `Cannot draw series "${name}": it has ${values.length} values at ${x.length} places`,
    );
  }
  const runs: Point[][] = [];
  let run: Point[] = [];
  let last = NaN;
  for (let i = 0; i < values.length; i++) {
    const point = { x: x ? x[i] : i + 1, y: values[i] };
    if (drawable(point.y, scale) && Number.isFinite(point.x)) {
      run.push(point);
      last = point.y;
    } else if (run.length > 0) {
      runs.push(run);
      run = [];
    }
  }
  if (run.length > 0) runs.push(run);
  return { name, color: color ?? seriesColors[index % seriesColors.length], runs, last };
}

function drawable(value: number, scale: AxisScale): boolean {
  return Number.isFinite(value) && (scale === "linear" || value > 0);
}

/** What the subtitle says about gaps. */
function gapText(series: readonly Series[], scale: AxisScale): string {
  let [notFinite, notPositive] = [0, 0];
  for (const { values } of series) {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) notFinite++;
      else if (!drawable(values[i], scale)) notPositive++;
    }
  }
  const gaps = (count: number) => `${countText(count)} ${count === 1 ? "value" : "values"}`;
  return [
    notFinite > 0 ? `${gaps(notFinite)} NaN or infinite, left out` : "",
    notPositive > 0 ? `${gaps(notPositive)} not positive, left out of the log scale` : "",
  ].filter((text) => text !== "").join(" · ");
}

function rangeOfPoints(points: readonly Point[], coordinate: "x" | "y") {
  let [low, high] = [Infinity, -Infinity];
  for (const point of points) {
    low = Math.min(low, point[coordinate]);
    high = Math.max(high, point[coordinate]);
  }
  return { low, high };
}
