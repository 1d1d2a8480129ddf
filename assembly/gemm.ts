// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Matrix products: the packing of B, the loop over register tiles, and GEMM.
//
//        N            K              N          A is read in place, row by row; B is packed into
//     ┌─────┐      ┌─────┐        ┌─────┐       panels of 8 or 16 columns, [panel][K][columns], zero
//   M │  C  │ =  M │  A  │  ·   K │  B  │       padded (four: microkernel_narrow.ts); C is made in
//     └─────┘      └─────┘        └─────┘       register tiles (microkernel.ts).
//
// `tiles` takes the address of each row of A and C from a table, so the same loop reads a matrix or the
// pixels under a kernel's tap, and writes a matrix, a picture, or every second pixel of one. Where rows
// lie a stride apart and fill whole tiles, `panels` needs no table and costs less.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { MR, tile, tileColumns } from "./microkernel";
import { narrow, narrowLine, packNarrow } from "./microkernel_narrow";
import { strip } from "./microkernel_strip";
import { row } from "./microkernel_rows";
import { parallel } from "./parallel";
import { transposeSquare } from "./simd";

/** Bytes of scratch that `tiles` needs for tiles at the right edge: six rows of sixteen, and their addresses. */
export const EDGE: usize = 512;

/** No lower bound on results. */
export const UNBOUNDED: f32 = -Infinity;

/**
 * Rows × panels of C from packed B: the loop over register tiles, edges included.
 *
 * @param count  rows; both tables are filled up to a multiple of six
 * @param n      columns
 * @param from   table of addresses of rows of A, `step` bytes from tap to tap
 * @param skip   bytes to skip in each row of A
 * @param to     table of addresses of rows of C
 * @param column bytes to skip in each row of C
 * @param init   as of `tile`, for column 0
 * @param low,gate as of `tile`
 * @param edge   EDGE bytes of scratch
 * @param lapped whether the last panel holds the last columns, some of which the one before has too: made
 *               twice, which is harmless unless old values of C matter
 */
export function tiles(
  count: i32,
  n: i32,
  taps: i32,
  k: i32,
  from: usize,
  step: usize,
  skip: usize,
  b: usize,
  to: usize,
  column: usize,
  init: usize,
  low: f32,
  gate: i32,
  edge: usize,
  lapped: bool = false,
): void {
  const wide = tileColumns(), panel = <usize> (taps * k * wide) * 4;
  const rows = (count + MR - 1) / MR * MR;
  if (wide == 4) {
    narrow(rows, n, taps, k, from, step, skip, b, to, column, init, low, gate);
    return;
  }
  for (let next = 0; next < n; next += wide) {
    const j = lapped ? min(next, n - wide) : next, at = column + <usize> j * 4;
    const start = init > ZEROS ? init + <usize> j * 4 : init;
    if (n - j >= wide) {
      tile(rows, taps, k, from, step, skip, b, to, at, start, low, gate);
    } else {
      for (let i: usize = 0; i < <usize> rows * 4; i += 4 * MR) {
        edgeTile(n - j, taps, k, from + i, step, skip, b, to + i, at, start, low, gate, edge);
      }
    }
    b += panel;
  }
}

/**
 * Whole panels of C from packed B, all rows a stride apart: C = init + A·B.
 *
 * @param rows,a,lda,c,ldc,ldi as of `strip`
 * @param n    columns, a multiple of the tile's
 * @param init as of `strip`, for column 0
 */
export function panels(
  rows: i32,
  n: i32,
  k: i32,
  a: usize,
  lda: usize,
  b: usize,
  c: usize,
  ldc: usize,
  init: usize,
  ldi: usize,
): void {
  const line = <usize> tileColumns() * 4, panel = <usize> k * line;
  const step: usize = init == ZEROS ? 0 : line;
  for (const end = c + <usize> n * 4; c < end; c += line, b += panel, init += step) {
    strip(rows, k, a, lda, b, c, ldc, init, ldi);
  }
}

