/**
 * One layer, all its passes: what every layer's case table is put through.
 *
 * The layer is compiled into a plan of its own, in guarded memory that is NaN wherever nothing was
 * written, and compared with the references; see `checkLayer` for the list of checks.
 */

import assert from "node:assert/strict";
import { getArithmetic, input, type Layer, type Model, model } from "../../mod.ts";
import type { Value } from "../../core/layer.ts";
import { Plan } from "../../core/plan.ts";
import type { NumberArray } from "../reference/array.ts";
import { assertClose } from "./compare.ts";
import { gradcheck } from "./gradcheck.ts";
import { GuardedMemory, poisonWorkspace } from "./guarded_memory.ts";
import type { Array32 } from "./random_array.ts";
import { assertSameBits, onThreads, TWO_THREADS } from "./threads.ts";

/** Arrays by name: the input x, the output y, dy, dx, and each parameter with its gradient. */
export type Arrays<A = Array32> = Readonly<Record<string, A>>;

/** A layer on given numbers, and what must come out. */
export interface LayerSubject {
  /** For messages. */
  readonly name: string;
  /** Makes the layer. */
  make(): Layer;
  /** The input, batch first. */
  readonly x: Array32;
  /** The gradient of the output. */
  readonly dy: Array32;
  /** The parameters by name. */
  readonly parameters: Arrays;
  /** y, dx and `dNAME` for every parameter, from a reference. */
  expected(): Arrays<NumberArray>;
  /** How many products each value of a result is the sum of: what rounding grows with. */
  readonly terms: Readonly<Record<string, number>>;
  /** ε of the gradient check: large where the layer is linear. Left out: no gradient check. */
  readonly step?: number;
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

/** A model of one layer with the subject's parameters. */
function build(subject: LayerSubject): Model {
  const start = input({ shape: subject.x.shape.slice(1) });
  const net = model({ inputs: start, outputs: subject.make().apply(start) });
  const wanted = Object.keys(subject.parameters).sort();
  assert.deepEqual(net.parameters.map(({ name }) => last(name)).sort(), wanted);
  for (const { name } of net.parameters) net.setWeights(name, subject.parameters[last(name)]);
  return net;
}

const copy = ({ shape, data }: Value): Array32 => ({ shape, data: data.view.slice() });

/** A compiled layer that can be run again and again. */
export class LayerRun {
  readonly #memory = new GuardedMemory();
  readonly #net: Model;
  readonly #plan: Plan;

  /** Compiles the subject's layer. */
  constructor(readonly subject: LayerSubject) {
    const { x } = subject;
    this.#net = this.#memory.during(() => build(subject));
    this.#plan = this.#memory.during(() =>
      new Plan(this.#net.graph, { batch: x.shape[0], gradients: true, inputGradients: true })
    );
  }

  /** Makes every number of the plan NaN: activations, gradients, what layers save, workspace. */
  #poison(): void {
    // The plan's slab is the last and by its length the only such block.
    const slab = this.#memory.blocks.findLast(({ length }) => length === this.#plan.bytes / 4)!;
    slab.view.fill(NaN);
    poisonWorkspace();
  }

  /** The parameters' gradients to zero. */
  zero(): void {
    this.#net.zeroGradients();
  }

  /** The output for an input, on memory that was NaN before. */
  forward(x: Float32Array = this.subject.x.data): Array32 {
    const [from] = this.#plan.inputs, [to] = this.#plan.outputs;
    this.#poison();
    from.data.view.set(x);
    this.#plan.forward({ training: true, seed: 0, step: 0 });
    assertSameBits(from.data.view, x, `${this.subject.name}: x after forward`);
    return copy(to);
  }

  /** All gradients for a gradient of the output; those of parameters are added to what is there. */
  backward(dy: Float32Array = this.subject.dy.data): Arrays {
    const [from] = this.#plan.inputs, [to] = this.#plan.outputs;
    to.gradient!.view.set(dy);
    if (from.gradient !== to.gradient) from.gradient!.view.fill(NaN);
    poisonWorkspace();
    this.#plan.backward({ rule: "gradient", parameters: true });
    const results: Record<string, Array32> = {
      dx: { shape: from.shape, data: from.gradient!.view.slice() },
    };
    for (const { name, shape, gradient } of this.#net.parameters) {
      results[`d${last(name)}`] = { shape, data: gradient.view.slice() };
    }
    return results;
  }

  /** Changes a parameter. */
  set(name: string, data: Float32Array): void {
    const found = this.#net.parameters.find((parameter) => last(parameter.name) === name)!;
    found.value.view.set(data);
  }

  /** Forward and backward from zero. */
  all(): Arrays {
    this.zero();
    return { y: this.forward(), ...this.backward() };
  }

  /** Fails if a kernel wrote where it must not, or a parameter changed. */
  checkMemory(): void {
    this.#memory.check();
    for (const { name, value } of this.#net.parameters) {
      const own = this.subject.parameters[last(name)].data;
      assertSameBits(value.view, own, `${this.subject.name}: ${name} after all passes`);
    }
  }

  /** Gives the memory back. */
  release(): void {
    this.#memory.release();
  }
}

/**
 * Puts a layer through everything: output shape, values and all gradients against the reference;
 * inputs and parameters untouched, nothing written outside; parameter gradients accumulate; a
 * directional gradient check; the same bits on one and on two threads.
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
    assertSameBits(again.dx.data, results.dx.data, `${subject.name}: dx overwritten`);
    for (const name of Object.keys(subject.parameters)) {
      const twice = { ...expected[`d${name}`], data: again[`d${name}`].data.map((v) => v / 2) };
      close(twice, expected[`d${name}`], `d${name}`);
    }
    run.checkMemory();
    if (subject.step) checkGradients(subject, run);
    if (TWO_THREADS) checkThreads(subject, run);
    run.checkMemory();
  } finally {
    run.release();
  }
}

/** The directional gradient check of x and every parameter. */
function checkGradients(subject: LayerSubject, run: LayerRun): void {
  const names = Object.keys(subject.parameters);
  const set = (values: readonly Float32Array[]) => names.forEach((n, i) => run.set(n, values[i]));
  const inputs = [subject.x.data, ...names.map((name) => subject.parameters[name].data)];
  gradcheck(
    (x, ...values) => {
      set(values);
      return run.forward(x).data;
    },
    (dy, x, ...values) => {
      set(values);
      run.zero();
      run.forward(x);
      const results = run.backward(dy);
      return [results.dx.data, ...names.map((name) => results[`d${name}`].data)];
    },
    inputs,
    { name: subject.name, inputNames: ["x", ...names], step: subject.step, tolerance: 1e-3 },
  );
  set(inputs.slice(1));
}

/** Every result on one thread and on two. */
function checkThreads(subject: LayerSubject, run: LayerRun): void {
  const one = onThreads(1, () => run.all()), two = onThreads(2, () => run.all());
  for (const [what, { data }] of Object.entries(two)) {
    assertSameBits(data, one[what].data, `${subject.name}: ${what} on two threads`);
  }
}
