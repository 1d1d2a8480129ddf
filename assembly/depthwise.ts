// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Depthwise convolution, one filter a channel: the channels fill the lanes, nothing is packed.
//
//   y[p][c] = bias[c] + Σ over taps of x[source(p, tap)][c] · w[tap][c]
//
// One pass over pixels, for all tap tables together; depthwise_gradient.ts has the kernel gradient.

import { ARGUMENTS, scratchOf, ZEROS } from "./memory";
import { fillRun, makePattern, patternBytes } from "./fill";
import { finish } from "./finish";
import { kernelX, kernelY, offsetX, offsetY, outputPixel, Taps } from "./geometry";
import { parallel } from "./parallel";
import { madd } from "./simd";
import { touch } from "./touch";

/** Output pixels a chunk makes, about. */
const PIXELS: i32 = 128;

@unmanaged
export class Depthwise {
  taps: Taps;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  low: f32;
  gate: i32;
  /** Whether pixels that no tap reaches are filled before, with all others. */
  fills: bool;
}

/** The same, and all tables of the pass. */
@unmanaged
class Pass extends Depthwise {
  tables: usize;
  count: i32;
}

/**
 * Fills a table with the addresses of source pixel and kernel slice for the taps from (top, left) to
 * before (bottom, right) of a cell; returns its end.
 *
 * @param line the source's row of the cell, from whose column `x` the taps are offset
 */
function tapsOf(
  d: Depthwise,
  line: usize,
  top: i32,
  bottom: i32,
  x: i32,
  left: i32,
  right: i32,
  to: usize,
): usize {
  const taps = d.taps, pixel = <usize> taps.sourceChannels * 4;
  for (let r = top; r < bottom; r++) {
    const from = line + <usize> (offsetY(taps, r) * taps.sourceWidth + x) * pixel;
    const w = d.kernel + <usize> (kernelY(taps, r) * taps.kernelWidth) * pixel;
    for (let s = left; s < right; s++, to += 8) {
      store<u32>(to, <u32> (from + <usize> offsetX(taps, s) * pixel));
      store<u32>(to, <u32> (w + <usize> kernelX(taps, s) * pixel), 4);
    }
  }
  return to;
}

/** Where the vector at channel `c` begins: the last overlaps the one before, unless a gate would see its results. */
function lastFour(d: Depthwise, c: i32): i32 {
  const last = d.taps.outputChannels - 4;
  return d.gate || last < 0 ? c : min(c, last);
}

/** Stores the first lanes of four sums that lie in `sums`, `step` bytes apart. */
function storeFour(d: Depthwise, sums: usize, to: usize, step: usize, lanes: i32): void {
  for (const end = sums + 64; sums < end; sums += 16, to += step) {
    finish(to, v128.load(sums), lanes, d.low, d.gate);
  }
}

/**
 * Four cells that follow each other, `step` bytes apart in the source and `wide` in the output.
 *
 * @param found,last the taps of a cell of this row, `skip` bytes before the first of these
 * @param sums room for four vectors
 */
function fourCells(
  d: Depthwise,
  found: usize,
  last: usize,
  skip: usize,
  out: usize,
  step: usize,
  wide: usize,
  sums: usize,
): void {
  const channels = d.taps.outputChannels, floor = f32x4.splat(d.low);
  let c = 0;
  for (; c + 8 <= channels; c += 8) {
    const lane = <usize> c * 4, start = d.bias ? d.bias + lane : ZEROS;
    let w0 = v128.load(start), w1 = v128.load(start, 16);
    let a0 = w0, a1 = w1, b0 = w0, b1 = w1, c0 = w0, c1 = w1, d0 = w0, d1 = w1;
    for (let at = found; at < last; at += 8) {
      const w = <usize> load<u32>(at, 4) + lane;
      let x = <usize> load<u32>(at) + skip + lane;
      w0 = v128.load(w), w1 = v128.load(w, 16);
      a0 = madd(v128.load(x), w0, a0), a1 = madd(v128.load(x, 16), w1, a1), x += step;
      b0 = madd(v128.load(x), w0, b0), b1 = madd(v128.load(x, 16), w1, b1), x += step;
      c0 = madd(v128.load(x), w0, c0), c1 = madd(v128.load(x, 16), w1, c1), x += step;
      d0 = madd(v128.load(x), w0, d0), d1 = madd(v128.load(x, 16), w1, d1);
    }
    let to = out + lane;
    if (d.gate) {
      v128.store(sums, a0), v128.store(sums, b0, 16), v128.store(sums, c0, 32);
      v128.store(sums, d0, 48), storeFour(d, sums, to, wide, 4), to += 16;
      v128.store(sums, a1), v128.store(sums, b1, 16), v128.store(sums, c1, 32);
      v128.store(sums, d1, 48), storeFour(d, sums, to, wide, 4);
      continue;
    }
    v128.store(to, f32x4.pmax(a0, floor)), v128.store(to, f32x4.pmax(a1, floor), 16), to += wide;
    v128.store(to, f32x4.pmax(b0, floor)), v128.store(to, f32x4.pmax(b1, floor), 16), to += wide;
    v128.store(to, f32x4.pmax(c0, floor)), v128.store(to, f32x4.pmax(c1, floor), 16), to += wide;
    v128.store(to, f32x4.pmax(d0, floor)), v128.store(to, f32x4.pmax(d1, floor), 16);
  }
  for (; c < channels; c += 4) {
    const first = lastFour(d, c), lane = <usize> first * 4;
    let w = v128.load(d.bias ? d.bias + lane : ZEROS), s0 = w, s1 = w, s2 = w, s3 = w;
    for (let at = found; at < last; at += 8) {
      let x = <usize> load<u32>(at) + skip + lane;
      w = v128.load(<usize> load<u32>(at, 4) + lane);
      s0 = madd(v128.load(x), w, s0), x += step;
      s1 = madd(v128.load(x), w, s1), x += step;
      s2 = madd(v128.load(x), w, s2), x += step;
      s3 = madd(v128.load(x), w, s3);
    }
    let to = out + lane;
    if (channels - first < 4 || d.gate) {
      v128.store(sums, s0), v128.store(sums, s1, 16), v128.store(sums, s2, 32);
      v128.store(sums, s3, 48), storeFour(d, sums, to, wide, channels - first);
      continue;
    }
    v128.store(to, f32x4.pmax(s0, floor)), to += wide;
    v128.store(to, f32x4.pmax(s1, floor)), to += wide;
    v128.store(to, f32x4.pmax(s2, floor)), to += wide;
    v128.store(to, f32x4.pmax(s3, floor));
  }
}

