// The 3x8 register tiles of the strict build. Without fused multiply-adds a step needs a register for
// the product besides the tile's own: 6·2 + 2 + 1 + 1 is one more than V8 has, and 6x8 spills. Three
// rows at a time do not, and six sums with an addition's latency of 3 cycles still keep both adders busy.

import { ZEROS } from "./memory";
import { kept, row } from "./microkernel_rows";
import { madd } from "./simd";

/** As `tile`, eight columns. */
export function tile8Strict(
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
  const floor = f32x4.splat(low);
  for (const end = to + <usize> rows * 4; to < end; to += 12, from += 12) {
    const y0 = row(to, 0) + column, y1 = row(to, 1) + column, y2 = row(to, 2) + column;
    const i0 = init ? init : y0, i1 = init ? init : y1, i2 = init ? init : y2;
    let c00 = v128.load(i0), c01 = v128.load(i0, 16);
    let c10 = v128.load(i1), c11 = v128.load(i1, 16);
    let c20 = v128.load(i2), c21 = v128.load(i2, 16);
    let table = from, b = panel;
    let s: v128, b0: v128, b1: v128;
    for (let tap = 0; tap < taps; tap++, table += step) {
      let a0 = row(table, 0) + skip, a1 = row(table, 1) + skip, a2 = row(table, 2) + skip;
      const whole = a0 + <usize> (k & ~3) * 4, all = a0 + <usize> k * 4;
      while (a0 < whole) {
        b0 = v128.load(b), b1 = v128.load(b, 16);
        s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        b0 = v128.load(b, 32), b1 = v128.load(b, 48);
        s = v128.load32_splat(a0, 4), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = v128.load32_splat(a1, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = v128.load32_splat(a2, 4), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        b0 = v128.load(b, 64), b1 = v128.load(b, 80);
        s = v128.load32_splat(a0, 8), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = v128.load32_splat(a1, 8), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = v128.load32_splat(a2, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        b0 = v128.load(b, 96), b1 = v128.load(b, 112);
        s = v128.load32_splat(a0, 12), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = v128.load32_splat(a1, 12), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = v128.load32_splat(a2, 12), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        a0 += 16, a1 += 16, a2 += 16, b += 128;
      }
      while (a0 < all) {
        b0 = v128.load(b), b1 = v128.load(b, 16);
        s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        a0 += 4, a1 += 4, a2 += 4, b += 32;
      }
    }
    if (gate) {
      c00 = kept(c00, y0), c01 = kept(c01, y0 + 16);
      c10 = kept(c10, y1), c11 = kept(c11, y1 + 16);
      c20 = kept(c20, y2), c21 = kept(c21, y2 + 16);
    }
    v128.store(y0, f32x4.pmax(c00, floor)), v128.store(y0, f32x4.pmax(c01, floor), 16);
    v128.store(y1, f32x4.pmax(c10, floor)), v128.store(y1, f32x4.pmax(c11, floor), 16);
    v128.store(y2, f32x4.pmax(c20, floor)), v128.store(y2, f32x4.pmax(c21, floor), 16);
  }
}

/** As `strip`, eight columns. */
export function strip8Strict(
  rows: i32,
  k: i32,
  a: usize,
  lda: usize,
  panel: usize,
  c: usize,
  ldc: usize,
  init: usize,
  ldi: usize,
): void {
  const last = c + <usize> rows * ldc, across = <usize> k * 4, whole = <usize> (k & ~3) * 4;
  while (c < last) {
    let c00 = v128.load(init), c01 = v128.load(init, 16);
    init += ldi;
    let c10 = v128.load(init), c11 = v128.load(init, 16);
    init += ldi;
    let c20 = v128.load(init), c21 = v128.load(init, 16);
    init += ldi;
    let a0 = a, a1 = a0 + lda, a2 = a1 + lda, b = panel, end = a0 + whole;
    let s: v128, b0: v128, b1: v128;
    while (a0 < end) {
      b0 = v128.load(b), b1 = v128.load(b, 16);
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      b0 = v128.load(b, 32), b1 = v128.load(b, 48);
      s = v128.load32_splat(a0, 4), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 4), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      b0 = v128.load(b, 64), b1 = v128.load(b, 80);
      s = v128.load32_splat(a0, 8), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 8), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      b0 = v128.load(b, 96), b1 = v128.load(b, 112);
      s = v128.load32_splat(a0, 12), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 12), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 12), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      a0 += 16, a1 += 16, a2 += 16, b += 128;
    }
    end = a + across;
    while (a0 < end) {
      b0 = v128.load(b), b1 = v128.load(b, 16);
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      a0 += 4, a1 += 4, a2 += 4, b += 32;
    }
    a = a2 + lda - across;
    v128.store(c, c00), v128.store(c, c01, 16), c += ldc;
    v128.store(c, c10), v128.store(c, c11, 16), c += ldc;
    v128.store(c, c20), v128.store(c, c21, 16), c += ldc;
  }
}

/** As `stripTransposed`, eight columns. */
export function stripTransposed8Strict(
  rows: i32,
  k: i32,
  a: usize,
  lda: usize,
  panel: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
  keep: bool,
): void {
  const down: usize = keep ? ldc : 0, last = a + <usize> rows * 4;
  const whole = <usize> (k & ~3) * lda, all = <usize> k * lda;
  for (; a < last; a += 12) {
    let from = keep ? c : ZEROS;
    let c00 = v128.load(from), c01 = v128.load(from, 16);
    from += down;
    let c10 = v128.load(from), c11 = v128.load(from, 16);
    from += down;
    let c20 = v128.load(from), c21 = v128.load(from, 16);
    let a0 = a, b = panel, end = a + whole;
    let s: v128, b0: v128, b1: v128;
    while (a0 < end) {
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a0, 8), a0 += lda, c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a0, 8), a0 += lda, c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a0, 8), a0 += lda, c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a0, 8), a0 += lda, c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
    }
    end = a + all;
    while (a0 < end) {
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a0, 8), a0 += lda, c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
    }
    v128.store(c, c00), v128.store(c, c01, 16), c += ldc;
    v128.store(c, c10), v128.store(c, c11, 16), c += ldc;
    v128.store(c, c20), v128.store(c, c21, 16), c += ldc;
  }
}
