// Products of at most four columns. A register tile of eight would be mostly padding, so here the lanes run
// along k: six rows and two columns are again twelve sums, two vectors of B and one of A, and each sum's
// lanes are added up at the end. B lies as [tap][4][k, padded to whole vectors with zeros].

import { ZEROS } from "./memory";
import { row } from "./microkernel_rows";
import { firstLanes, madd } from "./simd";

/** Bytes of one column of B under one tap; there is always room for four columns. */
export function narrowLine(k: i32): usize {
  return <usize> ((k + 3) & ~3) * 4;
}

/** Packs a part of K of up to four columns of B (K×N, element (k,n) at b + k·sk + n·sn bytes), `line` bytes apart. */
export function packNarrow(
  k: i32,
  columns: i32,
  b: usize,
  sk: usize,
  sn: usize,
  to: usize,
  line: usize,
): void {
  for (let j = 0; j < columns; j++, b += sn, to += line) {
    for (let i: usize = 0; i < <usize> k; i++) store<f32>(to + 4 * i, load<f32>(b + i * sk));
  }
}

/** Rows of A times up to four columns of B; parameters as of `tile`. */
export function narrow(
  rows: i32,
  n: i32,
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
  const line = narrowLine(k);
  for (; n > 0; n -= 2, b += 2 * line, column += 8) {
    if (n > 1) dot2(rows, taps, k, from, step, skip, b, line, to, column, init, low, gate);
    else dot1(rows, taps, k, from, step, skip, b, line, to, column, init, low, gate);
    if (init > ZEROS) init += 8;
  }
}

/** Stores a sum of lanes on top of its initial value, finished as `tile` says. */
function put(lanes: v128, to: usize, init: usize, low: f32, gate: i32): void {
  const sum = (f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1)) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3));
  let y = load<f32>(init ? init : to) + sum;
  if (gate && !(load<f32>(to) > 0)) y = 0;
  store<f32>(to, y < low ? low : y);
}

/** Two outputs of six rows at a time; `line` is the bytes of an output's weights under a tap. */
function dot2(
  rows: i32,
  taps: i32,
  k: i32,
  from: usize,
  step: usize,
  skip: usize,
  weights: usize,
  line: usize,
  to: usize,
  column: usize,
  init: usize,
  low: f32,
  gate: i32,
): void {
  const mask = firstLanes(k & 3);
  const next = init > ZEROS ? init + 4 : init;
  for (const end = to + <usize> rows * 4; to < end; to += 4 * 6, from += 4 * 6) {
    let c0 = f32x4.splat(0), d0 = f32x4.splat(0);
    let c1 = f32x4.splat(0), d1 = f32x4.splat(0);
    let c2 = f32x4.splat(0), d2 = f32x4.splat(0);
    let c3 = f32x4.splat(0), d3 = f32x4.splat(0);
    let c4 = f32x4.splat(0), d4 = f32x4.splat(0);
    let c5 = f32x4.splat(0), d5 = f32x4.splat(0);
    let s: v128, w0: v128, w1: v128;
    let table = from, b = weights;
    for (let tap = 0; tap < taps; tap++) {
      let a0 = row(table, 0) + skip, a1 = row(table, 1) + skip, a2 = row(table, 2) + skip;
      let a3 = row(table, 3) + skip, a4 = row(table, 4) + skip, a5 = row(table, 5) + skip;
      let u = b, v = b + line;
      const pairs = a0 + <usize> (k & ~7) * 4;
      while (a0 < pairs) {
        w0 = v128.load(u), w1 = v128.load(v);
        s = v128.load(a0), c0 = madd(s, w0, c0), d0 = madd(s, w1, d0);
        s = v128.load(a1), c1 = madd(s, w0, c1), d1 = madd(s, w1, d1);
        s = v128.load(a2), c2 = madd(s, w0, c2), d2 = madd(s, w1, d2);
        s = v128.load(a3), c3 = madd(s, w0, c3), d3 = madd(s, w1, d3);
        s = v128.load(a4), c4 = madd(s, w0, c4), d4 = madd(s, w1, d4);
        s = v128.load(a5), c5 = madd(s, w0, c5), d5 = madd(s, w1, d5);
        w0 = v128.load(u, 16), w1 = v128.load(v, 16);
        s = v128.load(a0, 16), c0 = madd(s, w0, c0), d0 = madd(s, w1, d0);
        s = v128.load(a1, 16), c1 = madd(s, w0, c1), d1 = madd(s, w1, d1);
        s = v128.load(a2, 16), c2 = madd(s, w0, c2), d2 = madd(s, w1, d2);
        s = v128.load(a3, 16), c3 = madd(s, w0, c3), d3 = madd(s, w1, d3);
        s = v128.load(a4, 16), c4 = madd(s, w0, c4), d4 = madd(s, w1, d4);
        s = v128.load(a5, 16), c5 = madd(s, w0, c5), d5 = madd(s, w1, d5);
        a0 += 32, a1 += 32, a2 += 32, a3 += 32, a4 += 32, a5 += 32, u += 32, v += 32;
      }
      if (k & 4) {
        w0 = v128.load(u), w1 = v128.load(v);
        s = v128.load(a0), c0 = madd(s, w0, c0), d0 = madd(s, w1, d0);
        s = v128.load(a1), c1 = madd(s, w0, c1), d1 = madd(s, w1, d1);
        s = v128.load(a2), c2 = madd(s, w0, c2), d2 = madd(s, w1, d2);
        s = v128.load(a3), c3 = madd(s, w0, c3), d3 = madd(s, w1, d3);
        s = v128.load(a4), c4 = madd(s, w0, c4), d4 = madd(s, w1, d4);
        s = v128.load(a5), c5 = madd(s, w0, c5), d5 = madd(s, w1, d5);
        a0 += 16, a1 += 16, a2 += 16, a3 += 16, a4 += 16, a5 += 16, u += 16, v += 16;
      }
      if (k & 3) {
        w0 = v128.load(u), w1 = v128.load(v);
        s = v128.and(v128.load(a0), mask), c0 = madd(s, w0, c0), d0 = madd(s, w1, d0);
        s = v128.and(v128.load(a1), mask), c1 = madd(s, w0, c1), d1 = madd(s, w1, d1);
        s = v128.and(v128.load(a2), mask), c2 = madd(s, w0, c2), d2 = madd(s, w1, d2);
        s = v128.and(v128.load(a3), mask), c3 = madd(s, w0, c3), d3 = madd(s, w1, d3);
        s = v128.and(v128.load(a4), mask), c4 = madd(s, w0, c4), d4 = madd(s, w1, d4);
        s = v128.and(v128.load(a5), mask), c5 = madd(s, w0, c5), d5 = madd(s, w1, d5);
      }
      table += step, b += 4 * line;
    }
    put(c0, row(to, 0) + column, init, low, gate);
    put(d0, row(to, 0) + column + 4, next, low, gate);
    put(c1, row(to, 1) + column, init, low, gate);
    put(d1, row(to, 1) + column + 4, next, low, gate);
    put(c2, row(to, 2) + column, init, low, gate);
    put(d2, row(to, 2) + column + 4, next, low, gate);
    put(c3, row(to, 3) + column, init, low, gate);
    put(d3, row(to, 3) + column + 4, next, low, gate);
    put(c4, row(to, 4) + column, init, low, gate);
    put(d4, row(to, 4) + column + 4, next, low, gate);
    put(c5, row(to, 5) + column, init, low, gate);
    put(d5, row(to, 5) + column + 4, next, low, gate);
  }
}

