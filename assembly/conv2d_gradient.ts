// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The kernel gradient of conv2d.ts, for any geometry.
//
//        N                   P            N
//     ┌─────┐            ┌───────┐     ┌─────┐
//   K │ dw  │ +=       K │ colᵀ  │ · P │ dy  │
//     └─────┘            └───────┘     └─────┘
//
// It is summed over the tiles of a part of all pixels; the parts, whose number is fixed, are added in order.

import { ARGUMENTS, scratchOf, workspace } from "./memory";
import { tileCount, touchLines } from "./conv2d";
import { cellCount, innerSize, kernelX, kernelY, Taps } from "./geometry";
import { packPanel, wholePanels } from "./gemm";
import { columnTile } from "./im2col";
import { MR, tileColumns } from "./microkernel";
import { stripTransposed } from "./microkernel_transposed";
import { parallel } from "./parallel";
import { touch } from "./touch";

@unmanaged
class KernelGradient {
  taps: Taps;
  source: usize;
  dy: usize;
  kernel: usize;
  /** Parts the pixels are split into, and whether each part goes tap row by tap row. */
  parts: i32;
  byRow: i32;
}

/** Packs one tile's pixels of a group, from `dy` on, as panels [panel][P][columns]. */
function packGradient(taps: Taps, dy: usize, count: i32, to: usize): void {
  const n = taps.outputChannels / taps.groups, wide = tileColumns();
  const pixel = <usize> taps.outputChannels * 4;
  for (let p = 0; p < count; p++) touch(dy + <usize> p * pixel, <usize> n * 4, 64, to);
  for (let j = 0; j < n; j += wide) {
    packPanel(count, n - j, dy + <usize> j * 4, pixel, 4, to);
    to += <usize> (count * wide) * 4;
  }
}

/** Rows that the partial sums of one group take: k, and room for the last six. */
function sumRows(taps: Taps): usize {
  return <usize> ((innerSize(taps) + MR - 1) / MR * MR + MR);
}

function gradientChunk(chunk: i32, thread: i32): void {
  const g = changetype<KernelGradient>(ARGUMENTS), taps = g.taps, wide = tileColumns();
  const n = taps.outputChannels / taps.groups, width = wholePanels(n);
  const rowsOfTaps = g.byRow ? taps.tapsY : 1, slice = innerSize(taps) / rowsOfTaps;
  const tapRow = chunk % rowsOfTaps, group = (chunk / rowsOfTaps) % taps.groups;
  const part = chunk / rowsOfTaps / taps.groups;
  const sums = workspace() +
    <usize> (part * taps.groups + group) * sumRows(taps) * <usize> width * 4;
  const column = scratchOf(thread);
  const panels = column + <usize> (taps.tileRows * taps.columnStride) * 4;
  // This chunk's rows of dw; the last tile of six may spill into rows that the next slice owns, so it is made apart.
  const from = tapRow * slice, whole = slice / MR * MR, left = slice - whole;
  const spill = panels + <usize> (taps.tileRows * width) * 4;
  const count = tileCount(taps), cells = cellCount(taps);
  const begin = <i32> (<i64> count * part / g.parts),
    end = <i32> (<i64> count * (part + 1) / g.parts);
  // dy is read in place where its channels fill whole panels, and packed into padded ones elsewhere.
  const packed = n % wide != 0, pixel = <usize> taps.outputChannels * 4;
  const lda = <usize> taps.columnStride * 4, ldc = <usize> width * 4;
  const ldb = packed ? <usize> wide * 4 : pixel;
  for (let at = begin; at < end; at++) {
    const first = at * taps.tileRows, pixels = min(taps.tileRows, cells - first);
    touchLines(taps, g.source, first, pixels, column);
    columnTile(taps, g.source, group, first, pixels, column);
    // The forward table's grid is the whole output, so its pixels follow each other.
    const dy = g.dy + <usize> first * pixel + <usize> (group * n) * 4;
    if (packed) packGradient(taps, dy, pixels, panels);
    else if (taps.groups == 1) touch(dy, <usize> pixels * pixel, 64, panels);
    const keep = at > begin;
    for (let j = 0; j < n; j += wide) {
      const b = packed ? panels + <usize> (j * pixels) * 4 : dy + <usize> j * 4;
      const a = column + <usize> from * 4;
      const c = sums + <usize> j * 4 + <usize> from * ldc;
      stripTransposed(whole, pixels, a, lda, b, ldb, c, ldc, keep);
      if (left) {
        const rest = a + <usize> whole * 4;
        stripTransposed(MR, pixels, rest, lda, b, ldb, spill + <usize> j * 4, ldc, keep);
      }
    }
  }
  if (begin == end) memory.fill(sums + <usize> from * ldc, 0, <usize> slice * ldc);
  else if (left) memory.copy(sums + <usize> (from + whole) * ldc, spill, <usize> left * ldc);
}

/** Adds the parts in order: dw[kernel pixel][channel][output] += Σ parts. A chunk is one tap of one group. */
function sumChunk(chunk: i32, _thread: i32): void {
  const g = changetype<KernelGradient>(ARGUMENTS), taps = g.taps;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const width = <usize> wholePanels(n), rows = sumRows(taps);
  const tapCount = taps.tapsY * taps.tapsX, group = chunk / tapCount, tap = chunk % tapCount;
  const stride = rows * width * 4 * <usize> taps.groups;
  const last = <usize> taps.outputChannels * 4;
  const pixel = kernelY(taps, tap / taps.tapsX) * taps.kernelWidth +
    kernelX(taps, tap % taps.tapsX);
  for (let c = 0; c < channels; c++) {
    const from = workspace() + (<usize> group * rows + <usize> (tap * channels + c)) * width * 4;
    const to = g.kernel + <usize> (pixel * channels + c) * last + <usize> (group * n) * 4;
    addParts(n, g.parts, from, stride, to);
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
 * in order. Workspace: parts · groups · (k rounded up to 6, plus 6) · (n rounded up to 16) floats.
 */
export function conv2d_kernel_gradient(
  taps: usize,
  source: usize,
  dy: usize,
  dkernel: usize,
  parts: i32,
  byRow: i32,
): void {
  const g = changetype<KernelGradient>(ARGUMENTS);
  g.taps = changetype<Taps>(taps), g.source = source, g.kernel = dkernel;
  g.dy = dy, g.parts = parts, g.byRow = byRow;
  const t = g.taps;
  parallel(gradientChunk.index, parts * t.groups * (byRow ? t.tapsY : 1));
  parallel(sumChunk.index, t.groups * t.tapsY * t.tapsX);
}
