import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { type ExplainOptions, targetGradient } from "./gradient.ts";

/**
 * Input times gradient, x · ∂target/∂x (Shrikumar et al. 2016): the part of each number in a target
 * that is linear. In a network of relus without biases it sums to the target.
 *
 * @param x The pictures, one tensor for each input.
 * @returns A number for each number of the input, or of what the layer `of` makes.
 * @throws {DeconvError} When a shape, the target or a name is wrong.
 *
 * @example
 * ```ts
 * import { dense, inputXGradient, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([dense({ units: 1, useBias: false, inputShape: [3] })]);
 * const x = tensor([1, 2, 3], [1, 3]);
 * const sum = inputXGradient(net, x).data.reduce((a, b) => a + b);
 * console.log(Math.abs(sum - net.predict(x).data[0]) < 1e-5); // true
 * ```
 */
export function inputXGradient(model: Model, x: Tensors, options: ExplainOptions = {}): Tensor {
  const { output: { shape, data }, gradient } = targetGradient(model, x, options);
  return { shape, data: data.map((v, i) => v * gradient.data[i]) };
}
