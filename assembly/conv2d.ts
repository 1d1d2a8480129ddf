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
// The tables of a pass are computed together, tile by tile, since neighbours in the output share lines.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import {
  depthOf,
  groupBytes,
  isThin,
  packProduct,
  panelsOf,
  PRODUCT,
  Product,
  runsOf,
  wideBytes,
  wideColumns,
} from "./conv2d_product";
import { cellCount, innerSize, outputPixel, Taps } from "./geometry";
import { EDGE, tiles, wholePanels } from "./gemm";
import { fillCells } from "./fill";
import { columnTile } from "./im2col";
import { MR, tileColumns } from "./microkernel";
import { narrow } from "./microkernel_narrow";
import { thin, thinColumns } from "./microkernel_thin";
import { parallel } from "./parallel";
import { outputTable, sourceTable } from "./tables";
import { isLarge, touch, touchSource } from "./touch";

@unmanaged
class Pass {
  /** A record for each tap table; they differ in their taps, cells and how they are read only. */
  products: usize;
  count: i32;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  /** Whether the source channel is the kernel's last axis (input gradient) or its last but one (forward). */
  swapped: i32;
  low: f32;
  /** Whether to keep only results where the output held something above 0. */
  gate: i32;
  /** Parts that the cells of every table are split into. */
  parts: i32;
  /** Whether to read the output ahead. */
  ahead: bool;
}

/** As many may be read ahead at a time: half of a core's L2 cache. */
const AHEAD: usize = 512 * 1024;

function productOf(pass: Pass, q: i32): Product {
  return changetype<Product>(pass.products + <usize> q * PRODUCT);
}

export function tileCount(taps: Taps): i32 {
  return (cellCount(taps) + taps.tileRows - 1) / taps.tileRows;
}

/** Whether the last wide panel laps over the one before instead of being padded. */
function isLapped(pass: Pass, taps: Taps): bool {
  return !pass.gate && wideColumns(taps) > tileColumns();
}

/** Packs a panel of a group of a table. */
function packChunk(chunk: i32, _thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS), taps = productOf(pass, 0).taps;
  const panels = panelsOf(taps), all = panels * taps.groups, product = productOf(pass, chunk / all);
  const swapped = pass.swapped != 0, group = chunk % all / panels;
  packProduct(product, pass.kernel, swapped, isLapped(pass, taps), group, chunk % panels);
}

/** The first cell of a part: cells are shared out evenly, by whole register tiles. */
function firstCell(taps: Taps, part: i32, parts: i32): i32 {
  const tiles = (cellCount(taps) + MR - 1) / MR;
  return MR * <i32> (<i64> tiles * part / parts);
}

/** Where a cell of a table lies in the output. */
function cellPlace(taps: Taps, cell: i32): usize {
  const row = cell / taps.gridWidth, n = row / taps.gridHeight;
  return outputPixel(taps, n, row - n * taps.gridHeight, cell - row * taps.gridWidth);
}

/**
 * Reads ahead the lines of the output that a part of all tables shares, from front to back: writing every
 * second or third pixel of them would wait for each line by itself.
 */
function touchOutput(pass: Pass, part: i32, sink: usize): void {
  let begin = usize.MAX_VALUE, end: usize = 0;
  for (let q = 0; q < pass.count; q++) {
    const taps = productOf(pass, q).taps, first = firstCell(taps, part, pass.parts);
    const last = min(firstCell(taps, part + 1, pass.parts), cellCount(taps)) - 1;
    if (last < first) continue;
    begin = min(begin, cellPlace(taps, first));
    end = max(end, cellPlace(taps, last) + <usize> taps.outputChannels * 4);
  }
  if (begin < end && end - begin <= AHEAD) touch(pass.output + begin, end - begin, 64, sink);
}

/** A part of all tables, one after the other while the lines they share of the output are near. */
function passChunk(chunk: i32, thread: i32): void {
  const pass = changetype<Pass>(ARGUMENTS);
  // All groups of a tile while its pixels are near.
  const groups = productOf(pass, 0).taps.groups, part = chunk / groups;
  if (pass.ahead && chunk % groups == 0) touchOutput(pass, part, scratchOf(thread));
  for (let q = 0; q < pass.count; q++) {
    passTile(pass, productOf(pass, q), part, chunk % groups, thread);
  }
}

