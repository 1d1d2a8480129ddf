// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// What the passes of winograd.ts and the gradient of winograd_gradient.ts share: their arguments, a
// thread's scratch, two-dimensional transforms, and the tiles of source and output pictures.

import { offsetX, offsetY, outputPixel, Taps } from "./geometry";
import { EDGE, UNBOUNDED } from "./gemm";

@unmanaged
export class Winograd {
  /** 0 F(4,3), 1 F(2,3), 2 F(4,2). */
  variant: i32;
  /** u32 addresses of the tap tables whose products are summed. */
  tables: usize;
  count: i32;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  swapped: i32;
  low: f32;
  /** Whether to keep only results where the output held something above 0. */
  gate: i32;
  /** Tiles a block has, a multiple of six, and output columns made at a time. */
  blockTiles: i32;
  blockColumns: i32;
  /** Into how many parts the output columns are split, so that few tiles make work for all threads. */
  columnParts: i32;
  parts: i32;
}

// Offsets into a thread's scratch, in bytes.
export const MIDDLE: usize = EDGE; // up to 36 vector pairs between the passes of a transform
export const RESULT: usize = MIDDLE + 36 * 32; // a square of up to 36 vector pairs, before or after a transform
export const PIXELS: usize = RESULT + 36 * 32; // addresses of a tile's pixels
export const ROWS: usize = PIXELS + 36 * 4; // two tables of row addresses, 96 each
export const BLOCKS: usize = ROWS + 2 * 96 * 4;

export function table(w: Winograd, q: i32): Taps {
  return changetype<Taps>(<usize> load<u32>(w.tables + <usize> q * 4));
}

/** Products along an axis. */
export function products<T>(): i32 {
  return changetype<T>(0).outputs() + changetype<T>(0).taps() - 1;
}

export function tilesDown<T>(taps: Taps): i32 {
  const m = changetype<T>(0).outputs();
  return (taps.gridHeight + m - 1) / m;
}

export function tilesAcross<T>(taps: Taps): i32 {
  const m = changetype<T>(0).outputs();
  return (taps.gridWidth + m - 1) / m;
}

export function tileTotal<T>(taps: Taps): i32 {
  return taps.pictures * tilesDown<T>(taps) * tilesAcross<T>(taps);
}

/** Floats from tile to tile of V: K, and a line more so that rows fall into different cache sets. */
export function rowFloats(k: i32): i32 {
  return ((k + 15) & ~15) + 16;
}

// A two-dimensional transform is a one-dimensional one down the columns into the middle, then along
// the rows. One class for each so that `transform` can be written once.

@unmanaged
export class Input<T> {
  ins(): i32 {
    return products<T>();
  }
  outs(): i32 {
    return products<T>();
  }
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32): void {
    changetype<T>(0).input(from, step, to, stride);
  }
}

@unmanaged
export class Kernel<T> {
  ins(): i32 {
    return changetype<T>(0).taps();
  }
  outs(): i32 {
    return products<T>();
  }
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32): void {
    changetype<T>(0).kernel(from, step, to, stride);
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
  run(from: usize, step: usize, to: usize, stride: usize, low: f32): void {
    changetype<T>(0).output(from, step, to, stride, low);
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
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32): void {
    changetype<T>(0).gradient(from, step, to, stride);
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
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32): void {
    changetype<T>(0).kernelGradient(from, step, to, stride);
  }
}

/**
 * Transforms eight channels of a square: ins × ins vectors, `step` bytes apart in a line and `lines`
 * from line to line, to outs × outs vectors, `toStep` and `toLines` bytes apart.
 *
 * @param low bound of the results, for outputs only
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
): void {
  const ins = changetype<S>(0).ins(), outs = changetype<S>(0).outs();
  const line = <usize> ins * 32;
  let middle = scratch + MIDDLE;
  for (let s = 0; s < ins; s++) {
    changetype<S>(0).run(from, lines, middle, line, UNBOUNDED);
    from += step, middle += 32;
  }
  middle = scratch + MIDDLE;
  for (let i = 0; i < outs; i++) {
    changetype<S>(0).run(middle, 32, to, toStep, low);
    middle += line, to += toLines;
  }
}

/**
 * Copies a square of `size` × `size` source pixels, from (y, x) on and `step` apart, to `to`; pixels
 * outside the picture become zero.
 */
