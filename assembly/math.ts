// exp, log, tanh, erf on four lanes, from polynomials of our own: no host math, so the same bits in
// every engine. Coefficients of exp, log and tanh: Moshier, Cephes Math Library (expf.c, logf.c,
// tanhf.c); of erf: Eigen's rational approximation. All stay within a few ulp of float32.

import { choose, madd, nmadd } from "./simd";

function c(value: f32): v128 {
  return f32x4.splat(value);
}

/** eˣ; 0 below -87.34, +Infinity above 88.72, NaN for NaN. */
export function exp(x: v128): v128 {
  const y = f32x4.pmin(f32x4.pmax(x, c(-87.33654)), c(88.72283));
  const n = f32x4.floor(madd(y, c(1.44269504088896341), c(0.5)));
  let r = nmadd(n, c(0.693359375), y);
  r = nmadd(n, c(-2.12194440e-4), r);
  let p = madd(c(1.9875691500e-4), r, c(1.3981999507e-3));
  p = madd(p, r, c(8.3334519073e-3));
  p = madd(p, r, c(4.1665795894e-2));
  p = madd(p, r, c(1.6666665459e-1));
  p = madd(p, r, c(5.0000001201e-1));
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), c(1));
  // 2ⁿ as two factors, so that n = 128 does not overflow before the product does.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  const a = i32x4.shl(i32x4.add(half, i32x4.splat(127)), 23);
  const b = i32x4.shl(i32x4.add(i32x4.sub(whole, half), i32x4.splat(127)), 23);
  p = f32x4.mul(f32x4.mul(p, a), b);
  p = choose(f32x4.lt(x, c(-87.33654)), c(0), p);
  return choose(f32x4.gt(x, c(88.72283)), c(Infinity), p);
}

/** ln x; -Infinity at 0, NaN below. Denormals count as the smallest normal number. */
export function log(x: v128): v128 {
  const y = f32x4.pmax(x, c(1.17549435e-38));
  let e = i32x4.sub(i32x4.shr_u(y, 23), i32x4.splat(126));
  let m = v128.or(v128.and(y, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000)); // [0.5, 1)
  const small = f32x4.lt(m, c(0.707106781186547524));
  e = i32x4.add(e, small); // the mask is -1 where m is small
  m = f32x4.sub(f32x4.add(m, v128.and(m, small)), c(1));
  const z = f32x4.mul(m, m);
  let p = madd(c(7.0376836292e-2), m, c(-1.1514610310e-1));
  p = madd(p, m, c(1.1676998740e-1));
  p = madd(p, m, c(-1.2420140846e-1));
  p = madd(p, m, c(1.4249322787e-1));
  p = madd(p, m, c(-1.6668057665e-1));
  p = madd(p, m, c(2.0000714765e-1));
  p = madd(p, m, c(-2.4999993993e-1));
  p = madd(p, m, c(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, m), z);
  const n = f32x4.convert_i32x4_s(e);
  p = madd(n, c(-2.12194440e-4), p);
  p = madd(z, c(-0.5), p);
  p = madd(n, c(0.693359375), f32x4.add(m, p));
  p = choose(f32x4.eq(x, c(0)), c(-Infinity), p);
  p = choose(f32x4.eq(x, c(Infinity)), x, p);
  return choose(f32x4.ge(x, c(0)), p, c(NaN));
}

/** ln(1 + x) for x ≥ 0, exact to a few ulp for small x (Goldberg 1991, theorem 4). */
export function log1p(x: v128): v128 {
  const w = f32x4.add(x, c(1));
  const d = f32x4.sub(w, c(1));
  const y = f32x4.div(f32x4.mul(log(w), x), d);
  return choose(f32x4.eq(d, c(0)), x, y);
}

/** 1 / (1 + e⁻ˣ). */
export function sigmoid(x: v128): v128 {
  return f32x4.div(c(1), f32x4.add(c(1), exp(f32x4.neg(x))));
}

/** tanh x. */
export function tanh(x: v128): v128 {
  const a = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = madd(c(-5.70498872745e-3), z, c(2.06390887954e-2));
  p = madd(p, z, c(-5.37397155531e-2));
  p = madd(p, z, c(1.33314422036e-1));
  p = madd(p, z, c(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, z), x, x);
  const e = exp(f32x4.mul(a, c(-2)));
  const far = f32x4.div(f32x4.sub(c(1), e), f32x4.add(c(1), e));
  const signed = v128.or(far, v128.and(x, i32x4.splat(0x80000000)));
  return choose(f32x4.lt(a, c(0.625)), near, signed);
}

/** The error function. */
export function erf(v: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(v, c(4)), c(-4));
  const z = f32x4.mul(x, x);
  let p = madd(c(-2.72614225801306e-10), z, c(2.77068142495902e-08));
  p = madd(p, z, c(-2.10102402082508e-06));
  p = madd(p, z, c(-5.69250639462346e-05));
  p = madd(p, z, c(-7.34990630326855e-04));
  p = madd(p, z, c(-2.95459980854025e-03));
  p = madd(p, z, c(-1.60960333262415e-02));
  let q = madd(c(-1.45660718464996e-05), z, c(-2.13374055278905e-04));
  q = madd(q, z, c(-1.68282697438203e-03));
  q = madd(q, z, c(-7.37332916720468e-03));
  q = madd(q, z, c(-1.42647390514189e-02));
  return f32x4.div(f32x4.mul(x, p), q);
}
