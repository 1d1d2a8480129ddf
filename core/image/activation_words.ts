import type { Tensor } from "../tensor.ts";
import { type Colormap, isDiverging } from "./colormap.ts";
import { countText, notFiniteText, rangeText, sentence } from "./numbers.ts";
import type { ValueRange } from "./plane.ts";
import type { Legend } from "./sheet.ts";

/** What a sheet of activations needs to know besides the values. */
export interface ActivationDrawing {
  /** First line of the sheet. */
  readonly title: string;
  /** The range of all values. */
  readonly range: ValueRange;
  /** Whether each channel has its own scale. */
  readonly normalize?: "channel" | "layer";
  /** The map; default by the range. */
  readonly colormap?: Colormap;
  /** Pictures shown in front. */
  readonly input?: Tensor;
}

/** The map for a range: told, or two-armed exactly when something is negative. */
export function mapFor(range: ValueRange, colormap?: Colormap): Colormap {
  return colormap ?? (range.low < 0 ? "blue-white-red" : "magma");
}

/** `maps 32×32 · values 0 … 3.1`, first line of every subtitle. */
export function facts({ shape }: Tensor, range: ValueRange): string {
  const size = shape.length === 4
    ? `maps ${shape[1]}×${shape[2]}`
    : shape.length === 3
    ? `signals of ${countText(shape[1])}`
    : "";
  return sentence(size, `values ${rangeText(range)}`, notFiniteText(range));
}

/** The words for a map's ends, where there is something to say. */
export function colorWords(colormap: Colormap): string {
  return isDiverging(colormap) ? "blue is negative, red positive" : "";
}

/** How far apart the scales of channels with their own scale are. */
export function extremesText(ranges: readonly ValueRange[]): string {
  const sizes = ranges.map(({ low, high }) => Math.max(Math.abs(low), Math.abs(high)));
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  return sentence(`largest value of each channel: ${rangeText({ low: least, high: most })}`);
}

/** The bar of a sheet: the scale of the layer, or that of every channel by words. */
export function legendFor(normalize: "channel" | "layer", scale: Legend["scale"]): Legend {
  if (normalize === "layer") return { label: "activation", scale };
  const label = "activation, each channel on its own scale";
  const { colormap } = scale;
  if (isDiverging(colormap)) {
    const ticks = { low: "−largest", high: "+largest" };
    return { label, scale: { colormap, low: -1, high: 1 }, ticks };
  }
  const ticks = { low: scale.low === 0 ? "0" : "smallest", high: "largest" };
  return { label, scale: { colormap, low: 0, high: 1 }, ticks };
}
