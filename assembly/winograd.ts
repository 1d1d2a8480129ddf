// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// Convolution by Winograd's minimal filtering, for dense 3x3 and 2x2 kernels: a tile of m×m outputs
// costs (m+r-1)² products instead of m²r². Forward, input gradient, kernel gradient.
//
//   V[ξ] = Bᵀ(source tile)B          [tiles × K]          ξ runs over the (m+r-1)² products
//   U[ξ] = G(kernel)Gᵀ               [K × N]
//   y    = Aᵀ(V[ξ]·U[ξ])A            one small GEMM per ξ
//   dw   = Gᵀ(Σ V[ξ]ᵀ·A(dy)Aᵀ)G      its adjoint
//
// A transposed convolution 4x4 with stride 2 is four such 2x2 convolutions, one for each phase of
// the stride; the same convolution forward is the sum of four over every second pixel, whose
// products are added within one GEMM of four times the K. So a pass takes a list of tap tables. The
// taps of a table must be evenly spaced, `step` apart; there is one group.

import { ARGUMENTS, scratchOf, ZEROS } from "./memory";
import { packTap } from "./conv2d_product";
import { outputPixel } from "./geometry";
import { panels, UNBOUNDED, wholePanels } from "./gemm";
import { MR, tileColumns } from "./microkernel";
import { kept } from "./microkernel_rows";
import { parallel } from "./parallel";
import {
  outputTable,
  placeOf,
  rowFloats,
  sourceBlock,
  table,
  tileTotal,
  whole,
  Winograd,
} from "./winograd_tiles";
import {
  BLOCKS,
  CHUNK,
  KERNEL,
  OUTPUT,
  outputsOf,
  PIXELS,
  productsOf,
  SQUARE,
  tapsOf,
  transform,
} from "./winograd_transform";

/** Transforms the kernel of one tap table for one panel of output channels into U[ξ][panel][K][columns]. */
function kernelChunk(chunk: i32, thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), scratch = scratchOf(thread), wide = tileColumns();
  const q = chunk % w.count, panel = chunk / w.count, taps = table(w, q);
  const r = tapsOf(w.variant), channels = taps.sourceChannels, line = <usize> wide * 4;
  const slices = scratch + BLOCKS, slice = <usize> channels * line;
  for (let i = 0; i < r * r; i++) {
    const to = slices + <usize> i * slice;
    packTap(taps, w.kernel, w.swapped != 0, 0, panel * wide, i / r, i % r, to);
  }
  const k = <usize> (channels * w.count), across = wholePanels(taps.outputChannels) / wide;
  const plane = <usize> across * k * line, lines = <usize> productsOf(w.variant) * plane;
  const to = w.transformed + (<usize> panel * k + <usize> (q * channels)) * line;
  const down = <usize> r * slice;
  transform(KERNEL, w.variant, scratch, slices, down, slice, to, lines, plane, UNBOUNDED, slice);
}

/** Transforms the products of one tile back and stores its pixels, columns j … j+columns-1 of the output. */
function outputTile(
  w: Winograd,
  scratch: usize,
  tile: i32,
  from: usize,
  plane: usize,
  j: i32,
  columns: i32,
  outside: usize,
): void {
  const taps = table(w, 0), place = placeOf(w, scratch, tile), variant = w.variant;
  const m = outputsOf(variant), lines = <usize> productsOf(variant) * plane;
  const bytes = <usize> columns * 4;
  let at: usize = 0;
  if (!w.gate && whole(w, place)) {
    const to = w.output + outputPixel(taps, place.picture, place.i, place.j) + <usize> j * 4;
    const step = <usize> (taps.strideX * taps.outputChannels) * 4;
    const down = <usize> (taps.strideY * taps.outputWidth * taps.outputChannels) * 4;
    at = bytes & ~31;
    transform(OUTPUT, variant, scratch, from, lines, plane, to, down, step, w.low, at);
  }
  if (at == bytes) return;
  const square = scratch + SQUARE, pixels = scratch + PIXELS, down = <usize> m * CHUNK;
  outputTable(w, place, outside, pixels);
  for (; at < bytes; at += CHUNK) {
    const run = min(CHUNK, bytes - at), some = from + at;
    transform(OUTPUT, variant, scratch, some, lines, plane, square, down, CHUNK, w.low, run);
    storePixels(m * m, square, pixels, <usize> j * 4 + at, run, w.gate != 0);
  }
}

