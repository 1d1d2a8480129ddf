// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Matrix products: the packing of B, the loop over register tiles, and GEMM.
//
//        N            K              N          A is read in place, row by row; B is packed into
//     ┌─────┐      ┌─────┐        ┌─────┐       panels of 8 columns, [N/8][K][8], zero padded;
//   M │  C  │ =  M │  A  │  ·   K │  B  │       C is made in register tiles (microkernel.ts).
//     └─────┘      └─────┘        └─────┘
//
// C has no stride: each row's address comes from a table, so the same loop writes a matrix, the
// pixels of a picture, or every second pixel of it.

import { ARGUMENTS, scratchOf, workspace, ZEROS } from "./memory";
import { MR, NR, row, tile } from "./microkernel";
import { parallel } from "./parallel";

/** Bytes a thread needs to run `tiles`: six rows of eight for an edge tile, and their addresses. */
export const EDGE: usize = 256;

/**
 * Rows × panels of C from packed B: the loop over register tiles, edges included.
 *
 * @param rows   addresses of `count` rows of C, padded to a multiple of six with any of `edge`'s
 * @param init   as of `tile`, for panel 0; 0 to add to C
 * @param edge   EDGE bytes of scratch, used where fewer than eight columns are left
 */
export function tiles(
  count: i32,
  n: i32,
  k: i32,
  a: usize,
  lda: usize,
  b: usize,
  rows: usize,
  column: usize,
  init: usize,
  edge: usize,
): void {
  const panel = <usize> k * 32;
  for (let j = 0; j < n; j += NR) {
    const at = column + <usize> j * 4;
    const start = init ? (init == ZEROS ? ZEROS : init + <usize> j * 4) : 0;
    const columns = min(NR, n - j);
    for (let i = 0; i < count; i += MR) {
      const from = a + <usize> i * lda, to = rows + <usize> i * 4;
      if (columns == NR) tile(k, from, lda, b, to, at, start);
      else edgeTile(columns, min(MR, count - i), k, from, lda, b, to, at, start, edge);
    }
    b += panel;
  }
}

/** A tile with fewer than eight columns: made in scratch, then copied. */
function edgeTile(
  columns: i32,
  count: i32,
  k: i32,
  a: usize,
  lda: usize,
  b: usize,
  rows: usize,
  column: usize,
  init: usize,
  edge: usize,
): void {
  const table = edge + 6 * 32;
  for (let i: usize = 0; i < 6; i++) {
    store<u32>(table + 4 * i, <u32> (edge + 32 * i));
    if (!init && <i32> i < count) {
      memory.copy(edge + 32 * i, row(rows, i) + column, <usize> columns * 4);
    }
  }
  tile(k, a, lda, b, table, 0, init);
  for (let i: usize = 0; <i32> i < count; i++) {
    memory.copy(row(rows, i) + column, edge + 32 * i, <usize> columns * 4);
  }
}

/**
 * Packs columns j…j+7 of B (K×N, element (k,n) at b + k·sk + n·sn bytes) as one panel [K][8]; columns
 * past N become zero.
 */
export function packPanel(k: i32, columns: i32, b: usize, sk: usize, sn: usize, to: usize): void {
  if (columns >= NR && sn == 4) {
    for (let i = 0; i < k; i++) {
      v128.store(to, v128.load(b)), v128.store(to, v128.load(b, 16), 16);
      b += sk, to += 32;
    }
    return;
  }
  const some = min(columns, NR);
  for (let i = 0; i < k; i++) {
    let from = b, j = 0;
    for (; j < some; j++) store<f32>(to + <usize> j * 4, load<f32>(from)), from += sn;
    for (; j < NR; j++) store<f32>(to + <usize> j * 4, 0);
    b += sk, to += 32;
  }
}

/** Rows of C a chunk of GEMM makes, and how much of K it takes at a time: a block of A (96 KiB) and a panel of B (16 KiB) stay in the L2 and L1 caches. */
const BLOCK_ROWS: i32 = 48;
const BLOCK_K: i32 = 512;
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
  const j = chunk * NR;
  // Blocks of K one after the other, each [panels][kc][8]: a chunk packs its panel of every block.
  for (let k0 = 0; k0 < g.k; k0 += BLOCK_K) {
    const kc = min(BLOCK_K, g.k - k0);
    const to = workspace() + (<usize> k0 * <usize> ((g.n + 7) & ~7) + <usize> j * <usize> kc) * 4;
    packPanel(kc, g.n - j, g.b + <usize> k0 * g.sk + <usize> j * g.sn, g.sk, g.sn, to);
  }
}

function gemmChunk(chunk: i32, thread: i32): void {
  const g = changetype<Gemm>(ARGUMENTS);
  const across = (g.n + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
  const i0 = (chunk / across) * BLOCK_ROWS, j0 = (chunk % across) * BLOCK_COLUMNS;
  const count = min(BLOCK_ROWS, g.m - i0), columns = min(BLOCK_COLUMNS, g.n - j0);
  const edge = scratchOf(thread),
    spare = edge + EDGE,
    rows = spare + <usize> BLOCK_COLUMNS * 4 + 32;
  const block = rows + <usize> BLOCK_ROWS * 4;
  for (let i = 0; i < BLOCK_ROWS; i++) {
    const at = i < count ? g.c + (<usize> (i0 + i) * <usize> g.n + <usize> j0) * 4 : spare;
    store<u32>(rows + <usize> i * 4, <u32> at);
  }
  for (let k0 = 0; k0 < g.k || k0 == 0; k0 += BLOCK_K) {
    const kc = min(BLOCK_K, g.k - k0);
    let a: usize, lda: usize;
    if (g.transposeA) {
      // A is stored [K][M]: bring this block into rows.
      a = block, lda = <usize> kc * 4;
      for (let i = 0; i < count; i++) {
        for (let k = 0; k < kc; k++) {
          store<f32>(
            a + <usize> i * lda + <usize> k * 4,
            load<f32>(g.a + <usize> (k0 + k) * g.lda + <usize> (i0 + i) * 4),
          );
        }
      }
    } else {
      a = g.a + <usize> i0 * g.lda + <usize> k0 * 4, lda = g.lda;
    }
    const b = workspace() + (<usize> k0 * <usize> ((g.n + 7) & ~7) + <usize> j0 * <usize> kc) * 4;
    let init: usize = 0;
    if (k0 == 0 && !g.add) init = g.bias ? g.bias + <usize> j0 * 4 : ZEROS;
    tiles(count, columns, kc, a, lda, b, rows, 0, init, edge);
  }
}

/**
 * C[m][n] = (add ? C : bias or 0) + A·B on all threads.
 *
 * A is [m][k], `lda` values a row; stored [k][m] where `transposeA`. B's element (k,n) is at
 * b + 4·(k·sk + n·sn), so a transposed B is a matter of strides. C is [m][n], contiguous.
 * Workspace: k · (n rounded up to 8) floats. Scratch: gemm_scratch() bytes.
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
  const panels = (n + NR - 1) / NR;
  parallel(packChunk.index, panels);
  parallel(
    gemmChunk.index,
    ((m + BLOCK_ROWS - 1) / BLOCK_ROWS) * ((n + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS),
  );
}

/** Scratch per thread that gemm needs, in bytes. */
export function gemm_scratch(): i32 {
  return <i32> EDGE + BLOCK_COLUMNS * 4 + 32 + BLOCK_ROWS * 4 + BLOCK_ROWS * BLOCK_K * 4;
}
