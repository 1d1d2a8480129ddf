import type { Tensor } from "../tensor.ts";
import { drawGrid, inRows } from "./grid.ts";
import { blit, createImage, fillRect, type Image, strokeRect, upscale } from "./image.ts";
import { kernelAxes, kernelWords, takeApart, type TiledKind } from "./kernel.ts";
import { countText, numberText } from "./numbers.ts";
import type { OverviewLayer } from "./overview.ts";
import { channelPlane, fitInBox, paintPicture } from "./pictures.ts";
import { paintColor, paintPlane, type Plane, rangeOf, rangeOfPlanes, scaleFor } from "./plane.ts";
import { peaksOf, signalPlane } from "./signals.ts";
import { drawText } from "./text.ts";
import { theme } from "./theme.ts";

/** Pixels inside a card: six filters of 30 and gutters, or three maps of 64. */
const inner = 202;
const pad = 12;

/** What a card shows under its heading. */
interface Section {
  /** What is shown, at the left. */
  caption: string;
  /** Its range, at the right. */
  note: string;
  picture: Image;
}

/** Draws a layer as a card: heading, strongest filters, liveliest maps. */
export function drawCard(layer: OverviewLayer, picture: number): Image {
  const { name, kind, outputShape, parameterCount, kernel, activation, from } = layer;
  const sections = [];
  if (kernel) sections.push(kernelSection(kernel, kind));
  const maps = activationSection(activation, picture);
  if (maps) sections.push(maps);
  const sizes = outputShape.map((size) => size ?? "?").join(" × ");
  const parameters = parameterCount === 1
    ? "1 parameter"
    : `${countText(parameterCount)} parameters`;
  return card(inner, {
    name,
    lines: [
      kind,
      sizes,
      parameterCount === 0 ? "no parameters" : parameters,
      ...from ? [`from ${from.join(", ")}`] : [],
    ],
    sections,
  });
}

/** Draws the picture that went in or came out; a vector as its maps. */
export function drawPictureCard(name: string, tensor: Tensor, picture: number): Image {
  const { shape } = tensor;
  const lines = [shape.slice(1).join(" × ")];
  const isPicture = shape.length === 4 && (shape[3] === 1 || shape[3] === 3);
  if (isPicture) {
    const image = tiles([fitInBox(paintPicture(tensor, picture), 128)], 1);
    return card(Math.max(96, image.width), {
      name,
      lines,
      sections: [{ caption: "", note: "", picture: image }],
    });
  }
  const section = activationSection(tensor, picture);
  return card(inner, { name, lines, sections: section ? [section] : [] });
}

/** Pictures in rows, on the colour of the card. */
function tiles(images: readonly Image[], columns: number): Image {
  return drawGrid(inRows(images.map((image) => ({ image })), columns), { background: theme.panel });
}

interface CardContent {
  name: string;
  lines: readonly string[];
  sections: readonly Section[];
}

function card(width: number, { name, lines, sections }: CardContent): Image {
  const heading = 26 + 18 * lines.length;
  const height = sections.reduce(
    (sum, { caption, note, picture }) => sum + (caption + note ? 20 : 0) + picture.height + 12,
    pad + heading,
  );
  const image = createImage(width + 2 * pad, height, theme.panel);
  strokeRect(image, { x: 0, y: 0, width: image.width, height }, theme.line);
  const free = { x: pad, maxWidth: width };
  drawText(image, name, { ...free, y: pad + 13, face: "strong" });
  lines.forEach((line, i) => {
    drawText(image, line, { ...free, y: pad + 32 + 18 * i, color: theme.muted });
  });
  let y = pad + heading;
  for (const { caption, note, picture } of sections) {
    if (caption + note) {
      drawText(image, caption, { x: pad, y: y + 13, color: theme.muted });
      drawText(image, note, { x: pad + width, y: y + 13, align: "right", color: theme.ink });
      y += 20;
    }
    blit(image, picture, { x: pad, y });
    y += picture.height + 12;
  }
  return image;
}

