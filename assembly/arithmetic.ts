// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Small whole-array operations: add, scale, clip, fill, sums. Fixed chunks, sums in double.

import { ARGUMENTS, workspace } from "./memory";
import { parallel } from "./parallel";
import { choose, firstLanes, madd, sumLanes } from "./simd";

const CHUNK: i32 = 16384;

@unmanaged
class Arguments {
  n: i32;
  rows: i32;
  scale: f32;
  x: usize;
  y: usize;
}

function chunks(n: i32): i32 {
  return (n + CHUNK - 1) / CHUNK;
}

function addChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS);
  const end = <usize> min((chunk + 1) * CHUNK, a.n) * 4;
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    v128.store(a.y + i, f32x4.add(v128.load(a.y + i), v128.load(a.x + i)));
  }
}

/** y += x. */
export function add(n: i32, x: usize, y: usize): void {
  const a = changetype<Arguments>(ARGUMENTS);
  a.n = n, a.x = x, a.y = y;
  parallel(addChunk.index, chunks(n));
}

function scaleChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), s = f32x4.splat(a.scale);
  const end = <usize> min((chunk + 1) * CHUNK, a.n) * 4;
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    v128.store(a.y + i, f32x4.mul(v128.load(a.y + i), s));
  }
}

/** y *= scale. */
export function scale(n: i32, by: f32, y: usize): void {
  const a = changetype<Arguments>(ARGUMENTS);
  a.n = n, a.scale = by, a.y = y;
  parallel(scaleChunk.index, chunks(n));
}

function clipChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), high = f32x4.splat(a.scale), low = f32x4.neg(high);
  const end = <usize> min((chunk + 1) * CHUNK, a.n) * 4;
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    v128.store(a.y + i, f32x4.pmin(f32x4.pmax(v128.load(a.y + i), low), high));
  }
}

/** y = min(max(y, -limit), limit). */
export function clip(n: i32, limit: f32, y: usize): void {
  const a = changetype<Arguments>(ARGUMENTS);
  a.n = n, a.scale = limit, a.y = y;
  parallel(clipChunk.index, chunks(n));
}

function dotChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS);
  const end = min((chunk + 1) * CHUNK, a.n);
  let sum: f64 = 0;
  for (let i = chunk * CHUNK; i < end; i += 4) {
    const at = <usize> i * 4;
    let v = f32x4.mul(v128.load(a.x + at), v128.load(a.y + at));
    if (end - i < 4) v = choose(firstLanes(end - i), v, f32x4.splat(0));
    sum += sumLanes(v);
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

/** Σ x·y. Workspace: one double per 16384 elements. */
export function dot(n: i32, x: usize, y: usize): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.n = n, a.x = x, a.y = y;
  parallel(dotChunk.index, chunks(n));
  return sumPartials(chunks(n));
}

/** The sum of the first `count` doubles of the workspace, in order. */
export function sumPartials(count: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += load<f64>(workspace() + <usize> i * 8);
  return sum;
}

/** An odd number with well-mixed bits (Knuth's 2³²/φ). */
const MIX: i32 = 0x9e3779b1;

function fingerprintChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), mix = i32x4.splat(MIX);
  const end = min((chunk + 1) * CHUNK, a.n);
  let h0 = i32x4.splat(chunk), h1 = mix, h2 = i32x4.splat(2), h3 = i32x4.splat(3);
  let i = chunk * CHUNK;
  for (; i + 16 <= end; i += 16) {
    const at = a.x + <usize> i * 4;
    h0 = i32x4.add(i32x4.mul(h0, mix), v128.load(at));
    h1 = i32x4.add(i32x4.mul(h1, mix), v128.load(at, 16));
    h2 = i32x4.add(i32x4.mul(h2, mix), v128.load(at, 32));
    h3 = i32x4.add(i32x4.mul(h3, mix), v128.load(at, 48));
  }
  for (; i < end; i++) {
    h0 = i32x4.add(i32x4.mul(h0, mix), i32x4.splat(load<i32>(a.x + <usize> i * 4)));
  }
  const to = workspace() + <usize> chunk * 64;
  v128.store(to, h0), v128.store(to, h1, 16), v128.store(to, h2, 32), v128.store(to, h3, 48);
}

/**
 * A 53-bit number that tells whether an array has changed, bit for bit. Workspace: 64 bytes per 16384
 * elements.
 */
