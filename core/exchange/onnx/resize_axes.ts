/** How ONNX's Resize makes each value along an axis. */

/** Values of an axis and what they count. */
export type Taps = readonly (readonly [index: number, weight: number])[];

/** What a Resize says besides sizes. */
export interface ResizeOptions {
  /** `"nearest"`, `"linear"` or `"cubic"`. */
  readonly mode: string;
  /** Where an output lies in the input. */
  readonly transform: string;
  /** How places are rounded where the mode is nearest. */
  readonly rounding: string;
  /** The coefficient of cubic interpolation. */
  readonly cubic: number;
  /** Whether weights outside of the input are left out. */
  readonly excludeOutside: boolean;
  /** Whether what becomes smaller is smoothed. */
  readonly antialias: boolean;
  /** What is outside where the transform is `"tf_crop_and_resize"`. */
  readonly outside: number;
}

/** One axis: its size, the size it gets, the scale that is said, and the part that is taken of it. */
export interface ResizeAxis {
  readonly size: number;
  readonly out: number;
  readonly scale: number;
  readonly roi: readonly [number, number];
}

/** Where output i lies among the inputs. */
function placeOf(i: number, { size, out, scale, roi }: ResizeAxis, transform: string): number {
  const wanted = size * scale;
  switch (transform) {
    case "asymmetric":
      return i / scale;
    case "align_corners":
      return wanted <= 1 ? 0 : i * (size - 1) / (wanted - 1);
    case "pytorch_half_pixel":
      return out > 1 ? (i + 0.5) / scale - 0.5 : 0;
    case "half_pixel_symmetric":
      return size / 2 * (1 - out / wanted) + (i + 0.5) / scale - 0.5;
    case "tf_half_pixel_for_nn":
      return (i + 0.5) / scale;
    case "tf_crop_and_resize":
      return out > 1
        ? roi[0] * (size - 1) + i * (roi[1] - roi[0]) * (size - 1) / (out - 1)
        : 0.5 * (roi[0] + roi[1]) * (size - 1);
    default:
      return (i + 0.5) / scale - 0.5;
  }
}

function rounded(place: number, rounding: string): number {
  switch (rounding) {
    case "floor":
      return Math.floor(place);
    case "ceil":
      return Math.ceil(place);
    case "round_prefer_ceil":
      return Math.floor(place + 0.5);
    default:
      return Math.ceil(place - 0.5);
  }
}

/** Keys' cubic convolution, and the triangle of linear interpolation. */
function kernelAt(distance: number, { mode, cubic: a }: ResizeOptions): number {
  const d = Math.abs(distance);
  if (mode === "linear") return Math.max(1 - d, 0);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((d - 5) * d + 8) * a * d - 4 * a : 0;
}

/** What each output of an axis is made of; `null` where it lies outside. */
export function resizeTaps(axis: ResizeAxis, options: ResizeOptions): (Taps | null)[] {
  const { size, out, scale } = axis, { mode, transform, rounding, antialias } = options;
  const inside = (i: number) => Math.min(Math.max(i, 0), size - 1);
  return Array.from({ length: out }, (_, i) => {
    const place = placeOf(i, axis, transform);
    if (transform === "tf_crop_and_resize" && (place < 0 || place > size - 1)) return null;
    if (mode === "nearest") return [[inside(rounded(place, rounding)), 1]] as const;
    const narrow = antialias && scale < 1 ? scale : 1;
    const reach = (mode === "linear" ? 1 : 2) / narrow;
    const first = Math.floor(place - reach) + 1, last = Math.ceil(place + reach) - 1;
    const taps: [number, number][] = [];
    let sum = 0;
    for (let at = first; at <= last; at++) {
      const outside = at < 0 || at >= size;
      if (outside && options.excludeOutside) continue;
      const weight = kernelAt((at - place) * narrow, options);
      if (!weight) continue;
      sum += weight;
      taps.push([inside(at), weight]);
    }
    return taps.map(([at, weight]) => [at, weight / sum] as const);
  });
}
