/** What heat maps show: one number for each place, and the scale it is shown on. */
import { DeconvError } from "../errors.ts";
import { shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { type Colormap, colormapTable, type ColorScale, isDiverging } from "./colormap.ts";
import { type Plane, rangeOf } from "./plane.ts";

/**
 * What becomes of the channels of a place: their `"sum"`, with its sign; the sum of their sizes,
 * `"abs"`; or the largest of their sizes, `"max"`, as Simonyan et al. show gradients.
 */
export type HeatmapReduction = "sum" | "abs" | "max";

/**
 * What gets the strongest colour: the largest size of each map (`"max"`), the size that 99 of 100
 * places of each map are below (`"percentile"`), or the largest size of all maps (`"shared"`).
 */
export type HeatmapNormalization = "max" | "percentile" | "shared";

/** How heat maps look. */
export interface HeatmapLook {
  /** What becomes of the channels of a place. Default `"sum"`. */
  readonly reduce?: HeatmapReduction;
  /** What gets the strongest colour. Default `"percentile"`. */
  readonly normalize?: HeatmapNormalization;
  /** The colours. Default blue-white-red where a number is negative, else magma. */
  readonly colormap?: Colormap;
  /** How much of the colour is the map's, over the picture in gray, from 0 to 1 (the map alone). Default 0.7. */
  readonly alpha?: number;
}

/** What maps are of: places of a picture, of a signal, or numbers that have no place. */
export type HeatmapForm = "picture" | "signal" | "vector";

/** A map with one number for each place. */
export interface ScaledMap {
  /** The map. */
  readonly plane: Plane;
  /** Which number has which colour. */
  readonly scale: ColorScale;
  /** The smallest number. */
  readonly low: number;
  /** The largest number. */
  readonly high: number;
}

const REDUCTIONS: readonly string[] = ["sum", "abs", "max"];
const NORMALIZATIONS: readonly string[] = ["max", "percentile", "shared"];

/** How many of a vector's numbers are laid beside each other. */
export const acrossFor = (size: number): number => Math.min(size, size > 64 ? 16 : 8);

/** What maps are of, going by the inputs that they explain, or by their own shape. */
export function formFor(map: Tensor, input?: Tensor): HeatmapForm {
  if (input?.shape.length === 3) return "signal";
  if (map.shape.length === 2) return "vector";
  return input?.shape.length === 2 && map.shape.length === 3 ? "signal" : "picture";
}

/** One number for each place: `[n, h, w]`, `[n, length]` or `[n, numbers]`. */
function reduced({ shape, data }: Tensor, how: HeatmapReduction, axes: number): Tensor {
  if (shape.length <= axes) return how === "sum" ? { shape, data } : sizesOf({ shape, data });
  const channels = shape[shape.length - 1], one = new Float32Array(data.length / channels);
  data.forEach((v, i) => {
    const place = Math.floor(i / channels);
    if (how !== "max") one[place] += how === "abs" ? Math.abs(v) : v;
    else if (!(Math.abs(v) <= one[place])) one[place] = Math.abs(v);
  });
  return { shape: shape.slice(0, axes), data: one };
}

const sizesOf = ({ shape, data }: Tensor): Tensor => ({ shape, data: data.map(Math.abs) });

/** The size that all but the largest hundredth are below, or the largest. */
function reachOf(data: Float32Array, how: HeatmapNormalization): number {
  const sizes = data.filter(Number.isFinite).map(Math.abs).sort();
  const most = sizes[sizes.length - 1] ?? 0;
  return how === "percentile" ? sizes[Math.ceil(0.99 * sizes.length) - 1] || most : most;
}

function checkLook({ reduce = "sum", normalize = "max", alpha = 1, colormap }: HeatmapLook): void {
  if (colormap !== undefined) colormapTable(colormap);
  for (
    const [name, given, names] of [
      ["reduce", reduce, REDUCTIONS],
      ["normalize", normalize, NORMALIZATIONS],
    ] as const
  ) {
    if (names.includes(given)) continue;
    throw new DeconvError(
      `The ${name} of heat maps must be ${names.join(", ")}; it is ${JSON.stringify(given)}`,
    );
  }
  if (alpha >= 0 && alpha <= 1) return;
  throw new DeconvError(`The alpha of heat maps must be from 0 to 1; it is ${alpha}`);
}

/**
 * Reduces maps to one number for each place, and finds which number gets which colour.
 *
 * @throws {DeconvError} When a shape or an option is wrong.
 */
export function scaledMaps(map: Tensor, form: HeatmapForm, look: HeatmapLook): ScaledMap[] {
  checkLook(look);
  const { reduce = "sum", normalize = "percentile" } = look, { shape } = map;
  const axes = form === "picture" ? 3 : 2;
  if (shape.length < axes || shape.length > axes + 1 || sizeOf(shape) === 0) {
    throw new DeconvError(
      `Cannot draw heat maps of shape ${shapeText(shape)} over a ${form}: ${
        form === "picture"
          ? "[n,h,w,c] or [n,h,w]"
          : form === "signal"
          ? "[n,length,c] or [n,length]"
          : "[n,numbers]"
      }, none empty, is needed`,
    );
  }
  const one = reduced(map, reduce, axes), size = sizeOf(one.shape.slice(1));
  const signed = one.data.some((v) => v < 0), all = reachOf(one.data, "max");
  const colormap = look.colormap ?? (signed ? "blue-white-red" : "magma");
  return Array.from({ length: shape[0] }, (_, i) => {
    const data = one.data.subarray(i * size, (i + 1) * size), { low, high } = rangeOf(data);
    const reach = normalize === "shared" ? all : reachOf(data, normalize);
    const bottom = signed || isDiverging(colormap) ? -reach : 0;
    const width = form === "picture" ? one.shape[2] : form === "signal" ? size : acrossFor(size);
    const plane = { data, offset: 0, columnStride: 1, rowStride: width };
    return {
      plane: { ...plane, width, height: Math.ceil(size / width) },
      scale: { colormap, low: bottom, high: reach },
      low,
      high,
    };
  });
}
