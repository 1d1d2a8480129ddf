/** Metrics, each by its definition, one picture, class and pair at a time. */

/** Labels and decisions of equal length. */
export interface Decided {
  readonly actual: readonly number[];
  readonly predicted: readonly number[];
}

/** True positives, false positives and false negatives of one class. */
function counts({ actual, predicted }: Decided, c: number) {
  const count = (a: boolean, p: boolean) =>
    actual.filter((label, i) => (label === c) === a && (predicted[i] === c) === p).length;
  return { tp: count(true, true), fp: count(false, true), fn: count(true, false) };
}

/** A quotient that is 0 where it is not defined. */
const over = (a: number, b: number) => b === 0 ? 0 : a / b;

/** Scores of one class. */
export function classScores(decided: Decided, c: number) {
  const { tp, fp, fn } = counts(decided, c);
  const precision = over(tp, tp + fp), recall = over(tp, tp + fn);
  return {
    precision,
    recall,
    f1: over(2 * precision * recall, precision + recall),
    iou: over(tp, tp + fp + fn),
    occurs: tp + fp + fn > 0,
  };
}

/** The mean of a score over the classes that occur in labels or decisions. */
export function macro(
  decided: Decided,
  classes: number,
  score: "precision" | "recall" | "f1" | "iou",
): number {
  const found = Array.from({ length: classes }, (_, c) => classScores(decided, c))
    .filter(({ occurs }) => occurs);
  return found.reduce((sum, scores) => sum + scores[score], 0) / found.length;
}

/** Area under the ROC curve by comparing every positive with every negative. */
export function auc(scores: ArrayLike<number>, positive: readonly boolean[]): number {
  let sum = 0, pairs = 0;
  for (let i = 0; i < scores.length; i++) {
    for (let k = 0; k < scores.length; k++) {
      if (!positive[i] || positive[k]) continue;
      pairs++;
      sum += scores[i] > scores[k] ? 1 : scores[i] === scores[k] ? 0.5 : 0;
    }
  }
  return sum / pairs;
}

/** Whether a label is among the first k when classes are sorted by score, earlier ones first among equals. */
export function amongTop(scores: readonly number[], label: number, k: number): boolean {
  const order = scores.map((score, c) => ({ score, c })).sort((a, b) =>
    b.score - a.score || a.c - b.c
  );
  return order.slice(0, k).some(({ c }) => c === label);
}
