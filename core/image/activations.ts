import { DeconvError } from "../errors.ts";
import { shapeText, sizeOf, type Tensor } from "../tensor.ts";
import {
  type ActivationDrawing,
  colorWords,
  extremesText,
  facts,
  legendFor,
  mapFor,
} from "./activation_words.ts";
import { blockBody, type MapGrid, tableBody } from "./activation_grid.ts";
import { type Colormap, colormapTable } from "./colormap.ts";
import { fitBlocks, largestMap, sizeInBox } from "./fit.ts";
import { drawGrid, type Tile } from "./grid.ts";
import type { Image } from "./image.ts";
import { matrixBody } from "./matrix.ts";
import { countText, numberText, sentence, shownText } from "./numbers.ts";
import { panelFigure, type PanelGrid } from "./panels.ts";
import { channelPlane, checkPictures, fitInBox, paintPicture } from "./pictures.ts";
import { type Plane, rangeOf, rangeOfPlanes, scaleFor } from "./plane.ts";
import { bodyWidth, composeSheet } from "./sheet.ts";
import { signalPlane, signalSheet } from "./signals.ts";

/** Options of {@linkcode activationSheet}. */
export interface ActivationSheetOptions {
  /** First line of the sheet; default says the shape. */
  readonly title?: string;
  /**
   * Whether each channel has its own scale, so that weak ones can be seen too (default), or one scale
   * serves the whole layer, so that channels can be compared. Vectors always have one scale.
   */
  readonly normalize?: "channel" | "layer";
  /** Default `"magma"` when no value is negative, `"blue-white-red"` otherwise. */
  readonly colormap?: Colormap;
  /** The pictures that caused the activations, `[n, h, w, 1 or 3]` in 0..1, shown in front. */
  readonly input?: Tensor;
  /** Shows activations of 3 channels as pictures: values 0..1 as red, green and blue. Default false. */
  readonly rgb?: boolean;
  /** The article's figure instead of a sheet: so many panels, titled `Activation 0`, … */
  readonly grid?: PanelGrid;
}

/**
 * Draws what a layer made of some pictures.
 *
 * Feature maps `[n, h, w, c]` fill one row a picture, one tile a channel, or a block of rows where
 * they do not fit; signals `[n, length, c]` are a heat map each, one row a channel; vectors `[n, c]` are
 * one heat map, one row a picture. Where no value is negative,
 * dark is zero and bright is large; otherwise blue is negative, red positive. When there are too many
 * channels or pictures, the first are shown and the subtitle says how many of how many. The range of
 * values is always stated; NaN and infinities are magenta.
 *
 * @param activation Values `[n, h, w, c]`, `[n, length, c]` or `[n, c]`; not changed.
 * @param options Title, scale, colours, and the pictures they come from.
 * @throws {DeconvError} When the shape is another, is empty, or does not match the options.
 *
 * @example
 * ```ts
 * import { activationSheet, encodePng, tensor } from "@deconv/deconv";
 * const values = Float32Array.from({ length: 2 * 8 * 8 * 4 }, (_, i) => Math.max(0, Math.sin(i)));
 * const sheet = activationSheet(tensor(values, [2, 8, 8, 4]), { title: "enc1" });
 * console.log(encodePng(sheet).length > 0); // true
 * ```
 */
export function activationSheet(activation: Tensor, options: ActivationSheetOptions = {}): Image {
  const { shape } = activation;
  if (![2, 3, 4].includes(shape.length) || sizeOf(shape) === 0) {
    throw new DeconvError(
      `Cannot draw activations of shape ${
        shapeText(shape)
      }: [n,h,w,c], [n,length,c] or [n,c], none empty, is needed`,
    );
  }
  colormapTable(options.colormap ?? "gray");
  const { input, grid, rgb } = options;
  if (input) {
    checkPictures(input, "the input");
    if (input.shape[0] < shape[0]) {
      throw new DeconvError(
        `Cannot show ${input.shape[0]} input pictures beside activations of ${shape[0]}`,
      );
    }
  }
  if (rgb && (shape.length !== 4 || shape[3] !== 3)) {
    throw new DeconvError(
      `Cannot draw activations of shape ${shapeText(shape)} as RGB: [n,h,w,3] is needed`,
    );
  }
  const range = rangeOf(activation.data);
  const title = options.title ?? `activations ${shapeText(shape)}`;
  if (grid) return articleFigure(activation, { ...options, title, grid });
  const drawing = { ...options, title, range };
  if (shape.length === 2) return vectorSheet(activation, drawing);
  if (shape.length === 3) return signalSheet(activation, drawing);
  return rgb ? pictureSheet(activation, drawing) : mapSheet(activation, drawing);
}

