import { DeconvError } from "../errors.ts";
import { sameShape, type Shape, shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { planeOf } from "./segments.ts";

/**
 * What stands for "nothing there": a number everywhere; each picture's `"mean"` in each channel; the
 * picture under a Gaussian `"blur"`; or values, for one picture or for each.
 */
export type InputBaseline = number | "mean" | "blur" | Tensor;

/** Petsiuk et al. blur 224 pixels with a window of 11 and a deviation of 5. */
const BLUR_RADIUS = 5, BLUR_DEVIATION = 5;

/**
 * The baseline of every picture of a batch.
 *
 * @throws {DeconvError} When there is no such baseline or its shape differs from the pictures'.
 */
export function baselineOf(x: Tensor, baseline: InputBaseline): Tensor {
  const shape = x.shape.slice(1), size = sizeOf(shape), data = new Float32Array(x.data.length);
  const each = (fill: (from: Float32Array, to: Float32Array) => void) => {
    for (let at = 0; at < data.length; at += size) {
      fill(x.data.subarray(at, at + size), data.subarray(at, at + size));
    }
    return { shape: x.shape, data };
  };
  if (typeof baseline === "number" && !Number.isNaN(baseline)) {
    return each((_, to) => to.fill(baseline));
  }
  if (baseline === "mean") return each((from, to) => fillMeans(from, to, shape));
  if (baseline === "blur") return each((from, to) => to.set(blurred(from, shape)));
  if (typeof baseline !== "object" || baseline === null) {
    throw new DeconvError(
      `baseline must be a number, "mean", "blur" or a tensor; it is ${JSON.stringify(baseline)}`,
    );
  }
  if (sameShape(baseline.shape, x.shape)) return baseline;
  if (sameShape(baseline.shape, shape) || sameShape(baseline.shape, [1, ...shape])) {
    return each((_, to) => to.set(baseline.data));
  }
  throw new DeconvError(
    `The baseline has shape ${shapeText(baseline.shape)}, and the inputs ${shapeText(x.shape)}`,
  );
}

function fillMeans(from: Float32Array, to: Float32Array, shape: Shape): void {
  const { channels } = planeOf(shape), cells = from.length / channels;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = c; i < from.length; i += channels) sum += from[i];
    for (let i = c; i < from.length; i += channels) to[i] = sum / cells;
  }
}

/** Both axes under a Gaussian; weights that fall outside the picture go to those inside. */
function blurred(picture: Float32Array, shape: Shape): Float32Array {
  const { height, width, channels } = planeOf(shape);
  const along = blurAxis(picture, height, width, channels);
  return blurAxis(along, 1, height, width * channels);
}

/** One axis of `outer` runs of `count` steps of `inner` numbers. */
function blurAxis(x: Float32Array, outer: number, count: number, inner: number): Float32Array {
  const out = new Float32Array(x.length);
  const weight = (d: number) => Math.exp(-d * d / (2 * BLUR_DEVIATION * BLUR_DEVIATION));
  for (let i = 0; i < count; i++) {
    const first = Math.max(0, i - BLUR_RADIUS), last = Math.min(count - 1, i + BLUR_RADIUS);
    let total = 0;
    for (let k = first; k <= last; k++) total += weight(k - i);
    for (let o = 0; o < outer; o++) {
      for (let c = 0; c < inner; c++) {
        let sum = 0;
        for (let k = first; k <= last; k++) sum += weight(k - i) * x[(o * count + k) * inner + c];
        out[(o * count + i) * inner + c] = sum / total;
      }
    }
  }
  return out;
}
