// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The kernel gradient by Winograd's minimal filtering, the adjoint of the pass in winograd.ts:
//
//   dU[ξ] = Σ over tiles of V[ξ]ᵀ·D[ξ],   D = A(dy tile)Aᵀ,   dw = Gᵀ(dU)G
//
// The tiles are split into a fixed number of parts, whose sums are added in order.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { addParts } from "./conv2d";
import { kernelX, kernelY, outputPixel, Taps } from "./geometry";
import { UNBOUNDED, wholePanels } from "./gemm";
import { MR, tileColumns } from "./microkernel";
import { stripTransposed } from "./microkernel_transposed";
import { parallel } from "./parallel";
import {
  BLOCKS,
  Gradient,
  inputBlock,
  KernelGradient,
  outputTable,
  PIXELS,
  products,
  RESULT,
  rowFloats,
  table,
  tilesAcross,
  tilesDown,
  tileTotal,
  transform,
  Winograd,
} from "./winograd_tiles";
import { F23, F42, F43 } from "./winograd_transforms";

/** Rows that the sums of one plane take. */
function sumRows(k: i32): i32 {
  return (k + MR - 1) / MR * MR;
}

/** Transforms dy's tiles into panels D[ξ][panel][tile][columns]; `border` is room for one tile of pixels. */
function gradientBlock<T>(
  w: Winograd,
  scratch: usize,
  first: i32,
  count: i32,
  to: usize,
  plane: usize,
  border: usize,
): void {
  const taps = table(w, 0), wide = tileColumns(), m = changetype<T>(0).outputs();
  const pixel = <usize> taps.outputChannels * 4, toLines = <usize> products<T>() * plane;
  const down = tilesDown<T>(taps), across = tilesAcross<T>(taps);
  for (let t = 0; t < count; t++) {
    const tile = first + t, picture = tile / (down * across);
    const inside = tile - picture * down * across;
    const i = inside / across * m, j = inside % across * m;
    let from = border, step = pixel, lines = <usize> m * pixel;
    if (i + m <= taps.gridHeight && j + m <= taps.gridWidth) {
      from = w.output + outputPixel(taps, picture, i, j);
      step = <usize> taps.strideX * pixel;
      lines = <usize> (taps.strideY * taps.outputWidth) * pixel;
    } else {
      outputTable<T>(taps, w.output, tile, ZEROS, scratch + PIXELS);
      for (let p = 0; p < m * m; p++) {
        const at = <usize> load<u32>(scratch + PIXELS + <usize> p * 4);
        memory.copy(border + <usize> p * pixel, at, pixel);
      }
    }
    for (let c = 0; c < taps.outputChannels; c += 8) {
      const at = to + <usize> ((c / wide * w.blockTiles + t) * wide + c % wide) * 4;
      transform<Gradient<T>>(
        scratch,
        from + <usize> c * 4,
        lines,
        step,
        at,
        toLines,
        plane,
        UNBOUNDED,
      );
    }
  }
}

function gradientChunk<T>(part: i32, thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), scratch = scratchOf(thread), taps = table(w, 0);
  const planes = products<T>() * products<T>(), wide = tileColumns();
  const k = taps.sourceChannels * w.count, width = wholePanels(taps.outputChannels);
  const row = <usize> rowFloats(k) * 4, plane = <usize> w.blockTiles * row + 64;
  const v = scratch + BLOCKS, d = v + <usize> planes * plane;
  const planeD = <usize> (w.blockTiles * width) * 4 + 64,
    border = d + <usize> planes * planeD,
    ldc = <usize> width * 4;
  const planeSum = <usize> sumRows(k) * ldc,
    sums = workspace() + <usize> (part * planes) * planeSum;
  const total = tileTotal<T>(taps), blocks = (total + w.blockTiles - 1) / w.blockTiles;
  const begin = blocks * part / w.parts, end = blocks * (part + 1) / w.parts;
  if (begin == end) memory.fill(sums, 0, <usize> planes * planeSum);
  for (let block = begin; block < end; block++) {
    const first = block * w.blockTiles, count = min(w.blockTiles, total - first);
    inputBlock<T>(w, scratch, first, count, v, row, plane, border);
    gradientBlock<T>(w, scratch, first, count, d, planeD, border);
    for (let x: usize = 0; x < <usize> planes; x++) {
      for (let j = 0; j < width; j += wide) {
        const b = d + x * planeD + <usize> (j * w.blockTiles) * 4,
          c = sums + x * planeSum + <usize> j * 4;
        const a = v + x * plane, keep = block > begin;
        stripTransposed(sumRows(k), count, a, row, b, <usize> wide * 4, c, ldc, keep);
      }
    }
  }
}

