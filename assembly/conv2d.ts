// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Two-dimensional convolution: one pass over pixels (forward, input gradient, transposed convolution
// forward: they differ in their tap tables only). Any geometry, as conv2d_gradient.ts; winograd.ts has
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
  sourcePixel,
  Taps,
} from "./geometry";
import { EDGE, packPanel, tiles, wholePanels } from "./gemm";
import { columnTile } from "./im2col";
import { MR, tileColumns } from "./microkernel";
import { narrowLine, packNarrow } from "./microkernel_narrow";
import { row } from "./microkernel_rows";
import { packThin, THIN, thin } from "./microkernel_thin";
import { parallel } from "./parallel";
import { outputTable, sourceTable } from "./tables";
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
  /** Runs of the source that a cell is read from in place; 0 where it is copied. */
  runs: i32;
  low: f32;
  /** Whether to keep only results where the output held something above 0. */
  gate: i32;
}

/** Products of so small a k and at least so many columns are thin (core/cost.ts knows too). */
const THIN_COLUMNS: i32 = 96;

export function tileCount(taps: Taps): i32 {
  return (cellCount(taps) + taps.tileRows - 1) / taps.tileRows;
}

/** Bytes from one source channel to the next in the kernel's array, and from one output channel to the next. */
function along(taps: Taps, swapped: bool): usize {
  return swapped ? 4 : <usize> taps.outputChannels * 4;
}
function across(taps: Taps, swapped: bool): usize {
  return swapped ? <usize> taps.sourceChannels * 4 : 4;
}

/** The address of the weight between a group's first channels under tap (r, s). */
function tapWeights(taps: Taps, kernel: usize, swapped: bool, group: i32, r: i32, s: i32): usize {
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const inner = swapped ? channels : n;
  const pixel = kernelY(taps, r) * taps.kernelWidth + kernelX(taps, s);
  return kernel + <usize> ((pixel * channels * n * taps.groups) + group * inner) * 4;
}

/**
 * Packs the kernel slices of tap (r, s) for one panel of output channels of one group: [channels][columns].
 *
 * @param panel which panel, counted through all groups
 * @param line  for narrow products, bytes from one of up to four columns to the next
 * @param lapped whether the last panel is of the last columns, as `tiles` says
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
  lapped: bool = false,
): void {
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const panels = wholePanels(n) / tileColumns(), group = panel / panels;
  const sk = along(taps, swapped), sn = across(taps, swapped);
  let j = (panel % panels) * tileColumns();
  if (lapped) j = min(j, n - tileColumns());
  const at = tapWeights(taps, kernel, swapped, group, r, s) + <usize> j * sn;
  if (line) packNarrow(channels, n - j, at, sk, sn, to, line);
  else packPanel(channels, n - j, at, sk, sn, to);
}

/** Runs that a cell is read from, one where it is copied, and the values of each. */
function runsOf(pass: Pass): i32 {
  return max(1, pass.runs);
}
function depthOf(pass: Pass): i32 {
  return innerSize(pass.taps) / runsOf(pass);
}

/** Bytes of a column of a narrow product's panel under each run; 0 for a wide product. */
function lineOf(pass: Pass): usize {
  return tileColumns() > 4 ? 0 : narrowLine(depthOf(pass));
}

/** Bytes of the packed weights of one panel of one group. */
function panelBytes(pass: Pass): usize {
  const line = lineOf(pass);
  return line
    ? 4 * line * <usize> runsOf(pass)
    : <usize> (innerSize(pass.taps) * tileColumns()) * 4;
}

/** Whether results are most of the traffic, and k so small that microkernel_thin.ts is faster. */
function isThin(pass: Pass): bool {
  const taps = pass.taps, k = innerSize(taps);
  return pass.runs <= 1 && k > 0 && k <= THIN && taps.outputChannels / taps.groups >= THIN_COLUMNS;
}

/** Packs the kernel slices of one group for a thin product. */
function packGroup(group: i32, _thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps, swapped = pass.swapped != 0;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const k = innerSize(taps), to = workspace() + <usize> (group * k * wholePanels(n)) * 4;
  for (let r = 0, first = 0; r < taps.tapsY; r++) {
    for (let s = 0; s < taps.tapsX; s++, first += channels) {
      const at = tapWeights(taps, pass.kernel, swapped, group, r, s);
      packThin(channels, n, at, along(taps, swapped), across(taps, swapped), to, first, k);
    }
  }
}

/** Whether the last panel laps over the one before instead of being padded. */
function isLapped(pass: Pass): bool {
  return !pass.gate && pass.taps.outputChannels / pass.taps.groups > tileColumns();
}

