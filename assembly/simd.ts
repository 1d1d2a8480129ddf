// Lane helpers. The kernels say what they mean with these; the optimiser inlines them.
//
// The first two are all that the relaxed and the strict build differ in. ASC_FEATURE_RELAXED_SIMD is
// the compiler's own constant: strict is compiled without that feature, so no relaxed instruction
// could get into it from anywhere.

/** a·b + c. Relaxed: fused where the CPU can (one rounding); strict: always two roundings. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c - a·b, rounded as `madd`. */
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

// Bounds are written pmax(x, low) and pmin(x, high), the value first: one instruction each, where V8
// makes nine of f32x4.max to order zeros; an x that is not a number stays so in either.

/** Lanes of `a` where `mask` is set, of `b` elsewhere. */
export function choose(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/** The sum of the four lanes as a double, always in the same order. */
export function sumLanes(v: v128): f64 {
  return (<f64> f32x4.extract_lane(v, 0) + <f64> f32x4.extract_lane(v, 1)) +
    (<f64> f32x4.extract_lane(v, 2) + <f64> f32x4.extract_lane(v, 3));
}

/** A mask of the first `count` lanes (0 … 4). */
export function firstLanes(count: i32): v128 {
  return i32x4.gt_s(i32x4.splat(count), i32x4(0, 1, 2, 3));
}

/** Loads up to four values; lanes past `count` become `fill`. */
export function loadLanes(at: usize, count: i32, fill: f32): v128 {
  const v = v128.load(at);
  return count >= 4 ? v : choose(firstLanes(count), v, f32x4.splat(fill));
}

/** Stores the first `count` (at most 4) lanes. */
export function storeLanes(to: usize, v: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, v);
    return;
  }
  store<f32>(to, f32x4.extract_lane(v, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(v, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(v, 2), 8);
}

/** The first two lanes as doubles. */
export function widenLow(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** The last two lanes as doubles. */
export function widenHigh(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

/** Four rows of four values turned over: the first `count` (2 to 4) columns become rows, `toStep` bytes apart. */
function transpose(
  a: v128,
  b: v128,
  c: v128,
  d: v128,
  to: usize,
  toStep: usize,
  count: i32,
): void {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  to += toStep;
  v128.store(to, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
  if (count == 2) return;
  to += toStep;
  v128.store(to, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
  if (count == 3) return;
  v128.store(to + toStep, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
}

/** Four rows of four values, `step` bytes apart, turned over as `transpose` says. */
export function transposeSquare(
  from: usize,
  step: usize,
  to: usize,
  toStep: usize,
  count: i32,
): void {
  const a = v128.load(from), b = v128.load(from + step);
  from += 2 * step;
  const c = v128.load(from), d = v128.load(from + step);
  transpose(a, b, c, d, to, toStep, count);
}

/** The same of all four columns, with no value below that of `floor`. */
export function transposeBounded(
  from: usize,
  step: usize,
  to: usize,
  toStep: usize,
  floor: v128,
): void {
  const a = f32x4.pmax(v128.load(from), floor), b = f32x4.pmax(v128.load(from + step), floor);
  from += 2 * step;
  const c = f32x4.pmax(v128.load(from), floor), d = f32x4.pmax(v128.load(from + step), floor);
  transpose(a, b, c, d, to, toStep, 4);
}
