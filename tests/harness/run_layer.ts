/**
 * One layer, all its passes: what every layer's case table is put through.
 *
 * The layer is compiled into plans of its own, in guarded memory that is NaN wherever nothing was
 * written, and compared with the references; see `checkLayer` for the list of checks.
 */

import assert from "node:assert/strict";
import { getArithmetic, input, type Layer, type Model, model, type Parameter } from "../../mod.ts";
import { type ForwardContext, INFERENCE, type Value } from "../../core/operation.ts";
import { Plan } from "../../core/plan.ts";
import { dot, type NumberArray } from "../reference/array.ts";
import { assertClose } from "./compare.ts";
import { gradcheck } from "./gradcheck.ts";
import { GuardedMemory, poisonWorkspace } from "./guarded_memory.ts";
import { type Array32, seedOf } from "./random_array.ts";
import { assertSameBits, onThreads, TWO_THREADS } from "./threads.ts";

/** Arrays by name: the inputs x, x1, x2 …, the output y, dy, dx, dx1 …, each parameter with its gradient. */
export type Arrays<A = Array32> = Readonly<Record<string, A>>;

/** How training passes are run: what a layer draws at random follows from it and its name, `KIND_1`. */
export const TRAINING: ForwardContext = { training: true, seed: 11, step: 3 };

/** A layer on given numbers, and what must come out. */
export interface LayerSubject {
  /** For messages. */
  readonly name: string;
  /** Makes the layer. */
  make(): Layer;
  /** The first input, batch first. */
  readonly x: Array32;
  /** Further inputs. */
  readonly more?: readonly Array32[];
  /** The gradient of the output. */
  readonly dy: Array32;
  /** The parameters by name, those that are not learned too. */
  readonly parameters: Arrays;
  /**
   * y, dx (dx1, dx2 … of further inputs), `dNAME` for every learned parameter, and the new NAME of
   * every other one, after one pass with `TRAINING`; from a reference.
   */
  expected(): Arrays<NumberArray>;
  /** y of a pass that is not training; left out: the same. */
  inference?(): NumberArray;
  /** How many products each value of a result is the sum of: what rounding grows with. */
  readonly terms: Readonly<Record<string, number>>;
  /** ε of the gradient check: large where the layer is linear. Left out: no gradient check. */
  readonly step?: number;
  /** Inputs that have no gradient to check (indices), by position. */
  readonly constant?: readonly number[];
  /** Whether y is linear in the first input: <f(x), dy> must be <x, dx>. */
  readonly linear?: boolean;
  /** Where float32 cannot keep to what `terms` allows. */
  readonly tolerance?: number;
}

/**
 * Rounding of a sum of so many products, relative to the largest result, with room for bad luck.
 * Strict arithmetic rounds twice where relaxed rounds once: twice the variance.
 */
export function toleranceFor(terms: number): number {
  const roundings = getArithmetic() === "strict" ? 2 : 1;
  return 2 ** -22 * (2 + Math.sqrt(roundings * terms));
}

const last = (name: string) => name.slice(name.lastIndexOf("/") + 1);
const inputsOf = ({ x, more = [] }: LayerSubject) => [x, ...more];
/** Names of the inputs' gradients: dx, dx1, dx2 … */
const gradientName = (i: number) => i ? `dx${i}` : "dx";

/** A model of one layer with the subject's parameters. */
export function modelOf(subject: LayerSubject): Model {
  const starts = inputsOf(subject).map(({ shape }) => input({ shape: shape.slice(1) }));
  const net = model({ inputs: starts, outputs: subject.make().apply(starts) });
  const wanted = Object.keys(subject.parameters).sort();
  assert.deepEqual(net.parameters.map(({ name }) => last(name)).sort(), wanted);
  for (const { name } of net.parameters) net.setWeights(name, subject.parameters[last(name)]);
  return net;
}

const copy = ({ shape, data }: Value): Array32 => ({ shape, data: data.view.slice() });

/** A compiled layer that can be run again and again. */
class LayerRun {
  readonly #memory = new GuardedMemory();
  readonly #net: Model;
  readonly #plan: Plan;
  readonly #inference: Plan;

