import { DeconvError } from "./errors.ts";
import { halfCosine, power } from "./portable_math.ts";

/** Falls by a factor: rate·decayRate^(step/decaySteps), in whole powers where `staircase`. */
export interface ExponentialSchedule {
  /** The kind. */
  kind: "exponential";
  /** Where it starts. */
  rate: number;
  /** Steps to one factor. */
  decaySteps: number;
  /** The factor. */
  decayRate: number;
  /** Default false. */
  staircase?: boolean;
}

/** Stairs: `rates[i]` from step `boundaries[i-1]` on. */
export interface StepSchedule {
  /** The kind. */
  kind: "step";
  /** Steps at which the rate changes, rising. */
  boundaries: readonly number[];
  /** One more rate than boundaries. */
  rates: readonly number[];
}

/**
 * (rate − endRate)·(1 − step/decaySteps)^power + endRate, as Keras' `PolynomialDecay`; where `cycle`, decaySteps
 * is taken as often as it takes to reach past the step.
 */
export interface PolynomialSchedule {
  /** The kind. */
  kind: "polynomial";
  /** Where it starts. */
  rate: number;
  /** Steps to the end. */
  decaySteps: number;
  /** Where it ends. Default 0.0001. */
  endRate?: number;
  /** Default 1: a line. */
  power?: number;
  /** Default false. */
  cycle?: boolean;
}

/** rate / (1 + decayRate·step/decaySteps), in whole periods where `staircase`. */
export interface InverseTimeSchedule {
  /** The kind. */
  kind: "inverse_time";
  /** Where it starts. */
  rate: number;
  /** Steps of a period. */
  decaySteps: number;
  /** What a period adds to the divisor. */
  decayRate: number;
  /** Default false. */
  staircase?: boolean;
}

/**
 * Linear warm-up to `rate` over `warmupSteps`, then half a cosine down to rate·alpha over `decaySteps`
 * (Loshchilov & Hutter 2017). With `restarts` it starts again and again: period i has
 * decaySteps·tMultiplierⁱ steps and starts at rate·rateMultiplierⁱ.
 */
export interface CosineSchedule {
  /** The kind. */
  kind: "cosine";
  /** The highest rate. */
  rate: number;
  /** Steps down, the warm-up not among them. */
  decaySteps: number;
  /** Default 0. */
  warmupSteps?: number;
  /** What is left of the rate in the end. Default 0. */
  alpha?: number;
  /** Default false. */
  restarts?: boolean;
  /** Of restarts: default 2. */
  tMultiplier?: number;
  /** Of restarts: default 1. */
  rateMultiplier?: number;
}

/**
 * One cycle (Smith & Topin 2018), numbers as PyTorch's `OneCycleLR` has them: from rate/divFactor up to
 * `rate`, down again to rate/divFactor/finalDivFactor. With `threePhase` the way down first takes as
 * long as the way up and ends at rate/divFactor. `momentum`, where given, goes the other way: it
 * replaces the optimizer's momentum or beta1, the second number at both ends, the first at the top.
 */
export interface OneCycleSchedule {
  /** The kind. */
  kind: "one_cycle";
  /** The highest rate. */
  rate: number;
  /** Steps of the run; later steps keep the last rate. */
  totalSteps: number;
  /** The part of them that goes up. Default 0.3. */
  pctStart?: number;
  /** Default `"cos"`. */
  anneal?: "cos" | "linear";
  /** Default 25. */
  divFactor?: number;
  /** Default 10000. */
  finalDivFactor?: number;
  /** Default false. */
  threePhase?: boolean;
  /** Least and most, such as [0.85, 0.95]. Default: the optimizer's own stays. */
  momentum?: readonly [number, number];
}

/** A schedule as data: it is saved with the optimizer. */
export type Schedule =
  | ExponentialSchedule
  | StepSchedule
  | PolynomialSchedule
  | InverseTimeSchedule
  | CosineSchedule
  | OneCycleSchedule;

