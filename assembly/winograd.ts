// deno-lint-ignore-file no-unused-vars verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
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

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { addParts, packTap } from "./conv2d";
import { kernelX, kernelY, offsetX, offsetY, outputPixel, sourcePixel, Taps } from "./geometry";
import { EDGE, tiles, UNBOUNDED, wholePanels } from "./gemm";
import { MR, tileColumns, tileTransposed } from "./microkernel";
import { parallel } from "./parallel";
import { F23, F42, F43 } from "./winograd_transforms";

@unmanaged
class Winograd {
  /** 0 F(4,3), 1 F(2,3), 2 F(4,2). */
  variant: i32;
  /** u32 addresses of the tap tables whose products are summed. */
  tables: usize;
  count: i32;
  source: usize;
  kernel: usize;
  bias: usize;
  output: usize;
  swapped: i32;
  low: f32;
  /** Tiles a block has, a multiple of six, and output columns made at a time. */
  blockTiles: i32;
  blockColumns: i32;
  parts: i32;
}

// Offsets into a thread's scratch, in bytes.
const MIDDLE: usize = EDGE; // up to 36 vector pairs between the passes of a transform
const RESULT: usize = MIDDLE + 36 * 32; // a square of up to 36 vector pairs, before or after a transform
const PIXELS: usize = RESULT + 36 * 32; // addresses of a tile's pixels
const ROWS: usize = PIXELS + 36 * 4; // two tables of row addresses, 96 each
const BLOCKS: usize = ROWS + 2 * 96 * 4;

function table(w: Winograd, q: i32): Taps {
  return changetype<Taps>(<usize> load<u32>(w.tables + <usize> q * 4));
}

/** Products along an axis. */
function products<T>(): i32 {
  return changetype<T>(0).outputs() + changetype<T>(0).taps() - 1;
}

function tilesDown<T>(taps: Taps): i32 {
  const m = changetype<T>(0).outputs();
  return (taps.gridHeight + m - 1) / m;
}

function tilesAcross<T>(taps: Taps): i32 {
  const m = changetype<T>(0).outputs();
  return (taps.gridWidth + m - 1) / m;
}

function tileTotal<T>(taps: Taps): i32 {
  return taps.pictures * tilesDown<T>(taps) * tilesAcross<T>(taps);
}

/** Floats from tile to tile of V: K, and a line more so that rows fall into different cache sets. */
function rowFloats(k: i32): i32 {
  return ((k + 15) & ~15) + 16;
}

// A two-dimensional transform is a one-dimensional one down the columns into the middle, then along
// the rows. One class for each so that `transform` can be written once.

@unmanaged
class Input<T> {
  ins(): i32 {
    return products<T>();
  }
  outs(): i32 {
    return products<T>();
  }
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32): void {
    changetype<T>(0).input(from, step, to, stride);
  }
}

@unmanaged
class Kernel<T> {
  ins(): i32 {
    return changetype<T>(0).taps();
  }
  outs(): i32 {
    return products<T>();
  }
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32): void {
    changetype<T>(0).kernel(from, step, to, stride);
  }
}

@unmanaged
class Output<T> {
  ins(): i32 {
    return products<T>();
  }
  outs(): i32 {
    return changetype<T>(0).outputs();
  }
  run(from: usize, step: usize, to: usize, stride: usize, low: f32): void {
    changetype<T>(0).output(from, step, to, stride, low);
  }
}

@unmanaged
class Gradient<T> {
  ins(): i32 {
    return changetype<T>(0).outputs();
  }
  outs(): i32 {
    return products<T>();
  }
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32): void {
    changetype<T>(0).gradient(from, step, to, stride);
  }
}

@unmanaged
class KernelGradient<T> {
  ins(): i32 {
    return products<T>();
  }
  outs(): i32 {
    return changetype<T>(0).taps();
  }
  run(from: usize, step: usize, to: usize, stride: usize, _low: f32): void {
    changetype<T>(0).kernelGradient(from, step, to, stride);
  }
}

/**
 * Transforms eight channels of a square: ins × ins vectors, `step` bytes apart in a line and `lines`
 * from line to line, to outs × outs vectors, `toStep` and `toLines` bytes apart.
 *
 * @param low bound of the results, for outputs only
 */
function transform<S>(
  scratch: usize,
  from: usize,
  lines: usize,
  step: usize,
  to: usize,
  toLines: usize,
  toStep: usize,
  low: f32,
): void {
  const ins = changetype<S>(0).ins(), outs = changetype<S>(0).outs();
  const line = <usize> ins * 32;
  let middle = scratch + MIDDLE;
  for (let s = 0; s < ins; s++) {
    changetype<S>(0).run(from, lines, middle, line, UNBOUNDED);
    from += step, middle += 32;
  }
  middle = scratch + MIDDLE;
  for (let i = 0; i < outs; i++) {
    changetype<S>(0).run(middle, 32, to, toStep, low);
    middle += line, to += toLines;
  }
}

