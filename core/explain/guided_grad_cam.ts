import { DeconvError } from "../errors.ts";
import type { Model } from "../model.ts";
import { tensorList, type Tensors } from "../network.ts";
import { shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { type CamOptions, channelMeans, channelsOf, mixChannels, weighted } from "./cam.ts";
import { targetGradient } from "./gradient.ts";
import { planeOf } from "./segments.ts";

/**
 * Guided Grad-CAM (Selvaraju et al. 2017): the gradient of guided backpropagation with respect to the
 * first input, times Grad-CAM made as large as it. Larger means: more of what speaks for the target lies
 * there; but the fine lines come from guided backpropagation, which depends little on the weights.
 *
 * @param x The pictures, one tensor for each input.
 * @returns A number for each number of the first input.
 * @throws {DeconvError} When an option is wrong or no layer can be chosen.
 *
 * @example
 * ```ts
 * import { guidedGradCam, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = guidedGradCam(net, zeros([1, 32, 32, 3]), { target: { kind: "class", index: 3 } });
 * console.log(map.shape); // [1, 32, 32, 3]
 * ```
 */
export function guidedGradCam(
  model: Model,
  x: Tensors,
  options: Omit<CamOptions, "resize"> = {},
): Tensor {
  const found = channelsOf(model, x, options), { batchSize } = options;
  const whole = { ...options, resize: true } as const;
  const cam = mixChannels(
    model,
    found,
    whole,
    (a, g, channels) => weighted(a, channelMeans(g, channels)),
  );
  const { target } = found.resolved;
  const { gradient } = targetGradient(model, tensorList(x), { target, batchSize, rule: "guided" });
  const { channels } = planeOf(model.inputShape);
  if (sizeOf(cam.shape) * channels !== gradient.data.length) {
    throw new DeconvError(`Cannot multiply maps of ${shapeText(cam.shape)} with the input`);
  }
  return {
    shape: gradient.shape,
    data: gradient.data.map((v, k) => v * cam.data[Math.floor(k / channels)]),
  };
}
