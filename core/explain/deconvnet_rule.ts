import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { type ExplainOptions, targetGradient } from "./gradient.ts";

/**
 * The gradient under the deconvnet's rule (Zeiler & Fergus 2014): every relu lets pass what is positive,
 * whether it was active or not; max pooling passes to where the maximum was. Other activations pass
 * their gradient.
 *
 * @param x The pictures, one tensor for each input.
 * @returns A number for each number of the input, or of what the layer `of` makes.
 * @throws {DeconvError} When a shape, the target or a name is wrong.
 *
 * @example
 * ```ts
 * import { deconvnetRule, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * console.log(deconvnetRule(net, zeros([2, 32, 32, 3])).shape); // [2, 32, 32, 3]
 * ```
 */
export function deconvnetRule(model: Model, x: Tensors, options: ExplainOptions = {}): Tensor {
  return targetGradient(model, x, { ...options, rule: "deconvnet" }).gradient;
}
