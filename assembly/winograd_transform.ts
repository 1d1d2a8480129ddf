// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The two-dimensional transforms of Winograd's minimal filtering: a one-dimensional one (winograd_f43.ts
// and its siblings) down the columns into the middle, then along the rows.
//
// From the interpolation points aᵢ and M(x) = Π(x - aᵢ): Bᵀ holds the coefficients of M(x)/(x - aᵢ), G the
// powers of aᵢ over Π(aᵢ - aₖ), Aᵀ the powers of aᵢ. Winograd 1980; Lavin & Gray 2016, "Fast Algorithms
// for Convolutional Neural Networks"; for the gradients, each transform's adjoint.
//
// Every method works on a run of channels, `bytes` long (a multiple of 32): eight channels at a time, two
// vectors side by side so that turbo can pack them. It reads its inputs `step` bytes apart (`input`: at
// the addresses of a table, `skip` bytes on) and writes its outputs `stride` bytes apart.

import { sourcePixel, Taps } from "./geometry";
import { UNBOUNDED } from "./gemm";
import { ZEROS } from "./memory";
import { touch } from "./touch";
import * as f23 from "./winograd_f23";
import * as f42 from "./winograd_f42";
import * as f43 from "./winograd_f43";

/** So many bytes of channels are transformed at a time: the middle (at most 36 runs) stays in the L1 cache. */
export const CHUNK: usize = 256;
/** Source tiles beside each other that are transformed at a time, and so many bytes of their channels. */
const RUN: i32 = 2;
const RUN_CHUNK: usize = 256;

// Offsets into a thread's scratch, in bytes.

/** Between the passes of a transform: columns × rows × a chunk of channels; what `touch` reads is left before it. */
const MIDDLE: usize = 64;
/** A square of pixels × a chunk of channels, before or after a transform. */
export const SQUARE: usize = MIDDLE + 16384;
/** Addresses of pixels, at most 36. */
export const PIXELS: usize = SQUARE + 16 * CHUNK;
/** Where a tile lies. */
export const PLACE: usize = PIXELS + 192;
/** Where blocks begin. */
export const BLOCKS: usize = PIXELS + 256;

// The variants by number, and what they have along an axis.
export const F43: i32 = 0; // F(4x4, 3x3)
export const F23: i32 = 1; // F(2x2, 3x3)
export const F42: i32 = 2; // F(4x4, 2x2)

/** Outputs of a tile along an axis. */
export function outputsOf(variant: i32): i32 {
  return variant == F23 ? 2 : 4;
}

/** Taps along an axis. */
export function tapsOf(variant: i32): i32 {
  return variant == F42 ? 2 : 3;
}

/** Products along an axis. */
export function productsOf(variant: i32): i32 {
  return outputsOf(variant) + tapsOf(variant) - 1;
}

// What `transform` makes of a square.
export const KERNEL: i32 = 0; // taps to products
export const OUTPUT: i32 = 1; // products to outputs
export const GRADIENT: i32 = 2; // gradients of outputs to products
export const KERNEL_GRADIENT: i32 = 3; // products to gradients of taps

/** `bytes` up to whole groups of eight channels. */
function wholeGroups(bytes: usize): usize {
  return (bytes + 31) & ~31;
}

/** One pass of a transform over one line of pixels. */
function line(
  kind: i32,
  variant: i32,
  from: usize,
  step: usize,
  to: usize,
  stride: usize,
  low: f32,
  bytes: usize,
): void {
  if (kind == OUTPUT) {
    if (variant == F43) f43.output(from, step, to, stride, low, bytes);
    else if (variant == F23) f23.output(from, step, to, stride, low, bytes);
    else f42.output(from, step, to, stride, low, bytes);
  } else if (kind == GRADIENT) {
    if (variant == F43) f43.gradient(from, step, to, stride, bytes);
    else if (variant == F23) f23.gradient(from, step, to, stride, bytes);
    else f42.gradient(from, step, to, stride, bytes);
  } else if (kind == KERNEL) {
    if (variant == F43) f43.kernel(from, step, to, stride, bytes);
    else if (variant == F23) f23.kernel(from, step, to, stride, bytes);
    else f42.kernel(from, step, to, stride, bytes);
  } else {
    if (variant == F43) f43.kernelGradient(from, step, to, stride, bytes);
    else if (variant == F23) f23.kernelGradient(from, step, to, stride, bytes);
    else f42.kernelGradient(from, step, to, stride, bytes);
  }
}

