/** Optimizers against the references: the case table, what must be refused, schedules. */

import assert from "node:assert/strict";
import {
  DeconvError,
  type LearningRate,
  learningRateAt,
  makeOptimizer,
  type Optimizer,
  random,
  rmsprop,
} from "../mod.ts";
import type { Parameter } from "../core/operation.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { invalidOptimizerCases, type OptimizerCase, optimizerCases } from "./cases/optimizer.ts";
import { optimizerInputs } from "./harness/case_inputs.ts";
import { assertClose } from "./harness/compare.ts";
import { GuardedMemory } from "./harness/guarded_memory.ts";
import type { Array32 } from "./harness/random_array.ts";
import { assertSameBits, onThreads, TWO_THREADS } from "./harness/threads.ts";
import { optimizer as reference } from "./reference/optimizer.ts";

function parameterOf({ shape, data }: Array32, index: number): Parameter {
  const value = runtime().allocate(data.length), gradient = runtime().allocate(data.length);
  value.view.set(data);
  return { name: `p${index}`, shape, value, gradient, learned: true };
}

function optimizerOf(c: OptimizerCase): Optimizer {
  const { learningRates } = c;
  const learningRate = learningRates ? (step: number) => learningRates[step] : undefined;
  // Where the reference's defaults are PyTorch's.
  const defaults = { adagrad: { initialAccumulator: 0 }, adamw: { weightDecay: 0 } };
  return makeOptimizer(c.optimizer, {
    ...defaults[c.optimizer as keyof typeof defaults],
    ...c.options,
    ...learningRate ? { learningRate } : {},
  });
}

/** The weights after all steps of a case. */
function run(c: OptimizerCase): Float32Array[] {
  const { weights, gradients } = optimizerInputs(c);
  const memory = new GuardedMemory();
  const results = memory.during(() => {
    const parameters = weights.map(parameterOf);
    const optimizer = optimizerOf(c);
    for (const step of gradients) {
      parameters.forEach(({ gradient }, p) => gradient.view.set(step[p].data));
      optimizer.step(parameters);
    }
    assert.equal(optimizer.iterations, c.steps);
    return parameters.map(({ value }) => value.view.slice());
  });
  memory.check();
  memory.release();
  return results;
}

for (const c of optimizerCases) {
  Deno.test(`optimizer ${c.name}: ${c.why}`, () => {
    const { weights, gradients } = optimizerInputs(c);
    const expected = weights.map(({ data }) => Float64Array.from(data));
    const step = reference(c.optimizer, c.options);
    gradients.forEach((given, t) =>
      step(expected, given.map(({ data }) => data), c.learningRates?.[t])
    );
    const actual = run(c);
    expected.forEach((wanted, p) => {
      const moved = Float64Array.from(wanted, (v, k) => v - weights[p].data[k]);
      const change = Float64Array.from(actual[p], (v, k) => v - weights[p].data[k]);
      // How far the weights went says more than where they are; rounding is that of the weights.
      const size = Math.max(...moved.map(Math.abs)), largest = Math.max(...wanted.map(Math.abs));
      const tolerance = 1e-5 + 1e-6 * largest / Math.max(size, 1e-6);
      assertClose(change, moved, { name: `${c.name} parameter ${p}`, tolerance });
    });
    if (TWO_THREADS) {
      const [one, two] = [1, 2].map((n) => onThreads(n, () => run(c)));
      two.forEach((values, p) => assertSameBits(values, one[p], `${c.name} on two threads`));
    }
  });
}

Deno.test("optimizers: a parameter of many chunks, on one thread and on two", () => {
  const clip = { globalClipNorm: 300, clipValue: 2.5 };
  for (const optimizer of ["sgd", "adam", "adamw", "rmsprop", "adagrad"] as const) {
    const c: OptimizerCase = {
      name: `${optimizer} large`,
      why: "several chunks, gradients clipped",
      optimizer,
      options: { learningRate: 0.1, ...clip, ...optimizer === "sgd" ? { momentum: 0.9 } : {} },
      shapes: [[3, 13333], [20001]],
      steps: 2,
      gradientScales: [1],
    };
    const { weights, gradients } = optimizerInputs(c);
    const expected = weights.map(({ data }) => Float64Array.from(data));
    const step = reference(c.optimizer, c.options);
    gradients.forEach((given) => step(expected, given.map(({ data }) => data)));
    const one = onThreads(1, () => run(c));
    one.forEach((values, p) => assertClose(values, expected[p], { name: c.name, tolerance: 1e-6 }));
    if (!TWO_THREADS) continue;
    const two = onThreads(2, () => run(c));
    two.forEach((values, p) => assertSameBits(values, one[p], `${c.name} on two threads`));
  }
});

