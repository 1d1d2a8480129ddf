import { DeconvError } from "./errors.ts";
import { halfCosine, power } from "./portable_math.ts";

/**
 * How the learning rate goes over the steps of a training run (a step is a batch, counted from 0):
 * a constant; `exponential` rate·decayRate^(step/decaySteps), in whole powers where `staircase`;
 * `step`: `rates[i]` from `boundaries[i-1]` on; `cosine`: linear warm-up to `rate` over `warmupSteps`,
 * then half a cosine to `rate·alpha` over `decaySteps` (Loshchilov & Hutter 2017); or any function.
 */
export type LearningRate =
  | number
  | {
    kind: "exponential";
    rate: number;
    decaySteps: number;
    decayRate: number;
    staircase?: boolean;
  }
  | { kind: "step"; boundaries: readonly number[]; rates: readonly number[] }
  | { kind: "cosine"; rate: number; decaySteps: number; warmupSteps?: number; alpha?: number }
  | ((step: number) => number);

/**
 * The learning rate at a step.
 *
 * @throws {DeconvError} When the schedule is malformed or gives something that is not a number ≥ 0.
 *
 * @example
 * ```ts
 * import { learningRateAt } from "@deconv/deconv";
 * const schedule = { kind: "exponential", rate: 0.1, decaySteps: 10, decayRate: 0.5 } as const;
 * console.log(learningRateAt(schedule, 20)); // 0.025
 * ```
 */
export function learningRateAt(schedule: LearningRate, step: number): number {
  const rate = compute(schedule, step);
  if (!Number.isFinite(rate) || rate < 0) {
    throw new DeconvError(
      `learningRate must be a number of at least 0; at step ${step} it is ${rate}`,
    );
  }
  return rate;
}

function compute(schedule: LearningRate, step: number): number {
  if (typeof schedule === "number") return schedule;
  if (typeof schedule === "function") return schedule(step);
  switch (schedule.kind) {
    case "exponential": {
      const periods = step / schedule.decaySteps;
      const exponent = schedule.staircase ? Math.floor(periods) : periods;
      return schedule.rate * power(schedule.decayRate, exponent);
    }
    case "step": {
      if (schedule.rates.length !== schedule.boundaries.length + 1) {
        throw new DeconvError(
          `A step schedule needs one more rate than boundaries; it has ${schedule.rates.length} and ${schedule.boundaries.length}`,
        );
      }
      const passed = schedule.boundaries.filter((boundary) => step >= boundary).length;
      return schedule.rates[passed];
    }
    case "cosine": {
      const { rate, decaySteps, warmupSteps = 0, alpha = 0 } = schedule;
      if (step < warmupSteps) return rate * (step + 1) / warmupSteps;
      const progress = Math.min(1, (step - warmupSteps) / decaySteps);
      return rate * (alpha + (1 - alpha) * halfCosine(progress));
    }
    default:
      throw new DeconvError(
        `learningRate must be a number, a function, or a schedule of kind exponential, step or cosine; it is ${
          JSON.stringify(schedule)
        }`,
      );
  }
}
