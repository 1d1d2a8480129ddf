import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { type CamOptions, channelsOf, mixChannels } from "./cam.ts";

/**
 * Layer-CAM (Jiang et al. 2021): channels multiplied place by place with gradients that are positive; of
 * use in early layers too, where the map is fine,
 *
 * ```text
 * map = relu(Σ_c relu(∂target/∂A_c) · A_c)
 * ```
 *
 * Larger means: more of what speaks for the target lies there.
 *
 * @param x The pictures, one tensor for each input.
 * @returns A number for each place of the layer, `[pictures, height, width]`, or with `resize` of the input.
 * @throws {DeconvError} When an option is wrong or no layer can be chosen.
 *
 * @example
 * ```ts
 * import { layerCam, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = layerCam(net, zeros([1, 32, 32, 3]), { resize: true });
 * console.log(map.shape); // [1, 32, 32]
 * ```
 */
export function layerCam(model: Model, x: Tensors, options: CamOptions = {}): Tensor {
  return mixChannels(model, channelsOf(model, x, options), options, (a, g, channels) => {
    const map = new Float64Array(a.length / channels);
    a.forEach((v, k) => map[Math.floor(k / channels)] += v * Math.max(g[k], 0));
    return map;
  });
}
