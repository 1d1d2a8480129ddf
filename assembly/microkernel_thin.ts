// Products of small k and many columns. A register tile of six rows would spend more on its sums' coming and
// going than on adding to them, and come back to each line of C for the next of its columns; here two rows
// of C are made from left to right, 24 columns at a time, which memory keeps up with: again twelve sums,
// two values of A and a vector of B. An element of C is the same sum in the same order. B lies in panels
// [k][24], the last of which holds the last columns, some of which the one before has too.

import { ZEROS } from "./memory";
import { kept, row } from "./microkernel_rows";
import { madd } from "./simd";

/** Up to so small a k two rows are faster than six, and from so many columns on: bytes of them in a panel. */
export const THIN: i32 = 16;
const LINE: usize = 96;

/** Values of each of k that the packed panels hold: at least 24 columns, in whole panels. */
export function thinColumns(n: i32): i32 {
  return (n + 23) / 24 * 24;
}

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
  for (let next = 0; next < n; next += 24, to += <usize> depth * LINE) {
    let from = b + <usize> min(next, n - 24) * sn;
    for (let j: usize = 0; j < LINE; j += 4, from += sn) {
      let at = to + <usize> first * LINE + j, value = from;
      for (let i = 0; i < k; i++, at += LINE, value += sk) store<f32>(at, load<f32>(value));
    }
  }
}

/**
 * Rows of A times packed B: C = max(low, init + A·B).
 *
 * @param rows  rows of A and C, even
 * @param n     columns, at least 24
 * @param from  table of the addresses of the rows of A
 * @param to    table of the addresses of the rows of C
 * @param init  initial values shared by the rows
 * @param edge  scratch for two lines of a panel
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
  const bytes = <usize> n * 4, last = bytes - LINE, depth = <usize> k * 4;
  for (const end = to + <usize> rows * 4; to < end; to += 8, from += 8) {
    const a = row(from, 0), other = row(from, 1) - a, all = a + depth;
    const start = row(to, 0), below = row(to, 1) - start;
    // The old values of the last panel, some of which the one before writes over.
    for (let c: usize = 0; c < LINE && gate; c += 16) {
      v128.store(edge + c, v128.load(start + last + c));
      v128.store(edge + c, v128.load(start + below + last + c), LINE);
    }
    for (let next: usize = 0, w = b; next < bytes; next += LINE) {
      const at = min(next, last), i = init == ZEROS ? init : init + at;
      let c00 = v128.load(i), c01 = v128.load(i, 16), c02 = v128.load(i, 32);
      let c03 = v128.load(i, 48), c04 = v128.load(i, 64), c05 = v128.load(i, 80);
      let c10 = c00, c11 = c01, c12 = c02, c13 = c03, c14 = c04, c15 = c05;
      for (let p = a; p < all; p += 4, w += LINE) {
        const s = v128.load32_splat(p), t = v128.load32_splat(p + other);
        let v = v128.load(w);
        c00 = madd(s, v, c00), c10 = madd(t, v, c10);
        v = v128.load(w, 16), c01 = madd(s, v, c01), c11 = madd(t, v, c11);
        v = v128.load(w, 32), c02 = madd(s, v, c02), c12 = madd(t, v, c12);
        v = v128.load(w, 48), c03 = madd(s, v, c03), c13 = madd(t, v, c13);
        v = v128.load(w, 64), c04 = madd(s, v, c04), c14 = madd(t, v, c14);
        v = v128.load(w, 80), c05 = madd(s, v, c05), c15 = madd(t, v, c15);
      }
      const y = start + at, z = y + below;
      if (gate) {
        const old = at < last ? y : edge, older = at < last ? z : edge + LINE;
        c00 = kept(c00, old), c01 = kept(c01, old + 16), c02 = kept(c02, old + 32);
        c03 = kept(c03, old + 48), c04 = kept(c04, old + 64), c05 = kept(c05, old + 80);
        c10 = kept(c10, older), c11 = kept(c11, older + 16), c12 = kept(c12, older + 32);
        c13 = kept(c13, older + 48), c14 = kept(c14, older + 64), c15 = kept(c15, older + 80);
      }
      const floor = f32x4.splat(low);
      v128.store(y, f32x4.pmax(c00, floor)), v128.store(y, f32x4.pmax(c01, floor), 16);
      v128.store(y, f32x4.pmax(c02, floor), 32), v128.store(y, f32x4.pmax(c03, floor), 48);
      v128.store(y, f32x4.pmax(c04, floor), 64), v128.store(y, f32x4.pmax(c05, floor), 80);
      v128.store(z, f32x4.pmax(c10, floor)), v128.store(z, f32x4.pmax(c11, floor), 16);
      v128.store(z, f32x4.pmax(c12, floor), 32), v128.store(z, f32x4.pmax(c13, floor), 48);
      v128.store(z, f32x4.pmax(c14, floor), 64), v128.store(z, f32x4.pmax(c15, floor), 80);
    }
  }
}
