/** A small classifier that tests explain, and the same in float64 by the references. */

import { conv2d, dense, flatten, type Model, sequential, type Tensor } from "../../mod.ts";
import { activation, activationGradient } from "../reference/activation.ts";
import { type Array64, array64, type NumberArray } from "../reference/array.ts";
import { conv2d as conv, conv2dInputGradient } from "../reference/conv2d.ts";
import { dense as full } from "../reference/dense.ts";
import { randomUniform } from "./random_array.ts";

/** Height, width and channels of its pictures. */
export const PICTURE = [6, 5, 2] as const;

const SETTINGS = {
  strides: [1, 1],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  groups: 1,
} as const;

/** Two convolutions with relu, "one" and "two", and a head of three classes. */
export function explainedNet(seed = 3): Model {
  const relu = { kernelSize: 3, padding: "same", activation: "relu" } as const;
  return sequential([
    conv2d({ name: "one", filters: 4, biasInitializer: "random_normal", ...relu }),
    conv2d({ name: "two", filters: 5, ...relu }),
    flatten(),
    dense({ name: "head", units: 3, activation: "softmax" }),
  ], { inputShape: PICTURE, seed });
}

/** Pictures for it, between -1 and 1. */
export const explainedPictures = (count: number, seed = 1): Tensor =>
  randomUniform([count, ...PICTURE], seed, -1, 1);

/** One picture's way through the network in float64. */
export interface Passed {
  /** The scores of the classes, before the softmax. */
  readonly logits: readonly number[];
  /** What the layer "two" makes, `[1, height, width, 5]`. */
  readonly features: Array64;
  /** The gradient of a class's score with respect to it. */
  gradient(index: number): Array64;
  /** The gradient with respect to the picture; relus may follow the rule of guided backpropagation. */
  inputGradient(index: number, guided?: boolean): Array64;
}

/** Runs one picture through the network by the references. */
export function pass(net: Model, x: ArrayLike<number>): Passed {
  const weights = (name: string) => net.getWeights(name);
  const layer = (from: NumberArray, name: string) =>
    conv(from, weights(`${name}/kernel`), weights(`${name}/bias`), SETTINGS);
  const picture = array64([1, ...PICTURE], x);
  const before1 = layer(picture, "one"), one = activation("relu", before1);
  const before2 = layer(one, "two"), two = activation("relu", before2);
  const kernel = weights("head/kernel"), flat = array64([1, two.data.length], two.data);
  const gradient = (index: number) =>
    array64(two.shape, two.data.map((_, k) => kernel.data[k * 3 + index]));
  return {
    logits: [...full(flat, kernel, weights("head/bias")).data],
    features: two,
    gradient,
    inputGradient: (index, guided = false) => {
      const back = (before: NumberArray, dy: Array64) => {
        const passing = guided ? array64(dy.shape, dy.data.map((v) => Math.max(v, 0))) : dy;
        return activationGradient("relu", before, passing);
      };
      const d2 = back(before2, gradient(index));
      const d1 = conv2dInputGradient(d2, weights("two/kernel"), one.shape, SETTINGS);
      return conv2dInputGradient(
        back(before1, d1),
        weights("one/kernel"),
        picture.shape,
        SETTINGS,
      );
    },
  };
}
