// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a class is a layout, used as a type
// The gradient of norm.ts. With g = dy·gamma, z = (x - mean)·r, r = 1 / √(variance + ε), and means
// over a group of n values:
//
//   dx = r·(g - mean(g) - z·mean(g·z))     dgamma += Σ dy·z     dbeta += Σ dy
//
// so that two passes do: one for Σ dy and Σ dy·(x - mean) of each channel, one to write dx, which is
// dy·[1] + (x - [0])·[2] + [3] with four coefficients a channel. Where the statistics do not depend on
// x (running ones), dx = r·g. Sums are of a few lines in float32 and of all in double.

import { ARGUMENTS } from "./memory";
import {
  affine,
  COEFFICIENTS,
  coefficientsOf,
  describe,
  meanOf,
  Norm,
  rowOfPart,
  scaleOf,
  SECOND,
  setCoefficient,
  setSum,
  sumAt,
  sumChunk,
  sumOf,
  sumsOf,
} from "./norm";
import { parallel } from "./parallel";
import { madd, storeLanes, widenHigh, widenLow } from "./simd";

function meansChunk(instance: i32, _thread: i32): void {
  const a = changetype<Norm>(ARGUMENTS), to = coefficientsOf(a, instance);
  const size = a.channels / a.groups;
  for (let c = 0; c < a.channels; c++) {
    setCoefficient(a, to, c, 0, meanOf(a, instance * a.groups + c / size));
  }
}

/** Adds eight sums to doubles. */
function widen(to: usize, a: v128, b: v128): void {
  v128.store(to, f64x2.add(v128.load(to), widenLow(a)));
  v128.store(to, f64x2.add(v128.load(to, 16), widenHigh(a)), 16);
  v128.store(to, f64x2.add(v128.load(to, 32), widenLow(b)), 32);
  v128.store(to, f64x2.add(v128.load(to, 48), widenHigh(b)), 48);
}

/** Σ dy and Σ dy·(x - mean). */
function moments(offset: usize, stride: i32, lines: i32, column: i32, to: usize): void {
  const a = changetype<Norm>(ARGUMENTS);
  const instance = <i32> (offset / (<usize> a.rows * a.channels * 4));
  const k = coefficientsOf(a, instance) + <usize> (column >> 2) * COEFFICIENTS;
  const k0 = v128.load(k), k1 = v128.load(k, 64), k2 = v128.load(k, 128), k3 = v128.load(k, 192);
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, q0 = s0, q1 = s0, q2 = s0, q3 = s0;
  let x = a.x + offset, dy = a.dy + offset;
  for (let i = 0; i < lines; i++) {
    let g = v128.load(dy);
    s0 = f32x4.add(s0, g), q0 = madd(g, f32x4.sub(v128.load(x), k0), q0);
    g = v128.load(dy, 16);
    s1 = f32x4.add(s1, g), q1 = madd(g, f32x4.sub(v128.load(x, 16), k1), q1);
    g = v128.load(dy, 32);
    s2 = f32x4.add(s2, g), q2 = madd(g, f32x4.sub(v128.load(x, 32), k2), q2);
    g = v128.load(dy, 48);
    s3 = f32x4.add(s3, g), q3 = madd(g, f32x4.sub(v128.load(x, 48), k3), q3);
    x += <usize> stride * 4, dy += <usize> stride * 4;
  }
  widen(to, s0, s1), widen(to + 64, s2, s3);
  widen(to + SECOND, q0, q1), widen(to + SECOND + 64, q2, q3);
}

function momentsChunk(chunk: i32, _thread: i32): void {
  sumChunk(changetype<Norm>(ARGUMENTS), chunk, moments.index);
}

