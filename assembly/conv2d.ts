// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Two-dimensional convolution: one pass over pixels (forward, input gradient, transposed convolution
// forward: they differ in their tap tables only) and the kernel gradient. Any geometry; winograd.ts has
// the faster ways for small dense kernels, depthwise.ts the one for one channel a group, planar.ts the
// one for few channels, scatter.ts the one for few output channels and tiny pictures.
//
//   pass over pixels, per group and tile of output pixels P:
//
//        N = out/group     K = taps·in/group      N
//     ┌───────────┐      ┌───────────────┐     ┌─────┐
//   P │     y     │ =  P │ source pixels │ · K │  w  │ + bias
//     └───────────┘      └───────────────┘     └─────┘
//
//   kernel gradient, summed over the tiles of a part of all pixels:
//
//        N                   P            N
//     ┌─────┐            ┌───────┐     ┌─────┐
//   K │ dw  │ +=       K │ colᵀ  │ · P │ dy  │
//     └─────┘            └───────┘     └─────┘
//
// The source is either copied into a column tile (im2col.ts: few channels, where the runs would be
// short) or read in place through a table with the address of each pixel under each tap (Dukhan 2019,
// "The Indirect Convolution Algorithm"); pixels outside the picture are the block of zeros.
//
// Kernel array: [kernelHeight][kernelWidth][a][b], where for the forward pass a is the input channel
// within its group and b the output channel; for the input gradient the roles are exchanged.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import {
  cellCount,
  innerSize,
  kernelX,
  kernelY,
  offsetX,
  offsetY,
  outputOffset,
  sourcePixel,
  Taps,
} from "./geometry";
import { EDGE, packPanel, tiles, wholePanels } from "./gemm";
import { columnTile } from "./im2col";
import { MR, tileColumns } from "./microkernel";
import { narrowLine, packNarrow } from "./microkernel_narrow";
import { stripTransposed } from "./microkernel_transposed";
import { parallel } from "./parallel";
import { touch } from "./touch";

@unmanaged
class Pass {
  taps: Taps;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  /** Whether the source channel is the kernel's last axis (input gradient) or its last but one (forward). */
  swapped: i32;
  /** Whether source pixels are read in place. */
  indirect: i32;
  low: f32;
  /** Whether to keep only results where the output held something above 0. */
  gate: i32;
  /** Parts the pixels are split into for the kernel gradient, and whether each part goes tap row by tap row. */
  parts: i32;
  byRow: i32;
}

function tileCount(taps: Taps): i32 {
  return (cellCount(taps) + taps.tileRows - 1) / taps.tileRows;
}

/**
 * Packs the kernel slices of tap (r, s) for one panel of output channels of one group: [channels][columns].
 *
 * @param panel which panel, counted through all groups
 * @param line  for narrow products, bytes from one of up to four columns to the next
 */
export function packTap(
  taps: Taps,
  kernel: usize,
  swapped: bool,
  panel: i32,
  r: i32,
  s: i32,
  to: usize,
  line: usize = 0,
): void {
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const panels = wholePanels(n) / tileColumns();
  const group = panel / panels, j = (panel % panels) * tileColumns();
  // Bytes between neighbours along the source channel, the output channel, and the kernel's pixels.
  const last = <usize> (swapped ? taps.sourceChannels : taps.outputChannels) * 4;
  const slice = last * <usize> (swapped ? n : channels);
  const along = swapped ? <usize> 4 : last, across = swapped ? last : <usize> 4;
  const at = kernel + <usize> (group * (swapped ? channels : n)) * 4 + <usize> j * across +
    <usize> (kernelY(taps, r) * taps.kernelWidth + kernelX(taps, s)) * slice;
  if (line) packNarrow(channels, n - j, at, along, across, to, line);
  else packPanel(channels, n - j, at, along, across, to);
}

/** Bytes of a column of a narrow product's panel: under each tap, or (copied) of all taps together; 0 for a wide product. */
function lineOf(pass: Pass): usize {
  const taps = pass.taps;
  if (tileColumns() > 4) return 0;
  return narrowLine(pass.indirect ? taps.sourceChannels / taps.groups : innerSize(taps));
}

/** Bytes of the packed weights of one panel of one group. */
function panelBytes(pass: Pass): usize {
  const taps = pass.taps, line = lineOf(pass);
  if (!line) return <usize> (innerSize(taps) * tileColumns()) * 4;
  return 4 * line * <usize> (pass.indirect ? taps.tapsY * taps.tapsX : 1);
}

