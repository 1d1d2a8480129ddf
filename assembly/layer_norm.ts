// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Layer normalisation: as norm.ts, but each row of x [rows, width] has a mean and a variance of its
// own, and gamma and beta are as long as a row. A row is read while it is in the cache. Sums over rows
// run in double, sums over columns in float32, in parts whose number the size decides.

import { ARGUMENTS, workspace } from "./memory";
import { parallel } from "./parallel";
import { firstLanes, loadLanes, madd, storeLanes, widenHigh, widenLow } from "./simd";

/** Values (about) in a part, and how many parts there are at most: each has sums of its own. */
const PART: i32 = 16384;
const MOST_PARTS: i32 = 16;

@unmanaged
class Rows {
  rows: i32;
  width: i32;
  parts: i32;
  gate: i32;
  epsilon: f64;
  /** A mean and a variance, doubles, of each row. */
  statistics: usize;
  gamma: usize;
  beta: usize;
  x: usize;
  y: usize;
  dy: usize;
  /** Whether dgamma or dbeta is wanted. */
  sums: i32;
}

function describe(rows: i32, width: i32): Rows {
  const a = changetype<Rows>(ARGUMENTS);
  a.rows = rows, a.width = width;
  a.parts = max(1, min(MOST_PARTS, min(rows, (rows * width + PART - 1) / PART)));
  return a;
}

function rowOfPart(a: Rows, part: i32): i32 {
  return <i32> (<i64> a.rows * part / a.parts);
}

function lineBytes(width: i32): usize {
  return (<usize> width * 4 + 63) & ~63;
}

