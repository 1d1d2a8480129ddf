/** Half precision, IEEE 754 binary16 and bfloat16, from and to the bits of a float32. */

/** float32 bits of a float16: exact for every value, NaN payloads included. */
export function floatBitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16, exponent = half >>> 10 & 31;
  let fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | fraction << 13;
  if (exponent !== 0) return sign | exponent + 112 << 23 | fraction << 13;
  if (fraction === 0) return sign;
  let shifted = 113;
  for (; fraction < 0x400; fraction <<= 1) shifted--;
  return sign | shifted << 23 | (fraction & 0x3ff) << 13;
}

/** float16 bits of a float32, rounded to nearest, ties to even; beyond 65519 is infinite. */
export function halfBits(bits: number): number {
  const sign = bits >>> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7c00 | (magnitude >>> 13 & 0x3ff || 0x200);
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign;
  // Below 2^-14 the implied one becomes visible and the fraction loses a bit for every halving.
  const [kept, lost] = exponent > 112
    ? [magnitude - 0x38000000, 13]
    : [magnitude & 0x7fffff | 0x800000, 126 - exponent];
  return sign | roundOff(kept, lost);
}

/** bfloat16 bits of a float32, rounded to nearest, ties to even. */
export function bfloatBits(bits: number): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return bits >>> 16 | (bits & 0x7f0000 ? 0 : 0x40);
  return bits >>> 16 & 0x8000 | roundOff(magnitude, 16);
}

/** Drops the `lost` lowest bits, rounding to nearest, ties to even. A carry runs into the exponent. */
function roundOff(value: number, lost: number): number {
  const half = 2 ** (lost - 1), rest = value & (2 * half - 1), kept = value >>> lost;
  return rest > half || rest === half && (kept & 1) === 1 ? kept + 1 : kept;
}
