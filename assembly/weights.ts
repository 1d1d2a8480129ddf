// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Penalties on weights and activities, averages and norms of weights.

import { sumPartials } from "./arithmetic";
import { ARGUMENTS, workspace } from "./memory";
import { parallel } from "./parallel";
import { choose, firstLanes, madd, sumLanes } from "./simd";

const CHUNK: i32 = 16384;

@unmanaged
class Penalty {
  n: i32;
  l1: f32;
  l2: f32;
  x: usize;
  g: usize;
}

function penaltyChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Penalty>(ARGUMENTS), zero = f32x4.splat(0), sign = i32x4.splat(1 << 31);
  const l1 = f32x4.splat(a.l1), l2 = f32x4.splat(a.l2), slope = f32x4.splat(2 * a.l2);
  const end = min((chunk + 1) * CHUNK, a.n);
  let sum: f64 = 0;
  for (let i = chunk * CHUNK; i < end; i += 4) {
    const at = <usize> i * 4;
    let x = v128.load(a.x + at);
    if (end - i < 4) x = choose(firstLanes(end - i), x, zero);
    sum += sumLanes(f32x4.mul(x, x)) * <f64> a.l2 + sumLanes(f32x4.abs(x)) * <f64> a.l1;
    if (a.g) {
      // l1 with the sign of x, but 0 where x is.
      const one = v128.and(v128.or(v128.and(x, sign), l1), f32x4.ne(x, zero));
      v128.store(a.g + at, madd(slope, x, f32x4.add(v128.load(a.g + at), one)));
    }
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

/** Σ l1·|x| + l2·x²; g += its gradient, where g is not 0. Workspace: one double per 16384 elements. */
export function penalty(n: i32, l1: f32, l2: f32, x: usize, g: usize): f64 {
  const a = changetype<Penalty>(ARGUMENTS);
  a.n = n, a.l1 = l1, a.l2 = l2, a.x = x, a.g = g;
  const chunks = (n + CHUNK - 1) / CHUNK;
  parallel(penaltyChunk.index, chunks);
  return sumPartials(chunks);
}

function blendChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Penalty>(ARGUMENTS), share = f32x4.splat(a.l1);
  const end = <usize> min((chunk + 1) * CHUNK, a.n) * 4;
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    const y = v128.load(a.g + i);
    v128.store(a.g + i, madd(share, f32x4.sub(v128.load(a.x + i), y), y));
  }
}

/** y += share · (x - y). */
export function blend(n: i32, share: f32, x: usize, y: usize): void {
  const a = changetype<Penalty>(ARGUMENTS);
  a.n = n, a.l1 = share, a.x = x, a.g = y;
  parallel(blendChunk.index, (n + CHUNK - 1) / CHUNK);
}

/** Columns that one chunk takes: a cache line. */
const LINE: i32 = 16;
const EPSILON: f32 = 1e-7;

@unmanaged
class Norms {
  rows: i32;
  columns: i32;
  inner: i32;
  lines: i32;
  low: f32;
  high: f32;
  rate: f32;
  x: usize;
}

/** What values are multiplied by, for four sums of squares. */
function factors(squares: v128): v128 {
  const a = changetype<Norms>(ARGUMENTS), rate = f32x4.splat(a.rate);
  const norm = f32x4.sqrt(squares);
  const wanted = f32x4.pmin(f32x4.pmax(norm, f32x4.splat(a.low)), f32x4.splat(a.high));
  const goal = madd(rate, f32x4.sub(wanted, norm), norm);
  const factor = f32x4.div(goal, f32x4.add(norm, f32x4.splat(EPSILON)));
  return choose(f32x4.eq(wanted, norm), f32x4.splat(1), factor);
}

function normsChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Norms>(ARGUMENTS), inner = <usize> a.inner * 4;
  const row = <usize> a.columns * inner, block = <usize> a.rows * row;
  const first = chunk % a.lines * LINE, end = min(first + LINE, a.columns);
  const from = a.x + <usize> (chunk / a.lines) * block;
  let c = first;
  if (a.inner == 1) {
    for (; c + 4 <= end; c += 4) {
      const start = from + <usize> c * 4, stop = start + block;
      let s = f32x4.splat(0);
      for (let at = start; at < stop; at += row) {
        const v = v128.load(at);
        s = madd(v, v, s);
      }
      s = factors(s);
      for (let at = start; at < stop; at += row) v128.store(at, f32x4.mul(v128.load(at), s));
    }
  }
  for (; c < end; c++) {
    const start = from + <usize> c * inner, stop = start + block;
    let sum: f32 = 0;
    for (let at = start; at < stop; at += row) {
      for (let i: usize = 0; i < inner; i += 4) {
        const v = load<f32>(at + i);
        sum += v * v;
      }
    }
    const factor = f32x4.extract_lane(factors(f32x4.splat(sum)), 0);
    for (let at = start; at < stop; at += row) {
      for (let i: usize = 0; i < inner; i += 4) store<f32>(at + i, load<f32>(at + i) * factor);
    }
  }
}

/** x [outer, rows, columns, inner]: norms over rows and inner go by `rate` of the way into low … high. */
export function limit_norms(
  outer: i32,
  rows: i32,
  columns: i32,
  inner: i32,
  low: f32,
  high: f32,
  rate: f32,
  x: usize,
): void {
  const a = changetype<Norms>(ARGUMENTS);
  a.rows = rows, a.columns = columns, a.inner = inner, a.lines = (columns + LINE - 1) / LINE;
  a.low = low, a.high = high, a.rate = rate, a.x = x;
  parallel(normsChunk.index, outer * a.lines);
}
