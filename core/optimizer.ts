import type { Block } from "./block.ts";
import { DeconvError } from "./errors.ts";
import type { Config } from "./layer.ts";
import { fitsPattern } from "./name_pattern.ts";
import type { Parameter } from "./operation.ts";
import { type LearningRate, learningRateAt, momentumAt } from "./schedules.ts";
import { paddedBytes } from "./wasm/arena.ts";
import { clip, scale, sumOfSquares } from "./wasm/elementwise.ts";
import { runtime } from "./wasm/runtime.ts";
import { constrain } from "./wasm/weights.ts";

/** Options every optimizer takes. */
export interface OptimizerOptions {
  /** A number or a schedule. Defaults: adam family and rmsprop 1e-3, sgd 1e-2, adagrad 1e-2. */
  learningRate?: LearningRate;
  /** Scales all gradients together so that their norm is at most this (Pascanu et al. 2013). */
  globalClipNorm?: number;
  /** Scales each parameter's gradient so that its norm is at most this; applied before `globalClipNorm`. */
  clipNorm?: number;
  /** Limits every gradient value to ± this; applied before the norms. */
  clipValue?: number;
  /**
   * Parameters that weight decay leaves alone, such as `["bias", "gamma", "beta"]`: names as they are
   * in a layer or in the model (`"conv1/*"`), `*` standing for any characters. Default none.
   */
  excludeFromWeightDecay?: readonly string[];
}

/** What distinguishes one kind of optimizer from another. */
export interface Rule {
  /** Names of the state arrays it keeps for each parameter. */
  readonly slots: readonly string[];
  /** What a state array starts with. Default 0. */
  readonly start?: number;
  /** Whether it has a momentum that a schedule may change. */
  readonly cycles?: boolean;
  /** Applies one step to a run of parameters. `step` counts from 1; `momentum` is the schedule's, if it has one. */
  apply(run: Run, rate: number, step: number, momentum?: number): void;
}

/** Parameters that lie one behind the other, as do their gradients and state arrays: addresses of the first. */
export interface Run {
  /** Numbers in all, with the padding between them. */
  length: number;
  readonly value: number;
  readonly gradient: number;
  readonly slots: readonly number[];
  /** Whether weight decay holds for them. */
  readonly decays: boolean;
}

/** Joins neighbours, so that a step is one kernel call and not one for each parameter. */
function runsOf(
  parameters: readonly Parameter[],
  slotsOf: (p: Parameter) => readonly Block[],
  decaysOf: (p: Parameter) => boolean,
) {
  const runs: Run[] = [];
  for (const parameter of parameters) {
    const { value: { address: value, length }, gradient: { address: gradient } } = parameter;
    const slots = slotsOf(parameter).map(({ address }) => address);
    const decays = decaysOf(parameter);
    const last = runs[runs.length - 1], reach = last ? paddedBytes(last.length) : 0;
    const follows = last && value === last.value + reach && gradient === last.gradient + reach &&
      decays === last.decays && slots.every((address, i) => address === last.slots[i] + reach);
    if (follows) last.length = reach / 4 + length;
    else runs.push({ length, value, gradient, slots, decays });
  }
  return runs;
}

/**
 * An optimizer and its state. `step` reads each parameter's gradient and changes its value; the
 * state arrays are made at a parameter's first step.
 */
export class Optimizer {
  /** Steps taken so far. */
  iterations = 0;
  #learningRate: LearningRate;
  readonly #state: Map<Parameter, Block[]> = new Map();
  readonly #rule: Rule;

  /** Use a factory such as `adam` instead. */
  constructor(
    readonly kind: string,
    readonly options: Readonly<OptimizerOptions & Record<string, unknown>>,
    rule: Rule,
  ) {
    this.#rule = rule;
    const { globalClipNorm, clipNorm, clipValue } = options;
    for (const [name, value] of Object.entries({ globalClipNorm, clipNorm, clipValue })) {
      if (value !== undefined && !(value > 0)) {
        throw new DeconvError(`${name} of ${kind} must be a number above 0; it is ${value}`);
      }
    }
    const { excludeFromWeightDecay: excluded = [] } = options;
    if (!(Array.isArray(excluded) && excluded.every((name) => typeof name === "string"))) {
      throw new DeconvError(
        `excludeFromWeightDecay of ${kind} must be a list of names, such as ["bias"]`,
      );
    }
    this.#learningRate = options.learningRate as LearningRate;
    this.learningRate = this.#learningRate;
  }

