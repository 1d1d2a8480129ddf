import { DeconvError } from "../errors.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import {
  acrossFor,
  formFor,
  type HeatmapForm,
  type HeatmapLook,
  type ScaledMap,
  scaledMaps,
} from "./heat_planes.ts";
import { ALPHA, checkOver, paintMap } from "./heatmap.ts";
import { BETWEEN, type Cell, type Column, drawBand, widthOf } from "./explanation_band.ts";
import { inRows } from "./grid.ts";
import { type Image, stackImages, strokeRect, upscale } from "./image.ts";
import { numberText, sentence } from "./numbers.ts";
import { checkPictures, fitInBox, paintPicture } from "./pictures.ts";
import { paintPlane, rangeOf, scaleFor } from "./plane.ts";
import { bodyWidth, composeSheet, type Legend } from "./sheet.ts";
import { peaksOf, signalPlane } from "./signals.ts";
import { seriesColors, theme } from "./theme.ts";

/** A method's maps on an {@linkcode explanationSheet}. */
export interface ExplainedBy {
  /** Name of the method. */
  readonly name: string;
  /** Its maps, one for each input. */
  readonly map: Tensor;
  /** A line about how it was done, such as `50 steps`. */
  readonly note?: string;
  /** Lines below its maps: the evidence. */
  readonly evidence?: readonly string[];
  /** What is wrong with it, such as `does not depend on the weights`. */
  readonly marks?: readonly string[];
  /** What becomes of the channels, where it differs from the sheet's. */
  readonly reduce?: HeatmapLook["reduce"];
}

/** Pictures shown before the maps of an {@linkcode explanationSheet}. */
export interface ExplainedPictures {
  /** What they are, such as `input`. */
  readonly name: string;
  /** The pictures `[n, h, w, 1 or 3]`, or signals `[n, length, c]`; without them the captions stand alone. */
  readonly pictures?: Tensor;
  /** One or two lines below each. */
  readonly captions?: readonly (readonly string[])[];
  /** What is framed in each, in its own pixels. */
  readonly region?: { top: number; left: number; height: number; width: number };
}

/** Options of {@linkcode explanationSheet}. */
export interface ExplanationSheetOptions extends HeatmapLook {
  /** First line of the sheet. Default `"Explanation"`. */
  readonly title?: string;
  /** Lines below it: what is explained. */
  readonly subtitle?: readonly string[];
  /** The inputs, where they are not to be shown as they are. Default: a column of them. */
  readonly pictures?: readonly ExplainedPictures[];
}

/** Pixels a picture fills, of signals and of others. */
const SIDE = { signal: 400, picture: 136, vector: 136 } as const;

/** Signals as strips, a row for each channel. */
function paintSignal(x: Tensor, index: number, side: number): Image {
  const plane = peaksOf(signalPlane(x, index), side);
  const image = paintPlane(plane, scaleFor(rangeOf(x.data), "blue-white-red"));
  return upscale(image, Math.max(1, Math.floor(side / image.width)), plane.height > 4 ? 6 : 24);
}

/** A picture or signal, with a frame around what is explained of it. */
function paintFront(
  pictures: Tensor,
  index: number,
  { region, side }: { region: ExplainedPictures["region"]; side: number },
): Image {
  if (pictures.shape.length === 3) return paintSignal(pictures, index, side);
  const image = fitInBox(paintPicture(pictures, index), side), [, height, width] = pictures.shape;
  if (!region) return image;
  const [down, across] = [image.height / height, image.width / width];
  const inner = {
    x: Math.floor(region.left * across) - 1,
    y: Math.floor(region.top * down) - 1,
    width: Math.ceil(region.width * across) + 2,
    height: Math.ceil(region.height * down) + 2,
  };
  const { x, y } = inner;
  const outer = { x: x - 1, y: y - 1, width: inner.width + 2, height: inner.height + 2 };
  strokeRect(image, inner, theme.paper);
  strokeRect(image, outer, seriesColors[1]);
  return image;
}

function pictureColumn(given: ExplainedPictures, count: number, side: number): Column {
  const { name, pictures, captions = [], region } = given;
  if (pictures && pictures.shape.length !== 3) checkPictures(pictures, name);
  const cells = Array.from({ length: count }, (_, i): Cell => ({
    image: pictures ? paintFront(pictures, i, { region, side }) : null,
    captions: captions[i] ?? [],
  }));
  return { name, note: "", cells, evidence: [], marks: [] };
}

/** `±0.31`, or `0 … 2.4`: which numbers have the last colours. */
function scaleText({ scale: { low, high } }: ScaledMap): string {
  const most = numberText(Number(high.toPrecision(2)));
  if (high === 0) return "0 everywhere";
  return low < 0 ? `±${most}` : `${numberText(low)} … ${most}`;
}

