// Normalisation over rows: batch, instance and group normalisation are one operation on an array
// x [instances, rows, channels]. A mean and a variance belong to each group of channels of each
// instance (batch normalisation: one instance, whose groups are of one channel).
//
//   y = (x - mean) / √(variance + ε) · gamma + beta
//
// One pass over memory gives Σx and Σx². It takes a few lines at a time, twice while they are in the
// cache: their mean k first, then float32 sums of d = x - k and d², which go into doubles. However far
// from 0 the values are, d is not, and Σx² - (Σx)²/n keeps its digits in double. The mean is taken off
// in two parts, the second what rounding to float32 lost of it.
//
// Rows of few or odd channels are taken several at a time, as one line, so that vectors always fit:
// `fold` rows a line. The rows of an instance are split into parts, by its size alone.

import { ARGUMENTS, workspace } from "./memory";
import { parallel } from "./parallel";
import { madd, storeLanes, widenLow } from "./simd";
import { touch } from "./touch";

/** Values (about) in a part. */
const PART: i32 = 32768;
const MOST_PARTS: i32 = 64;
/** Bytes of x that stay in the L1 cache while strips of columns go over it, and lines that float32 adds up. */
const BLOCK: i32 = 8192;
const MOST_LINES: i32 = 64;
/** Bytes of the sums of a strip of sixteen columns: doubles of one kind, then those of the second. */
const STRIP: usize = 256;
export const SECOND: usize = 128;
/** Bytes of the coefficients of four columns. */
export const COEFFICIENTS: usize = 64;

@unmanaged
export class Norm {
  instances: i32;
  rows: i32;
  channels: i32;
  groups: i32;
  /** Rows a line, columns a line, lines of an instance, parts of an instance. */
  fold: i32;
  columns: i32;
  lines: i32;
  parts: i32;
  /** Gradient only: whether the statistics do not depend on x (2: nor are sums wanted); whether dx is 0 where x is not above 0. */
  constant: i32;
  gate: i32;
  epsilon: f64;
  /** A mean and a variance, doubles, for each group of each instance. */
  statistics: usize;
  gamma: usize;
  beta: usize;
  x: usize;
  y: usize;
  dy: usize;
  /** Workspace: sums of each part of each instance, and coefficients of each instance. */
  sums: usize;
  coefficients: usize;
}

/** Notes sizes, how they are cut up, and where in the workspace things go. */
export function describe(instances: i32, rows: i32, channels: i32, groups: i32): Norm {
  const a = changetype<Norm>(ARGUMENTS), width = channels < 16 ? 16 : 4;
  a.instances = instances, a.rows = rows, a.channels = channels, a.groups = groups;
  a.fold = width / min(channels & -channels, width);
  a.columns = channels * a.fold;
  a.lines = (rows + a.fold - 1) / a.fold;
  a.parts = max(1, min(MOST_PARTS, min(a.lines, (rows * channels + PART - 1) / PART)));
  a.sums = workspace();
  a.coefficients = a.sums + <usize> (instances * a.parts) * slotBytes(a);
  return a;
}

/** Bytes of workspace that the kernels of this file and of norm_gradient need. */
export function norm_workspace(instances: i32, rows: i32, channels: i32, groups: i32): usize {
  const a = describe(instances, rows, channels, groups);
  return a.coefficients - a.sums + <usize> instances * coefficientBytes(a);
}

/** Bytes of the sums of a chunk, and a line for what `touch` reads. */
function slotBytes(a: Norm): usize {
  return <usize> ((a.columns + 15) >> 4) * STRIP + 64;
}

function coefficientBytes(a: Norm): usize {
  return <usize> (a.columns >> 2) * COEFFICIENTS;
}

/** The first row of part `part`. */
export function rowOfPart(a: Norm, part: i32): i32 {
  return min(a.rows, <i32> (<i64> a.lines * part / a.parts) * a.fold);
}

/** Where the sums of a chunk are: part `chunk % parts` of instance `chunk / parts`. */
export function sumsOf(a: Norm, chunk: i32): usize {
  return a.sums + <usize> chunk * slotBytes(a);
}

/** Where in such sums that of a column is; of the second kind with `second` = SECOND. */
export function sumAt(sums: usize, column: i32, second: usize): usize {
  return sums + <usize> (column >> 4) * STRIP + <usize> (column & 15) * 8 + second;
}

/** Where the coefficients of an instance are. */
export function coefficientsOf(a: Norm, instance: i32): usize {
  return a.coefficients + <usize> instance * coefficientBytes(a);
}

/** Writes a coefficient (`kind` 0 to 3) of a channel, in all the columns of a line that are its. */
export function setCoefficient(a: Norm, to: usize, channel: i32, kind: usize, value: f64): void {
  for (let j = channel; j < a.columns; j += a.channels) {
    store<f32>(to + <usize> (j >> 2) * COEFFICIENTS + kind * 16 + <usize> (j & 3) * 4, <f32> value);
  }
}

