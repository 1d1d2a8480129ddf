import { DeconvError } from "../errors.ts";
import type { MetricConfig, MetricSubject } from "./metric.ts";

/** How numbers of an output and its targets become classes. */
export interface Decisions {
  /** How many classes there are; 2 where single numbers are compared with a threshold. */
  readonly classes: number;
  /** Numbers of the output that make one decision. */
  readonly width: number;
  /** Whether targets are class numbers. */
  readonly sparse: boolean;
  /** A single number above this is class 1. */
  readonly cut: number;
}

/** The place of the largest of `width` values; -1 where one of them is NaN. */
export function largest(values: Float32Array, from: number, width: number): number {
  let best = 0;
  for (let i = 0; i < width; i++) {
    const value = values[from + i];
    if (value !== value) return -1;
    if (value > values[from + best]) best = i;
  }
  return best;
}

/** How right and wrong decisions are distributed over the classes. */
export class Tally {
  /** Decisions that were this class, and right. */
  readonly right: Float64Array;
  /** Decisions for this class. */
  readonly predicted: Float64Array;
  /** Targets of this class. */
  readonly actual: Float64Array;
  /** Whether an output was NaN, which decides nothing. */
  broken = false;

  /** Starts at zero. */
  constructor(readonly decisions: Decisions) {
    [this.right, this.predicted, this.actual] = [1, 2, 3].map(() =>
      new Float64Array(decisions.classes)
    );
  }

  /** Adds decisions `from` … `to`−1. */
  add(output: Float32Array, target: Float32Array, from: number, to: number): void {
    const { width, sparse, cut } = this.decisions;
    for (let i = from; i < to; i++) {
      const predicted = width > 1
        ? largest(output, i * width, width)
        : output[i] > cut
        ? 1
        : output[i] <= cut
        ? 0
        : -1;
      if (predicted < 0) {
        this.broken = true;
        continue;
      }
      const actual = sparse
        ? target[i]
        : width > 1
        ? largest(target, i * width, width)
        : target[i] > 0.5
        ? 1
        : 0;
      this.predicted[predicted]++;
      this.actual[actual]++;
      if (predicted === actual) this.right[actual]++;
    }
  }

  /** Back to zero. */
  clear(): void {
    for (const counts of [this.right, this.predicted, this.actual]) counts.fill(0);
  }

  /** The mean over the classes that occur of a number for each; NaN where none does. */
  mean(of: (right: number, predicted: number, actual: number) => number): number {
    if (this.broken) return NaN;
    let sum = 0, count = 0;
    this.right.forEach((right, c) => {
      const predicted = this.predicted[c], actual = this.actual[c];
      if (!predicted && !actual) return;
      sum += of(right, predicted, actual);
      count++;
    });
    return sum / count;
  }
}

/** Options of metrics that look at decisions. */
export const DECIDING = { classes: null, threshold: 0.5 } as const;

/** @throws {DeconvError} When the threshold is no probability. */
export function checkThreshold({ name, threshold }: MetricConfig): void {
  if (Number(threshold) >= 0 && Number(threshold) <= 1) return;
  throw new DeconvError(`threshold of ${name} must be a number from 0 to 1; it is ${threshold}`);
}

/** The threshold on the scale of the output: itself, a logit, or between -1 and 1. */
function cutOf(threshold: number, numbers: MetricSubject["meaning"]["numbers"]): number {
  if (numbers === "logits") return Math.log(threshold / (1 - threshold));
  return numbers === "signs" ? 2 * threshold - 1 : threshold;
}

/**
 * How a metric's subject decides: by the largest of the last axis where its classes exclude each
 * other, by a threshold for each number otherwise.
 *
 * @throws {DeconvError} When class numbers as targets are to be compared with a threshold, or there
 * is one class only.
 */
export function decisionsOf(config: MetricConfig, subject: MetricSubject): Decisions {
  const { meaning: { sparse, classes: exclusive, numbers }, shape } = subject;
  const width = shape[shape.length - 1];
  const threshold = Math.fround(Number(config.threshold ?? 0.5)); // as exact as outputs are
  if (config.classes ?? exclusive) {
    if (width > 1) return { classes: width, width, sparse, cut: 0 };
    if (sparse || config.classes) {
      throw new DeconvError(
        `The metric ${config.name} needs two classes or more, and the output has one`,
      );
    }
  }
  if (sparse) {
    throw new DeconvError(
      `The metric ${config.name} cannot compare class numbers with a threshold: leave classes out`,
    );
  }
  return { classes: 2, width: 1, sparse: false, cut: cutOf(threshold, numbers) };
}
