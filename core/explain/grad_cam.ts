import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { type CamOptions, channelMeans, channelsOf, mixChannels, weighted } from "./cam.ts";

/**
 * Grad-CAM (Selvaraju et al. 2017): the channels A of a layer, each weighted with the mean gradient of
 * the target with respect to it,
 *
 * ```text
 * map = relu(Σ_c w_c·A_c)     w_c = mean over places of ∂target/∂A_c
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
 * import { gradCam, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = gradCam(net, zeros([1, 32, 32, 3]), { resize: true });
 * console.log(map.shape); // [1, 32, 32]
 * ```
 */
export function gradCam(model: Model, x: Tensors, options: CamOptions = {}): Tensor {
  return mixChannels(
    model,
    channelsOf(model, x, options),
    options,
    (a, g, channels) => weighted(a, channelMeans(g, channels)),
  );
}
