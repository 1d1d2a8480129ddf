import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { type CamOptions, channelsOf, mixChannels } from "./cam.ts";

/**
 * HiResCAM (Draelos & Carin 2020): channels and gradients multiplied place by place, so that only what
 * raised the target is shown,
 *
 * ```text
 * map = relu(Σ_c ∂target/∂A_c · A_c)
 * ```
 *
 * With `relu: false`, and where one dense layer follows, a map sums to the target but for the bias.
 * Larger means: what lies there raised the target more.
 *
 * @param x The pictures, one tensor for each input.
 * @returns A number for each place of the layer, `[pictures, height, width]`, or with `resize` of the input.
 * @throws {DeconvError} When an option is wrong or no layer can be chosen.
 *
 * @example
 * ```ts
 * import { hiResCam, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = hiResCam(net, zeros([1, 32, 32, 3]), { resize: true });
 * console.log(map.shape); // [1, 32, 32]
 * ```
 */
export function hiResCam(model: Model, x: Tensors, options: CamOptions = {}): Tensor {
  return mixChannels(model, channelsOf(model, x, options), options, (a, g, channels) => {
    const map = new Float64Array(a.length / channels);
    a.forEach((v, k) => map[Math.floor(k / channels)] += v * g[k]);
    return map;
  });
}
