// The 6x8 microkernels that everything heavy is made of: a tile of 6 rows by 8 columns of a product
// stays in registers while k runs.
//
// The tile follows from the register budget: V8 has 15 of the 16 SSE/AVX registers for v128 values.
// A tile of R rows and V vectors needs R·V accumulators, V vectors of B and 1 splat of A:
// 6·2 + 2 + 1 = 15. Twelve independent accumulators also cover the latency of two fused
// multiply-adds a cycle (4 cycles · 2 = 8). Goto & van de Geijn 2008; Low et al. 2016, "Analytical
// Modeling Is Enough for High-Performance BLIS".

import { ZEROS } from "./memory";
import { madd } from "./simd";

/** Rows and columns of the register tile. */
export const MR: i32 = 6;
export const NR: i32 = 8;

/** The address of row `i` in a table of row addresses. */
export function row(rows: usize, i: usize): usize {
  return <usize> load<u32>(rows + 4 * i);
}

/**
 * Six rows of A times one panel of B: rows[i][column…column+7] = init + Σₖ A[i][k]·B[k][0…7].
 *
 * @param a      first row of A; rows are `lda` bytes apart, their values contiguous
 * @param b      panel [k][8]
 * @param rows   six u32 addresses of rows of C
 * @param column byte offset into each row of C
 * @param init   eight initial values shared by the rows (a bias, or ZEROS); 0 to add to C
 */
export function tile(
  k: i32,
  a: usize,
  lda: usize,
  b: usize,
  rows: usize,
  column: usize,
  init: usize,
): void {
  let c = init ? init : row(rows, 0) + column;
  let c00 = v128.load(c), c01 = v128.load(c, 16);
  c = init ? init : row(rows, 1) + column;
  let c10 = v128.load(c), c11 = v128.load(c, 16);
  c = init ? init : row(rows, 2) + column;
  let c20 = v128.load(c), c21 = v128.load(c, 16);
  c = init ? init : row(rows, 3) + column;
  let c30 = v128.load(c), c31 = v128.load(c, 16);
  c = init ? init : row(rows, 4) + column;
  let c40 = v128.load(c), c41 = v128.load(c, 16);
  c = init ? init : row(rows, 5) + column;
  let c50 = v128.load(c), c51 = v128.load(c, 16);
  let a0 = a, a1 = a0 + lda, a2 = a1 + lda, a3 = a2 + lda, a4 = a3 + lda, a5 = a4 + lda;
  let b0: v128, b1: v128, s: v128;
  const unrolled = a0 + <usize> (k & ~3) * 4;
  while (a0 < unrolled) {
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
    a0 += 16, a1 += 16, a2 += 16, a3 += 16, a4 += 16, a5 += 16;
    b += 128;
  }
  const end = unrolled + <usize> (k & 3) * 4;
  while (a0 < end) {
    b0 = v128.load(b), b1 = v128.load(b, 16);
    s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
    s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
    s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
    s = v128.load32_splat(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
    s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
    s = v128.load32_splat(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
    a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4;
    b += 32;
  }
  c = row(rows, 0) + column, v128.store(c, c00), v128.store(c, c01, 16);
  c = row(rows, 1) + column, v128.store(c, c10), v128.store(c, c11, 16);
  c = row(rows, 2) + column, v128.store(c, c20), v128.store(c, c21, 16);
  c = row(rows, 3) + column, v128.store(c, c30), v128.store(c, c31, 16);
  c = row(rows, 4) + column, v128.store(c, c40), v128.store(c, c41, 16);
  c = row(rows, 5) + column, v128.store(c, c50), v128.store(c, c51, 16);
}

/**
 * Six columns of A times eight of B, both read down their rows: C[0…5][0…7] = C·keep + Σₖ A[k][i]·B[k][j].
 *
 * @param a,lda first of six adjacent values, and the bytes from one k to the next
 * @param b,ldb first of eight adjacent values, and the bytes from one k to the next
 * @param c,ldc the tile of C and its row stride in bytes
 * @param keep  whether C is added to or overwritten
 */
export function tileTransposed(
  k: i32,
  a: usize,
  lda: usize,
  b: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
  keep: bool,
): void {
  const step: usize = keep ? ldc : 0;
  let from = keep ? c : ZEROS;
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += step;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += step;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += step;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  from += step;
  let c40 = v128.load(from), c41 = v128.load(from, 16);
  from += step;
  let c50 = v128.load(from), c51 = v128.load(from, 16);
  let b0: v128, b1: v128, s: v128;
  const end = a + <usize> k * lda;
  while (a < end) {
    b0 = v128.load(b), b1 = v128.load(b, 16);
    s = v128.load32_splat(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
    s = v128.load32_splat(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
    s = v128.load32_splat(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
    s = v128.load32_splat(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
    s = v128.load32_splat(a, 16), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
    s = v128.load32_splat(a, 20), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
    a += lda;
    b += ldb;
  }
  v128.store(c, c00), v128.store(c, c01, 16), c += ldc;
  v128.store(c, c10), v128.store(c, c11, 16), c += ldc;
  v128.store(c, c20), v128.store(c, c21, 16), c += ldc;
  v128.store(c, c30), v128.store(c, c31, 16), c += ldc;
  v128.store(c, c40), v128.store(c, c41, 16), c += ldc;
  v128.store(c, c50), v128.store(c, c51, 16);
}
