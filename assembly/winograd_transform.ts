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
import { EDGE, UNBOUNDED } from "./gemm";
import { ZEROS } from "./memory";
import { touch } from "./touch";

/** So many bytes of channels are transformed at a time: the middle (at most 36 runs) stays in the L1 cache. */
export const CHUNK: usize = 256;
/** Source tiles beside each other that are transformed at a time, and so many bytes of their channels. */
const RUN: i32 = 4;
const RUN_CHUNK: usize = 128;

// Offsets into a thread's scratch, in bytes.

/** Between the passes of a transform: columns × rows × a chunk of channels. */
export const MIDDLE: usize = EDGE;
/** A square of pixels × a chunk of channels, before or after a transform. */
export const SQUARE: usize = MIDDLE + 16384;
/** Addresses of pixels, at most 36. */
export const PIXELS: usize = SQUARE + 16 * CHUNK;
/** Where blocks begin. */
export const BLOCKS: usize = PIXELS + 256;

/** Products along an axis. */
export function products<T>(): i32 {
  return changetype<T>(0).outputs() + changetype<T>(0).taps() - 1;
}

/** `bytes` up to whole groups of eight channels. */
export function wholeGroups(bytes: usize): usize {
  return (bytes + 31) & ~31;
}

// One class for each transform, so that `transform` can be written once.

@unmanaged
export class Kernel<T> {
  ins(): i32 {
    return changetype<T>(0).taps();
  }
  outs(): i32 {
    return products<T>();
  }
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32, bytes: usize): void {
    changetype<T>(0).kernel(from, step, to, stride, bytes);
  }
}

@unmanaged
export class Output<T> {
  ins(): i32 {
    return products<T>();
  }
  outs(): i32 {
    return changetype<T>(0).outputs();
  }
  run(from: usize, step: usize, to: usize, stride: usize, low: f32, bytes: usize): void {
    changetype<T>(0).output(from, step, to, stride, low, bytes);
  }
}

@unmanaged
export class Gradient<T> {
  ins(): i32 {
    return changetype<T>(0).outputs();
  }
  outs(): i32 {
    return products<T>();
  }
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32, bytes: usize): void {
    changetype<T>(0).gradient(from, step, to, stride, bytes);
  }
}

@unmanaged
export class KernelGradient<T> {
  ins(): i32 {
    return products<T>();
  }
  outs(): i32 {
    return changetype<T>(0).taps();
  }
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32, bytes: usize): void {
    changetype<T>(0).kernelGradient(from, step, to, stride, bytes);
  }
}

/**
 * Transforms a run of channels of a square: ins × ins pixels, `step` bytes apart in a line and `lines`
 * from line to line, to outs × outs, `toStep` and `toLines` bytes apart.
 *
 * @param low   bound of the results, for outputs only
 * @param bytes of channels; whole groups of eight are read and written
 */
export function transform<S>(
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
  const ins = changetype<S>(0).ins(), outs = changetype<S>(0).outs(), middle = scratch + MIDDLE;
  for (const end = from + bytes; from < end; from += CHUNK, to += CHUNK) {
    const run = min(CHUNK, wholeGroups(end - from)), line = <usize> ins * run;
    for (let s: usize = 0; s < <usize> ins; s++) {
      changetype<S>(0).run(from + s * step, lines, middle + s * run, line, UNBOUNDED, run);
    }
    for (let i: usize = 0; i < <usize> outs; i++) {
      changetype<S>(0).run(middle + i * line, run, to + i * toLines, toStep, low, run);
    }
  }
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
export function transformSource<T>(
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
  const n = products<T>(), m = changetype<T>(0).outputs(), columns = (tiles - 1) * m + n;
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
      changetype<T>(0).input(pixels, c, middle + <usize> s * run, line, run);
    }
    for (let t = 0; t < tiles; t++) {
      let from = middle + <usize> (t * m) * run, v = to + <usize> t * row + c;
      for (let i = 0; i < n; i++) {
        for (let s = 0; s < n; s++) {
          store<u32>(pixels + <usize> s * 4, <u32> (from + <usize> s * run));
        }
        changetype<T>(0).input(pixels, 0, v, plane, run);
        from += line, v += <usize> n * plane;
      }
    }
  }
}
