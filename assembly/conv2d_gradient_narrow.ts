// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The kernel gradient of conv2d.ts for at most four output channels of a group, where a register tile
// of eight columns would be mostly padding. Here the lanes run along k: the source's channels under a tap,
// or a copied row of all taps. One output or two, and as many vectors as the registers hold, stay while
// the pixels of a tile go by.

import { cellCount, innerSize, Taps } from "./geometry";
import { columnTile } from "./im2col";
import { narrowLine } from "./microkernel_narrow";
import { row } from "./microkernel_rows";
import { madd } from "./simd";
import { sourceTable } from "./tables";
import { touchSource } from "./touch";

/** Vectors of one output, or of each of two, that stay in registers. */
const MOST: i32 = 8, MOST_OF_TWO: i32 = 5;

/**
 * Sums for a group over the tiles begin … end-1, stored at `sums` as [k][4].
 *
 * @param source,dy where the group's channels begin
 * @param runs      of the source, that a cell is read from in place; 0 to copy it into a column tile
 * @param scratch   outputs · runs · (values of a run, in whole vectors); an address for each pixel and run;
 *                  the column tile
 */
export function narrowGradient(
  taps: Taps,
  group: i32,
  source: usize,
  dy: usize,
  begin: i32,
  end: i32,
  runs: i32,
  sums: usize,
  scratch: usize,
): void {
  const n = taps.outputChannels / taps.groups, rows = taps.tileRows;
  const count = max(1, runs), depth = innerSize(taps) / count, bytes = narrowBytes(n, count, depth);
  const table = scratch + bytes, column = table + <usize> (rows * count) * 4;
  memory.fill(scratch, 0, bytes);
  for (let at = begin; at < end; at++) {
    const first = at * rows, pixels = min(rows, cellCount(taps) - first);
    touchSource(taps, source, first, pixels, table);
    if (!runs) columnTile(taps, source, group, first, pixels, column);
    narrowTable(taps, group, source, first, pixels, runs, count, column, table);
    addNarrow(n, 0, count, depth, pixels, table, dy, first, taps.outputChannels, scratch);
  }
  storeNarrow(n, count, depth, scratch, sums, 16, <usize> depth * 16);
}

/** Bytes of the sums of some outputs with so many runs of `depth` values. */
export function narrowBytes(n: i32, runs: i32, depth: i32): usize {
  return <usize> (n * runs) * narrowLine(depth);
}

/**
 * Fills `table` with the address of each run of each pixel, [run][pixels].
 *
 * @param runs   of the source, that are read in place; 0 where they are in the column tile
 * @param count  as many, or into how many a copied row falls
 */
export function narrowTable(
  taps: Taps,
  group: i32,
  source: usize,
  first: i32,
  pixels: i32,
  runs: i32,
  count: i32,
  column: usize,
  table: usize,
): void {
  if (runs) {
    const skip = <usize> (group * (taps.sourceChannels / taps.groups)) * 4;
    sourceTable(taps, source + skip, first, pixels, pixels, runs, table);
    return;
  }
  const stride = <usize> taps.columnStride * 4, bytes = <usize> (innerSize(taps) / count) * 4;
  for (let run = 0; run < count; run++, column += bytes) {
    let at = column;
    for (let p = 0; p < pixels; p++, at += stride, table += 4) store<u32>(table, <u32> at);
  }
}

/**
 * Adds the products of a tile's pixels, from `first` on: of the values of `runs` runs from `run` on with the
 * gradients of n outputs, `channels` apart, to sums [outputs][runs][depth in whole vectors].
 */
export function addNarrow(
  n: i32,
  run: i32,
  runs: i32,
  depth: i32,
  pixels: i32,
  table: usize,
  dy: usize,
  first: i32,
  channels: i32,
  sums: usize,
): void {
  const step = narrowLine(depth), line = <usize> runs * step, pixel = <usize> channels * 4;
  for (let j = 0; j < n; j += 2) {
    const from = dy + <usize> first * pixel + <usize> j * 4;
    for (let r = 0; r < runs; r++) {
      const at = table + <usize> ((run + r) * pixels) * 4;
      const to = sums + <usize> j * line + <usize> r * step;
      runSums(j + 1 < n, pixels, depth, at, from, pixel, to, line);
    }
  }
}

/** Stores such sums as [runs][depth][n], `block` bytes from run to run and `ldc` from value to value. */
export function storeNarrow(
  n: i32,
  runs: i32,
  depth: i32,
  from: usize,
  to: usize,
  ldc: usize,
  block: usize,
): void {
  const step = narrowLine(depth);
  for (let j = 0; j < n; j++, to += 4) {
    for (let run = 0; run < runs; run++, from += step) {
      for (let c: usize = 0; c < <usize> depth; c++) {
        store<f32>(to + <usize> run * block + c * ldc, load<f32>(from + 4 * c));
      }
    }
  }
}

