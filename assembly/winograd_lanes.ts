// Arithmetic with small constants, as the Winograd transforms are written.

import { madd, nmadd } from "./simd";

/** a + b. */
export function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

/** a - b. */
export function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

/** The larger of a and b; a where it is not a number. One instruction, where V8 makes nine of f32x4.max. */
export function max(a: v128, b: v128): v128 {
  return f32x4.pmax(a, b);
}

/** k·a. */
export function scaled(k: f32, a: v128): v128 {
  return f32x4.mul(f32x4.splat(k), a);
}

/** k·a + b. */
export function times(k: v128, a: v128, b: v128): v128 {
  return madd(k, a, b);
}

/** b - k·a. */
export function less(k: v128, a: v128, b: v128): v128 {
  return nmadd(k, a, b);
}