  /**
   * The learning rate or its schedule; can be changed at any time.
   *
   * @throws {DeconvError} When it is set to something out of range.
   */
  get learningRate(): LearningRate {
    return this.#learningRate;
  }

  set learningRate(rate: LearningRate) {
    learningRateAt(rate, 0);
    if (momentumAt(rate, 0) !== undefined && !this.#rule.cycles) {
      throw new DeconvError(
        `The one_cycle schedule cannot change the momentum of ${this.kind}: it has none; leave momentum out`,
      );
    }
    this.#learningRate = rate;
  }

  /** Kind and options as `save` writes them; a schedule that is a function is written as its present value. */
  get config(): Config {
    const rate = this.learningRate;
    const learningRate = typeof rate === "function" ? learningRateAt(rate, this.iterations) : rate;
    return { ...this.options, kind: this.kind, learningRate } as Config;
  }

  /** Takes one step for those of these parameters that are learned; their gradients are complete. */
  step(all: readonly Parameter[]): void {
    const parameters = all.filter(({ learned }) => learned);
    const { globalClipNorm, clipNorm, clipValue } = this.options;
    if (clipValue) { for (const { gradient } of parameters) clip(gradient, clipValue); }
    if (clipNorm) {
      for (const { gradient } of parameters) {
        const norm = Math.sqrt(sumOfSquares(gradient));
        if (norm > clipNorm) scale(gradient, clipNorm / norm);
      }
    }
    if (globalClipNorm) {
      const norm = Math.sqrt(
        parameters.reduce((sum, { gradient }) => sum + sumOfSquares(gradient), 0),
      );
      if (norm > globalClipNorm) {
        for (const { gradient } of parameters) scale(gradient, globalClipNorm / norm);
      }
    }
    const rate = learningRateAt(this.learningRate, this.iterations);
    const momentum = momentumAt(this.learningRate, this.iterations);
    this.iterations++;
    this.prepare(parameters);
    const runs = runsOf(
      parameters,
      (parameter) => this.slots(parameter),
      (parameter) => this.#decays(parameter),
    );
    for (const run of runs) {
      this.#rule.apply(run, rate, this.iterations, momentum);
    }
    for (const { constraint, shape, value } of parameters) {
      if (constraint) constrain(constraint, shape, value);
    }
  }

  /** Whether weight decay holds for a parameter. */
  #decays({ name }: Parameter): boolean {
    const { excludeFromWeightDecay: excluded = [] } = this.options;
    const own = name.slice(name.lastIndexOf("/") + 1);
    return !excluded.some((pattern) => fitsPattern(pattern, own) || fitsPattern(pattern, name));
  }

  /** Names of the state arrays each parameter has. */
  get slotNames(): readonly string[] {
    return this.#rule.slots;
  }

  /** A parameter's state arrays, in the order of `slotNames`; made when first asked for. */
  slots(parameter: Parameter): readonly Block[] {
    this.prepare([parameter]);
    return this.#state.get(parameter)!;
  }

  /** Makes the state arrays that these parameters lack, those of a slot one behind the other. */
  prepare(parameters: readonly Parameter[]): void {
    const bare = parameters.filter((p) => p.learned && !this.#state.has(p));
    if (!bare.length) return;
    const sizes = bare.map(({ value }) => value.length);
    const arrays = this.#rule.slots.map(() => runtime().allocateTogether(sizes));
    if (this.#rule.start) { for (const block of arrays.flat()) block.view.fill(this.#rule.start); }
    bare.forEach((parameter, i) => this.#state.set(parameter, arrays.map((of) => of[i])));
  }
}