function passTile(pass: Pass, product: Product, part: i32, group: i32, thread: i32): void {
  const taps = product.taps, rows = taps.tileRows;
  const channels = taps.sourceChannels / taps.groups, n = taps.outputChannels / taps.groups;
  const first = firstCell(taps, part, pass.parts);
  const count = min(firstCell(taps, part + 1, pass.parts), cellCount(taps)) - first;
  if (count <= 0) return;
  const edge = scratchOf(thread), to = edge + EDGE, spare = to + <usize> rows * 4;
  const from = spare + <usize> wholePanels(n) * 4, column = from + <usize> rows * 4;
  // Rows of the last register tile that are past the end are made too, for nothing.
  const made = (count + MR - 1) / MR * MR;
  outputTable(taps, pass.output + <usize> (group * n) * 4, first, count, to);
  for (let p = count; p < made; p++) store<u32>(to + <usize> p * 4, <u32> spare);
  const init = pass.bias ? pass.bias + <usize> (group * n) * 4 : ZEROS;
  if (!innerSize(taps)) {
    fillCells(count, n, to, init, pass.low, pass.gate, spare);
    return;
  }
  const runs = runsOf(product), depth = depthOf(product);
  touchSource(taps, pass.source, first, count, spare);
  if (product.runs) {
    const source = pass.source + <usize> (group * channels) * 4;
    sourceTable(taps, source, first, count, made, runs, from);
  } else {
    columnTile(taps, pass.source, group, first, count, column);
    const stride = <usize> taps.columnStride * 4;
    for (let p = 0; p < made; p++) {
      store<u32>(from + <usize> p * 4, <u32> (column + <usize> p * stride));
    }
  }
  const weights = workspace() + product.weights;
  if (isThin(product)) {
    const b = weights + <usize> (group * depth * thinColumns(n)) * 4;
    thin((count + 1) & ~1, n, depth, from, b, to, init, edge, pass.low, pass.gate);
    return;
  }
  const b = weights + <usize> group * groupBytes(product), step = <usize> made * 4;
  const wide = wideColumns(taps), lapped = isLapped(pass, taps), low = pass.low, gate = pass.gate;
  if (wide) {
    tiles(count, wide, runs, depth, from, step, 0, b, to, 0, init, low, gate, edge, lapped);
  }
  if (wide == n) return;
  const skip = <usize> wide * 4, last = init == ZEROS ? init : init + skip;
  narrow(
    made,
    n - wide,
    runs,
    depth,
    from,
    step,
    0,
    b + wideBytes(product),
    to,
    skip,
    last,
    low,
    gate,
  );
}

/**
 * output = max(low, bias + Σ over taps of source · kernel), for the output pixels of all `count` tap tables,
 * which differ in their taps and output cells only.
 *
 * @param products for each table its address, in how many runs of the source a cell is read in place, and
 *                 where in the workspace its weights are packed, in bytes. Runs are one a tap, or a row of
 *                 taps where those are neighbours and inside for every cell; 0 to copy a cell into a column tile
 * @param bias     one value per output channel, or 0
 * @param swapped  1 where the kernel's last axis is the source's channels (input gradient)
 * @param low      0 for relu, -Infinity for none
 * @param gate     1 to keep only results where the output held something above 0
 *
 * Workspace: of each table, groups · (n rounded up to 16) · k floats. Scratch: see core/wasm/conv2d.ts.
 */
export function conv2d_pass(
  products: usize,
  count: i32,
  source: usize,
  kernel: usize,
  bias: usize,
  output: usize,
  swapped: i32,
  low: f32,
  gate: i32,
): void {
  const pass = changetype<Pass>(ARGUMENTS);
  pass.products = products, pass.count = count, pass.source = source, pass.kernel = kernel;
  pass.bias = bias, pass.output = output, pass.swapped = swapped;
  pass.low = low, pass.gate = gate, pass.parts = 0;
  for (let q = 0; q < count; q++) pass.parts = max(pass.parts, tileCount(productOf(pass, q).taps));
  const taps = productOf(pass, 0).taps;
  const pixels = taps.pictures * taps.outputHeight * taps.outputWidth;
  // A gate waits for the old values.
  pass.ahead = gate != 0 || (count > 1 && isLarge(pixels, taps.outputChannels));
  parallel(packChunk.index, count * taps.groups * panelsOf(taps));
  parallel(passChunk.index, taps.groups * pass.parts);
}
