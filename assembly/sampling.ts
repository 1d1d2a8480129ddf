// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Samples of normal distributions that gradients pass through (Kingma & Welling 2014).

import { exp } from "./math";
import { ARGUMENTS } from "./memory";
import { parallel } from "./parallel";
import { madd } from "./simd";

const CHUNK: i32 = 16384;

@unmanaged
class Sample {
  n: i32;
  scale: f32;
  mu: usize;
  logvar: usize;
  noise: usize;
  y: usize;
  dmu: usize;
  dlogvar: usize;
}

function sampleChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Sample>(ARGUMENTS), half = f32x4.splat(0.5);
  const end = <usize> min((chunk + 1) * CHUNK, a.n) * 4;
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    const deviation = exp(f32x4.mul(half, v128.load(a.logvar + i)));
    const noise = f32x4.mul(deviation, v128.load(a.noise + i));
    v128.store(a.y + i, f32x4.add(v128.load(a.mu + i), noise));
    v128.store(a.noise + i, f32x4.mul(half, noise));
  }
}

/** y = μ + e^(l/2)·noise; the noise becomes ½e^(l/2)·noise, which is what y changes by with l. */
export function sampling_forward(n: i32, mu: usize, logvar: usize, noise: usize, y: usize): void {
  const a = changetype<Sample>(ARGUMENTS);
  a.n = n, a.mu = mu, a.logvar = logvar, a.noise = noise, a.y = y;
  parallel(sampleChunk.index, (n + CHUNK - 1) / CHUNK);
}

function gradientChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Sample>(ARGUMENTS);
  const scale = f32x4.splat(a.scale), half = f32x4.splat(0.5 * a.scale), one = f32x4.splat(1);
  const end = <usize> min((chunk + 1) * CHUNK, a.n) * 4;
  for (let i = <usize> (chunk * CHUNK) * 4; i < end; i += 16) {
    const dy = v128.load(a.y + i);
    if (a.dmu) v128.store(a.dmu + i, madd(scale, v128.load(a.mu + i), dy));
    if (!a.dlogvar) continue;
    let d = f32x4.mul(dy, v128.load(a.noise + i));
    if (a.scale) d = madd(half, f32x4.sub(exp(v128.load(a.logvar + i)), one), d);
    v128.store(a.dlogvar + i, d);
  }
}

/**
 * dμ and dl (where they are not 0) from dy, the noise as the forward pass left it, and `scale` times
 * the divergence of N(μ, e^l) from N(0, 1).
 */
export function sampling_gradient(
  n: i32,
  scale: f32,
  mu: usize,
  logvar: usize,
  noise: usize,
  dy: usize,
  dmu: usize,
  dlogvar: usize,
): void {
  const a = changetype<Sample>(ARGUMENTS);
  a.n = n, a.scale = scale, a.mu = mu, a.logvar = logvar, a.noise = noise, a.y = dy;
  a.dmu = dmu, a.dlogvar = dlogvar;
  parallel(gradientChunk.index, (n + CHUNK - 1) / CHUNK);
}
