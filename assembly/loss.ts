// deno-lint-ignore-file verbatim-module-syntax -- AssemblyScript: a type parameter is used as a value
// Losses of single numbers and their gradients in one pass: each fixed chunk writes the gradient and
// leaves its sum as a double in the workspace; the sums are added in order.

import { ARGUMENTS, workspace } from "./memory";
import { sumPartials } from "./arithmetic";
import {
  AbsoluteError,
  BinaryCrossentropy,
  BinaryCrossentropyLogits,
  BinaryCrossentropySigmoid,
  Hinge,
  Huber,
  KlDivergence,
  LossArguments,
  SquaredError,
  SquaredHinge,
  Wasserstein,
} from "./loss_elements";
import { parallel } from "./parallel";
import { choose, firstLanes, sumLanes } from "./simd";

const CHUNK: i32 = 16384;

function each<T>(chunk: i32): void {
  const a = changetype<LossArguments>(ARGUMENTS),
    scale = f32x4.splat(a.scale),
    p = f32x4.splat(a.parameter);
  const end = min((chunk + 1) * CHUNK, a.n);
  let sum: f64 = 0;
  for (let i = chunk * CHUNK; i < end; i += 4) {
    const at = <usize> i * 4, y = v128.load(a.y + at), t = v128.load(a.t + at);
    let value = changetype<T>(0).value(y, t, p);
    if (end - i < 4) value = choose(firstLanes(end - i), value, f32x4.splat(0));
    sum += sumLanes(value);
    if (a.dy) v128.store(a.dy + at, f32x4.mul(scale, changetype<T>(0).slope(y, t, p)));
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

function elementChunk(chunk: i32, _thread: i32): void {
  switch (changetype<LossArguments>(ARGUMENTS).kind) {
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
    case 6:
      return each<Hinge>(chunk);
    case 7:
      return each<SquaredHinge>(chunk);
    case 8:
      return each<Wasserstein>(chunk);
    case 9:
      return each<KlDivergence>(chunk);
    default:
      unreachable();
  }
}

/**
 * Σ over n elements of loss(y, t) as a double; dy = scale · d loss / d y where dy is not 0.
 *
 * @param kind      0 squared, 1 absolute, 2 Huber, 3-5 binary cross-entropy of probabilities, logits, and probabilities made by a sigmoid (slope in its input), 6 hinge, 7 squared hinge, 8 Wasserstein, 9 Kullback-Leibler
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
  const a = changetype<LossArguments>(ARGUMENTS);
  a.kind = kind, a.n = n, a.parameter = parameter, a.scale = scale, a.y = y, a.t = t, a.dy = dy;
  const chunks = (n + CHUNK - 1) / CHUNK;
  parallel(elementChunk.index, chunks);
  return sumPartials(chunks);
}
