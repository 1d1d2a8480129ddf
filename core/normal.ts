/**
 * The standard normal number below which lies the fraction `p`, for 2^-33 ≤ p ≤ 1 - 2^-33, with a
 * relative error of about 1e-15: algorithm AS 241, PPND16 (Wichura, Applied Statistics 37, 1988),
 * whose far-tail branch these `p` never need.
 */
export function inverseNormal(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    return q * polynomial(CENTRE_TOP, r) / polynomial(CENTRE_BOTTOM, r);
  }
  const r = Math.sqrt(-naturalLog(q < 0 ? p : 1 - p)) - 1.6;
  const z = polynomial(TAIL_TOP, r) / polynomial(TAIL_BOTTOM, r);
  return q < 0 ? -z : z;
}

/** The published coefficients a, b, c, d of AS 241, lowest degree first. */
// deno-fmt-ignore
const CENTRE_TOP = Float64Array.of(
  3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
  4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
);
// deno-fmt-ignore
const CENTRE_BOTTOM = Float64Array.of(
  1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
  2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
);
// deno-fmt-ignore
const TAIL_TOP = Float64Array.of(
  1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
  1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
);
// deno-fmt-ignore
const TAIL_BOTTOM = Float64Array.of(
  1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
  1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
);

function polynomial(c: Float64Array, x: number): number {
  const high = ((c[7] * x + c[6]) * x + c[5]) * x + c[4];
  return (((high * x + c[3]) * x + c[2]) * x + c[1]) * x + c[0];
}

/** One float64, seen as its two words (of whichever order). */
const asDouble = new Float64Array(1);
const asWords = new Uint32Array(asDouble.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0];

/**
 * The natural logarithm of a normal positive number, to about 1e-16: x = m 2^e with m about 1, and
 * log m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.172, by its series up to s^21.
 */
function naturalLog(x: number): number {
  asDouble[0] = x;
  const high = asWords[HIGH];
  let exponent = (high >>> 20) - 1023;
  asWords[HIGH] = high & 0x000fffff | 0x3ff00000;
  let m = asDouble[0];
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  const s = (m - 1) / (m + 1), t = s * s;
  const series = 1 + t * (1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 +
                        t * (1 / 13 + t * (1 / 15 + t * (1 / 17 + t * (1 / 19 + t / 21)))))))));
  return exponent * 0.6931471805599453 + 2 * s * series;
}
