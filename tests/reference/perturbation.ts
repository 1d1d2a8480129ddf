/**
 * Explanation by changing the input, for one picture of `cells` places with `channels` numbers each and
 * a plain function of its numbers. Zeiler & Fergus 2014; Petsiuk et al. 2018; Shapley 1953.
 */

import { array64, type Pair } from "./array.ts";
import { resample } from "./resample.ts";

/** The explained function of a picture's numbers. */
export type Score = (x: readonly number[]) => number;

/** A picture in which the cells that `hidden` says show the baseline. */
function hide(
  x: readonly number[],
  baseline: readonly number[],
  channels: number,
  hidden: (cell: number) => boolean,
): number[] {
  return x.map((v, k) => hidden(Math.floor(k / channels)) ? baseline[k] : v);
}

/** The mean loss of the score over all windows that cover a cell. */
export function occlusion(
  f: Score,
  x: readonly number[],
  baseline: readonly number[],
  { size, channels, window, stride }: { size: Pair; channels: number; window: Pair; stride: Pair },
): number[] {
  const drops: number[][] = Array.from({ length: size[0] * size[1] }, () => []);
  // A window starts wherever one starting a stride earlier leaves cells uncovered.
  for (let top = 0; top === 0 || top - stride[0] + window[0] < size[0]; top += stride[0]) {
    for (let left = 0; left === 0 || left - stride[1] + window[1] < size[1]; left += stride[1]) {
      const within = (cell: number) => {
        const i = Math.floor(cell / size[1]), j = cell % size[1];
        return i >= top && i < top + window[0] && j >= left && j < left + window[1];
      };
      const drop = f(x) - f(hide(x, baseline, channels, within));
      drops.forEach((all, cell) => within(cell) && all.push(drop));
    }
  }
  return drops.map((all) => all.length ? all.reduce((a, b) => a + b) / all.length : 0);
}

/** What is lost without each feature; `features` has one for each cell. */
export function ablation(
  f: Score,
  x: readonly number[],
  baseline: readonly number[],
  features: readonly number[],
): number[] {
  const channels = x.length / features.length, count = Math.max(...features) + 1;
  return Array.from(
    { length: count },
    (_, feature) => f(x) - f(hide(x, baseline, channels, (cell) => features[cell] === feature)),
  );
}

/** Shapley values by their definition: the mean over all orders of what a feature adds when it comes. */
export function shapley(
  f: Score,
  x: readonly number[],
  baseline: readonly number[],
  features: readonly number[],
): number[] {
  const channels = x.length / features.length, count = Math.max(...features) + 1;
  const worth = (there: ReadonlySet<number>) =>
    f(hide(x, baseline, channels, (cell) => !there.has(features[cell])));
  const sums = new Array<number>(count).fill(0);
  let orders = 0;
  const walk = (there: readonly number[]) => {
    if (there.length === count) {
      orders++;
      there.forEach((feature, i) =>
        sums[feature] += worth(new Set(there.slice(0, i + 1))) - worth(new Set(there.slice(0, i)))
      );
    }
    for (let next = 0; next < count; next++) {
      if (!there.includes(next)) walk([...there, next]);
    }
  };
  walk([]);
  return sums.map((sum) => sum / orders);
}

/** A mask of RISE from its grid of zeros and ones and the place it is cut out at. */
export function riseMask(
  grid: readonly number[],
  [rows, columns]: Pair,
  [height, width]: Pair,
  [top, left]: Pair,
): number[] {
  const tall = Math.ceil(height / rows), wide = Math.ceil(width / columns);
  const size: Pair = [(rows + 1) * tall, (columns + 1) * wide];
  const large = resample(array64([1, rows, columns, 1], grid), size, "bilinear");
  return Array.from(
    { length: height * width },
    (_, cell) => large.data[(top + Math.floor(cell / width)) * size[1] + left + cell % width],
  );
}

/** The mean of masks weighted with the score of what they leave, over the chance of a cell to be seen. */
export function rise(
  f: Score,
  x: readonly number[],
  baseline: readonly number[],
  masks: readonly (readonly number[])[],
  probability: number,
): number[] {
  const channels = x.length / masks[0].length, map = new Array<number>(masks[0].length).fill(0);
  for (const mask of masks) {
    const seen = x.map((v, k) => {
      const part = mask[Math.floor(k / channels)];
      return part * v + (1 - part) * baseline[k];
    });
    const score = f(seen);
    mask.forEach((part, cell) => map[cell] += score * part / (masks.length * probability));
  }
  return map;
}
