/**
 * Structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004, eq. 13 to 16), window by window: the
 * weights of a window are a Gaussian in two dimensions with the sum 1.
 */

import { type Array64, array64, at4, type NumberArray } from "./array.ts";

/** Options, named as in the product. */
export interface SsimOptions {
  readonly dataRange?: number;
  readonly windowSize?: number;
  readonly sigma?: number;
  readonly k1?: number;
  readonly k2?: number;
}

/** The weights of a window, row after row. */
function windowOf(size: number, sigma: number): number[] {
  const middle = (size - 1) / 2;
  const weights = Array.from({ length: size * size }, (_, k) => {
    const i = Math.floor(k / size) - middle, j = k % size - middle;
    return Math.exp(-(i * i + j * j) / (2 * sigma * sigma));
  });
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/** One minus the mean similarity over all windows within the pictures, and its gradient in x. */
export function ssimLoss(
  x: NumberArray,
  t: NumberArray,
  options: SsimOptions = {},
): { loss: number; gradient: Array64 } {
  const { dataRange = 1, windowSize: size = 11, sigma = 1.5, k1 = 0.01, k2 = 0.03 } = options;
  const [pictures, height, width, channels] = x.shape;
  const weights = windowOf(size, sigma), gradient = array64(x.shape);
  const c1 = (k1 * dataRange) ** 2, c2 = (k2 * dataRange) ** 2;
  const count = pictures * channels * (height - size + 1) * (width - size + 1);
  let sum = 0;
  for (let n = 0; n < pictures; n++) {
    for (let c = 0; c < channels; c++) {
      for (let top = 0; top + size <= height; top++) {
        for (let left = 0; left + size <= width; left++) {
          const places = weights.map((_, k) =>
            at4(x.shape, n, top + Math.floor(k / size), left + k % size, c)
          );
          const u = places.map((at) => x.data[at]), v = places.map((at) => t.data[at]);
          const weighted = (of: (k: number) => number) =>
            weights.reduce((all, w, k) => all + w * of(k), 0);
          const mx = weighted((k) => u[k]), mt = weighted((k) => v[k]);
          const xx = weighted((k) => (u[k] - mx) ** 2), tt = weighted((k) => (v[k] - mt) ** 2);
          const xt = weighted((k) => (u[k] - mx) * (v[k] - mt));
          const light = (2 * mx * mt + c1) / (mx * mx + mt * mt + c1);
          const shape = (2 * xt + c2) / (xx + tt + c2);
          sum += light * shape;
          const dLight = 2 * (mt - light * mx) / (mx * mx + mt * mt + c1);
          places.forEach((at, k) => {
            const dShape = 2 * (v[k] - mt - shape * (u[k] - mx)) / (xx + tt + c2);
            gradient.data[at] -= weights[k] * (dLight * shape + light * dShape) / count;
          });
        }
      }
    }
  }
  return { loss: 1 - sum / count, gradient };
}
