import { DeconvError } from "../errors.ts";
import { checkThreshold, DECIDING, decisionsOf, Tally } from "./decisions.ts";
import type { MetricConfig, MetricKind } from "./metric.ts";

/** The share of right decisions. */
export const accuracy: MetricKind = {
  kind: "accuracy",
  defaults: DECIDING,
  check: checkThreshold,
  start: (config, subject) => {
    const tally = new Tally(decisionsOf(config, subject));
    return {
      add: (output, target) => addAll(tally, output.view, target.view),
      value: () => tally.broken ? NaN : shareOf(tally.right, tally.actual),
    };
  },
};

function addAll(tally: Tally, output: Float32Array, target: Float32Array): void {
  tally.add(output, target, 0, output.length / tally.decisions.width);
}

function shareOf(part: Float64Array, whole: Float64Array): number {
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  return sum(part) / sum(whole);
}

/** The share of rows whose right class is among the k with the largest outputs; the first of equals is larger. */
export const topK: MetricKind = {
  kind: "top_k",
  defaults: { k: 5 },
  check: ({ k }) => {
    if (Number.isInteger(k) && Number(k) > 0) return;
    throw new DeconvError(`k of top_k must be a positive whole number; it is ${k}`);
  },
  start: (config, subject) => {
    const { width, sparse } = decisionsOf({ ...config, classes: true }, subject);
    const k = Number(config.k);
    if (k > width) {
      throw new DeconvError(`The metric ${config.name} needs ${k} classes, and there are ${width}`);
    }
    let right = 0, rows = 0;
    return {
      add: (output, target) => {
        const values = output.view, wanted = target.view;
        for (let from = 0; from < values.length; from += width) {
          const label = sparse ? wanted[from / width] : indexOfLargest(wanted, from, width);
          const rank = rankOf(values, from, width, label);
          if (rank < k) right++;
          else if (rank !== rank) right = NaN;
          rows++;
        }
      },
      value: () => right / rows,
    };
  },
};

function indexOfLargest(values: Float32Array, from: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) if (values[from + i] > values[from + best]) best = i;
  return best;
}

/** How many of a row's values stand before the one at `label`; NaN where one of them is NaN. */
function rankOf(values: Float32Array, from: number, width: number, label: number): number {
  const own = values[from + label];
  let before = 0;
  for (let i = 0; i < width; i++) {
    const value = values[from + i];
    if (value !== value) return NaN;
    if (value > own || value === own && i < label) before++;
  }
  return before;
}

type Ratio = (right: number, predicted: number, actual: number) => number;

const AVERAGES = [null, "binary", "macro", "micro"];

/**
 * A metric of the decisions for a class and its targets: of class 1 alone (`binary`), its mean over
 * the classes that occur (`macro`), or over all decisions alike (`micro`).
 */
function ratio(kind: string, of: Ratio): MetricKind {
  return {
    kind,
    defaults: { ...DECIDING, average: null },
    check: (config) => {
      checkThreshold(config);
      if (AVERAGES.includes(config.average as string | null)) return;
      throw new DeconvError(
        `average of ${config.name} must be binary, macro or micro; it is ${config.average}`,
      );
    },
    start: (config, subject) => {
      const decisions = decisionsOf(config, subject);
      const average = averageOf(config, decisions.width > 1, decisions.classes);
      const tally = new Tally(decisions);
      const at = (c: number) => of(tally.right[c], tally.predicted[c], tally.actual[c]);
      const value = {
        binary: () => tally.broken || !tally.actual[0] && !tally.actual[1] ? NaN : at(1),
        macro: () => tally.mean(of),
        micro: () => tally.broken ? NaN : shareOf(tally.right, tally.actual),
      }[average];
      return { add: (output, target) => addAll(tally, output.view, target.view), value };
    },
  };
}

function averageOf(config: MetricConfig, several: boolean, classes: number) {
  const average = (config.average ?? (several ? "macro" : "binary")) as
    | "binary"
    | "macro"
    | "micro";
  if (average === "binary" && classes > 2) {
    throw new DeconvError(
      `The metric ${config.name} needs average: "macro" or "micro" for ${classes} classes`,
    );
  }
  if (average !== "binary" && !several) {
    throw new DeconvError(
      `The metric ${config.name} averages over classes, and its output is compared with a threshold: give classes: true if the largest decides`,
    );
  }
  return average;
}

/** Of the decisions for a class, the share that is right; 0 where there are none. */
export const precision: MetricKind = ratio(
  "precision",
  (right, predicted) => right / predicted || 0,
);

/** Of the targets of a class, the share that is found; 0 where there are none. */
export const recall: MetricKind = ratio("recall", (right, _, actual) => right / actual || 0);

/** The harmonic mean of precision and recall, 2·TP / (2·TP + FP + FN). */
export const f1: MetricKind = ratio(
  "f1",
  (right, predicted, actual) => 2 * right / (predicted + actual) || 0,
);
