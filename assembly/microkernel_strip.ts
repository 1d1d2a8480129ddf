// The register tiles of microkernel.ts for plain matrices, whose rows lie a fixed stride apart: GEMM,
// and the products of Winograd's minimal filtering. Those are short sums (k is the channels alone), so
// what a tile costs besides its multiplications counts: no tables of addresses, no bound, no gate, and
// one call for all tiles of a panel.

import { tileColumns } from "./microkernel";
import { strip16 } from "./microkernel_strip_wide";
import { madd } from "./simd";

/**
 * All rows of A times one panel of B: C[i][j] = init[i][j] + Σₖ A[i][k]·B[k][j].
 *
 * @param rows     rows of A and C, a multiple of six
 * @param a,lda    A and its row stride in bytes
 * @param b        panel [k][columns]
 * @param c,ldc    C and its row stride in bytes
 * @param init,ldi initial values and their row stride in bytes: 0 where all rows share one (a bias, or
 *                 ZEROS); C itself to add to it
 */
export function strip(
  rows: i32,
  k: i32,
  a: usize,
  lda: usize,
  b: usize,
  c: usize,
  ldc: usize,
  init: usize,
  ldi: usize,
): void {
  if (tileColumns() == 16) strip16(rows, k, a, lda, b, c, ldc, init, ldi);
  else strip8(rows, k, a, lda, b, c, ldc, init, ldi);
}

function strip8(
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
    let c30 = v128.load(init), c31 = v128.load(init, 16);
    init += ldi;
    let c40 = v128.load(init), c41 = v128.load(init, 16);
    init += ldi;
    let c50 = v128.load(init), c51 = v128.load(init, 16);
    init += ldi;
    let a0 = a, a1 = a0 + lda, a2 = a1 + lda, a3 = a2 + lda, a4 = a3 + lda, a5 = a4 + lda;
    let b = panel, end = a0 + whole;
    let s: v128, b0: v128, b1: v128;
    while (a0 < end) {
      b0 = v128.load(b), b1 = v128.load(b, 16);
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      b0 = v128.load(b, 32), b1 = v128.load(b, 48);
      s = v128.load32_splat(a0, 4), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 4), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a3, 4), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4, 4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a5, 4), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      b0 = v128.load(b, 64), b1 = v128.load(b, 80);
      s = v128.load32_splat(a0, 8), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 8), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a3, 8), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4, 8), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a5, 8), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      b0 = v128.load(b, 96), b1 = v128.load(b, 112);
      s = v128.load32_splat(a0, 12), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 12), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 12), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a3, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4, 12), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a5, 12), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      a0 += 16, a1 += 16, a2 += 16, a3 += 16, a4 += 16, a5 += 16, b += 128;
    }
    end = a + across;
    while (a0 < end) {
      b0 = v128.load(b), b1 = v128.load(b, 16);
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4, b += 32;
    }
    a = a5 + lda - across;
    v128.store(c, c00), v128.store(c, c01, 16), c += ldc;
    v128.store(c, c10), v128.store(c, c11, 16), c += ldc;
    v128.store(c, c20), v128.store(c, c21, 16), c += ldc;
    v128.store(c, c30), v128.store(c, c31, 16), c += ldc;
    v128.store(c, c40), v128.store(c, c41, 16), c += ldc;
    v128.store(c, c50), v128.store(c, c51, 16), c += ldc;
  }
}
