import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { baselineOf, type InputBaseline } from "./baseline.ts";
import { type CamOptions, channelsOf, mixChannels, weighted } from "./cam.ts";
import { resizedPlane } from "./resize.ts";
import { planeOf } from "./segments.ts";
import { type ManyPasses, pictureOf, scoreVariants, subjectOf } from "./variants.ts";

/** Options of `scoreCam`. */
export interface ScoreCamOptions extends CamOptions, Omit<ManyPasses, "of"> {
  /** What masked places show. Default 0. */
  baseline?: InputBaseline;
}

/** A plane's numbers from 0 to 1; null where they are all the same. */
function spread(plane: Float64Array): Float64Array | null {
  const low = plane.reduce((a, b) => Math.min(a, b)), high = plane.reduce((a, b) => Math.max(a, b));
  return high > low ? plane.map((v) => (v - low) / (high - low)) : null;
}

/** The softmax of some numbers; what is not a number has no part in it. */
function shares(scores: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(scores);
  const most = all.reduce((a, b) => Number.isNaN(b) ? a : Math.max(a, b), -Infinity);
  const powers = all.map((v) => Number.isNaN(v) ? 0 : Math.exp(v - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((v) => sum > 0 ? v / sum : 0);
}

/**
 * Score-CAM (Wang et al. 2020): the channels A of a layer, each weighted with what the network makes of
 * the input seen through it; no gradients,
 *
 * ```text
 * map = relu(Σ_c w_c·A_c)     w = softmax over channels of f(x·H_c + baseline·(1 − H_c))
 * ```
 *
 * where H_c is the channel made as large as the input and spread from 0 to 1. A channel that is the same
 * everywhere has no weight. Larger means: more of what speaks for the target lies there.
 *
 * @param x The pictures, one tensor for each input.
 * @returns A number for each place of the layer, `[pictures, height, width]`, or with `resize` of the input.
 * @throws {DeconvError} When an option is wrong or no layer can be chosen.
 *
 * @example
 * ```ts
 * import { preset, scoreCam, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = await scoreCam(net, zeros([1, 32, 32, 3]), { resize: true });
 * console.log(map.shape); // [1, 32, 32]
 * ```
 */
export async function scoreCam(
  model: Model,
  x: Tensors,
  options: ScoreCamOptions = {},
): Promise<Tensor> {
  const found = channelsOf(model, x, options), { target } = found.resolved;
  const subject = subjectOf(model, x, { target }),
    baseline = baselineOf(subject.x, options.baseline ?? 0);
  const layer = planeOf(found.output.shape.slice(1)), input = planeOf(subject.x.shape.slice(1));
  const maskOf = (picture: number, channel: number) => {
    const from = pictureOf(found.output, picture);
    const plane = Float64Array.from(
      { length: layer.height * layer.width },
      (_, cell) => from[cell * layer.channels + channel],
    );
    const size = [input.height, input.width] as const;
    return spread(resizedPlane(plane, [layer.height, layer.width], size));
  };
  const flat = new Set<string>();
  const scores = await scoreVariants(subject, layer.channels, (channel, copy, picture) => {
    const mask = maskOf(picture, channel), hidden = pictureOf(baseline, picture);
    if (!mask) flat.add(`${picture}/${channel}`);
    for (let k = 0; k < copy.length; k++) {
      const seen = mask?.[Math.floor(k / input.channels)] ?? 1;
      copy[k] = seen * copy[k] + (1 - seen) * hidden[k];
    }
  }, options);
  return mixChannels(model, found, options, (a, _g, _channels, picture) => {
    const own = scores[picture].map((v, channel) => flat.has(`${picture}/${channel}`) ? NaN : v);
    return weighted(a, shares(own));
  });
}
