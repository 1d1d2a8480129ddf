/**
 * Pictures brought to one size.
 */
import { DeconvError } from "../errors.ts";

/**
 * How a picture is brought to a size: `"stretch"` scales both sides; `"cover"` scales it until it
 * covers the size and cuts off what stands out, evenly; `"crop"` cuts out the middle without scaling.
 */
export type Fit = "stretch" | "cover" | "crop";

/** All of them, for messages. */
export const FITS: readonly Fit[] = ["stretch", "cover", "crop"];

/** How values between pixels are found: by weights, or from the nearest pixel. */
export type Scaling = "bilinear" | "nearest";

/** Sizes of a picture. */
export interface Size {
  /** Rows. */
  readonly height: number;
  /** Pixels in a row. */
  readonly width: number;
}

/** The part of a side that is kept, and how many pixels it becomes. */
interface Span {
  readonly from: number;
  readonly length: number;
  readonly to: number;
}

/**
 * Brings values `[height, width, channels]` to a size. Where pictures shrink, every pixel counts: the
 * weights are triangles as wide as two of the new pixels (as in Pillow and in Keras with antialiasing).
 *
 * @param name What to call the picture in messages.
 * @throws {DeconvError} When the picture is too small to be cropped.
 */
export function fitPicture(
  values: Float32Array,
  size: Size,
  wanted: Size,
  { fit, scaling, name }: { fit: Fit; scaling: Scaling; name: string },
): Float32Array {
  const channels = values.length / (size.height * size.width);
  if (fit === "crop" && (size.height < wanted.height || size.width < wanted.width)) {
    throw new DeconvError(
      `Cannot crop ${wanted.height}x${wanted.width} pixels out of ${name}, which has ` +
        `${size.height}x${size.width}: give a smaller size or another fit`,
    );
  }
  const scale = fit === "crop"
    ? 1
    : Math.max(wanted.height / size.height, wanted.width / size.width);
  const span = (has: number, to: number): Span => {
    const length = fit === "stretch" ? has : Math.min(has, to / scale);
    // A cut between pixels only where pixels are scaled anyway.
    const from = fit === "crop" ? Math.floor((has - length) / 2) : (has - length) / 2;
    return { from, length, to };
  };
  const columns = weightsOf(span(size.width, wanted.width), size.width, scaling);
  const rows = weightsOf(span(size.height, wanted.height), size.height, scaling);
  const wide = along(values, size.height, size.width, channels, columns);
  return along(wide, 1, size.height, wanted.width * channels, rows);
}

/** For each new pixel, the first old one that counts and the weights from there on. */
type Weights = readonly (readonly [first: number, weights: Float64Array])[];

function weightsOf({ from, length, to }: Span, has: number, scaling: Scaling): Weights {
  const step = length / to, reach = Math.max(1, step);
  return Array.from({ length: to }, (_, i) => {
    const middle = from + (i + 0.5) * step;
    if (scaling === "nearest") {
      return [Math.min(has - 1, Math.floor(middle)), Float64Array.of(1)] as const;
    }
    const first = Math.max(0, Math.floor(middle - reach + 0.5));
    const end = Math.min(has, Math.max(first + 1, Math.floor(middle + reach + 0.5)));
    const weights = Float64Array.from(
      { length: end - first },
      (_, k) => Math.max(0, 1 - Math.abs(first + k + 0.5 - middle) / reach),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return [first, weights.map((weight) => weight / sum)] as const;
  });
}

/** Scales the middle axis of values `[outer, length, inner]`. */
function along(
  values: Float32Array,
  outer: number,
  length: number,
  inner: number,
  weights: Weights,
): Float32Array {
  if (
    weights.length === length &&
    weights.every(([, { length }], i) => length === 1 && weights[i][0] === i)
  ) {
    return values;
  }
  const result = new Float32Array(outer * weights.length * inner);
  for (let o = 0, to = 0; o < outer; o++) {
    for (const [first, each] of weights) {
      const start = (o * length + first) * inner;
      for (let c = 0; c < inner; c++, to++) {
        let sum = 0;
        for (let k = 0; k < each.length; k++) sum += each[k] * values[start + k * inner + c];
        result[to] = sum;
      }
    }
  }
  return result;
}
