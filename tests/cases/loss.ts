/** Cases of the losses: every loss and option, at awkward sizes and extreme values. Data only. */

/** The losses by name. */
export type LossName =
  | "binary_crossentropy"
  | "categorical_crossentropy"
  | "sparse_categorical_crossentropy"
  | "mse"
  | "mae"
  | "huber"
  | "focal"
  | "categorical_focal"
  | "kl_divergence"
  | "cosine_similarity"
  | "hinge"
  | "squared_hinge"
  | "wasserstein"
  | "dice"
  | "ssim"
  | "total_variation"
  | "kl_standard_normal";

/** Options of the losses, named as in Keras. */
export interface LossOptions {
  readonly fromLogits?: boolean;
  readonly labelSmoothing?: number;
  /** Huber's corner, default 1. */
  readonly delta?: number;
  /** Focal: exponent, default 2, and weight of class 1, default 0.25. */
  readonly gamma?: number;
  readonly alpha?: number;
  /** Dice: added above and below, default 1; whether targets are labels. */
  readonly smooth?: number;
  readonly sparse?: boolean;
  /** SSIM, as Wang et al. have it unless given. */
  readonly dataRange?: number;
  readonly windowSize?: number;
  readonly sigma?: number;
  readonly k1?: number;
  readonly k2?: number;
}

/** What the numbers of an input look like. */
export type LossValues =
  | "normal" // any number
  | "probability" // each element in (0.02, 0.98)
  | "distribution" // each row positive and summing to 1
  | "oneHot" // each row 0 but for a single 1
  | "binary" // 0 or 1
  | "sign" // -1 or 1
  | "zeros"
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
const focal = { loss: "focal", prediction: "probability" } as const;
const focalLogits = { loss: "focal", prediction: "normal" } as const;
const dice = { loss: "dice", prediction: "probability" } as const;
const ssim = { loss: "ssim", prediction: "probability", target: "probability" } as const;
const variation = { loss: "total_variation", ...regression } as const;
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

  ["masks", { ...focal, target: "binary", shape: [4, 3, 3, 2] }],
  ["soft targets, one number", { ...focal, target: "probability", shape: [1, 1] }],
  ["all as in cross-entropy", {
    ...focal,
    target: "binary",
    shape: [3, 7],
    options: { gamma: 0, alpha: 0.5 },
  }],
  ["only class 1 counts", { ...focal, target: "binary", shape: [5, 5], options: { alpha: 1 } }],
  ["saturated: clipped at 1e-7, finite", {
    ...focal,
    target: "binary",
    shape: [2, 8],
    firstValues: [0, 1, 0, 1],
    tolerance: 0.2, // as for the cross-entropy
  }],
  ["logits", { ...focalLogits, target: "binary", shape: [4, 3, 3, 2], options: { fromLogits } }],
  ["logits, large", {
    ...focalLogits,
    target: "binary",
    shape: [3, 7],
    scale: 8, // larger ones end in denormals, which do not keep all their bits
    firstValues: [0, 30, -30, 25, -25],
    options: { fromLogits, gamma: 1.5, alpha: 0.6 },
  }],

  ["classes", { ...categorical, loss: "categorical_focal", target: "oneHot", shape: [6, 10] }],
  ["soft targets, other options", {
    ...categorical,
    loss: "categorical_focal",
    target: "distribution",
    shape: [2, 3, 3],
    options: { gamma: 0.5, alpha: 0.9 },
  }],
  ["distributions", {
    ...categorical,
    loss: "kl_divergence",
    target: "distribution",
    shape: [5, 33],
  }],
  ["classes", { ...categorical, loss: "kl_divergence", target: "oneHot", shape: [2, 3, 5] }],
  ["vectors", { ...regression, loss: "cosine_similarity", shape: [67, 5] }],
  ["one number: its sign", { ...regression, loss: "cosine_similarity", shape: [3, 1] }],
  ["maps of vectors", { ...regression, loss: "cosine_similarity", shape: [2, 3, 4, 9] }],

  ["signs", { ...regression, loss: "hinge", target: "sign", shape: [5, 7] }],
  ["0 for -1", { ...regression, loss: "hinge", target: "binary", shape: [9, 1] }],
  ["signs", { ...regression, loss: "squared_hinge", target: "sign", shape: [5, 7] }],
  ["0 for -1", { ...regression, loss: "squared_hinge", target: "binary", shape: [3, 3, 3, 3] }],
  ["signs", { ...regression, loss: "wasserstein", target: "sign", shape: [7, 1] }],
  ["maps", { ...regression, loss: "wasserstein", target: "sign", shape: [2, 5, 5, 1] }],

  ["masks", { ...dice, target: "binary", shape: [3, 5, 7, 1] }],
  ["a mask for each class", { ...dice, target: "oneHot", shape: [2, 4, 5, 3] }],
  ["nothing to find", { ...dice, target: "zeros", shape: [2, 4, 4, 1] }],
  ["nothing to find, nothing found", {
    ...dice,
    prediction: "zeros",
    target: "zeros",
    shape: [2, 4, 4, 2],
  }],
  ["hardly smooth", { ...dice, target: "binary", shape: [5, 3, 3, 2], options: { smooth: 1e-3 } }],
  ["no pixels to speak of", { ...dice, target: "binary", shape: [3, 4] }],
  ["class numbers", {
    ...dice,
    prediction: "distribution",
    target: "label",
    shape: [3, 4, 5, 6],
    options: { sparse: true },
  }],

  ["one window", { ...ssim, shape: [1, 11, 11, 1] }],
  ["colours", { ...ssim, shape: [2, 13, 17, 3] }],
  ["a vector of windows and one more", { ...ssim, shape: [5, 12, 15, 1] }],
  ["small window", { ...ssim, shape: [2, 7, 5, 5], options: { windowSize: 5, sigma: 1 } }],
  ["one pixel", {
    ...ssim,
    shape: [2, 3, 3, 2],
    options: { windowSize: 1 },
    tolerance: 2e-4, // the large slopes of two variances cancel: there is none under a single pixel
  }],
  ["other constants", {
    ...ssim,
    prediction: "normal",
    target: "normal",
    scale: 50,
    shape: [2, 11, 14, 2],
    options: { dataRange: 255, k1: 0.05, k2: 0.1 },
  }],
  ["flat against a picture", { ...ssim, prediction: "zeros", shape: [1, 12, 12, 1] }],

  ["colours", { ...variation, shape: [2, 5, 7, 3] }],
  ["one channel", { ...variation, shape: [3, 17, 9, 1] }],
  ["many channels", { ...variation, shape: [1, 3, 3, 21] }],
  ["one row", { ...variation, shape: [2, 1, 6, 2] }],
  ["one column", { ...variation, shape: [2, 6, 1, 2] }],
  ["one pixel", { ...variation, shape: [2, 1, 1, 3] }],
  ["flat", { ...variation, prediction: "zeros", shape: [2, 5, 5, 3] }],

  ["latent", { ...kl, shape: [5, 8] }],
  ["one number", { ...kl, shape: [1, 1] }],
  ["remainder, wide spread", { ...kl, shape: [3, 17], scale: 4 }],
];

