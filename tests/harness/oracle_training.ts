/** Oracle cases of losses, optimizers and training, run through the product. */

import {
  adagrad,
  adam,
  adamw,
  conv2d,
  conv2dTranspose,
  klStandardNormal,
  type Layer,
  type LossName,
  type Optimizer,
  rmsprop,
  sequential,
  sgd,
} from "../../mod.ts";
import { checkTargets, computeLoss, lossConfig } from "../../core/losses.ts";
import type { Parameter } from "../../core/operation.ts";
import { runtime } from "../../core/wasm/runtime.ts";
import type { OracleCase, OracleTensor } from "./oracle.ts";
import type { Results } from "./oracle_layers.ts";

const vector = (values: ArrayLike<number>) => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

/** Runs a loss case; its prediction is p, y or z (logits), its target t or labels. */
function lossOf(kind: LossName) {
  return ({ settings, tensors }: OracleCase): Results => {
    const name = ["p", "y", "z"].find((name) => tensors[name]);
    const target = tensors.t ?? tensors.labels;
    if (!name || !target) throw new Error("the case has no prediction or no target");
    const { shape, data } = tensors[name];
    const config = lossConfig({
      kind,
      fromLogits: name === "z" || undefined,
      labelSmoothing: settings.label_smoothing as number | undefined,
      delta: settings.delta as number | undefined,
    });
    checkTargets(config, shape, target.shape, target.data);
    const r = runtime();
    const [y, t, dy] = [data, target.data, data].map((values) => {
      const block = r.allocate(values.length);
      block.view.set(values);
      return block;
    });
    const loss = computeLoss(config, { shape, data: y }, t, dy);
    return { loss: vector([loss]), [`d${name}`]: { shape, data: dy.view.slice() } };
  };
}

/** A class loss takes class numbers or whole distributions. */
function classLoss(c: OracleCase): Results {
  const sparse = c.tensors.labels !== undefined;
  return lossOf(sparse ? "sparse_categorical_crossentropy" : "categorical_crossentropy")(c);
}

function klCase({ tensors: { mu, logvar } }: OracleCase): Results {
  const { loss, meanGradient, logVarianceGradient } = klStandardNormal(mu, logvar);
  return { loss: vector([loss]), dmu: meanGradient, dlogvar: logVarianceGradient };
}

/** The losses by the first part of a case's name. */
export const LOSS_CASES: Readonly<Record<string, (c: OracleCase) => Results>> = {
  binary_crossentropy: lossOf("binary_crossentropy"),
  binary_crossentropy_logits: lossOf("binary_crossentropy"),
  categorical_crossentropy: classLoss,
  sparse_categorical_crossentropy: classLoss,
  softmax_crossentropy: classLoss,
  softmax_crossentropy_smoothed: classLoss,
  mse: lossOf("mse"),
  mae: lossOf("mae"),
  huber: lossOf("huber"),
  kl_standard_normal: klCase,
};

/** PyTorch's settings, with its own defaults where they differ from ours. */
function torchOptions(settings: OracleCase["settings"]) {
  const number = (name: string) => settings[name] as number | undefined;
  const [beta1, beta2] = (settings.betas ?? []) as number[];
  return {
    learningRate: number("lr"),
    momentum: number("momentum"),
    nesterov: settings.nesterov as boolean | undefined,
    weightDecay: number("weight_decay"),
    beta1,
    beta2,
    amsgrad: settings.amsgrad as boolean | undefined,
    rho: number("alpha"),
    centered: settings.centered as boolean | undefined,
    epsilon: number("eps") ?? 1e-8,
  };
}

const sgdCase = (s: OracleCase["settings"]) => sgd(torchOptions(s));

const OPTIMIZERS: Readonly<Record<string, (settings: OracleCase["settings"]) => Optimizer>> = {
  sgd: sgdCase,
  sgd_weight_decay: sgdCase,
  momentum: sgdCase,
  nesterov: sgdCase,
  adam: (s) => adam(torchOptions(s)),
  amsgrad: (s) => adam({ ...torchOptions(s), amsgrad: true }),
  adamw: (s) => adamw({ ...torchOptions(s), weightDecay: s.weight_decay as number ?? 0.01 }),
  rmsprop: (s) => rmsprop({ ...torchOptions(s), rho: s.alpha as number ?? 0.99 }),
  adagrad: (s) =>
    adagrad({
      learningRate: s.lr as number,
      epsilon: s.eps as number ?? 1e-10,
      initialAccumulator: s.initial_accumulator_value as number ?? 0,
    }),
};

function parameter({ shape, data }: OracleTensor): Parameter {
  const [value, gradient] = [runtime().allocate(data.length), runtime().allocate(data.length)];
  value.view.set(data);
  return { name: "w", shape, value, gradient, learned: true };
}

/** Minimises ½ wᵀAw - cᵀw from w0; the trajectory is w after each step. */
function optimizerCase(make: (settings: OracleCase["settings"]) => Optimizer) {
  return ({ settings, tensors }: OracleCase): Results => {
    const tensor = (name: string) => tensors[name] ?? tensors[`quadratic/${name}`];
    const [A, c, start] = [tensor("A").data, tensor("c").data, tensor("w0")];
    const w = parameter(start);
    const optimizer = make(settings);
    const trajectory: number[] = [];
    for (let step = 0; step < (settings.steps as number); step++) {
      const now = w.value.view, n = now.length;
      for (let i = 0; i < n; i++) {
        let sum = -c[i];
        for (let j = 0; j < n; j++) sum += A[i * n + j] * now[j];
        w.gradient.view[i] = sum;
      }
      optimizer.step([w]);
      trajectory.push(...now);
    }
    const shape = [trajectory.length / start.data.length, start.data.length];
    return { trajectory: { shape, data: Float32Array.from(trajectory) } };
  };
}

/** The optimizers by the first part of a case's name. */
export const OPTIMIZER_CASES: Readonly<Record<string, (c: OracleCase) => Results>> = Object
  .fromEntries(Object.entries(OPTIMIZERS).map(([name, make]) => [name, optimizerCase(make)]));

/** Trains the article's network (convolutions with relu, a transposed one with sigmoid) on itself. */
export function seedModelCase({ settings, tensors }: OracleCase): Results {
  const { x } = tensors;
  const kernels = Object.keys(tensors).filter((name) => name.startsWith("init/kernel")).sort()
    .map((name) => tensors[name]);
  const layers = kernels.map(({ shape }, i): Layer => {
    const common = { kernelSize: [shape[0], shape[1]] as const, padding: "same" as const };
    return i + 1 < kernels.length
      ? conv2d({ ...common, filters: shape[3], activation: "relu" })
      : conv2dTranspose({ ...common, filters: shape[2], activation: "sigmoid" });
  });
  const net = sequential(layers, { inputShape: x.shape.slice(1) });
  layers.forEach((layer, i) => net.setWeights(`${layer.name}/kernel`, kernels[i]));
  net.compile({
    optimizer: OPTIMIZERS[settings.optimizer as string](settings),
    loss: settings.loss as LossName,
  });
  const losses = Array.from({ length: settings.steps as number }, () => net.trainOnBatch(x, x));
  const finals = layers.flatMap((layer, i) => [
    [`final/kernel${i}`, net.getWeights(`${layer.name}/kernel`)],
    [`final/bias${i}`, net.getWeights(`${layer.name}/bias`)],
  ]);
  return { losses: vector(losses), ...Object.fromEntries(finals) };
}
