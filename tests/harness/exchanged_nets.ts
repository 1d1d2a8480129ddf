/** Networks for the tests of files that other programs read. */

import {
  activation,
  add,
  averagePool1d,
  averagePool2d,
  batchNormalization,
  concatenate,
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  cropping2d,
  dense,
  depthToSpace,
  depthwiseConv1d,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  gaussianNoise,
  globalAveragePool2d,
  globalMaxPool1d,
  groupNormalization,
  input,
  instanceNormalization,
  type Layer,
  layerNormalization,
  maxNorm,
  maxPool1d,
  maxPool2d,
  type Model,
  model,
  multiply,
  permute,
  prelu,
  random,
  reshape,
  resizeConv2d,
  resizing,
  separableConv1d,
  separableConv2d,
  sequential,
  spaceToDepth,
  spatialDropout1d,
  spatialDropout2d,
  spectralNormalization,
  type Tensor,
  upsampling1d,
  upsampling2d,
  zeroPadding2d,
} from "../../mod.ts";

/** Other weights than the first ones: biases and statistics are no longer 0 and 1. */
export function shaken(net: Model, by = 0.1): Model {
  const draw = random(5, "weights");
  for (const { name, shape, value, learned } of net.parameters) {
    const noise = (i: number) => by * draw.normal(0, i);
    const data = Float32Array.from(value.view, (v, i) => v + (learned ? noise(i) : 2 * by));
    net.setWeights(name, { shape, data });
  }
  return net;
}

/** Inputs for a network, two of each: numbers, or words where it has an embedding. */
export function inputsFor(net: Model): Tensor[] {
  const draw = random(6, "inputs"), words = net.layers.some(({ kind }) => kind === "embedding");
  return net.inputShapes.map((shape) => {
    const length = 2 * shape.reduce((a, b) => a * b, 1);
    const value = (_: unknown, i: number) => words ? i * 5 % 9 : draw.normal(0, i);
    return { shape: [2, ...shape], data: Float32Array.from({ length }, value) };
  });
}

/** Layers one behind the other. */
export const chain = (inputShape: readonly number[], ...layers: Layer[]) =>
  sequential(layers, { inputShape });

