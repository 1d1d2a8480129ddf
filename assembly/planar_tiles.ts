// Register tiles of planar.ts and interleaved.ts: a few planes of the output at once, so that a vector
// of the source is multiplied with several weights while it is in a register.
//
// A tile of R planes and V vectors needs R·V accumulators, and beside them what the inner loop holds:
// V vectors of source and one weight, or one vector of source and R weights. 6x2, 3x3, 2x6, 2x4 and 1x8
// keep to the 15 registers that V8 has (microkernel.ts), and to eight or more independent sums.

import { madd } from "./simd";

/** What tiles are made of and where they lie, in bytes but for counts. */
@unmanaged
export class Extent {
  /** k comes in rows of `run` offsets, with `skip` offsets between them that are left out. */
  rows: i32;
  run: usize;
  skip: usize;
  /** Tiles, how far apart they read and write, how much of a plane each makes, and from plane to plane. */
  cells: i32;
  sourceStep: usize;
  outputStep: usize;
  bytes: usize;
  planeStep: usize;
  /** How far apart their weights and biases are. */
  weightStep: usize;
  biasStep: usize;
}

/** How many planes the next tile should make where `left` are left: 6, 3, 2 or 1. */
export function tilePlanes(left: i32): i32 {
  return left >= 6 ? 6 : left == 4 ? 2 : min(left, 3);
}

/**
 * planes[r][f] = bias[r] + Σₖ w[k][r] · source[offsets[k] + f], for r < count and f < bytes, cell by cell.
 *
 * Writes up to 128 bytes past `bytes`, and reads as far.
 *
 * @param offsets byte offsets from `source`, one for each k
 * @param w       [k][count]
 */
export function planarTile(
  count: i32,
  e: Extent,
  offsets: usize,
  source: usize,
  w: usize,
  bias: usize,
  to: usize,
): void {
  if (count == 1) tile1x8(e, offsets, source, w, bias, to);
  else if (count == 2) tile2x6(e, offsets, source, w, bias, to);
  else if (count == 3) tile3x3(e, offsets, source, w, bias, to);
  else tile6x2(e, offsets, source, w, bias, to);
}

/** How many planes the next tile of interleaved pictures should make where `left` are left: 6, 2 or 1. */
export function tileChannels(left: i32): i32 {
  return left >= 6 ? 6 : min(left, 2);
}

/** The same where `bytes` is 64 or 128, of which no more are written. */
export function interleavedTile(
  count: i32,
  e: Extent,
  offsets: usize,
  source: usize,
  w: usize,
  bias: usize,
  to: usize,
): void {
  if (count > 2) tile6x2(e, offsets, source, w, bias, to);
  else if (count == 2) tile2x4(e, offsets, source, w, bias, to);
  else if (e.bytes > 64) tile1x8(e, offsets, source, w, bias, to);
  else tile1x4(e, offsets, source, w, bias, to);
}

function tile1x4(
  e: Extent,
  offsets: usize,
  source: usize,
  w: usize,
  bias: usize,
  to: usize,
): void {
  for (let cell = e.cells; cell > 0; cell--) {
    let s = v128.load32_splat(bias), c0 = s, c1 = s, c2 = s, c3 = s, at = offsets, b = w;
    for (let row = e.rows; row > 0; row--, at += e.skip, b += e.skip) {
      for (const end = at + e.run; at < end; at += 4, b += 4) {
        const x = source + <usize> load<u32>(at);
        s = v128.load32_splat(b);
        c0 = madd(s, v128.load(x), c0), c1 = madd(s, v128.load(x, 16), c1);
        c2 = madd(s, v128.load(x, 32), c2), c3 = madd(s, v128.load(x, 48), c3);
      }
    }
    v128.store(to, c0), v128.store(to, c1, 16), v128.store(to, c2, 32), v128.store(to, c3, 48);
    source += e.sourceStep, to += e.outputStep, w += e.weightStep, bias += e.biasStep;
  }
}

