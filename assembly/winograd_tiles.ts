// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// What the passes of winograd.ts and the gradient of winograd_gradient.ts share: their arguments, and
// the tiles of source and output pictures.

import { offsetX, offsetY, outputPixel, Taps } from "./geometry";
import { runOf, transformSource } from "./winograd_transform";

@unmanaged
export class Winograd {
  /** 0 F(4,3), 1 F(2,3), 2 F(4,2). */
  variant: i32;
  /** u32 addresses of the tap tables whose products are summed. */
  tables: usize;
  count: i32;
  source: usize;
  kernel: usize;
  /** Where U is. */
  transformed: usize;
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

export function table(w: Winograd, q: i32): Taps {
  return changetype<Taps>(<usize> load<u32>(w.tables + <usize> q * 4));
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

/** Transforms the source tiles first … first+count-1 of all tables into V[ξ][tile][K]. */
export function sourceBlock<T>(
  w: Winograd,
  scratch: usize,
  first: i32,
  count: i32,
  to: usize,
  row: usize,
  plane: usize,
): void {
  const m = changetype<T>(0).outputs();
  for (let q = 0; q < w.count; q++) {
    const taps = table(w, q), down = tilesDown<T>(taps), across = tilesAcross<T>(taps);
    for (let t = 0, run = 0; t < count; t += run) {
      const tile = first + t, picture = tile / (down * across);
      const inside = tile - picture * down * across, i = inside / across, j = inside - i * across;
      const y = i * m * taps.stepY + offsetY(taps, 0), x = j * m * taps.stepX + offsetX(taps, 0);
      run = runOf(min(count - t, across - j));
      const at = to + <usize> t * row + <usize> (q * taps.sourceChannels) * 4;
      transformSource<T>(taps, w.source, scratch, picture, y, x, run, at, row, plane);
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
