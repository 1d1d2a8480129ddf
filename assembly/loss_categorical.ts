// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Cross-entropy over the classes of each row, and its gradient; sums as in loss.ts.

import { ARGUMENTS, workspace } from "./memory";
import { sumPartials } from "./arithmetic";
import { EPSILON } from "./loss_elements";
import { exp, log } from "./math";
import { parallel } from "./parallel";
import { choose, firstLanes, sumLanes } from "./simd";

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
