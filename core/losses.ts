import type { Block } from "./block.ts";
import { DeconvError } from "./errors.ts";
import { customConfig, type CustomLoss, isCustom } from "./losses/custom.ts";
import type { LossConfig, LossKind } from "./losses/loss.ts";
import { kindOf, LOSS_KINDS } from "./losses/registry.ts";
import { partsOf, sum } from "./losses/sum.ts";
import { sameShape, type Shape, shapeText } from "./tensor.ts";

/** Names of losses. */
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
  | "total_variation";

/** A loss with its options. */
export interface LossOptions {
  /** Its name. */
  kind: LossName;
  /** Binary, categorical and sparse cross-entropy, `focal`: whether the outputs are logits rather than probabilities. Default false. */
  fromLogits?: boolean;
  /** Cross-entropies: 0 … 1, how far targets are drawn to uniform. Default 0. */
  labelSmoothing?: number;
  /** `huber`: where the parabola becomes a line. Default 1. */
  delta?: number;
  /** Focal losses: how little what is nearly right counts; 0 for cross-entropy. Default 2. */
  gamma?: number;
  /** Focal losses: 0 … 1, what class 1 counts; `focal` counts class 0 as 1 − alpha. Default 0.25. */
  alpha?: number;
  /** `dice`: added above and below the fraction, so that empty masks are right. Default 1. */
  smooth?: number;
  /** `dice`: whether targets are class numbers, one a pixel, instead of a mask a class. Default false. */
  sparse?: boolean;
  /** `ssim`: how far apart the largest and the smallest value can be. Default 1. */
  dataRange?: number;
  /** `ssim`: sides of the window, odd; a picture must be no smaller. Default 11. */
  windowSize?: number;
  /** `ssim`: standard deviation of the Gaussian in the window, in pixels. Default 1.5. */
  sigma?: number;
  /** `ssim`: steadies the comparison of brightness. Default 0.01. */
  k1?: number;
  /** `ssim`: steadies the comparison of contrast. Default 0.03. */
  k2?: number;
}

/**
 * Several losses of one output, each with what it counts. They must take the same targets. Logs show
 * the sum as the loss, and each part without its weight as `mse_loss` and the like.
 */
export interface WeightedLosses {
  /** Weights and losses, such as `[[1, "mse"], [0.2, "mae"]]`. */
  sum: readonly (readonly [weight: number, loss: LossName | LossOptions | CustomLoss])[];
}

/**
 * A loss by name, with its options, as a weighted sum, or of one's own. For outputs y and targets t:
 *
 * | means over every number | |
 * | --- | --- |
 * | `mse`, `mae` | (y−t)², \|y−t\| |
 * | `huber` | ½d² up to delta, delta(\|d\| − ½delta) beyond (Huber 1964) |
 * | `binary_crossentropy` | −t·ln y − (1−t)·ln(1−y), y kept 1e-7 from 0 and 1 |
 * | `focal` | −α·t·(1−y)^γ·ln y − (1−α)(1−t)·y^γ·ln(1−y) (Lin et al. 2017) |
 * | `hinge`, `squared_hinge` | max(1 − t·y, 0), its square; t is −1 or 1, and 0 stands for −1 |
 * | `wasserstein` | −t·y with t −1 or 1 (Arjovsky et al. 2017) |
 *
 * | means over rows (all axes but the last) | |
 * | --- | --- |
 * | `categorical_crossentropy` | −Σ t·ln y; `sparse_categorical_crossentropy` takes class numbers |
 * | `categorical_focal` | −α·Σ t·(1−y)^γ·ln y |
 * | `kl_divergence` | Σ t·(ln t − ln y) |
 * | `cosine_similarity` | −Σ t·y / (\|t\|·\|y\|), −1 where they agree |
 *
 * | means over pictures | |
 * | --- | --- |
 * | `dice` | 1 − (2Σ t·y + smooth) / (Σ t + Σ y + smooth), of each class and then their mean (Milletari et al. 2016) |
 * | `ssim` | 1 − structural similarity over all windows inside the picture and all channels (Wang et al. 2004) |
 * | `total_variation` | Σ \|differences\| of neighbouring pixels of y alone, as TensorFlow has it; targets are not looked at |
 *
 * For adversaries: the critic of a hinge GAN (Lim & Ye 2017) learns with `hinge` and targets 1 for real
 * and −1 for made pictures, that of a Wasserstein GAN with `wasserstein`; the generator of either learns
 * with `wasserstein` and targets 1 for its own.
 *
 * @example Pictures that are right, look right and have little noise
 * ```ts
 * import { conv2d, type Loss, sequential } from "@deconv/deconv";
 * const loss: Loss = { sum: [[1, "mse"], [0.2, { kind: "ssim", windowSize: 7 }], [1e-4, "total_variation"]] };
 * const net = sequential([conv2d({ filters: 3, kernelSize: 3, padding: "same", inputShape: [16, 16, 3] })]);
 * net.compile({ loss, metrics: ["psnr", "ssim"] });
 * ```
 */