/**
 * How the learning rate goes over the steps of a training run (a step of the optimizer, counted from
 * 0): a constant, a schedule, or any function of the step.
 */
export type LearningRate = number | Schedule | ((step: number) => number);

/** What an option must be; with `?` it may be left out. */
type Check = "rate" | "steps" | "part" | "flag" | "list" | "other";

const OPTIONS: { readonly [K in Schedule["kind"]]: Readonly<Record<string, Check | `${Check}?`>> } =
  {
    exponential: { rate: "rate", decaySteps: "steps", decayRate: "rate", staircase: "flag?" },
    step: { boundaries: "list", rates: "list" },
    polynomial: {
      rate: "rate",
      decaySteps: "steps",
      endRate: "rate?",
      power: "rate?",
      cycle: "flag?",
    },
    inverse_time: { rate: "rate", decaySteps: "steps", decayRate: "rate", staircase: "flag?" },
    cosine: {
      rate: "rate",
      decaySteps: "steps",
      warmupSteps: "rate?",
      alpha: "part?",
      restarts: "flag?",
      tMultiplier: "steps?",
      rateMultiplier: "rate?",
    },
    one_cycle: {
      rate: "rate",
      totalSteps: "steps",
      pctStart: "part?",
      anneal: "other?",
      divFactor: "steps?",
      finalDivFactor: "steps?",
      threePhase: "flag?",
      momentum: "list?",
    },
  };

const CHECKS: Readonly<Record<Check, [says: string, fits: (value: unknown) => boolean]>> = {
  rate: ["a number of at least 0", (v) => Number.isFinite(v) && (v as number) >= 0],
  steps: ["a number of at least 1", (v) => Number.isFinite(v) && (v as number) >= 1],
  part: [
    "a number from 0 to 1",
    (v) => Number.isFinite(v) && (v as number) >= 0 && v as number <= 1,
  ],
  flag: ["true or false", (v) => typeof v === "boolean"],
  list: ["a list of numbers", (v) => Array.isArray(v) && v.every(Number.isFinite)],
  other: ["", () => true],
};

/**
 * Checks a learning rate's form.
 *
 * @throws {DeconvError} When an option is missing, unknown or out of range; the message names it.
 */
function checkLearningRate(schedule: LearningRate): void {
  if (typeof schedule === "number" || typeof schedule === "function") return;
  const kind = (schedule as Schedule | null)?.kind as Schedule["kind"];
  if (!Object.hasOwn(OPTIONS, kind ?? "")) {
    const kinds = Object.keys(OPTIONS).join(", ");
    throw new DeconvError(
      `learningRate must be a number, a function, or a schedule of kind ${kinds}; it is ${
        JSON.stringify(schedule)
      }`,
    );
  }
  const given = schedule as unknown as Record<string, unknown>, options = OPTIONS[kind];
  const refuse = (fault: string) => new DeconvError(`The ${kind} schedule ${fault}`);
  for (const name of Object.keys(given)) {
    if (name === "kind" || Object.hasOwn(options, name)) continue;
    throw refuse(`has no option ${name}; it has ${Object.keys(options).join(", ")}`);
  }
  for (const [name, wanted] of Object.entries(options)) {
    const [says, fits] = CHECKS[wanted.replace("?", "") as Check], value = given[name];
    if (value === undefined ? wanted.endsWith("?") : fits(value)) continue;
    throw refuse(`needs ${name} to be ${says}; it is ${JSON.stringify(value)}`);
  }
  if (schedule.kind === "step") {
    const { boundaries, rates } = schedule;
    if (rates.length !== boundaries.length + 1) {
      throw refuse(
        `needs one more rate than boundaries; it has ${rates.length} and ${boundaries.length}`,
      );
    }
    if (boundaries.some((boundary, i) => i > 0 && boundary <= boundaries[i - 1])) {
      throw refuse(`needs rising boundaries; they are ${boundaries.join(", ")}`);
    }
  }
  if (schedule.kind !== "one_cycle") return;
  const { anneal = "cos", momentum } = schedule;
  if (anneal !== "cos" && anneal !== "linear") {
    throw refuse(`needs anneal to be cos or linear; it is ${JSON.stringify(anneal)}`);
  }
  if (momentum && !(momentum.length === 2 && momentum.every((m) => m >= 0 && m < 1))) {
    throw refuse(`needs momentum to be two numbers from 0 to below 1; it is [${momentum}]`);
  }
}

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
  checkLearningRate(schedule);
  const rate = compute(schedule, step);
  if (!Number.isFinite(rate) || rate < 0) {
    throw new DeconvError(
      `learningRate must be a number of at least 0; at step ${step} it is ${rate}`,
    );
  }
  return rate;
}

