/**
 * Class activation maps of one picture, written as in the papers: A[k][i][j] is channel k of a layer
 * and g[k][i][j] the gradient of the class score. Selvaraju et al. 2017, eq. 1 and 2; Chattopadhyay et al.
 * 2018, eq. 10 and 19; Draelos & Carin 2020; Jiang et al. 2021, eq. 7; Wang et al. 2020, eq. 6 to 9.
 */

import { array64, type Pair } from "./array.ts";
import { resample } from "./resample.ts";

/** A plane of numbers, row by row. */
export type Plane = readonly (readonly number[])[];

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const total = (plane: Plane) => sum(plane.map(sum));
const relu = (v: number) => v > 0 ? v : 0;

/** A map whose number at (i, j) is a sum over channels. */
function mapOf(A: readonly Plane[], term: (k: number, i: number, j: number) => number): number[][] {
  return A[0].map((row, i) => row.map((_, j) => sum(A.map((_, k) => term(k, i, j)))));
}

export function gradCam(A: readonly Plane[], g: readonly Plane[]): number[][] {
  const Z = A[0].length * A[0][0].length, alpha = g.map((plane) => total(plane) / Z);
  return mapOf(A, (k, i, j) => alpha[k] * A[k][i][j]);
}

export function gradCamPlusPlus(A: readonly Plane[], g: readonly Plane[]): number[][] {
  const w = g.map((plane, k) =>
    total(plane.map((row) =>
      row.map((slope) => {
        const below = 2 * slope ** 2 + total(A[k]) * slope ** 3;
        return below === 0 ? 0 : slope ** 2 / below * relu(slope);
      })
    ))
  );
  return mapOf(A, (k, i, j) => w[k] * A[k][i][j]);
}

export function hiResCam(A: readonly Plane[], g: readonly Plane[]): number[][] {
  return mapOf(A, (k, i, j) => g[k][i][j] * A[k][i][j]);
}

export function layerCam(A: readonly Plane[], g: readonly Plane[]): number[][] {
  return mapOf(A, (k, i, j) => relu(g[k][i][j]) * A[k][i][j]);
}

/** A plane at another size. */
export function enlarged(plane: Plane, size: Pair): number[][] {
  const from = array64([1, plane.length, plane[0].length, 1], plane.flat());
  const { data } = resample(from, size, "bilinear");
  return Array.from(
    { length: size[0] },
    (_, i) => [...data.subarray(i * size[1], (i + 1) * size[1])],
  );
}

/** `score` is the class score of the picture seen through a mask. */
export function scoreCam(
  A: readonly Plane[],
  size: Pair,
  score: (mask: Plane) => number,
): number[][] {
  const masks = A.map((plane) => {
    const large = enlarged(plane, size), all = large.flat();
    const low = Math.min(...all), high = Math.max(...all);
    return high > low ? large.map((row) => row.map((v) => (v - low) / (high - low))) : null;
  });
  const powers = masks.map((mask) => mask ? Math.exp(score(mask)) : 0);
  const weights = powers.map((power) => power / (sum(powers) || 1));
  return mapOf(A, (k, i, j) => weights[k] * A[k][i][j]);
}
