// The 6x4 register tile, for products of few columns; see microkernel.ts.

import { kept, row } from "./microkernel_rows";
import { madd } from "./simd";

/** Few columns: two sums a row, of the even and the odd k, make up for the accumulators a narrow tile lacks. */
export function tile4(
  rows: i32,
  taps: i32,
  k: i32,
  from: usize,
  step: usize,
  skip: usize,
  panel: usize,
  to: usize,
  column: usize,
  init: usize,
  low: f32,
  gate: i32,
): void {
  for (const end = to + <usize> rows * 4; to < end; to += 4 * 6, from += 4 * 6) {
    let c = init ? init : row(to, 0) + column;
    let c0 = v128.load(c), d0 = f32x4.splat(0);
    c = init ? init : row(to, 1) + column;
    let c1 = v128.load(c), d1 = f32x4.splat(0);
    c = init ? init : row(to, 2) + column;
    let c2 = v128.load(c), d2 = f32x4.splat(0);
    c = init ? init : row(to, 3) + column;
    let c3 = v128.load(c), d3 = f32x4.splat(0);
    c = init ? init : row(to, 4) + column;
    let c4 = v128.load(c), d4 = f32x4.splat(0);
    c = init ? init : row(to, 5) + column;
    let c5 = v128.load(c), d5 = f32x4.splat(0);
    let table = from, b = panel;
    for (let tap = 0; tap < taps; tap++) {
      let a0 = row(table, 0) + skip, a1 = row(table, 1) + skip, a2 = row(table, 2) + skip;
      let a3 = row(table, 3) + skip, a4 = row(table, 4) + skip, a5 = row(table, 5) + skip;
      const whole = a0 + <usize> (k & ~1) * 4;
      while (a0 < whole) {
        const b0 = v128.load(b), b1 = v128.load(b, 16);
        c0 = madd(v128.load32_splat(a0), b0, c0), d0 = madd(v128.load32_splat(a0, 4), b1, d0);
        c1 = madd(v128.load32_splat(a1), b0, c1), d1 = madd(v128.load32_splat(a1, 4), b1, d1);
        c2 = madd(v128.load32_splat(a2), b0, c2), d2 = madd(v128.load32_splat(a2, 4), b1, d2);
        c3 = madd(v128.load32_splat(a3), b0, c3), d3 = madd(v128.load32_splat(a3, 4), b1, d3);
        c4 = madd(v128.load32_splat(a4), b0, c4), d4 = madd(v128.load32_splat(a4, 4), b1, d4);
        c5 = madd(v128.load32_splat(a5), b0, c5), d5 = madd(v128.load32_splat(a5, 4), b1, d5);
        a0 += 8, a1 += 8, a2 += 8, a3 += 8, a4 += 8, a5 += 8, b += 32;
      }
      if (k & 1) {
        const b0 = v128.load(b);
        c0 = madd(v128.load32_splat(a0), b0, c0);
        c1 = madd(v128.load32_splat(a1), b0, c1);
        c2 = madd(v128.load32_splat(a2), b0, c2);
        c3 = madd(v128.load32_splat(a3), b0, c3);
        c4 = madd(v128.load32_splat(a4), b0, c4);
        c5 = madd(v128.load32_splat(a5), b0, c5);
        b += 16;
      }
      table += step;
    }
    c0 = f32x4.add(c0, d0);
    c1 = f32x4.add(c1, d1);
    c2 = f32x4.add(c2, d2);
    c3 = f32x4.add(c3, d3);
    c4 = f32x4.add(c4, d4);
    c5 = f32x4.add(c5, d5);
    if (gate) {
      c0 = kept(c0, row(to, 0) + column);
      c1 = kept(c1, row(to, 1) + column);
      c2 = kept(c2, row(to, 2) + column);
      c3 = kept(c3, row(to, 3) + column);
      c4 = kept(c4, row(to, 4) + column);
      c5 = kept(c5, row(to, 5) + column);
    }
    const floor = f32x4.splat(low);
    v128.store(row(to, 0) + column, f32x4.pmax(c0, floor));
    v128.store(row(to, 1) + column, f32x4.pmax(c1, floor));
    v128.store(row(to, 2) + column, f32x4.pmax(c2, floor));
    v128.store(row(to, 3) + column, f32x4.pmax(c3, floor));
    v128.store(row(to, 4) + column, f32x4.pmax(c4, floor));
    v128.store(row(to, 5) + column, f32x4.pmax(c5, floor));
  }
}
