import { DeconvError } from "../errors.ts";
import { shapeText, type Tensor } from "../tensor.ts";
import { drawGrid, inRows, type Tile } from "./grid.ts";
import { createImage, type Image, stackImages, strokeRect, upscale } from "./image.ts";
import { numberText } from "./numbers.ts";
import { channelPlane, fitInBox } from "./pictures.ts";
import { paintColor, paintPlane, rangeOfPlanes, scaleFor } from "./plane.ts";
import { composeSheet, type Legend } from "./sheet.ts";
import { drawText, measureText } from "./text.ts";

/** How often each pixel of a repeating pattern is painted. */
export interface OverlapPicture {
  /** The layer's name. */
  readonly name: string;
  /** Rows and columns after which it repeats. */
  readonly period: readonly [number, number];
  /** The counts, row by row, as multiples of their mean. */
  readonly counts: ArrayLike<number>;
}

/** Pictures that were looked at, and their spectrum. */
export interface CheckerboardSide {
  /** What they are, such as `outputs`. */
  readonly name: string;
  /** What was found, in words. */
  readonly verdict: string;
  /** Whether values have signs: then pictures are blue and red, the mean of the channels. */
  readonly signed: boolean;
  /** `[n, h, w, c]`. */
  readonly planes: Tensor;
  /** The power spectrum, frequency 0 first, and its size. */
  readonly spectrum: {
    readonly height: number;
    readonly width: number;
    readonly power: Float64Array;
  };
  /** The period whose frequencies are marked. */
  readonly period: readonly [number, number];
}

/** What {@linkcode checkerboardSheet} draws. */
export interface CheckerboardSheetOptions {
  /** First line. */
  readonly title: string;
  /** Lines below it. */
  readonly subtitle?: readonly string[];
  /** The overlap behind each layer. */
  readonly overlaps: readonly OverlapPicture[];
  /** The outputs, and the gradients. */
  readonly sides: readonly CheckerboardSide[];
}

/** Pixels of a picture that are shown at most, along an axis. */
const CROP = 48;
/** Pictures of a row. */
const SHOWN = 6;
/** Pixels that a picture is enlarged to. */
const SIDE = 176;
/** Powers of ten that the spectrum's colours span. */
const DECADES = 6;

const overlapLegend: Legend = {
  label: "taps that paint a pixel",
  scale: { colormap: "viridis", low: 0, high: 2 },
  ticks: { low: "none", high: "twice the mean" },
};
const powerLegend: Legend = {
  label: "power, powers of ten below the largest",
  scale: { colormap: "magma", low: -DECADES, high: 0 },
};

/**
 * Draws what was found of checkerboards: the overlap of the taps behind each layer (a piece of the
 * repeating pattern, twelve pixels wide), and of the outputs and the gradients the spectrum, frequency 0 in
 * the middle, a frame around each frequency of the strides, with pieces of the pictures beside it.
 *
 * @throws {DeconvError} When planes are not `[n, h, w, c]`.
 */
export function checkerboardSheet(options: CheckerboardSheetOptions): Image {
  const { title, subtitle, overlaps, sides } = options;
  const parts: Image[] = [];
  if (overlaps.length) {
    const tiles = overlaps.map((overlap): Tile => {
      const least = Math.min(...Array.from(overlap.counts));
      const most = Math.max(...Array.from(overlap.counts));
      const even = most - least < 1e-9;
      return {
        image: paintOverlap(overlap),
        heading: overlap.name,
        caption: even ? "even" : `${numberText(least, 2)} … ${numberText(most, 2)}`,
      };
    });
    const grid = drawGrid(inRows(tiles, 9), { gutter: 14, minCellWidth: 132 });
    parts.push(section("Overlap of all taps up to each layer", grid));
  }
  for (const side of sides) {
    const { planes, spectrum, name, verdict } = side;
    if (planes.shape.length !== 4) {
      throw new DeconvError(
        `Cannot draw ${name} of shape ${shapeText(planes.shape)}: [n,h,w,c] is needed`,
      );
    }
    const crops = Array.from({ length: Math.min(SHOWN, planes.shape[0]) }, (_, i): Tile => ({
      image: fitInBox(crop(planes, i, side.signed), SIDE),
    }));
    const tiles = [{ image: paintSpectrum(spectrum, side.period) }, ...crops];
    const columnLabels = ["spectrum", ...crops.map((_, i) => `${i}`)];
    parts.push(section(`${name}: ${verdict}`, drawGrid([tiles], { gutter: 10, columnLabels })));
  }
  return composeSheet(stackImages(parts, { gap: 22 }), {
    title,
    subtitle,
    legends: overlaps.length ? [overlapLegend, powerLegend] : [powerLegend],
  });
}

