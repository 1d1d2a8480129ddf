// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Tables of addresses: where a tile of grid cells reads, under each tap, and where it writes. They are
// filled row by row of the grid, since finding a cell's row and picture takes two divisions: they are done
// once.

import { ZEROS } from "./memory";
import { offsetX, offsetY, outputPixel, sourcePixel, Taps } from "./geometry";

/** Fills `table` with the address in an output picture stack of each of `count` cells from `first` on. */
export function outputTable(
  taps: Taps,
  output: usize,
  first: i32,
  count: i32,
  table: usize,
): void {
  const step = <usize> (taps.strideX * taps.outputChannels) * 4, width = taps.gridWidth;
  const row = first / width;
  let n = row / taps.gridHeight, i = row - n * taps.gridHeight, j = first - row * width;
  for (let left = count; left > 0; j = 0) {
    const some = min(left, width - j);
    let at = output + outputPixel(taps, n, i, j);
    for (const end = table + <usize> some * 4; table < end; table += 4, at += step) {
      store<u32>(table, <u32> at);
    }
    left -= some;
    if (++i == taps.gridHeight) i = 0, n++;
  }
}

/**
 * Fills `table` with the address of each cell's pixel under the first tap of each run, [run][rows]; rows past
 * `count` repeat the last. Pixels outside the picture are zeros.
 *
 * @param runs as many as there are taps, or rows of them
 */
export function sourceTable(
  taps: Taps,
  source: usize,
  first: i32,
  count: i32,
  rows: i32,
  runs: i32,
  table: usize,
): void {
  const pixel = <usize> taps.sourceChannels * 4, step = <usize> taps.stepX * pixel;
  const width = taps.gridWidth, line = <usize> rows * 4, across = runs / max(1, taps.tapsY);
  const row = first / width;
  let n = row / taps.gridHeight, i = row - n * taps.gridHeight, j = first - row * width;
  for (let p = 0; p < count; j = 0) {
    const some = min(count - p, width - j);
    let start = table + <usize> p * 4;
    for (let r = 0; r < taps.tapsY; r++) {
      const y = i * taps.stepY + offsetY(taps, r);
      const inside = <u32> y < <u32> taps.sourceHeight;
      const left = sourcePixel(taps, source, n, inside ? y : 0, 0);
      for (let s = 0; s < across; s++, start += line) {
        let x = j * taps.stepX + offsetX(taps, s), at = left + <usize> x * pixel;
        for (let to = start, end = start + <usize> some * 4; to < end; to += 4) {
          store<u32>(to, <u32> (inside && <u32> x < <u32> taps.sourceWidth ? at : ZEROS));
          x += taps.stepX, at += step;
        }
      }
    }
    p += some;
    if (++i == taps.gridHeight) i = 0, n++;
  }
  for (let run = 0; run < runs; run++, table += line) {
    const last = load<u32>(table + <usize> (count - 1) * 4);
    for (let p = count; p < rows; p++) store<u32>(table + <usize> p * 4, last);
  }
}