export type Loss = LossName | LossOptions | WeightedLosses | CustomLoss;

/** All names, for messages. */
const LOSSES: readonly LossName[] = [...LOSS_KINDS.keys()] as LossName[];

/**
 * Fills in a loss.
 *
 * @throws {DeconvError} For an unknown name (the message lists the known) or an option out of range.
 */
export function lossConfig(loss: Loss): LossConfig {
  const given = typeof loss === "string" ? { kind: loss } : loss;
  if (typeof given !== "object" || given === null) {
    throw new DeconvError(`${JSON.stringify(given)} is no loss; there are ${LOSSES.join(", ")}`);
  }
  if ("sum" in given) return sumConfig(given);
  if (isCustom(given)) return customConfig(given);
  const { kind, ...options } = given;
  const found = LOSS_KINDS.get(kind);
  if (!found) throw new DeconvError(`There is no loss "${kind}"; there are ${LOSSES.join(", ")}`);
  const known = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [option, value] of known) expectOption(found, option, value);
  const config: LossConfig = { kind, ...found.defaults, ...Object.fromEntries(known) };
  found.check?.(config);
  return config;
}

/** Fails unless a kind of loss has this option and it is of the right type. */
function expectOption({ kind, defaults }: LossKind, option: string, value: unknown): void {
  if (!Object.hasOwn(defaults, option)) {
    const known = Object.keys(defaults).join(", ") || "none";
    throw new DeconvError(`The loss "${kind}" has no option "${option}"; it has ${known}`);
  }
  if (typeof value === typeof defaults[option] && !Number.isNaN(value)) return;
  const wanted = typeof defaults[option] === "number" ? "a number" : "true or false";
  throw new DeconvError(`${option} of the loss "${kind}" must be ${wanted}; it is ${value}`);
}

