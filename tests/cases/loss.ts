/** Cases of the losses: every loss and option, at awkward sizes and extreme values. Data only. */

/** The losses by name. */
export type LossName =
  | "binary_crossentropy"
  | "categorical_crossentropy"
  | "sparse_categorical_crossentropy"
  | "mse"
  | "mae"
  | "huber"
  | "kl_standard_normal";

/** Options of the losses, named as in Keras. */
export interface LossOptions {
  readonly fromLogits?: boolean;
  readonly labelSmoothing?: number;
  /** Huber's corner, default 1. */
  readonly delta?: number;
}

/** What the numbers of an input look like. */
export type LossValues =
  | "normal" // any number
  | "probability" // each element in (0.02, 0.98)
  | "distribution" // each row positive and summing to 1
  | "oneHot" // each row 0 but for a single 1
  | "binary" // 0 or 1
  | "label"; // one class number for each row

/** One loss of one prediction against one target (for KL: mu and logvar). */
export interface LossCase {
  readonly name: string;
  readonly why: string;
  readonly loss: LossName;
  readonly options: LossOptions;
  /** The prediction's shape; also the target's, but labels have no last axis. */
  readonly shape: readonly number[];
  readonly prediction: LossValues;
  readonly target: LossValues;
  /** Multiplies normal values; default 1. */
  readonly scale?: number;
  /** The prediction's first values, in place of drawn ones. */
  readonly firstValues?: readonly number[];
  /** Float32 cannot do better here than this relative error. */
  readonly tolerance?: number;
}

/** A loss that must be refused. */
export interface InvalidLossCase {
  readonly why: string;
  readonly loss: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly shape: readonly number[];
  readonly targetShape: readonly number[];
  /** The target's values; zeros where left out. */
  readonly targets?: readonly number[];
  readonly message: RegExp;
}

type Row = Omit<LossCase, "name" | "why" | "options"> & { options?: LossOptions };

const binary = { loss: "binary_crossentropy", prediction: "probability" } as const;
const binaryLogits = { loss: "binary_crossentropy", prediction: "normal" } as const;
const categorical = { loss: "categorical_crossentropy", prediction: "distribution" } as const;
const categoricalLogits = { loss: "categorical_crossentropy", prediction: "normal" } as const;
const sparse = { loss: "sparse_categorical_crossentropy", target: "label" } as const;
const regression = { prediction: "normal", target: "normal" } as const;
const kl = { loss: "kl_standard_normal", ...regression } as const;
const fromLogits = true;

