// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// The focal loss (Lin et al. 2017): a cross-entropy in which what is nearly right counts little. Of p with
// a = -ln p and b = -ln(1-p) it is t·α·e^-γb·a + (1-t)(1-α)·e^-γa·b, where e^-γb is (1-p)^γ. Its slope in
// the logit follows from da = -(1-p) and db = p; in p itself it is that over p(1-p).

import { ARGUMENTS, workspace } from "./memory";
import { sumPartials } from "./arithmetic";
import { clamp } from "./loss_elements";
import { exp, log, log1p } from "./math";
import { parallel } from "./parallel";
import { choose, firstLanes, madd, sumLanes } from "./simd";

const CHUNK: i32 = 16384;

@unmanaged
class Arguments {
  form: i32;
  n: i32;
  gamma: f32;
  alpha: f32;
  scale: f32;
  y: usize;
  t: usize;
  dy: usize;
}

function focalChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), end = min((chunk + 1) * CHUNK, a.n);
  const zero = f32x4.splat(0), one = f32x4.splat(1), scale = f32x4.splat(a.scale);
  const gamma = f32x4.splat(a.gamma), alpha = f32x4.splat(a.alpha);
  const logits = a.form == 1, inProbability = a.form == 0 || a.form == 3;
  const other = a.form == 3 ? zero : f32x4.sub(one, alpha);
  let sum: f64 = 0;
  for (let i = chunk * CHUNK; i < end; i += 4) {
    const at = <usize> i * 4, y = v128.load(a.y + at), t = v128.load(a.t + at);
    let p = clamp(y), q = f32x4.sub(one, p), up: v128, down: v128;
    if (logits) {
      // e^-|z| is all that p, q and their logarithms need.
      const e = exp(f32x4.neg(f32x4.abs(y))), tail = log1p(e), positive = f32x4.gt(y, zero);
      const near = f32x4.div(one, f32x4.add(one, e)), far = f32x4.mul(e, near);
      p = choose(positive, near, far), q = choose(positive, far, near);
      up = f32x4.add(f32x4.pmax(f32x4.neg(y), zero), tail);
      down = f32x4.add(f32x4.pmax(y, zero), tail);
    } else up = f32x4.neg(log(p)), down = f32x4.neg(log(q));
    const right = f32x4.mul(f32x4.mul(t, alpha), exp(f32x4.neg(f32x4.mul(gamma, down))));
    const miss = f32x4.mul(f32x4.sub(one, t), other);
    const wrong = f32x4.mul(miss, exp(f32x4.neg(f32x4.mul(gamma, up))));
    let value = madd(right, up, f32x4.mul(wrong, down));
    if (end - i < 4) value = choose(firstLanes(end - i), value, zero);
    sum += sumLanes(value);
    if (!a.dy) continue;
    let slope = f32x4.sub(
      f32x4.mul(wrong, madd(f32x4.mul(gamma, q), down, p)),
      f32x4.mul(right, madd(f32x4.mul(gamma, p), up, q)),
    );
    if (inProbability) slope = f32x4.div(slope, f32x4.mul(p, q));
    v128.store(a.dy + at, f32x4.mul(scale, slope));
  }
  store<f64>(workspace() + <usize> chunk * 8, sum);
}

/**
 * Σ of the focal loss over n elements as a double; dy = scale · slope where dy is not 0.
 *
 * @param form 0 probabilities, 1 logits, 2 probabilities made by a sigmoid (slope in its input), 3 probabilities of classes: what is not the right one does not count
 *
 * Workspace: one double per 16384 elements.
 */
export function loss_focal(
  form: i32,
  n: i32,
  gamma: f32,
  alpha: f32,
  scale: f32,
  y: usize,
  t: usize,
  dy: usize,
): f64 {
  const a = changetype<Arguments>(ARGUMENTS);
  a.form = form, a.n = n, a.gamma = gamma, a.alpha = alpha, a.scale = scale;
  a.y = y, a.t = t, a.dy = dy;
  const chunks = (n + CHUNK - 1) / CHUNK;
  parallel(focalChunk.index, chunks);
  return sumPartials(chunks);
}
