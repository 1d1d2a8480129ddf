/** Rules for integrals from 0 to 1. */
import { DeconvError } from "../errors.ts";

/** Gauss-Legendre, exact for polynomials up to degree 2·steps − 1; or the middles of equal pieces. */
export type Quadrature = "gauss-legendre" | "midpoint";

/**
 * Nodes and weights of a rule; the weights are 1 in sum.
 *
 * @throws {DeconvError} For another name.
 */
export function quadrature(
  rule: Quadrature,
  steps: number,
): { nodes: number[]; weights: number[] } {
  const each = Array.from({ length: steps }, (_, i) => i);
  if (rule === "midpoint") {
    return { nodes: each.map((i) => (i + 0.5) / steps), weights: each.map(() => 1 / steps) };
  }
  if (rule !== "gauss-legendre") {
    throw new DeconvError(`There is no rule "${rule}"; there are gauss-legendre, midpoint`);
  }
  const found = each.map((i) => {
    // A root of the Legendre polynomial on -1 … 1, by Newton's method from Tricomi's estimate.
    let z = Math.cos(Math.PI * (i + 0.75) / (steps + 0.5)), slope = 0;
    for (let round = 0; round < 100; round++) {
      let p = 1, before = 0;
      for (let n = 1; n <= steps; n++) {
        [p, before] = [((2 * n - 1) * z * p - (n - 1) * before) / n, p];
      }
      slope = steps * (z * p - before) / (z * z - 1);
      const change = p / slope;
      z -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    return { node: (1 - z) / 2, weight: 1 / ((1 - z * z) * slope * slope) };
  });
  return { nodes: found.map(({ node }) => node), weights: found.map(({ weight }) => weight) };
}