/**
 * Transforms a run of channels of a square of pixels, `step` bytes apart in a line and `lines` from line
 * to line, to a square of others, `toStep` and `toLines` bytes apart.
 *
 * @param low   bound of the results, for outputs only
 * @param bytes of channels; whole groups of eight are read and written
 */
export function transform(
  kind: i32,
  variant: i32,
  scratch: usize,
  from: usize,
  lines: usize,
  step: usize,
  to: usize,
  toLines: usize,
  toStep: usize,
  low: f32,
  bytes: usize,
): void {
  const m = outputsOf(variant), r = tapsOf(variant), n = productsOf(variant);
  const ins: usize = kind == KERNEL ? r : kind == GRADIENT ? m : n;
  const outs: usize = kind == OUTPUT ? m : kind == KERNEL_GRADIENT ? r : n;
  const middle = scratch + MIDDLE;
  for (const end = from + bytes; from < end; from += CHUNK, to += CHUNK) {
    const run = min(CHUNK, wholeGroups(end - from)), across = ins * run;
    for (let s: usize = 0; s < ins; s++) {
      line(kind, variant, from + s * step, lines, middle + s * run, across, UNBOUNDED, run);
    }
    for (let i: usize = 0; i < outs; i++) {
      line(kind, variant, middle + i * across, run, to + i * toLines, toStep, low, run);
    }
  }
}

/** One pass of a source transform. */
function sourceLine(
  variant: i32,
  pixels: usize,
  skip: usize,
  to: usize,
  stride: usize,
  bytes: usize,
): void {
  if (variant == F43) f43.input(pixels, skip, to, stride, bytes);
  else if (variant == F23) f23.input(pixels, skip, to, stride, bytes);
  else f42.input(pixels, skip, to, stride, bytes);
}

/** How many source tiles from one on `transformSource` takes, if so many follow beside it. */
export function runOf(tiles: i32): i32 {
  return min(RUN, tiles);
}

/**
 * Reads the source lines of some tiles ahead: the transforms come back to each pixel for every chunk of
 * its channels, and would wait for memory each time.
 */
function touchSource(
  taps: Taps,
  source: usize,
  scratch: usize,
  picture: i32,
  y: i32,
  x: i32,
  rows: i32,
  columns: i32,
): void {
  const left = max(x, 0), right = min(x + (columns - 1) * taps.stepX, taps.sourceWidth - 1);
  const bytes = <usize> max((right - left + 1) * taps.sourceChannels, 0) * 4;
  for (let i = 0; i < rows; i++) {
    const at = sourcePixel(taps, source, picture, y + i * taps.stepY, left);
    if (at != ZEROS) touch(at, bytes, 64, scratch);
  }
}

/**
 * Transforms `tiles` source tiles that lie beside each other: V[ξ][tile][channel] = Bᵀ(tile)B. Neighbours
 * share columns, which go through the first pass once.
 *
 * @param picture,y,x picture and first pixel of the first tile; pixels outside are zeros
 * @param to          V[0] of the first tile, `row` bytes from tile to tile and `plane` from ξ to ξ
 */
export function transformSource(
  variant: i32,
  taps: Taps,
  source: usize,
  scratch: usize,
  picture: i32,
  y: i32,
  x: i32,
  tiles: i32,
  to: usize,
  row: usize,
  plane: usize,
): void {
  const n = productsOf(variant), m = outputsOf(variant), columns = (tiles - 1) * m + n;
  const middle = scratch + MIDDLE, pixels = scratch + PIXELS;
  const bytes = <usize> taps.sourceChannels * 4;
  touchSource(taps, source, scratch, picture, y, x, n, columns);
  for (let c: usize = 0; c < bytes; c += RUN_CHUNK) {
    const run = min(RUN_CHUNK, wholeGroups(bytes - c)), line = <usize> columns * run;
    for (let s = 0; s < columns; s++) {
      for (let i = 0; i < n; i++) {
        const at = sourcePixel(taps, source, picture, y + i * taps.stepY, x + s * taps.stepX);
        store<u32>(pixels + <usize> i * 4, <u32> at);
      }
      sourceLine(variant, pixels, c, middle + <usize> s * run, line, run);
    }
    for (let t = 0; t < tiles; t++) {
      let from = middle + <usize> (t * m) * run, v = to + <usize> t * row + c;
      for (let i = 0; i < n; i++) {
        for (let s = 0; s < n; s++) {
          store<u32>(pixels + <usize> s * 4, <u32> (from + <usize> s * run));
        }
        sourceLine(variant, pixels, 0, v, plane, run);
        from += line, v += <usize> n * plane;
      }
    }
  }
}