Deno.test("rmsprop: momentum and centring, by hand", () => {
  const step = (options: Parameters<typeof rmsprop>[0], gradients: number[]) => {
    const w = parameterOf({ shape: [1], data: Float32Array.of(1) }, 0);
    const optimizer = rmsprop({ learningRate: 0.1, rho: 0.75, epsilon: 1, ...options });
    for (const g of gradients) {
      w.gradient.view[0] = g;
      optimizer.step([w]);
    }
    return w.value.view[0];
  };
  // v = 1, d = 2/2; then v = 0.75 + 0.25·9 = 3, d = 3/(1+√3), velocity 0.5·1 + d.
  const second = 3 / (1 + Math.sqrt(3));
  assertClose([step({ momentum: 0.5 }, [2, 3])], [1 - 0.1 - 0.1 * (0.5 + second)]);
  // mean 0.5, variance 1 - 0.25.
  assertClose([step({ centered: true }, [2])], [1 - 0.1 * 2 / (1 + Math.sqrt(0.75))]);
});

Deno.test("parameters that lie together are one kernel call, to the same bits", () => {
  const shapes = [[5, 3], [3], [17]], numbers = random(3, "weights");
  const take = (together: boolean, frozen: boolean) => {
    const sizes = shapes.map(([a, b = 1]) => a * b);
    // Apart: with something in between.
    const between: unknown[] = [];
    const make = () =>
      together ? runtime().allocateTogether(sizes) : sizes.map((size) => {
        between.push(runtime().allocate(1));
        return runtime().allocate(size);
      });
    const values = make(), gradients = make();
    const parameters = shapes.map((shape, i): Parameter => {
      numbers.fillUniform(values[i].view, -1, 1, i);
      numbers.fillUniform(gradients[i].view, -1, 1, 100 + i);
      return { name: `p${i}`, shape, value: values[i], gradient: gradients[i], learned: true };
    });
    const optimizer = makeOptimizer("adam"), r = runtime(), call = r.call;
    let calls = 0;
    r.call = (
      kernel,
      ...args
    ) => (calls += kernel === "adam" ? 1 : 0, call.call(r, kernel, ...args));
    try {
      const steps = frozen ? [parameters[0], parameters[2]] : parameters;
      for (let step = 0; step < 3; step++) optimizer.step(steps);
    } finally {
      r.call = call;
    }
    return { calls, weights: values.map(({ view }) => view.slice()) };
  };
  const joined = take(true, false), apart = take(false, false);
  assert.deepEqual([joined.calls, apart.calls], [3, 9]);
  joined.weights.forEach((weights, i) => assertSameBits(weights, apart.weights[i], `p${i}`));
  // The frozen one between them stays as it was.
  const frozen = take(true, true);
  assert.equal(frozen.calls, 6);
  assertSameBits(frozen.weights[2], joined.weights[2], "p2");
  assert.notDeepEqual(frozen.weights[1], joined.weights[1]);
});

for (const c of invalidOptimizerCases) {
  Deno.test(`optimizer refuses ${c.optimizer}: ${c.why}`, () => {
    assert.throws(() => makeOptimizer(c.optimizer, c.options), (error: Error) => {
      assert.ok(error instanceof DeconvError, error.stack);
      assert.match(error.message, c.message);
      return true;
    });
  });
}

Deno.test("schedules, by hand", () => {
  const at = (schedule: LearningRate, steps: number[]) =>
    steps.map((step) => learningRateAt(schedule, step));
  const halving = { kind: "exponential", rate: 8, decaySteps: 10, decayRate: 0.5 } as const;
  assertClose(at(halving, [0, 5, 10, 30]), [8, 8 * Math.SQRT1_2, 4, 1]);
  assert.deepEqual(at({ ...halving, staircase: true }, [0, 9, 10, 19, 20]), [8, 8, 4, 4, 2]);
  const stairs = { kind: "step", boundaries: [3, 5], rates: [1, 0.5, 0.25] } as const;
  assert.deepEqual(at(stairs, [0, 2, 3, 4, 5, 99]), [1, 1, 0.5, 0.5, 0.25, 0.25]);
  const cosine = { kind: "cosine", rate: 2, decaySteps: 10, warmupSteps: 4, alpha: 0.5 } as const;
  assertClose(at(cosine, [0, 1, 3, 4, 9, 14, 99]), [0.5, 1, 2, 2, 1.5, 1, 1]);
  assert.throws(() => learningRateAt((step) => 1 - step, 2), DeconvError);
  assert.throws(() => learningRateAt({ ...stairs, rates: [1] }, 0), /one more rate/);
  assert.throws(() => learningRateAt({ kind: "cosin" } as unknown as LearningRate, 0), /cosin/);
});
