/** Gradients of a target with respect to anything in a network. */
import type { Watched } from "../differentiable.ts";
import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import type { Model } from "../model.ts";
import { tensorList, type Tensors } from "../network.ts";
import type { GradientRule } from "../operation.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { inputsOf, resolveTarget, type Target } from "./target.ts";
import type { Evaluated } from "./target.ts";

/** What every method is told. */
export interface ExplainOptions {
  /** What is explained. Default: the score of the class that the network finds. */
  target?: Target;
  /** Name of the input or layer that is to explain it. Default: the first input. */
  of?: string;
  /** Pictures, or variants of them, computed at a time. Default 32. */
  batchSize?: number;
}

/** A target's values, and the gradient with respect to one thing. */
export interface TargetGradient {
  /** The target's value for each picture. */
  readonly values: readonly number[];
  /** What the thing was, `[pictures, …]`. */
  readonly output: Tensor;
  /** The gradient with respect to it, of the same shape. */
  readonly gradient: Tensor;
}

/** Some rows of a tensor, sharing its memory. */
export function rows({ shape, data }: Tensor, from: number, to: number): Tensor {
  const width = sizeOf(shape.slice(1));
  return { shape: [to - from, ...shape.slice(1)], data: data.subarray(from * width, to * width) };
}

/** The value and gradients of a function of a part's output, for a batch of any size, in pieces. */
export function gradientsIn(
  part: Model,
  xs: readonly Tensor[],
  options: {
    of: readonly string[];
    evaluate: (output: Tensor, pictures: readonly number[]) => Evaluated;
    /** The picture that each row is a variant of. Default 0, 1, 2 … */
    pictures?: readonly number[];
    rule?: GradientRule;
    batchSize?: number;
  },
): { values: number[]; watched: Record<string, Watched> } {
  const { of, evaluate, rule = "gradient", batchSize = 32 } = options;
  const count = xs[0].shape[0];
  const { pictures = Array.from({ length: count }, (_, i) => i) } = options;
  positive(batchSize, "batchSize");
  const values: number[] = [];
  const results: Record<string, Watched> = {};
  for (let from = 0; from < count; from += batchSize) {
    const to = Math.min(count, from + batchSize);
    const watched = part.gradients(xs.map((x) => rows(x, from, to)), {
      of,
      rule,
      dy: ([output]) => {
        const piece = evaluate(output, pictures.slice(from, to));
        values.push(...piece.values);
        return piece.gradient;
      },
    });
    for (const name of of) {
      const piece = watched[name], shape = [count, ...piece.output.shape.slice(1)];
      const all = results[name] ??= {
        output: { shape, data: new Float32Array(sizeOf(shape)) },
        gradient: { shape, data: new Float32Array(sizeOf(shape)) },
      };
      rows(all.output, from, to).data.set(piece.output.data);
      rows(all.gradient, from, to).data.set(piece.gradient.data);
    }
  }
  return { values, watched: results };
}

/** The name of what explains: what was asked for, or the first input. */
export function explaining(model: Model, part: Model, of?: string): string {
  const name = of ?? model.graph.inputNames[0];
  const { inputNames } = model.graph;
  if (inputNames.includes(name) && !part.graph.inputNames.includes(name)) {
    throw new DeconvError(`What is to be explained does not depend on the input "${name}"`);
  }
  return name;
}

/**
 * A target's value for each picture, and its gradient with respect to the input, to what any layer
 * makes, or to a latent. Changes nothing in the model.
 *
 * @param x The pictures, one tensor for each input.
 * @param options `rule`: how relus pass gradients back, default `"gradient"`.
 * @throws {DeconvError} When a shape, the target or a name is wrong.
 *
 * @example What an inner pixel of a decoder's picture takes from its code
 * ```ts
 * import { preset, targetGradient, zeros } from "@deconv/deconv";
 * const net = preset("deconv-autoencoder").build({ seed: 0 });
 * const { gradient } = targetGradient(net, zeros([1, 32, 32, 3]), {
 *   target: { kind: "pixels", region: { top: 9, left: 9 } },
 *   of: "code",
 * });
 * console.log(gradient.shape); // [1, 8, 8, 128]
 * ```
 */
export function targetGradient(
  model: Model,
  x: Tensors,
  options: ExplainOptions & { rule?: GradientRule } = {},
): TargetGradient {
  const { target, rule, batchSize } = options, xs = tensorList(x);
  const resolved = resolveTarget(model, xs, target);
  const of = explaining(model, resolved.model, options.of);
  const { values, watched } = gradientsIn(resolved.model, inputsOf(resolved.model, model, xs), {
    of: [of],
    evaluate: resolved.evaluate,
    rule,
    batchSize,
  });
  return { values, ...watched[of] };
}
