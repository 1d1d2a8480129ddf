// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Weighted sums over windows: average pooling, upsampling and resizing, and the gradients of all of
// them, which are the same sums over windows turned round.
//
//   y[i][j] = Σ over rows r of i's span: row weight · Σ over columns s of j's span: column weight · x[r][s]

import { finish } from "./finish";
import { madd } from "./simd";
import { lineBytes, Pass, pixelBytes, Span } from "./windows";

/** One output pixel; where `flag` is set only those sums are kept where it held something above 0. */
export function sumPixel(p: Pass, rows: Span, columns: Span, from: usize, to: usize): void {
  const pixel = pixelBytes(p), line = lineBytes(p), table = changetype<usize>(p.windows);
  const down = table + <usize> rows.weights, bottom = down + <usize> rows.count * 4;
  const across = table + <usize> columns.weights, right = across + <usize> columns.count * 4;
  from += p.source, to += p.output;
  for (let left = p.windows.channels; left > 0; left -= 4, from += 16, to += 16) {
    let total = f32x4.splat(0), start = from;
    for (let r = down; r < bottom; r += 4, start += line) {
      let sum = f32x4.splat(0), at = start;
      for (let s = across; s < right; s += 4, at += pixel) {
        sum = madd(v128.load(at), v128.load32_splat(s), sum);
      }
      total = madd(sum, v128.load32_splat(r), total);
    }
    finish(to, total, left, -Infinity, p.flag);
  }
}