/** Packs one panel of one group: [tapsY][tapsX][channels][columns], narrow ones as microkernel_narrow.ts says. */
function packChunk(panel: i32, _thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps, line = lineOf(pass);
  const bytes = panelBytes(pass), channel: usize = line ? 4 : <usize> tileColumns() * 4;
  let to = workspace() + <usize> panel * bytes;
  if (line) memory.fill(to, 0, bytes);
  let step = <usize> (taps.sourceChannels / taps.groups) * channel;
  if (line && pass.indirect) step = 4 * line;
  for (let r = 0; r < taps.tapsY; r++) {
    for (let s = 0; s < taps.tapsX; s++, to += step) {
      packTap(taps, pass.kernel, pass.swapped != 0, panel, r, s, to, line);
    }
  }
}

/** Fills `table` with the address of each pixel of a tile under each tap, [tap][row]; rows past `count` repeat the last. */
function pixelTable(taps: Taps, source: usize, first: i32, count: i32, table: usize): void {
  const cells = taps.gridHeight * taps.gridWidth, rows = taps.tileRows;
  for (let p = 0; p < rows; p++) {
    const q = first + min(p, count - 1), n = q / cells, cell = q - n * cells;
    const i = cell / taps.gridWidth, j = cell - i * taps.gridWidth;
    let at = table + <usize> p * 4;
    for (let r = 0; r < taps.tapsY; r++) {
      for (let s = 0; s < taps.tapsX; s++) {
        const y = i * taps.stepY + offsetY(taps, r), x = j * taps.stepX + offsetX(taps, s);
        store<u32>(at, <u32> sourcePixel(taps, source, n, y, x));
        at += <usize> rows * 4;
      }
    }
  }
}

/** Reads ahead the source lines under the taps of a tile's cells, row by row. */
function touchLines(taps: Taps, source: usize, first: i32, count: i32, sink: usize): void {
  const width = taps.gridWidth, pixel = <usize> taps.sourceChannels * 4;
  const left = offsetX(taps, 0), right = offsetX(taps, taps.tapsX - 1);
  for (let p = first, end = first + count; p < end;) {
    const row = p / width, j = p - row * width, some = min(width - j, end - p);
    const n = row / taps.gridHeight, i = row - n * taps.gridHeight;
    const from = max(j * taps.stepX + left, 0);
    const to = min((j + some - 1) * taps.stepX + right, taps.sourceWidth - 1);
    for (let r = 0; r < taps.tapsY && from <= to; r++) {
      const at = sourcePixel(taps, source, n, i * taps.stepY + offsetY(taps, r), from);
      if (at != ZEROS) touch(at, <usize> (to - from + 1) * pixel, 64, sink);
    }
    p += some;
  }
}

function passChunk(chunk: i32, thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps, rows = taps.tileRows;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const tilesPerGroup = tileCount(taps), tapCount = taps.tapsY * taps.tapsX;
  const group = chunk / tilesPerGroup, first = (chunk % tilesPerGroup) * rows;
  const count = min(rows, cellCount(taps) - first);
  const edge = scratchOf(thread), to = edge + EDGE, spare = to + <usize> rows * 4;
  const from = spare + <usize> wholePanels(n) * 4, column = from + <usize> rows * 4;
  for (let p = 0; p < rows; p++) {
    const at = p < count
      ? pass.output + outputOffset(taps, first + p) + <usize> (group * n) * 4
      : spare;
    store<u32>(to + <usize> p * 4, <u32> at);
    // A gate waits for the old values.
    if (pass.gate && p < count) touch(at, <usize> n * 4, 64, spare);
  }
  const b = workspace() + <usize> (group * wholePanels(n) / tileColumns()) * panelBytes(pass);
  const init = pass.bias ? pass.bias + <usize> (group * n) * 4 : ZEROS;
  if (pass.indirect) {
    // Strided cells share few pixels: each line is new.
    if (taps.groups == 1 && taps.stepX * taps.stepY > 1) {
      touchLines(taps, pass.source, first, count, spare);
    }
    pixelTable(taps, pass.source, first, count, from);
    const skip = <usize> (group * channels) * 4;
    tiles(
      count,
      n,
      tapCount,
      channels,
      from,
      <usize> rows * 4,
      skip,
      b,
      to,
      0,
      init,
      pass.low,
      pass.gate,
      edge,
    );
    return;
  }
  columnTile(taps, pass.source, group, first, count, column);
  const stride = <usize> taps.columnStride * 4;
  for (let p = 0; p < rows; p++) {
    store<u32>(from + <usize> p * 4, <u32> (column + <usize> p * stride));
  }
  tiles(count, n, 1, innerSize(taps), from, 0, 0, b, to, 0, init, pass.low, pass.gate, edge);
}