/** A tile with too few columns: made in scratch, then copied. */
function edgeTile(
  columns: i32,
  taps: i32,
  k: i32,
  from: usize,
  step: usize,
  skip: usize,
  b: usize,
  to: usize,
  column: usize,
  init: usize,
  low: f32,
  gate: i32,
  edge: usize,
): void {
  const table = edge + 6 * 64, bytes = <usize> columns * 4;
  for (let i: usize = 0; i < 6; i++) {
    store<u32>(table + 4 * i, <u32> (edge + 64 * i));
    if (!init || gate) copyFloats(edge + 64 * i, row(to, i) + column, bytes);
  }
  tile(MR, taps, k, from, step, skip, b, table, 0, init, low, gate);
  for (let i: usize = 0; i < 6; i++) copyFloats(row(to, i) + column, edge + 64 * i, bytes);
}

function copyFloats(to: usize, from: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + i));
}

/**
 * Packs columns j, j+1, … of B (K×N, element (k,n) at b + k·sk + n·sn bytes) as one panel
 * [K][tileColumns()]; columns past N become zero.
 *
 * @param columns how many columns are left from j on
 */
export function packPanel(k: i32, columns: i32, b: usize, sk: usize, sn: usize, to: usize): void {
  const wide = tileColumns(), bytes = <usize> wide * 4;
  if (columns >= wide && sn == 4) {
    for (let i = 0; i < k; i++) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
      if (wide == 16) v128.store(to, v128.load(b, 32), 32), v128.store(to, v128.load(b, 48), 48);
      b += sk, to += bytes;
    }
    return;
  }
  let i = 0;
  if (columns >= wide && sk == 4) {
    // K is contiguous: squares of four by four are turned over in registers.
    for (; i + 4 <= k; i += 4, b += 16, to += 4 * bytes) {
      for (let j: usize = 0; j < bytes; j += 16) {
        transposeSquare(b + (j >> 2) * sn, sn, to + j, bytes, 4);
      }
    }
  }
  const some = min(columns, wide);
  for (; i < k; i++) {
    let from = b, j = 0;
    for (; j < some; j++) store<f32>(to + <usize> j * 4, load<f32>(from)), from += sn;
    for (; j < wide; j++) store<f32>(to + <usize> j * 4, 0);
    b += sk, to += bytes;
  }
}

/** Columns rounded up to whole panels. */
export function wholePanels(n: i32): i32 {
  const wide = tileColumns();
  return (n + wide - 1) / wide * wide;
}

/** Rows of C a chunk of GEMM makes, and how much of K it takes at a time: a block of A (96 KiB) and a panel of B (16 KiB) stay in the L2 and L1 caches. */
const BLOCK_ROWS: i32 = 48;
const BLOCK_K: i32 = 256;
/** Columns a chunk makes: wide products of few rows still find work for every thread. */
const BLOCK_COLUMNS: i32 = 256;

@unmanaged
class Gemm {
  m: i32;
  n: i32;
  k: i32;
  a: usize;
  lda: usize;
  transposeA: i32;
  b: usize;
  sk: usize;
  sn: usize;
  c: usize;
  bias: usize;
  add: i32;
}

function packChunk(chunk: i32, _thread: i32): void {
  const g = changetype<Gemm>(ARGUMENTS);
  const j = chunk * tileColumns();
  // Blocks of K one after the other, each [panels][kc][columns]: a chunk packs its panel of every block.
  for (let k0 = 0; k0 < g.k; k0 += BLOCK_K) {
    const kc = min(BLOCK_K, g.k - k0);
    const to = workspace() + (<usize> k0 * <usize> wholePanels(g.n) + <usize> j * <usize> kc) * 4;
    const from = g.b + <usize> k0 * g.sk + <usize> j * g.sn, line = narrowLine(kc);
    if (tileColumns() == 4) {
      memory.fill(to, 0, 4 * line);
      packNarrow(kc, g.n, from, g.sk, g.sn, to, line);
    } else packPanel(kc, g.n - j, from, g.sk, g.sn, to);
  }
}