function sumConfig({ sum: parts }: WeightedLosses): LossConfig {
  if (!Array.isArray(parts) || !parts.length) {
    throw new DeconvError('A sum of losses is a list such as { sum: [[1, "mse"], [0.2, "mae"]] }');
  }
  return {
    kind: "sum",
    sum: parts.map((pair) => {
      const [weight, part] = Array.isArray(pair) ? pair : [];
      if (!Number.isFinite(weight)) {
        throw new DeconvError(`A loss in a sum is a pair [weight, loss]; one is ${text(pair)}`);
      }
      const config = lossConfig(part);
      if (config.kind === "sum") throw new DeconvError("A sum of losses cannot hold another sum");
      return [weight, config];
    }),
  };
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function lossKind(config: LossConfig): LossKind {
  return config.kind === "sum" ? sum : kindOf(config);
}

/** What to call a loss: its name, for sums those of their parts. */
export function lossTitle(config: LossConfig): string {
  return partsOf(config).map(([, part]) => `${part.kind === "custom" ? part.name : part.kind}`)
    .join(" + ");
}

/** What a loss says about the output it is taken of. */
export interface OutputMeaning {
  /** Whether one entry of the last axis is the right one. */
  readonly classes: boolean;
  /** Whether targets are class numbers. */
  readonly sparse: boolean;
  /** What a number of the output is. */
  readonly numbers: "plain" | "probabilities" | "logits" | "signs";
}

/** What an output means that is trained with this loss. */
export function outputMeaning(config: LossConfig): OutputMeaning {
  const parts = partsOf(config).map(([, part]) => ({ part, kind: kindOf(part) }));
  const sparse = lossKind(config).targets?.(config) === "labels";
  return {
    classes: sparse || parts.some(({ kind }) => kind.classes),
    sparse,
    numbers: parts.some(({ part }) => part.fromLogits)
      ? "logits"
      : parts.find(({ kind }) => kind.numbers)?.kind.numbers ?? "plain",
  };
}

/**
 * Checks that a loss can be taken of an output.
 *
 * @param shape The output's, without the batch.
 * @throws {DeconvError} When it cannot, or when the parts of a sum need different targets.
 */
export function fitLoss(config: LossConfig, shape: Shape): void {
  const kind = lossKind(config);
  kind.fit?.(config, shape);
  kind.targets?.(config);
}

/**
 * Shape that targets for this output must have, batch first: the output's own, or for losses of class
 * numbers the output's without its last axis.
 */
export function targetShape(config: LossConfig, output: Shape): Shape {
  return lossKind(config).targets?.(config) === "labels" ? output.slice(0, -1) : output;
}

/**
 * Whether the loss can be taken together with the activation that ends the network: the gradient
 * before a sigmoid is then y − t, exact even where the sigmoid is flat.
 */
export function fusesWith(config: LossConfig, activation: string | undefined): boolean {
  return activation !== undefined && lossKind(config).fuses?.(config) === activation;
}

/**
 * Checks targets against an output.
 *
 * @throws {DeconvError} When the shape does not fit, or a class number is out of range.
 */
export function checkTargets(config: LossConfig, output: Shape, shape: Shape, data: Float32Array) {
  const wanted = targetShape(config, output);
  const sparse = wanted !== output;
  const column = sparse && sameShape(shape, [...wanted, 1]);
  if (!sameShape(shape, wanted) && !column) {
    throw new DeconvError(
      `The loss ${lossTitle(config)} needs targets of shape ${
        shapeText(wanted)
      } for an output of shape ${shapeText(output)}, and they are ${shapeText(shape)}`,
    );
  }
  if (sparse) checkLabels(data, output[output.length - 1]);
}

/** Fails unless these are numbers of so many classes. */
function checkLabels(data: Float32Array, classes: number): void {
  const wrong = data.findIndex((label) =>
    !(Number.isInteger(label) && label >= 0 && label < classes)
  );
  if (wrong < 0) return;
  throw new DeconvError(
    `Target ${wrong} is ${
      data[wrong]
    }, which is not a class: the network has ${classes}, numbered from 0`,
  );
}

/**
 * The mean loss of a batch and, where `gradient` is given, its gradient with respect to the output.
 *
 * @param options `fused`: whether the gradient wanted is the one before the network's last
 * activation; `weight`: multiplies the gradient; `parts`: filled with the losses a sum is made of.
 */
export function computeLoss(
  config: LossConfig,
  output: { shape: Shape; data: Block },
  target: Block,
  gradient: Block | null,
  options: { fused?: boolean; weight?: number; parts?: number[] } = {},
): number {
  const { fused = false, weight = 1, parts } = options;
  const { shape, data } = output;
  const call = { shape, output: data, target, gradient, fused, weight, parts };
  return lossKind(config).compute(config, call);
}