/** Every legal case; the name is as `binary_crossentropy_probability_7x1_logits_smooth0.1_delta2`. */
export const lossCases: readonly LossCase[] = rows.map(([why, row]) => {
  const options = row.options ?? {};
  const numbers = row.prediction === "zeros" ? "of_zeros" : row.target;
  const parts = [row.loss, numbers, row.shape.join("x")];
  if (options.fromLogits) parts.push("logits");
  if (options.labelSmoothing !== undefined) parts.push(`smooth${options.labelSmoothing}`);
  for (const [key, value] of Object.entries(options)) {
    if (key !== "fromLogits" && key !== "labelSmoothing") parts.push(`${key}${value}`);
  }
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
  ...([
    ["focal", { alpha: 2 }, /alpha/],
    ["focal", { alpha: NaN }, /alpha/],
    ["focal", { gamma: -1 }, /gamma/],
    ["categorical_focal", { gamma: Infinity }, /gamma/],
    ["categorical_focal", { fromLogits: true }, /"categorical_focal" has no option "fromLogits"/],
    ["dice", { smooth: 0 }, /smooth/],
    ["dice", { sparse: 1 }, /sparse.*true or false.*1/],
    ["ssim", { dataRange: 0 }, /dataRange/],
    ["ssim", { sigma: -1 }, /sigma/],
    ["ssim", { k1: 0 }, /k1/],
    ["ssim", { k2: "0.1" }, /k2.*number.*0\.1/],
    ["ssim", { windowSize: 4 }, /windowSize.*odd.*4/],
    ["ssim", { windowSize: -3 }, /windowSize/],
    ["hinge", { margin: 1 }, /"hinge" has no option "margin"; it has none/],
    ["huber", { gamma: 1 }, /"huber" has no option "gamma"; it has delta/],
  ] as const).map(([loss, options, message]) => ({
    why: JSON.stringify(options),
    loss,
    options,
    ...equal,
    message,
  })),
  ...([
    ["ssim", [10, 12, 3], /window of ssim is 11x11 and the picture 10x12: give windowSize: 9/],
    ["ssim", [12, 2, 3], /give windowSize: 1 or less/],
    ["ssim", [12], /ssim is for pictures.*\[12\]/],
    ["total_variation", [12, 3], /total_variation is for pictures.*\[12,3\]/],
  ] as const).map(([loss, shape, message]) => ({
    why: `an output of ${shape.join("x")}`,
    loss,
    options: {},
    shape: [2, ...shape],
    targetShape: [2, ...shape],
    message,
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
