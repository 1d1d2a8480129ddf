// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// The distance of normal distributions from the standard normal one.

import { ARGUMENTS, workspace } from "./memory";
import { sumPartials } from "./arithmetic";
import { exp } from "./math";
import { parallel } from "./parallel";
import { choose, firstLanes, madd, sumLanes } from "./simd";

const CHUNK: i32 = 16384;

@unmanaged
class Arguments {
  n: i32;
  scale: f32;
  mu: usize;
  logvar: usize;
  dmu: usize;
  dlogvar: usize;
}

function klChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), end = min((chunk + 1) * CHUNK, a.n);
  const scale = f32x4.splat(a.scale), half = f32x4.splat(0.5 * a.scale);
  let sum: f64 = 0;
  for (let i = chunk * CHUNK; i < end; i += 4) {
    const at = <usize> i * 4,
      mu = v128.load(a.mu + at),
      logvar = v128.load(a.logvar + at),
      variance = exp(logvar);
    let value = f32x4.sub(f32x4.sub(madd(mu, mu, variance), f32x4.splat(1)), logvar);
    if (end - i < 4) value = choose(firstLanes(end - i), value, f32x4.splat(0));
    sum += 0.5 * sumLanes(value);
    if (a.dmu) {
      v128.store(a.dmu + at, f32x4.mul(scale, mu));
      v128.store(a.dlogvar + at, f32x4.mul(half, f32x4.sub(variance, f32x4.splat(1))));
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
  a.n = n, a.scale = scale, a.mu = mu, a.logvar = logvar, a.dmu = dmu, a.dlogvar = dlogvar;
  const chunks = (n + CHUNK - 1) / CHUNK;
  parallel(klChunk.index, chunks);
  return sumPartials(chunks);
}
