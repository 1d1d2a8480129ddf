// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Random numbers in place: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011), bit for bit the
// numbers of core/random.ts. Number i of an array depends on its address alone, so neither threads
// nor chunks matter, and a backward pass draws again what the forward pass drew.

import { ARGUMENTS } from "./memory";
import { parallel } from "./parallel";
import { transposeSquare } from "./simd";

const CHUNK: i32 = 8192;

@unmanaged
class Draw {
  n: i32;
  /** What Philox counts beside blocks of four numbers, and its key. */
  seedHigh: i32;
  stepLow: i32;
  stepHigh: i32;
  key0: i32;
  key1: i32;
  /** Philox' own numbers. */
  multiplier0: i32;
  multiplier1: i32;
  more0: i32;
  more1: i32;
  x: usize;
  y: usize;
  threshold: i32;
  scale: f32;
  deviation: f64;
}

/** The sixteen random words from block `block` on, four a block. */
function words(block: i32, to: usize): void {
  const d = ARGUMENTS;
  // Read, not written out: V8 would build constants anew in every round.
  const multiplier0 = v128.load32_splat(d, offsetof<Draw>("multiplier0"));
  const multiplier1 = v128.load32_splat(d, offsetof<Draw>("multiplier1"));
  const more0 = v128.load32_splat(d, offsetof<Draw>("more0"));
  const more1 = v128.load32_splat(d, offsetof<Draw>("more1"));
  let key0 = v128.load32_splat(d, offsetof<Draw>("key0"));
  let key1 = v128.load32_splat(d, offsetof<Draw>("key1"));
  // Each lane a block.
  let w0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let w1 = v128.load32_splat(d, offsetof<Draw>("seedHigh"));
  let w2 = v128.load32_splat(d, offsetof<Draw>("stepLow"));
  let w3 = v128.load32_splat(d, offsetof<Draw>("stepHigh"));
  for (let round = 0; round < 10; round++) {
    const a0 = i64x2.extmul_low_i32x4_u(w0, multiplier0);
    const a1 = i64x2.extmul_high_i32x4_u(w0, multiplier0);
    const b0 = i64x2.extmul_low_i32x4_u(w2, multiplier1);
    const b1 = i64x2.extmul_high_i32x4_u(w2, multiplier1);
    w0 = v128.xor(v128.shuffle<i32>(b0, b1, 1, 3, 5, 7), v128.xor(w1, key0));
    w2 = v128.xor(v128.shuffle<i32>(a0, a1, 1, 3, 5, 7), v128.xor(w3, key1));
    w1 = v128.shuffle<i32>(b0, b1, 0, 2, 4, 6);
    w3 = v128.shuffle<i32>(a0, a1, 0, 2, 4, 6);
    key0 = i32x4.add(key0, more0);
    key1 = i32x4.add(key1, more1);
  }
  v128.store(to, w0), v128.store(to, w1, 16), v128.store(to, w2, 32), v128.store(to, w3, 48);
  transposeSquare(to, 16, to, 16, 4);
}

/** Writes down where to draw. */
function begin(
  n: i32,
  seedHigh: i32,
  stepLow: i32,
  stepHigh: i32,
  key0: i32,
  key1: i32,
  x: usize,
  y: usize,
): Draw {
  const d = changetype<Draw>(ARGUMENTS);
  d.n = n, d.seedHigh = seedHigh, d.stepLow = stepLow, d.stepHigh = stepHigh;
  d.key0 = key0, d.key1 = key1, d.x = x, d.y = y;
  d.multiplier0 = 0xd2511f53, d.multiplier1 = 0xcd9e8d57;
  d.more0 = 0x9e3779b9, d.more1 = 0xbb67ae85;
  return d;
}