/** The mean of a group, `group` counting through all instances. */
export function meanOf(a: Norm, group: i32): f64 {
  return load<f64>(a.statistics + <usize> group * 16);
}

/** 1 / √(variance + ε) of a group. */
export function scaleOf(a: Norm, group: i32): f64 {
  return 1 / sqrt<f64>(load<f64>(a.statistics + <usize> group * 16, 8) + a.epsilon);
}

/** A channel's gamma or beta, or what stands for it where there is none. */
export function affine(array: usize, channel: i32, otherwise: f64): f64 {
  return array ? <f64> load<f32>(array + <usize> channel * 4) : otherwise;
}

/**
 * Fills the sums of a chunk by `add`, a function of a strip of sixteen columns that adds to its sums
 * over some lines: (offset of the first value, floats a line, lines, column, to).
 */
export function sumChunk(a: Norm, chunk: i32, add: i32): void {
  const instance = chunk / a.parts, part = chunk % a.parts, sums = sumsOf(a, chunk);
  const first = rowOfPart(a, part), end = rowOfPart(a, part + 1), lines = (end - first) / a.fold;
  memory.fill(sums, 0, slotBytes(a));
  let at = (<usize> instance * a.rows + first) * a.channels * 4;
  const block = min(MOST_LINES, max(8, BLOCK / (4 * a.columns)));
  for (let line = 0; line < lines; line += block) {
    const count = min(block, lines - line), bytes = <usize> (count * a.columns) * 4;
    touch(a.x + at, bytes, 64, sums + slotBytes(a) - 4);
    if (a.dy) touch(a.dy + at, bytes, 64, sums + slotBytes(a) - 4);
    for (let j = 0; j < a.columns; j += 16) {
      call_indirect<void>(add, at + <usize> j * 4, a.columns, count, j, sumAt(sums, j, 0));
    }
    at += bytes;
  }
  for (let c = 0; a.fold > 1 && c < a.channels; c++) {
    for (let second: usize = 0; second <= SECOND; second += SECOND) {
      let sum: f64 = 0;
      for (let j = c; j < a.columns; j += a.channels) sum += load<f64>(sumAt(sums, j, second));
      store<f64>(sumAt(sums, c, second), sum);
    }
  }
  // Rows that fill no line, last: past the channels there may be sums of what is no value now.
  const left = end - first - lines * a.fold;
  for (let j = 0; left && j < a.channels; j += 16) {
    call_indirect<void>(add, at + <usize> j * 4, a.channels, left, j, sumAt(sums, j, 0));
  }
}

/** The sum of a channel of an instance over all its parts, in order. */
export function sumOf(a: Norm, instance: i32, channel: i32, second: usize): f64 {
  let sum: f64 = 0;
  for (let part = 0; part < a.parts; part++) {
    sum += load<f64>(sumAt(sumsOf(a, instance * a.parts + part), channel, second));
  }
  return sum;
}

/** Writes such a sum in the place of the first part's. */
export function setSum(a: Norm, instance: i32, channel: i32, second: usize, sum: f64): void {
  store<f64>(sumAt(sumsOf(a, instance * a.parts), channel, second), sum);
}

/** Adds four sums over `n` lines to doubles: Σ x = Σ d + n·k, and Σ x² = Σ d² + k·(2·Σ d + n·k). */
function addMoments(to: usize, s: v128, q: v128, k: v128, n: v128): void {
  for (let half: usize = 0; half < 32; half += 16) {
    const sum = widenLow(s), shift = widenLow(k), all = f64x2.mul(n, shift);
    v128.store(to + half, f64x2.add(v128.load(to + half), f64x2.add(sum, all)));
    const squares = f64x2.add(widenLow(q), f64x2.mul(shift, f64x2.add(f64x2.add(sum, sum), all)));
    v128.store(to + half, f64x2.add(v128.load(to + half, SECOND), squares), SECOND);
    s = v128.shuffle<f32>(s, s, 2, 3, 2, 3);
    q = v128.shuffle<f32>(q, q, 2, 3, 2, 3);
    k = v128.shuffle<f32>(k, k, 2, 3, 2, 3);
  }
}

