// Products of small k and many columns. A register tile would spend more on its sums' coming and going
// than on adding to them, and come back for the other half of each line of C; here two rows of A stay
// in registers, six of k at a time, while C goes by from left to right. An element of C is the same sum
// in the same order. B lies as [k / 6][column / 4][up to 6 of k][4 columns].

import { ZEROS } from "./memory";
import { kept, row } from "./microkernel_rows";
import { madd, storeLanes } from "./simd";

/** How much of k stays in registers. */
const DEPTH: i32 = 6;

/** No lower bound, for sums that are not whole. */
const UNBOUNDED: f32 = -Infinity;

/** Packs columns of B (K×N, element (k,n) at b + k·sk + n·sn bytes) that are rows `first` … first+k-1 of `depth`. */
export function packThin(
  k: i32,
  n: i32,
  b: usize,
  sk: usize,
  sn: usize,
  to: usize,
  first: i32,
  depth: i32,
): void {
  const columns = (n + 3) & ~3;
  for (let i = first; i < first + k; i++, b += sk) {
    const start = i / DEPTH * DEPTH, some = min(DEPTH, depth - start);
    const at = to + <usize> (start * columns + (i - start) * 4) * 4;
    for (let j = 0; j < columns; j++) {
      const value = j < n ? load<f32>(b + <usize> j * sn) : <f32> 0;
      store<f32>(at + <usize> ((j >> 2) * some * 4 + (j & 3)) * 4, value);
    }
  }
}

/**
 * Rows of A times packed B: C = max(low, init + A·B).
 *
 * @param rows  rows of A and C, even
 * @param n     columns
 * @param from  table of the addresses of the rows of A
 * @param to    table of the addresses of the rows of C
 * @param init  initial values shared by the rows
 * @param sums  scratch for two rows of C, whole vectors
 * @param low,gate as of `tile`
 */
export function thin(
  rows: i32,
  n: i32,
  k: i32,
  from: usize,
  b: usize,
  to: usize,
  init: usize,
  sums: usize,
  low: f32,
  gate: i32,
): void {
  const line = <usize> ((n + 3) & ~3) * 4, whole = <usize> (n & ~3) * 4, left = n & 3;
  for (const end = to + <usize> rows * 4; to < end; to += 8, from += 8) {
    let a0 = row(from, 0), a1 = row(from, 1), weights = b;
    let c0 = init, c1 = init, step: usize = init == ZEROS ? 0 : 16;
    for (let rest = k; rest > DEPTH; rest -= DEPTH) {
      thinStep(DEPTH, a0, a1, weights, sums, line, line, c0, c1, step, UNBOUNDED, 0);
      a0 += 4 * DEPTH, a1 += 4 * DEPTH, weights += <usize> DEPTH * line;
      c0 = sums, c1 = sums + line, step = 16;
    }
    const some = (k - 1) % DEPTH + 1, y0 = row(to, 0), y1 = row(to, 1);
    thinStep(some, a0, a1, weights, y0, y1 - y0, whole, c0, c1, step, low, gate);
    if (!left) continue;
    // The last columns, beside their neighbours' values.
    const edge = sums + 2 * line;
    v128.store(edge, v128.load(y0 + whole)), v128.store(edge, v128.load(y1 + whole), 16);
    if (step) c0 += whole, c1 += whole;
    weights += <usize> some * whole;
    thinStep(some, a0, a1, weights, edge, 16, 16, c0, c1, step, low, gate);
    storeLanes(y0 + whole, v128.load(edge), left);
    storeLanes(y1 + whole, v128.load(edge, 16), left);
  }
}

/** `some` (at most six) of k for two rows of C, `next` bytes apart, of `bytes` each. */
function thinStep(
  some: i32,
  a0: usize,
  a1: usize,
  b: usize,
  c: usize,
  next: usize,
  bytes: usize,
  init0: usize,
  init1: usize,
  step: usize,
  low: f32,
  gate: i32,
): void {
  const s00 = v128.load32_splat(a0), s10 = v128.load32_splat(a1);
  const s01 = v128.load32_splat(a0, 4), s11 = v128.load32_splat(a1, 4);
  const s02 = v128.load32_splat(a0, 8), s12 = v128.load32_splat(a1, 8);
  const s03 = v128.load32_splat(a0, 12), s13 = v128.load32_splat(a1, 12);
  const s04 = v128.load32_splat(a0, 16), s14 = v128.load32_splat(a1, 16);
  const s05 = v128.load32_splat(a0, 20), s15 = v128.load32_splat(a1, 20);
  const across = <usize> some * 16, d = next;
  for (const end = c + bytes; c < end; c += 16, b += across, init0 += step, init1 += step) {
    let w = v128.load(b);
    let y0 = madd(s00, w, v128.load(init0)), y1 = madd(s10, w, v128.load(init1));
    if (some > 1) w = v128.load(b, 16), y0 = madd(s01, w, y0), y1 = madd(s11, w, y1);
    if (some > 2) w = v128.load(b, 32), y0 = madd(s02, w, y0), y1 = madd(s12, w, y1);
    if (some > 3) w = v128.load(b, 48), y0 = madd(s03, w, y0), y1 = madd(s13, w, y1);
    if (some > 4) w = v128.load(b, 64), y0 = madd(s04, w, y0), y1 = madd(s14, w, y1);
    if (some > 5) w = v128.load(b, 80), y0 = madd(s05, w, y0), y1 = madd(s15, w, y1);
    if (gate) y0 = kept(y0, c), y1 = kept(y1, c + d);
    v128.store(c, f32x4.pmax(y0, f32x4.splat(low)));
    v128.store(c + d, f32x4.pmax(y1, f32x4.splat(low)));
  }
}
