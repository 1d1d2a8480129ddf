// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Local response normalisation of each row of x [rows, channels]: with s = bias + scale·Σ x² over the
// channels from `before` in front of a channel to `after` behind it, y = x·s^-beta. Squares lie in the
// scratch between zeros, so that sums over windows are loads at neighbouring places; `line` floats each.

import { ARGUMENTS, scratchOf } from "./memory";
import { exp, log } from "./math";
import { parallel } from "./parallel";
import { loadLanes, madd, storeLanes } from "./simd";

/** Elements (about) a chunk handles. */
const CHUNK: i32 = 8192;

@unmanaged
class Rows {
  rows: i32;
  channels: i32;
  before: i32;
  after: i32;
  gate: i32;
  scale: f32;
  beta: f32;
  bias: f32;
  x: usize;
  dy: usize;
  y: usize;
}

function rowsPerChunk(channels: i32): i32 {
  return max(1, CHUNK / channels);
}

/** Bytes of a row with zeros about it. */
function lineBytes(a: Rows): usize {
  return <usize> (((a.channels + 3) & ~3) + a.before + a.after) * 4;
}

/** The sums of four neighbouring windows whose first values begin at `at`. */
function windowSums(at: usize, last: i32): v128 {
  let sum = v128.load(at);
  for (let k = 1; k <= last; k++) sum = f32x4.add(sum, v128.load(at + <usize> k * 4));
  return sum;
}

/** s of four channels, the squares of the windows beginning at `at`. */
function scaleAt(a: Rows, at: usize): v128 {
  return madd(
    windowSums(at, a.before + a.after),
    f32x4.splat(a.scale),
    f32x4.splat(a.bias),
  );
}

function power(s: v128, exponent: f32): v128 {
  return exp(f32x4.mul(log(s), f32x4.splat(exponent)));
}

/** Squares of a row behind `before` zeros. */
function squares(a: Rows, x: usize, to: usize): void {
  const n = a.channels;
  to += <usize> a.before * 4;
  for (let j = 0; j < n; j += 4) {
    const v = loadLanes(x + <usize> j * 4, n - j, 0);
    v128.store(to + <usize> j * 4, f32x4.mul(v, v));
  }
}

function forwardChunk(chunk: i32, thread: i32): void {
  const a = changetype<Rows>(ARGUMENTS), n = a.channels, each = rowsPerChunk(n);
  const line = scratchOf(thread), end = min((chunk + 1) * each, a.rows);
  memory.fill(line, 0, lineBytes(a));
  for (let row = chunk * each; row < end; row++) {
    const offset = <usize> row * n * 4, x = a.x + offset, y = a.y + offset;
    squares(a, x, line);
    for (let j = 0; j < n; j += 4) {
      const at = <usize> j * 4, p = power(scaleAt(a, line + at), -a.beta);
      storeLanes(y + at, f32x4.mul(v128.load(x + at), p), n - j);
    }
  }
}

function gradientChunk(chunk: i32, thread: i32): void {
  const a = changetype<Rows>(ARGUMENTS), n = a.channels, each = rowsPerChunk(n);
  const bytes = lineBytes(a), line = scratchOf(thread), end = min((chunk + 1) * each, a.rows);
  // The windows that hold a channel reach as far the other way.
  const others = line + bytes, inside = others + <usize> a.after * 4, powers = others + bytes;
  memory.fill(line, 0, 2 * bytes);
  const slope = f32x4.splat(-2 * a.scale * a.beta);
  for (let row = chunk * each; row < end; row++) {
    const offset = <usize> row * n * 4;
    const x = a.x + offset, dy = a.dy + offset, dx = a.y + offset;
    squares(a, x, line);
    for (let j = 0; j < n; j += 4) {
      const at = <usize> j * 4, s = scaleAt(a, line + at), p = power(s, -a.beta);
      v128.store(powers + at, p);
      const product = f32x4.mul(loadLanes(dy + at, n - j, 0), loadLanes(x + at, n - j, 0));
      v128.store(inside + at, f32x4.mul(product, f32x4.div(p, s)));
    }
    // dx = dy·s^-beta - 2·scale·beta·x·Σ dy·x·s^(-beta-1)
    for (let j = 0; j < n; j += 4) {
      const at = <usize> j * 4, v = v128.load(x + at);
      const sums = f32x4.mul(windowSums(others + at, a.before + a.after), slope);
      let d = madd(v, sums, f32x4.mul(v128.load(dy + at), v128.load(powers + at)));
      if (a.gate) d = v128.and(d, f32x4.gt(v, f32x4.splat(0)));
      storeLanes(dx + at, d, n - j);
    }
  }
}

function describe(
  rows: i32,
  channels: i32,
  before: i32,
  after: i32,
  scale: f32,
  beta: f32,
  bias: f32,
): Rows {
  const a = changetype<Rows>(ARGUMENTS);
  a.rows = rows, a.channels = channels, a.before = before, a.after = after;
  a.scale = scale, a.beta = beta, a.bias = bias;
  return a;
}

/** Bytes of scratch that either pass needs. */
export function local_response_norm_scratch(channels: i32, before: i32, after: i32): usize {
  return 3 * lineBytes(describe(0, channels, before, after, 0, 0, 0));
}

/** y of x [rows, channels]. Scratch: `local_response_norm_scratch`. */
export function local_response_norm_forward(
  rows: i32,
  channels: i32,
  before: i32,
  after: i32,
  scale: f32,
  beta: f32,
  bias: f32,
  x: usize,
  y: usize,
): void {
  const a = describe(rows, channels, before, after, scale, beta, bias);
  a.x = x, a.y = y;
  const each = rowsPerChunk(channels);
  parallel(forwardChunk.index, (rows + each - 1) / each);
}

/** dx, 0 where x is not above 0 with `gate`; it may be written over x. Scratch as forward. */
export function local_response_norm_gradient(
  rows: i32,
  channels: i32,
  before: i32,
  after: i32,
  scale: f32,
  beta: f32,
  bias: f32,
  gate: i32,
  x: usize,
  dy: usize,
  dx: usize,
): void {
  const a = describe(rows, channels, before, after, scale, beta, bias);
  a.gate = gate, a.x = x, a.dy = dy, a.y = dx;
  const each = rowsPerChunk(channels);
  parallel(gradientChunk.index, (rows + each - 1) / each);
}
