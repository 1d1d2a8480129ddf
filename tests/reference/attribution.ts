/**
 * Explanation by gradients, in float64, for one picture and networks that are a row of layers:
 * Simonyan et al. 2013; Springenberg et al. 2015; Zeiler & Fergus 2014; Sundararajan et al. 2017;
 * Erion et al. 2019; Smilkov et al. 2017; Hooker et al. 2019; Adebayo et al. 2018; Shrikumar et al. 2017.
 */

import { activation, activationGradient, type ActivationName } from "./activation.ts";
import { type Array64, array64, type NumberArray } from "./array.ts";
import { conv2d, conv2dInputGradient, type Conv2dSettings } from "./conv2d.ts";
import {
  conv2dTranspose,
  conv2dTransposeInputGradient,
  type Conv2dTransposeSettings,
} from "./conv2d_transpose.ts";
import { dense, denseInputGradient } from "./dense.ts";
import { maxPool2d, maxPool2dGradient, type PoolSettings } from "./pool2d.ts";

/** How relus pass gradients. */
export type Rule = "gradient" | "guided" | "deconvnet";

/** A layer. */
export interface Step {
  forward(x: Array64): Array64;
  /** The gradient with respect to x. */
  back(x: Array64, dy: Array64, rule: Rule): Array64;
  /** DeepLIFT's multipliers of x, for those of y and a reference. */
  lift(x: Array64, x0: Array64, dy: Array64): Array64;
}

/** A layer that is linear but for its bias. */
function linear(forward: Step["forward"], back: (x: Array64, dy: Array64) => Array64): Step {
  return { forward, back, lift: (x, _x0, dy) => back(x, dy) };
}

export const convStep = (w: NumberArray, b: NumberArray, s: Conv2dSettings) =>
  linear((x) => conv2d(x, w, b, s), (x, dy) => conv2dInputGradient(dy, w, x.shape, s));

export const transposeStep = (w: NumberArray, b: NumberArray, s: Conv2dTransposeSettings) =>
  linear(
    (x) => conv2dTranspose(x, w, b, s),
    (x, dy) => conv2dTransposeInputGradient(dy, w, x.shape, s),
  );

/** Of everything as one vector. */
export const denseStep = (w: NumberArray, b: NumberArray) =>
  linear(
    (x) => dense(array64([1, x.data.length], x.data), w, b),
    (x, dy) => array64(x.shape, denseInputGradient(dy, w).data),
  );

const positive = ({ shape, data }: Array64) => array64(shape, data.map((v) => Math.max(0, v)));

export const curveStep = (name: ActivationName): Step => ({
  forward: (x) => activation(name, x),
  back: (x, dy, rule) => {
    if (name !== "relu" || rule === "gradient") return activationGradient(name, x, dy);
    return rule === "deconvnet" ? positive(dy) : activationGradient(name, x, positive(dy));
  },
  lift: (x, x0, dy) => {
    const y = activation(name, x), y0 = activation(name, x0);
    return array64(
      x.shape,
      x.data.map((v, i) =>
        v === x0.data[i]
          ? activationGradient(name, x, dy).data[i]
          : dy.data[i] * (y.data[i] - y0.data[i]) / (v - x0.data[i])
      ),
    );
  },
});

export const maxPoolStep = (s: PoolSettings): Step => ({
  forward: (x) => maxPool2d(x, s),
  back: (x, dy) => maxPool2dGradient(x, dy, s),
  lift: (x, x0, dy) => {
    const y = maxPool2d(x, s), y0 = maxPool2d(x0, s);
    // max(y, y′) − y′ goes to where y is found, y − max(y, y′) to where y′ is.
    const part = (of: (y: number, y0: number) => number) =>
      array64(y.shape, y.data.map((v, i) => dy.data[i] * of(v, y0.data[i])));
    const risen = maxPool2dGradient(x, part((y, y0) => Math.max(y, y0) - y0), s);
    const fallen = maxPool2dGradient(x0, part((y, y0) => y - Math.max(y, y0)), s);
    const plain = maxPool2dGradient(x, dy, s);
    return array64(
      x.shape,
      x.data.map((v, i) =>
        v === x0.data[i] ? plain.data[i] : (risen.data[i] + fallen.data[i]) / (v - x0.data[i])
      ),
    );
  },
});

/** What goes into every layer, and what comes out at the end. */
function pass(steps: readonly Step[], x: Array64): Array64[] {
  return steps.reduce((all, step) => [...all, step.forward(all[all.length - 1])], [x]);
}

const oneHot = (shape: readonly number[], index: number) =>
  array64(shape, Array.from({ length: shape[shape.length - 1] }, (_, i) => i === index ? 1 : 0));

/** Output number `index`. */
export function score(steps: readonly Step[], x: Array64, index: number): number {
  return pass(steps, x).at(-1)!.data[index];
}

/** Its gradient under a rule. */
export function gradient(
  steps: readonly Step[],
  x: Array64,
  index: number,
  rule: Rule = "gradient",
): Array64 {
  const all = pass(steps, x);
  return steps.reduceRight(
    (dy, step, i) => step.back(all[i], dy, rule),
    oneHot(all[steps.length].shape, index),
  );
}

/** DeepLIFT, rescale rule. */
export function deepLift(
  steps: readonly Step[],
  x: Array64,
  x0: Array64,
  index: number,
): Array64 {
  const all = pass(steps, x), before = pass(steps, x0);
  const m = steps.reduceRight(
    (dy, step, i) => step.lift(all[i], before[i], dy),
    oneHot(all[steps.length].shape, index),
  );
  return array64(x.shape, m.data.map((v, i) => v * (x.data[i] - x0.data[i])));
}

/** The mean of gradients at x′ + t(x − x′), each times x − x′, over pairs of x′ and t. */
export function pathGradients(
  steps: readonly Step[],
  x: Array64,
  points: readonly { from: Array64; t: number }[],
  index: number,
): Array64 {
  const sum = array64(x.shape);
  for (const { from, t } of points) {
    const at = array64(x.shape, x.data.map((v, i) => from.data[i] + t * (v - from.data[i])));
    gradient(steps, at, index).data.forEach((g, i) => {
      sum.data[i] += g * (x.data[i] - from.data[i]) / points.length;
    });
  }
  return sum;
}

/** Mean, mean square and variance of maps, number by number. */
export function moments(maps: readonly Array64[]) {
  const mean = (of: (map: Array64, i: number) => number) =>
    maps[0].data.map((_, i) => maps.reduce((sum, map) => sum + of(map, i), 0) / maps.length);
  const first = mean(({ data }, i) => data[i]);
  return {
    mean: first,
    square: mean(({ data }, i) => data[i] ** 2),
    variance: mean(({ data }, i) => (data[i] - first[i]) ** 2),
  };
}
