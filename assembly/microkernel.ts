// The microkernels that everything heavy is made of: a tile of 6 rows by 8 (or 16) columns of a
// product stays in registers while k runs.
//
// The tile follows from the register budget. V8 has 15 of the 16 SSE/AVX registers for v128 values. A
// tile of R rows and V vectors needs R·V accumulators, V vectors of B and 1 splat of A:
// 6·2 + 2 + 1 = 15. Twelve independent accumulators also cover the latency of two fused
// multiply-adds a cycle (4 cycles · 2 = 8). Where V8 packs pairs of v128 into 256-bit registers
// ("turbo"), the same budget holds twice the columns: 6x16; without that it spills and crawls. Which
// one runs is decided by a calibration at start (core/wasm/tile.ts). The strict build needs a register
// for products and makes three rows at a time (microkernel_strict.ts). All give the same bits: an
// element of C is the same sum in the same order. Goto & van de Geijn 2008; Low et al. 2016,
// "Analytical Modeling Is Enough for High-Performance BLIS".

import { TILE_COLUMNS } from "./memory";
import { tile16 } from "./microkernel_wide";
import { kept, row } from "./microkernel_rows";
import { tile8Strict } from "./microkernel_strict";
import { madd } from "./simd";

/** Rows of the register tile. */
export const MR: i32 = 6;

/** Columns of the register tile: 8 or 16, or 4 while a product of at most four columns runs (microkernel_narrow.ts). */
export function tileColumns(): i32 {
  return load<i32>(TILE_COLUMNS);
}

/**
 * Rows of A times one panel of B: C[i][j] = max(low, init[j] + Σ over taps and k of A[tap][i][k]·B[tap][k][j]).
 *
 * @param rows   rows of A and C, a multiple of six
 * @param from   table of the addresses of the rows of A; the next tap's are `step` bytes on
 * @param skip   bytes to skip in each row of A
 * @param b      panel [taps][k][columns]
 * @param to     table of the addresses of the rows of C
 * @param column bytes to skip in each row of C
 * @param init   initial values shared by the rows (a bias, or ZEROS); 0 to add to C
 * @param low    results below this become this: 0 for relu, -Infinity for none
 * @param gate   whether only those results are kept where C held something above 0: the gradient of
 *               the relu that made C, written over it
 */
export function tile(
  rows: i32,
  taps: i32,
  k: i32,
  from: usize,
  step: usize,
  skip: usize,
  b: usize,
  to: usize,
  column: usize,
  init: usize,
  low: f32,
  gate: i32,
): void {
  const wide = tileColumns();
  if (wide == 8 && !ASC_FEATURE_RELAXED_SIMD) {
    tile8Strict(rows, taps, k, from, step, skip, b, to, column, init, low, gate);
  } else if (wide == 8) tile8(rows, taps, k, from, step, skip, b, to, column, init, low, gate);
  else tile16(rows, taps, k, from, step, skip, b, to, column, init, low, gate);
}

function tile8(
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
    let c00 = v128.load(c), c01 = v128.load(c, 16);
    c = init ? init : row(to, 1) + column;
    let c10 = v128.load(c), c11 = v128.load(c, 16);
    c = init ? init : row(to, 2) + column;
    let c20 = v128.load(c), c21 = v128.load(c, 16);
    c = init ? init : row(to, 3) + column;
    let c30 = v128.load(c), c31 = v128.load(c, 16);
    c = init ? init : row(to, 4) + column;
    let c40 = v128.load(c), c41 = v128.load(c, 16);
    c = init ? init : row(to, 5) + column;
    let c50 = v128.load(c), c51 = v128.load(c, 16);
    let s: v128, b0: v128, b1: v128;
    let table = from, b = panel;
    for (let tap = 0; tap < taps; tap++) {
      let a0 = row(table, 0) + skip, a1 = row(table, 1) + skip, a2 = row(table, 2) + skip;
      let a3 = row(table, 3) + skip, a4 = row(table, 4) + skip, a5 = row(table, 5) + skip;
      const whole = a0 + <usize> (k & ~3) * 4, all = a0 + <usize> k * 4;
      while (a0 < whole) {
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
      while (a0 < all) {
        b0 = v128.load(b), b1 = v128.load(b, 16);
        s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        s = v128.load32_splat(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
        s = v128.load32_splat(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
        a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4, b += 32;
      }
      table += step;
    }
    if (gate) {
      c = row(to, 0) + column;
      c00 = kept(c00, c), c01 = kept(c01, c + 16);
      c = row(to, 1) + column;
      c10 = kept(c10, c), c11 = kept(c11, c + 16);
      c = row(to, 2) + column;
      c20 = kept(c20, c), c21 = kept(c21, c + 16);
      c = row(to, 3) + column;
      c30 = kept(c30, c), c31 = kept(c31, c + 16);
      c = row(to, 4) + column;
      c40 = kept(c40, c), c41 = kept(c41, c + 16);
      c = row(to, 5) + column;
      c50 = kept(c50, c), c51 = kept(c51, c + 16);
    }
    const floor = f32x4.splat(low);
    c = row(to, 0) + column;
    v128.store(c, f32x4.pmax(c00, floor)), v128.store(c, f32x4.pmax(c01, floor), 16);
    c = row(to, 1) + column;
    v128.store(c, f32x4.pmax(c10, floor)), v128.store(c, f32x4.pmax(c11, floor), 16);
    c = row(to, 2) + column;
    v128.store(c, f32x4.pmax(c20, floor)), v128.store(c, f32x4.pmax(c21, floor), 16);
    c = row(to, 3) + column;
    v128.store(c, f32x4.pmax(c30, floor)), v128.store(c, f32x4.pmax(c31, floor), 16);
    c = row(to, 4) + column;
    v128.store(c, f32x4.pmax(c40, floor)), v128.store(c, f32x4.pmax(c41, floor), 16);
    c = row(to, 5) + column;
    v128.store(c, f32x4.pmax(c50, floor)), v128.store(c, f32x4.pmax(c51, floor), 16);
  }
}
