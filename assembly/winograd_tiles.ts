// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// What the passes of winograd.ts and the gradient of winograd_gradient.ts share: their arguments, and
// the tiles of source and output pictures.

import { offsetX, offsetY, outputPixel, Taps } from "./geometry";
import { outputsOf, PLACE, runOf, transformSource } from "./winograd_transform";

@unmanaged
export class Winograd {
  /** F43, F23 or F42. */
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

// Tiles in a column and in a row of a picture's grid, and in all.

function tilesDown(w: Winograd): i32 {
  const m = outputsOf(w.variant);
  return (table(w, 0).gridHeight + m - 1) / m;
}

function tilesAcross(w: Winograd): i32 {
  const m = outputsOf(w.variant);
  return (table(w, 0).gridWidth + m - 1) / m;
}

export function tileTotal(w: Winograd): i32 {
  return table(w, 0).pictures * tilesDown(w) * tilesAcross(w);
}

/** Where a tile lies: its picture, and the first of its grid cells. */
@unmanaged
export class Place {
  picture: i32;
  i: i32;
  j: i32;
}

/** Finds the place of a tile; it is kept in the thread's scratch until the next is asked for. */
export function placeOf(w: Winograd, scratch: usize, tile: i32): Place {
  const place = changetype<Place>(scratch + PLACE), m = outputsOf(w.variant);
  const across = tilesAcross(w), row = tile / across, down = tilesDown(w);
  place.picture = row / down;
  place.i = (row - place.picture * down) * m;
  place.j = (tile - row * across) * m;
  return place;
}

/** Floats from tile to tile of V: K, and a line more so that rows fall into different cache sets. */
export function rowFloats(k: i32): i32 {
  return ((k + 15) & ~15) + 16;
}

/** Transforms the source tiles first … first+count-1 of all tables into V[ξ][tile][K]. */
export function sourceBlock(
  w: Winograd,
  scratch: usize,
  first: i32,
  count: i32,
  to: usize,
  row: usize,
  plane: usize,
): void {
  const m = outputsOf(w.variant), across = tilesAcross(w);
  for (let q = 0; q < w.count; q++) {
    const taps = table(w, q), v = to + <usize> (q * taps.sourceChannels) * 4;
    for (let t = 0, run = 0; t < count; t += run) {
      const place = placeOf(w, scratch, first + t), picture = place.picture;
      const y = place.i * taps.stepY + offsetY(taps, 0),
        x = place.j * taps.stepX + offsetX(taps, 0);
      run = runOf(min(count - t, across - place.j / m));
      const at = v + <usize> t * row;
      transformSource(w.variant, taps, w.source, scratch, picture, y, x, run, at, row, plane);
    }
  }
}

/** Addresses of the output pixels of a tile; those outside the grid become `outside`. */
export function outputTable(w: Winograd, place: Place, outside: usize, to: usize): void {
  const taps = table(w, 0), m = outputsOf(w.variant);
  for (let i = place.i; i < place.i + m; i++) {
    for (let j = place.j; j < place.j + m; j++, to += 4) {
      const within = i < taps.gridHeight && j < taps.gridWidth;
      store<u32>(to, <u32> (within ? w.output + outputPixel(taps, place.picture, i, j) : outside));
    }
  }
}

/** Whether all of a tile lies on the grid. */
export function whole(w: Winograd, place: Place): bool {
  const taps = table(w, 0), m = outputsOf(w.variant);
  return place.i + m <= taps.gridHeight && place.j + m <= taps.gridWidth;
}
