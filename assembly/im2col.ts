// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// One tile of the column matrix: for each output pixel a row with the source values its taps touch.
// Only a tile exists at a time, in the thread's scratch; rows are [tapsY][tapsX][channels/groups].

import { offsetX, offsetY, Taps } from "./geometry";

/** Copies whole vectors until `bytes` are done: what is too much lies where the next run will be. */
function copyRun(to: usize, from: usize, bytes: usize): void {
  for (let c: usize = 0; c < bytes; c += 16) v128.store(to + c, v128.load(from + c));
}

function zeroRun(to: usize, bytes: usize): void {
  for (let c: usize = 0; c < bytes; c += 16) v128.store(to + c, i32x4.splat(0));
}

/**
 * Writes rows for the grid cells first … first+count-1 at `to`, `taps.columnStride` floats apart, and
 * perhaps up to three floats after the last.
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
  const channels = taps.sourceChannels / taps.groups;
  const run = <usize> channels * 4, pixel = <usize> taps.sourceChannels * 4;
  const rowBytes = <usize> taps.sourceWidth * pixel;
  const cells = taps.gridHeight * taps.gridWidth;
  const height = taps.sourceHeight, width = taps.sourceWidth;
  const tapsY = taps.tapsY, tapsX = taps.tapsX;
  // Where neighbouring taps are neighbouring pixels and there is one group, a kernel row is one run.
  const joined = tapsX > 0 && taps.groups == 1 && adjacent(taps);
  const base = source + <usize> group * run;
  let n = first / cells;
  const cell = first - n * cells;
  let i = cell / taps.gridWidth, j = cell - i * taps.gridWidth;
  for (let p = 0; p < count; p++) {
    const picture = base + <usize> n * <usize> height * rowBytes;
    let at = to + <usize> p * <usize> taps.columnStride * 4;
    for (let r = 0; r < tapsY; r++) {
      const y = i * taps.stepY + offsetY(taps, r);
      if (y < 0 || y >= height) {
        zeroRun(at, <usize> tapsX * run);
        at += <usize> tapsX * run;
        continue;
      }
      const line = picture + <usize> y * rowBytes;
      const x0 = j * taps.stepX;
      if (joined) {
        const x = x0 + offsetX(taps, 0);
        if (x >= 0 && x + tapsX <= width) {
          copyRun(at, line + <usize> x * pixel, <usize> tapsX * run);
          at += <usize> tapsX * run;
          continue;
        }
        const left = min(max(-x, 0), tapsX), right = min(max(x + tapsX - width, 0), tapsX - left);
        const middle = tapsX - left - right;
        zeroRun(at, <usize> left * run);
        at += <usize> left * run;
        copyRun(at, line + <usize> (x + left) * pixel, <usize> middle * run);
        at += <usize> middle * run;
        zeroRun(at, <usize> right * run);
        at += <usize> right * run;
        continue;
      }
      for (let s = 0; s < tapsX; s++) {
        const x = x0 + offsetX(taps, s);
        if (x < 0 || x >= width) zeroRun(at, run);
        else copyRun(at, line + <usize> x * pixel, run);
        at += run;
      }
    }
    if (++j == taps.gridWidth) {
      j = 0;
      if (++i == taps.gridHeight) i = 0, n++;
    }
  }
}

/** Whether the taps of a row follow each other pixel by pixel. */
function adjacent(taps: Taps): bool {
  for (let s = 1; s < taps.tapsX; s++) {
    if (offsetX(taps, s) != offsetX(taps, 0) + s) return false;
  }
  return true;
}
