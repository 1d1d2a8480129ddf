/** Cases of the optimizers: every one and every option, at awkward sizes and gradients. Data only. */

import type { OptimizerName, OptimizerOptions } from "../reference/optimizer.ts";

/** One optimizer stepped over a few gradients. */
export interface OptimizerCase {
  readonly name: string;
  readonly why: string;
  readonly optimizer: OptimizerName;
  readonly options: OptimizerOptions;
  /** The shapes of the parameters; clipping takes them all together. */
  readonly shapes: readonly (readonly number[])[];
  readonly steps: number;
  /** The standard deviation of the gradients at each step, repeated from the start when used up. */
  readonly gradientScales: readonly number[];
  /** A learning rate for each step (a schedule), in place of `options.learningRate`. */
  readonly learningRates?: readonly number[];
}

/** Options that must be refused. */
export interface InvalidOptimizerCase {
  readonly why: string;
  readonly optimizer: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly message: RegExp;
}

type Extra = Partial<Pick<OptimizerCase, "shapes" | "steps" | "gradientScales" | "learningRates">>;

/** Sizes around the widths of vectors; together 1 + 3 + 33 + 64 + 270 numbers. */
const SHAPES = [[1], [3], [33], [8, 8], [3, 3, 3, 10]];

const rows: [why: string, optimizer: OptimizerName, options: OptimizerOptions, extra?: Extra][] = [
  ["plain", "sgd", { learningRate: 0.05 }],
  ["momentum", "sgd", { learningRate: 0.05, momentum: 0.9 }],
  ["Nesterov", "sgd", { learningRate: 0.05, momentum: 0.9, nesterov: true }],
  ["weight decay", "sgd", { learningRate: 0.05, weightDecay: 0.01 }],
  ["weight decay goes into the velocity", "sgd", {
    learningRate: 0.05,
    momentum: 0.9,
    weightDecay: 0.1,
  }],
  ["plain", "adam", { learningRate: 1e-3 }],
  ["PyTorch's epsilon", "adam", { learningRate: 0.05, epsilon: 1e-8 }],
  ["epsilon that matters", "adam", { learningRate: 0.05, epsilon: 0.1 }],
  ["other betas", "adam", { learningRate: 0.01, beta1: 0.5, beta2: 0.9 }],
  ["weight decay in the gradient", "adam", { learningRate: 0.01, weightDecay: 0.1 }],
  ["gradients of zero: no 0/0", "adam", { learningRate: 0.01 }, { gradientScales: [0] }],
  ["tiny and huge", "adam", { learningRate: 0.01 }, { gradientScales: [1e-6, 1e6] }],
  ["many steps: bias correction ends", "adam", { learningRate: 1e-3 }, {
    steps: 200,
    shapes: [[7]],
  }],
  ["decoupled weight decay", "adamw", { learningRate: 0.01, weightDecay: 0.1 }],
  ["no weight decay: is adam", "adamw", { learningRate: 0.01, weightDecay: 0 }],
  ["gradients that fade", "adam", { learningRate: 0.05, amsgrad: true }, {
    gradientScales: [10, 1, 0.1, 0.01],
    steps: 12,
  }],
  ["amsgrad", "adamw", { learningRate: 0.05, amsgrad: true, weightDecay: 0.1 }],
  ["plain", "rmsprop", { learningRate: 0.01 }],
  ["short memory", "rmsprop", { learningRate: 0.01, rho: 0.5 }],
  ["epsilon that matters", "rmsprop", { learningRate: 0.01, epsilon: 0.1 }],
  ["gradients of zero: no 0/0", "rmsprop", { learningRate: 0.01 }, { gradientScales: [0] }],
  ["plain", "adagrad", { learningRate: 0.1 }],
  ["start above zero, as Keras", "adagrad", { learningRate: 0.1, initialAccumulator: 0.1 }],
  ["schedule", "sgd", { learningRate: 1, momentum: 0.9 }, {
    learningRates: [0.1, 0.1, 0.01, 0, 0.001],
  }],
  ["schedule", "adam", { learningRate: 1 }, { learningRates: [0.1, 0.05, 0.01, 0, 0.001] }],
  ["norm clipped", "sgd", { learningRate: 0.1, globalClipNorm: 1 }],
  ["norm below the limit", "sgd", { learningRate: 0.1, globalClipNorm: 1e4 }],
  ["norm clipped at some steps", "adam", { learningRate: 0.01, globalClipNorm: 5 }, {
    gradientScales: [0.01, 3],
  }],
  ["norm of zero: no 0/0", "sgd", { learningRate: 0.1, globalClipNorm: 1 }, {
    gradientScales: [0],
  }],
  ["values clipped", "sgd", { learningRate: 0.1, clipValue: 0.5 }],
  ["values clipped", "rmsprop", { learningRate: 0.01, clipValue: 0.5 }],
];

/** Every legal case; the name holds all options, as `sgd_learningRate0.05_momentum0.9_steps5`. */
export const optimizerCases: readonly OptimizerCase[] = rows.map(
  ([why, optimizer, options, extra]) => {
    const steps = extra?.steps ?? 5;
    const gradientScales = extra?.gradientScales ?? [1];
    const settings = Object.entries(options).map(([key, value]) => `${key}${value}`).join("_");
    const scales = extra?.gradientScales ? `_scales${gradientScales.join(",")}` : "";
    return {
      name: `${optimizer}_${settings}_steps${steps}${scales}`,
      why,
      optimizer,
      options,
      shapes: SHAPES,
      ...extra,
      steps,
      gradientScales,
    };
  },
);

const ALL: OptimizerName[] = ["sgd", "adam", "adamw", "rmsprop", "adagrad"];

/** Options that must be refused. */
export const invalidOptimizerCases: readonly InvalidOptimizerCase[] = [
  { why: "unknown", optimizer: "adamant", options: { learningRate: 0.1 }, message: /adamant/ },
  ...ALL.flatMap((optimizer) =>
    [-0.1, NaN, Infinity, "fast"].map((learningRate) => ({
      why: `learningRate ${learningRate}`,
      optimizer,
      options: { learningRate },
      message: /learningRate/,
    }))
  ),
  ...([
    ["sgd", "momentum", [-0.1, 1, NaN]],
    ["adam", "beta1", [-0.1, 1, NaN]],
    ["adamw", "beta2", [-0.1, 1, 1.5]],
    ["adam", "epsilon", [-1e-7, NaN]],
    ["rmsprop", "rho", [-0.1, 1, 1.5]],
    ["rmsprop", "epsilon", [-1]],
    ["adagrad", "epsilon", [-1]],
    ["sgd", "weightDecay", [-0.1, NaN]],
    ["adamw", "weightDecay", [-0.1]],
    ["sgd", "globalClipNorm", [0, -1, NaN]],
    ["sgd", "clipValue", [0, -1, NaN]],
  ] as const).flatMap(([optimizer, option, values]) =>
    values.map((value) => ({
      why: `${option} ${value}`,
      optimizer,
      options: { learningRate: 0.1, [option]: value },
      message: new RegExp(option),
    }))
  ),
];
