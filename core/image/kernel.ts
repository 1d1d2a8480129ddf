import type { Tensor } from "../tensor.ts";
import type { Colormap } from "./colormap.ts";
import { countText, notFiniteText, rangeText, sentence } from "./numbers.ts";
import type { Plane, ValueRange } from "./plane.ts";
import type { Legend } from "./sheet.ts";

/**
 * What the axes of a kernel mean: `"conv2d"` is `[kh, kw, inChannels / groups, filters]`,
 * `"conv2d_transpose"` is `[kh, kw, outChannels / groups, inChannels]`, `"depthwise_conv2d"` is
 * `[kh, kw, inChannels, multiplier]`; those of one dimension have one axis for the taps instead of two;
 * `"dense"` is `[in, out]`.
 */
export type KernelKind =
  | "conv1d"
  | "conv1d_transpose"
  | "conv2d"
  | "conv2d_transpose"
  | "dense"
  | "depthwise_conv1d"
  | "depthwise_conv2d";

/** Kinds whose kernels are drawn filter by filter. */
export type TiledKind = Exclude<KernelKind, "dense">;

/** The words for a kernel's two channel axes, in the singular. */
export interface KernelWords {
  /** What the last axis counts. */
  readonly filter: string;
  /** What the axis before it counts. */
  readonly plane: string;
}

const forward: KernelWords = { filter: "filter", plane: "input plane" };
const transposed: KernelWords = { filter: "input channel", plane: "output plane" };

/** The words for each kind of kernel that is drawn filter by filter. */
export const kernelWords: Readonly<Record<TiledKind, KernelWords>> = {
  conv1d: { filter: "filter", plane: "input channel" },
  conv1d_transpose: { filter: "input channel", plane: "output channel" },
  conv2d: forward,
  conv2d_transpose: transposed,
  depthwise_conv1d: forward,
  depthwise_conv2d: forward,
};

/** How many axes a kernel of a kind has. */
export function kernelAxes(kind: KernelKind): number {
  return kind === "dense" ? 2 : kind.includes("1d") ? 3 : 4;
}

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
  /** Numbers across a slice. */
  readonly width: number;
  /** Numbers down a slice. */
  readonly height: number;
  /** How many times wider than high a number is drawn, so that tall slices of few taps can be seen. */
  readonly stretch: number;
  /** Pixels that a slice is enlarged to at most; default as any tile. */
  readonly most?: number;
  /** What to say of a slice that is not one plane of one filter. */
  readonly note?: string;
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

/** What a kind's slices are: where each begins, and the distances between numbers. */
type Slices = Pick<Kernel, "planes" | "filters" | "width" | "height" | "note" | "most"> & {
  rowStride: number;
  columnStride: number;
};

/** Pixels that the taps of a signal's filter may take. */
const STRIP = 144;

/** The channel axes come last in every kind: between taps lie the numbers of all of them. */
function slicesOf({ shape }: Tensor, kind: TiledKind): Slices {
  const [planes, filters] = shape.slice(-2), all = planes * filters;
  const signal = kernelAxes(kind) === 3, taps = shape[signal ? 0 : 1];
  const plane = { width: taps, rowStride: taps * all, columnStride: all };
  if (kind.startsWith("depthwise")) {
    const note = filters === 1
      ? "one for each input channel"
      : `${filters} for each of ${planes} input channel${planes === 1 ? "" : "s"}`;
    const size = signal ? { height: 1, most: STRIP } : { height: shape[0] };
    return { ...plane, ...size, planes: 1, filters: all, note };
  }
  // Of a single tap the table of filters and channels says more than strips of one number.
  if (!signal || taps === 1) return { ...plane, planes, filters, height: signal ? 1 : shape[0] };
  const { plane: channel } = kernelWords[kind];
  const note = planes === 1
    ? `one ${channel}, its taps from left to right`
    : `a row for each of ${planes} ${channel}s, its taps from left to right`;
  const size = { width: taps, height: planes, most: Math.max(STRIP, 5 * planes) };
  return { ...size, planes: 1, filters, rowStride: filters, columnStride: all, note };
}

/**
 * Views of a kernel. Of pictures a slice is what one filter has for one plane; of signals it is a whole
 * filter, a row for each channel; a depthwise kernel is a filter for each output channel.
 */
export function takeApart(tensor: Tensor, kind: TiledKind): Kernel {
  const { rowStride, columnStride, ...slices } = slicesOf(tensor, kind);
  const { planes, filters, width, height } = slices;
  const slice = (filter: number, plane: number): Plane => ({
    data: tensor.data,
    width,
    height,
    offset: plane * filters + filter,
    rowStride,
    columnStride,
  });
  return {
    ...slices,
    tensor,
    words: kernelWords[kind],
    stretch: Math.max(1, Math.min(16, Math.floor(height / (4 * width)))),
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
  const size = kernel.shape.length > 2 ? `kernel ${kernel.shape.slice(0, -2).join("×")}` : "";
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