/** Brings eight channels of pixels, whose addresses are in a table, into a square for `transform`. */
function gather(count: i32, pixels: usize, skip: usize, to: usize): void {
  for (let i = 0; i < count; i++) {
    const at = <usize> load<u32>(pixels + <usize> i * 4) + skip;
    v128.store(to, v128.load(at)), v128.store(to, v128.load(at, 16), 16);
    to += 32;
  }
}

/** Fills a table with `count` addresses, `stride` bytes apart. */
function ladder(to: usize, count: i32, first: usize, stride: usize): void {
  for (let i = 0; i < count; i++) {
    store<u32>(to + <usize> i * 4, <u32> (first + <usize> i * stride));
  }
}

/** Transforms the kernel of one tap table for one panel of output channels into U[ξ][panel][K][columns]. */
function kernelChunk<T>(chunk: i32, thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), scratch = scratchOf(thread), wide = tileColumns();
  const q = chunk % w.count, panel = chunk / w.count, taps = table(w, q);
  const r = changetype<T>(0).taps(), channels = taps.sourceChannels, line = <usize> wide * 4;
  const slices = scratch + BLOCKS, slice = <usize> channels * line;
  for (let i = 0; i < r * r; i++) {
    packTap(taps, w.kernel, w.swapped != 0, panel, i / r, i % r, slices + <usize> i * slice);
  }
  const k = <usize> (channels * w.count),
    panels = <usize> (wholePanels(taps.outputChannels) / wide);
  const plane = panels * k * line, lines = <usize> products<T>() * plane;
  const to = workspace() + (<usize> panel * k + <usize> (q * channels)) * line;
  for (let at: usize = 0; at < slice; at += 32) {
    transform<Kernel<T>>(
      scratch,
      slices + at,
      <usize> r * slice,
      slice,
      to + at,
      lines,
      plane,
      UNBOUNDED,
    );
  }
}

/** Transforms the source tiles first … first+count-1 into V[ξ][tile][K]. */
function inputBlock<T>(
  w: Winograd,
  scratch: usize,
  first: i32,
  count: i32,
  to: usize,
  row: usize,
  plane: usize,
): void {
  const n = products<T>(), m = changetype<T>(0).outputs(), toLines = <usize> n * plane;
  const square = scratch + RESULT, pixels = scratch + PIXELS;
  for (let q = 0; q < w.count; q++) {
    const taps = table(w, q), bytes = <usize> taps.sourceChannels * 4;
    const down = tilesDown<T>(taps), across = tilesAcross<T>(taps);
    const step = <usize> taps.stepX * bytes,
      lines = <usize> (taps.stepY * taps.sourceWidth) * bytes;
    for (let t = 0; t < count; t++) {
      const tile = first + t,
        picture = tile / (down * across),
        inside = tile - picture * down * across;
      const y = inside / across * m * taps.stepY + offsetY(taps, 0);
      const x = inside % across * m * taps.stepX + offsetX(taps, 0);
      const base = to + <usize> t * row + <usize> q * bytes;
      const bottom = y + (n - 1) * taps.stepY, right = x + (n - 1) * taps.stepX;
      if (y >= 0 && x >= 0 && bottom < taps.sourceHeight && right < taps.sourceWidth) {
        const from = sourcePixel(taps, w.source, picture, y, x);
        for (let c: usize = 0; c < bytes; c += 32) {
          transform<Input<T>>(scratch, from + c, lines, step, base + c, toLines, plane, UNBOUNDED);
        }
        continue;
      }
      for (let i = 0; i < n * n; i++) {
        const at = sourcePixel(
          taps,
          w.source,
          picture,
          y + i / n * taps.stepY,
          x + i % n * taps.stepX,
        );
        store<u32>(pixels + <usize> i * 4, <u32> at);
      }
      for (let c: usize = 0; c < bytes; c += 32) {
        gather(n * n, pixels, c, square);
        transform<Input<T>>(
          scratch,
          square,
          <usize> n * 32,
          32,
          base + c,
          toLines,
          plane,
          UNBOUNDED,
        );
      }
    }
  }
}

/** Addresses of the output pixels of a tile; those outside the grid become `outside`. */
function outputTable<T>(taps: Taps, output: usize, tile: i32, outside: usize, to: usize): void {
  const m = changetype<T>(0).outputs(), down = tilesDown<T>(taps), across = tilesAcross<T>(taps);
  const picture = tile / (down * across), inside = tile - picture * down * across;
  const i0 = inside / across * m, j0 = inside % across * m;
  for (let i = i0; i < i0 + m; i++) {
    for (let j = j0; j < j0 + m; j++) {
      const within = i < taps.gridHeight && j < taps.gridWidth;
      store<u32>(to, <u32> (within ? output + outputPixel(taps, picture, i, j) : outside));
      to += 4;
    }
  }
}

