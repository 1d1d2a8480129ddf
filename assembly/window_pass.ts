// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The walk over the output pixels of a pass over windows.

import { ARGUMENTS } from "./memory";
import { parallel } from "./parallel";
import { collectPixel, maxPixel } from "./pool2d";
import { sumPixel } from "./resample";
import { columnSpan, lineBytes, Pass, pixelBytes, rowSpan, Windows } from "./windows";

/** What a pass makes of windows, by the numbers in core/wasm/windows.ts. */
const SUM: i32 = 0;
const MAX: i32 = 1;

function pixelCount(w: Windows): i32 {
  return w.pictures * w.outputHeight * w.outputWidth;
}

function passChunk(chunk: i32, _thread: i32): void {
  const p = changetype<Pass>(ARGUMENTS), w = p.windows, pixel = pixelBytes(p);
  const begin = chunk * w.each, end = min(begin + w.each, pixelCount(w));
  let y = begin / w.outputWidth, x = begin - y * w.outputWidth, n = y / w.outputHeight;
  y -= n * w.outputHeight;
  let to = <usize> begin * pixel;
  for (let i = begin; i < end; i++, to += pixel) {
    const rows = rowSpan(w, y), columns = columnSpan(w, x);
    const from = <usize> (n * w.sourceHeight + rows.first) * lineBytes(p) +
      <usize> columns.first * pixel;
    if (p.kind == SUM) sumPixel(p, rows, columns, from, to);
    else if (p.kind == MAX) maxPixel(p, rows, columns, from, to);
    else collectPixel(p, rows, columns, from, to, y * w.outputWidth + x);
    if (++x == w.outputWidth) {
      x = 0;
      if (++y == w.outputHeight) y = 0, n++;
    }
  }
}

/** Makes every output pixel of its window, as sumPixel, maxPixel (kind 1) or collectPixel (kind 2) says. */
export function window_pass(
  kind: i32,
  windows: usize,
  source: usize,
  switches: usize,
  output: usize,
  flag: i32,
): void {
  const p = changetype<Pass>(ARGUMENTS);
  p.windows = changetype<Windows>(windows), p.kind = kind, p.source = source;
  p.switches = switches, p.output = output, p.flag = flag;
  parallel(passChunk.index, (pixelCount(p.windows) + p.windows.each - 1) / p.windows.each);
}