export function copySquare(
  taps: Taps,
  source: usize,
  picture: i32,
  y: i32,
  x: i32,
  size: i32,
  to: usize,
): void {
  const pixel = <usize> taps.sourceChannels * 4, stepX = taps.stepX;
  for (let i = 0; i < size; i++) {
    const row = y + i * taps.stepY;
    let j = 0;
    if (row >= 0 && row < taps.sourceHeight) {
      const line = source +
        <usize> ((picture * taps.sourceHeight + row) * taps.sourceWidth) * pixel;
      for (; j < size && x + j * stepX < 0; j++) memory.fill(to + <usize> j * pixel, 0, pixel);
      // Neighbouring pixels are one run.
      const last = min(size, (taps.sourceWidth - 1 - x) / stepX + 1), first = j;
      if (stepX == 1 && last > first) {
        memory.copy(
          to + <usize> first * pixel,
          line + <usize> (x + first) * pixel,
          <usize> (last - first) * pixel,
        );
        j = last;
      }
      for (; j < last; j++) {
        memory.copy(to + <usize> j * pixel, line + <usize> (x + j * stepX) * pixel, pixel);
      }
    }
    memory.fill(to + <usize> j * pixel, 0, <usize> (size - j) * pixel);
    to += <usize> size * pixel;
  }
}

/** Fills a table with `count` addresses, `stride` bytes apart. */
export function ladder(to: usize, count: i32, first: usize, stride: usize): void {
  for (let i = 0; i < count; i++) {
    store<u32>(to + <usize> i * 4, <u32> (first + <usize> i * stride));
  }
}

/**
 * Transforms the source tiles first … first+count-1 into V[ξ][tile][K].
 *
 * @param square room for one tile of source pixels: they are brought together first, in long runs that
 *               the CPU reads ahead, and the transforms then work from its first cache
 */
export function inputBlock<T>(
  w: Winograd,
  scratch: usize,
  first: i32,
  count: i32,
  to: usize,
  row: usize,
  plane: usize,
  square: usize,
): void {
  const n = products<T>(), m = changetype<T>(0).outputs(), toLines = <usize> n * plane;
  for (let q = 0; q < w.count; q++) {
    const taps = table(w, q), bytes = <usize> taps.sourceChannels * 4;
    const down = tilesDown<T>(taps), across = tilesAcross<T>(taps), lines = <usize> n * bytes;
    for (let t = 0; t < count; t++) {
      const tile = first + t, picture = tile / (down * across);
      const inside = tile - picture * down * across;
      const y = inside / across * m * taps.stepY + offsetY(taps, 0);
      const x = inside % across * m * taps.stepX + offsetX(taps, 0);
      copySquare(taps, w.source, picture, y, x, n, square);
      const base = to + <usize> t * row + <usize> q * bytes;
      for (let c: usize = 0; c < bytes; c += 32) {
        transform<Input<T>>(scratch, square + c, lines, bytes, base + c, toLines, plane, UNBOUNDED);
      }
    }
  }
}

/** Addresses of the output pixels of a tile; those outside the grid become `outside`. */
export function outputTable<T>(
  taps: Taps,
  output: usize,
  tile: i32,
  outside: usize,
  to: usize,
): void {
  const m = changetype<T>(0).outputs(), down = tilesDown<T>(taps), across = tilesAcross<T>(taps);
  const picture = tile / (down * across), inside = tile - picture * down * across;
  const i0 = inside / across * m, j0 = inside % across * m;
  for (let i = i0; i < i0 + m; i++) {
    for (let j = j0; j < j0 + m; j++) {
      const within = i < taps.gridHeight && j < taps.gridWidth;
      store<u32>(to, <u32> (within ? output + outputPixel(taps, picture, i, j) : outside));
      to += 4;
    }
  }
}