/**
 * output = max(low, bias + Σ over taps of source · kernel), for the output pixels of one tap table.
 *
 * @param bias     one value per output channel, or 0
 * @param swapped  1 where the kernel's last axis is the source's channels (input gradient)
 * @param indirect 1 to read source pixels in place, 0 to copy them into a column tile
 * @param low      0 for relu, -Infinity for none
 * @param gate     1 to keep only results where the output held something above 0
 *
 * Workspace: groups · (n rounded up to 16) · k floats. Scratch: see core/wasm/conv2d.ts.
 */
export function conv2d_pass(
  taps: usize,
  source: usize,
  kernel: usize,
  bias: usize,
  output: usize,
  swapped: i32,
  indirect: i32,
  low: f32,
  gate: i32,
): void {
  const pass = changetype<Pass>(ARGUMENTS);
  pass.taps = changetype<Taps>(taps), pass.source = source, pass.kernel = kernel;
  pass.bias = bias, pass.output = output, pass.swapped = swapped, pass.indirect = indirect;
  pass.low = low, pass.gate = gate;
  const t = pass.taps, panels = wholePanels(t.outputChannels / t.groups) / tileColumns();
  parallel(packChunk.index, t.groups * panels);
  parallel(passChunk.index, t.groups * tileCount(t));
}

/** Rows of dy for one tile as panels [panel][P][columns]. */
function packGradient(taps: Taps, dy: usize, group: i32, first: i32, count: i32, to: usize): void {
  const n = taps.outputChannels / taps.groups, wide = tileColumns();
  const stride = <usize> taps.outputChannels * 4;
  // The forward table's grid is the whole output, so its pixels follow each other.
  const from = dy + <usize> (group * n) * 4 + <usize> first * stride;
  for (let p = 0; p < count; p++) touch(from + <usize> p * stride, <usize> n * 4, 64, to);
  for (let j = 0; j < n; j += wide) {
    packPanel(count, n - j, from + <usize> j * 4, stride, 4, to);
    to += <usize> (count * wide) * 4;
  }
}

/** Rows that the partial sums of one group take: k, and room for the last six. */
function sumRows(taps: Taps): usize {
  return <usize> ((innerSize(taps) + MR - 1) / MR * MR + MR);
}

function gradientChunk(chunk: i32, thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps, wide = tileColumns();
  const n = taps.outputChannels / taps.groups, width = wholePanels(n);
  const rowsOfTaps = pass.byRow ? taps.tapsY : 1, slice = innerSize(taps) / rowsOfTaps;
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
  const begin = <i32> (<i64> count * part / pass.parts),
    end = <i32> (<i64> count * (part + 1) / pass.parts);
  // dy is read in place where its channels fill whole panels, and packed into padded ones elsewhere.
  const packed = n % wide != 0, pixel = <usize> taps.outputChannels * 4;
  const lda = <usize> taps.columnStride * 4, ldc = <usize> width * 4;
  const ldb = packed ? <usize> wide * 4 : pixel;
  for (let at = begin; at < end; at++) {
    const first = at * taps.tileRows, pixels = min(taps.tileRows, cells - first);
    columnTile(taps, pass.source, group, first, pixels, column);
    const dy = pass.output + <usize> first * pixel + <usize> (group * n) * 4;
    if (packed) packGradient(taps, pass.output, group, first, pixels, panels);
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
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const width = <usize> wholePanels(n), rows = sumRows(taps);
  const tapCount = taps.tapsY * taps.tapsX, group = chunk / tapCount, tap = chunk % tapCount;
  const stride = rows * width * 4 * <usize> taps.groups;
  const last = <usize> taps.outputChannels * 4;
  const pixel = kernelY(taps, tap / taps.tapsX) * taps.kernelWidth +
    kernelX(taps, tap % taps.tapsX);
  for (let c = 0; c < channels; c++) {
    const from = workspace() + (<usize> group * rows + <usize> (tap * channels + c)) * width * 4;
    const to = pass.kernel + <usize> (pixel * channels + c) * last + <usize> (group * n) * 4;
    addParts(n, pass.parts, from, stride, to);
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
  const pass = changetype<Pass>(ARGUMENTS);
  pass.taps = changetype<Taps>(taps), pass.source = source, pass.kernel = dkernel;
  pass.output = dy, pass.parts = parts, pass.byRow = byRow;
  const t = pass.taps;
  parallel(gradientChunk.index, parts * t.groups * (byRow ? t.tapsY : 1));
  parallel(sumChunk.index, t.groups * t.tapsY * t.tapsX);
}
