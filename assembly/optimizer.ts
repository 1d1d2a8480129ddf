// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// One step of each optimizer over one parameter array: read the gradient, update state and weights in
// one pass (memory-bound, so nothing is read twice). Formulas as PyTorch states them.

import { ARGUMENTS } from "./memory";
import { parallel } from "./parallel";
import { madd, nmadd } from "./simd";

const CHUNK: i32 = 16384;

@unmanaged
class Step {
  n: i32;
  w: usize;
  g: usize;
  s1: usize;
  s2: usize;
  s3: usize;
  rate: f32;
  beta1: f32;
  beta2: f32;
  epsilon: f32;
  decay: f32;
  l2: f32;
  correction: f32;
  nesterov: i32;
}

function run(job: i32, n: i32, w: usize, g: usize): void {
  const a = changetype<Step>(ARGUMENTS);
  a.n = n, a.w = w, a.g = g;
  parallel(job, (n + CHUNK - 1) / CHUNK);
}

function last(chunk: i32): usize {
  return <usize> min((chunk + 1) * CHUNK, changetype<Step>(ARGUMENTS).n) * 4;
}

function sgdChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Step>(ARGUMENTS), end = last(chunk);
  const rate = f32x4.splat(a.rate), momentum = f32x4.splat(a.beta1), decay = f32x4.splat(a.decay);
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    const w = v128.load(a.w + i);
    let g = madd(decay, w, v128.load(a.g + i));
    if (a.s1) {
      const b = madd(momentum, v128.load(a.s1 + i), g);
      v128.store(a.s1 + i, b);
      g = a.nesterov ? madd(momentum, b, g) : b;
    }
    v128.store(a.w + i, nmadd(rate, g, w));
  }
}

/** g += decay·w; velocity = momentum·velocity + g; w -= rate·(nesterov ? g + momentum·velocity : velocity). velocity may be 0: w -= rate·g. */
export function sgd(
  n: i32,
  w: usize,
  g: usize,
  velocity: usize,
  rate: f32,
  momentum: f32,
  decay: f32,
  nesterov: i32,
): void {
  const a = changetype<Step>(ARGUMENTS);
  a.s1 = velocity, a.rate = rate, a.beta1 = momentum, a.decay = decay, a.nesterov = nesterov;
  run(sgdChunk.index, n, w, g);
}

function adamChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Step>(ARGUMENTS), end = last(chunk);
  const rate = f32x4.splat(a.rate), beta1 = f32x4.splat(a.beta1), beta2 = f32x4.splat(a.beta2);
  const rest1 = f32x4.splat(1 - a.beta1), rest2 = f32x4.splat(1 - a.beta2);
  const epsilon = f32x4.splat(a.epsilon),
    shrink = f32x4.splat(1 - a.decay),
    correction = f32x4.splat(a.correction);
  const l2 = f32x4.splat(a.l2);
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    const g = madd(l2, v128.load(a.w + i), v128.load(a.g + i));
    const m = madd(beta1, v128.load(a.s1 + i), f32x4.mul(rest1, g));
    const v = madd(beta2, v128.load(a.s2 + i), f32x4.mul(rest2, f32x4.mul(g, g)));
    v128.store(a.s1 + i, m);
    v128.store(a.s2 + i, v);
    let most = v;
    if (a.s3) {
      most = f32x4.max(v128.load(a.s3 + i), v);
      v128.store(a.s3 + i, most);
    }
    const root = madd(f32x4.sqrt(most), correction, epsilon);
    const w = f32x4.mul(v128.load(a.w + i), shrink);
    v128.store(a.w + i, f32x4.sub(w, f32x4.div(f32x4.mul(rate, m), root)));
  }
}

/**
 * g += l2·w; m, v: moving means of g and g²; w = w·(1-decay) - rate·m / (√v·correction + epsilon).
 *
 * @param vmax       AMSGrad's running maximum of v, or 0
 * @param rate       learning rate / (1 - beta1ᵗ)
 * @param correction 1 / √(1 - beta2ᵗ)
 * @param decay      decoupled (AdamW): learning rate · weight decay
 */
export function adam(
  n: i32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  vmax: usize,
  rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  correction: f32,
  decay: f32,
  l2: f32,
): void {
  const a = changetype<Step>(ARGUMENTS);
  a.s1 = m, a.s2 = v, a.s3 = vmax, a.rate = rate, a.beta1 = beta1, a.beta2 = beta2;
  a.epsilon = epsilon, a.correction = correction, a.decay = decay, a.l2 = l2;
  run(adamChunk.index, n, w, g);
}

function rmspropChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Step>(ARGUMENTS), end = last(chunk);
  const rate = f32x4.splat(a.rate), rho = f32x4.splat(a.beta2), rest = f32x4.splat(1 - a.beta2);
  const epsilon = f32x4.splat(a.epsilon), momentum = f32x4.splat(a.beta1);
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    const g = v128.load(a.g + i);
    const v = madd(rho, v128.load(a.s1 + i), f32x4.mul(rest, f32x4.mul(g, g)));
    v128.store(a.s1 + i, v);
    let variance = v;
    if (a.s3) {
      const mean = madd(rho, v128.load(a.s3 + i), f32x4.mul(rest, g));
      v128.store(a.s3 + i, mean);
      variance = f32x4.max(nmadd(mean, mean, v), f32x4.splat(0));
    }
    let d = f32x4.div(g, f32x4.add(f32x4.sqrt(variance), epsilon));
    if (a.s2) {
      d = madd(momentum, v128.load(a.s2 + i), d);
      v128.store(a.s2 + i, d);
    }
    v128.store(a.w + i, nmadd(rate, d, v128.load(a.w + i)));
  }
}

/** v = rho·v + (1-rho)·g²; d = g / (√v + epsilon), centred where `mean` is given, with momentum where `velocity` is; w -= rate·d. */
export function rmsprop(
  n: i32,
  w: usize,
  g: usize,
  v: usize,
  velocity: usize,
  mean: usize,
  rate: f32,
  rho: f32,
  momentum: f32,
  epsilon: f32,
): void {
  const a = changetype<Step>(ARGUMENTS);
  a.s1 = v,
    a.s2 = velocity,
    a.s3 = mean,
    a.rate = rate,
    a.beta2 = rho,
    a.beta1 = momentum,
    a.epsilon = epsilon;
  run(rmspropChunk.index, n, w, g);
}

function adagradChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Step>(ARGUMENTS), end = last(chunk);
  const rate = f32x4.splat(a.rate), epsilon = f32x4.splat(a.epsilon);
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    const g = v128.load(a.g + i), v = madd(g, g, v128.load(a.s1 + i));
    v128.store(a.s1 + i, v);
    const d = f32x4.div(f32x4.mul(rate, g), f32x4.add(f32x4.sqrt(v), epsilon));
    v128.store(a.w + i, f32x4.sub(v128.load(a.w + i), d));
  }
}

/** v += g²; w -= rate·g / (√v + epsilon). */
export function adagrad(n: i32, w: usize, g: usize, v: usize, rate: f32, epsilon: f32): void {
  const a = changetype<Step>(ARGUMENTS);
  a.s1 = v, a.rate = rate, a.epsilon = epsilon;
  run(adagradChunk.index, n, w, g);
}
