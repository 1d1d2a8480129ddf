/**
 * Pooling over windows of pictures `[count, height, width, channels]`, and unpooling.
 *
 * Window (p, q) spans rows p·stride − top … and columns q·stride − left …, `pool` of each, as far as
 * they lie in the picture. Signals are pictures of one column.
 */

import { type Array64, array64, at4, type NumberArray, type Pads, type Pair } from "./array.ts";

/** Windows with everything said. */
export interface PoolSettings {
  readonly pool: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
  /** Whether padding counts in an average. */
  readonly counted?: boolean;
}

/** Pixels `[row, column]` of the window of output pixel (p, q), by rows. */
function windowPixels(height: number, width: number, s: PoolSettings, p: number, q: number) {
  const pixels: Pair[] = [];
  for (let r = 0; r < s.pool[0]; r++) {
    for (let t = 0; t < s.pool[1]; t++) {
      const i = p * s.strides[0] - s.pads[0] + r, j = q * s.strides[1] - s.pads[1] + t;
      if (i >= 0 && i < height && j >= 0 && j < width) pixels.push([i, j]);
    }
  }
  return pixels;
}

/** Calls `visit` with every output place and the places of the input in its window. */
function eachWindow(
  shape: readonly number[],
  s: PoolSettings,
  visit: (to: number, from: readonly number[]) => void,
): number[] {
  const [count, height, width, channels] = shape;
  const outHeight = Math.floor((height + s.pads[0] + s.pads[2] - s.pool[0]) / s.strides[0]) + 1;
  const outWidth = Math.floor((width + s.pads[1] + s.pads[3] - s.pool[1]) / s.strides[1]) + 1;
  const outShape = [count, outHeight, outWidth, channels];
  for (let n = 0; n < count; n++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        const pixels = windowPixels(height, width, s, p, q);
        for (let c = 0; c < channels; c++) {
          visit(at4(outShape, n, p, q, c), pixels.map(([i, j]) => at4(shape, n, i, j, c)));
        }
      }
    }
  }
  return outShape;
}

/** The shape of what is pooled. */
function pooledShape(shape: readonly number[], s: PoolSettings): number[] {
  return eachWindow([shape[0], shape[1], shape[2], 0], s, () => {}).with(3, shape[3]);
}

/** The place of the largest, the first of equals. */
function largest(x: NumberArray, from: readonly number[]): number {
  return from.reduce((best, k) => x.data[k] > x.data[best] ? k : best);
}

/** Max pooling. */
export function maxPool2d(x: NumberArray, s: PoolSettings): Array64 {
  const y = array64(pooledShape(x.shape, s));
  eachWindow(x.shape, s, (to, from) => y.data[to] = x.data[largest(x, from)]);
  return y;
}

/** Its switches: row · width + column of each maximum. */
export function poolSwitches2d(x: NumberArray, s: PoolSettings): Array64 {
  const y = array64(pooledShape(x.shape, s));
  const [, height, width, channels] = x.shape;
  eachWindow(x.shape, s, (to, from) => {
    y.data[to] = Math.floor(largest(x, from) / channels) % (height * width);
  });
  return y;
}

/** Its gradient with respect to x. */
export function maxPool2dGradient(x: NumberArray, dy: NumberArray, s: PoolSettings): Array64 {
  const dx = array64(x.shape);
  eachWindow(x.shape, s, (to, from) => dx.data[largest(x, from)] += dy.data[to]);
  return dx;
}

/** Average pooling. */
export function averagePool2d(x: NumberArray, s: PoolSettings): Array64 {
  const y = array64(pooledShape(x.shape, s));
  eachWindow(x.shape, s, (to, from) => {
    const sum = from.reduce((total, k) => total + x.data[k], 0);
    y.data[to] = sum / (s.counted ? s.pool[0] * s.pool[1] : from.length);
  });
  return y;
}

/** Its gradient with respect to x. */
export function averagePool2dGradient(
  shape: readonly number[],
  dy: NumberArray,
  s: PoolSettings,
): Array64 {
  const dx = array64(shape);
  eachWindow(shape, s, (to, from) => {
    const count = s.counted ? s.pool[0] * s.pool[1] : from.length;
    for (const k of from) dx.data[k] += dy.data[to] / count;
  });
  return dx;
}

/** The places that switches name in pictures of this shape, as places in the array. */
function placesOf(switches: NumberArray, [, height, width, channels]: readonly number[]): number[] {
  const [, rows, columns] = switches.shape;
  return Array.from(switches.data, (place, k) => {
    const n = Math.floor(k / (rows * columns * channels));
    return at4(
      [0, height, width, channels],
      n,
      Math.floor(place / width),
      place % width,
      k % channels,
    );
  });
}

/** Max unpooling to pictures of this shape; values in one place are added. */
export function maxUnpool2d(
  values: NumberArray,
  switches: NumberArray,
  shape: readonly number[],
): Array64 {
  const y = array64(shape);
  placesOf(switches, shape).forEach((place, k) => y.data[place] += values.data[k]);
  return y;
}

/** Its gradient with respect to the values. */
export function maxUnpool2dGradient(switches: NumberArray, dy: NumberArray): Array64 {
  return array64(switches.shape, placesOf(switches, dy.shape).map((place) => dy.data[place]));
}
