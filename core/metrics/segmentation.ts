import { checkThreshold, DECIDING, decisionsOf, Tally } from "./decisions.ts";
import type { MetricKind } from "./metric.ts";

/** Overlap over union, averaged over the classes that occur anywhere; the two sides of a threshold are two classes. */
export const meanIou: MetricKind = {
  kind: "mean_iou",
  defaults: DECIDING,
  check: checkThreshold,
  start: (config, subject) => {
    const decisions = decisionsOf(config, subject), tally = new Tally(decisions);
    return {
      add: (output, target) => {
        const values = output.view;
        tally.add(values, target.view, 0, values.length / decisions.width);
      },
      value: () => tally.mean((right, predicted, actual) => right / (predicted + actual - right)),
    };
  },
};

/**
 * 2·TP / (2·TP + FP + FN) of the decided masks of each picture, averaged over the pictures; for
 * classes averaged over those that occur in the picture first. 1 where both masks are empty.
 */
export const dice: MetricKind = {
  kind: "dice",
  defaults: DECIDING,
  check: checkThreshold,
  start: (config, subject) => {
    const decisions = decisionsOf(config, subject), tally = new Tally(decisions);
    const of = (right: number, predicted: number, actual: number) =>
      2 * right / (predicted + actual);
    const score = () => {
      if (decisions.width > 1) return tally.mean(of);
      if (tally.broken) return NaN;
      const both = tally.predicted[1] + tally.actual[1];
      return both ? 2 * tally.right[1] / both : 1;
    };
    let sum = 0, count = 0;
    return {
      add: (output, target, [pictures]) => {
        const values = output.view, wanted = target.view;
        const each = values.length / decisions.width / pictures;
        for (let i = 0; i < pictures; i++) {
          tally.clear();
          tally.add(values, wanted, i * each, (i + 1) * each);
          sum += score();
          count++;
        }
      },
      value: () => sum / count,
    };
  },
};