/** Packs one panel of one group: [tapsY][tapsX][channels][columns], narrow ones as microkernel_narrow.ts says. */
function packChunk(panel: i32, _thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = pass.taps, line = lineOf(pass);
  const bytes = panelBytes(pass), to = workspace() + <usize> panel * bytes;
  if (line) memory.fill(to, 0, bytes);
  const channels = taps.sourceChannels / taps.groups, swapped = pass.swapped != 0;
  const together = taps.tapsY * taps.tapsX / runsOf(pass);
  for (let r = 0, tap = 0; r < taps.tapsY; r++) {
    for (let s = 0; s < taps.tapsX; s++, tap++) {
      const run = tap / together, inRun = <usize> ((tap - run * together) * channels) * 4;
      const at = line
        ? <usize> (4 * run) * line + inRun
        : <usize> (tap * channels * tileColumns()) * 4;
      packTap(taps, pass.kernel, swapped, panel, r, s, to + at, line, isLapped(pass));
    }
  }
}

/** Reads ahead the source lines under the taps of a tile's cells, row by row, where strided cells share few of them. */
export function touchLines(taps: Taps, source: usize, first: i32, count: i32, sink: usize): void {
  // Taps that leave out most of a line are not worth reading all of it.
  if (taps.groups > 1 || taps.stepX * taps.stepY == 1 || taps.stepX > 2 * taps.tapsX) return;
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
  // All groups of a tile while its pixels are near.
  const group = chunk % taps.groups, first = chunk / taps.groups * rows;
  const count = min(rows, cellCount(taps) - first);
  const edge = scratchOf(thread), to = edge + EDGE, spare = to + <usize> rows * 4;
  const from = spare + <usize> wholePanels(n) * 4, column = from + <usize> rows * 4;
  // Rows of the last register tile that are past the end are made too, for nothing.
  const made = (count + MR - 1) / MR * MR;
  outputTable(taps, pass.output + <usize> (group * n) * 4, first, count, to);
  for (let p = count; p < made; p++) store<u32>(to + <usize> p * 4, <u32> spare);
  // A gate waits for the old values.
  for (let p = 0; p < count && pass.gate; p++) touch(row(to, p), <usize> n * 4, 64, spare);
  const init = pass.bias ? pass.bias + <usize> (group * n) * 4 : ZEROS;
  const runs = runsOf(pass), depth = depthOf(pass);
  if (pass.runs) {
    touchLines(taps, pass.source, first, count, spare);
    const source = pass.source + <usize> (group * channels) * 4;
    sourceTable(taps, source, first, count, made, runs, from);
  } else {
    columnTile(taps, pass.source, group, first, count, column);
    const stride = <usize> taps.columnStride * 4;
    for (let p = 0; p < made; p++) {
      store<u32>(from + <usize> p * 4, <u32> (column + <usize> p * stride));
    }
  }
  if (isThin(pass)) {
    const b = workspace() + <usize> (group * depth * wholePanels(n)) * 4;
    thin((count + 1) & ~1, n, depth, from, b, to, init, edge, pass.low, pass.gate);
    return;
  }
  const b = workspace() + <usize> (group * wholePanels(n) / tileColumns()) * panelBytes(pass);
  const step = <usize> made * 4;
  const lapped = isLapped(pass);
  tiles(count, n, runs, depth, from, step, 0, b, to, 0, init, pass.low, pass.gate, edge, lapped);
}

/**
 * output = max(low, bias + Σ over taps of source · kernel), for the output pixels of one tap table.
 *
 * @param bias     one value per output channel, or 0
 * @param swapped  1 where the kernel's last axis is the source's channels (input gradient)
 * @param runs     in how many runs of the source a cell is read in place: one a tap, or a row of taps where
 *                 those are neighbours and inside for every cell; 0 to copy it into a column tile
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
  runs: i32,
  low: f32,
  gate: i32,
): void {
  const pass = changetype<Pass>(ARGUMENTS);
  pass.taps = changetype<Taps>(taps), pass.source = source, pass.kernel = kernel;
  pass.bias = bias, pass.output = output, pass.swapped = swapped, pass.runs = runs;
  pass.low = low, pass.gate = gate;
  const t = pass.taps, panels = wholePanels(t.outputChannels / t.groups) / tileColumns();
  if (isThin(pass)) parallel(packGroup.index, t.groups);
  else parallel(packChunk.index, t.groups * panels);
  parallel(passChunk.index, t.groups * tileCount(t));
}