function dropChunk(chunk: i32, _thread: i32): void {
  const d = changetype<Draw>(ARGUMENTS), end = min((chunk + 1) * CHUNK, d.n);
  const least = i32x4.splat(d.threshold), scale = f32x4.splat(d.scale);
  for (let i = chunk * CHUNK; i < end; i += 16) {
    const y = d.y + <usize> i * 4, x = d.x + <usize> i * 4;
    // Arrays are padded to sixteen values: the words may lie where the result will.
    words(i / 4, y);
    for (let at: usize = 0; at < 64; at += 16) {
      const kept = i32x4.ge_s(i32x4.shr_u(v128.load(y + at), 8), least);
      const value = d.x ? f32x4.mul(v128.load(x + at), scale) : scale;
      v128.store(y + at, v128.and(kept, value));
    }
  }
}

/** y = x·scale where the uniform number, in steps of 2^-24, reaches the threshold, 0 elsewhere; x is 1 where it is 0. */
export function random_drop(
  n: i32,
  seedHigh: i32,
  stepLow: i32,
  stepHigh: i32,
  key0: i32,
  key1: i32,
  threshold: i32,
  scale: f32,
  x: usize,
  y: usize,
): void {
  const d = begin(n, seedHigh, stepLow, stepHigh, key0, key1, x, y);
  d.threshold = threshold, d.scale = scale;
  parallel(dropChunk.index, (n + CHUNK - 1) / CHUNK);
}

/** ln x of a normal positive number, as core/normal.ts has it: the same operations in the same order. */
function naturalLog(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let exponent = <i32> (bits >> 52) - 1023;
  let m = reinterpret<f64>(bits & 0x000fffffffffffff | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  const s = (m - 1) / (m + 1), t = s * s;
  const series: f64 = 1 +
    t * (1.0 / 3 + t * (1.0 / 5 + t * (1.0 / 7 + t * (1.0 / 9 + t * (1.0 / 11 +
                        t *
                          (1.0 / 13 +
                            t * (1.0 / 15 + t * (1.0 / 17 + t * (1.0 / 19 + t / 21)))))))));
  return <f64> exponent * 0.6931471805599453 + 2 * s * series;
}

/** The normal number below which lies the fraction p: AS 241 (Wichura 1988), as core/normal.ts has it. */
function inverseNormal(p: f64): f64 {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    const top = ((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r +
                          6.7265770927008700853e4) * r + 4.5921953931549871457e4) * r +
                  1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r +
          1.3314166789178437745e2) * r + 3.3871328727963666080e0;
    const bottom = ((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r +
                          3.9307895800092710610e4) * r + 2.1213794301586595867e4) * r +
                  5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r +
          4.2313330701600911252e1) * r + 1;
    return q * top / bottom;
  }
  const r = sqrt<f64>(-naturalLog(q < 0 ? p : 1 - p)) - 1.6;
  const top = ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r +
                        2.41780725177450611770e-1) * r + 1.27045825245236838258e0) * r +
                3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r +
        4.63033784615654529590e0) * r + 1.42343711074968357734e0;
  const bottom = ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r +
                        1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r +
                6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r +
        2.05319162663775882187e0) * r + 1;
  const z = top / bottom;
  return q < 0 ? -z : z;
}

function normalChunk(chunk: i32, _thread: i32): void {
  const d = changetype<Draw>(ARGUMENTS), end = min((chunk + 1) * CHUNK, d.n);
  for (let i = chunk * CHUNK; i < end; i += 16) {
    const y = d.y + <usize> i * 4, x = d.x + <usize> i * 4;
    words(i / 4, y);
    for (let at: usize = 0; at < 64; at += 4) {
      const z = inverseNormal((<f64> load<u32>(y + at) + 0.5) / 4294967296);
      const value = <f32> (d.deviation * z);
      store<f32>(y + at, d.x ? load<f32>(x + at) + value : value);
    }
  }
}

/** y = x + deviation · normal numbers; x is 0 where it is 0. */
export function random_normal(
  n: i32,
  seedHigh: i32,
  stepLow: i32,
  stepHigh: i32,
  key0: i32,
  key1: i32,
  deviation: f64,
  x: usize,
  y: usize,
): void {
  const d = begin(n, seedHigh, stepLow, stepHigh, key0, key1, x, y);
  d.deviation = deviation;
  parallel(normalChunk.index, (n + CHUNK - 1) / CHUNK);
}