/** The strongest filters of a convolution, or the strongest part of a dense matrix. */
function kernelSection(kernel: Tensor, kind: string): Section {
  const range = rangeOf(kernel.data);
  const high = Math.max(Math.abs(range.low), Math.abs(range.high));
  const note = `±${numberText(high)}`;
  const scale = { colormap: "blue-white-red", low: -high, high } as const;
  const { shape, data } = kernel;
  if (shape.length !== 4 && shape.length !== 3) {
    const [rows, columns] = shape.length === 2 ? shape : [1, data.length];
    const plane = {
      data,
      width: rows,
      height: columns,
      offset: 0,
      rowStride: 1,
      columnStride: columns,
    };
    const cut = { ...plane, width: Math.min(rows, inner - 2), height: Math.min(columns, 64) };
    const most = Math.min(8, Math.floor((inner - 2) / cut.width), Math.floor(64 / cut.height));
    const image = upscale(paintPlane(cut, scale), Math.max(1, most));
    const whole = cut.width === rows && cut.height === columns;
    const caption = whole ? "weights" : `${cut.width}×${cut.height} of`;
    return { caption: `${caption} ${rows}×${columns}`, note, picture: tiles([image], 1) };
  }
  const parts = takeApart(kernel, tiledKind(kind, kernel));
  const { planes, filters } = parts, rgb = planes === 3 && shape.length === 4;
  const count = rgb ? filters : planes * filters;
  /** The slice, or all three of them, that a tile shows. */
  const slices = (i: number) =>
    rgb ? parts.filter(i) : [parts.slice(i % filters, Math.floor(i / filters))];
  const chosen = strongest(count, 12, (i) => squares(slices(i)));
  const painted = chosen.map((i) => {
    const [red, green, blue] = slices(i);
    const image = rgb
      ? paintColor([red, green, blue], { low: -high, high })
      : paintPlane(red, scale);
    // A strip of many taps or of many channels fills its square both ways.
    if (shape.length === 3) {
      return fitInBox(upscale(image, fill(image.width), fill(image.height)), 30);
    }
    return fitInBox(image, 30);
  });
  const what = rgb || parts.note ? "filters" : "planes";
  return { caption: ofText(chosen.length, count, what), note, picture: tiles(painted, 6) };
}

/** The factor that makes so many pixels a tile's side, 10 at most. */
function fill(pixels: number): number {
  return Math.max(1, Math.min(10, Math.floor(30 / pixels)));
}

/** How a kernel is drawn: as its layer's kind, of which a separable one has a depthwise kernel. */
function tiledKind(kind: string, { shape }: Tensor): TiledKind {
  const known = kind.replace("separable", "depthwise") as TiledKind;
  if (Object.hasOwn(kernelWords, known) && kernelAxes(known) === shape.length) return known;
  return shape.length === 3 ? "conv1d" : "conv2d";
}

/** The sum of the squares of all numbers of some planes. */
function squares(planes: readonly Plane[]): number {
  let sum = 0;
  for (const { data, width, height, offset, rowStride, columnStride } of planes) {
    for (let i = 0; i < width * height; i++) {
      const row = Math.floor(i / width), column = i - row * width;
      sum += data[offset + row * rowStride + column * columnStride] ** 2;
    }
  }
  return sum;
}