/** One cell, with the taps that it has. */
function oneCell(d: Depthwise, found: usize, last: usize, out: usize, sums: usize): void {
  const channels = d.taps.outputChannels, floor = f32x4.splat(d.low);
  let c = 0;
  for (; c + 16 <= channels; c += 16) {
    const lane = <usize> c * 4, start = d.bias ? d.bias + lane : ZEROS;
    let s0 = v128.load(start), s1 = v128.load(start, 16);
    let s2 = v128.load(start, 32), s3 = v128.load(start, 48);
    for (let at = found; at < last; at += 8) {
      const x = <usize> load<u32>(at) + lane, w = <usize> load<u32>(at, 4) + lane;
      s0 = madd(v128.load(x), v128.load(w), s0);
      s1 = madd(v128.load(x, 16), v128.load(w, 16), s1);
      s2 = madd(v128.load(x, 32), v128.load(w, 32), s2);
      s3 = madd(v128.load(x, 48), v128.load(w, 48), s3);
    }
    const to = out + lane;
    if (d.gate) {
      v128.store(sums, s0), v128.store(sums, s1, 16), v128.store(sums, s2, 32);
      v128.store(sums, s3, 48), storeFour(d, sums, to, 16, 4);
      continue;
    }
    v128.store(to, f32x4.pmax(s0, floor)), v128.store(to, f32x4.pmax(s1, floor), 16);
    v128.store(to, f32x4.pmax(s2, floor), 32), v128.store(to, f32x4.pmax(s3, floor), 48);
  }
  for (; c < channels; c += 4) {
    const first = lastFour(d, c), lane = <usize> first * 4, to = out + lane;
    let sum = v128.load(d.bias ? d.bias + lane : ZEROS);
    for (let at = found; at < last; at += 8) {
      const x = <usize> load<u32>(at) + lane, w = <usize> load<u32>(at, 4) + lane;
      sum = madd(v128.load(x), v128.load(w), sum);
    }
    if (channels - first >= 4 && !d.gate) v128.store(to, f32x4.pmax(sum, floor));
    else finish(to, sum, channels - first, d.low, d.gate);
  }
}

/** Rows of the grids a chunk makes: so many that the first has about PIXELS cells. */
function rowsOf(taps: Taps): i32 {
  return max(1, PIXELS / taps.gridWidth);
}

/** Touches the rows of the source that row (n, i) reads; those below the row above's only, unless `all`. */
export function touchSource(d: Depthwise, n: i32, i: i32, all: bool, sink: usize): void {
  const taps = d.taps, line = <usize> (taps.sourceWidth * taps.sourceChannels) * 4;
  const last = i * taps.stepY + offsetY(taps, taps.tapsY - 1);
  const next = all ? i * taps.stepY + offsetY(taps, 0) : last - taps.stepY + 1;
  const first = max(next, 0), rows = min(last + 1, taps.sourceHeight) - first;
  if (rows <= 0) return;
  touch(d.source + <usize> (n * taps.sourceHeight + first) * line, <usize> rows * line, 64, sink);
}

/**
 * Row i of picture n of one table's grid. Taps ascend, so those that lie in the picture are
 * neighbours, and which they are moves one way from cell to cell. Cells with all taps of a row come
 * in fours and share a table.
 */
