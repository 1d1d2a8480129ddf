import type { Tensor } from "../tensor.ts";
import type { Colormap } from "./colormap.ts";
import { countText, notFiniteText, rangeText, sentence } from "./numbers.ts";
import type { Plane, ValueRange } from "./plane.ts";
import type { Legend } from "./sheet.ts";

/**
 * What the axes of a kernel mean: `"conv2d"` is `[kh, kw, inChannels / groups, filters]`,
 * `"conv2d_transpose"` is `[kh, kw, outChannels / groups, inChannels]`, `"dense"` is `[in, out]`.
 */
export type KernelKind = "conv2d" | "conv2d_transpose" | "dense";

/** The words for a kernel's two channel axes, in the singular. */
export interface KernelWords {
  /** What the last axis counts. */
  readonly filter: string;
  /** What the axis before it counts. */
  readonly plane: string;
}

/** The words for each kind of kernel with four axes. */
export const kernelWords: Readonly<Record<"conv2d" | "conv2d_transpose", KernelWords>> = {
  conv2d: { filter: "filter", plane: "input plane" },
  conv2d_transpose: { filter: "input channel", plane: "output plane" },
};

/** A kernel taken apart: filter `f` has `planes` slices of `height` by `width` numbers. */
export interface Kernel {
  /** The kernel itself. */
  readonly tensor: Tensor;
  /** What its channel axes are called. */
  readonly words: KernelWords;
  /** Slices of each filter. */
  readonly planes: number;
  /** Filters. */
  readonly filters: number;
  /** One slice of one filter. */
  slice(filter: number, plane: number): Plane;
  /** All slices of one filter. */
  filter(filter: number): Plane[];
}

/** What a sheet of filters needs to know besides the kernel. */
export interface FilterDrawing {
  /** First line of the sheet. */
  readonly title: string;
  /** Whether each filter has its own scale. */
  readonly own: boolean;
  /** The map; default blue, white and red. */
  readonly colormap?: Colormap;
  /** The range of all weights. */
  readonly range: ValueRange;
}

/** Views of a four-axis kernel; both kinds keep the two channel axes last, so one rule serves both. */
export function takeApart(tensor: Tensor, kind: "conv2d" | "conv2d_transpose"): Kernel {
  const [height, width, planes, filters] = tensor.shape;
  const slice = (filter: number, plane: number): Plane => ({
    data: tensor.data,
    width,
    height,
    offset: plane * filters + filter,
    rowStride: width * planes * filters,
    columnStride: planes * filters,
  });
  return {
    tensor,
    words: kernelWords[kind],
    planes,
    filters,
    slice,
    filter: (filter) => Array.from({ length: planes }, (_, plane) => slice(filter, plane)),
  };
}

/** The largest absolute value: half the extent of a scale symmetric around zero. */
export function extentOf({ low, high }: ValueRange): number {
  return Math.max(Math.abs(low), Math.abs(high));
}

/** `kernel 3×3 · 27 weights between … and …`, first line of every subtitle. */
export function kernelFacts(kernel: Tensor, range: ValueRange): string {
  const [height, width] = kernel.shape;
  const size = kernel.shape.length === 4 ? `kernel ${height}×${width}` : "";
  const weights = kernel.data.length === 1
    ? "1 weight"
    : `${countText(kernel.data.length)} weights`;
  return sentence(size, `${weights}, ${rangeText(range)}`, notFiniteText(range));
}

/** The bar for a scale symmetric around zero, or around each filter's own; none where all is zero. */
export function weightLegends(
  { own, range }: FilterDrawing,
  { colormap, filter }: { colormap: Colormap; filter: string },
): Legend[] {
  const high = extentOf(range);
  if (high === 0) return [];
  if (own) {
    const ticks = { low: "−largest", high: "+largest" };
    const label = `weight, each ${filter} on its own scale`;
    return [{ label, scale: { colormap, low: -1, high: 1 }, ticks }];
  }
  return [{ label: "weight", scale: { colormap, low: -high, high } }];
}