/** The feature maps that vary most, or a vector folded into rows of cells. */
function activationSection(activation: Tensor, picture: number): Section | undefined {
  const { shape, data } = activation;
  if (shape.length === 2) return vectorSection(activation, picture);
  if (shape.length === 3) return signalSection(activation, picture);
  if (shape.length !== 4) return undefined;
  const channels = shape[3];
  const size = shape[1] * shape[2];
  const spread = (channel: number) => {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < size; i++) {
      const value = data[(picture * size + i) * channels + channel];
      sum += value;
      squares += value * value;
    }
    return squares / size - (sum / size) ** 2;
  };
  const all = Array.from(
    { length: channels },
    (_, channel) => channelPlane(activation, picture, channel),
  );
  const range = rangeOfPlanes(all);
  const colormap = range.low < 0 ? "blue-white-red" : "magma";
  const chosen = strongest(channels, 6, spread);
  const painted = chosen.map((channel) => {
    const scale = scaleFor(rangeOfPlanes([all[channel]]), colormap);
    return fitInBox(paintPlane(all[channel], scale), 64);
  });
  return {
    caption: ofText(chosen.length, channels, "maps"),
    note: `${numberText(range.low)} … ${numberText(range.high)}`,
    picture: tiles(painted, 3),
  };
}

/** A signal as strips, a row for each channel; of many the first. */
function signalSection(activation: Tensor, picture: number): Section {
  const channels = activation.shape[2];
  const shown = Math.min(channels, 64);
  const plane = { ...signalPlane(activation, picture), height: shown };
  const range = rangeOfPlanes([plane]);
  const strips = paintPlane(
    peaksOf(plane, inner - 2),
    scaleFor(range, range.low < 0 ? "blue-white-red" : "magma"),
  );
  const high = Math.max(1, Math.min(16, Math.floor(128 / shown)));
  const wide = Math.max(1, Math.floor((inner - 2) / strips.width));
  return {
    caption: ofText(shown, channels, "channels"),
    note: `${numberText(range.low)} … ${numberText(range.high)}`,
    picture: tiles([upscale(strips, wide, high)], 1),
  };
}

/** A vector as cells, so many to a row that they are as large as can be. */
function vectorSection({ shape, data }: Tensor, picture: number): Section {
  const units = shape[1];
  const values = data.subarray(picture * units, (picture + 1) * units);
  const range = rangeOf(values);
  const scale = scaleFor(range, range.low < 0 ? "blue-white-red" : "magma");
  const rowsOf = (side: number) => Math.ceil(units / Math.floor(inner / side));
  const cell = [24, 20, 16, 12].find((side) => rowsOf(side) === 1) ??
    [16, 12, 8, 6, 4, 3, 2].find((side) => rowsOf(side) * side <= 132) ?? 1;
  const columns = Math.min(units, Math.floor(inner / cell));
  const rows = Math.min(Math.ceil(units / columns), Math.floor(200 / cell));
  const strip = paintPlane(
    { data: values, width: units, height: 1, offset: 0, rowStride: 0, columnStride: 1 },
    scale,
  );
  const image = createImage(columns * cell, rows * cell, theme.panel);
  const gap = cell >= 8 ? 1 : 0;
  for (let i = 0; i < Math.min(units, rows * columns); i++) {
    const [red, green, blue] = strip.data.subarray(4 * i, 4 * i + 3);
    const at = { x: (i % columns) * cell, y: Math.floor(i / columns) * cell };
    fillRect(image, { ...at, width: cell - gap, height: cell - gap }, [red, green, blue]);
  }
  return {
    caption: ofText(Math.min(units, rows * columns), units, "units"),
    note: `${numberText(range.low)} … ${numberText(range.high)}`,
    picture: image,
  };
}

/** Indices of the `most` largest scores, largest first; NaN counts as largest, ties keep their order. */
function strongest(count: number, most: number, score: (i: number) => number): number[] {
  const scores = Array.from({ length: count }, (_, i) => {
    const value = score(i);
    return Number.isNaN(value) ? Infinity : value;
  });
  const order = Array.from(scores.keys());
  order.sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b] - scores[a]));
  return order.slice(0, most);
}

function ofText(
  shown: number,
  all: number,
  what: "filters" | "planes" | "maps" | "channels" | "units",
): string {
  if (all === 1) return `1 ${what.slice(0, -1)}`;
  return shown < all ? `${shown} of ${countText(all)} ${what}` : `${countText(all)} ${what}`;
}
