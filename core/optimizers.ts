import type { Block } from "./block.ts";
import { DeconvError } from "./errors.ts";
import type { Config, Parameter } from "./layer.ts";
import { power } from "./portable_math.ts";
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
}

/** What distinguishes one rule from another. */
interface Rule {
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
interface Run {
  /** Numbers in all, with the padding between them. */
  length: number;
  readonly value: number;
  readonly gradient: number;
  readonly slots: readonly number[];
}

/** Joins neighbours, so that a step is one kernel call and not one for each parameter. */
function runsOf(parameters: readonly Parameter[], slotsOf: (p: Parameter) => readonly Block[]) {
  const runs: Run[] = [];
  for (const parameter of parameters) {
    const { value: { address: value, length }, gradient: { address: gradient } } = parameter;
    const slots = slotsOf(parameter).map(({ address }) => address);
    const last = runs[runs.length - 1], reach = last ? paddedBytes(last.length) : 0;
    const follows = last && value === last.value + reach && gradient === last.gradient + reach &&
      slots.every((address, i) => address === last.slots[i] + reach);
    if (follows) last.length = reach / 4 + length;
    else runs.push({ length, value, gradient, slots });
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
    for (const run of runsOf(parameters, (parameter) => this.slots(parameter))) {
      this.#rule.apply(run, rate, this.iterations, momentum);
    }
    for (const { constraint, shape, value } of parameters) {
      if (constraint) constrain(constraint, shape, value);
    }
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

function call(kernel: string, { length, value, gradient }: Run, ...rest: number[]): void {
  runtime().call(kernel, length, value, gradient, ...rest);
}

/** Checks that options are numbers in [least, below). */
function inRange(kind: string, options: Record<string, number>, least: number, below: number) {
  for (const [name, value] of Object.entries(options)) {
    if (!(value >= least && value < below)) {
      throw new DeconvError(
        `${name} of ${kind} must be at least ${least}${
          below < Infinity ? ` and below ${below}` : ""
        }; it is ${value}`,
      );
    }
  }
}

/**
 * Stochastic gradient descent: g += weightDecay·w; v = momentum·v + g; w −= rate·v, or with Nesterov
 * momentum w −= rate·(g + momentum·v) (Sutskever et al. 2013).
 *
 * @param options learningRate 0.01, momentum 0, nesterov false, weightDecay 0.
 * @throws {DeconvError} When an option is out of range.
 */
export function sgd(
  options: OptimizerOptions & { momentum?: number; nesterov?: boolean; weightDecay?: number } = {},
): Optimizer {
  const { learningRate = 0.01, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  inRange("sgd", { momentum }, 0, 1);
  inRange("sgd", { weightDecay }, 0, Infinity);
  if (nesterov && momentum === 0) {
    throw new DeconvError("nesterov of sgd needs a momentum above 0, such as 0.9");
  }
  const complete = { ...options, learningRate, momentum, nesterov, weightDecay };
  return new Optimizer("sgd", complete, {
    slots: momentum ? ["velocity"] : [],
    cycles: momentum > 0,
    apply: (run, rate, _step, now = momentum) => {
      const [velocity = 0] = run.slots;
      call("sgd", run, velocity, rate, now, weightDecay, nesterov ? 1 : 0);
    },
  });
}

/** Options of `adam` and `adamw`. */
export interface AdamOptions extends OptimizerOptions {
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-7. */
  epsilon?: number;
  /** Keep the largest second moment (Reddi et al. 2018). Default false. */
  amsgrad?: boolean;
  /** adam: added to the gradient, default 0; adamw: decoupled, default 0.004. */
  weightDecay?: number;
}

function makeAdam(kind: "adam" | "adamw", options: AdamOptions): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  const { amsgrad = false, weightDecay = 0 } = options;
  inRange(kind, { beta1, beta2 }, 0, 1);
  inRange(kind, { epsilon, weightDecay }, 0, Infinity);
  const complete = { ...options, learningRate, beta1, beta2, epsilon, amsgrad, weightDecay };
  return new Optimizer(kind, complete, {
    slots: amsgrad ? ["m", "v", "vmax"] : ["m", "v"],
    cycles: true,
    apply: (run, rate, step, now = beta1) => {
      const [m, v, vmax = 0] = run.slots;
      const start = rate / (1 - power(now, step));
      const correction = 1 / Math.sqrt(1 - power(beta2, step));
      const decay = kind === "adamw" ? [rate * weightDecay, 0] : [0, weightDecay];
      const numbers = [start, now, beta2, epsilon, correction, ...decay];
      call("adam", run, m, v, vmax, ...numbers);
    },
  });
}

/**
 * Adam (Kingma & Ba 2015): m and v are moving means of g and g²; w −= rate·m̂ / (√v̂ + epsilon), hats
 * meaning corrected for the start.
 *
 * @param options learningRate 1e-3, beta1 0.9, beta2 0.999, epsilon 1e-7, amsgrad false, weightDecay 0 (added to the gradient).
 * @throws {DeconvError} When an option is out of range.
 *
 * @example
 * ```ts
 * import { adam, dense, sequential } from "@deconv/deconv";
 * const net = sequential([dense({ units: 1, inputShape: [4] })]);
 * net.compile({ optimizer: adam({ learningRate: 3e-4 }), loss: "mse" });
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return makeAdam("adam", options);
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019): each step first w *= 1 − rate·weightDecay.
 *
 * @param options As `adam`, and weightDecay 0.004.
 * @throws {DeconvError} When an option is out of range.
 */
export function adamw(options: AdamOptions = {}): Optimizer {
  return makeAdam("adamw", { ...options, weightDecay: options.weightDecay ?? 0.004 });
}

/**
 * RMSprop (Tieleman & Hinton 2012): v = rho·v + (1−rho)·g²; w −= rate·g / (√v + epsilon), with
 * momentum, or with the mean gradient taken off (`centered`), where asked for.
 *
 * @param options learningRate 1e-3, rho 0.9, momentum 0, epsilon 1e-7, centered false.
 * @throws {DeconvError} When an option is out of range.
 */
export function rmsprop(
  options: OptimizerOptions & {
    rho?: number;
    momentum?: number;
    epsilon?: number;
    centered?: boolean;
  } = {},
): Optimizer {
  const { learningRate = 1e-3, rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } =
    options;
  inRange("rmsprop", { rho, momentum }, 0, 1);
  inRange("rmsprop", { epsilon }, 0, Infinity);
  const complete = { ...options, learningRate, rho, momentum, epsilon, centered };
  const slots = ["v", ...(momentum ? ["velocity"] : []), ...(centered ? ["mean"] : [])];
  return new Optimizer("rmsprop", complete, {
    slots,
    cycles: momentum > 0,
    apply: (run, rate, _step, now = momentum) => {
      const of = (name: string) => run.slots[slots.indexOf(name)] ?? 0;
      call("rmsprop", run, of("v"), of("velocity"), of("mean"), rate, rho, now, epsilon);
    },
  });
}

/**
 * AdaGrad (Duchi et al. 2011): v += g²; w −= rate·g / (√v + epsilon).
 *
 * @param options learningRate 0.01, initialAccumulator 0.1 (where v starts), epsilon 1e-7.
 * @throws {DeconvError} When an option is out of range.
 */
export function adagrad(
  options: OptimizerOptions & { initialAccumulator?: number; epsilon?: number } = {},
): Optimizer {
  const { learningRate = 0.01, initialAccumulator = 0.1, epsilon = 1e-7 } = options;
  inRange("adagrad", { initialAccumulator, epsilon }, 0, Infinity);
  const complete = { ...options, learningRate, initialAccumulator, epsilon };
  return new Optimizer("adagrad", complete, {
    slots: ["v"],
    start: initialAccumulator,
    apply: (run, rate) => call("adagrad", run, run.slots[0], rate, epsilon),
  });
}

/** Names of optimizers. `"amsgrad"` is adam with `amsgrad: true`. */
export type OptimizerName = "sgd" | "adam" | "adamw" | "amsgrad" | "rmsprop" | "adagrad";

// deno-lint-ignore no-explicit-any
const FACTORIES: Record<OptimizerName, (options: any) => Optimizer> = {
  sgd,
  adam,
  adamw,
  amsgrad: (options) => adam({ ...options, amsgrad: true }),
  rmsprop,
  adagrad,
};

/** All names, for messages. */
export const OPTIMIZERS: readonly string[] = Object.keys(FACTORIES);

/**
 * Makes an optimizer from its name and options, as the command line and saved files have them.
 *
 * @throws {DeconvError} For an unknown name (the message lists the known) or an option out of range.
 */
export function makeOptimizer(kind: string, options: Record<string, unknown> = {}): Optimizer {
  if (!Object.hasOwn(FACTORIES, kind)) {
    throw new DeconvError(`There is no optimizer "${kind}"; there are ${OPTIMIZERS.join(", ")}`);
  }
  return FACTORIES[kind as OptimizerName](options);
}
