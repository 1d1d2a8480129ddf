/**
 * Computes oracle cases again with the references: one function for each oracle file.
 *
 * Each returns the tensors that must come out as stored, under their names in the file; null means
 * that no reference is there for this case yet.
 */

import { activation, activationGradient, type ActivationName } from "../reference/activation.ts";
import {
  type Array64,
  array64,
  type NumberArray,
  type Pads,
  type Pair,
} from "../reference/array.ts";
import * as conv from "../reference/conv2d.ts";
import * as transpose from "../reference/conv2d_transpose.ts";
import * as dense from "../reference/dense.ts";
import * as losses from "../reference/loss.ts";
import { optimizer, type OptimizerName } from "../reference/optimizer.ts";
import { convPads, transposePads } from "../reference/padding.ts";
import type { OracleCase } from "./oracle.ts";

/** What the references gave, by the name of the stored tensor. */
export type Replayed = Readonly<Record<string, Array64>> | null;

/** conv2d.json. A case's "same" is resolved here rather than taken from its stored pads. */
export function replayConv2d({ settings, tensors }: OracleCase): Replayed {
  const { x, kernel, bias, dy } = tensors;
  const strides = settings.strides as Pair;
  const dilations = settings.dilations as Pair;
  const padding = settings.padding === "same" ? "same" : settings.pads as Pads;
  const [size, window] = [pairOf(x.shape, 1), pairOf(kernel.shape, 0)];
  const pads = convPads(padding, size, window, strides, dilations);
  const s = { strides, pads, dilations, groups: settings.groups as number };
  return {
    y: conv.conv2d(x, kernel, bias, s),
    dx: conv.conv2dInputGradient(dy, kernel, x.shape, s),
    dkernel: conv.conv2dKernelGradient(x, dy, kernel.shape, s),
    dbias: conv.conv2dBiasGradient(dy),
  };
}

/** conv2d_transpose.json and conv2d_transpose_same.json. */
export function replayConv2dTranspose({ settings, tensors }: OracleCase): Replayed {
  const { x, kernel, bias, dy } = tensors;
  const strides = settings.strides as Pair;
  const dilations = (settings.dilations ?? [1, 1]) as Pair;
  const padding = settings.padding === "same" ? "same" : settings.pads as Pads;
  const [size, window] = [pairOf(x.shape, 1), pairOf(kernel.shape, 0)];
  const outputPadding = settings.output_padding as Pair | undefined;
  const border = transposePads(padding, size, window, strides, dilations, outputPadding);
  const s = { strides, dilations, groups: (settings.groups ?? 1) as number, ...border };
  return {
    y: transpose.conv2dTranspose(x, kernel, bias, s),
    dx: transpose.conv2dTransposeInputGradient(dy, kernel, x.shape, s),
    dkernel: transpose.conv2dTransposeKernelGradient(x, dy, kernel.shape, s),
    dbias: transpose.conv2dTransposeBiasGradient(dy),
  };
}

/** layers.json: dense and activation cases so far. */
export function replayLayer({ settings, tensors, name }: OracleCase): Replayed {
  const { x, dy, kernel, bias } = tensors;
  if (settings.op === "dense") {
    return {
      y: dense.dense(x, kernel, bias),
      dx: dense.denseInputGradient(dy, kernel),
      dkernel: dense.denseKernelGradient(x, dy),
      dbias: dense.denseBiasGradient(dy),
    };
  }
  if (!name.startsWith("activation/")) return null;
  const op = settings.op as ActivationName;
  const alpha = (settings.alpha ?? undefined) as number | undefined;
  return { y: activation(op, x, alpha), dx: activationGradient(op, x, dy, alpha) };
}

/** losses.json. */
export function replayLoss({ settings, tensors, name }: OracleCase): Replayed {
  const { p, y, z, t, labels } = tensors;
  const loss = (value: number) => array64([1], [value]);
  const result = (r: losses.LossResult, gradient: string): Replayed => ({
    loss: loss(r.loss),
    [gradient]: r.gradient,
  });
  switch (name.replace("/", "")) {
    case "binary_crossentropy":
      return result(losses.binaryCrossentropy(p, t), "dp");
    case "binary_crossentropy_logits":
      return result(losses.binaryCrossentropy(z, t, { fromLogits: true }), "dz");
    case "softmax_crossentropy":
      return result(losses.sparseCategoricalCrossentropy(z, labels, { fromLogits: true }), "dz");
    case "softmax_crossentropy_smoothed": {
      const labelSmoothing = settings.label_smoothing as number;
      const options = { fromLogits: true, labelSmoothing };
      return result(losses.sparseCategoricalCrossentropy(z, labels, options), "dz");
    }
    case "mse":
      return result(losses.mse(y, t), "dy");
    case "mae":
      return result(losses.mae(y, t), "dy");
    case "huber":
      return result(losses.huber(y, t), "dy");
    case "kl_standard_normal": {
      const kl = losses.klStandardNormal(tensors.mu, tensors.logvar);
      return { loss: loss(kl.loss), dmu: kl.dmu, dlogvar: kl.dlogvar };
    }
    default:
      return null;
  }
}

/** optimizers.json: minimises ½ wᵀAw - cᵀw from w0; `trajectory` is w after each step. */
export function replayOptimizer({ settings, tensors, name }: OracleCase): Replayed {
  const A: NumberArray = tensors["quadratic/A"];
  const c: NumberArray = tensors["quadratic/c"];
  const w = Float64Array.from(tensors["quadratic/w0"].data);
  const [beta1, beta2] = (settings.betas ?? []) as number[];
  const known: Record<string, OptimizerName> = {
    ...{ sgd: "sgd", momentum: "sgd", nesterov: "sgd", sgd_weight_decay: "sgd" },
    ...{ adam: "adam", amsgrad: "adam", adamw: "adamw", rmsprop: "rmsprop", adagrad: "adagrad" },
  };
  if (!Object.hasOwn(known, name)) return null;
  const step = optimizer(known[name], {
    learningRate: settings.lr as number,
    momentum: settings.momentum as number | undefined,
    nesterov: settings.nesterov as boolean | undefined,
    weightDecay: settings.weight_decay as number | undefined,
    amsgrad: settings.amsgrad as boolean | undefined,
    beta1,
    beta2,
    rho: settings.alpha as number | undefined,
    // PyTorch's own defaults where the case does not say.
    epsilon: (settings.eps ?? (name === "adagrad" ? 1e-10 : 1e-8)) as number,
  });
  const kept = settings.kept_steps as number[] | undefined;
  const trajectory: number[] = [];
  for (let t = 1; t <= (settings.steps as number); t++) {
    const gradient = w.map((_, i) => {
      let sum = -c.data[i];
      for (let j = 0; j < w.length; j++) sum += A.data[i * w.length + j] * w[j];
      return sum;
    });
    step([w], [gradient]);
    if (kept === undefined || kept.includes(t)) trajectory.push(...w);
  }
  return { trajectory: array64([trajectory.length / w.length, w.length], trajectory) };
}

function pairOf(shape: readonly number[], first: number): Pair {
  return [shape[first], shape[first + 1]];
}