/** The bars of the colours in use; their ends are each map's own. */
function legendsOf(maps: readonly ScaledMap[], normalize: string): Legend[] {
  const end = { max: "largest", percentile: "99th percentile", shared: "largest of all" };
  const name = end[normalize as keyof typeof end];
  const names = [...new Set(maps.map(({ scale }) => `${scale.colormap} ${scale.low < 0}`))];
  return names.map((key) => {
    const { scale: { colormap, low } } = maps.find(({ scale }) =>
      `${scale.colormap} ${scale.low < 0}` === key
    )!;
    const signed = low < 0;
    return {
      label: signed
        ? "speaks against the target (−) or for it (+)"
        : "has nothing or much to do with it",
      scale: { colormap, low: signed ? -1 : 0, high: 1 },
      ticks: { low: signed ? `−${name}` : "0", high: signed ? `+${name}` : name },
    };
  });
}

/** What the sheet says of how it was drawn. */
function lookText(look: HeatmapLook, form: HeatmapForm, methods: readonly ExplainedBy[]): string {
  const across = acrossFor(methods[0].map.shape[1]);
  const { reduce = "sum", normalize = "percentile", alpha = ALPHA } = look;
  const others = form === "vector"
    ? []
    : methods.filter((method) => (method.reduce ?? reduce) !== reduce);
  const channels = {
    sum: "sums of channels",
    abs: "sums of sizes",
    max: "largest of the channels",
  };
  const how = {
    max: "each map on a scale of its own up to its largest size",
    percentile: "each map on a scale of its own, which cuts off the largest hundredth",
    shared: "one scale for all maps of a method",
  };
  return sentence(
    form === "vector" ? `numbers in rows of ${across}` : channels[reduce],
    ...others.map(({ name, reduce }) => `${name}: ${channels[reduce!]}`),
    how[normalize],
    form !== "picture"
      ? ""
      : alpha < 1
      ? `${Math.round(100 * alpha)} % map over the picture in gray`
      : "the map alone",
  );
}

/**
 * Draws methods of explanation side by side: a row for each input, a column for each method, below
 * each map the number that its last colours stand for, below each method the evidence. A method with
 * marks stands on a ground of its own. In as many bands as the methods need.
 *
 * @param input What is explained: `[n, h, w, 1 or 3]`, `[n, length, c]`, or vectors `[n, d]`, which are not shown.
 * @param methods The methods, with their maps.
 * @throws {DeconvError} When there is no method, or a shape or an option is wrong.
 *
 * @example
 * ```ts
 * import { encodePng, explanationSheet, inputXGradient, preset, saliency, tensor } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const x = tensor(new Float32Array(32 * 32 * 3).fill(0.5), [1, 32, 32, 3]);
 * const sheet = explanationSheet(x, [
 *   { name: "saliency", map: saliency(net, x), reduce: "max" },
 *   { name: "input × gradient", map: inputXGradient(net, x) },
 * ], { subtitle: ["Why the class that was found"] });
 * console.log(encodePng(sheet).length > 0); // true
 * ```
 */
export function explanationSheet(
  input: Tensor,
  methods: readonly ExplainedBy[],
  options: ExplanationSheetOptions = {},
): Image {
  if (!methods.length) throw new DeconvError("An explanation needs at least one method");
  const { title = "Explanation", subtitle = [], normalize = "percentile", alpha } = options;
  const forms = methods.map(({ map }) => formFor(map, input));
  const form = forms.includes("signal") ? "signal" : forms[0], side = SIDE[form];
  const isShown = input.shape.length > 2 && sizeOf(input.shape) > 0;
  const pictures = options.pictures ?? (isShown ? [{ name: "input", pictures: input }] : []);
  const front = pictures.map((given) => pictureColumn(given, input.shape[0], side));
  const under = form === "picture" && isShown ? input : undefined;
  const all: ScaledMap[] = [];
  const columns = methods.map((method): Column => {
    const { name, map, note = "", evidence = [], marks = [] } = method;
    checkOver(map, input, under ? form : "vector");
    const maps = scaledMaps(map, form, { ...options, reduce: method.reduce ?? options.reduce });
    all.push(...maps);
    const cells = maps.map((scaled, i): Cell => ({
      image: paintMap(scaled, i, { form, input: under, alpha, side }),
      captions: [scaleText(scaled)],
    }));
    return { name, note, cells, evidence, marks };
  });
  // Strips are wide: what stands before the maps is not said again in each band.
  const again = form === "signal" ? [] : front,
    rest = form === "signal" ? [...front, ...columns] : columns;
  const taken = again.reduce((sum, column) => sum + widthOf(column) + BETWEEN, 0);
  const each = Math.max(...rest.map(widthOf)) + BETWEEN;
  const fit = Math.max(1, Math.floor((bodyWidth - taken) / each));
  const even = Math.ceil(rest.length / Math.ceil(rest.length / fit));
  const bands = inRows(rest, even).map((some) => drawBand([...again, ...some]));
  return composeSheet(stackImages(bands, { gap: 22 }), {
    title,
    subtitle: [...subtitle, lookText(options, form, methods)],
    legends: legendsOf(all, normalize),
  });
}