  /** Compiles the subject's layer. */
  constructor(readonly subject: LayerSubject) {
    const batch = subject.x.shape[0];
    this.#net = this.#memory.during(() => modelOf(subject));
    const { graph } = this.#net;
    this.#plan = this.#memory.during(() =>
      new Plan(graph, { batch, gradients: true, inputGradients: true })
    );
    this.#inference = this.#memory.during(() => new Plan(graph, { batch, gradients: false }));
  }

  /** Names of the parameters that are learned. */
  get learned(): string[] {
    return this.#net.parameters.filter((p) => p.learned).map(({ name }) => last(name));
  }

  /** Makes every number of a plan NaN: activations, gradients, what layers save, workspace. */
  #poison({ slab }: Plan): void {
    slab.view.fill(NaN);
    poisonWorkspace();
  }

  #run(plan: Plan, context: ForwardContext, inputs: readonly Float32Array[]): Array32 {
    this.#poison(plan);
    plan.inputs.forEach(({ data }, i) => data.view.set(inputs[i]));
    plan.forward(context);
    plan.inputs.forEach(({ data }, i) =>
      assertSameBits(data.view, inputs[i], `${this.subject.name}: input ${i} after forward`)
    );
    return copy(plan.outputs[0]);
  }

  /** The parameters' gradients to zero. */
  zero(): void {
    this.#net.zeroGradients();
  }

  /** What is not learned back to where it starts. */
  reset(): void {
    for (const { name, value, learned } of this.#net.parameters) {
      if (!learned) value.view.set(this.subject.parameters[last(name)].data);
    }
  }

  /** The output of a training pass, on memory that was NaN before. */
  forward(inputs: readonly Float32Array[] = inputsOf(this.subject).map(({ data }) => data)) {
    this.reset();
    return this.#run(this.#plan, TRAINING, inputs);
  }

  /** The gradients of one value of the output, outside training. */
  gradientsOf(value: number): readonly Float32Array[] {
    this.reset();
    this.#run(this.#plan, INFERENCE, inputsOf(this.subject).map(({ data }) => data));
    const { inputs, outputs: [{ gradient }] } = this.#plan;
    gradient!.view.fill(0);
    gradient!.view[value] = 1;
    this.#plan.backward({ rule: "gradient", parameters: false });
    return inputs.map(({ gradient }) => gradient!.view.slice());
  }

  /** The layer. */
  get layer(): Layer {
    return this.#net.layers[0];
  }

  /** The output of a pass that is not training. */
  infer(): Array32 {
    this.reset();
    return this.#run(this.#inference, INFERENCE, inputsOf(this.subject).map(({ data }) => data));
  }

  /** All gradients for a gradient of the output; those of parameters are added to what is there. */
  backward(dy: Float32Array = this.subject.dy.data): Arrays {
    const { inputs, outputs: [to] } = this.#plan;
    to.gradient!.view.set(dy);
    for (const { gradient } of inputs) if (gradient !== to.gradient) gradient!.view.fill(NaN);
    poisonWorkspace();
    this.#plan.backward({ rule: "gradient", parameters: true });
    const results: Record<string, Array32> = {};
    inputs.forEach(({ shape, gradient }, i) =>
      results[gradientName(i)] = { shape, data: gradient!.view.slice() }
    );
    for (const { name, shape, gradient, value, learned } of this.#net.parameters) {
      if (learned) results[`d${last(name)}`] = { shape, data: gradient.view.slice() };
      else results[last(name)] = { shape, data: value.view.slice() };
    }
    return results;
  }

  /** Changes a parameter. */
  set(name: string, data: Float32Array): void {
    this.#find(name).value.view.set(data);
  }

  #find(name: string): Parameter {
    return this.#net.parameters.find((parameter) => last(parameter.name) === name)!;
  }

  /** Forward and backward from zero. */
  all(): Arrays {
    this.zero();
    return { y: this.forward(), ...this.backward() };
  }

  /** Fails if a kernel wrote where it must not, or a learned parameter changed. */
  checkMemory(): void {
    this.#memory.check();
    for (const name of this.learned) {
      const own = this.subject.parameters[name].data;
      const what = `${this.subject.name}: ${name} after all passes`;
      assertSameBits(this.#find(name).value.view, own, what);
    }
  }

  /** Gives the memory back. */
  release(): void {
    this.#memory.release();
  }
}

/**
 * Puts a layer through everything: output shape, values and all gradients against the reference;
 * inputs and parameters untouched, nothing written outside; parameter gradients accumulate; inference;
 * no gradient where the layer says it does not reach;
 * a directional gradient check; the adjoint identity where it is linear; the same bits on one and on
 * two threads.
 */
export function checkLayer(subject: LayerSubject): void {
  const run = new LayerRun(subject);
  try {
    const results = run.all();
    const expected = subject.expected();
    const close = (actual: Array32, wanted: NumberArray, what: string) =>
      assertClose(actual, wanted, {
        name: `${subject.name} ${what}`,
        tolerance: Math.max(toleranceFor(subject.terms[what] ?? 1), subject.tolerance ?? 0),
      });
    for (const [what, wanted] of Object.entries(expected)) close(results[what], wanted, what);
    assert.deepEqual(Object.keys(results).sort(), Object.keys(expected).sort());

    run.forward();
    const again = run.backward();
    inputsOf(subject).forEach((_, i) => {
      const name = gradientName(i);
      assertSameBits(again[name].data, results[name].data, `${subject.name}: ${name} overwritten`);
    });
    for (const name of run.learned) {
      const twice = { ...expected[`d${name}`], data: again[`d${name}`].data.map((v) => v / 2) };
      close(twice, expected[`d${name}`], `d${name}`);
    }
    close(run.infer(), subject.inference?.() ?? expected.y, "y");
    checkReach(subject, run, results.y.shape);
    run.checkMemory();
    if (subject.linear) checkAdjoint(subject, results);
    if (subject.step) checkGradients(subject, run);
    if (TWO_THREADS) checkThreads(subject, run);
    run.checkMemory();
  } finally {
    run.release();
  }
}

