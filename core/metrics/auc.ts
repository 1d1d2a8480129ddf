import { DeconvError } from "../errors.ts";
import type { MetricKind } from "./metric.ts";

/** Numbers that keep coming. */
class Growing {
  #values = new Float32Array(1024);
  #count = 0;

  push(value: number): void {
    if (this.#count === this.#values.length) {
      const longer = new Float32Array(2 * this.#count);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.#count++] = value;
  }

  /** All so far, in order of size. */
  sorted(): Float32Array {
    return this.#values.subarray(0, this.#count).sort();
  }
}

/**
 * The chance that a positive scores higher than a negative, equals counting half: U / (m·n) of Mann &
 * Whitney 1947, which is the area under the ROC curve exactly.
 */
function areaUnderRoc(positives: Float32Array, negatives: Float32Array): number {
  let below = 0, upTo = 0, sum = 0;
  for (const score of positives) {
    while (below < negatives.length && negatives[below] < score) below++;
    if (upTo < below) upTo = below;
    while (upTo < negatives.length && negatives[upTo] <= score) upTo++;
    sum += (below + upTo) / 2;
  }
  return sum / (positives.length * negatives.length);
}

/**
 * Area under the ROC curve over all numbers of the output, exactly, by ranking: it keeps four bytes a
 * number. NaN as long as one of the two classes is missing.
 */
export const auc: MetricKind = {
  kind: "auc",
  defaults: {},
  start: ({ name }, { meaning: { sparse }, shape }) => {
    const width = shape[shape.length - 1];
    if (sparse && width < 2) {
      throw new DeconvError(`The metric ${name} needs two classes or more, and the output has one`);
    }
    const positives = new Growing(), negatives = new Growing();
    let broken = false;
    return {
      add: (output, target) => {
        const values = output.view, wanted = target.view;
        for (let i = 0; i < values.length; i++) {
          if (values[i] !== values[i]) broken = true;
          const positive = sparse ? wanted[Math.floor(i / width)] === i % width : wanted[i] > 0.5;
          (positive ? positives : negatives).push(values[i]);
        }
      },
      value: () => broken ? NaN : areaUnderRoc(positives.sorted(), negatives.sorted()),
    };
  },
};
