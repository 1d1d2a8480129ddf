// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Two-dimensional convolution: one pass over pixels (forward, input gradient, transposed convolution
// forward: they differ in their tap tables only) and the kernel gradient.
//
//   pass over pixels, per group and tile of output pixels P:
//
//        N = out/group     K = taps·in/group      N
//     ┌───────────┐      ┌───────────────┐     ┌─────┐
//   P │     y     │ =  P │ column tile   │ · K │  w  │ + bias
//     └───────────┘      └───────────────┘     └─────┘
//
//   kernel gradient, summed over the tiles of a part of all pixels:
//
//        N                   P            N
//     ┌─────┐            ┌───────┐     ┌─────┐
//   K │ dw  │ +=       K │ colᵀ  │ · P │ dy  │
//     └─────┘            └───────┘     └─────┘
//
// Kernel array: [kernelHeight][kernelWidth][a][b], where for the forward pass a is the input channel
// within its group and b the output channel; for the input gradient the roles are exchanged.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { kernelX, kernelY, outputOffset, Taps } from "./geometry";
import { EDGE, packPanel, tiles } from "./gemm";
import { columnTile } from "./im2col";
import { MR, NR, tileTransposed } from "./microkernel";
import { parallel } from "./parallel";

@unmanaged
class Pass {
  taps: Taps;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  /** Whether the source channel is the kernel's last axis (input gradient) or its last but one (forward). */
  swapped: i32;
  /** Parts the pixels are split into for the kernel gradient, and whether each part goes tap row by tap row. */
  parts: i32;
  byRow: i32;
}

function ceil8(n: i32): i32 {
  return (n + 7) & ~7;
}

function tileCount(taps: Taps): i32 {
  const cells = taps.pictures * taps.gridHeight * taps.gridWidth;
  return (cells + taps.tileRows - 1) / taps.tileRows;
}

/** Packs one panel of eight output channels of one group: [tapsY][tapsX][channels][8]. */
function packChunk(chunk: i32, _thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const panels = (n + NR - 1) / NR, k = taps.tapsY * taps.tapsX * channels;
  const group = chunk / panels, j = (chunk % panels) * NR;
  // Bytes between neighbours along the source channel, the output channel, and the kernel's pixels.
  const last = <usize> (pass.swapped ? taps.sourceChannels : taps.outputChannels) * 4;
  const slice = last * <usize> (pass.swapped ? n : channels);
  const along = pass.swapped ? <usize> 4 : last, across = pass.swapped ? last : <usize> 4;
  const base = pass.kernel + <usize> (group * (pass.swapped ? channels : n)) * 4 +
    <usize> j * across;
  let to = workspace() + <usize> chunk * <usize> k * 32;
  for (let r = 0; r < taps.tapsY; r++) {
    for (let s = 0; s < taps.tapsX; s++) {
      const at = base + <usize> (kernelY(taps, r) * taps.kernelWidth + kernelX(taps, s)) * slice;
      packPanel(channels, n - j, at, along, across, to);
      to += <usize> channels * 32;
    }
  }
}

function passChunk(chunk: i32, thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const k = taps.tapsY * taps.tapsX * channels, tilesPerGroup = tileCount(taps);
  const group = chunk / tilesPerGroup, first = (chunk % tilesPerGroup) * taps.tileRows;
  const count = min(taps.tileRows, taps.pictures * taps.gridHeight * taps.gridWidth - first);
  const edge = scratchOf(thread), rows = edge + EDGE, spare = rows + <usize> taps.tileRows * 4;
  const column = spare + <usize> ceil8(n) * 4;
  for (let p = 0; p < taps.tileRows; p++) {
    const at = p < count
      ? pass.output + outputOffset(taps, first + p) + <usize> (group * n) * 4
      : spare;
    store<u32>(rows + <usize> p * 4, <u32> at);
  }
  columnTile(taps, pass.source, group, first, count, column);
  const panels = (n + NR - 1) / NR;
  const b = workspace() + <usize> (group * panels) * <usize> k * 32;
  const init = pass.bias ? pass.bias + <usize> (group * n) * 4 : ZEROS;
  tiles(count, n, k, column, <usize> taps.columnStride * 4, b, rows, 0, init, edge);
}

/**
 * output = bias + Σ over taps of source · kernel, for the output pixels of one tap table.
 *
 * @param bias    one value per output channel, or 0
 * @param swapped 1 where the kernel's last axis is the source's channels (input gradient)
 *
 * Workspace: groups · ⌈n/8⌉ · k · 8 floats. Scratch: see core/geometry.ts `tapsScratch`.
 */
export function conv2d_pass(
  taps: usize,
  source: usize,
  kernel: usize,
  bias: usize,
  output: usize,
  swapped: i32,
): void {
  const pass = changetype<Pass>(ARGUMENTS);
  pass.taps = changetype<Taps>(taps), pass.source = source, pass.kernel = kernel;
  pass.bias = bias, pass.output = output, pass.swapped = swapped;
  const t = pass.taps, panels = (t.outputChannels / t.groups + NR - 1) / NR;
  parallel(packChunk.index, t.groups * panels);
  parallel(passChunk.index, t.groups * tileCount(t));
}

