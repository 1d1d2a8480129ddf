/** Schedules of the learning rate against their formulas and PyTorch's numbers, and what they refuse. */

import assert from "node:assert/strict";
import {
  adagrad,
  adam,
  DeconvError,
  type LearningRate,
  learningRateAt,
  type OneCycleSchedule,
  type Schedule,
  sgd,
} from "../mod.ts";
import { momentumAt } from "../core/schedules.ts";
import golden from "./golden/schedules.json" with { type: "json" };
import { assertClose } from "./harness/compare.ts";

const at = (schedule: LearningRate, count: number) =>
  Array.from({ length: count }, (_, step) => learningRateAt(schedule, step));
const momenta = (schedule: LearningRate, count: number) =>
  Array.from({ length: count }, (_, step) => momentumAt(schedule, step)!);
const steps = Array.from({ length: 50 }, (_, step) => step);

/** Fails unless two lists of numbers agree to the precision of doubles. */
function equal(actual: readonly number[], expected: readonly number[], name: string): void {
  assertClose(actual, expected, { name, tolerance: 1e-14 });
}

Deno.test("schedules: one cycle is PyTorch's OneCycleLR, momentum too", () => {
  const plain: OneCycleSchedule = {
    kind: "one_cycle",
    rate: 0.1,
    totalSteps: 20,
    momentum: [0.85, 0.95],
  };
  equal(at(plain, 20), golden.one_cycle.rates, "rates");
  equal(momenta(plain, 20), golden.one_cycle.momentum, "momentum");
  const phases: OneCycleSchedule = {
    kind: "one_cycle",
    rate: 1,
    totalSteps: 10,
    anneal: "linear",
    threePhase: true,
    pctStart: 0.4,
    divFactor: 10,
    finalDivFactor: 100,
    momentum: [0.85, 0.95],
  };
  equal(at(phases, 10), golden.three_phase.rates, "three phases");
  equal(momenta(phases, 10), golden.three_phase.momentum, "momentum of three phases");
  assert.equal(learningRateAt(plain, 1000), learningRateAt(plain, 19), "the last rate stays");
  assert.equal(momentumAt({ ...plain, momentum: undefined }, 3), undefined);
});

Deno.test("schedules: cosine is PyTorch's CosineAnnealingLR, with restarts its warm restarts", () => {
  const cosine = { kind: "cosine", rate: 0.2, decaySteps: 10, alpha: 0.1 } as const;
  equal(at(cosine, 11), golden.cosine, "cosine");
  const restarts = { ...cosine, decaySteps: 4, restarts: true } as const;
  equal(at(restarts, 16), golden.restarts, "restarts");
});

Deno.test("schedules: restarts after a warm-up, all periods of one length, lower each time", () => {
  const schedule = {
    kind: "cosine",
    rate: 8,
    decaySteps: 5,
    warmupSteps: 2,
    restarts: true,
    tMultiplier: 1,
    rateMultiplier: 0.5,
  } as const;
  const expected = steps.map((step) => {
    if (step < 2) return 8 * (step + 1) / 2;
    const period = Math.floor((step - 2) / 5), part = (step - 2) % 5 / 5;
    return 8 * 0.5 ** period * (1 + Math.cos(Math.PI * part)) / 2;
  });
  equal(at(schedule, 50), expected, "restarts");
  const growing = at({ ...schedule, tMultiplier: 1.5 }, 20);
  // Periods of 5 and 7.5 steps begin at 2, 7 and 14.5.
  assert.deepEqual([growing[2], growing[7]], [8, 4]);
  equal([growing[15]], [2 * (1 + Math.cos(Math.PI * 0.5 / 11.25)) / 2], "third period");
});

Deno.test("schedules: polynomial and inverse time, by Keras' formulas", () => {
  const polynomial = { kind: "polynomial", rate: 0.5, decaySteps: 20 } as const;
  equal(
    at({ ...polynomial, endRate: 0.1, power: 2 }, 50),
    steps.map((s) => 0.4 * (1 - Math.min(s, 20) / 20) ** 2 + 0.1),
    "polynomial",
  );
  equal(
    at({ ...polynomial, cycle: true }, 50),
    steps.map((s) => {
      const end = 20 * Math.max(1, Math.ceil(s / 20));
      return (0.5 - 1e-4) * (1 - s / end) + 1e-4;
    }),
    "polynomial in cycles",
  );
  const inverse = { kind: "inverse_time", rate: 0.5, decaySteps: 7, decayRate: 0.3 } as const;
  equal(at(inverse, 50), steps.map((s) => 0.5 / (1 + 0.3 * s / 7)), "inverse time");
  equal(
    at({ ...inverse, staircase: true }, 50),
    steps.map((s) => 0.5 / (1 + 0.3 * Math.floor(s / 7))),
    "in stairs",
  );
});

Deno.test("schedules: what they refuse names the option", () => {
  const cases: [RegExp, Record<string, unknown>][] = [
    [/cosin.*|kind exponential, step/, { kind: "cosin", rate: 1 }],
    [/exponential schedule needs decaySteps.*at least 1; it is 0/, {
      kind: "exponential",
      rate: 1,
      decaySteps: 0,
      decayRate: 0.5,
    }],
    [/needs decayRate to be/, { kind: "exponential", rate: 1, decaySteps: 5 }],
    [/has no option warmup; it has rate, decaySteps, warmupSteps/, {
      kind: "cosine",
      rate: 1,
      decaySteps: 5,
      warmup: 3,
    }],
    [/needs alpha to be a number from 0 to 1; it is 2/, {
      kind: "cosine",
      rate: 1,
      decaySteps: 5,
      alpha: 2,
    }],
    [/needs rising boundaries; they are 5, 3/, {
      kind: "step",
      boundaries: [5, 3],
      rates: [1, 2, 3],
    }],
    [/needs one more rate than boundaries; it has 1 and 1/, {
      kind: "step",
      boundaries: [5],
      rates: [1],
    }],
    [/needs anneal to be cos or linear; it is "cosine"/, {
      kind: "one_cycle",
      rate: 1,
      totalSteps: 5,
      anneal: "cosine",
    }],
    [/needs momentum to be two numbers.*\[0.8,1\]/, {
      kind: "one_cycle",
      rate: 1,
      totalSteps: 5,
      momentum: [0.8, 1],
    }],
  ];
  for (const [message, schedule] of cases) {
    assert.throws(() => sgd({ learningRate: schedule as unknown as Schedule }), (error: Error) => {
      assert.ok(error instanceof DeconvError, error.stack);
      assert.match(error.message, message);
      return true;
    });
  }
  const cycle = { kind: "one_cycle", rate: 1, totalSteps: 5, momentum: [0.8, 0.9] } as const;
  for (const make of [sgd, adagrad]) {
    assert.throws(() => make({ learningRate: cycle }), /cannot change the momentum of/);
  }
  adam({ learningRate: cycle });
  sgd({ learningRate: cycle, momentum: 0.9 });
});
