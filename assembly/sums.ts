// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Sums of products along one axis: gradients of what one value was used for many. Rows are summed in
// parts of a fixed length, parts in their order.

import { ARGUMENTS, workspace } from "./memory";
import { parallel } from "./parallel";
import { choose, firstLanes, madd, storeLanes, sumLanes } from "./simd";

/** Rows in a part, columns in a block, values a chunk reads, about. */
const PART: i32 = 256, BLOCK: i32 = 1024, CHUNK: i32 = 16384;

@unmanaged
class Sums {
  outer: i32;
  rows: i32;
  columns: i32;
  a: usize;
  b: usize;
  y: usize;
  /** Whether only what is below 0 in b counts, and whether sums are added to y. */
  below: i32;
  add: i32;
  parts: i32;
  blocks: i32;
  /** Outer places a chunk handles. */
  some: i32;
}

/** sum + a·b, or + a where b is 0; of b only what is at most `high`. */
function product(a: usize, b: usize, high: v128, sum: v128): v128 {
  const u = v128.load(a);
  return b ? madd(u, f32x4.pmin(v128.load(b), high), sum) : f32x4.add(sum, u);
}

/** The sum over a line whose values lie one behind the other. */
function lineSum(a: usize, b: usize, high: v128, length: i32): f32 {
  let sum = f32x4.splat(0);
  const step: usize = b ? 16 : 0;
  for (; length >= 4; length -= 4) {
    sum = product(a, b, high, sum);
    a += 16, b += step;
  }
  if (length) {
    const last = product(a, b, high, f32x4.splat(0));
    sum = f32x4.add(sum, choose(firstLanes(length), last, f32x4.splat(0)));
  }
  return <f32> sumLanes(sum);
}

/** Adds so many rows, `line` bytes apart, of sixteen columns to what is there. */
function wideSums(a: usize, b: usize, high: v128, rows: i32, line: usize, to: usize): void {
  let s0 = v128.load(to), s1 = v128.load(to, 16), s2 = v128.load(to, 32), s3 = v128.load(to, 48);
  const step = b ? line : 0, next: usize = b ? 16 : 0;
  for (let row = 0; row < rows; row++) {
    s0 = product(a, b, high, s0);
    s1 = product(a + 16, b + next, high, s1);
    s2 = product(a + 32, b + 2 * next, high, s2);
    s3 = product(a + 48, b + 3 * next, high, s3);
    a += line, b += step;
  }
  v128.store(to, s0), v128.store(to, s1, 16), v128.store(to, s2, 32), v128.store(to, s3, 48);
}

/** Adds so many rows of some columns to what is there. */
function addRows(
  s: Sums,
  high: v128,
  at: usize,
  rows: i32,
  start: i32,
  stop: i32,
  to: usize,
): void {
  const line = <usize> s.columns * 4, a = s.a + at, b = s.b ? s.b + at : 0;
  let c = start;
  for (; c + 16 <= stop; c += 16) {
    const place = <usize> c * 4;
    wideSums(a + place, b ? b + place : 0, high, rows, line, to + place);
  }
  for (; c < stop; c += 4) {
    let place = <usize> c * 4, sum = v128.load(to + place);
    const there = to + place;
    for (let row = 0; row < rows; row++, place += line) {
      sum = product(a + place, b ? b + place : 0, high, sum);
    }
    storeLanes(there, sum, stop - c);
  }
}

function sumsChunk(chunk: i32, _thread: i32): void {
  const s = changetype<Sums>(ARGUMENTS), columns = s.columns;
  const high = f32x4.splat(s.below ? 0 : Infinity), b = s.b;
  const block = chunk % s.blocks, rest = chunk / s.blocks;
  const part = rest % s.parts, first = rest / s.parts * s.some, end = min(first + s.some, s.outer);
  const start = block * BLOCK, stop = min(start + BLOCK, columns);
  const from = part * PART, rows = min(PART, s.rows - from), line = <usize> columns * 4;
  for (let o = first; o < end; o++) {
    const at = <usize> ((o * s.rows + from) * columns) * 4;
    const to = workspace() + <usize> ((o * s.parts + part) * columns) * 4;
    if (columns == 1) {
      store<f32>(to, lineSum(s.a + at, b ? b + at : 0, high, rows));
      continue;
    }
    memory.fill(to + <usize> start * 4, 0, <usize> (stop - start) * 4);
    // Long rows a few at a time: so many the processor reads ahead.
    const few = columns > 128 ? 8 : PART;
    for (let row = 0; row < rows; row += few) {
      addRows(s, high, at + <usize> row * line, min(few, rows - row), start, stop, to);
    }
  }
}

function gatherChunk(chunk: i32, _thread: i32): void {
  const s = changetype<Sums>(ARGUMENTS), n = s.outer * s.columns, columns = s.columns;
  const end = min((chunk + 1) * CHUNK, n);
  for (let i = chunk * CHUNK; i < end; i++) {
    const o = i / columns;
    let at = workspace() + <usize> (o * s.parts * columns + i - o * columns) * 4;
    let sum: f32 = s.add ? load<f32>(s.y + <usize> i * 4) : 0;
    for (let part = 0; part < s.parts; part++) {
      sum += load<f32>(at);
      at += <usize> columns * 4;
    }
    store<f32>(s.y + <usize> i * 4, sum);
  }
}

/**
 * y[o][c] = Σ over rows of a[o][row][c] · b[o][row][c], b being 1 where it is 0.
 *
 * @param below whether of b only what is below 0 counts
 * @param add   whether y is added to
 *
 * Workspace: outer · ⌈rows / 256⌉ · columns floats.
 */
export function product_sums(
  outer: i32,
  rows: i32,
  columns: i32,
  a: usize,
  b: usize,
  y: usize,
  below: i32,
  add: i32,
): void {
  const s = changetype<Sums>(ARGUMENTS);
  s.outer = outer, s.rows = rows, s.columns = columns, s.a = a, s.b = b, s.y = y;
  s.below = below, s.add = add;
  s.parts = (rows + PART - 1) / PART;
  s.blocks = (columns + BLOCK - 1) / BLOCK;
  s.some = max(1, CHUNK / (min(rows, PART) * min(columns, BLOCK)));
  parallel(sumsChunk.index, (outer + s.some - 1) / s.some * s.parts * s.blocks);
  parallel(gatherChunk.index, (outer * columns + CHUNK - 1) / CHUNK);
}
