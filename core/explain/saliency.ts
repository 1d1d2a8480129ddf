import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { type ExplainOptions, targetGradient } from "./gradient.ts";

/**
 * Saliency: the gradient of the target, ∂target/∂x, with its sign (Simonyan, Vedaldi & Zisserman
 * 2013, who show its size, the largest over the channels: that is for the picture to do).
 *
 * @param x The pictures, one tensor for each input.
 * @returns A number for each number of the input, or of what the layer `of` makes.
 * @throws {DeconvError} When a shape, the target or a name is wrong.
 *
 * @example
 * ```ts
 * import { preset, saliency, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = saliency(net, zeros([1, 32, 32, 3]), { target: { kind: "class", index: 3 } });
 * console.log(map.shape); // [1, 32, 32, 3]
 * ```
 */
export function saliency(model: Model, x: Tensors, options: ExplainOptions = {}): Tensor {
  return targetGradient(model, x, options).gradient;
}
