// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The kernel gradient of conv2d.ts, for any geometry.
//
//        N                   P            N
//     ┌─────┐            ┌───────┐     ┌─────┐
//   K │ dw  │ +=       K │ colᵀ  │ · P │ dy  │
//     └─────┘            └───────┘     └─────┘
//
// It is summed over the tiles of a part of all pixels; the parts, whose number is fixed, are added in order.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { tileCount } from "./conv2d";
import {
  cellCount,
  innerSize,
  kernelX,
  kernelY,
  offsetX,
  offsetY,
  sourcePixel,
  Taps,
} from "./geometry";
import {
  addNarrow,
  narrowBytes,
  narrowGradient,
  narrowTable,
  storeNarrow,
} from "./conv2d_gradient_narrow";
import { wideColumns } from "./conv2d_product";
import { packPanel, wholePanels } from "./gemm";
import { columnTile } from "./im2col";
import { MR, tileColumns } from "./microkernel";
import { stripTransposed } from "./microkernel_transposed";
import { parallel } from "./parallel";
import { touch, touchSource } from "./touch";

@unmanaged
class KernelGradient {
  taps: Taps;
  source: usize;
  dy: usize;
  kernel: usize;
  /** Parts the pixels are split into. */
  parts: i32;
  /** Slices of k: one, or the rows of taps. */
  slices: i32;
  /** Whether every slice of a part is a chunk of its own. */
  apart: i32;
  /** Runs of the source that a cell is read from in place; 0 where it is copied. */
  runs: i32;
}

/** Rows that the partial sums of a slice take: whole register tiles. */
function sliceRows(g: KernelGradient): i32 {
  return (innerSize(g.taps) / g.slices + MR - 1) / MR * MR;
}

function gradientChunk(chunk: i32, thread: i32): void {
  const g = changetype<KernelGradient>(ARGUMENTS), taps = g.taps, wide = tileColumns();
  const n = taps.outputChannels / taps.groups, width = wholePanels(n);
  const each = g.apart ? g.slices : 1, some = g.slices / each, slice = chunk % each;
  const group = (chunk / each) % taps.groups, part = chunk / each / taps.groups;
  const rows = sliceRows(g), depth = innerSize(taps) / g.slices, ldc = <usize> width * 4;
  const sums = workspace() +
    <usize> ((part * taps.groups + group) * g.slices + slice) * <usize> rows * ldc;
  const count = tileCount(taps), cells = cellCount(taps);
  const begin = <i32> (<i64> count * part / g.parts),
    end = <i32> (<i64> count * (part + 1) / g.parts);
  const column = scratchOf(thread), out = <usize> (group * n) * 4;
  if (wide == 4) {
    narrowGradient(taps, group, g.source, g.dy + out, begin, end, g.runs, sums, column);
    return;
  }
  const sink = column + <usize> (taps.tileRows * taps.columnStride) * 4;
  // The last columns may be narrow; their sums join the others in the end.
  const columns = wideColumns(taps), tail = n - columns, skip = <usize> columns * 4;
  const table = sink + 64, last = table + <usize> (taps.tileRows * g.slices) * 4;
  memory.fill(last, 0, narrowBytes(tail, some, depth));
  const pixel = <usize> taps.outputChannels * 4;
  memory.fill(sums, 0, <usize> (some * rows) * ldc);
  for (let at = begin; at < end; at++) {
    const first = at * taps.tileRows, pixels = min(taps.tileRows, cells - first);
    touchSource(taps, g.source, first, pixels, column);
    if (!g.runs) columnTile(taps, g.source, group, first, pixels, column);
    // The forward table's grid is the whole output, so its pixels follow each other.
    const dy = g.dy + <usize> first * pixel + out;
    if (taps.groups == 1) touch(dy, <usize> pixels * pixel, 64, sink);
    for (let j = 0; j < columns; j += wide) {
      // The last panel holds the last columns, some of which the one before has too; a panel of too few
      // columns makes sums with what follows a pixel's, which nobody reads.
      const b = dy + <usize> max(min(j, columns - wide), 0) * 4;
      const c = sums + <usize> j * 4;
      if (g.runs) runProducts(g, group, first, pixels, slice, some, b, pixel, c, ldc);
      else {
        const a = column + <usize> (slice * depth) * 4, lda = <usize> taps.columnStride * 4;
        stripTransposed(rows, pixels, a, lda, b, pixel, c, ldc, true);
      }
    }
    if (!tail) continue;
    narrowTable(taps, group, g.source, first, pixels, g.runs, g.slices, column, table);
    const at = g.dy + out + skip;
    addNarrow(tail, slice, some, depth, pixels, table, at, first, taps.outputChannels, last);
  }
  storeNarrow(tail, some, depth, last, sums + skip, ldc, <usize> rows * ldc);
}

