/**
 * Powers and half a cosine made of additions, products and square roots, which IEEE 754 rounds
 * alike everywhere: the last bits of `**` and `Math.cos` are each engine's own business, and through a
 * learning rate they would get into the weights.
 *
 * @module
 */

/** base^exponent, to about 1e-15 for moderate exponents; as `**` has it where one is negative or infinite. */
export function power(base: number, exponent: number): number {
  if (!(base >= 0 && exponent >= 0 && exponent < Infinity)) return base ** exponent;
  let whole = Math.floor(exponent), part = exponent - whole, result = 1;
  for (let square = base; whole > 0; whole = Math.floor(whole / 2), square *= square) {
    if (whole % 2) result *= square;
  }
  // The binary digits of the fraction say which square roots of square roots are in it.
  for (let root = base; part > 0; part %= 1) {
    root = Math.sqrt(root);
    part *= 2;
    if (part >= 1) result *= root;
  }
  return result;
}

/** (1 + cos πx) / 2 for x in 0 … 1, falling from 1 to 0: by the series of the sine about the middle. */
export function halfCosine(x: number): number {
  const t = Math.PI * (x - 0.5), square = t * t;
  let term = t, sine = t;
  for (let n = 2; n <= 24; n += 2) {
    term *= -square / (n * (n + 1));
    sine += term;
  }
  return Math.min(1, Math.max(0, 0.5 - 0.5 * sine));
}

/** sin 2πt for a number of turns t. */
export function sine(turns: number): number {
  const quarter = turns - 0.25, part = quarter - Math.floor(quarter);
  return 2 * halfCosine(part < 0.5 ? 2 * part : 2 - 2 * part) - 1;
}
