// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Reading ahead. A kernel that walks over many rows at once, a few bytes of each, gives the
// processor's prefetcher nothing to follow and waits for memory at every line. Going once over the
// rows it is about to use, from front to back, brings them into the L2 cache at the full rate.

import { offsetX, offsetY, sourcePixel, Taps } from "./geometry";

/** More bytes than caches hold from one kernel to the next: what is less is near anyway. */
const LARGE: i64 = 8 << 20;

/** Of so many outputs the last panels come back to lines that the first has waited for. */
const MANY: i32 = 32;

/** Whether so many pixels are too large to lie in a cache. */
export function isLarge(pixels: i32, channels: i32): bool {
  return <i64> pixels * (4 * channels) > LARGE;
}

/**
 * Reads a word at every `step` bytes of some memory.
 *
 * @param sink a word of scratch for what they add up to, lest the reads be left out as useless
 */
export function touch(from: usize, bytes: usize, step: usize, sink: usize): void {
  let sum: u32 = 0;
  for (const end = from + bytes; from < end; from += step) sum += load<u32>(from);
  store<u32>(sink, sum);
}

/**
 * Reads ahead the lines of the source under the taps of a tile's cells that those of the row above have not
 * read: for strided cells, which share few of them.
 */
export function touchSource(taps: Taps, source: usize, first: i32, count: i32, sink: usize): void {
  // Taps that leave out most of a line are not worth reading all of it.
  if (taps.groups > 1 || taps.stepX * taps.stepY == 1 || taps.stepX > 2 * taps.tapsX) return;
  const width = taps.gridWidth, pixel = <usize> taps.sourceChannels * 4;
  const pixels = taps.pictures * taps.sourceHeight * taps.sourceWidth;
  // A few outputs are made faster than what is near anyway is read ahead.
  if (taps.outputChannels < MANY && !isLarge(pixels, taps.sourceChannels)) return;
  const left = offsetX(taps, 0), right = offsetX(taps, taps.tapsX - 1);
  const top = offsetY(taps, 0), bottom = offsetY(taps, taps.tapsY - 1);
  for (let p = first, end = first + count; p < end;) {
    const row = p / width, j = p - row * width, some = min(width - j, end - p);
    const n = row / taps.gridHeight, i = row - n * taps.gridHeight, y = i * taps.stepY;
    const from = max(j * taps.stepX + left, 0);
    const to = min((j + some - 1) * taps.stepX + right, taps.sourceWidth - 1);
    const last = min(y + bottom, taps.sourceHeight - 1);
    let at = max(y + top, 0);
    if (i > 0) at = max(at, y - taps.stepY + bottom + 1);
    for (; at <= last && from <= to; at++) {
      touch(sourcePixel(taps, source, n, at, from), <usize> (to - from + 1) * pixel, 64, sink);
    }
    p += some;
  }
}
