/** Small networks and data for tests of training. */

import {
  activation,
  add,
  conv2d,
  conv2dTranspose,
  dense,
  flatten,
  input,
  type Model,
  model,
  sequential,
  type Tensor,
} from "../../mod.ts";
import { randomIntegers, randomUniform } from "./random_array.ts";
import { bitsOf } from "./threads.ts";

/** Pictures of 8x8 in two channels, values in 0 … 1. */
export function pictures(count: number, seed = 1): Tensor {
  return randomUniform([count, 8, 8, 2], seed);
}

/** Pictures of one of three classes each, which their brightness gives away. */
export function labelled(count: number, seed = 1): { x: Tensor; labels: Tensor } {
  const x = pictures(count, seed), labels = randomIntegers([count], seed + 1, 3);
  labels.data.forEach((label, i) => {
    const picture = x.data.subarray(i * 128, (i + 1) * 128);
    picture.forEach((v, k) => picture[k] = 0.3 * v + 0.35 * label);
  });
  return { x, labels };
}

/** Stride-2 convolution down, transposed convolution up: 8x8x2 to itself. */
export function autoencoder(seed = 0): Model {
  return sequential([
    conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
    conv2d({ filters: 6, kernelSize: 3, padding: "same", activation: "silu" }),
    conv2dTranspose({
      filters: 2,
      kernelSize: 4,
      strides: 2,
      padding: "same",
      activation: "sigmoid",
    }),
  ], { inputShape: [8, 8, 2], seed });
}

/**
 * A classifier with everything a graph can have: a skip connection, a layer that stands in two
 * places, a depthwise layer, and a frozen one.
 */
export function classifier(seed = 0): Model {
  const x = input({ shape: [8, 8, 2] });
  const stem = conv2d({ filters: 8, kernelSize: 3, padding: "same", name: "stem" }).apply(x);
  const shared = conv2d({
    filters: 8,
    kernelSize: 3,
    padding: "same",
    activation: "leaky_relu",
    name: "shared",
  });
  const once = shared.apply(stem), twice = shared.apply(once);
  const skip = add({ name: "skip" }).apply([stem, twice]);
  const frozen = conv2d({
    filters: 8,
    kernelSize: 3,
    strides: 2,
    groups: 8,
    padding: "same",
    trainable: false,
    name: "frozen",
  }).apply(activation("gelu").apply(skip));
  const y = dense({ units: 3, activation: "softmax", name: "head" }).apply(flatten().apply(frozen));
  return model({ inputs: x, outputs: y }, { seed });
}

/** All weights of a model as bits, by name. */
export function weightBits(net: Model): Record<string, Uint32Array> {
  return Object.fromEntries(
    net.parameters.map(({ name, value }) => [name, bitsOf(value.view.slice())]),
  );
}
