// The register tiles of microkernel.ts for products of two matrices that are both read down their
// rows: kernel gradients, where the sum runs over pixels.

import { ZEROS } from "./memory";
import { tileColumns } from "./microkernel";
import { madd } from "./simd";

/**
 * Six columns of A times a panel of B, both read down their rows: C[i][j] = (keep ? C : 0) + Σₖ A[k][i]·B[k][j].
 *
 * @param a,lda first of six adjacent values, and the bytes from one k to the next
 * @param b,ldb first of `columns` adjacent values, and the bytes from one k to the next
 * @param c,ldc the tile of C and its row stride in bytes
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
  if (tileColumns() == 16) tileTransposed16(k, a, lda, b, ldb, c, ldc, keep);
  else tileTransposed8(k, a, lda, b, ldb, c, ldc, keep);
}

function tileTransposed8(
  k: i32,
  a: usize,
  lda: usize,
  b: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
  keep: bool,
): void {
  const down: usize = keep ? ldc : 0;
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
  let s: v128, b0: v128, b1: v128;
  const end = a + <usize> k * lda;
  while (a < end) {
    b0 = v128.load(b), b1 = v128.load(b, 16);
    s = v128.load32_splat(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
    s = v128.load32_splat(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
    s = v128.load32_splat(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
    s = v128.load32_splat(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
    s = v128.load32_splat(a, 16), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
    s = v128.load32_splat(a, 20), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
    a += lda, b += ldb;
  }
  v128.store(c, c00), v128.store(c, c01, 16), c += ldc;
  v128.store(c, c10), v128.store(c, c11, 16), c += ldc;
  v128.store(c, c20), v128.store(c, c21, 16), c += ldc;
  v128.store(c, c30), v128.store(c, c31, 16), c += ldc;
  v128.store(c, c40), v128.store(c, c41, 16), c += ldc;
  v128.store(c, c50), v128.store(c, c51, 16);
}

function tileTransposed16(
  k: i32,
  a: usize,
  lda: usize,
  b: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
  keep: bool,
): void {
  const down: usize = keep ? ldc : 0;
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
  let s: v128, b0: v128, b1: v128, b2: v128, b3: v128;
  const end = a + <usize> k * lda;
  while (a < end) {
    b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    s = v128.load32_splat(a),
      c00 = madd(s, b0, c00),
      c01 = madd(s, b1, c01),
      c02 = madd(s, b2, c02),
      c03 = madd(s, b3, c03);
    s = v128.load32_splat(a, 4),
      c10 = madd(s, b0, c10),
      c11 = madd(s, b1, c11),
      c12 = madd(s, b2, c12),
      c13 = madd(s, b3, c13);
    s = v128.load32_splat(a, 8),
      c20 = madd(s, b0, c20),
      c21 = madd(s, b1, c21),
      c22 = madd(s, b2, c22),
      c23 = madd(s, b3, c23);
    s = v128.load32_splat(a, 12),
      c30 = madd(s, b0, c30),
      c31 = madd(s, b1, c31),
      c32 = madd(s, b2, c32),
      c33 = madd(s, b3, c33);
    s = v128.load32_splat(a, 16),
      c40 = madd(s, b0, c40),
      c41 = madd(s, b1, c41),
      c42 = madd(s, b2, c42),
      c43 = madd(s, b3, c43);
    s = v128.load32_splat(a, 20),
      c50 = madd(s, b0, c50),
      c51 = madd(s, b1, c51),
      c52 = madd(s, b2, c52),
      c53 = madd(s, b3, c53);
    a += lda, b += ldb;
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
  v128.store(c, c50), v128.store(c, c51, 16), v128.store(c, c52, 32), v128.store(c, c53, 48);
}
