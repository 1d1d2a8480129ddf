import { power } from "../../portable_math.ts";
import type { Draw } from "./draw.ts";

/** The first of the numbers that are used up, two for each try. */
const FIRST = 40;

/**
 * A number of the distribution Beta(alpha, alpha), 0..1; 1 for alpha 0.
 *
 * Below 1 by Jöhnk's method ("Erzeugung von betaverteilten und gammaverteilten Zufallszahlen", 1964):
 * u^(1/α) / (u^(1/α) + v^(1/α)), where the sum is at most 1; else by rejection from the uniform
 * distribution. Both draw until they succeed, which takes a few tries.
 */
export function drawBeta(alpha: number, draw: Draw): number {
  if (alpha === 0) return 1;
  for (let k = FIRST;; k += 2) {
    const u = draw.uniform(k), v = draw.uniform(k + 1);
    if (alpha >= 1) {
      if (v <= power(4 * u * (1 - u), alpha - 1)) return u;
      continue;
    }
    const x = power(u, 1 / alpha), y = power(v, 1 / alpha);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}
