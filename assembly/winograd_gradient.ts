// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The kernel gradient by Winograd's minimal filtering, the adjoint of the pass in winograd.ts:
//
//   dU[ξ] = Σ over tiles of V[ξ]ᵀ·D[ξ],   D = A(dy tile)Aᵀ,   dw = Gᵀ(dU)G
//
// The tiles are split into a fixed number of parts, whose sums are added in order.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { addParts } from "./conv2d_gradient";
import { kernelX, kernelY, outputPixel, Taps } from "./geometry";
import { UNBOUNDED, wholePanels } from "./gemm";
import { MR, tileColumns } from "./microkernel";
import { stripTransposed } from "./microkernel_transposed";
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
  GRADIENT,
  KERNEL_GRADIENT,
  outputsOf,
  PIXELS,
  productsOf,
  SQUARE,
  tapsOf,
  transform,
} from "./winograd_transform";

/** Rows that the sums of one plane take. */
function sumRows(k: i32): i32 {
  return (k + MR - 1) / MR * MR;
}

/** Transforms dy's tiles into D[ξ][tile][N]; `border` is room for one tile of pixels. */
function gradientBlock(
  w: Winograd,
  scratch: usize,
  first: i32,
  count: i32,
  to: usize,
  row: usize,
  plane: usize,
  border: usize,
): void {
  const taps = table(w, 0), m = outputsOf(w.variant), pixel = <usize> taps.outputChannels * 4;
  const toLines = <usize> productsOf(w.variant) * plane;
  for (let t = 0; t < count; t++, to += row) {
    const place = placeOf(w, scratch, first + t);
    let from = border, step = pixel, lines = <usize> m * pixel;
    if (whole(w, place)) {
      from = w.output + outputPixel(taps, place.picture, place.i, place.j);
      step = <usize> taps.strideX * pixel;
      lines = <usize> (taps.strideY * taps.outputWidth) * pixel;
    } else {
      outputTable(w, place, ZEROS, scratch + PIXELS);
      for (let p = 0; p < m * m; p++) {
        const at = <usize> load<u32>(scratch + PIXELS + <usize> p * 4);
        memory.copy(border + <usize> p * pixel, at, pixel);
      }
    }
    const variant = w.variant;
    transform(GRADIENT, variant, scratch, from, lines, step, to, toLines, plane, UNBOUNDED, pixel);
  }
}

/** Adds `count` rows, `row` bytes apart, to one of `bytes` (a multiple of 16). */
function addRows(count: i32, from: usize, row: usize, to: usize, bytes: usize): void {
  for (const end = to + bytes; to < end; to += 16, from += 16) {
    let sum = v128.load(to), at = from;
    for (let t = 0; t < count; t++, at += row) sum = f32x4.add(sum, v128.load(at));
    v128.store(to, sum);
  }
}

function gradientChunk(part: i32, thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), scratch = scratchOf(thread), taps = table(w, 0);
  const edge = productsOf(w.variant), planes = edge * edge, wide = tileColumns();
  const k = taps.sourceChannels * w.count, n = wholePanels(taps.outputChannels);
  const row = <usize> rowFloats(k) * 4, plane = <usize> w.blockTiles * row + 64;
  const rowD = <usize> rowFloats(n) * 4, planeD = <usize> w.blockTiles * rowD + 64;
  const v = scratch + BLOCKS, d = v + <usize> planes * plane, border = d + <usize> planes * planeD;
  // Sums are kept in panels, [ξ][panel][K][columns]: the tiles of a panel follow each other.
  const rows = sumRows(k), ldc = <usize> wide * 4, planeSum = <usize> (rows * n) * 4;
  const sums = workspace() + <usize> part * partSize(planeSum, planes, n);
  const biasSum = sums + <usize> planes * planeSum;
  const total = tileTotal(w), blocks = (total + w.blockTiles - 1) / w.blockTiles;
  const begin = blocks * part / w.parts, end = blocks * (part + 1) / w.parts;
  if (begin == end) memory.fill(sums, 0, <usize> planes * planeSum);
  if (w.bias) memory.fill(biasSum, 0, <usize> n * 4);
  for (let block = begin; block < end; block++) {
    const first = block * w.blockTiles, count = min(w.blockTiles, total - first);
    sourceBlock(w, scratch, first, count, v, row, plane);
    gradientBlock(w, scratch, first, count, d, rowD, planeD, border);
    // Point 1 takes every pixel of a tile of dy once: its D are the tiles' sums.
    const once = d + <usize> (edge + 1) * planeD;
    if (w.bias) addRows(count, once, rowD, biasSum, <usize> n * 4);
    const keep = block > begin;
    for (let x: usize = 0; x < <usize> planes; x++) {
      let c = sums + x * planeSum;
      for (let j = 0; j < n; j += wide, c += <usize> rows * ldc) {
        const b = d + x * planeD + <usize> j * 4;
        stripTransposed(rows, count, v + x * plane, row, b, rowD, c, ldc, keep);
      }
    }
  }
}

