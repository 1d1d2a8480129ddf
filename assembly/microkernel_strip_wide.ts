// The 6x16 register tile of microkernel_strip.ts, for turbo.

import { madd } from "./simd";

/** As `strip`, sixteen columns. */
export function strip16(
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
  const last = c + <usize> rows * ldc, across = <usize> k * 4, whole = <usize> (k & ~1) * 4;
  while (c < last) {
    let c00 = v128.load(init),
      c01 = v128.load(init, 16),
      c02 = v128.load(init, 32),
      c03 = v128.load(init, 48);
    init += ldi;
    let c10 = v128.load(init),
      c11 = v128.load(init, 16),
      c12 = v128.load(init, 32),
      c13 = v128.load(init, 48);
    init += ldi;
    let c20 = v128.load(init),
      c21 = v128.load(init, 16),
      c22 = v128.load(init, 32),
      c23 = v128.load(init, 48);
    init += ldi;
    let c30 = v128.load(init),
      c31 = v128.load(init, 16),
      c32 = v128.load(init, 32),
      c33 = v128.load(init, 48);
    init += ldi;
    let c40 = v128.load(init),
      c41 = v128.load(init, 16),
      c42 = v128.load(init, 32),
      c43 = v128.load(init, 48);
    init += ldi;
    let c50 = v128.load(init),
      c51 = v128.load(init, 16),
      c52 = v128.load(init, 32),
      c53 = v128.load(init, 48);
    init += ldi;
    let a0 = a, a1 = a0 + lda, a2 = a1 + lda, a3 = a2 + lda, a4 = a3 + lda, a5 = a4 + lda;
    let b = panel, end = a0 + whole;
    let s: v128, b0: v128, b1: v128, b2: v128, b3: v128;
    while (a0 < end) {
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
    end = a + across;
    while (a0 < end) {
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
    a = a5 + lda - across;
    v128.store(c, c00),
      v128.store(c, c01, 16),
      v128.store(c, c02, 32),
      v128.store(c, c03, 48),
      c += ldc;
    v128.store(c, c10),
      v128.store(c, c11, 16),
      v128.store(c, c12, 32),
      v128.store(c, c13, 48),
      c += ldc;
    v128.store(c, c20),
      v128.store(c, c21, 16),
      v128.store(c, c22, 32),
      v128.store(c, c23, 48),
      c += ldc;
    v128.store(c, c30),
      v128.store(c, c31, 16),
      v128.store(c, c32, 32),
      v128.store(c, c33, 48),
      c += ldc;
    v128.store(c, c40),
      v128.store(c, c41, 16),
      v128.store(c, c42, 32),
      v128.store(c, c43, 48),
      c += ldc;
    v128.store(c, c50),
      v128.store(c, c51, 16),
      v128.store(c, c52, 32),
      v128.store(c, c53, 48),
      c += ldc;
  }
}