/** Transforms the products of one tile back and stores its pixels, columns j … j+columns-1 of the output. */
function outputTile<T>(
  w: Winograd,
  scratch: usize,
  tile: i32,
  from: usize,
  plane: usize,
  j: i32,
  columns: i32,
  outside: usize,
): void {
  const taps = table(w, 0), m = changetype<T>(0).outputs(), lines = <usize> products<T>() * plane;
  const down = tilesDown<T>(taps), across = tilesAcross<T>(taps);
  const picture = tile / (down * across), inside = tile - picture * down * across;
  const i0 = inside / across * m, j0 = inside % across * m;
  const whole = i0 + m <= taps.gridHeight && j0 + m <= taps.gridWidth;
  const first = w.output + outputPixel(taps, picture, i0, j0) + <usize> j * 4;
  const toStep = <usize> (taps.strideX * taps.outputChannels) * 4;
  const toLines = <usize> (taps.strideY * taps.outputWidth * taps.outputChannels) * 4;
  const square = scratch + RESULT;
  if (!whole || columns & 7) outputTable<T>(taps, w.output, tile, outside, scratch + PIXELS);
  for (let c = 0; c < columns; c += 8) {
    const at = <usize> c * 4;
    if (whole && c + 8 <= columns) {
      transform<Output<T>>(scratch, from + at, lines, plane, first + at, toLines, toStep, w.low);
    } else {
      transform<Output<T>>(scratch, from + at, lines, plane, square, <usize> m * 32, 32, w.low);
      storePixels(m * m, square, scratch + PIXELS, <usize> j * 4 + at, columns - c);
    }
  }
}

/** Stores up to eight channels of a tile's pixels one by one. */
function storePixels(count: i32, from: usize, to: usize, skip: usize, channels: i32): void {
  const bytes = <usize> min(channels, 8) * 4;
  for (let i = 0; i < count; i++) {
    const at = <usize> load<u32>(to + <usize> i * 4) + skip;
    for (let c: usize = 0; c < bytes; c += 4) store<f32>(at + c, load<f32>(from + c));
    from += 32;
  }
}

function passChunk<T>(chunk: i32, thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), scratch = scratchOf(thread), taps = table(w, 0);
  const planes = products<T>() * products<T>(), wide = tileColumns();
  const k = taps.sourceChannels * w.count, n = taps.outputChannels;
  const first = chunk * w.blockTiles, count = min(w.blockTiles, tileTotal<T>(taps) - first);
  const row = <usize> rowFloats(k) * 4, plane = <usize> w.blockTiles * row + 64;
  const v = scratch + BLOCKS, planeM = <usize> w.blockColumns * 4;
  const rowM = <usize> planes * planeM + 64, products_ = v + <usize> planes * plane;
  const outside = products_ + <usize> w.blockTiles * rowM;
  const from = scratch + ROWS, to = from + 96 * 4, padded = (count + MR - 1) / MR * MR;
  inputBlock<T>(w, scratch, first, count, v, row, plane);
  for (let t = 0; t < padded; t++) {
    store<u32>(from + <usize> t * 4, <u32> (v + <usize> min(t, count - 1) * row));
  }
  ladder(to, padded, products_, rowM);
  const panels = wholePanels(n) / wide, panelBytes = <usize> (k * wide) * 4;
  for (let j = 0; j < n; j += w.blockColumns) {
    const columns = min(w.blockColumns, wholePanels(n) - j);
    for (let x = 0; x < planes; x++) {
      const u = workspace() + <usize> (x * panels + j / wide) * panelBytes;
      // The output transform takes the product of point 1 into every pixel, unchanged: the bias goes there.
      const init = w.bias && x == products<T>() + 1 ? w.bias + <usize> j * 4 : ZEROS;
      tiles(
        count,
        columns,
        1,
        k,
        from,
        0,
        <usize> x * plane,
        u,
        to,
        <usize> x * planeM,
        init,
        UNBOUNDED,
        scratch,
      );
    }
    for (let t = 0; t < count; t++) {
      const from = products_ + <usize> t * rowM;
      outputTile<T>(w, scratch, first + t, from, planeM, j, min(columns, n - j), outside);
    }
  }
}

function kernelJob(chunk: i32, thread: i32): void {
  const variant = changetype<Winograd>(ARGUMENTS).variant;
  if (variant == 0) kernelChunk<F43>(chunk, thread);
  else if (variant == 1) kernelChunk<F23>(chunk, thread);
  else kernelChunk<F42>(chunk, thread);
}

