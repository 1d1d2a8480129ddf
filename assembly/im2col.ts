// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// One tile of the column matrix: for each output pixel a row with the source values its taps touch.
// Only a tile exists at a time, in the thread's scratch; rows are [tapsY][tapsX][channels/groups].

import { offsetX, offsetY, Taps } from "./geometry";

/** Bytes of rows that are written in turns: they stay in the L1 cache beside what is read. */
const NEAR: i32 = 16 * 1024;

/** Copies whole vectors until `bytes` are done: what is too much lies where the next run will be. */
function copyRun(to: usize, from: usize, bytes: usize): void {
  for (let c: usize = 0; c < bytes; c += 16) v128.store(to + c, v128.load(from + c));
}

function zeroRun(to: usize, bytes: usize): void {
  for (let c: usize = 0; c < bytes; c += 16) v128.store(to + c, i32x4.splat(0));
}

/**
 * Writes rows for the grid cells first … first+count-1 at `to`, `taps.columnStride` floats apart, and
 * perhaps up to three floats after each. Cells of a row of the grid are copied tap by tap, as many as stay in
 * the L1 cache.
 *
 * @param source the picture stack
 * @param group  which group's channels to take
 */
export function columnTile(
  taps: Taps,
  source: usize,
  group: i32,
  first: i32,
  count: i32,
  to: usize,
): void {
  const run = <usize> (taps.sourceChannels / taps.groups) * 4,
    stride = <usize> taps.columnStride * 4;
  const pixel = <usize> taps.sourceChannels * 4, step = <usize> taps.stepX * pixel;
  // Where neighbouring taps are neighbouring pixels and there is one group, a kernel row is one run.
  const joined = taps.groups == 1 && adjacent(taps) ? taps.tapsX : 1;
  const width = taps.gridWidth, bytes = <usize> joined * run, last = taps.sourceWidth - joined;
  const most = max(1, NEAR / <i32> stride);
  let row = first / width, j = first - row * width;
  for (let left = count; left > 0;) {
    const n = row / taps.gridHeight, top = (row - n * taps.gridHeight) * taps.stepY;
    const some = min(min(left, width - j), most), end = <usize> some * stride;
    let at = to;
    for (let r = 0; r < taps.tapsY; r++) {
      const y = top + offsetY(taps, r), inside = <u32> y < <u32> taps.sourceHeight;
      const line = source + <usize> group * run +
        <usize> ((n * taps.sourceHeight + y) * taps.sourceWidth) * pixel;
      for (let s = 0; s < taps.tapsX; s += joined, at += bytes) {
        let x = j * taps.stepX + offsetX(taps, s), from = line + <usize> x * pixel;
        for (let cell = at; cell < at + end; cell += stride, x += taps.stepX, from += step) {
          if (!inside) zeroRun(cell, bytes);
          else if (x >= 0 && x <= last) copyRun(cell, from, bytes);
          else copyPart(cell, from, x, joined, taps.sourceWidth, run);
        }
      }
    }
    to += end, left -= some, j += some;
    if (j == width) j = 0, row++;
  }
}

/** Copies those of `count` pixels from column x on that lie in the picture. */
function copyPart(to: usize, from: usize, x: i32, count: i32, width: i32, pixel: usize): void {
  const left = min(max(-x, 0), count), right = min(max(x + count - width, 0), count - left);
  const before = <usize> left * pixel, middle = <usize> (count - left - right) * pixel;
  zeroRun(to, before);
  copyRun(to + before, from + before, middle);
  zeroRun(to + before + middle, <usize> right * pixel);
}

/** Whether the taps of a row follow each other pixel by pixel. */
function adjacent(taps: Taps): bool {
  for (let s = 1; s < taps.tapsX; s++) {
    if (offsetX(taps, s) != offsetX(taps, 0) + s) return false;
  }
  return true;
}
