// The register tiles of microkernel.ts for products of two matrices that are both read down their
// rows: kernel gradients, where the sum runs over pixels. Three pointers walk down A and each reads two
// neighbours: a pointer costs an addition a step, and each distinct offset a bounds check of its own.

import { ZEROS } from "./memory";
import { tileColumns } from "./microkernel";
import { stripTransposed16 } from "./microkernel_transposed_wide";
import { madd } from "./simd";

/**
 * All columns of A times a panel of B, both read down their rows: C[i][j] = (keep ? C : 0) + Σₖ A[k][i]·B[k][j].
 *
 * @param rows      rows of C, and columns of A: a multiple of six
 * @param a,lda     A's first value, and the bytes from one k to the next
 * @param panel,ldb the first of `columns` adjacent values of B, and the bytes from one k to the next
 * @param c,ldc     C and its row stride in bytes
 */
export function stripTransposed(
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
  if (tileColumns() == 16) stripTransposed16(rows, k, a, lda, panel, ldb, c, ldc, keep);
  else stripTransposed8(rows, k, a, lda, panel, ldb, c, ldc, keep);
}

function stripTransposed8(
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
    let c00 = v128.load(from), c01 = v128.load(from, 16);
    from += down;
    let c10 = v128.load(from), c11 = v128.load(from, 16);
    from += down;
    let c20 = v128.load(from), c21 = v128.load(from, 16);
    from += down;
    let c30 = v128.load(from), c31 = v128.load(from, 16);
    from += down;
    let c40 = v128.load(from), c41 = v128.load(from, 16);
    from += down;
    let c50 = v128.load(from), c51 = v128.load(from, 16);
    let a0 = a, a2 = a + 8, a4 = a + 16;
    let b = panel, end = a + whole;
    let s: v128, b0: v128, b1: v128;
    while (a0 < end) {
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), a0 += lda, c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a2, 4), a2 += lda, c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a4, 4), a4 += lda, c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), a0 += lda, c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a2, 4), a2 += lda, c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a4, 4), a4 += lda, c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), a0 += lda, c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a2, 4), a2 += lda, c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a4, 4), a4 += lda, c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), a0 += lda, c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a2, 4), a2 += lda, c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a4, 4), a4 += lda, c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
    }
    end = a + all;
    while (a0 < end) {
      b0 = v128.load(b), b1 = v128.load(b, 16), b += ldb;
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a0, 4), a0 += lda, c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a2, 4), a2 += lda, c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a4, 4), a4 += lda, c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
    }
    v128.store(c, c00), v128.store(c, c01, 16), c += ldc;
    v128.store(c, c10), v128.store(c, c11, 16), c += ldc;
    v128.store(c, c20), v128.store(c, c21, 16), c += ldc;
    v128.store(c, c30), v128.store(c, c31, 16), c += ldc;
    v128.store(c, c40), v128.store(c, c41, 16), c += ldc;
    v128.store(c, c50), v128.store(c, c51, 16), c += ldc;
  }
}
