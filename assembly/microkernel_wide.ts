// The 6x16 register tile, for turbo; see microkernel.ts.

import { kept, row } from "./microkernel_rows";
import { madd } from "./simd";

/** As `tile`, sixteen columns. */
export function tile16(
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
    let c00 = v128.load(c), c01 = v128.load(c, 16), c02 = v128.load(c, 32), c03 = v128.load(c, 48);
    c = init ? init : row(to, 1) + column;
    let c10 = v128.load(c), c11 = v128.load(c, 16), c12 = v128.load(c, 32), c13 = v128.load(c, 48);
    c = init ? init : row(to, 2) + column;
    let c20 = v128.load(c), c21 = v128.load(c, 16), c22 = v128.load(c, 32), c23 = v128.load(c, 48);
    c = init ? init : row(to, 3) + column;
    let c30 = v128.load(c), c31 = v128.load(c, 16), c32 = v128.load(c, 32), c33 = v128.load(c, 48);
    c = init ? init : row(to, 4) + column;
    let c40 = v128.load(c), c41 = v128.load(c, 16), c42 = v128.load(c, 32), c43 = v128.load(c, 48);
    c = init ? init : row(to, 5) + column;
    let c50 = v128.load(c), c51 = v128.load(c, 16), c52 = v128.load(c, 32), c53 = v128.load(c, 48);
    let s: v128, b0: v128, b1: v128, b2: v128, b3: v128;
    let table = from, b = panel;
    for (let tap = 0; tap < taps; tap++) {
      let a0 = row(table, 0) + skip, a1 = row(table, 1) + skip, a2 = row(table, 2) + skip;
      let a3 = row(table, 3) + skip, a4 = row(table, 4) + skip, a5 = row(table, 5) + skip;
      const whole = a0 + <usize> (k & ~1) * 4, all = a0 + <usize> k * 4;
      while (a0 < whole) {
        b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
        s = v128.load32_splat(a0),
          c00 = madd(s, b0, c00),
          c01 = madd(s, b1, c01),
          c02 = madd(s, b2, c02),
          c03 = madd(s, b3, c03);
        s = v128.load32_splat(a1),
          c10 = madd(s, b0, c10),
          c11 = madd(s, b1, c11),
          c12 = madd(s, b2, c12),
          c13 = madd(s, b3, c13);
        s = v128.load32_splat(a2),
          c20 = madd(s, b0, c20),
          c21 = madd(s, b1, c21),
          c22 = madd(s, b2, c22),
          c23 = madd(s, b3, c23);
        s = v128.load32_splat(a3),
          c30 = madd(s, b0, c30),
          c31 = madd(s, b1, c31),
          c32 = madd(s, b2, c32),
          c33 = madd(s, b3, c33);
        s = v128.load32_splat(a4),
          c40 = madd(s, b0, c40),
          c41 = madd(s, b1, c41),
          c42 = madd(s, b2, c42),
          c43 = madd(s, b3, c43);
        s = v128.load32_splat(a5),
          c50 = madd(s, b0, c50),
          c51 = madd(s, b1, c51),
          c52 = madd(s, b2, c52),
          c53 = madd(s, b3, c53);
        b0 = v128.load(b, 64), b1 = v128.load(b, 80), b2 = v128.load(b, 96), b3 = v128.load(b, 112);
        s = v128.load32_splat(a0, 4),
          c00 = madd(s, b0, c00),
          c01 = madd(s, b1, c01),
          c02 = madd(s, b2, c02),
          c03 = madd(s, b3, c03);
        s = v128.load32_splat(a1, 4),
          c10 = madd(s, b0, c10),
          c11 = madd(s, b1, c11),
          c12 = madd(s, b2, c12),
          c13 = madd(s, b3, c13);
        s = v128.load32_splat(a2, 4),
          c20 = madd(s, b0, c20),
          c21 = madd(s, b1, c21),
          c22 = madd(s, b2, c22),
          c23 = madd(s, b3, c23);
        s = v128.load32_splat(a3, 4),
          c30 = madd(s, b0, c30),
          c31 = madd(s, b1, c31),
          c32 = madd(s, b2, c32),
          c33 = madd(s, b3, c33);
        s = v128.load32_splat(a4, 4),
          c40 = madd(s, b0, c40),
          c41 = madd(s, b1, c41),
          c42 = madd(s, b2, c42),
          c43 = madd(s, b3, c43);
        s = v128.load32_splat(a5, 4),
          c50 = madd(s, b0, c50),
          c51 = madd(s, b1, c51),
          c52 = madd(s, b2, c52),
          c53 = madd(s, b3, c53);
        a0 += 8, a1 += 8, a2 += 8, a3 += 8, a4 += 8, a5 += 8, b += 128;
      }
      while (a0 < all) {
        b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
        s = v128.load32_splat(a0),
          c00 = madd(s, b0, c00),
          c01 = madd(s, b1, c01),
          c02 = madd(s, b2, c02),
          c03 = madd(s, b3, c03);
        s = v128.load32_splat(a1),
          c10 = madd(s, b0, c10),
          c11 = madd(s, b1, c11),
          c12 = madd(s, b2, c12),
          c13 = madd(s, b3, c13);
        s = v128.load32_splat(a2),
          c20 = madd(s, b0, c20),
          c21 = madd(s, b1, c21),
          c22 = madd(s, b2, c22),
          c23 = madd(s, b3, c23);
        s = v128.load32_splat(a3),
          c30 = madd(s, b0, c30),
          c31 = madd(s, b1, c31),
          c32 = madd(s, b2, c32),
          c33 = madd(s, b3, c33);
        s = v128.load32_splat(a4),
          c40 = madd(s, b0, c40),
          c41 = madd(s, b1, c41),
          c42 = madd(s, b2, c42),
          c43 = madd(s, b3, c43);
        s = v128.load32_splat(a5),
          c50 = madd(s, b0, c50),
          c51 = madd(s, b1, c51),
          c52 = madd(s, b2, c52),
          c53 = madd(s, b3, c53);
        a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4, b += 64;
      }
      table += step;
    }
    if (gate) {
      c = row(to, 0) + column;
      c00 = kept(c00, c), c01 = kept(c01, c + 16), c02 = kept(c02, c + 32), c03 = kept(c03, c + 48);
      c = row(to, 1) + column;
      c10 = kept(c10, c), c11 = kept(c11, c + 16), c12 = kept(c12, c + 32), c13 = kept(c13, c + 48);
      c = row(to, 2) + column;
      c20 = kept(c20, c), c21 = kept(c21, c + 16), c22 = kept(c22, c + 32), c23 = kept(c23, c + 48);
      c = row(to, 3) + column;
      c30 = kept(c30, c), c31 = kept(c31, c + 16), c32 = kept(c32, c + 32), c33 = kept(c33, c + 48);
      c = row(to, 4) + column;
      c40 = kept(c40, c), c41 = kept(c41, c + 16), c42 = kept(c42, c + 32), c43 = kept(c43, c + 48);
      c = row(to, 5) + column;
      c50 = kept(c50, c), c51 = kept(c51, c + 16), c52 = kept(c52, c + 32), c53 = kept(c53, c + 48);
    }
    const floor = f32x4.splat(low);
    c = row(to, 0) + column;
    v128.store(c, f32x4.pmax(c00, floor)),
      v128.store(c, f32x4.pmax(c01, floor), 16),
      v128.store(c, f32x4.pmax(c02, floor), 32),
      v128.store(c, f32x4.pmax(c03, floor), 48);
    c = row(to, 1) + column;
    v128.store(c, f32x4.pmax(c10, floor)),
      v128.store(c, f32x4.pmax(c11, floor), 16),
      v128.store(c, f32x4.pmax(c12, floor), 32),
      v128.store(c, f32x4.pmax(c13, floor), 48);
    c = row(to, 2) + column;
    v128.store(c, f32x4.pmax(c20, floor)),
      v128.store(c, f32x4.pmax(c21, floor), 16),
      v128.store(c, f32x4.pmax(c22, floor), 32),
      v128.store(c, f32x4.pmax(c23, floor), 48);
    c = row(to, 3) + column;
    v128.store(c, f32x4.pmax(c30, floor)),
      v128.store(c, f32x4.pmax(c31, floor), 16),
      v128.store(c, f32x4.pmax(c32, floor), 32),
      v128.store(c, f32x4.pmax(c33, floor), 48);
    c = row(to, 4) + column;
    v128.store(c, f32x4.pmax(c40, floor)),
      v128.store(c, f32x4.pmax(c41, floor), 16),
      v128.store(c, f32x4.pmax(c42, floor), 32),
      v128.store(c, f32x4.pmax(c43, floor), 48);
    c = row(to, 5) + column;
    v128.store(c, f32x4.pmax(c50, floor)),
      v128.store(c, f32x4.pmax(c51, floor), 16),
      v128.store(c, f32x4.pmax(c52, floor), 32),
      v128.store(c, f32x4.pmax(c53, floor), 48);
  }
}
