/**
 * Resampling of pictures `[count, height, width, channels]`, and moving blocks of pixels to channels.
 *
 * Output pixel (p, q) lies at row (p + ½)·height/rows − ½ and the like column, not outside the centres
 * of the outermost pixels. Bilinear takes the four pixels around that place, nearest the one whose area
 * (p + ½)·height/rows lies in. With "asymmetric" coordinates it lies at p·height/rows, the nearest being
 * the one not behind it; with "align_corners" at p·(height − 1)/(rows − 1).
 */

import { type Array64, array64, at4, type NumberArray, type Pair } from "./array.ts";

/** Along one axis, the input cells of an output cell, each with its weight. */
function cellsOf(
  cell: number,
  size: number,
  out: number,
  interpolation: string,
  coordinates: string,
): [cell: number, weight: number][] {
  if (interpolation === "nearest") {
    const shift = coordinates === "asymmetric" ? 0 : 0.5;
    return [[Math.floor((cell + shift) * size / out), 1]];
  }
  const raw = coordinates === "asymmetric"
    ? cell * size / out
    : coordinates === "align_corners"
    ? (out === 1 ? 0 : cell * (size - 1) / (out - 1))
    : (cell + 0.5) * size / out - 0.5;
  const place = Math.min(Math.max(raw, 0), size - 1);
  const below = Math.floor(place), above = Math.min(below + 1, size - 1);
  return [[below, 1 - (place - below)], [above, place - below]];
}

/** Calls `visit` with places in x and y and the weight between them. */
function eachPair(
  xShape: readonly number[],
  yShape: readonly number[],
  interpolation: string,
  coordinates: string,
  visit: (atX: number, atY: number, weight: number) => void,
): void {
  const [count, rows, columns, channels] = yShape;
  for (let n = 0; n < count; n++) {
    for (let p = 0; p < rows; p++) {
      for (let q = 0; q < columns; q++) {
        for (const [i, down] of cellsOf(p, xShape[1], rows, interpolation, coordinates)) {
          for (const [j, across] of cellsOf(q, xShape[2], columns, interpolation, coordinates)) {
            for (let c = 0; c < channels; c++) {
              visit(at4(xShape, n, i, j, c), at4(yShape, n, p, q, c), down * across);
            }
          }
        }
      }
    }
  }
}

/** Pictures resampled to this height and width. */
export function resample(
  x: NumberArray,
  size: Pair,
  interpolation: string,
  coordinates = "half_pixel",
): Array64 {
  const y = array64([x.shape[0], ...size, x.shape[3]]);
  eachPair(
    x.shape,
    y.shape,
    interpolation,
    coordinates,
    (k, to, weight) => y.data[to] += weight * x.data[k],
  );
  return y;
}

/** The gradient with respect to x, whose height and width are given. */
export function resampleGradient(
  dy: NumberArray,
  size: Pair,
  interpolation: string,
  coordinates = "half_pixel",
): Array64 {
  const dx = array64([dy.shape[0], ...size, dy.shape[3]]);
  eachPair(
    dx.shape,
    dy.shape,
    interpolation,
    coordinates,
    (k, to, weight) => dx.data[k] += weight * dy.data[to],
  );
  return dx;
}

/** Channels to blocks of pixels, b·b of them each; `order` as ONNX has it. */
export function depthToSpace(x: NumberArray, b: number, order: string): Array64 {
  const [count, height, width, depth] = x.shape, channels = depth / (b * b);
  const y = array64([count, height * b, width * b, channels]);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < height * b; i++) {
      for (let j = 0; j < width * b; j++) {
        for (let c = 0; c < channels; c++) {
          const pixel = i % b * b + j % b;
          const channel = order === "CRD" ? c * b * b + pixel : pixel * channels + c;
          const from = at4(x.shape, n, Math.floor(i / b), Math.floor(j / b), channel);
          y.data[at4(y.shape, n, i, j, c)] = x.data[from];
        }
      }
    }
  }
  return y;
}

/** Blocks of pixels to channels: for every value, where `depthToSpace` would take it from. */
export function spaceToDepth(x: NumberArray, b: number, order: string): Array64 {
  const [count, height, width, channels] = x.shape;
  const y = array64([count, height / b, width / b, channels * b * b]);
  const numbers = array64(y.shape, y.data.map((_, k) => k));
  depthToSpace(numbers, b, order).data.forEach((place, k) => y.data[place] = x.data[k]);
  return y;
}
