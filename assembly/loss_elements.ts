// Losses of single numbers, four at a time: each class gives value and slope for one element; `p` is
// the loss's own parameter.

import { exp, log, log1p, sigmoid } from "./math";
import { madd, nmadd } from "./simd";

/** Probabilities are kept this far from 0 and 1, as in Keras. */
export const EPSILON: f32 = 1e-7;

/** What the elementwise losses are given. */
@unmanaged
export class LossArguments {
  kind: i32;
  n: i32;
  parameter: f32;
  scale: f32;
  y: usize;
  t: usize;
  dy: usize;
}

function c(value: f32): v128 {
  return f32x4.splat(value);
}

@unmanaged
export class SquaredError {
  value(y: v128, t: v128, _p: v128): v128 {
    const d = f32x4.sub(y, t);
    return f32x4.mul(d, d);
  }
  slope(y: v128, t: v128, _p: v128): v128 {
    const d = f32x4.sub(y, t);
    return f32x4.add(d, d);
  }
}

@unmanaged
export class AbsoluteError {
  value(y: v128, t: v128, _p: v128): v128 {
    return f32x4.abs(f32x4.sub(y, t));
  }
  slope(y: v128, t: v128, _p: v128): v128 {
    const d = f32x4.sub(y, t);
    return f32x4.sub(v128.and(f32x4.gt(d, c(0)), c(1)), v128.and(f32x4.lt(d, c(0)), c(1)));
  }
}

/** Huber 1964: ½d² for |d| ≤ δ, δ(|d| - ½δ) beyond. */
@unmanaged
export class Huber {
  value(y: v128, t: v128, p: v128): v128 {
    const a = f32x4.abs(f32x4.sub(y, t)), q = f32x4.pmin(a, p);
    return f32x4.mul(q, f32x4.sub(a, f32x4.mul(c(0.5), q)));
  }
  slope(y: v128, t: v128, p: v128): v128 {
    return f32x4.pmax(f32x4.pmin(f32x4.sub(y, t), p), f32x4.neg(p));
  }
}

/** -t ln y - (1-t) ln(1-y) with t smoothed towards ½ by p. */
@unmanaged
export class BinaryCrossentropy {
  value(y: v128, t: v128, p: v128): v128 {
    const s = smooth(t, p), q = clamp(y);
    return f32x4.neg(madd(s, log(q), f32x4.mul(f32x4.sub(c(1), s), log(f32x4.sub(c(1), q)))));
  }
  slope(y: v128, t: v128, p: v128): v128 {
    const s = smooth(t, p), q = clamp(y);
    return f32x4.div(f32x4.sub(q, s), f32x4.mul(q, f32x4.sub(c(1), q)));
  }
}

/** The same of z with y = sigmoid(z): max(z,0) - z·t + ln(1 + e^-|z|). */
@unmanaged
export class BinaryCrossentropyLogits {
  value(z: v128, t: v128, p: v128): v128 {
    const tail = log1p(exp(f32x4.neg(f32x4.abs(z))));
    return f32x4.add(f32x4.sub(f32x4.pmax(z, c(0)), f32x4.mul(z, smooth(t, p))), tail);
  }
  slope(z: v128, t: v128, p: v128): v128 {
    return f32x4.sub(sigmoid(z), smooth(t, p));
  }
}

/** The value of BinaryCrossentropy with the slope in z of y = sigmoid(z): y - t, never flat. */
@unmanaged
export class BinaryCrossentropySigmoid {
  value(y: v128, t: v128, p: v128): v128 {
    return changetype<BinaryCrossentropy>(0).value(y, t, p);
  }
  slope(y: v128, t: v128, p: v128): v128 {
    return f32x4.sub(y, smooth(t, p));
  }
}

function smooth(t: v128, p: v128): v128 {
  return madd(p, f32x4.sub(c(0.5), t), t);
}

export function clamp(y: v128): v128 {
  return f32x4.pmin(f32x4.pmax(y, c(EPSILON)), c(1 - EPSILON));
}

/** Targets of the hinge losses: -1 and 1, and 0 for -1. */
function sign(t: v128): v128 {
  return f32x4.sub(t, v128.and(f32x4.eq(t, c(0)), c(1)));
}

/** max(1 - t·y, 0). */
@unmanaged
export class Hinge {
  value(y: v128, t: v128, _p: v128): v128 {
    return f32x4.pmax(nmadd(sign(t), y, c(1)), c(0));
  }
  slope(y: v128, t: v128, _p: v128): v128 {
    const s = sign(t);
    return v128.andnot(f32x4.neg(s), f32x4.le(nmadd(s, y, c(1)), c(0)));
  }
}

@unmanaged
export class SquaredHinge {
  value(y: v128, t: v128, p: v128): v128 {
    const v = changetype<Hinge>(0).value(y, t, p);
    return f32x4.mul(v, v);
  }
  slope(y: v128, t: v128, p: v128): v128 {
    const v = changetype<Hinge>(0).value(y, t, p);
    return f32x4.mul(f32x4.mul(c(-2), sign(t)), v);
  }
}

/** -t·y. */
@unmanaged
export class Wasserstein {
  value(y: v128, t: v128, _p: v128): v128 {
    return f32x4.neg(f32x4.mul(t, y));
  }
  slope(_y: v128, t: v128, _p: v128): v128 {
    return f32x4.neg(t);
  }
}

/** t (ln t - ln y). */
@unmanaged
export class KlDivergence {
  value(y: v128, t: v128, _p: v128): v128 {
    return f32x4.mul(t, f32x4.sub(log(f32x4.pmax(t, c(EPSILON))), log(clamp(y))));
  }
  slope(y: v128, t: v128, _p: v128): v128 {
    return f32x4.neg(f32x4.div(t, clamp(y)));
  }
}
