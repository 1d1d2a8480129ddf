// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Softmax and log-softmax over the last axis. A row's maximum is taken off first, so no exponential
// overflows; sums run in double, lane by lane in a fixed order.

import { ARGUMENTS } from "./memory";
import { exp, log } from "./math";
import { parallel } from "./parallel";
import { loadLanes, madd, storeLanes, sumLanes } from "./simd";

/** Elements (about) a chunk handles. */
const CHUNK: i32 = 8192;

@unmanaged
class Rows {
  rows: i32;
  width: i32;
  logarithm: i32;
  x: usize;
  dy: usize;
  y: usize;
}

function rowsPerChunk(width: i32): i32 {
  return max(1, CHUNK / max(1, width));
}

function forwardChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Rows>(ARGUMENTS), width = a.width, each = rowsPerChunk(width);
  const end = min((chunk + 1) * each, a.rows);
  for (let row = chunk * each; row < end; row++) {
    const x = a.x + <usize> (row * width) * 4, y = a.y + <usize> (row * width) * 4;
    let top = f32x4.splat(-Infinity);
    for (let j = 0; j < width; j += 4) {
      top = f32x4.max(top, loadLanes(x + <usize> j * 4, width - j, -Infinity));
    }
    const highest = max(
      max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
      max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
    );
    const shift = f32x4.splat(highest);
    let sum: f64 = 0;
    for (let j = 0; j < width; j += 4) {
      const d = f32x4.sub(loadLanes(x + <usize> j * 4, width - j, -Infinity), shift);
      sum += sumLanes(exp(d));
    }
    const scale = f32x4.splat(<f32> (1 / sum)), less = log(f32x4.splat(<f32> sum));
    for (let j = 0; j < width; j += 4) {
      const at = <usize> j * 4, d = f32x4.sub(v128.load(x + at), shift);
      storeLanes(y + at, a.logarithm ? f32x4.sub(d, less) : f32x4.mul(exp(d), scale), width - j);
    }
  }
}

function gradientChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Rows>(ARGUMENTS), width = a.width, each = rowsPerChunk(width);
  const end = min((chunk + 1) * each, a.rows);
  for (let row = chunk * each; row < end; row++) {
    const offset = <usize> (row * width) * 4;
    const y = a.y + offset, dy = a.dy + offset, dx = a.x + offset;
    let sum: f64 = 0;
    for (let j = 0; j < width; j += 4) {
      const g = loadLanes(dy + <usize> j * 4, width - j, 0);
      sum += sumLanes(a.logarithm ? g : f32x4.mul(g, loadLanes(y + <usize> j * 4, width - j, 0)));
    }
    const s = f32x4.splat(<f32> sum);
    for (let j = 0; j < width; j += 4) {
      const at = <usize> j * 4, v = v128.load(y + at), g = v128.load(dy + at);
      // softmax: y (dy - Σ dy·y); log-softmax: dy - e^y Σ dy
      const d = a.logarithm ? madd(f32x4.neg(exp(v)), s, g) : f32x4.mul(v, f32x4.sub(g, s));
      storeLanes(dx + at, d, width - j);
    }
  }
}

/** y = softmax(x) (or its logarithm) of each of `rows` rows. */
export function softmax_forward(rows: i32, width: i32, logarithm: i32, x: usize, y: usize): void {
  const a = changetype<Rows>(ARGUMENTS);
  a.rows = rows, a.width = width, a.logarithm = logarithm, a.x = x, a.y = y;
  const each = rowsPerChunk(width);
  parallel(forwardChunk.index, (rows + each - 1) / each);
}

/** dx from y and dy. dx may be dy. */
export function softmax_gradient(
  rows: i32,
  width: i32,
  logarithm: i32,
  y: usize,
  dy: usize,
  dx: usize,
): void {
  const a = changetype<Rows>(ARGUMENTS);
  a.rows = rows, a.width = width, a.logarithm = logarithm, a.x = dx, a.dy = dy, a.y = y;
  const each = rowsPerChunk(width);
  parallel(gradientChunk.index, (rows + each - 1) / each);
}