/** The momentum that a schedule wants at a step; undefined where it leaves that to the optimizer. */
export function momentumAt(schedule: LearningRate, step: number): number | undefined {
  if (typeof schedule !== "object" || schedule.kind !== "one_cycle") return undefined;
  const { momentum } = schedule;
  return momentum && oneCycle(schedule, step, momentum[1], momentum[0], momentum[1]);
}

function compute(schedule: LearningRate, step: number): number {
  if (typeof schedule === "number") return schedule;
  if (typeof schedule === "function") return schedule(step);
  const { rate = 0 } = schedule as { rate?: number };
  switch (schedule.kind) {
    case "exponential": {
      const periods = step / schedule.decaySteps;
      return rate * power(schedule.decayRate, schedule.staircase ? Math.floor(periods) : periods);
    }
    case "step":
      return schedule.rates[schedule.boundaries.filter((boundary) => step >= boundary).length];
    case "polynomial": {
      const { decaySteps, endRate = 1e-4, power: exponent = 1, cycle = false } = schedule;
      const steps = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
      return (rate - endRate) * power(1 - Math.min(step, steps) / steps, exponent) + endRate;
    }
    case "inverse_time": {
      const periods = step / schedule.decaySteps;
      return rate / (1 + schedule.decayRate * (schedule.staircase ? Math.floor(periods) : periods));
    }
    case "cosine":
      return cosine(schedule, step);
    case "one_cycle": {
      const { divFactor = 25, finalDivFactor = 1e4 } = schedule, start = rate / divFactor;
      return oneCycle(schedule, step, start, rate, start / finalDivFactor);
    }
  }
}

function cosine(schedule: CosineSchedule, step: number): number {
  const { rate, decaySteps, warmupSteps = 0, alpha = 0, restarts = false } = schedule;
  if (step < warmupSteps) return rate * (step + 1) / warmupSteps;
  const { tMultiplier = 2, rateMultiplier = 1 } = schedule;
  let at = step - warmupSteps, period = decaySteps, high = rate;
  if (restarts && tMultiplier === 1) {
    high *= power(rateMultiplier, Math.floor(at / period));
    at %= period;
  } else if (restarts) {
    for (; at >= period; period *= tMultiplier) {
      at -= period;
      high *= rateMultiplier;
    }
  }
  return high * (alpha + (1 - alpha) * halfCosine(Math.min(1, at / period)));
}

/** What goes from `start` to `top` and down to `end` at a step. */
function oneCycle(
  schedule: OneCycleSchedule,
  step: number,
  start: number,
  top: number,
  end: number,
): number {
  const { totalSteps, pctStart = 0.3, anneal = "cos", threePhase = false } = schedule;
  const up = pctStart * totalSteps, last = totalSteps - 1;
  const phases = threePhase
    ? [[up - 1, start, top], [2 * up - 2, top, start], [last, start, end]]
    : [[up - 1, start, top], [last, top, end]];
  let begun = 0;
  for (const [i, [until, from, to]] of phases.entries()) {
    if (step > until && i < phases.length - 1) {
      begun = until;
      continue;
    }
    const done = until > begun ? Math.min(1, (step - begun) / (until - begun)) : 1;
    return anneal === "linear" ? from + (to - from) * done : to + (from - to) * halfCosine(done);
  }
  return end;
}
