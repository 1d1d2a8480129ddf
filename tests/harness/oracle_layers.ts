/** Oracle cases of single layers, run through the product: a model of one layer, forward and backward. */

import {
  activation,
  type ActivationName,
  add,
  averagePool2d,
  batchNormalization,
  type BlockOrder,
  concatenate,
  conv2d,
  conv2dTranspose,
  dense,
  depthToSpace,
  globalAveragePool2d,
  globalMaxPool2d,
  groupNormalization,
  input,
  instanceNormalization,
  type Layer,
  layerNormalization,
  maxPool2d,
  maxUnpool2d,
  model,
  type Padding,
  type Pair,
  reflectionPadding2d,
  type Sides,
  type Tensor,
  upsampling2d,
} from "../../mod.ts";
import type { OracleCase, OracleTensor } from "./oracle.ts";

/** What the product computed, by the names of the stored tensors. */
export type Results = Readonly<Record<string, Tensor>>;

/** Makes the layer that a case is about. */
export type MakeLayer = (c: OracleCase) => Layer;

const convOptions = ({ settings, tensors: { kernel, bias } }: OracleCase) => ({
  kernelSize: [kernel.shape[0], kernel.shape[1]] as Pair,
  strides: settings.strides as Pair | undefined,
  padding: (settings.padding === "same" ? "same" : settings.pads) as Padding | undefined,
  dilationRate: settings.dilations as Pair | undefined,
  groups: settings.groups as number | undefined,
  useBias: bias !== undefined,
});

const transposed: MakeLayer = (c) => {
  const { settings, tensors } = c;
  return conv2dTranspose({
    ...convOptions(c),
    filters: tensors.kernel.shape[2] * (settings.groups as number ?? 1),
    outputPadding: settings.output_padding as Pair | undefined,
  });
};

const windows = ({ settings }: OracleCase) => ({
  poolSize: settings.pool as Pair,
  strides: settings.strides as Pair,
  padding: settings.pads as Padding,
});

/** The layers by the case's `op`, or else by the first part of its name. */
export const LAYERS: Readonly<Record<string, MakeLayer>> = {
  conv2d: (c) => conv2d({ ...convOptions(c), filters: c.tensors.kernel.shape[3] }),
  conv2d_transpose: transposed,
  conv2d_transpose_same: transposed,
  dense: ({ tensors: { kernel, bias } }) =>
    dense({ units: kernel.shape[1], useBias: bias !== undefined }),
  activation: ({ settings }) =>
    activation({
      kind: settings.op as ActivationName,
      alpha: (settings.alpha ?? undefined) as number | undefined,
    }),
  add: () => add(),
  batch_norm: ({ settings }) =>
    batchNormalization({
      epsilon: settings.epsilon as number,
      momentum: 1 - (settings.torch_momentum as number),
      unbiasedVariance: true,
    }),
  instance_norm: ({ settings }) => instanceNormalization({ epsilon: settings.epsilon as number }),
  group_norm: ({ settings }) =>
    groupNormalization({
      groups: settings.groups as number,
      epsilon: settings.epsilon as number,
    }),
  layer_norm: ({ settings }) =>
    layerNormalization({ axis: settings.axis as number, epsilon: settings.epsilon as number }),
  concat: ({ settings }) => concatenate({ axis: settings.axis as number }),
  pad: ({ settings }) => reflectionPadding2d({ padding: settings.pads as Sides }),
  max_pool2d: (c) => maxPool2d(windows(c)),
  upsample: ({ settings }) =>
    upsampling2d({
      size: settings.size as Pair,
      interpolation: settings.mode as "nearest" | "bilinear",
    }),
  depth_to_space: ({ settings }) =>
    depthToSpace({
      blockSize: settings.block as number,
      order: (settings.order as string).slice(0, 3) as BlockOrder,
    }),
  max_unpool2d: ({ settings }) => maxUnpool2d({ outputSize: settings.output as Pair }),
  avg_pool2d: (c) =>
    averagePool2d({
      ...windows(c),
      countIncludePad: c.settings.count_include_pad as boolean | undefined,
    }),
  global_max_pool2d: () => globalMaxPool2d(),
  global_avg_pool2d: () => globalAveragePool2d(),
};

/** PyTorch's names of what is not learned. */
const RUNNING: Readonly<Record<string, string>> = {
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** A layer has no batch of its own where an array has one axis only. */
const batched = ({ shape, data }: OracleTensor): Tensor => ({
  shape: shape.length > 1 ? shape : [1, ...shape],
  data,
});

/**
 * Runs one layer forward, and backward from the stored dy, on a case's tensors.
 *
 * Stored tensors that bear a parameter's name are its weights; the others that have a gradient (`dx`
 * beside `x`) are the inputs, in the order of their names, and an unpooling's `index` behind them.
 */
export function runLayerCase(c: OracleCase, make: MakeLayer): Results {
  const { tensors } = c;
  const layer = make(c);
  const differentiable = Object.keys(tensors).filter((name) =>
    name !== "y" && `d${name}` in tensors
  );
  const weights = ["kernel", "bias", "gamma", "beta"];
  const inputs = differentiable.filter((name) => !weights.includes(name)).sort();
  if (!inputs.length || !tensors.dy) throw new Error("the case has no input with a gradient");
  const indices = c.settings.op === "max_unpool2d" ? ["index"] : [];
  const xs = [...inputs, ...indices].map((name) => batched(tensors[name]));
  const symbols = xs.map(({ shape }) => input({ shape: shape.slice(1) }));
  const net = model({ inputs: symbols, outputs: layer.apply(symbols) });

  for (const { name, learned } of net.parameters) {
    const own = name.slice(name.lastIndexOf("/") + 1);
    if (!learned) continue; // starts as the layer has it
    if (!tensors[own]) throw new Error(`the case has no tensor "${own}"`);
    net.setWeights(name, tensors[own]);
  }
  const [y] = net.forward(xs, { training: true });
  const gradients = net.backward(batched(tensors.dy));

  const results: Record<string, Tensor> = { y };
  inputs.forEach((name, i) => results[`d${name}`] = gradients[i]);
  for (const { name, shape, value, gradient, learned } of net.parameters) {
    const own = name.slice(name.lastIndexOf("/") + 1);
    if (learned) results[`d${own}`] = { shape, data: gradient.view.slice() };
    else results[RUNNING[own]] = { shape, data: value.view.slice() };
  }
  for (const [name, { shape, data }] of Object.entries(results)) {
    if (tensors[name]?.shape.length === 1 && shape[0] === 1) {
      results[name] = { shape: shape.slice(-1), data };
    }
  }
  return results;
}