/** Turns an instance's sums into Σ dy and Σ dy·z of each channel, and into coefficients. */
function coefficientsChunk(instance: i32, _thread: i32): void {
  const a = changetype<Norm>(ARGUMENTS), to = coefficientsOf(a, instance);
  const size = a.channels / a.groups, n = <f64> a.rows * <f64> size;
  for (let g = 0; g < a.groups; g++) {
    const group = instance * a.groups + g, first = g * size, end = first + size;
    const r = scaleOf(a, group), mean = meanOf(a, group), low = mean - <f64> <f32> mean;
    let ofG: f64 = 0, ofGz: f64 = 0;
    for (let c = first; a.constant < 2 && c < end; c++) {
      const sum = sumOf(a, instance, c, 0);
      const sumZ = (sumOf(a, instance, c, SECOND) - low * sum) * r;
      const gamma = affine(a.gamma, c, 1);
      setSum(a, instance, c, 0, sum);
      setSum(a, instance, c, SECOND, sumZ);
      ofG += gamma * sum / n, ofGz += gamma * sumZ / n;
    }
    const slope = a.constant ? 0 : -r * r * ofGz, shift = a.constant ? 0 : -r * ofG - slope * low;
    for (let c = first; c < end; c++) {
      setCoefficient(a, to, c, 1, r * affine(a.gamma, c, 1));
      setCoefficient(a, to, c, 2, slope);
      setCoefficient(a, to, c, 3, shift);
    }
  }
}

/** dx of four values. */
function gradient(x: usize, dy: usize, k: usize, gate: i32): v128 {
  const v = v128.load(x);
  const d = f32x4.sub(v, v128.load(k));
  const dx = madd(v128.load(dy), v128.load(k, 16), madd(d, v128.load(k, 32), v128.load(k, 48)));
  return gate ? v128.and(dx, f32x4.gt(v, f32x4.splat(0))) : dx;
}

function gradientChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Norm>(ARGUMENTS), instance = chunk / a.parts, part = chunk % a.parts;
  const first = rowOfPart(a, part), n = (rowOfPart(a, part + 1) - first) * a.channels;
  const offset = (<usize> instance * a.rows + first) * a.channels * 4, gate = a.gate;
  let x = a.x + offset, dy = a.dy + offset, dx = a.y + offset, k = coefficientsOf(a, instance);
  const whole = n & ~3;
  for (let line = 0; line < whole; line += a.columns) {
    const end = x + <usize> min(a.columns, whole - line) * 4;
    k = coefficientsOf(a, instance);
    while (x < end) {
      v128.store(dx, gradient(x, dy, k, gate));
      x += 16, dy += 16, dx += 16, k += COEFFICIENTS;
    }
  }
  if (n == whole) return;
  if (whole % a.columns == 0) k = coefficientsOf(a, instance);
  storeLanes(dx, gradient(x, dy, k, gate), n - whole);
}

/** to[channel] += Σ over instances of a sum. */
function addSums(a: Norm, second: usize, to: usize): void {
  for (let c = 0; c < a.channels; c++) {
    let sum: f64 = 0;
    for (let instance = 0; instance < a.instances; instance++) {
      sum += load<f64>(sumAt(sumsOf(a, instance * a.parts), c, second));
    }
    store<f32>(to + <usize> c * 4, load<f32>(to + <usize> c * 4) + <f32> sum);
  }
}

/**
 * dx (unless 0), and dgamma and dbeta (unless 0), which are added to. `constant`: the statistics do not
 * depend on x. `gate`: dx is 0 where x is not above 0; it may be written over x. Workspace:
 * `norm_workspace`.
 */
export function norm_gradient(
  instances: i32,
  rows: i32,
  channels: i32,
  groups: i32,
  epsilon: f64,
  constant: i32,
  gate: i32,
  statistics: usize,
  gamma: usize,
  x: usize,
  dy: usize,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
): void {
  const a = describe(instances, rows, channels, groups);
  a.epsilon = epsilon, a.gate = gate, a.constant = constant;
  if (constant && !dgamma && !dbeta) a.constant = 2;
  a.statistics = statistics, a.gamma = gamma, a.x = x, a.dy = dy, a.y = dx;
  parallel(meansChunk.index, instances);
  if (a.constant < 2) parallel(momentsChunk.index, instances * a.parts);
  parallel(coefficientsChunk.index, instances);
  if (dgamma) addSums(a, SECOND, dgamma);
  if (dbeta) addSums(a, 0, dbeta);
  if (dx) parallel(gradientChunk.index, instances * a.parts);
}