/** Adds the parts of one source channel and transforms them back to its taps' gradients. */
function sumChunk<T>(chunk: i32, thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), scratch = scratchOf(thread);
  const taps = table(w, chunk / table(w, 0).sourceChannels), channels = taps.sourceChannels;
  const planes = products<T>() * products<T>(), r = changetype<T>(0).taps(), c = chunk % channels;
  const n = taps.outputChannels, ldc = <usize> wholePanels(n) * 4;
  const planeSum = <usize> sumRows(channels * w.count) * ldc, summed = scratch + BLOCKS;
  memory.fill(summed, 0, <usize> planes * ldc);
  for (let x: usize = 0; x < <usize> planes; x++) {
    const from = workspace() + x * planeSum + <usize> chunk * ldc;
    addParts(n, w.parts, from, <usize> planes * planeSum, summed + x * ldc);
  }
  const lines = <usize> products<T>() * ldc, square = scratch + RESULT;
  for (let j = 0; j < n; j += 8) {
    const from = summed + <usize> j * 4;
    transform<KernelGradient<T>>(scratch, from, lines, ldc, square, <usize> r * 32, 32, UNBOUNDED);
    for (let i = 0; i < r * r; i++) {
      const pixel = kernelY(taps, i / r) * taps.kernelWidth + kernelX(taps, i % r);
      addTap(w, taps, pixel, c, j, square + <usize> i * 32);
    }
  }
}

/** Adds the gradients of eight output channels, from j on, to the kernel's array. */
function addTap(w: Winograd, taps: Taps, pixel: i32, c: i32, j: i32, from: usize): void {
  const n = taps.outputChannels, channels = taps.sourceChannels;
  const slice = w.kernel + (<usize> pixel * <usize> n * <usize> channels) * 4;
  const base = w.swapped ? slice + <usize> (j * channels + c) * 4 : slice + <usize> (c * n + j) * 4;
  const step = w.swapped ? <usize> channels * 4 : <usize> 4;
  for (let i: usize = 0; i < <usize> min(8, n - j); i++) {
    const at = base + i * step;
    store<f32>(at, load<f32>(at) + load<f32>(from + i * 4));
  }
}

function gradientJob(part: i32, thread: i32): void {
  const variant = changetype<Winograd>(ARGUMENTS).variant;
  if (variant == 0) gradientChunk<F43>(part, thread);
  else if (variant == 1) gradientChunk<F23>(part, thread);
  else gradientChunk<F42>(part, thread);
}

function sumJob(chunk: i32, thread: i32): void {
  const variant = changetype<Winograd>(ARGUMENTS).variant;
  if (variant == 0) sumChunk<F43>(chunk, thread);
  else if (variant == 1) sumChunk<F23>(chunk, thread);
  else sumChunk<F42>(chunk, thread);
}

/**
 * dkernel += Σ over the grid of sourceᵀ · dy, where dy is laid out as the tables' output.
 *
 * Workspace: parts · products · (k rounded up to 6) · (n rounded up to 16) floats.
 */
export function winograd_kernel_gradient(
  variant: i32,
  tables: usize,
  count: i32,
  source: usize,
  dy: usize,
  dkernel: usize,
  swapped: i32,
  blockTiles: i32,
  parts: i32,
): void {
  const w = changetype<Winograd>(ARGUMENTS);
  w.variant = variant, w.tables = tables, w.count = count, w.source = source, w.output = dy;
  w.kernel = dkernel, w.swapped = swapped, w.blockTiles = blockTiles, w.parts = parts;
  parallel(gradientJob.index, parts);
  parallel(sumJob.index, table(w, 0).sourceChannels * count);
}
