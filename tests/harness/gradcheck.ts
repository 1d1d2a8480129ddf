/**
 * Gradient checks by random directions, after JAX's `jax.test_util.check_vjp`.
 *
 * For a function f of several arrays, a random direction v of one of them and a random weighting u of
 * the output, the chain rule demands
 *
 * ```text
 * < (f(x + εv) - f(x - εv)) / 2ε, u >  =  < v, vjp(u) >
 * ```
 *
 * which costs two calls of f however large x is. Each array gets its own directions, so that a small
 * gradient cannot hide behind a large one and the message can say which one is wrong. A gradient
 * with an error as large as a part p of itself is missed by one direction with probability about
 * tolerance / p.
 */

import { AssertionError } from "node:assert/strict";
import { dot } from "../reference/array.ts";
import { normalSource, seedOf } from "./random_array.ts";

/** What a checked function takes. */
export type Values = Float32Array | Float64Array;

/** How to check. */
export interface GradcheckOptions {
  /** What is checked, for the message. */
  readonly name?: string;
  /** What the arrays are called, for the message. */
  readonly inputNames?: readonly string[];
  /** Arrays to leave alone (labels, say), by position. */
  readonly constant?: readonly number[];
  /** Default 1. */
  readonly seed?: number;
  /** Random directions for each array. Default 2. */
  readonly directions?: number;
  /** ε. Default 1e-5 for float64, 1e-2 for float32; larger is better where f is linear. */
  readonly step?: number;
  /** Largest error as a part of the gradient's norm. Default 1e-6 for float64, 1e-2 for float32. */
  readonly tolerance?: number;
}

/**
 * Fails unless `backward` is the gradient of `forward` at `inputs`.
 *
 * @param forward Computes the output; must not keep or change its arguments.
 * @param backward Given the gradient of the output and the inputs, computes the gradient of each
 * input, in order; what it returns for constant inputs is not looked at.
 * @param inputs The point. Keep it away from kinks by more than the step.
 */
export function gradcheck<V extends Values>(
  forward: (...inputs: V[]) => ArrayLike<number>,
  backward: (outputGradient: V, ...inputs: V[]) => readonly (ArrayLike<number> | null)[],
  inputs: readonly V[],
  options: GradcheckOptions = {},
): void {
  const single = inputs[0] instanceof Float32Array;
  const { name = "gradient", inputNames = [], constant = [], seed = 1, directions = 2 } = options;
  const { step = single ? 1e-2 : 1e-5, tolerance = single ? 1e-2 : 1e-6 } = options;
  // Mixed, because inputs drawn with the same seed would equal the weighting: with u = x the kernel
  // gradient of a dense layer is symmetric and a transposed one goes unseen.
  const normal = normalSource(seedOf(`gradcheck/${seed}`));
  const like = (values: V, value: (k: number) => number) => values.map((_, k) => value(k)) as V;

  const output = forward(...inputs);
  const Kind = single ? Float32Array : Float64Array;
  const outputGradient = new Kind(output.length) as V;
  for (let k = 0; k < output.length; k++) outputGradient[k] = normal();
  const gradients = backward(outputGradient, ...inputs);
  // What rounding alone does to the left side: an ulp of every output, over the step.
  const weighted = Float64Array.from(output, (value, k) => value * outputGradient[k]);
  const noise = (single ? 2 ** -22 : 2 ** -51) * Math.sqrt(dot(weighted, weighted)) / step;

  inputs.forEach((input, position) => {
    if (constant.includes(position)) return;
    const what = `${name}, gradient of ${inputNames[position] ?? `input ${position}`}`;
    const gradient = gradients[position];
    if (gradient === null || gradient === undefined || gradient.length !== input.length) {
      throw new AssertionError({
        message: `${what}: ${gradient?.length ?? "no"} values, expected ${input.length}`,
      });
    }
    for (let d = 0; d < directions; d++) {
      const direction = Float64Array.from(input, normal);
      const above = like(input, (k) => input[k] + step * direction[k]);
      const below = like(input, (k) => input[k] - step * direction[k]);
      // The direction really taken: x + εv was rounded to the input's own precision.
      const taken = Float64Array.from(input, (_, k) => (above[k] - below[k]) / (2 * step));
      const at = (x: V) => dot(forward(...inputs.with(position, x)), outputGradient);

      const measured = (at(above) - at(below)) / (2 * step);
      const claimed = dot(taken, gradient);
      const scale = Math.max(Math.sqrt(dot(gradient, gradient)), Math.abs(measured));
      const error = Math.abs(measured - claimed);
      if (!(error <= tolerance * scale + noise)) {
        throw new AssertionError({
          message: `${what}: along direction ${d} it claims ${claimed}, finite differences give ` +
            `${measured} (error ${error.toExponential(2)}, allowed ${tolerance} of ` +
            `${scale.toPrecision(4)} and ${noise.toExponential(2)} for rounding)`,
        });
      }
    }
  });
}