/** One output of six rows at a time; `line` is the bytes of an output's weights under a tap. */
function dot1(
  rows: i32,
  taps: i32,
  k: i32,
  from: usize,
  step: usize,
  skip: usize,
  weights: usize,
  line: usize,
  to: usize,
  column: usize,
  init: usize,
  low: f32,
  gate: i32,
): void {
  const mask = firstLanes(k & 3);
  for (const end = to + <usize> rows * 4; to < end; to += 4 * 6, from += 4 * 6) {
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    let c2 = f32x4.splat(0);
    let c3 = f32x4.splat(0);
    let c4 = f32x4.splat(0);
    let c5 = f32x4.splat(0);
    let s: v128, w0: v128;
    let table = from, b = weights;
    for (let tap = 0; tap < taps; tap++) {
      let a0 = row(table, 0) + skip, a1 = row(table, 1) + skip, a2 = row(table, 2) + skip;
      let a3 = row(table, 3) + skip, a4 = row(table, 4) + skip, a5 = row(table, 5) + skip;
      let u = b;
      const pairs = a0 + <usize> (k & ~7) * 4;
      while (a0 < pairs) {
        w0 = v128.load(u);
        s = v128.load(a0), c0 = madd(s, w0, c0);
        s = v128.load(a1), c1 = madd(s, w0, c1);
        s = v128.load(a2), c2 = madd(s, w0, c2);
        s = v128.load(a3), c3 = madd(s, w0, c3);
        s = v128.load(a4), c4 = madd(s, w0, c4);
        s = v128.load(a5), c5 = madd(s, w0, c5);
        w0 = v128.load(u, 16);
        s = v128.load(a0, 16), c0 = madd(s, w0, c0);
        s = v128.load(a1, 16), c1 = madd(s, w0, c1);
        s = v128.load(a2, 16), c2 = madd(s, w0, c2);
        s = v128.load(a3, 16), c3 = madd(s, w0, c3);
        s = v128.load(a4, 16), c4 = madd(s, w0, c4);
        s = v128.load(a5, 16), c5 = madd(s, w0, c5);
        a0 += 32, a1 += 32, a2 += 32, a3 += 32, a4 += 32, a5 += 32, u += 32;
      }
      if (k & 4) {
        w0 = v128.load(u);
        s = v128.load(a0), c0 = madd(s, w0, c0);
        s = v128.load(a1), c1 = madd(s, w0, c1);
        s = v128.load(a2), c2 = madd(s, w0, c2);
        s = v128.load(a3), c3 = madd(s, w0, c3);
        s = v128.load(a4), c4 = madd(s, w0, c4);
        s = v128.load(a5), c5 = madd(s, w0, c5);
        a0 += 16, a1 += 16, a2 += 16, a3 += 16, a4 += 16, a5 += 16, u += 16;
      }
      if (k & 3) {
        w0 = v128.load(u);
        s = v128.and(v128.load(a0), mask), c0 = madd(s, w0, c0);
        s = v128.and(v128.load(a1), mask), c1 = madd(s, w0, c1);
        s = v128.and(v128.load(a2), mask), c2 = madd(s, w0, c2);
        s = v128.and(v128.load(a3), mask), c3 = madd(s, w0, c3);
        s = v128.and(v128.load(a4), mask), c4 = madd(s, w0, c4);
        s = v128.and(v128.load(a5), mask), c5 = madd(s, w0, c5);
      }
      table += step, b += 4 * line;
    }
    put(c0, row(to, 0) + column, init, low, gate);
    put(c1, row(to, 1) + column, init, low, gate);
    put(c2, row(to, 2) + column, init, low, gate);
    put(c3, row(to, 3) + column, init, low, gate);
    put(c4, row(to, 4) + column, init, low, gate);
    put(c5, row(to, 5) + column, init, low, gate);
  }
}