function tile2x4(
  e: Extent,
  offsets: usize,
  first: usize,
  w: usize,
  bias: usize,
  plane: usize,
): void {
  for (let cell = e.cells; cell > 0; cell--) {
    const last = plane + e.bytes;
    for (let to = plane, source = first; to < last; to += 64, source += 64) {
      let s = v128.load32_splat(bias), t = v128.load32_splat(bias, 4), x: v128;
      let c0 = s, c1 = s, c2 = s, c3 = s, d0 = t, d1 = t, d2 = t, d3 = t;
      let at = offsets, b = w;
      for (let row = e.rows; row > 0; row--, at += e.skip, b += e.skip * 2) {
        for (const end = at + e.run; at < end; at += 4, b += 8) {
          s = v128.load32_splat(b), t = v128.load32_splat(b, 4);
          const from = source + <usize> load<u32>(at);
          x = v128.load(from), c0 = madd(s, x, c0), d0 = madd(t, x, d0);
          x = v128.load(from, 16), c1 = madd(s, x, c1), d1 = madd(t, x, d1);
          x = v128.load(from, 32), c2 = madd(s, x, c2), d2 = madd(t, x, d2);
          x = v128.load(from, 48), c3 = madd(s, x, c3), d3 = madd(t, x, d3);
        }
      }
      v128.store(to, c0), v128.store(to, c1, 16), v128.store(to, c2, 32), v128.store(to, c3, 48);
      const next = to + e.planeStep;
      v128.store(next, d0), v128.store(next, d1, 16);
      v128.store(next, d2, 32), v128.store(next, d3, 48);
    }
    first += e.sourceStep, plane += e.outputStep, w += e.weightStep, bias += e.biasStep;
  }
}

function tile1x8(
  e: Extent,
  offsets: usize,
  first: usize,
  w: usize,
  bias: usize,
  plane: usize,
): void {
  for (let cell = e.cells; cell > 0; cell--) {
    const last = plane + e.bytes, start = v128.load32_splat(bias);
    for (let to = plane, source = first; to < last; to += 128, source += 128) {
      let c0 = start, c1 = start, c2 = start, c3 = start;
      let c4 = start, c5 = start, c6 = start, c7 = start;
      let at = offsets, b = w;
      for (let row = e.rows; row > 0; row--, at += e.skip, b += e.skip) {
        for (const end = at + e.run; at < end; at += 4, b += 4) {
          const s = v128.load32_splat(b), x = source + <usize> load<u32>(at);
          c0 = madd(s, v128.load(x), c0), c1 = madd(s, v128.load(x, 16), c1);
          c2 = madd(s, v128.load(x, 32), c2), c3 = madd(s, v128.load(x, 48), c3);
          c4 = madd(s, v128.load(x, 64), c4), c5 = madd(s, v128.load(x, 80), c5);
          c6 = madd(s, v128.load(x, 96), c6), c7 = madd(s, v128.load(x, 112), c7);
        }
      }
      v128.store(to, c0), v128.store(to, c1, 16), v128.store(to, c2, 32), v128.store(to, c3, 48);
      v128.store(to, c4, 64), v128.store(to, c5, 80), v128.store(to, c6, 96);
      v128.store(to, c7, 112);
    }
    first += e.sourceStep, plane += e.outputStep, w += e.weightStep, bias += e.biasStep;
  }
}

function tile2x6(
  e: Extent,
  offsets: usize,
  first: usize,
  w: usize,
  bias: usize,
  plane: usize,
): void {
  for (let cell = e.cells; cell > 0; cell--) {
    const last = plane + e.bytes;
    for (let to = plane, source = first; to < last; to += 96, source += 96) {
      let s = v128.load32_splat(bias), t = v128.load32_splat(bias, 4), x: v128;
      let c0 = s, c1 = s, c2 = s, c3 = s, c4 = s, c5 = s;
      let d0 = t, d1 = t, d2 = t, d3 = t, d4 = t, d5 = t;
      let at = offsets, b = w;
      for (let row = e.rows; row > 0; row--, at += e.skip, b += e.skip * 2) {
        for (const end = at + e.run; at < end; at += 4, b += 8) {
          s = v128.load32_splat(b), t = v128.load32_splat(b, 4);
          const from = source + <usize> load<u32>(at);
          x = v128.load(from), c0 = madd(s, x, c0), d0 = madd(t, x, d0);
          x = v128.load(from, 16), c1 = madd(s, x, c1), d1 = madd(t, x, d1);
          x = v128.load(from, 32), c2 = madd(s, x, c2), d2 = madd(t, x, d2);
          x = v128.load(from, 48), c3 = madd(s, x, c3), d3 = madd(t, x, d3);
          x = v128.load(from, 64), c4 = madd(s, x, c4), d4 = madd(t, x, d4);
          x = v128.load(from, 80), c5 = madd(s, x, c5), d5 = madd(t, x, d5);
        }
      }
      v128.store(to, c0), v128.store(to, c1, 16), v128.store(to, c2, 32);
      v128.store(to, c3, 48), v128.store(to, c4, 64), v128.store(to, c5, 80);
      const next = to + e.planeStep;
      v128.store(next, d0), v128.store(next, d1, 16), v128.store(next, d2, 32);
      v128.store(next, d3, 48), v128.store(next, d4, 64), v128.store(next, d5, 80);
    }
    first += e.sourceStep, plane += e.outputStep, w += e.weightStep, bias += e.biasStep;
  }
}

