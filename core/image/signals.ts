import type { Tensor } from "../tensor.ts";
import { blockFront } from "./activation_grid.ts";
import {
  type ActivationDrawing,
  colorWords,
  extremesText,
  facts,
  legendFor,
  mapFor,
} from "./activation_words.ts";
import { inRows } from "./grid.ts";
import { type Image, joinImages, stackImages } from "./image.ts";
import { matrixBody } from "./matrix.ts";
import { numberText, sentence, shownText } from "./numbers.ts";
import { type Plane, rangeOfPlanes, scaleFor } from "./plane.ts";
import { bodyHeight, bodyWidth, composeSheet } from "./sheet.ts";

/** Pixels between heat maps. */
const gap = 28;
/** Pixels above and below a heat map's cells. */
const aroundRows = 42 + gap;
/** Pixels of a heat map that are labels, about. */
const besideColumns = 160;
/** Signals shown at most. */
const most = 16;

/** Signal `index` of `[n, length, channels]` as a plane: a row for each channel. */
export function signalPlane({ data, shape }: Tensor, index: number): Plane {
  const [, length, channels] = shape;
  const offset = index * length * channels;
  return { data, width: length, height: channels, offset, rowStride: 1, columnStride: channels };
}

/**
 * A plane of at most `width` columns: of so many neighbours in a row the value farthest from zero, or
 * one that is not finite. Their mean would make a wave vanish.
 */
export function peaksOf(plane: Plane, width: number): Plane {
  if (plane.width <= width) return plane;
  const each = Math.ceil(plane.width / width), columns = Math.ceil(plane.width / each);
  const data = new Float32Array(columns * plane.height);
  for (let row = 0; row < plane.height; row++) {
    for (let x = 0; x < plane.width; x++) {
      const value = plane.data[plane.offset + row * plane.rowStride + x * plane.columnStride];
      const at = row * columns + Math.floor(x / each);
      if (!(Math.abs(value) <= Math.abs(data[at]))) {
        if (!Number.isNaN(data[at])) data[at] = value;
      }
    }
  }
  return {
    data,
    width: columns,
    height: plane.height,
    offset: 0,
    rowStride: columns,
    columnStride: 1,
  };
}

/** How many signals are shown, beside and below one another. */
function fitSignals(signals: number, length: number, channels: number, front: number) {
  const wanted = Math.min(bodyWidth, 10 * length + besideColumns + front);
  const across = Math.max(1, Math.min(signals, 4, Math.floor((bodyWidth + gap) / (wanted + gap))));
  const free = Math.max(1, Math.floor(bodyHeight / (8 * channels + aroundRows)));
  const shown = Math.min(signals, most, across * free);
  const height = Math.floor(bodyHeight / Math.ceil(shown / across)) - aroundRows;
  const width = Math.floor((bodyWidth - gap * (across - 1)) / across) - front;
  return { shown, across, width, height: Math.max(channels, height) };
}

/** Signals as heat maps, one row a channel: the map of a batch of vectors, turned to run along time. */
export function signalSheet(
  activation: Tensor,
  { title, range, input, normalize = "channel", ...options }: ActivationDrawing,
): Image {
  const [signals, length, channels] = activation.shape;
  const colormap = mapFor(range, options.colormap);
  const own = normalize === "channel";
  const { shown, across, width, height } = fitSignals(signals, length, channels, input ? 110 : 80);
  const whole = Array.from({ length: shown }, (_, n) => signalPlane(activation, n));
  const planes = whole.map((plane) => peaksOf(plane, width - besideColumns));
  const row = (plane: Plane, channel: number): Plane => ({
    ...plane,
    height: 1,
    offset: plane.offset + channel * plane.rowStride,
  });
  const ranges = Array.from(
    { length: channels },
    (_, channel) => rangeOfPlanes(whole.map((plane) => row(plane, channel))),
  );
  const scales = ranges.map((each) => scaleFor(own ? each : range, colormap));
  const note = ({ low, high }: { low: number; high: number }) =>
    (low < 0 ? "±" : "") + numberText(Number(high.toPrecision(2)));
  const each = Math.ceil(length / planes[0].width);
  const bodies = planes.map((plane) =>
    matrixBody(plane, {
      scaleOfRow: (channel) => scales[channel],
      noteOfRow: own ? (channel) => note(scales[channel]) : undefined,
      rowAxis: "channel ↓",
      columnAxis: "place →",
      columnStep: each,
      strips: true,
      width,
      height,
    })
  );
  const blocks = bodies.map(({ image }, n) =>
    joinImages([
      blockFront(`${input ? "picture" : "signal"} ${n}`, image.height - 40, input, n),
      image,
    ], { gap: 12 })
  );
  const rows = bodies[0].rows;
  const lines = inRows(blocks, across).map((line) => joinImages(line, { gap }));
  return composeSheet(stackImages(lines, { gap }), {
    title,
    subtitle: [
      facts(activation, range),
      sentence(
        `${shownText(shown, signals, "signal")} × ${shownText(rows, channels, "channel")}`,
        each > 1 ? `of every ${each} values the one farthest from zero` : "",
        colorWords(colormap),
      ),
      own ? extremesText(ranges) : "",
    ],
    legends: [legendFor(normalize, scaleFor(range, colormap))],
  });
}
