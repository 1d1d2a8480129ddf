import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { type ExplainOptions, targetGradient } from "./gradient.ts";

/**
 * Guided backpropagation (Springenberg et al. 2015): the gradient, of which every relu lets pass only
 * what is positive, and only where it was active. Other activations pass their gradient.
 *
 * The pictures are sharp and hardly depend on the upper layers' weights (Adebayo et al. 2018).
 *
 * @param x The pictures, one tensor for each input.
 * @returns A number for each number of the input, or of what the layer `of` makes.
 * @throws {DeconvError} When a shape, the target or a name is wrong.
 *
 * @example
 * ```ts
 * import { guidedBackprop, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * console.log(guidedBackprop(net, zeros([2, 32, 32, 3])).shape); // [2, 32, 32, 3]
 * ```
 */
export function guidedBackprop(model: Model, x: Tensors, options: ExplainOptions = {}): Tensor {
  return targetGradient(model, x, { ...options, rule: "guided" }).gradient;
}
