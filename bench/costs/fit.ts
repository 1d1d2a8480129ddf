import type { Work } from "../../core/work.ts";
import type { Measured, Sample } from "./measure.ts";

/** Sweeps over the unknowns, and weightings against outliers. */
const SWEEPS = 3000, WEIGHTINGS = 4;
/** Relative errors much larger than this count less. */
const USUAL_ERROR = 0.3;
/** Nanoseconds that starting a pass takes, whatever it does. */
const START = 600;

/** Times of steps, none below 0, whose sums come nearest to the measured ones by relative squares. */
function fitTimes(samples: readonly Sample[]): Work {
  const steps = [...new Set(samples.flatMap(({ work }) => Object.keys(work)))];
  const wanted = samples.map(({ time }) => Math.max(200, time - START));
  let times = new Array<number>(steps.length).fill(0), weights = samples.map(() => 1);
  for (let round = 0; round < WEIGHTINGS; round++) {
    const rows = samples.map(({ work }, i) =>
      steps.map((step) => weights[i] * (work[step] ?? 0) / wanted[i])
    );
    times = nonNegative(rows, weights);
    weights = samples.map(({ work }, i) => {
      const sum = steps.reduce((sum, step, j) => sum + times[j] * (work[step] ?? 0), 0);
      return 1 / Math.hypot(1, Math.log(Math.max(1, sum) / wanted[i]) / USUAL_ERROR);
    });
  }
  return Object.fromEntries(
    steps.map((step, i) => [step, times[i]]).filter(([, time]) => +time > 0.01),
  );
}

/** x ≥ 0 that makes |A·x − b|² least, by coordinate descent on the normal equations. */
function nonNegative(a: readonly number[][], b: readonly number[]): number[] {
  const n = a[0].length, x = new Array<number>(n).fill(0);
  const dot = (i: number, j: number) => a.reduce((sum, row) => sum + row[i] * row[j], 0);
  const square = Array.from(
    { length: n },
    (_, i) => Array.from({ length: n }, (_, j) => dot(i, j)),
  );
  const side = Array.from(
    { length: n },
    (_, i) => a.reduce((sum, row, r) => sum + row[i] * b[r], 0),
  );
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let i = 0; i < n; i++) {
      if (square[i][i] <= 0) continue;
      const left = side[i] - square[i].reduce((sum, v, j) => sum + v * x[j], 0);
      x[i] = Math.max(0, x[i] + left / square[i][i]);
    }
  }
  return x;
}

/** The fitted times, as core/cost.ts holds them, and what choosing by those that it holds now loses. */
export function costsText(measured: readonly Measured[]): string {
  const groups = new Map<string, Sample[]>();
  for (const sample of measured.flatMap(({ samples }) => samples)) {
    const key = `${sample.purpose}.${sample.way}`;
    groups.set(key, [...groups.get(key) ?? [], sample]);
  }
  const lines = [...groups].sort(([a], [b]) => a.localeCompare(b)).flatMap(([key, samples]) => {
    const steps = Object.entries(fitTimes(samples));
    const rounded = steps.map(([step, time]) => `${step}: ${+time.toPrecision(2)}`);
    return [`${key} (${samples.length} passes)`, `  ${rounded.join(", ")}`];
  });
  return [...lines, "", lossText(measured)].join("\n");
}

/** How much longer the chosen way takes than the best one. */
function lossText(measured: readonly Measured[]): string {
  const losses = measured.flatMap(({ samples, chosen }) => {
    const taken = samples.find(({ way }) => way === chosen);
    return taken ? [taken.time / Math.min(...samples.map(({ time }) => time))] : [];
  });
  const mean = Math.exp(losses.reduce((sum, loss) => sum + Math.log(loss), 0) / losses.length);
  const far = losses.filter((loss) => loss > 1.3).length;
  return `Of ${losses.length} passes computed in one way, the chosen one takes ${
    (100 * (mean - 1)).toFixed(1)
  } % longer than the best\nin the mean, and more than 30 % longer for ${far}.`;
}
