// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Losses and their gradients in one pass: each fixed chunk writes the gradient and leaves its sum as a
// double in the workspace; the sums are added in order.

import { ARGUMENTS, workspace } from "./memory";
import { sumPartials } from "./arithmetic";
import { exp, log, log1p, sigmoid } from "./math";
import { parallel } from "./parallel";
import { choose, firstLanes, madd, sumLanes } from "./simd";

const CHUNK: i32 = 16384;
/** Probabilities are kept this far from 0 and 1, as in Keras. */
const EPSILON: f32 = 1e-7;

@unmanaged
class Arguments {
  kind: i32;
  n: i32;
  width: i32;
  parameter: f32;
  scale: f32;
  y: usize;
  t: usize;
  dy: usize;
}

function c(value: f32): v128 {
  return f32x4.splat(value);
}

// Each class gives value and slope for one element; `p` is the loss's own parameter.

@unmanaged
class SquaredError {
  value(y: v128, t: v128, _p: v128): v128 {
    const d = f32x4.sub(y, t);
    return f32x4.mul(d, d);
  }
  slope(y: v128, t: v128, _p: v128): v128 {
    const d = f32x4.sub(y, t);
    return f32x4.add(d, d);
  }
}

@unmanaged
class AbsoluteError {
  value(y: v128, t: v128, _p: v128): v128 {
    return f32x4.abs(f32x4.sub(y, t));
  }
  slope(y: v128, t: v128, _p: v128): v128 {
    const d = f32x4.sub(y, t);
    return f32x4.sub(v128.and(f32x4.gt(d, c(0)), c(1)), v128.and(f32x4.lt(d, c(0)), c(1)));
  }
}

/** Huber 1964: ½d² for |d| ≤ δ, δ(|d| - ½δ) beyond. */
@unmanaged
class Huber {
  value(y: v128, t: v128, p: v128): v128 {
    const a = f32x4.abs(f32x4.sub(y, t)), q = f32x4.pmin(a, p);
    return f32x4.mul(q, f32x4.sub(a, f32x4.mul(c(0.5), q)));
  }
  slope(y: v128, t: v128, p: v128): v128 {
    return f32x4.pmax(f32x4.pmin(f32x4.sub(y, t), p), f32x4.neg(p));
  }
}

/** -t ln y - (1-t) ln(1-y) with t smoothed towards ½ by p. */
@unmanaged
class BinaryCrossentropy {
  value(y: v128, t: v128, p: v128): v128 {
    const s = smooth(t, p), q = clamp(y);
    return f32x4.neg(madd(s, log(q), f32x4.mul(f32x4.sub(c(1), s), log(f32x4.sub(c(1), q)))));
  }
  slope(y: v128, t: v128, p: v128): v128 {
    const s = smooth(t, p), q = clamp(y);
    return f32x4.div(f32x4.sub(q, s), f32x4.mul(q, f32x4.sub(c(1), q)));
  }
}

/** The same of z with y = sigmoid(z): max(z,0) - z·t + ln(1 + e^-|z|). */
@unmanaged
class BinaryCrossentropyLogits {
  value(z: v128, t: v128, p: v128): v128 {
    const tail = log1p(exp(f32x4.neg(f32x4.abs(z))));
    return f32x4.add(f32x4.sub(f32x4.pmax(z, c(0)), f32x4.mul(z, smooth(t, p))), tail);
  }
  slope(z: v128, t: v128, p: v128): v128 {
    return f32x4.sub(sigmoid(z), smooth(t, p));
  }
}

/** The value of BinaryCrossentropy with the slope in z of y = sigmoid(z): y - t, never flat. */
@unmanaged
class BinaryCrossentropySigmoid {
  value(y: v128, t: v128, p: v128): v128 {
    return changetype<BinaryCrossentropy>(0).value(y, t, p);
  }
  slope(y: v128, t: v128, p: v128): v128 {
    return f32x4.sub(y, smooth(t, p));
  }
}

function smooth(t: v128, p: v128): v128 {
  return madd(p, f32x4.sub(c(0.5), t), t);
}