function passRow(d: Depthwise, n: i32, i: i32, sums: usize): void {
  const taps = d.taps, tapsX = taps.tapsX, width = taps.gridWidth, size = taps.sourceWidth;
  const y = i * taps.stepY, pixel = <usize> taps.sourceChannels * 4;
  const line = d.source + <usize> ((n * taps.sourceHeight + y) * size) * pixel;
  let top = 0, bottom = taps.tapsY;
  while (top < bottom && y + offsetY(taps, top) < 0) top++;
  while (bottom > top && y + offsetY(taps, bottom - 1) >= taps.sourceHeight) bottom--;
  const found = sums + 64, inner = found + <usize> (bottom - top) * <usize> tapsX * 8;
  const step = <usize> taps.stepX * pixel;
  const wide = <usize> (taps.strideX * taps.outputChannels) * 4;
  // Past the last cell that three more with all their taps follow.
  const reach = tapsX ? size - 1 - offsetX(taps, tapsX - 1) : 0;
  const end = min(width, tapsX ? (reach < 0 ? 0 : reach / taps.stepX + 1) : width) - 3;
  let left = tapsX, right = tapsX, shared = -1, last = inner;
  let out = d.output + outputPixel(taps, n, i, 0);
  for (let j = 0; j < width;) {
    const x = j * taps.stepX;
    while (left > 0 && x + offsetX(taps, left - 1) >= 0) left--;
    while (right > left && x + offsetX(taps, right - 1) >= size) right--;
    if (left == 0 && j < end) {
      if (shared < 0) shared = j, last = tapsOf(d, line, top, bottom, x, 0, tapsX, inner);
      fourCells(d, inner, last, <usize> (j - shared) * step, out, step, wide, sums);
      j += 4, out += 4 * wide;
    } else {
      const some = tapsOf(d, line, top, bottom, x, left, right, found);
      if (some > found || !d.fills) oneCell(d, found, some, out, sums);
      j++, out += wide;
    }
  }
}

/** Fills the rows of the output that belong to row i of the grids of picture n. */
function fillRows(d: Depthwise, n: i32, i: i32, pattern: usize): void {
  const taps = d.taps, first = i * taps.strideY, last = i == taps.gridHeight - 1;
  const end = last ? taps.outputHeight : first + taps.strideY;
  const line = <usize> (taps.outputWidth * taps.outputChannels) * 4;
  const to = d.output + <usize> (n * taps.outputHeight + first) * line;
  fillRun(to, <usize> (end - first) * line, pattern, patternBytes(taps.outputChannels));
}

/** A few rows of all grids: phases that share rows of the output are made while those are near. */
function passChunk(chunk: i32, thread: i32): void {
  const p = changetype<Pass>(ARGUMENTS), sink = scratchOf(thread);
  const d = changetype<Depthwise>(sink + 64), scratch = sink + 128;
  memory.copy(changetype<usize>(d), ARGUMENTS, offsetof<Depthwise>());
  const taps = changetype<Taps>(<usize> load<u32>(p.tables));
  const some = rowsOf(taps), rows = taps.pictures * taps.gridHeight;
  const first = chunk * some, end = min(rows, first + some);
  const pixel = <usize> taps.outputChannels * 4;
  const pattern = scratch + 64 + <usize> (taps.kernelHeight * taps.kernelWidth) * 16;
  if (d.fills) makePattern(taps.outputChannels, d.bias, d.low, pattern);
  for (let row = first; row < end; row++) {
    const n = row / taps.gridHeight, i = row - n * taps.gridHeight;
    if (d.fills) d.taps = taps, fillRows(d, n, i, pattern);
    for (let q = 0; q < p.count; q++) {
      d.taps = changetype<Taps>(<usize> load<u32>(p.tables + <usize> q * 4));
      if (i >= d.taps.gridHeight) continue;
      if (d.taps.tapsX * d.taps.tapsY) touchSource(d, n, i, i == 0 || row == first, sink);
      const out = d.output + outputPixel(d.taps, n, i, 0);
      if (d.taps.strideX > 1 && d.taps.startX == 0 && !d.fills) {
        touch(out, <usize> taps.outputWidth * pixel, 64, sink);
      }
      passRow(d, n, i, scratch);
    }
  }
}

/**
 * output = max(low, bias + depthwise convolution of the source), for the output pixels of all `count`
 * tables, which differ in their taps and output cells only; the first has at least as many rows as any.
 * A table without taps becomes the bias.
 *
 * @param fills 1 where some tables without taps are left out: pixels that no tap reaches are filled first
 *
 * Scratch: 704 bytes, 16 a tap and 16 a channel.
 */
export function depthwise_pass(
  tables: usize,
  count: i32,
  source: usize,
  kernel: usize,
  bias: usize,
  output: usize,
  low: f32,
  gate: i32,
  fills: i32,
): void {
  const d = changetype<Depthwise>(ARGUMENTS), p = changetype<Pass>(ARGUMENTS);
  d.taps = changetype<Taps>(<usize> load<u32>(tables));
  d.source = source, d.kernel = kernel, d.bias = bias, d.output = output;
  d.low = low, d.gate = gate, d.fills = fills != 0, p.tables = tables, p.count = count;
  const rows = d.taps.pictures * d.taps.gridHeight, some = rowsOf(d.taps);
  parallel(passChunk.index, (rows + some - 1) / some);
}
