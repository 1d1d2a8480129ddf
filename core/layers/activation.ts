import { DeconvError } from "../errors.ts";
import {
  type Config,
  createLayer,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import type { Lowering, Value } from "../operation.ts";
import { cellsBefore } from "../reach.ts";
import {
  activationForward,
  activationGradient,
  ELEMENTWISE,
  softmaxForward,
  softmaxGradient,
} from "../wasm/activation.ts";

/** Names of activations; `"linear"` is none. Gelu is the exact form, `"gelu_tanh"` its approximation. */
export type ActivationName =
  | "linear"
  | "relu"
  | "relu6"
  | "leaky_relu"
  | "elu"
  | "selu"
  | "sigmoid"
  | "tanh"
  | "softplus"
  | "gelu"
  | "gelu_tanh"
  | "silu"
  | "hard_sigmoid"
  | "softmax"
  | "log_softmax";

/** An activation by name, or with its slope (leaky_relu) or scale (elu) `alpha`. */
export type Activation = ActivationName | { kind: ActivationName; alpha?: number };

/** An activation with everything said. */
export type ActivationConfig = { kind: ActivationName; alpha: number };

/** All names, for messages and tests. */
export const ACTIVATIONS: readonly ActivationName[] = [
  "linear",
  ...ELEMENTWISE,
  "softmax",
  "log_softmax",
];

/** Activations whose slope is computed from their input; the others' from their output. */
const FROM_INPUT: readonly string[] = ["gelu", "gelu_tanh", "silu", "hard_sigmoid"];

const DEFAULT_ALPHA: Partial<Record<ActivationName, number>> = { leaky_relu: 0.2, elu: 1 };

/**
 * Fills in an activation.
 *
 * @throws {DeconvError} For an unknown name (the message lists the known) or an `alpha` out of place.
 */
export function activationConfig(activation: Activation | undefined): ActivationConfig {
  const given = typeof activation === "object" ? activation : { kind: activation ?? "linear" };
  const kind = given.kind as ActivationName;
  if (!ACTIVATIONS.includes(kind)) {
    throw new DeconvError(`there is no activation "${kind}"; there are ${ACTIVATIONS.join(", ")}`);
  }
  const alpha = given.alpha ?? DEFAULT_ALPHA[kind] ?? 0;
  if (given.alpha && DEFAULT_ALPHA[kind] === undefined) {
    throw new DeconvError(`the activation "${kind}" has no alpha; leaky_relu and elu have`);
  }
  const valid = Number.isFinite(alpha) && (kind !== "elu" || alpha > 0) &&
    (kind !== "leaky_relu" || alpha >= 0);
  if (!valid) throw new DeconvError(`alpha of ${kind} must be a number above 0; it is ${alpha}`);
  return { kind, alpha };
}

/** Whether the activation can work in place, its input not being needed again. */
function worksInPlace({ kind }: ActivationConfig): boolean {
  return !FROM_INPUT.includes(kind);
}

/**
 * Adds an activation to a plan. `from` and `to` may share their memory where `worksInPlace`; the
 * gradient is always made in place when both share theirs.
 *
 * @param done Whether the step before has applied it already, so that only its gradient is left to do.
 */
export function lowerActivation(
  lowering: Lowering,
  { kind, alpha }: ActivationConfig,
  from: Value,
  to: Value,
  done = false,
): void {
  const width = to.shape[to.shape.length - 1];
  const passGradient = () => {
    if (from.gradient && from.gradient !== to.gradient) from.gradient.view.set(to.gradient!.view);
  };
  if (kind === "softmax" || kind === "log_softmax") {
    const logarithm = kind === "log_softmax";
    lowering.add({
      activation: kind,
      passGradient,
      forward: () => softmaxForward(width, logarithm, from.data, to.data),
      backward: () => {
        if (from.gradient) {
          softmaxGradient(width, logarithm, to.data, to.gradient!, from.gradient);
        }
      },
    });
    return;
  }
  const saved = FROM_INPUT.includes(kind) ? from.data : to.data;
  lowering.add({
    activation: kind,
    passGradient,
    forward: () => done || activationForward(kind, alpha, from.data, to.data),
    backward: ({ rule }) => {
      if (to.gated) passGradient();
      else if (from.gradient) {
        activationGradient(kind, alpha, rule, saved, to.gradient!, from.gradient);
      }
    },
  });
}

/**
 * The value a layer's arithmetic should write when an activation follows: the output itself, or
 * saved memory of its size where the activation needs its input in the backward pass.
 */
export function beforeActivation(lowering: Lowering, activation: ActivationConfig): Value {
  const { output } = lowering;
  if (worksInPlace(activation)) return output;
  return { ...output, data: lowering.saved(output.data.length) };
}

type LayerConfig = Config & ActivationConfig;

/** The definition of the activation layer. */
export const activationKind: LayerKind<LayerConfig> = {
  kind: "activation",
  relevance: "pass",
  activation: (config) => config.kind,
  configure: (options) => ({ ...activationConfig(options) }),
  outputShape: (_config, [shape]) => shape,
  reach: ({ kind }, _inputs, cells) => [cellsBefore(cells, kind)],
  lower: (config, lowering) => {
    const [from] = lowering.inputs;
    if (config.kind === "linear") {
      lowering.add({
        forward: () => lowering.output.data.view.set(from.data.view),
        backward: () => from.gradient?.view.set(lowering.output.gradient!.view),
      });
      return;
    }
    lowerActivation(lowering, config, from, lowering.output);
  },
};

/**
 * An activation as a layer of its own; most layers also take one as an option.
 *
 * relu max(x, 0); relu6 clip(x, 0, 6); leaky_relu x or `alpha`·x (default 0.2); elu x or `alpha`(eˣ − 1) (default 1); selu
 * (Klambauer et al. 2017); sigmoid 1/(1+e⁻ˣ); tanh; softplus ln(1+eˣ); gelu x·Φ(x) and its tanh form
 * (Hendrycks & Gimpel 2016); silu x·sigmoid(x); hard_sigmoid clip(x/6 + ½, 0, 1); softmax and
 * log_softmax over the last axis.
 *
 * @param activation A name, or `{ kind, alpha }`.
 * @throws {DeconvError} For an unknown name.
 *
 * @example
 * ```ts
 * import { activation, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([activation("relu", { inputShape: [3] })]);
 * console.log(net.predict(tensor([-1, 0, 2], [1, 3])).data); // 0, 0, 2
 * ```
 */
export function activation(activation: Activation, options: LayerOptions = {}): Layer {
  const given = typeof activation === "object" ? activation : { kind: activation };
  return createLayer(activationKind, { ...given, ...options });
}
