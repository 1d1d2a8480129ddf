/** A small network that takes every way a convolution can be computed, and a fixed training run of it. */

import {
  type Block,
  conv2d,
  conv2dTranspose,
  type Model,
  random,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";

/** Pictures of 12x12 in three channels. */
function pictures(count: number): Tensor {
  const noise = random(5, "pictures");
  const data = new Float32Array(count * 12 * 12 * 3);
  noise.fillUniform(data, 0, 1, 0);
  return tensor(data, [count, 12, 12, 3]);
}

/**
 * Few channels in, Winograd's F(4x4), depthwise, strides, sub-pixel phases by Winograd's F(4x4) of 2x2
 * taps, few channels out; with the activations that have their own exp and tanh.
 */
function mixedNet(): Model {
  const same = { padding: "same" } as const;
  return sequential([
    conv2d({ ...same, filters: 32, kernelSize: 3, activation: "gelu" }),
    conv2d({ ...same, filters: 32, kernelSize: 3, activation: "relu" }),
    conv2d({ ...same, filters: 32, kernelSize: 3, groups: 32, activation: "silu" }),
    conv2d({ ...same, filters: 40, kernelSize: 3, strides: 2, activation: "tanh" }),
    conv2dTranspose({ ...same, filters: 32, kernelSize: 4, strides: 2, activation: "elu" }),
    conv2dTranspose({ ...same, filters: 3, kernelSize: 3, activation: "sigmoid" }),
  ], { inputShape: [12, 12, 3], seed: 7 });
}

/** Trains for so many steps and gives the bits of all weights, one layer after the other. */
export function trainMixed(steps: number, beforeStep?: (step: number) => void): Uint32Array {
  const net = mixedNet(), x = pictures(12);
  net.compile({ loss: "binary_crossentropy", optimizer: "adam" });
  for (let step = 0; step < steps; step++) {
    beforeStep?.(step);
    net.trainOnBatch(x, x);
  }
  const blocks: Block[] = net.parameters.map(({ value }) => value);
  const bits = new Uint32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const { view, length } of blocks) {
    bits.set(new Uint32Array(view.slice(0, length).buffer), at);
    at += length;
  }
  return bits;
}