/** Σ x and Σ x², by sums of d = x - k and d², where k is about the mean of these lines. */
function moments(offset: usize, stride: i32, lines: i32, _column: i32, to: usize): void {
  const first = changetype<Norm>(ARGUMENTS).x + offset, step = <usize> stride * 4;
  let k0 = f32x4.splat(0), k1 = k0, k2 = k0, k3 = k0, x = first;
  for (let i = 0; i < lines; i++) {
    k0 = f32x4.add(k0, v128.load(x)), k1 = f32x4.add(k1, v128.load(x, 16));
    k2 = f32x4.add(k2, v128.load(x, 32)), k3 = f32x4.add(k3, v128.load(x, 48));
    x += step;
  }
  const part = f32x4.splat(<f32> 1 / <f32> lines);
  k0 = f32x4.mul(k0, part), k1 = f32x4.mul(k1, part);
  k2 = f32x4.mul(k2, part), k3 = f32x4.mul(k3, part);
  x = first;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, q0 = s0, q1 = s0, q2 = s0, q3 = s0;
  for (let i = 0; i < lines; i++) {
    let d = f32x4.sub(v128.load(x), k0);
    s0 = f32x4.add(s0, d), q0 = madd(d, d, q0);
    d = f32x4.sub(v128.load(x, 16), k1);
    s1 = f32x4.add(s1, d), q1 = madd(d, d, q1);
    d = f32x4.sub(v128.load(x, 32), k2);
    s2 = f32x4.add(s2, d), q2 = madd(d, d, q2);
    d = f32x4.sub(v128.load(x, 48), k3);
    s3 = f32x4.add(s3, d), q3 = madd(d, d, q3);
    x += step;
  }
  const n = f64x2.splat(<f64> lines);
  addMoments(to, s0, q0, k0, n);
  addMoments(to + 32, s1, q1, k1, n);
  addMoments(to + 64, s2, q2, k2, n);
  addMoments(to + 96, s3, q3, k3, n);
}

function momentsChunk(chunk: i32, _thread: i32): void {
  sumChunk(changetype<Norm>(ARGUMENTS), chunk, moments.index);
}

function statisticsChunk(instance: i32, _thread: i32): void {
  const a = changetype<Norm>(ARGUMENTS), size = a.channels / a.groups;
  const n = <f64> a.rows * <f64> size;
  for (let group = 0; group < a.groups; group++) {
    let sum: f64 = 0, squares: f64 = 0;
    for (let c = group * size; c < (group + 1) * size; c++) {
      sum += sumOf(a, instance, c, 0);
      squares += sumOf(a, instance, c, SECOND);
    }
    const mean = sum / n, to = a.statistics + <usize> (instance * a.groups + group) * 16;
    store<f64>(to, mean);
    store<f64>(to, max<f64>(0, squares / n - mean * mean), 8);
  }
}

/** The mean and the (biased) variance of every group of every instance. Workspace: `norm_workspace`. */
export function norm_statistics(
  instances: i32,
  rows: i32,
  channels: i32,
  groups: i32,
  x: usize,
  statistics: usize,
): void {
  const a = describe(instances, rows, channels, groups);
  a.x = x, a.dy = 0, a.statistics = statistics;
  parallel(momentsChunk.index, instances * a.parts);
  parallel(statisticsChunk.index, instances);
}

/** Coefficients: y = (x - [0])·[1] + [2]. */
function prepareChunk(instance: i32, _thread: i32): void {
  const a = changetype<Norm>(ARGUMENTS), to = coefficientsOf(a, instance);
  const size = a.channels / a.groups;
  for (let c = 0; c < a.channels; c++) {
    const group = instance * a.groups + c / size, mean = meanOf(a, group), high = <f64> <f32> mean;
    const scale = scaleOf(a, group) * affine(a.gamma, c, 1);
    setCoefficient(a, to, c, 0, high);
    setCoefficient(a, to, c, 1, scale);
    setCoefficient(a, to, c, 2, affine(a.beta, c, 0) - (mean - high) * scale);
  }
}

function applyChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Norm>(ARGUMENTS), instance = chunk / a.parts, part = chunk % a.parts;
  const first = rowOfPart(a, part), n = (rowOfPart(a, part + 1) - first) * a.channels;
  const offset = (<usize> instance * a.rows + first) * a.channels * 4;
  let x = a.x + offset, y = a.y + offset, k = coefficientsOf(a, instance);
  const whole = n & ~3;
  for (let line = 0; line < whole; line += a.columns) {
    const end = x + <usize> min(a.columns, whole - line) * 4;
    k = coefficientsOf(a, instance);
    while (x < end) {
      const d = f32x4.sub(v128.load(x), v128.load(k));
      v128.store(y, madd(d, v128.load(k, 16), v128.load(k, 32)));
      x += 16, y += 16, k += COEFFICIENTS;
    }
  }
  if (n == whole) return;
  if (whole % a.columns == 0) k = coefficientsOf(a, instance);
  const d = f32x4.sub(v128.load(x), v128.load(k));
  storeLanes(y, madd(d, v128.load(k, 16), v128.load(k, 32)), n - whole);
}

/** y from x and the statistics; gamma and beta may be 0. Workspace: `norm_workspace`. */
export function norm_apply(
  instances: i32,
  rows: i32,
  channels: i32,
  groups: i32,
  epsilon: f64,
  statistics: usize,
  gamma: usize,
  beta: usize,
  x: usize,
  y: usize,
): void {
  const a = describe(instances, rows, channels, groups);
  a.epsilon = epsilon, a.statistics = statistics, a.gamma = gamma, a.beta = beta;
  a.x = x, a.y = y;
  parallel(prepareChunk.index, instances);
  parallel(applyChunk.index, instances * a.parts);
}