export function fingerprint(n: i32, x: usize): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.n = n, a.x = x;
  parallel(fingerprintChunk.index, chunks(n));
  let low: u64 = 0x9e3779b97f4a7c15;
  for (let at: usize = 0; at < <usize> chunks(n) * 64; at += 8) {
    low = (low ^ load<u64>(workspace() + at)) * 0xff51afd7ed558ccd;
    low ^= low >> 29;
  }
  return <f64> (low >> 11);
}

/** Parts that the rows of a column sum are split into. */
const PARTS: i32 = 8;

function columnsChunk(part: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS),
    padded = <usize> ((a.n + 3) & ~3) * 4,
    line = <usize> a.n * 4;
  const sums = workspace() + <usize> part * padded;
  memory.fill(sums, 0, padded);
  const first = <i32> (<i64> a.rows * part / PARTS),
    end = <i32> (<i64> a.rows * (part + 1) / PARTS);
  for (let c: usize = 0; c < padded; c += 64) {
    // Sixteen columns at a time stay in registers while the rows run.
    const from = a.x + c + <usize> first * line, to = sums + c;
    const vectors = min(<usize> 4, (padded - c) >> 4);
    if (vectors == 4) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let at = from;
      for (let row = first; row < end; row++) {
        s0 = f32x4.add(s0, v128.load(at));
        s1 = f32x4.add(s1, v128.load(at, 16));
        s2 = f32x4.add(s2, v128.load(at, 32));
        s3 = f32x4.add(s3, v128.load(at, 48));
        at += line;
      }
      v128.store(to, s0), v128.store(to, s1, 16), v128.store(to, s2, 32), v128.store(to, s3, 48);
    } else {
      for (let v: usize = 0; v < vectors; v++) {
        let s = f32x4.splat(0), at = from + v * 16;
        for (let row = first; row < end; row++) {
          s = f32x4.add(s, v128.load(at));
          at += line;
        }
        v128.store(to + v * 16, s);
      }
    }
  }
}

/** y[j] += Σ rows x[i][j]: the gradient of a bias. Workspace: 8 · (columns rounded up to 4) floats. */
export function column_sums(rows: i32, columns: i32, x: usize, y: usize): void {
  const a = changetype<Arguments>(ARGUMENTS);
  a.n = columns, a.rows = rows, a.x = x, a.y = y;
  parallel(columnsChunk.index, PARTS);
  const padded = <usize> ((columns + 3) & ~3) * 4;
  for (let j: usize = 0; j < <usize> columns * 4; j += 4) {
    let sum = load<f32>(y + j);
    for (let part: usize = 0; part < <usize> PARTS; part++) {
      sum += load<f32>(workspace() + part * padded + j);
    }
    store<f32>(y + j, sum);
  }
}

/** A rough measure of the CPU: `steps` rounds of twelve fused multiply-adds on four lanes (96 flops a round) per chunk, on all threads. */
export function peak(chunks: i32, steps: i32): void {
  const a = changetype<Arguments>(ARGUMENTS);
  a.n = steps;
  parallel(peakChunk.index, chunks);
}

function peakChunk(chunk: i32, _thread: i32): void {
  const n = changetype<Arguments>(ARGUMENTS).n;
  // Not a constant: V8 would build one anew for every use, and only a quarter of the speed is left.
  const x = f32x4.splat(<f32> n * 1e-9);
  let a0 = x, a1 = f32x4.add(a0, x), a2 = f32x4.add(a1, x), a3 = f32x4.add(a2, x);
  let a4 = f32x4.add(a3, x), a5 = f32x4.add(a4, x), a6 = f32x4.add(a5, x), a7 = f32x4.add(a6, x);
  let a8 = f32x4.add(a7, x), a9 = f32x4.add(a8, x), a10 = f32x4.add(a9, x), a11 = f32x4.add(a10, x);
  for (let i = 0; i < n; i++) {
    a0 = madd(x, x, a0), a1 = madd(x, x, a1), a2 = madd(x, x, a2), a3 = madd(x, x, a3);
    a4 = madd(x, x, a4), a5 = madd(x, x, a5), a6 = madd(x, x, a6), a7 = madd(x, x, a7);
    a8 = madd(x, x, a8), a9 = madd(x, x, a9), a10 = madd(x, x, a10), a11 = madd(x, x, a11);
  }
  const s = sumLanes(a0) + sumLanes(a1) + sumLanes(a2) + sumLanes(a3) + sumLanes(a4) +
    sumLanes(a5) +
    sumLanes(a6) + sumLanes(a7) + sumLanes(a8) + sumLanes(a9) + sumLanes(a10) + sumLanes(a11);
  store<f64>(workspace() + <usize> chunk * 8, s);
}
