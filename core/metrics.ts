import { DeconvError } from "./errors.ts";
import { auc } from "./metrics/auc.ts";
import { accuracy, f1, precision, recall, topK } from "./metrics/classification.ts";
import { mae, mse } from "./metrics/errors.ts";
import type { MetricConfig, MetricKind, MetricSubject, MetricTotal } from "./metrics/metric.ts";
import { psnr, ssim } from "./metrics/pictures.ts";
import { dice, meanIou } from "./metrics/segmentation.ts";

/** Names of metrics. */
export type MetricName =
  | "accuracy"
  | "top_k"
  | "precision"
  | "recall"
  | "f1"
  | "auc"
  | "mean_iou"
  | "dice"
  | "mse"
  | "mae"
  | "psnr"
  | "ssim";

/** A metric with its options. */
export interface MetricOptions {
  /** What it is. */
  kind: MetricName;
  /** What logs call it. Default its kind, for `top_k` such as `top_5`. */
  name?: string;
  /** `top_k`: how many of the largest outputs may hold the right class. Default 5. */
  k?: number;
  /**
   * Metrics of decisions: whether the last axis holds classes of which the largest output is chosen,
   * rather than numbers that each are compared with the threshold. Default: what the loss means.
   */
  classes?: boolean;
  /**
   * Metrics of decisions: the probability above which an output counts as class 1. Where outputs are
   * logits they are compared with its logit, where they are signs (hinge losses) with 2·threshold − 1.
   * Default 0.5.
   */
  threshold?: number;
  /**
   * `precision`, `recall`, `f1`: of class 1 alone, the mean over the classes that occur, or over all
   * decisions alike. Default `"macro"` for classes, else `"binary"`.
   */
  average?: "binary" | "macro" | "micro";
  /** `psnr`, `ssim`: how far apart the largest and the smallest value can be. Default 1. */
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
 * A metric by name or with options; `top_3` and the like are short for `{ kind: "top_k", k: 3 }`.
 *
 * `accuracy`, `top_k`, `precision`, `recall`, `f1` and `mean_iou` are taken over every decision of an
 * epoch, `dice` (of decided masks), `psnr` and `ssim` over each picture and then averaged, `mse` and `mae` over
 * every number. `auc` is the area under the ROC curve over all numbers, exact by ranking, for which it
 * keeps them: 4 bytes each. What no decision has been made about does not count: `precision` without
 * predictions, and `recall` without targets, are 0. A metric is NaN where an output is.
 *
 * @example
 * ```ts
 * import { dense, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([dense({ units: 3, activation: "softmax", inputShape: [2] })]);
 * net.compile({
 *   loss: "sparse_categorical_crossentropy",
 *   metrics: ["accuracy", "top_2", { kind: "f1", average: "micro" }],
 * });
 * const logs = await net.evaluate(tensor([1, 2, 3, 4], [2, 2]), tensor([0, 2]));
 * console.log(Object.keys(logs)); // ["loss", "accuracy", "top_2", "f1"]
 * ```
 */
export type Metric = MetricName | `top_${number}` | MetricOptions;

/** Metrics of the first output, or a list for each. */
export type Metrics = readonly Metric[] | readonly (readonly Metric[])[];

const KINDS: ReadonlyMap<string, MetricKind> = new Map(
  [accuracy, topK, precision, recall, f1, auc, meanIou, dice, mse, mae, psnr, ssim]
    .map((kind) => [kind.kind, kind]),
);

/** All names, for messages. */
const METRICS: readonly MetricName[] = [...KINDS.keys()] as MetricName[];

/**
 * Fills in a metric.
 *
 * @throws {DeconvError} For an unknown name (the message lists the known) or an option out of range.
 */
export function metricConfig(metric: Metric): MetricConfig {
  const top = typeof metric === "string" && /^top_(\d+)$/.exec(metric);
  const given = top ? { kind: "top_k", k: Number(top[1]) } : metric;
  const options = typeof given === "string" ? { kind: given } : given;
  const found = KINDS.get(options?.kind);
  if (!found) {
    const kind = options?.kind ?? JSON.stringify(metric);
    throw new DeconvError(`There is no metric "${kind}"; there are ${METRICS.join(", ")}`);
  }
  const { kind, name, ...rest } = options as MetricOptions;
  const known = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null);
  for (const [option, value] of known) expectOption(found, option, value);
  const values = { ...found.defaults, ...Object.fromEntries(known) };
  if (name !== undefined && (typeof name !== "string" || !name)) {
    throw new DeconvError(`The name of the metric ${kind} must be a text; it is ${name}`);
  }
  const config = { kind, name: name ?? (kind === "top_k" ? `top_${values.k}` : kind), ...values };
  found.check?.(config);
  return config;
}

/** Types of the options that are null where the loss decides. */
const DECIDED: Readonly<Record<string, string>> = { classes: "boolean", average: "string" };

function expectOption({ kind, defaults }: MetricKind, option: string, value: unknown): void {
  if (!Object.hasOwn(defaults, option)) {
    const known = ["name", ...Object.keys(defaults)].join(", ");
    throw new DeconvError(`The metric "${kind}" has no option "${option}"; it has ${known}`);
  }
  const wanted = DECIDED[option] ?? typeof defaults[option];
  if (typeof value === wanted && !Number.isNaN(value)) return;
  throw new DeconvError(`${option} of the metric "${kind}" must be a ${wanted}; it is ${value}`);
}

/**
 * Fills in the metrics of every output.
 *
 * @throws {DeconvError} For an unknown metric, lists that are not one for each output, or two of one name.
 */
export function metricConfigs(metrics: Metrics, outputs: number): MetricConfig[][] {
  if (!Array.isArray(metrics)) throw new DeconvError("metrics must be a list");
  const lists: readonly (readonly Metric[])[] = metrics.some(Array.isArray)
    ? metrics as readonly Metric[][]
    : [metrics as Metric[], ...Array.from({ length: outputs - 1 }, () => [])];
  if (lists.length !== outputs || !lists.every(Array.isArray)) {
    throw new DeconvError(
      `metrics must be a list for the first output, or ${outputs} list(s), one for each output`,
    );
  }
  return lists.map((list) => {
    const configs = list.map(metricConfig);
    const names = configs.map(({ name }) => name);
    const twice = names.find((name, i) => name === "loss" || names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new DeconvError(`Two metrics would be logged as "${twice}": give one another name`);
    }
    return configs;
  });
}

/**
 * Starts a metric at zero.
 *
 * @throws {DeconvError} When it does not fit the output.
 */
export function startMetric(config: MetricConfig, subject: MetricSubject): MetricTotal {
  return KINDS.get(config.kind)!.start(config, subject);
}