function tile3x3(
  e: Extent,
  offsets: usize,
  first: usize,
  w: usize,
  bias: usize,
  plane: usize,
): void {
  for (let cell = e.cells; cell > 0; cell--) {
    const last = plane + e.bytes;
    for (let to = plane, source = first; to < last; to += 48, source += 48) {
      let s = v128.load32_splat(bias);
      let c0 = s, c1 = s, c2 = s;
      s = v128.load32_splat(bias, 4);
      let d0 = s, d1 = s, d2 = s;
      s = v128.load32_splat(bias, 8);
      let e0 = s, e1 = s, e2 = s;
      let at = offsets, b = w;
      for (let row = e.rows; row > 0; row--, at += e.skip, b += e.skip * 3) {
        for (const end = at + e.run; at < end; at += 4, b += 12) {
          const from = source + <usize> load<u32>(at);
          const x0 = v128.load(from), x1 = v128.load(from, 16), x2 = v128.load(from, 32);
          s = v128.load32_splat(b),
            c0 = madd(s, x0, c0),
            c1 = madd(s, x1, c1),
            c2 = madd(s, x2, c2);
          s = v128.load32_splat(b, 4), d0 = madd(s, x0, d0), d1 = madd(s, x1, d1);
          d2 = madd(s, x2, d2);
          s = v128.load32_splat(b, 8), e0 = madd(s, x0, e0), e1 = madd(s, x1, e1);
          e2 = madd(s, x2, e2);
        }
      }
      let next = to;
      v128.store(next, c0), v128.store(next, c1, 16), v128.store(next, c2, 32), next += e.planeStep;
      v128.store(next, d0), v128.store(next, d1, 16), v128.store(next, d2, 32), next += e.planeStep;
      v128.store(next, e0), v128.store(next, e1, 16), v128.store(next, e2, 32);
    }
    first += e.sourceStep, plane += e.outputStep, w += e.weightStep, bias += e.biasStep;
  }
}

function tile6x2(
  e: Extent,
  offsets: usize,
  first: usize,
  w: usize,
  bias: usize,
  plane: usize,
): void {
  for (let cell = e.cells; cell > 0; cell--) {
    const last = plane + e.bytes;
    for (let to = plane, source = first; to < last; to += 32, source += 32) {
      let s = v128.load32_splat(bias);
      let c0 = s, c1 = s;
      s = v128.load32_splat(bias, 4);
      let d0 = s, d1 = s;
      s = v128.load32_splat(bias, 8);
      let e0 = s, e1 = s;
      s = v128.load32_splat(bias, 12);
      let f0 = s, f1 = s;
      s = v128.load32_splat(bias, 16);
      let g0 = s, g1 = s;
      s = v128.load32_splat(bias, 20);
      let h0 = s, h1 = s;
      let at = offsets, b = w;
      for (let row = e.rows; row > 0; row--, at += e.skip, b += e.skip * 6) {
        for (const end = at + e.run; at < end; at += 4, b += 24) {
          const from = source + <usize> load<u32>(at);
          const x0 = v128.load(from), x1 = v128.load(from, 16);
          s = v128.load32_splat(b), c0 = madd(s, x0, c0), c1 = madd(s, x1, c1);
          s = v128.load32_splat(b, 4), d0 = madd(s, x0, d0), d1 = madd(s, x1, d1);
          s = v128.load32_splat(b, 8), e0 = madd(s, x0, e0), e1 = madd(s, x1, e1);
          s = v128.load32_splat(b, 12), f0 = madd(s, x0, f0), f1 = madd(s, x1, f1);
          s = v128.load32_splat(b, 16), g0 = madd(s, x0, g0), g1 = madd(s, x1, g1);
          s = v128.load32_splat(b, 20), h0 = madd(s, x0, h0), h1 = madd(s, x1, h1);
        }
      }
      let next = to;
      v128.store(next, c0), v128.store(next, c1, 16), next += e.planeStep;
      v128.store(next, d0), v128.store(next, d1, 16), next += e.planeStep;
      v128.store(next, e0), v128.store(next, e1, 16), next += e.planeStep;
      v128.store(next, f0), v128.store(next, f1, 16), next += e.planeStep;
      v128.store(next, g0), v128.store(next, g1, 16), next += e.planeStep;
      v128.store(next, h0), v128.store(next, h1, 16);
    }
    first += e.sourceStep, plane += e.outputStep, w += e.weightStep, bias += e.biasStep;
  }
}