/** Adds the products of a tile's pixels, row by row of the grid and of the taps, reading the source in place. */
function runProducts(
  g: KernelGradient,
  group: i32,
  first: i32,
  pixels: i32,
  slice: i32,
  slices: i32,
  b: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
): void {
  const taps = g.taps, rows = sliceRows(g), width = taps.gridWidth;
  const channels = taps.sourceChannels / taps.groups, skip = <usize> (group * channels) * 4;
  const step = <usize> (taps.stepX * taps.sourceChannels) * 4;
  for (let p = first, end = first + pixels; p < end;) {
    const row = p / width, j = p - row * width, some = min(width - j, end - p);
    const n = row / taps.gridHeight, y = (row - n * taps.gridHeight) * taps.stepY;
    const x = j * taps.stepX + offsetX(taps, 0);
    for (let r = 0; r < slices; r++) {
      const a = sourcePixel(taps, g.source, n, y + offsetY(taps, slice + r), x);
      if (a == ZEROS) continue;
      const to = c + <usize> (r * rows) * ldc;
      stripTransposed(rows, some, a + skip, step, b, ldb, to, ldc, true);
    }
    b += <usize> some * ldb, p += some;
  }
}

/** Adds the parts in order: dw[kernel pixel][channel][output] += Σ parts. A chunk is one tap of one group. */
function sumChunk(chunk: i32, _thread: i32): void {
  const g = changetype<KernelGradient>(ARGUMENTS), taps = g.taps;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const width = <usize> wholePanels(n) * 4, rows = sliceRows(g);
  const tapCount = taps.tapsY * taps.tapsX, group = chunk / tapCount, tap = chunk % tapCount;
  const stride = <usize> (taps.groups * g.slices * rows) * width;
  const inSlice = tapCount / g.slices, slice = tap / inSlice;
  const first = (group * g.slices + slice) * rows + (tap - slice * inSlice) * channels;
  const last = <usize> taps.outputChannels * 4;
  const pixel = kernelY(taps, tap / taps.tapsX) * taps.kernelWidth +
    kernelX(taps, tap % taps.tapsX);
  // Columns of the last panel that the one before had.
  const wide = tileColumns(), lapped = wide > 4 && wideColumns(taps) == n && n > wide;
  const whole = lapped ? n / wide * wide : n, skip = whole + wide - n;
  for (let c = 0; c < channels; c++) {
    const from = workspace() + <usize> (first + c) * width;
    const to = g.kernel + <usize> (pixel * channels + c) * last + <usize> (group * n) * 4;
    addParts(whole, g.parts, from, stride, to);
    addParts(n - whole, g.parts, from + <usize> (whole + skip) * 4, stride, to + <usize> whole * 4);
  }
}

/** to[j] += Σ over parts of from[part][j], for j < n. */
export function addParts(n: i32, parts: i32, from: usize, stride: usize, to: usize): void {
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    let sum = v128.load(to + <usize> j * 4), at = from + <usize> j * 4;
    for (let part = 0; part < parts; part++) {
      sum = f32x4.add(sum, v128.load(at));
      at += stride;
    }
    v128.store(to + <usize> j * 4, sum);
  }
  for (; j < n; j++) {
    let sum = load<f32>(to + <usize> j * 4), at = from + <usize> j * 4;
    for (let part = 0; part < parts; part++) {
      sum += load<f32>(at);
      at += stride;
    }
    store<f32>(to + <usize> j * 4, sum);
  }
}

/**
 * dkernel += Σ over output pixels of sourceᵀ · dy, for the forward tap table.
 *
 * The pixels are split into `parts` (fixed by the geometry, not by the threads) whose sums are added
 * in order; k into `slices`, one or the rows of taps, which are chunks of their own where `apart`. `runs`
 * as of conv2d_pass; for more than four outputs of a group they are rows of taps, if any.
 * Workspace: parts · groups · slices · (k / slices rounded up to 6) · (n rounded up to 16) floats.
 */
export function conv2d_kernel_gradient(
  taps: usize,
  source: usize,
  dy: usize,
  dkernel: usize,
  parts: i32,
  slices: i32,
  apart: i32,
  runs: i32,
): void {
  const g = changetype<KernelGradient>(ARGUMENTS);
  g.taps = changetype<Taps>(taps), g.source = source, g.kernel = dkernel;
  g.dy = dy, g.parts = parts, g.slices = slices, g.apart = apart, g.runs = runs;
  const t = g.taps;
  parallel(gradientChunk.index, parts * t.groups * (apart ? slices : 1));
  parallel(sumChunk.index, t.groups * t.tapsY * t.tapsX);
}
