// The 6x16 register tile of microkernel_transposed.ts, for turbo.

import { ZEROS } from "./memory";
import { madd } from "./simd";

/** As `stripTransposed`, sixteen columns. */
export function stripTransposed16(
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
  for (; a < last; a += 24) {
    let from = keep ? c : ZEROS;
    let c00 = v128.load(from),
      c01 = v128.load(from, 16),
      c02 = v128.load(from, 32),
      c03 = v128.load(from, 48);
    from += down;
    let c10 = v128.load(from),
      c11 = v128.load(from, 16),
      c12 = v128.load(from, 32),
      c13 = v128.load(from, 48);
    from += down;
    let c20 = v128.load(from),
      c21 = v128.load(from, 16),
      c22 = v128.load(from, 32),
      c23 = v128.load(from, 48);
    from += down;
    let c30 = v128.load(from),
      c31 = v128.load(from, 16),
      c32 = v128.load(from, 32),
      c33 = v128.load(from, 48);
    from += down;
    let c40 = v128.load(from),
      c41 = v128.load(from, 16),
      c42 = v128.load(from, 32),
      c43 = v128.load(from, 48);
    from += down;
    let c50 = v128.load(from),
      c51 = v128.load(from, 16),
      c52 = v128.load(from, 32),
      c53 = v128.load(from, 48);
    let a0 = a, a2 = a + 8, a4 = a + 16;
    let b = panel, end = a + whole;
    let s: v128, b0: v128, b1: v128, b2: v128, b3: v128;
    while (a0 < end) {
      b0 = v128.load(b),
        b1 = v128.load(b, 16),
        b2 = v128.load(b, 32),
        b3 = v128.load(b, 48),
        b += ldb;
      s = v128.load32_splat(a0),
        c00 = madd(s, b0, c00),
        c01 = madd(s, b1, c01),
        c02 = madd(s, b2, c02),
        c03 = madd(s, b3, c03);
      s = v128.load32_splat(a0, 4),
        a0 += lda,
        c10 = madd(s, b0, c10),
        c11 = madd(s, b1, c11),
        c12 = madd(s, b2, c12),
        c13 = madd(s, b3, c13);
      s = v128.load32_splat(a2),
        c20 = madd(s, b0, c20),
        c21 = madd(s, b1, c21),
        c22 = madd(s, b2, c22),
        c23 = madd(s, b3, c23);
      s = v128.load32_splat(a2, 4),
        a2 += lda,
        c30 = madd(s, b0, c30),
        c31 = madd(s, b1, c31),
        c32 = madd(s, b2, c32),
        c33 = madd(s, b3, c33);
      s = v128.load32_splat(a4),
        c40 = madd(s, b0, c40),
        c41 = madd(s, b1, c41),
        c42 = madd(s, b2, c42),
        c43 = madd(s, b3, c43);
      s = v128.load32_splat(a4, 4),
        a4 += lda,
        c50 = madd(s, b0, c50),
        c51 = madd(s, b1, c51),
        c52 = madd(s, b2, c52),
        c53 = madd(s, b3, c53);
      b0 = v128.load(b),
        b1 = v128.load(b, 16),
        b2 = v128.load(b, 32),
        b3 = v128.load(b, 48),
        b += ldb;
      s = v128.load32_splat(a0),
        c00 = madd(s, b0, c00),
        c01 = madd(s, b1, c01),
        c02 = madd(s, b2, c02),
        c03 = madd(s, b3, c03);
      s = v128.load32_splat(a0, 4),
        a0 += lda,
        c10 = madd(s, b0, c10),
        c11 = madd(s, b1, c11),
        c12 = madd(s, b2, c12),
        c13 = madd(s, b3, c13);
      s = v128.load32_splat(a2),
        c20 = madd(s, b0, c20),
        c21 = madd(s, b1, c21),
        c22 = madd(s, b2, c22),
        c23 = madd(s, b3, c23);
      s = v128.load32_splat(a2, 4),
        a2 += lda,
        c30 = madd(s, b0, c30),
        c31 = madd(s, b1, c31),
        c32 = madd(s, b2, c32),
        c33 = madd(s, b3, c33);
      s = v128.load32_splat(a4),
        c40 = madd(s, b0, c40),
        c41 = madd(s, b1, c41),
        c42 = madd(s, b2, c42),
        c43 = madd(s, b3, c43);
      s = v128.load32_splat(a4, 4),
        a4 += lda,
        c50 = madd(s, b0, c50),
        c51 = madd(s, b1, c51),
        c52 = madd(s, b2, c52),
        c53 = madd(s, b3, c53);
      b0 = v128.load(b),
        b1 = v128.load(b, 16),
        b2 = v128.load(b, 32),
        b3 = v128.load(b, 48),
        b += ldb;
      s = v128.load32_splat(a0),
        c00 = madd(s, b0, c00),
        c01 = madd(s, b1, c01),
        c02 = madd(s, b2, c02),
        c03 = madd(s, b3, c03);
      s = v128.load32_splat(a0, 4),
        a0 += lda,
        c10 = madd(s, b0, c10),
        c11 = madd(s, b1, c11),
        c12 = madd(s, b2, c12),
        c13 = madd(s, b3, c13);
      s = v128.load32_splat(a2),
        c20 = madd(s, b0, c20),
        c21 = madd(s, b1, c21),
        c22 = madd(s, b2, c22),
        c23 = madd(s, b3, c23);
      s = v128.load32_splat(a2, 4),
        a2 += lda,
        c30 = madd(s, b0, c30),
        c31 = madd(s, b1, c31),
        c32 = madd(s, b2, c32),
        c33 = madd(s, b3, c33);
      s = v128.load32_splat(a4),
        c40 = madd(s, b0, c40),
        c41 = madd(s, b1, c41),
        c42 = madd(s, b2, c42),
        c43 = madd(s, b3, c43);
      s = v128.load32_splat(a4, 4),
        a4 += lda,
        c50 = madd(s, b0, c50),
        c51 = madd(s, b1, c51),
        c52 = madd(s, b2, c52),
        c53 = madd(s, b3, c53);
      b0 = v128.load(b),
        b1 = v128.load(b, 16),
        b2 = v128.load(b, 32),
        b3 = v128.load(b, 48),
        b += ldb;
      s = v128.load32_splat(a0),
        c00 = madd(s, b0, c00),
        c01 = madd(s, b1, c01),
        c02 = madd(s, b2, c02),
        c03 = madd(s, b3, c03);
      s = v128.load32_splat(a0, 4),
        a0 += lda,
        c10 = madd(s, b0, c10),
        c11 = madd(s, b1, c11),
        c12 = madd(s, b2, c12),
        c13 = madd(s, b3, c13);
      s = v128.load32_splat(a2),
        c20 = madd(s, b0, c20),
        c21 = madd(s, b1, c21),
        c22 = madd(s, b2, c22),
        c23 = madd(s, b3, c23);
      s = v128.load32_splat(a2, 4),
        a2 += lda,
        c30 = madd(s, b0, c30),
        c31 = madd(s, b1, c31),
        c32 = madd(s, b2, c32),
        c33 = madd(s, b3, c33);
      s = v128.load32_splat(a4),
        c40 = madd(s, b0, c40),
        c41 = madd(s, b1, c41),
        c42 = madd(s, b2, c42),
        c43 = madd(s, b3, c43);
      s = v128.load32_splat(a4, 4),
        a4 += lda,
        c50 = madd(s, b0, c50),
        c51 = madd(s, b1, c51),
        c52 = madd(s, b2, c52),
        c53 = madd(s, b3, c53);
    }
    end = a + all;
    while (a0 < end) {
      b0 = v128.load(b),
        b1 = v128.load(b, 16),
        b2 = v128.load(b, 32),
        b3 = v128.load(b, 48),
        b += ldb;
      s = v128.load32_splat(a0),
        c00 = madd(s, b0, c00),
        c01 = madd(s, b1, c01),
        c02 = madd(s, b2, c02),
        c03 = madd(s, b3, c03);
      s = v128.load32_splat(a0, 4),
        a0 += lda,
        c10 = madd(s, b0, c10),
        c11 = madd(s, b1, c11),
        c12 = madd(s, b2, c12),
        c13 = madd(s, b3, c13);
      s = v128.load32_splat(a2),
        c20 = madd(s, b0, c20),
        c21 = madd(s, b1, c21),
        c22 = madd(s, b2, c22),
        c23 = madd(s, b3, c23);
      s = v128.load32_splat(a2, 4),
        a2 += lda,
        c30 = madd(s, b0, c30),
        c31 = madd(s, b1, c31),
        c32 = madd(s, b2, c32),
        c33 = madd(s, b3, c33);
      s = v128.load32_splat(a4),
        c40 = madd(s, b0, c40),
        c41 = madd(s, b1, c41),
        c42 = madd(s, b2, c42),
        c43 = madd(s, b3, c43);
      s = v128.load32_splat(a4, 4),
        a4 += lda,
        c50 = madd(s, b0, c50),
        c51 = madd(s, b1, c51),
        c52 = madd(s, b2, c52),
        c53 = madd(s, b3, c53);
    }
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