/** Feature maps: a table of pictures by channels, or a block of rows for each picture. */
function mapSheet(
  activation: Tensor,
  { title, range, input, normalize = "channel", ...options }: ActivationDrawing,
): Image {
  const [pictures, height, width, channels] = activation.shape;
  const colormap = mapFor(range, options.colormap);
  const drawn = sizeInBox({ width, height }, largestMap);
  const fit = fitBlocks(pictures, channels, { ...drawn, input: input !== undefined });
  const each = (channel: number) =>
    rangeOfPlanes(
      Array.from({ length: fit.pictures }, (_, n) => channelPlane(activation, n, channel)),
    );
  const ranges = Array.from({ length: fit.channels }, (_, channel) => each(channel));
  const scales = ranges.map((own) => scaleFor(normalize === "channel" ? own : range, colormap));
  const grid: MapGrid = { activation, drawn, input, fit, scales, own: normalize === "channel" };
  const body = fit.table ? tableBody(grid) : blockBody(grid);
  const dead = ranges.filter(({ low, high, notFinite }) => low === 0 && high === 0 && !notFinite);
  return composeSheet(body, {
    title,
    subtitle: [
      facts(activation, range),
      sentence(
        `${shownText(fit.pictures, pictures, "picture")} × ` +
          shownText(fit.channels, channels, "channel"),
        drawn.width === width ? "" : `maps are shrunk to ${drawn.width}×${drawn.height}`,
        dead.length === 0 ? "" : `${countText(dead.length)} of them zero everywhere`,
        colorWords(colormap),
      ),
      normalize === "channel" ? extremesText(ranges) : "",
    ],
    legends: [legendFor(normalize, scaleFor(range, colormap))],
  });
}

/** Vectors as a heat map, with the numbers written in where there is room. */
function vectorSheet(
  activation: Tensor,
  { title, range, input, ...options }: ActivationDrawing,
): Image {
  const [pictures, channels] = activation.shape;
  const colormap = mapFor(range, options.colormap);
  const scale = scaleFor(range, colormap);
  const { data } = activation;
  const plane: Plane = {
    data,
    width: channels,
    height: pictures,
    offset: 0,
    rowStride: channels,
    columnStride: 1,
  };
  const body = matrixBody(plane, {
    scaleOfRow: () => scale,
    cellText: (row, column) => numberText(Number(data[row * channels + column].toPrecision(2))),
    pictureOfRow: input && ((row) => fitInBox(paintPicture(input, row), 32)),
    rowAxis: "picture ↓",
    columnAxis: "unit →",
    width: bodyWidth,
  });
  return composeSheet(body.image, {
    title,
    subtitle: [
      facts(activation, range),
      sentence(
        `${shownText(body.rows, pictures, "picture")} × ${
          shownText(body.columns, channels, "unit")
        }`,
        colorWords(colormap),
      ),
    ],
    legends: [{ label: "activation", scale }],
  });
}

/** Three channels as pictures: a row of inputs, where given, above a row of outputs. */
function pictureSheet(
  activation: Tensor,
  { title, range, input }: ActivationDrawing,
): Image {
  const [pictures] = activation.shape;
  const shown = Math.min(pictures, 16);
  const largest = Math.floor((bodyWidth - 60) / shown) - 4;
  const side = Math.max(64, Math.min(192, largest));
  const row = (tensor: Tensor, scale: (image: Image) => Image): Tile[] =>
    Array.from({ length: shown }, (_, n) => ({ image: scale(paintPicture(tensor, n)) }));
  const rows = [row(activation, (image) => fitInBox(image, side))];
  if (input) rows.unshift(row(input, (image) => fitInBox(image, side)));
  const body = drawGrid(rows, {
    rowLabels: input ? ["input", "output"] : [],
    columnLabels: rows[0].map((_, n) => String(n)),
    columnAxis: "picture →",
  });
  const clipped = range.low < 0 || range.high > 1 ? "clipped to 0 … 1" : "";
  return composeSheet(body, {
    title,
    subtitle: [
      facts(activation, range),
      sentence(
        shownText(shown, pictures, "picture"),
        "channels as red, green and blue, 0 is black, 1 full",
        clipped,
      ),
    ],
    legends: [{ label: "each channel", scale: { colormap: "gray", low: 0, high: 1 } }],
  });
}

/** The article's figure: channels one after another, picture after picture. */
function articleFigure(
  activation: Tensor,
  options: ActivationSheetOptions & { title: string; grid: PanelGrid },
): Image {
  const { title, grid, colormap = "gray", normalize = "channel" } = options;
  const { data, shape } = activation;
  const maps = shape.length === 4;
  const channels = maps ? shape[3] : 1;
  const all = shape[0] * channels;
  const panel = (i: number): Plane => {
    if (maps) return channelPlane(activation, Math.floor(i / channels), i % channels);
    if (shape.length === 3) return signalPlane(activation, i);
    return {
      data,
      width: shape[1],
      height: 1,
      offset: i * shape[1],
      rowStride: 0,
      columnStride: 1,
    };
  };
  const count = Math.min(all, grid.rows * grid.columns);
  const planes = Array.from({ length: count }, (_, i) => panel(i));
  const which = maps
    ? `${shownText(count, all, "map")}, channel after channel, picture after picture`
    : shape.length === 3
    ? `${shownText(count, all, "signal")}, a row for each channel`
    : shownText(count, all, "vector");
  return panelFigure(planes, {
    title,
    subtitle: [facts(activation, rangeOf(data)), sentence(which)],
    heading: (i) => `Activation ${i}`,
    colormap,
    grid,
    shared: normalize === "layer",
  });
}