/** Stores a run of channels of a square of pixels, one by one; under a gate, 0 where they held nothing above 0. */
function storePixels(
  count: i32,
  square: usize,
  pixels: usize,
  skip: usize,
  bytes: usize,
  gate: bool,
): void {
  const whole = bytes & ~15;
  for (const end = pixels + <usize> count * 4; pixels < end; pixels += 4, square += CHUNK) {
    const at = <usize> load<u32>(pixels) + skip;
    for (let c: usize = 0; c < whole; c += 16) {
      const y = v128.load(square + c);
      v128.store(at + c, gate ? kept(y, at + c) : y);
    }
    if (gate && whole < bytes) {
      v128.store(square + whole, kept(v128.load(square + whole), at + whole));
    }
    for (let c = whole; c < bytes; c += 4) store<f32>(at + c, load<f32>(square + c));
  }
}

function passChunk(chunk: i32, thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), scratch = scratchOf(thread), taps = table(w, 0);
  const edge = productsOf(w.variant), planes = edge * edge, wide = tileColumns();
  const k = taps.sourceChannels * w.count, n = taps.outputChannels;
  const part = chunk % w.columnParts;
  const first = chunk / w.columnParts * w.blockTiles,
    count = min(w.blockTiles, tileTotal(w) - first);
  const row = <usize> rowFloats(k) * 4, plane = <usize> w.blockTiles * row + 64;
  const v = scratch + BLOCKS, planeM = <usize> w.blockColumns * 4;
  const rowM = <usize> planes * planeM + 64, made = v + <usize> planes * plane;
  const outside = made + <usize> w.blockTiles * rowM;
  const padded = (count + MR - 1) / MR * MR;
  sourceBlock(w, scratch, first, count, v, row, plane);
  const across = wholePanels(n) / wide, panelBytes = <usize> (k * wide) * 4;
  const blocks = (n + w.blockColumns - 1) / w.blockColumns;
  const begin = blocks * part / w.columnParts * w.blockColumns;
  const end = min(n, blocks * (part + 1) / w.columnParts * w.blockColumns);
  for (let j = begin; j < end; j += w.blockColumns) {
    const columns = min(w.blockColumns, wholePanels(n) - j);
    for (let x = 0; x < planes; x++) {
      const u = w.transformed + <usize> (x * across + j / wide) * panelBytes;
      // The output transform takes the product of point 1 into every pixel, unchanged: the bias goes there.
      const init = w.bias && x == edge + 1 ? w.bias + <usize> j * 4 : ZEROS;
      const line = v + <usize> x * plane, to = made + <usize> x * planeM;
      panels(padded, columns, k, line, row, u, to, rowM, init, 0);
    }
    for (let t = 0; t < count; t++) {
      const from = made + <usize> t * rowM;
      outputTile(w, scratch, first + t, from, planeM, j, min(columns, n - j), outside);
    }
  }
}

/**
 * output = max(low, bias + Σ over tables and taps of source · kernel), for the grid the tables share.
 *
 * @param variant F43, F23 or F42
 * @param tables  u32 addresses of `count` tap tables, each with 3x3 (or 2x2) evenly spaced taps
 *
 * @param transformed where U is: products · count · channels · (n rounded up to 16) floats
 * @param fresh   1 to make U of the kernel first, 0 where it holds what this kernel and register tile made
 *
 * Scratch: core/wasm/winograd.ts.
 */
export function winograd_pass(
  variant: i32,
  tables: usize,
  count: i32,
  source: usize,
  kernel: usize,
  bias: usize,
  output: usize,
  swapped: i32,
  low: f32,
  gate: i32,
  blockTiles: i32,
  blockColumns: i32,
  columnParts: i32,
  transformed: usize,
  fresh: i32,
): void {
  const w = changetype<Winograd>(ARGUMENTS);
  w.variant = variant, w.tables = tables, w.count = count, w.source = source, w.kernel = kernel;
  w.bias = bias, w.output = output, w.swapped = swapped, w.low = low, w.gate = gate;
  w.blockTiles = blockTiles, w.blockColumns = blockColumns, w.columnParts = columnParts;
  w.transformed = transformed;
  const across = wholePanels(table(w, 0).outputChannels) / tileColumns();
  if (fresh) parallel(kernelChunk.index, count * across);
  parallel(passChunk.index, (tileTotal(w) + blockTiles - 1) / blockTiles * columnParts);
}