/** Bytes of a part's sums: its planes, the bias's row, and a line that keeps the parts out of each other's cache sets. */
function partSize(planeSum: usize, planes: i32, n: i32): usize {
  return <usize> planes * planeSum + <usize> n * 4 + 64;
}

/** Adds the parts of one plane, or of the bias, into the first. */
function addChunk(plane: i32, _thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), taps = table(w, 0);
  const edge = productsOf(w.variant), planes = edge * edge, n = wholePanels(taps.outputChannels);
  const rows = sumRows(taps.sourceChannels * w.count), planeSum = <usize> (rows * n) * 4;
  const to = workspace() + <usize> plane * planeSum, part = partSize(planeSum, planes, n);
  if (plane < planes) addParts(rows * n, w.parts - 1, to + part, part, to);
  else addParts(taps.outputChannels, w.parts, to, part, w.bias);
}

/** Transforms the sums of one source channel back to its taps' gradients. */
function transformChunk(chunk: i32, thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), scratch = scratchOf(thread), first = table(w, 0);
  const r = tapsOf(w.variant), wide = tileColumns(), line = <usize> wide * 4;
  const channels = first.sourceChannels, n = first.outputChannels;
  const rows = sumRows(channels * w.count), plane = <usize> (rows * wholePanels(n)) * 4;
  const taps = table(w, chunk / channels), c = chunk % channels;
  const lines = <usize> productsOf(w.variant) * plane, square = scratch + SQUARE;
  let from = workspace() + <usize> chunk * line;
  for (let j = 0; j < n; j += wide, from += <usize> rows * line) {
    const down = <usize> r * line;
    const kind = KERNEL_GRADIENT, low = UNBOUNDED;
    transform(kind, w.variant, scratch, from, lines, plane, square, down, line, low, line);
    for (let i = 0; i < r * r; i++) {
      const pixel = kernelY(taps, i / r) * taps.kernelWidth + kernelX(taps, i % r);
      addTap(w, taps, pixel, c, j, square + <usize> i * line, min(wide, n - j));
    }
  }
}

/** Adds the gradients of `count` output channels, from j on, to the kernel's array. */
function addTap(
  w: Winograd,
  taps: Taps,
  pixel: i32,
  c: i32,
  j: i32,
  from: usize,
  count: i32,
): void {
  const n = taps.outputChannels, channels = taps.sourceChannels;
  const slice = w.kernel + (<usize> pixel * <usize> n * <usize> channels) * 4;
  const base = w.swapped ? slice + <usize> (j * channels + c) * 4 : slice + <usize> (c * n + j) * 4;
  const step = w.swapped ? <usize> channels * 4 : <usize> 4;
  for (let i: usize = 0; i < <usize> count; i++) {
    const at = base + i * step;
    store<f32>(at, load<f32>(at) + load<f32>(from + i * 4));
  }
}

/**
 * dkernel += Σ over the grid of sourceᵀ · dy, where dy is laid out as the tables' output; dbias += Σ dy,
 * if there is one.
 *
 * Workspace: parts · ((products · (k rounded up to 6) + 1) · (n rounded up to 16) + 16) floats.
 */
export function winograd_kernel_gradient(
  variant: i32,
  tables: usize,
  count: i32,
  source: usize,
  dy: usize,
  dkernel: usize,
  dbias: usize,
  swapped: i32,
  blockTiles: i32,
  parts: i32,
): void {
  const w = changetype<Winograd>(ARGUMENTS);
  w.variant = variant, w.tables = tables, w.count = count, w.source = source, w.output = dy;
  w.kernel = dkernel,
    w.bias = dbias,
    w.swapped = swapped,
    w.blockTiles = blockTiles,
    w.parts = parts;
  const edge = productsOf(variant);
  parallel(gradientChunk.index, parts);
  parallel(addChunk.index, edge * edge + (dbias ? 1 : 0));
  parallel(transformChunk.index, table(w, 0).sourceChannels * count);
}