/** Networks of every layer that some other program has, by name. */
export const EXCHANGED_NETS: Readonly<Record<string, () => Model>> = {
  "convolutions and their kin": () =>
    chain(
      [9, 8, 3],
      conv2d({ filters: 5, kernelSize: [3, 2], strides: 2, padding: "same", activation: "elu" }),
      depthwiseConv2d({ kernelSize: 3, padding: "same", depthMultiplier: 2, activation: "tanh" }),
      separableConv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "leaky_relu" }),
      conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same" }),
      conv2dTranspose({ filters: 2, kernelSize: 2, strides: 3, activation: "selu" }),
      conv2d({
        filters: 3,
        kernelSize: 3,
        dilationRate: 2,
        activation: "softplus",
        useBias: false,
      }),
      resizeConv2d({ filters: 2, kernelSize: 3, size: [1, 2], activation: "relu" }),
    ),
  "convolutions that Keras 3 has besides": () =>
    chain(
      [9, 8, 4],
      conv2d({ filters: 6, kernelSize: 3, groups: 2, activityRegularizer: "l2" }),
      conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, outputPadding: 1 }),
      conv2dTranspose({ filters: 2, kernelSize: 3, dilationRate: 2, activation: "hard_sigmoid" }),
      resizeConv2d({ filters: 2, kernelSize: 3, interpolation: "bilinear" }),
    ),
  "padding in counts": () =>
    chain(
      [7, 6, 2],
      conv2d({ filters: 4, kernelSize: 3, padding: [0, 2, 1, 0], activation: "relu" }),
      conv2dTranspose({
        filters: 3,
        kernelSize: 4,
        strides: 2,
        padding: [1, 0, 2, 1],
        activation: "sigmoid",
      }),
      zeroPadding2d({ padding: [1, 2, 3, 0] }),
      cropping2d({ cropping: [2, 0, 1, 1] }),
    ),
  "pools with padding in counts": () =>
    chain(
      [11, 10, 2],
      maxPool2d({ poolSize: 2, padding: 0 }), // none
      maxPool2d({ poolSize: 3, strides: 2, padding: 1 }), // what "same" has
      conv2d({ filters: 3, kernelSize: 1, activation: "relu" }),
      dropout(0.1),
      maxPool2d({ poolSize: 3, strides: 2, padding: [2, 1, 0, 2] }),
      averagePool2d({ poolSize: 2, strides: 1, padding: [1, 0, 0, 1], countIncludePad: true }),
      reshape([-1, 3]),
      maxPool1d({ poolSize: 3, strides: 1, padding: [0, 2] }),
      averagePool1d({ poolSize: 2, strides: 1, padding: [1, 1], countIncludePad: true }),
      averagePool1d({ poolSize: 2, padding: [0, 0] }),
    ),
  "activations": () =>
    chain(
      [4, 4, 3],
      conv2d({ filters: 3, kernelSize: 1, activation: { kind: "leaky_relu", alpha: 0.1 } }),
      activation("elu"),
      activation("relu6"),
      activation("silu"),
      activation("gelu"),
      activation("leaky_relu"),
      prelu({ sharedAxes: [1, 2] }),
      activation("softmax"),
    ),
  "activations that Keras 3 has besides": () =>
    chain(
      [4, 4, 3],
      activation({ kind: "elu", alpha: 0.5 }),
      activation("hard_sigmoid"),
      activation("log_softmax"),
    ),
  "pools, norms and shapes": () =>
    chain(
      [9, 9, 4],
      maxPool2d({ poolSize: 3, strides: 2, padding: "same" }),
      batchNormalization(),
      averagePool2d({ poolSize: 2, strides: 1, padding: "same" }),
      layerNormalization(),
      upsampling2d({ size: [2, 1] }),
      dropout(0.3),
      gaussianNoise(0.2),
      permute([3, 1, 2]),
      reshape([8, -1]),
      spatialDropout1d(0.2),
      conv1d({ filters: 5, kernelSize: 3, padding: "same", activation: "relu" }),
      maxPool1d(),
      globalMaxPool1d(),
      dense({
        units: 3,
        kernelRegularizer: { l1: 0.1, l2: 0.2 },
        kernelConstraint: maxNorm(2, { axis: 0 }),
        biasConstraint: "non_neg",
        kernelInitializer: { kind: "orthogonal", gain: 2 },
        activation: "softmax",
      }),
    ),
  "norms and sizes that Keras 3 has besides": () =>
    chain(
      [9, 9, 4],
      groupNormalization({ groups: 2 }),
      instanceNormalization(),
      upsampling2d({ interpolation: "bilinear" }),
      resizing({ height: 7, width: 9 }),
      spatialDropout2d(0.2),
      globalAveragePool2d({ keepDims: true }),
    ),
  "signals": () =>
    chain(
      [12, 4],
      conv1d({ filters: 6, kernelSize: 3, padding: [1, 2], dilationRate: 2 }),
      depthwiseConv1d({ kernelSize: 3, depthMultiplier: 2, strides: 2 }),
      separableConv1d({ filters: 4, kernelSize: 3, padding: "same" }),
      upsampling1d({ size: 2 }),
      conv1dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same" }),
      conv1dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: [1, 1] }),
    ),
  "blocks of channels": () =>
    chain(
      [4, 6, 8],
      depthToSpace({ blockSize: 2 }),
      spaceToDepth({ blockSize: 2 }),
      depthToSpace({ blockSize: 2, order: "CRD" }),
      spaceToDepth({ blockSize: 2, order: "CRD" }),
    ),
  "pictures enlarged as TensorFlow.js does": () =>
    chain(
      [3, 4, 2],
      resizing({ height: 6, width: 12, coordinates: "asymmetric" }),
      resizing({ height: 12, width: 12, interpolation: "nearest" }),
    ),
  "kernels divided by their norms": () =>
    chain(
      [6, 6, 2],
      spectralNormalization(conv2d({ filters: 3, kernelSize: 3, activation: "relu" })),
      flatten(),
      spectralNormalization(dense({ units: 2 })),
    ),
  "words": () =>
    chain([6], embedding({ inputDim: 9, outputDim: 4 }), conv1d({ filters: 2, kernelSize: 3 })),
  "branches, shared layers and two outputs": () => {
    const a = input({ shape: [5, 5, 2], name: "a" }), b = input({ shape: [5, 5, 2], name: "b" });
    const shared = conv2d({ name: "in/shared", filters: 4, kernelSize: 3 });
    const left = shared.apply(a), right = shared.apply(b);
    const other = conv2d({ name: "in_shared", filters: 4, kernelSize: 3 }).apply(b);
    const product = multiply().apply([left, right]), sum = add().apply([left, product, other]);
    const joined = concatenate().apply([sum, right]);
    return model({ inputs: [a, b], outputs: [joined, flatten().apply(product)] });
  },
};