/** The sum of the lanes of two vectors of doubles. */
function total(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** z = (x - mean)·r; the mean in two parts: `high`, and what is left of it as `rest` = (high - mean)·r. */
function standardized(x: v128, high: v128, r: v128, rest: v128): v128 {
  return madd(f32x4.sub(x, high), r, rest);
}

function forwardChunk(part: i32, _thread: i32): void {
  const a = changetype<Rows>(ARGUMENTS), width = a.width, end = rowOfPart(a, part + 1);
  for (let row = rowOfPart(a, part); row < end; row++) {
    const offset = <usize> row * width * 4, x = a.x + offset, y = a.y + offset;
    let s = f64x2.splat(0), q = f64x2.splat(0);
    for (let j = 0; j < width; j += 4) {
      const v = loadLanes(x + <usize> j * 4, width - j, 0), low = widenLow(v), high = widenHigh(v);
      s = f64x2.add(s, f64x2.add(low, high));
      q = f64x2.add(q, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
    }
    const mean = total(s) / width, variance = max<f64>(0, total(q) / width - mean * mean);
    store<f64>(a.statistics + <usize> row * 16, mean);
    store<f64>(a.statistics + <usize> row * 16, variance, 8);
    const scale = 1 / sqrt<f64>(variance + a.epsilon), high = <f64> <f32> mean;
    const m = f32x4.splat(<f32> high), r = f32x4.splat(<f32> scale);
    const rest = f32x4.splat(<f32> ((high - mean) * scale));
    for (let j = 0; j < width; j += 4) {
      const at = <usize> j * 4;
      let v = standardized(v128.load(x + at), m, r, rest);
      if (a.gamma) v = f32x4.mul(v, v128.load(a.gamma + at));
      if (a.beta) v = f32x4.add(v, v128.load(a.beta + at));
      storeLanes(y + at, v, width - j);
    }
  }
}

/** y and the statistics from x [rows, width]; gamma and beta may be 0. */
export function layer_norm_forward(
  rows: i32,
  width: i32,
  epsilon: f64,
  gamma: usize,
  beta: usize,
  x: usize,
  statistics: usize,
  y: usize,
): void {
  const a = describe(rows, width);
  a.epsilon = epsilon, a.gamma = gamma, a.beta = beta, a.x = x, a.y = y;
  a.statistics = statistics;
  parallel(forwardChunk.index, a.parts);
}

function gradientChunk(part: i32, _thread: i32): void {
  const a = changetype<Rows>(ARGUMENTS), width = a.width, end = rowOfPart(a, part + 1);
  const line = lineBytes(width), ofBeta = workspace() + <usize> part * 2 * line;
  const ofGamma = ofBeta + line;
  if (a.sums) memory.fill(ofBeta, 0, 2 * line);
  for (let row = rowOfPart(a, part); row < end; row++) {
    const offset = <usize> row * width * 4;
    const x = a.x + offset, dy = a.dy + offset, dx = a.y + offset;
    const mean = load<f64>(a.statistics + <usize> row * 16), high = <f64> <f32> mean;
    const scale = 1 / sqrt<f64>(load<f64>(a.statistics + <usize> row * 16, 8) + a.epsilon);
    const m = f32x4.splat(<f32> high), r = f32x4.splat(<f32> scale);
    const rest = f32x4.splat(<f32> ((high - mean) * scale));
    let s = f64x2.splat(0), q = f64x2.splat(0);
    for (let j = 0; j < width; j += 4) {
      const at = <usize> j * 4, z = standardized(v128.load(x + at), m, r, rest);
      let g = v128.load(dy + at);
      if (a.sums) {
        v128.store(ofBeta + at, f32x4.add(v128.load(ofBeta + at), g));
        v128.store(ofGamma + at, madd(g, z, v128.load(ofGamma + at)));
      }
      if (a.gamma) g = f32x4.mul(g, v128.load(a.gamma + at));
      const left = width - j, gz = f32x4.mul(g, z);
      const sum = left >= 4 ? g : v128.and(g, firstLanes(left));
      const product = left >= 4 ? gz : v128.and(gz, firstLanes(left));
      s = f64x2.add(s, f64x2.add(widenLow(sum), widenHigh(sum)));
      q = f64x2.add(q, f64x2.add(widenLow(product), widenHigh(product)));
    }
    if (!a.y) continue;
    // dx = r·(g - mean(g) - z·mean(g·z))
    const slope = f32x4.splat(<f32> (-total(q) / width * scale));
    const shift = f32x4.splat(<f32> (-total(s) / width * scale));
    for (let j = 0; j < width; j += 4) {
      const at = <usize> j * 4, v = v128.load(x + at), z = standardized(v, m, r, rest);
      let g = v128.load(dy + at);
      if (a.gamma) g = f32x4.mul(g, v128.load(a.gamma + at));
      let d = madd(g, r, madd(z, slope, shift));
      if (a.gate) d = v128.and(d, f32x4.gt(v, f32x4.splat(0)));
      storeLanes(dx + at, d, width - j);
    }
  }
}

/** Bytes of workspace that `layer_norm_gradient` needs. */
export function layer_norm_workspace(rows: i32, width: i32): usize {
  return <usize> describe(rows, width).parts * 2 * lineBytes(width);
}

/**
 * dx (unless 0), and dgamma and dbeta (unless 0), which are added to. `gate`: dx is 0 where x is not
 * above 0; it may be written over x. Workspace: `layer_norm_workspace`.
 */
export function layer_norm_gradient(
  rows: i32,
  width: i32,
  epsilon: f64,
  gate: i32,
  statistics: usize,
  gamma: usize,
  x: usize,
  dy: usize,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
): void {
  const a = describe(rows, width);
  a.epsilon = epsilon, a.gate = gate, a.gamma = gamma, a.sums = dgamma || dbeta ? 1 : 0;
  a.statistics = statistics, a.x = x, a.dy = dy, a.y = dx;
  parallel(gradientChunk.index, a.parts);
  const line = lineBytes(width);
  if (dbeta) addParts(a, workspace(), 2 * line, dbeta);
  if (dgamma) addParts(a, workspace() + line, 2 * line, dgamma);
}

/** to[j] += Σ over parts, in order. */
function addParts(a: Rows, from: usize, step: usize, to: usize): void {
  for (let j: usize = 0; j < <usize> a.width * 4; j += 16) {
    let sum = v128.load(to + j);
    for (let part = 0; part < a.parts; part++) {
      sum = f32x4.add(sum, v128.load(from + <usize> part * step + j));
    }
    v128.store(to + j, sum);
  }
}
