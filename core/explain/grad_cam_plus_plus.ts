import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { type CamOptions, channelMeans, channelsOf, mixChannels, weighted } from "./cam.ts";

/**
 * Grad-CAM++ (Chattopadhyay et al. 2018): as Grad-CAM, with weights under which several things of one
 * class count alike whatever their size. With the gradients g of the target (whose exponential the paper
 * explains: then all derivatives are powers of g, up to a factor that the map does not show),
 *
 * ```text
 * map = relu(Σ_c w_c·A_c)     w_c = Σ over places of α·relu(g)     α = g² / (2g² + g³·Σ over places of A_c)
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
 * import { gradCamPlusPlus, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = gradCamPlusPlus(net, zeros([1, 32, 32, 3]), { resize: true });
 * console.log(map.shape); // [1, 32, 32]
 * ```
 */
export function gradCamPlusPlus(model: Model, x: Tensors, options: CamOptions = {}): Tensor {
  return mixChannels(model, channelsOf(model, x, options), options, (a, g, channels) => {
    const cells = a.length / channels, weights = new Float64Array(channels);
    const sums = channelMeans(a, channels).map((mean) => mean * cells);
    g.forEach((slope, k) => {
      const below = 2 * slope ** 2 + sums[k % channels] * slope ** 3;
      if (slope > 0 && below !== 0) weights[k % channels] += slope ** 3 / below;
    });
    return weighted(a, weights);
  });
}