/** A line of text above a picture. */
function section(text: string, body: Image): Image {
  const line = createImage(Math.max(body.width, Math.ceil(measureText(text, "strong").width)), 20);
  drawText(line, text, { x: 0, y: 14, face: "strong" });
  return stackImages([line, body], { gap: 4 });
}

function paintOverlap({ period: [rows, columns], counts }: OverlapPicture): Image {
  const size = 12, data = new Float32Array(size * size);
  for (let i = 0; i < data.length; i++) {
    data[i] = counts[Math.floor(i / size) % rows * columns + i % size % columns];
  }
  const plane = { data, width: size, height: size, offset: 0, rowStride: size, columnStride: 1 };
  return upscale(paintPlane(plane, overlapLegend.scale), 8);
}

function paintSpectrum(
  { height, width, power }: CheckerboardSide["spectrum"],
  [rows, columns]: readonly [number, number],
): Image {
  const most = power.reduce((a, b) => Math.max(a, b), 0);
  const data = Float32Array.from(power, (_, i) => {
    const v = (Math.floor(i / width) + (height >> 1) + height % 2) % height;
    const u = (i % width + (width >> 1) + width % 2) % width;
    return most > 0 ? Math.log10(Math.max(power[v * width + u] / most, 1e-30)) : -DECADES;
  });
  const plane = { data, width, height, offset: 0, rowStride: width, columnStride: 1 };
  const image = fitInBox(paintPlane(plane, powerLegend.scale), SIDE);
  const scale = image.width / width;
  for (let i = 0; i < rows; i++) {
    for (let j = i ? 0 : 1; j < columns; j++) {
      const y = (i * height / rows + (height >> 1)) % height * scale;
      const x = (j * width / columns + (width >> 1)) % width * scale;
      const side = Math.max(5, Math.round(3 * scale)), back = (side - scale) / 2;
      const frame = { x: Math.round(x - back), y: Math.round(y - back), width: side, height: side };
      strokeRect(image, frame, [60, 200, 255]);
    }
  }
  return image;
}

/** The middle of a picture. */
function crop(planes: Tensor, picture: number, signed: boolean): Image {
  const [, height, width, channels] = planes.shape;
  const [high, wide] = [Math.min(height, CROP), Math.min(width, CROP)];
  const at = (height - high >> 1) * width + (width - wide >> 1);
  const piece = (channel: number) => {
    const plane = channelPlane(planes, picture, channel);
    return { ...plane, height: high, width: wide, offset: plane.offset + at * channels };
  };
  if (!signed && channels === 3) {
    return paintColor([piece(0), piece(1), piece(2)], { low: 0, high: 1 });
  }
  if (!signed && channels === 1) {
    return paintPlane(piece(0), { colormap: "gray", low: 0, high: 1 });
  }
  const data = new Float32Array(high * wide);
  for (let channel = 0; channel < channels; channel++) {
    const { offset, rowStride, columnStride } = piece(channel);
    for (let i = 0; i < data.length; i++) {
      const from = offset + Math.floor(i / wide) * rowStride + i % wide * columnStride;
      data[i] += planes.data[from] / channels;
    }
  }
  const mean = { data, width: wide, height: high, offset: 0, rowStride: wide, columnStride: 1 };
  return paintPlane(mean, scaleFor(rangeOfPlanes([mean]), signed ? "blue-white-red" : "magma"));
}