function passJob(chunk: i32, thread: i32): void {
  const variant = changetype<Winograd>(ARGUMENTS).variant;
  if (variant == 0) passChunk<F43>(chunk, thread);
  else if (variant == 1) passChunk<F23>(chunk, thread);
  else passChunk<F42>(chunk, thread);
}

/** How many tiles the grid of the tables has. */
function allTiles(w: Winograd): i32 {
  if (w.variant == 0) return tileTotal<F43>(table(w, 0));
  if (w.variant == 1) return tileTotal<F23>(table(w, 0));
  return tileTotal<F42>(table(w, 0));
}

/**
 * output = max(low, bias + Σ over tables and taps of source · kernel), for the grid the tables share.
 *
 * @param variant 0 F(4x4, 3x3), 1 F(2x2, 3x3), 2 F(4x4, 2x2)
 * @param tables  u32 addresses of `count` tap tables, each with 3x3 (or 2x2) evenly spaced taps
 *
 * Workspace: products · count · channels · (n rounded up to 16) floats. Scratch: core/wasm/winograd.ts.
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
  blockTiles: i32,
  blockColumns: i32,
): void {
  const w = changetype<Winograd>(ARGUMENTS);
  w.variant = variant, w.tables = tables, w.count = count, w.source = source, w.kernel = kernel;
  w.bias = bias, w.output = output, w.swapped = swapped, w.low = low;
  w.blockTiles = blockTiles, w.blockColumns = blockColumns;
  parallel(kernelJob.index, count * (wholePanels(table(w, 0).outputChannels) / tileColumns()));
  parallel(passJob.index, (allTiles(w) + blockTiles - 1) / blockTiles);
}

/** Rows that the sums of one plane take. */
function sumRows(k: i32): i32 {
  return (k + MR - 1) / MR * MR;
}

/** Transforms dy's tiles into panels D[ξ][panel][tile][columns]. */
function gradientBlock<T>(
  w: Winograd,
  scratch: usize,
  first: i32,
  count: i32,
  to: usize,
  plane: usize,
): void {
  const taps = table(w, 0), wide = tileColumns(), m = changetype<T>(0).outputs();
  const pixels = scratch + PIXELS, square = scratch + RESULT;
  const toLines = <usize> products<T>() * plane, lines = <usize> m * 32;
  for (let t = 0; t < count; t++) {
    outputTable<T>(taps, w.output, first + t, ZEROS, pixels);
    for (let c = 0; c < taps.outputChannels; c += 8) {
      const at = to + <usize> ((c / wide * w.blockTiles + t) * wide + c % wide) * 4;
      gather(m * m, pixels, <usize> c * 4, square);
      transform<Gradient<T>>(scratch, square, lines, 32, at, toLines, plane, UNBOUNDED);
    }
  }
}

function gradientChunk<T>(part: i32, thread: i32): void {
  const w = changetype<Winograd>(ARGUMENTS), scratch = scratchOf(thread), taps = table(w, 0);
  const planes = products<T>() * products<T>(), wide = tileColumns();
  const k = taps.sourceChannels * w.count, width = wholePanels(taps.outputChannels);
  const row = <usize> rowFloats(k) * 4, plane = <usize> w.blockTiles * row + 64;
  const v = scratch + BLOCKS, d = v + <usize> planes * plane;
  const planeD = <usize> (w.blockTiles * width) * 4 + 64, ldc = <usize> width * 4;
  const planeSum = <usize> sumRows(k) * ldc,
    sums = workspace() + <usize> (part * planes) * planeSum;
  const total = tileTotal<T>(taps), blocks = (total + w.blockTiles - 1) / w.blockTiles;
  const begin = blocks * part / w.parts, end = blocks * (part + 1) / w.parts;
  if (begin == end) memory.fill(sums, 0, <usize> planes * planeSum);
  for (let block = begin; block < end; block++) {
    const first = block * w.blockTiles, count = min(w.blockTiles, total - first);
    inputBlock<T>(w, scratch, first, count, v, row, plane);
    gradientBlock<T>(w, scratch, first, count, d, planeD);
    for (let x: usize = 0; x < <usize> planes; x++) {
      for (let j = 0; j < width; j += wide) {
        const b = d + x * planeD + <usize> (j * w.blockTiles) * 4,
          c = sums + x * planeSum + <usize> j * 4;
        for (let i = 0; i < k; i += MR) {
          const a = v + x * plane + <usize> i * 4;
          tileTransposed(
            count,
            a,
            row,
            b,
            <usize> wide * 4,
            c + <usize> i * ldc,
            ldc,
            block > begin,
          );
        }
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