function clamp(y: v128): v128 {
  return f32x4.pmin(f32x4.pmax(y, c(EPSILON)), c(1 - EPSILON));
}

function each<T>(chunk: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), scale = c(a.scale), p = c(a.parameter);
  const end = min((chunk + 1) * CHUNK, a.n);
  let sum: f64 = 0;
  for (let i = chunk * CHUNK; i < end; i += 4) {
    const at = <usize> i * 4, y = v128.load(a.y + at), t = v128.load(a.t + at);
    let value = changetype<T>(0).value(y, t, p);
    if (end - i < 4) value = choose(firstLanes(end - i), value, c(0));
    sum += sumLanes(value);
    if (a.dy) v128.store(a.dy + at, f32x4.mul(scale, changetype<T>(0).slope(y, t, p)));
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

function elementChunk(chunk: i32, _thread: i32): void {
  switch (changetype<Arguments>(ARGUMENTS).kind) {
    case 0:
      return each<SquaredError>(chunk);
    case 1:
      return each<AbsoluteError>(chunk);
    case 2:
      return each<Huber>(chunk);
    case 3:
      return each<BinaryCrossentropy>(chunk);
    case 4:
      return each<BinaryCrossentropyLogits>(chunk);
    case 5:
      return each<BinaryCrossentropySigmoid>(chunk);
    default:
      unreachable();
  }
}

/**
 * Σ over n elements of loss(y, t) as a double; dy = scale · d loss / d y where dy is not 0.
 *
 * @param kind      0 squared, 1 absolute, 2 Huber, 3-5 binary cross-entropy of probabilities, logits, and probabilities made by a sigmoid (slope in its input)
 * @param parameter Huber's δ, or label smoothing
 *
 * Workspace: one double per 16384 elements.
 */
export function loss_elementwise(
  kind: i32,
  n: i32,
  parameter: f32,
  scale: f32,
  y: usize,
  t: usize,
  dy: usize,
): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.kind = kind, a.n = n, a.parameter = parameter, a.scale = scale, a.y = y, a.t = t, a.dy = dy;
  const chunks = (n + CHUNK - 1) / CHUNK;
  parallel(elementChunk.index, chunks);
  return sumPartials(chunks);
}

/** Rows of class scores a chunk handles. */
const ROWS: i32 = 64;

/** Target of class j in a row, smoothed towards 1/width; `t` holds a class number a row where `sparse`. */
function target(a: Arguments, row: i32, j: i32): f32 {
  const t: f32 = (a.kind & 1)
    ? (<i32> load<f32>(a.t + <usize> row * 4) == j ? <f32> 1 : <f32> 0)
    : load<f32>(a.t + <usize> (row * a.width + j) * 4);
  return t * (1 - a.parameter) + a.parameter / <f32> a.width;
}

/** Σ t of a row: 1 but for targets that are no distribution. */
function targetSum(a: Arguments, row: i32): f32 {
  if (a.kind & 1) return 1;
  let sum: f64 = 0;
  for (let j = 0; j < a.width; j++) sum += <f64> target(a, row, j);
  return <f32> sum;
}

function rowChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), width = a.width, form = a.kind >> 1;
  const end = min((chunk + 1) * ROWS, a.n);
  let sum: f64 = 0;
  for (let row = chunk * ROWS; row < end; row++) {
    const y = a.y + <usize> (row * width) * 4, dy = a.dy + <usize> (row * width) * 4;
    if (form == 1) sum += logitsRow(a, row, y, dy);
    else sum += probabilitiesRow(a, row, y, dy, form == 2);
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

/** -Σ t ln y, y clipped; slope -t/y, or (fused) in the logits of y = softmax(z): y·Σt - t. */
function probabilitiesRow(a: Arguments, row: i32, y: usize, dy: usize, fused: bool): f64 {
  const all = fused ? targetSum(a, row) : 0;
  let sum: f64 = 0;
  for (let j = 0; j < a.width; j++) {
    const at = <usize> j * 4, p = load<f32>(y + at), t = target(a, row, j);
    const q = min(max(p, EPSILON), 1 - EPSILON);
    if (t != 0) sum -= <f64> t * <f64> f32x4.extract_lane(log(c(q)), 0);
    if (a.dy) store<f32>(dy + at, a.scale * (fused ? p * all - t : -t / q));
  }
  return sum;
}

/** Σt · ln Σ eᶻ - Σ t z, with the slope softmax(z)·Σt - t. */
function logitsRow(a: Arguments, row: i32, z: usize, dz: usize): f64 {
  let highest = load<f32>(z);
  for (let j = 1; j < a.width; j++) highest = max(highest, load<f32>(z + <usize> j * 4));
  const all = targetSum(a, row);
  let total: f64 = 0, dot: f64 = 0;
  const shift = c(highest);
  for (let j = 0; j < a.width; j += 4) {
    let v = exp(f32x4.sub(v128.load(z + <usize> j * 4), shift));
    if (a.width - j < 4) v = choose(firstLanes(a.width - j), v, c(0));
    total += sumLanes(v);
  }
  for (let j = 0; j < a.width; j++) {
    const at = <usize> j * 4, t = target(a, row, j), v = load<f32>(z + at) - highest;
    dot += <f64> t * <f64> v;
    if (a.dy) {
      const p = f32x4.extract_lane(exp(c(v)), 0) / <f32> total;
      store<f32>(dz + at, a.scale * (p * all - t));
    }
  }
  return <f64> all * <f64> f32x4.extract_lane(log(c(<f32> total)), 0) - dot;
}

/**
 * Σ over rows of the categorical cross-entropy as a double; dy = scale · slope where dy is not 0.
 *
 * @param kind      1 where t holds one class number a row, 0 where it holds `width` probabilities,
 *                  plus 2·(0 probabilities, 1 logits, 2 probabilities made by a softmax: slope in its input)
 * @param smoothing label smoothing, 0 … 1
 *
 * Workspace: one double per 64 rows.
 */
export function loss_categorical(
  kind: i32,
  rows: i32,
  width: i32,
  smoothing: f32,
  scale: f32,
  y: usize,
  t: usize,
  dy: usize,
): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.kind = kind, a.n = rows, a.width = width, a.parameter = smoothing, a.scale = scale;
  a.y = y, a.t = t, a.dy = dy;
  const chunks = (rows + ROWS - 1) / ROWS;
  parallel(rowChunk.index, chunks);
  return sumPartials(chunks);
}

function klChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), end = min((chunk + 1) * CHUNK, a.n);
  const scale = c(a.scale), half = c(0.5 * a.scale);
  let sum: f64 = 0;
  for (let i = chunk * CHUNK; i < end; i += 4) {
    const at = <usize> i * 4,
      mu = v128.load(a.y + at),
      logvar = v128.load(a.t + at),
      variance = exp(logvar);
    let value = f32x4.sub(f32x4.sub(madd(mu, mu, variance), c(1)), logvar);
    if (end - i < 4) value = choose(firstLanes(end - i), value, c(0));
    sum += 0.5 * sumLanes(value);
    if (a.dy) {
      v128.store(a.dy + at, f32x4.mul(scale, mu));
      v128.store(<usize> a.width + at, f32x4.mul(half, f32x4.sub(variance, c(1))));
    }
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

/** Σ ½(μ² + e^l - 1 - l), the KL divergence of N(μ, e^l) from N(0, 1) (Kingma & Welling 2014, app. B); gradients where dmu is not 0. */
export function loss_kl(
  n: i32,
  scale: f32,
  mu: usize,
  logvar: usize,
  dmu: usize,
  dlogvar: usize,
): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.n = n, a.scale = scale, a.y = mu, a.t = logvar, a.dy = dmu, a.width = <i32> dlogvar;
  const chunks = (n + CHUNK - 1) / CHUNK;
  parallel(klChunk.index, chunks);
  return sumPartials(chunks);
}