/** Rows of dy for one tile as panels [⌈n/8⌉][P][8]. */
function packGradient(taps: Taps, dy: usize, group: i32, first: i32, count: i32, to: usize): void {
  const n = taps.outputChannels / taps.groups;
  const base = dy + <usize> (group * n) * 4, stride = <usize> taps.outputChannels * 4;
  // The forward table's grid is the whole output, so its pixels follow each other.
  const from = base + <usize> first * stride;
  for (let j = 0; j < n; j += NR) {
    packPanel(count, n - j, from + <usize> j * 4, stride, 4, to);
    to += <usize> count * 32;
  }
}

function gradientChunk(chunk: i32, thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps;
  const channels = taps.sourceChannels / taps.groups,
    n = taps.outputChannels / taps.groups,
    n8 = ceil8(n);
  const k = taps.tapsY * taps.tapsX * channels;
  const rowsOfTaps = pass.byRow ? taps.tapsY : 1, slice = k / rowsOfTaps;
  const tapRow = chunk % rowsOfTaps, group = (chunk / rowsOfTaps) % taps.groups;
  const part = chunk / rowsOfTaps / taps.groups;
  const padded = <usize> ((k + MR - 1) / MR * MR + MR);
  const sums = workspace() + <usize> (part * taps.groups + group) * padded * <usize> n8 * 4;
  const column = scratchOf(thread);
  const panels = column + <usize> (taps.tileRows * taps.columnStride) * 4;
  // This chunk's rows of dw; the last tile of six may spill into rows that the next slice owns, so it is made apart.
  const from = tapRow * slice, whole = slice / MR * MR, left = slice - whole;
  const spill = panels + <usize> (taps.tileRows * n8) * 4;
  const count = tileCount(taps), cells = taps.pictures * taps.gridHeight * taps.gridWidth;
  const begin = <i32> (<i64> count * part / pass.parts),
    end = <i32> (<i64> count * (part + 1) / pass.parts);
  const lda = <usize> taps.columnStride * 4, ldc = <usize> n8 * 4;
  for (let at = begin; at < end; at++) {
    const first = at * taps.tileRows, pixels = min(taps.tileRows, cells - first);
    columnTile(taps, pass.source, group, first, pixels, column);
    packGradient(taps, pass.output, group, first, pixels, panels);
    const keep = at > begin;
    for (let j = 0; j < n; j += NR) {
      const b = panels + <usize> (j * pixels) * 4, c = sums + <usize> j * 4;
      const a = column + <usize> from * 4;
      for (let i = 0; i < whole; i += MR) {
        tileTransposed(
          pixels,
          a + <usize> i * 4,
          lda,
          b,
          32,
          c + <usize> (from + i) * ldc,
          ldc,
          keep,
        );
      }
      if (left) {
        tileTransposed(pixels, a + <usize> whole * 4, lda, b, 32, spill + <usize> j * 4, ldc, keep);
      }
    }
  }
  if (begin == end) memory.fill(sums + <usize> from * ldc, 0, <usize> slice * ldc);
  else if (left) memory.copy(sums + <usize> (from + whole) * ldc, spill, <usize> left * ldc);
}

/** Adds the parts in order: dw[kernel pixel][channel][output] += Σ parts. A chunk is one tap of one group. */
function sumChunk(chunk: i32, _thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps;
  const channels = taps.sourceChannels / taps.groups,
    n = taps.outputChannels / taps.groups,
    n8 = ceil8(n);
  const k = taps.tapsY * taps.tapsX * channels, padded = <usize> ((k + MR - 1) / MR * MR + MR);
  const tapsInAll = taps.tapsY * taps.tapsX, group = chunk / tapsInAll, tap = chunk % tapsInAll;
  const stride = padded * <usize> n8 * 4 * <usize> taps.groups;
  const last = <usize> taps.outputChannels * 4;
  for (let c = 0; c < channels; c++) {
    const from = workspace() +
      (<usize> group * padded + <usize> (tap * channels + c)) * <usize> n8 * 4;
    const to = pass.kernel + <usize> (tap * channels + c) * last + <usize> (group * n) * 4;
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      let sum = v128.load(to + <usize> j * 4), at = from + <usize> j * 4;
      for (let part = 0; part < pass.parts; part++) {
        sum = f32x4.add(sum, v128.load(at));
        at += stride;
      }
      v128.store(to + <usize> j * 4, sum);
    }
    for (; j < n; j++) {
      let sum = load<f32>(to + <usize> j * 4), at = from + <usize> j * 4;
      for (let part = 0; part < pass.parts; part++) {
        sum += load<f32>(at);
        at += stride;
      }
      store<f32>(to + <usize> j * 4, sum);
    }
  }
}

/**
 * dkernel += Σ over output pixels of sourceᵀ · dy, for the forward tap table.
 *
 * The pixels are split into `parts` (fixed by the geometry, not by the threads) whose sums are added
 * in order. Workspace: parts · groups · (k rounded up to 6, plus 6) · (n rounded up to 8) floats.
 */
export function conv2d_kernel_gradient(
  taps: usize,
  source: usize,
  dy: usize,
  dkernel: usize,
  parts: i32,
  byRow: i32,
): void {
  const pass = changetype<Pass>(ARGUMENTS);
  pass.taps = changetype<Taps>(taps), pass.source = source, pass.kernel = dkernel;
  pass.output = dy, pass.parts = parts, pass.byRow = byRow;
  const t = pass.taps;
  parallel(gradientChunk.index, parts * t.groups * (byRow ? t.tapsY : 1));
  parallel(sumChunk.index, t.groups * t.tapsY * t.tapsX);
}
