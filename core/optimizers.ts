import { DeconvError } from "./errors.ts";
import { Optimizer, type OptimizerOptions, type Run } from "./optimizer.ts";
import { power } from "./portable_math.ts";
import { runtime } from "./wasm/runtime.ts";

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
      const decay = run.decays ? weightDecay : 0;
      call("sgd", run, velocity, rate, now, decay, nesterov ? 1 : 0);
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
      const amount = run.decays ? weightDecay : 0;
      const decay = kind === "adamw" ? [rate * amount, 0] : [0, amount];
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
const OPTIMIZERS: readonly string[] = Object.keys(FACTORIES);

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
