// The ABI's field order of a tap table: which source pixels an output pixel is made of.
//
// Every convolution pass over pixels is "for each output pixel, for each tap, source pixel times
// kernel slice". The forward pass is one table; the input gradient (and so a transposed convolution
// run forward) is one table per phase of the stride, each a dense convolution of its own with the
// taps that fall on that phase (sub-pixel convolution: Shi et al. 2016, "Is the deconvolution layer
// the same as a convolutional layer?"). core/taps.ts builds the tables.

import { ZEROS } from "./memory";

/** One phase of one pass. All i32; `ty` and `tx` pairs follow the record. */
@unmanaged
export class Taps {
  /** Pictures. */
  pictures: i32;
  /** Output pixels of this phase: rows and columns of its grid. */
  gridHeight: i32;
  gridWidth: i32;
  /** Source picture. */
  sourceHeight: i32;
  sourceWidth: i32;
  sourceChannels: i32;
  /** Source pixel of grid cell (i, j) and tap (r, s): (i·stepY + ty[r].offset, j·stepX + tx[s].offset). */
  stepY: i32;
  stepX: i32;
  /** Output picture, and where on it cell (i, j) lies: (i·strideY + startY, j·strideX + startX). */
  outputHeight: i32;
  outputWidth: i32;
  outputChannels: i32;
  strideY: i32;
  strideX: i32;
  startY: i32;
  startX: i32;
  groups: i32;
  /** Taps down and across. */
  tapsY: i32;
  tapsX: i32;
  /** Kernel rows and columns in all, to address its array. */
  kernelHeight: i32;
  kernelWidth: i32;
  /** Output pixels a tile holds, and the floats between rows of its column matrix. */
  tileRows: i32;
  columnStride: i32;
}

/** Bytes of the record before the pairs. */
export const TAPS_SIZE: usize = 22 * 4;

/** Offset of tap `r` down from its grid row, in source pixels. */
export function offsetY(taps: Taps, r: i32): i32 {
  return load<i32>(changetype<usize>(taps) + TAPS_SIZE + <usize> r * 8);
}

/** Kernel row of tap `r`. */
export function kernelY(taps: Taps, r: i32): i32 {
  return load<i32>(changetype<usize>(taps) + TAPS_SIZE + <usize> r * 8, 4);
}

/** Offset of tap `s` across from its grid column, in source pixels. */
export function offsetX(taps: Taps, s: i32): i32 {
  return load<i32>(changetype<usize>(taps) + TAPS_SIZE + <usize> (taps.tapsY + s) * 8);
}

/** Kernel column of tap `s`. */
export function kernelX(taps: Taps, s: i32): i32 {
  return load<i32>(changetype<usize>(taps) + TAPS_SIZE + <usize> (taps.tapsY + s) * 8, 4);
}

/** The kernel pixel of tap `t`, row by row. */
export function tapKernel(taps: Taps, t: i32): i32 {
  return kernelY(taps, t / taps.tapsX) * taps.kernelWidth + kernelX(taps, t % taps.tapsX);
}

/** Output pixels (grid cells) of all pictures. */
export function cellCount(taps: Taps): i32 {
  return taps.pictures * taps.gridHeight * taps.gridWidth;
}

/** Values that each output value of a group is a sum over. */
export function innerSize(taps: Taps): i32 {
  return taps.tapsY * taps.tapsX * (taps.sourceChannels / taps.groups);
}

/** The first value of cell (i, j) in an output picture. */
export function outputValue(taps: Taps, i: i32, j: i32): i32 {
  const y = i * taps.strideY + taps.startY, x = j * taps.strideX + taps.startX;
  return (y * taps.outputWidth + x) * taps.outputChannels;
}

/** The address offset (bytes) of cell (i, j) of picture n in an output picture stack. */
export function outputPixel(taps: Taps, n: i32, i: i32, j: i32): usize {
  const y = n * taps.outputHeight + i * taps.strideY + taps.startY;
  const x = j * taps.strideX + taps.startX;
  return (<usize> (y * taps.outputWidth + x) * <usize> taps.outputChannels) * 4;
}

/** The address of source pixel (y, x) of picture n, or ZEROS where it lies outside. */
export function sourcePixel(taps: Taps, source: usize, n: i32, y: i32, x: i32): usize {
  if (<u32> y >= <u32> taps.sourceHeight || <u32> x >= <u32> taps.sourceWidth) return ZEROS;
  const pixel = (n * taps.sourceHeight + y) * taps.sourceWidth + x;
  return source + (<usize> pixel * <usize> taps.sourceChannels) * 4;
}
