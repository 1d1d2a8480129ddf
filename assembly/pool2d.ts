// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Max pooling: the largest of each window and its switch, which is where in the picture it was found
// (row · width + column). The gradient collects: every pixel looks into the outputs whose windows hold
// it for those it gave its value to. Average pooling is in resample.ts.

import { finish } from "./finish";
import { choose, storeLanes } from "./simd";
import { lineBytes, Pass, pixelBytes, Span } from "./windows";

/**
 * The largest values of one output pixel's window and their switches, the first of equals and the
 * first that is not a number. Output and switches may each be 0; `flag`: switches as f32.
 */
export function maxPixel(p: Pass, rows: Span, columns: Span, from: usize, to: usize): void {
  const pixel = pixelBytes(p), line = lineBytes(p), width = <usize> columns.count * pixel;
  const first = rows.first * p.windows.sourceWidth + columns.first;
  const bottom = <usize> rows.count * line;
  from += p.source;
  for (let left = p.windows.channels; left > 0; left -= 4, from += 16, to += 16) {
    let top = v128.load(from), found = i32x4.splat(first), row = first;
    for (let start = from; start < from + bottom; start += line, row += p.windows.sourceWidth) {
      let here = row;
      for (let at = start; at < start + width; at += pixel, here++) {
        const v = v128.load(at);
        // No order with a number that is none: such a v is better than any top that is one.
        const better = v128.andnot(f32x4.eq(top, top), f32x4.le(v, top));
        top = choose(better, v, top);
        found = choose(better, i32x4.splat(here), found);
      }
    }
    if (p.output) storeLanes(p.output + to, top, left);
    if (!p.switches) continue;
    storeLanes(p.switches + to, p.flag ? f32x4.convert_i32x4_s(found) : found, left);
  }
}

/**
 * The sums, for one pixel of a pooled picture, of the gradients (`source`) whose switches name it as
 * the pixel in this place; `flag` as in sumPixel.
 */
export function collectPixel(
  p: Pass,
  rows: Span,
  columns: Span,
  from: usize,
  to: usize,
  place: i32,
): void {
  const pixel = pixelBytes(p), line = lineBytes(p), width = <usize> columns.count * pixel;
  const bottom = <usize> rows.count * line, named = i32x4.splat(place);
  to += p.output;
  for (let left = p.windows.channels; left > 0; left -= 4, from += 16, to += 16) {
    let sum = f32x4.splat(0);
    for (let start = from; start < from + bottom; start += line) {
      for (let at = start; at < start + width; at += pixel) {
        const mine = i32x4.eq(v128.load(p.switches + at), named);
        sum = f32x4.add(sum, v128.and(v128.load(p.source + at), mine));
      }
    }
    finish(to, sum, left, -Infinity, p.flag);
  }
}
