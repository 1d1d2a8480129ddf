import { DeconvError } from "../errors.ts";
import { shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { blit, createImage, fillRect, type Image, type Point, strokeRect } from "./image.ts";
import { countText, notFiniteText, sentence } from "./numbers.ts";
import { drawCard, drawPictureCard } from "./overview_card.ts";
import { joinRanges, rangeOf } from "./plane.ts";
import { rasterize } from "./raster.ts";
import { bodyWidth, composeSheet } from "./sheet.ts";
import { theme } from "./theme.ts";

/** One layer of an overview. */
export interface OverviewLayer {
  /** Its name, such as `enc1`. */
  readonly name: string;
  /** Its kind, such as `conv2d`. */
  readonly kind: string;
  /** The shape of what it makes, with or without the number of pictures in front. */
  readonly outputShape: readonly (number | null)[];
  /** How many numbers it learns. */
  readonly parameterCount: number;
  /** Names of the layers it takes, `"input"` for the input. Default: the one before it. */
  readonly from?: readonly string[];
  /** Its kernel, where it has one: four axes, three (of signals) or two (dense). */
  readonly kernel?: Tensor;
  /** What it made of the pictures: `[n, h, w, c]`, `[n, length, c]` or `[n, c]`; other shapes are named, not drawn. */
  readonly activation: Tensor;
}

/** A network with what it made of some pictures. */
export interface OverviewNetwork {
  /** First line of the sheet. */
  readonly title: string;
  /** What went in: pictures `[n, h, w, 1 or 3]` in 0..1, or signals `[n, length, c]`. */
  readonly input: Tensor;
  /** What came out: pictures `[n, h, w, 1 or 3]`, signals or vectors `[n, c]`. */
  readonly output: Tensor;
  /** The layers from input to output. */
  readonly layers: readonly OverviewLayer[];
}

/** Options of {@linkcode overviewSheet}. */
export interface OverviewSheetOptions {
  /** Which picture is followed through the network; default 0. */
  readonly picture?: number;
}

/** Pixels between cards across (an arrow goes there) and down. */
const gap: { readonly across: number; readonly down: number } = { across: 26, down: 30 };

/**
 * Draws a network on one sheet: the picture that goes in, a card for each layer with its name, kind,
 * output shape, number of parameters, its strongest filters and its liveliest feature maps, and the
 * picture that comes out; arrows lead from one to the next.
 *
 * Filters are on one scale a layer, maps on one each, as the colour bars and the captions say.
 *
 * @param network Title, pictures and layers.
 * @param options Which picture to follow.
 * @throws {DeconvError} When there is no such picture, or a tensor is empty.
 *
 * @example
 * ```ts
 * import { encodePng, overviewSheet, tensor } from "@deconv/deconv";
 * const values = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.abs(Math.sin(i)));
 * const sheet = overviewSheet({
 *   title: "one layer",
 *   input: tensor(values(192), [1, 8, 8, 3]),
 *   output: tensor(values(192), [1, 8, 8, 3]),
 *   layers: [{
 *     name: "out",
 *     kind: "conv2d",
 *     outputShape: [8, 8, 3],
 *     parameterCount: 84,
 *     kernel: tensor(values(81), [3, 3, 3, 3]),
 *     activation: tensor(values(192), [1, 8, 8, 3]),
 *   }],
 * });
 * console.log(encodePng(sheet).length > 0); // true
 * ```
 */
export function overviewSheet(
  network: OverviewNetwork,
  options: OverviewSheetOptions = {},
): Image {
  const { title, input, output, layers } = network;
  const { picture = 0 } = options;
  checkPicture(picture, "the input", input);
  checkPicture(picture, "the output", output);
  for (const { name, activation } of layers) {
    checkPicture(picture, `the activation of "${name}"`, activation);
  }
  // Cards stand in the order of computation; where a layer takes another than the one before it, it says so.
  const follows = layers.map(({ from }, i) => {
    const before = i ? layers[i - 1].name : "input";
    return !from || from.includes(before);
  });
  const chained = layers.map(({ from }, i) => !from || from.length === 1 && follows[i]);
  const cards = [
    drawPictureCard("input", input, picture),
    ...layers.map((layer, i) =>
      drawCard(chained[i] ? { ...layer, from: undefined } : layer, picture)
    ),
    drawPictureCard("output", output, picture),
  ];
  const parameters = layers.reduce((sum, layer) => sum + layer.parameterCount, 0);
  const tensors = layers.flatMap(({ kernel, activation }) =>
    kernel ? [kernel, activation] : [activation]
  );
  const everything = joinRanges([input, output, ...tensors].map(({ data }) => rangeOf(data)));
  return composeSheet(flowOfCards(cards, [false, ...follows, true]), {
    title,
    subtitle: [
      sentence(
        layers.length === 1 ? "1 layer" : `${layers.length} layers`,
        `${countText(parameters)} parameters`,
        notFiniteText(everything),
      ),
      `Of each layer: the filters with the largest weights and the maps that vary most, for picture ${picture}`,
      "The weights of a layer share one scale, each map has its own; the ranges beside them are the layer's",
    ],
    legends: [
      {
        label: "weights, and maps with negative values",
        scale: { colormap: "blue-white-red", low: -1, high: 1 },
        ticks: { low: "−largest", high: "+largest" },
      },
      {
        label: "maps without negative values",
        scale: { colormap: "magma", low: 0, high: 1 },
        ticks: { low: "0", high: "largest" },
      },
    ],
  });
}

function checkPicture(picture: number, what: string, { shape }: Tensor): void {
  if (shape.length === 0 || sizeOf(shape) === 0) {
    throw new DeconvError(`Cannot draw ${what} of shape ${shapeText(shape)}: it is empty`);
  }
  if (!Number.isInteger(picture) || picture < 0 || picture >= shape[0]) {
    throw new DeconvError(
      `Cannot follow picture ${picture}: ${what} of shape ${shapeText(shape)} has pictures 0 to ` +
        `${shape[0] - 1}`,
    );
  }
}

/** Cards from left to right on as many lines as they need, with an arrow to each that follows from the one before. */
function flowOfCards(cards: readonly Image[], follows: readonly boolean[]): Image {
  const lines = balancedLines(cards);
  const width = Math.max(...lines.map(lineWidth));
  const heights = lines.map((line) => Math.max(...line.map((card) => card.height)));
  const image = createImage(width, heights.reduce((sum, high) => sum + high + gap.down, -gap.down));
  let y = 0, number = 0;
  lines.forEach((line, row) => {
    let x = 0;
    line.forEach((card, i) => {
      blit(image, stretched(card, heights[row]), { x, y });
      if (i > 0 && follows[number]) arrowAcross(image, { x: x - gap.across, y: y + 27 });
      x += card.width + gap.across;
      number++;
    });
    y += heights[row] + gap.down;
    if (row + 1 === lines.length || !follows[number]) return;
    const last = line[line.length - 1];
    const from = x - gap.across - Math.round(last.width / 2);
    arrowDown(image, { x: from, y: y - gap.down }, Math.round(lines[row + 1][0].width / 2));
  });
  return image;
}

function lineWidth(line: readonly Image[]): number {
  return line.reduce((sum, card) => sum + card.width + gap.across, -gap.across);
}

/** As few lines as the sheet's width allows, and with so many the narrowest. */
function balancedLines(cards: readonly Image[]): Image[][] {
  let best = brokenLines(cards, bodyWidth);
  for (;;) {
    const narrower = brokenLines(cards, Math.max(...best.map(lineWidth)) - 1);
    if (narrower.length > best.length || narrower.some((line) => line.length === 0)) return best;
    const [before, after] = [best, narrower].map((lines) => Math.max(...lines.map(lineWidth)));
    if (after >= before) return best;
    best = narrower;
  }
}

function brokenLines(cards: readonly Image[], width: number): Image[][] {
  const lines: Image[][] = [[]];
  for (const card of cards) {
    const line = lines[lines.length - 1];
    if (line.length > 0 && lineWidth([...line, card]) > width) lines.push([card]);
    else line.push(card);
  }
  return lines;
}

/** A card made as high as its line. */
function stretched(card: Image, height: number): Image {
  const image = createImage(card.width, height, theme.panel);
  blit(image, card, { x: 0, y: 0 });
  fillRect(image, { x: 1, y: card.height - 1, width: card.width - 2, height: 1 }, theme.panel);
  strokeRect(image, { x: 0, y: 0, width: card.width, height }, theme.line);
  return image;
}

/** An arrow through the gap between two neighbours. */
function arrowAcross(image: Image, { x, y }: Point): void {
  const path = [{ x: 4, y: 6 }, { x: gap.across - 5, y: 6 }];
  const picture = arrow(path, { head: "right", width: gap.across, height: 12 });
  blit(image, picture, { x, y: y - 6 });
}

/** An arrow from below the last card of a line to above the first card of the next. */
function arrowDown(image: Image, from: Point, to: number): void {
  const [right, middle] = [from.x - to + 6, Math.floor(gap.down / 2) - 2];
  const path = [
    { x: right, y: 3 },
    { x: right, y: middle },
    { x: 6, y: middle },
    { x: 6, y: gap.down - 4 },
  ];
  const picture = arrow(path, { head: "down", width: right + 6, height: gap.down });
  blit(image, picture, { x: to - 6, y: from.y });
}

interface ArrowShape {
  head: "right" | "down";
  width: number;
  height: number;
}

function arrow(points: Point[], { head, width, height }: ArrowShape): Image {
  const tip = points[points.length - 1];
  const [a, b] = head === "right"
    ? [{ x: tip.x - 5, y: tip.y - 5 }, { x: tip.x - 5, y: tip.y + 5 }]
    : [{ x: tip.x - 5, y: tip.y - 5 }, { x: tip.x + 5, y: tip.y - 5 }];
  const line = { kind: "line", stroke: theme.faint, width: 1.75 } as const;
  return rasterize({
    width,
    height,
    title: "",
    marks: [{ ...line, points }, { ...line, points: [a, tip, b] }],
  });
}
