/** Models to save and to load again. */
import {
  activation,
  adam,
  add,
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv1d,
  depthwiseConv2d,
  flatten,
  input,
  type Layer,
  type Model,
  model,
  type Optimizer,
  random,
  reshape,
  separableConv1d,
  separableConv2d,
  sequential,
  type Shape,
  type Tensor,
} from "../../mod.ts";

/** Values for a shape, the same every time. */
export function values(shape: Shape): Tensor {
  const rng = random(5, "values"), size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => rng.uniform(0, i)) };
}

/** Models of one layer, with options that are not the defaults. */
export const KINDS: Record<string, () => Model> = {
  activation: () => sequential([activation({ kind: "elu", alpha: 0.5 }, { inputShape: [3] })]),
  add: () => {
    const x = input({ shape: [4], name: "here" }), y = input({ shape: [4], name: "there" });
    return model({ inputs: [x, y], outputs: add({ name: "sum" }).apply([x, y]) });
  },
  conv1d: () =>
    one(conv1d({
      filters: 6,
      kernelSize: 3,
      strides: 2,
      padding: "causal",
      dilationRate: 2,
      groups: 2,
      activation: "gelu",
      inputShape: [11, 4],
    })),
  conv1d_transpose: () =>
    one(conv1dTranspose({
      filters: 3,
      kernelSize: 4,
      strides: 3,
      padding: [1, 0],
      outputPadding: 2,
      inputShape: [5, 2],
    })),
  conv2d: () =>
    one(conv2d({
      filters: 4,
      kernelSize: [3, 2],
      strides: [2, 1],
      padding: [1, 0, 2, 1],
      dilationRate: [1, 2],
      groups: 2,
      activation: { kind: "leaky_relu", alpha: 0.3 },
      kernelInitializer: { kind: "orthogonal", gain: 2 },
      biasInitializer: { kind: "constant", value: 0.25 },
      inputShape: [9, 8, 2],
    })),
  conv2d_transpose: () =>
    one(conv2dTranspose({
      filters: 2,
      kernelSize: 3,
      strides: 2,
      outputPadding: 1,
      useBias: false,
      trainable: false,
      inputShape: [3, 3, 4],
    })),
  depthwise_conv1d: () =>
    one(depthwiseConv1d({
      kernelSize: 3,
      padding: "causal",
      depthMultiplier: 2,
      depthwiseInitializer: "he_normal",
      inputShape: [7, 3],
    })),
  depthwise_conv2d: () =>
    one(depthwiseConv2d({
      kernelSize: [3, 2],
      strides: 2,
      padding: "same",
      depthMultiplier: 3,
      activation: "relu",
      inputShape: [7, 6, 2],
    })),
  dense: () => one(dense({ units: 5, activation: "softmax", inputShape: [3] })),
  flatten: () => one(flatten({ inputShape: [2, 3, 4] })),
  separable_conv1d: () =>
    one(separableConv1d({ filters: 5, kernelSize: 3, useBias: false, inputShape: [7, 3] })),
  separable_conv2d: () =>
    one(separableConv2d({
      filters: 5,
      kernelSize: 3,
      depthMultiplier: 2,
      pointwiseInitializer: "he_uniform",
      activation: "tanh",
      inputShape: [7, 6, 3],
    })),
  reshape: () => one(reshape([-1, 4], { inputShape: [2, 6] })),
};

function one(layer: Layer): Model {
  return sequential([layer], { name: "one", seed: 4 });
}

/** A network with a branch, a skip and a layer that stands in two places, trained for two steps. */
export function branched(optimizer: Optimizer = adam({ amsgrad: true })): Model {
  const x = input({ shape: [6, 6, 2] });
  const shared = conv2d({ filters: 2, kernelSize: 3, padding: "same", name: "shared" });
  const first = shared.apply(x);
  const skip = add().apply([x, shared.apply(first)]);
  const numbers = dense({ units: 3, name: "numbers" }).apply(flatten().apply(skip));
  const net = model({ inputs: x, outputs: [skip, numbers] }, { name: "branched", seed: 2 });
  net.compile({ optimizer, loss: ["mae", { kind: "huber", delta: 2 }], lossWeights: [1, 0.5] });
  const targets = [values([2, 6, 6, 2]), values([2, 3])];
  for (let step = 0; step < 2; step++) net.trainOnBatch(values([2, 6, 6, 2]), targets);
  net.progress = { epoch: 3, batch: 7 };
  return net;
}