const rows: [why: string, row: Row][] = [
  ["pictures", { ...binary, target: "probability", shape: [4, 3, 3, 2] }],
  ["labels", { ...binary, target: "binary", shape: [7, 1] }],
  ["one number", { ...binary, target: "probability", shape: [1, 1] }],
  ["remainder", { ...binary, target: "probability", shape: [3, 11, 3] }],
  ["smoothed", { ...binary, target: "binary", shape: [5, 9], options: { labelSmoothing: 0.1 } }],
  ["saturated: clipped at 1e-7, finite", {
    ...binary,
    target: "probability",
    shape: [2, 8],
    firstValues: [0, 1, 0, 1],
    tolerance: 0.2, // float32 has no 1 - 1e-7: its neighbours are 0.6e-7 and 1.2e-7 away from 1
  }],
  ["logits", {
    ...binaryLogits,
    target: "probability",
    shape: [4, 3, 3, 2],
    options: { fromLogits },
  }],
  ["logits, large", {
    ...binaryLogits,
    target: "binary",
    shape: [3, 7],
    scale: 50,
    firstValues: [0, 100, -100, 1000, -1000],
    options: { fromLogits },
  }],
  ["logits, smoothed", {
    ...binaryLogits,
    target: "binary",
    shape: [5, 5],
    options: { fromLogits, labelSmoothing: 0.2 },
  }],

  ["classes", { ...categorical, target: "oneHot", shape: [6, 10] }],
  ["one row of two", { ...categorical, target: "oneHot", shape: [1, 2] }],
  ["soft targets", { ...categorical, target: "distribution", shape: [5, 33] }],
  ["a class for each pixel", { ...categorical, target: "oneHot", shape: [2, 3, 4, 5] }],
  ["smoothed", {
    ...categorical,
    target: "oneHot",
    shape: [4, 7],
    options: { labelSmoothing: 0.1 },
  }],
  ["logits", { ...categoricalLogits, target: "oneHot", shape: [6, 10], options: { fromLogits } }],
  ["logits, soft targets", {
    ...categoricalLogits,
    target: "distribution",
    shape: [3, 17],
    options: { fromLogits },
  }],
  ["logits, smoothed", {
    ...categoricalLogits,
    target: "oneHot",
    shape: [6, 9],
    options: { fromLogits, labelSmoothing: 0.1 },
  }],
  ["logits, large, a class for each pixel", {
    ...categoricalLogits,
    target: "oneHot",
    shape: [2, 2, 3, 4],
    scale: 30,
    firstValues: [1000, -1000, 0, 999],
    options: { fromLogits },
  }],

  ["classes", { ...sparse, prediction: "distribution", shape: [6, 10] }],
  ["a class for each pixel", { ...sparse, prediction: "distribution", shape: [2, 3, 2, 5] }],
  ["logits", { ...sparse, prediction: "normal", shape: [6, 10], options: { fromLogits } }],
  ["logits, one class", {
    ...sparse,
    prediction: "normal",
    shape: [3, 1],
    options: { fromLogits },
  }],
  ["logits, many classes", {
    ...sparse,
    prediction: "normal",
    shape: [5, 1000],
    options: { fromLogits },
  }],

  ["pictures", { ...regression, loss: "mse", shape: [5, 4, 4, 3] }],
  ["one number", { ...regression, loss: "mse", shape: [1, 1] }],
  ["remainder", { ...regression, loss: "mse", shape: [3, 7], scale: 100 }],
  ["pictures", { ...regression, loss: "mae", shape: [5, 4, 4, 3] }],
  ["remainder", { ...regression, loss: "mae", shape: [3, 7] }],
  ["pictures", { ...regression, loss: "huber", shape: [5, 4, 4, 3] }],
  ["corner near", { ...regression, loss: "huber", shape: [9, 3], options: { delta: 0.25 } }],
  ["corner far", { ...regression, loss: "huber", shape: [9, 3], scale: 3, options: { delta: 2 } }],

  ["latent", { ...kl, shape: [5, 8] }],
  ["one number", { ...kl, shape: [1, 1] }],
  ["remainder, wide spread", { ...kl, shape: [3, 17], scale: 4 }],
];

/** Every legal case; the name is as `binary_crossentropy_probability_7x1_logits_smooth0.1_delta2`. */
export const lossCases: readonly LossCase[] = rows.map(([why, row]) => {
  const options = row.options ?? {};
  const parts = [row.loss, row.target, row.shape.join("x")];
  if (options.fromLogits) parts.push("logits");
  if (options.labelSmoothing !== undefined) parts.push(`smooth${options.labelSmoothing}`);
  if (options.delta !== undefined) parts.push(`delta${options.delta}`);
  return { ...row, options, why, name: parts.join("_") };
});

const classes = { shape: [3, 4], targetShape: [3] };
const equal = { shape: [3, 4], targetShape: [3, 4] };

/** Options and targets that must be refused. */
export const invalidLossCases: readonly InvalidLossCase[] = [
  { why: "unknown", loss: "mean", options: {}, ...equal, message: /mean/ },
  ...[-0.1, 1.5, NaN].flatMap((labelSmoothing) =>
    ["binary_crossentropy", "categorical_crossentropy"].map((loss) => ({
      why: `labelSmoothing ${labelSmoothing}`,
      loss,
      options: { labelSmoothing },
      ...equal,
      message: /labelSmoothing/,
    }))
  ),
  ...[0, -1, NaN].map((delta) => ({
    why: `delta ${delta}`,
    loss: "huber",
    options: { delta },
    ...equal,
    message: /delta/,
  })),
  ...["binary_crossentropy", "categorical_crossentropy", "mse", "mae", "huber"].map((loss) => ({
    why: "shapes that differ",
    loss,
    options: {},
    shape: [3, 4],
    targetShape: [4, 3],
    message: /\[3,4\].*\[4,3\]|\[4,3\].*\[3,4\]/,
  })),
  ...[[0, 1, 4], [0, -1, 2], [0, 1.5, 2]].map((targets) => ({
    why: `labels ${targets} of 4 classes`,
    loss: "sparse_categorical_crossentropy",
    options: {},
    ...classes,
    targets,
    message: /label|class/,
  })),
];