function gemmChunk(chunk: i32, thread: i32): void {
  const g = changetype<Gemm>(ARGUMENTS);
  const across = (g.n + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
  const i0 = (chunk / across) * BLOCK_ROWS, j0 = (chunk % across) * BLOCK_COLUMNS;
  const count = min(BLOCK_ROWS, g.m - i0), columns = min(BLOCK_COLUMNS, g.n - j0);
  const edge = scratchOf(thread), from = edge + EDGE, to = from + <usize> BLOCK_ROWS * 4;
  const spare = to + <usize> BLOCK_ROWS * 4, block = spare + <usize> BLOCK_COLUMNS * 4;
  const lda = g.transposeA ? <usize> min(BLOCK_K, g.k) * 4 : g.lda;
  for (let i = 0; i < BLOCK_ROWS; i++) {
    const real = min(i, count - 1);
    const a = g.transposeA ? block + <usize> real * lda : g.a + <usize> (i0 + real) * lda;
    store<u32>(from + <usize> i * 4, <u32> a);
    const c = i < count ? g.c + (<usize> (i0 + i) * <usize> g.n + <usize> j0) * 4 : spare;
    store<u32>(to + <usize> i * 4, <u32> c);
  }
  for (let k0 = 0; k0 < g.k; k0 += BLOCK_K) {
    const kc = min(BLOCK_K, g.k - k0);
    if (g.transposeA) transposeBlock(g, i0, count, k0, kc, block, lda);
    const b = workspace() + (<usize> k0 * <usize> wholePanels(g.n) + <usize> j0 * <usize> kc) * 4;
    let init: usize = 0;
    if (k0 == 0 && !g.add) init = g.bias ? g.bias + <usize> j0 * 4 : ZEROS;
    const skip = g.transposeA ? <usize> 0 : <usize> k0 * 4;
    const c = g.c + (<usize> i0 * <usize> g.n + <usize> j0) * 4, ldc = <usize> g.n * 4;
    const a = <usize> load<u32>(from) + skip;
    // Edges, and the narrow tile's products, go by the tables.
    const wide = tileColumns(), plain = count == BLOCK_ROWS && wide > 4;
    const whole = plain ? columns / wide * wide : 0;
    if (whole) panels(count, whole, kc, a, lda, b, c, ldc, init ? init : c, init ? 0 : ldc);
    if (whole == columns) continue;
    const rest = b + <usize> (kc * whole) * 4, done = <usize> whole * 4;
    if (init > ZEROS) init += done;
    tiles(count, columns - whole, 1, kc, from, 0, skip, rest, to, done, init, UNBOUNDED, 0, edge);
  }
}

/** A is stored [K][M]: brings a block of it into rows. */
function transposeBlock(
  g: Gemm,
  i0: i32,
  count: i32,
  k0: i32,
  kc: i32,
  to: usize,
  lda: usize,
): void {
  for (let k = 0; k < kc; k++) {
    const from = g.a + <usize> (k0 + k) * g.lda + <usize> i0 * 4, at = to + <usize> k * 4;
    for (let i = 0; i < count; i++) {
      store<f32>(at + <usize> i * lda, load<f32>(from + <usize> i * 4));
    }
  }
}

/**
 * C[m][n] = (add ? C : bias or 0) + A·B on all threads, for k of at least 1.
 *
 * A is [m][k], `lda` values a row; stored [k][m] where `transposeA`. B's element (k,n) is at
 * b + 4·(k·sk + n·sn), so a transposed B is a matter of strides. C is [m][n], contiguous.
 * Workspace: k · (n rounded up to 16) floats. Scratch: gemm_scratch() bytes.
 */
export function gemm(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  lda: i32,
  transposeA: i32,
  b: usize,
  sk: i32,
  sn: i32,
  c: usize,
  bias: usize,
  add: i32,
): void {
  const g = changetype<Gemm>(ARGUMENTS);
  g.m = m, g.n = n, g.k = k;
  g.a = a, g.lda = <usize> lda * 4, g.transposeA = transposeA;
  g.b = b, g.sk = <usize> sk * 4, g.sn = <usize> sn * 4;
  g.c = c, g.bias = bias, g.add = add;
  parallel(packChunk.index, wholePanels(n) / tileColumns());
  const down = (m + BLOCK_ROWS - 1) / BLOCK_ROWS, across = (n + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
  parallel(gemmChunk.index, down * across);
}

/** Scratch per thread that gemm needs, in bytes. */
export function gemm_scratch(): i32 {
  return <i32> EDGE + BLOCK_ROWS * 8 + BLOCK_COLUMNS * 4 + BLOCK_ROWS * BLOCK_K * 4 + 256;
}