/** Adds the products of one run's values with one output's gradients, or two's. */
function runSums(
  two: bool,
  pixels: i32,
  depth: i32,
  table: usize,
  dy: usize,
  pixel: usize,
  to: usize,
  line: usize,
): void {
  const most = two ? MOST_OF_TWO : MOST;
  let skip: usize = 0;
  for (let left = (depth + 3) >> 2; left > 0; left -= most) {
    const some = min(most, left);
    if (two) sweepTwo(some, pixels, table, skip, dy, pixel, to + skip, line);
    else sweepOne(some, pixels, table, skip, dy, pixel, to + skip);
    skip += <usize> most * 16;
  }
}

function sweepOne(
  some: i32,
  pixels: i32,
  table: usize,
  skip: usize,
  dy: usize,
  pixel: usize,
  to: usize,
): void {
  let s0 = v128.load(to), s1 = v128.load(to, 16), s2 = v128.load(to, 32), s3 = v128.load(to, 48);
  let s4 = v128.load(to, 64),
    s5 = v128.load(to, 80),
    s6 = v128.load(to, 96),
    s7 = v128.load(to, 112);
  for (const end = table + <usize> pixels * 4; table < end; table += 4, dy += pixel) {
    const a = row(table, 0) + skip, d = v128.load32_splat(dy);
    s0 = madd(d, v128.load(a), s0);
    if (some > 1) s1 = madd(d, v128.load(a, 16), s1);
    if (some > 2) s2 = madd(d, v128.load(a, 32), s2);
    if (some > 3) s3 = madd(d, v128.load(a, 48), s3);
    if (some > 4) s4 = madd(d, v128.load(a, 64), s4);
    if (some > 5) s5 = madd(d, v128.load(a, 80), s5);
    if (some > 6) s6 = madd(d, v128.load(a, 96), s6);
    if (some > 7) s7 = madd(d, v128.load(a, 112), s7);
  }
  v128.store(to, s0);
  if (some > 1) v128.store(to, s1, 16);
  if (some > 2) v128.store(to, s2, 32);
  if (some > 3) v128.store(to, s3, 48);
  if (some > 4) v128.store(to, s4, 64);
  if (some > 5) v128.store(to, s5, 80);
  if (some > 6) v128.store(to, s6, 96);
  if (some > 7) v128.store(to, s7, 112);
}

function sweepTwo(
  some: i32,
  pixels: i32,
  table: usize,
  skip: usize,
  dy: usize,
  pixel: usize,
  to: usize,
  line: usize,
): void {
  const other = to + line;
  let s0 = v128.load(to), s1 = v128.load(to, 16), s2 = v128.load(to, 32);
  let s3 = v128.load(to, 48), s4 = v128.load(to, 64), s5 = v128.load(to, 80);
  let t0 = v128.load(other), t1 = v128.load(other, 16), t2 = v128.load(other, 32);
  let t3 = v128.load(other, 48), t4 = v128.load(other, 64), t5 = v128.load(other, 80);
  for (const end = table + <usize> pixels * 4; table < end; table += 4, dy += pixel) {
    const a = row(table, 0) + skip, d = v128.load32_splat(dy), e = v128.load32_splat(dy, 4);
    let x = v128.load(a);
    s0 = madd(d, x, s0), t0 = madd(e, x, t0);
    if (some > 1) x = v128.load(a, 16), s1 = madd(d, x, s1), t1 = madd(e, x, t1);
    if (some > 2) x = v128.load(a, 32), s2 = madd(d, x, s2), t2 = madd(e, x, t2);
    if (some > 3) x = v128.load(a, 48), s3 = madd(d, x, s3), t3 = madd(e, x, t3);
    if (some > 4) x = v128.load(a, 64), s4 = madd(d, x, s4), t4 = madd(e, x, t4);
    if (some > 5) x = v128.load(a, 80), s5 = madd(d, x, s5), t5 = madd(e, x, t5);
  }
  v128.store(to, s0), v128.store(other, t0);
  if (some > 1) v128.store(to, s1, 16), v128.store(other, t1, 16);
  if (some > 2) v128.store(to, s2, 32), v128.store(other, t2, 32);
  if (some > 3) v128.store(to, s3, 48), v128.store(other, t3, 48);
  if (some > 4) v128.store(to, s4, 64), v128.store(other, t4, 64);
  if (some > 5) v128.store(to, s5, 80), v128.store(other, t5, 80);
}