/** Whether one value of the output depends on what the layer says it reaches, and nothing else. */
function checkReach(subject: LayerSubject, run: LayerRun, [, ...shape]: readonly number[]): void {
  const { definition, config } = run.layer, size = shape.reduce((a, b) => a * b, 1);
  const value = seedOf(subject.name) % size;
  let rest = value;
  const cells = shape.toReversed().map((length) => {
    const axis = new Uint8Array(length);
    axis[rest % length] = 1;
    rest = Math.floor(rest / length);
    return axis;
  }).reverse();
  const shapes = inputsOf(subject).map(({ shape }) => shape.slice(1));
  const reached = definition.reach?.(config, shapes, cells);
  // The switches of these tables are no pool's.
  if (!reached || run.layer.kind === "max_unpool2d") return;
  run.gradientsOf(value).forEach((gradient, input) => {
    const found = shapes[input].map((length) => new Uint8Array(length));
    const own = shapes[input], count = own.reduce((a, b) => a * b, 1);
    // Winograd's transforms leave the rounding of zeros.
    const least = 1e-5 * gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    for (let i = 0; i < count; i++) {
      if (Math.abs(gradient[i]) <= least) continue;
      let place = i;
      for (let axis = own.length - 1; axis >= 0; axis--) {
        found[axis][place % own[axis]] = 1;
        place = Math.floor(place / own[axis]);
      }
    }
    found.forEach((axis, k) => {
      const beyond = axis.findIndex((cell, place) => cell > reached[input][k][place]);
      assert.equal(
        beyond,
        -1,
        `${subject.name}: value ${value} reaches axis ${k} of input ${input}`,
      );
    });
    // What is linear and weighs all it reads reaches everything it says.
    if (!subject.linear || input) return;
    const empty = reached[0].some((axis) => !axis.includes(1));
    found.forEach((axis, k) => {
      const wanted = empty ? new Uint8Array(axis.length) : reached[0][k];
      assert.deepEqual([...axis], [...wanted], `${subject.name}: value ${value}, axis ${k}`);
    });
  });
}

/** <f(x), dy> = <x, fᵀ(dy)>. */
function checkAdjoint({ name, x, dy }: LayerSubject, { y, dx }: Arrays): void {
  const left = dot(y.data, dy.data), right = dot(x.data, dx.data);
  const size = Math.sqrt(dot(y.data, y.data) * dot(dy.data, dy.data)) +
    Math.sqrt(dot(x.data, x.data) * dot(dx.data, dx.data));
  assert.ok(
    Math.abs(left - right) <= 1e-6 * size,
    `${name}: <f(x), dy> is ${left}, <x, dx> is ${right}`,
  );
}

/** The directional gradient check of the inputs and every learned parameter. */
function checkGradients(subject: LayerSubject, run: LayerRun): void {
  const names = run.learned, count = inputsOf(subject).length;
  const set = (values: readonly Float32Array[]) => names.forEach((n, i) => run.set(n, values[i]));
  const arrays = [...inputsOf(subject), ...names.map((name) => subject.parameters[name])]
    .map(({ data }) => data);
  gradcheck(
    (...values) => {
      set(values.slice(count));
      return run.forward(values.slice(0, count)).data;
    },
    (dy, ...values) => {
      set(values.slice(count));
      run.zero();
      run.forward(values.slice(0, count));
      const results = run.backward(dy);
      return [
        ...inputsOf(subject).map((_, i) => results[gradientName(i)].data),
        ...names.map((name) => results[`d${name}`].data),
      ];
    },
    arrays,
    {
      name: subject.name,
      inputNames: [...inputsOf(subject).map((_, i) => gradientName(i).slice(1)), ...names],
      constant: subject.constant,
      step: subject.step,
      tolerance: 1e-3,
    },
  );
  set(arrays.slice(count));
}

/** Every result on one thread and on two. */
function checkThreads(subject: LayerSubject, run: LayerRun): void {
  const one = onThreads(1, () => run.all()), two = onThreads(2, () => run.all());
  for (const [what, { data }] of Object.entries(two)) {
    assertSameBits(data, one[what].data, `${subject.name}: ${what} on two threads`);
  }
}
