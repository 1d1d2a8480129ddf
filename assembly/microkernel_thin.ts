// Products of up to six of k and many columns. A register tile would spend more on its sums' coming and
// going than on adding to them, and come back for the other half of each line of C; here two rows of A
// stay in registers while C goes by from left to right, which memory keeps up with. An element of C is
// the same sum in the same order. B lies as [column / 4][k][4 columns].

import { ZEROS } from "./memory";
import { kept, row } from "./microkernel_rows";
import { madd, storeLanes } from "./simd";

/** How much of k two rows can keep in registers. */
export const THIN: i32 = 6;

/** Packs k (of `depth` in all, from row `first` on) of B (K×N, element (k,n) at b + k·sk + n·sn bytes). */
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
  for (let j = 0; j < n; j++, b += sn) {
    let at = to + <usize> ((j >> 2) * depth * 4 + first * 4 + (j & 3)) * 4, from = b;
    for (let i = 0; i < k; i++, at += 16, from += sk) store<f32>(at, load<f32>(from));
  }
}

/**
 * Rows of A times packed B: C = max(low, init + A·B).
 *
 * @param rows  rows of A and C, even
 * @param n     columns
 * @param k     1 to 6
 * @param from  table of the addresses of the rows of A
 * @param to    table of the addresses of the rows of C
 * @param init  initial values shared by the rows
 * @param edge  scratch for two vectors
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
  edge: usize,
  low: f32,
  gate: i32,
): void {
  const whole = <usize> (n & ~3) * 4, left = n & 3, rest = b + <usize> k * whole;
  const last = init == ZEROS ? init : init + whole;
  for (const end = to + <usize> rows * 4; to < end; to += 8, from += 8) {
    const a0 = row(from, 0), a1 = row(from, 1), y0 = row(to, 0), y1 = row(to, 1);
    thinRows(k, a0, a1, b, y0, y1 - y0, whole, init, low, gate);
    if (!left) continue;
    // The last columns, beside what else lies there.
    v128.store(edge, v128.load(y0 + whole)), v128.store(edge, v128.load(y1 + whole), 16);
    thinRows(k, a0, a1, rest, edge, 16, 16, last, low, gate);
    storeLanes(y0 + whole, v128.load(edge), left);
    storeLanes(y1 + whole, v128.load(edge, 16), left);
  }
}

/** Two rows of C, `next` bytes apart, of `bytes` each. */
function thinRows(
  k: i32,
  a0: usize,
  a1: usize,
  b: usize,
  c: usize,
  next: usize,
  bytes: usize,
  init: usize,
  low: f32,
  gate: i32,
): void {
  const s00 = v128.load32_splat(a0), s10 = v128.load32_splat(a1);
  const s01 = v128.load32_splat(a0, 4), s11 = v128.load32_splat(a1, 4);
  const s02 = v128.load32_splat(a0, 8), s12 = v128.load32_splat(a1, 8);
  const s03 = v128.load32_splat(a0, 12), s13 = v128.load32_splat(a1, 12);
  const s04 = v128.load32_splat(a0, 16), s14 = v128.load32_splat(a1, 16);
  const s05 = v128.load32_splat(a0, 20), s15 = v128.load32_splat(a1, 20);
  const across = <usize> k * 16, step: usize = init == ZEROS ? 0 : 16;
  for (const end = c + bytes; c < end; c += 16, b += across, init += step) {
    let w = v128.load(b), y0 = v128.load(init), y1 = y0;
    y0 = madd(s00, w, y0), y1 = madd(s10, w, y1);
    if (k > 1) w = v128.load(b, 16), y0 = madd(s01, w, y0), y1 = madd(s11, w, y1);
    if (k > 2) w = v128.load(b, 32), y0 = madd(s02, w, y0), y1 = madd(s12, w, y1);
    if (k > 3) w = v128.load(b, 48), y0 = madd(s03, w, y0), y1 = madd(s13, w, y1);
    if (k > 4) w = v128.load(b, 64), y0 = madd(s04, w, y0), y1 = madd(s14, w, y1);
    if (k > 5) w = v128.load(b, 80), y0 = madd(s05, w, y0), y1 = madd(s15, w, y1);
    if (gate) y0 = kept(y0, c), y1 = kept(y1, c + next);
    v128.store(c, f32x4.pmax(y0, f32x4.splat(low)));
    v128.store(c + next, f32x4.pmax(y1, f32x4.splat(low)));
  }
}
