import type { Block } from "../block.ts";
import type { GradientRule } from "../operation.ts";
import { runtime } from "./runtime.ts";

/** The elementwise activations, in the order of their numbers in assembly/activation.ts. */
export const ELEMENTWISE = [
  "relu",
  "leaky_relu",
  "elu",
  "selu",
  "sigmoid",
  "tanh",
  "softplus",
  "hard_sigmoid",
  "gelu",
  "gelu_tanh",
  "silu",
  "relu6",
] as const;

const RULES: Record<GradientRule, number> = { gradient: 0, guided: 1, deconvnet: 2 };

/** y = activation(x); y may be x. */
export function activationForward(kind: string, alpha: number, x: Block, y: Block): void {
  const number = ELEMENTWISE.indexOf(kind as typeof ELEMENTWISE[number]);
  runtime().call("activation_forward", number, x.length, alpha, x.address, y.address);
}

/**
 * dx = dy · slope; `saved` is y, or x for the kinds whose slope needs it. dx may be dy. The rule bends
 * relu only, as its authors have it; other activations keep their true gradient.
 */
export function activationGradient(
  kind: string,
  alpha: number,
  rule: GradientRule,
  saved: Block,
  dy: Block,
  dx: Block,
): void {
  const number = ELEMENTWISE.indexOf(kind as typeof ELEMENTWISE[number]);
  const places = [saved.address, dy.address, dx.address];
  const bend = kind === "relu" ? RULES[rule] : 0;
  runtime().call("activation_gradient", number, bend, saved.length, alpha, ...places);
}

/** y = softmax(x) over the last axis, or its logarithm. */
export function softmaxForward(width: number, logarithm: boolean, x: Block, y: Block): void {
  runtime().call(
    "softmax_forward",
    x.length / width,
    width,
    logarithm ? 1 : 0,
    x.address,
    y.address,
  );
}

/** dx from y and dy; dx may be dy. */
export function softmaxGradient(
  width: number,
  logarithm: boolean,
  y: Block,
  dy: Block,
  dx: Block,
): void {
  const places = [y.address, dy.address, dx.address];
  runtime().call("softmax_gradient", y.length / width, width, logarithm ? 1 : 0, ...places);
}
