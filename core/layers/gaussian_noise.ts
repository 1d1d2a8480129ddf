import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { addressWords } from "../random.ts";
import { sameCells } from "../reach.ts";
import { addNormal } from "../wasm/random.ts";

type GaussianNoiseConfig = { stddev: number };

/** The definition of the noise layer. */
export const gaussianNoiseKind: LayerKind<GaussianNoiseConfig> = {
  kind: "gaussian_noise",
  relevance: "pass",
  configure: ({ stddev }) => {
    if (typeof stddev === "number" && stddev >= 0 && stddev < Infinity) return { stddev };
    throw new DeconvError(`stddev must be a number of at least 0; it is ${stddev}`);
  },
  outputShape: (_config, [shape]) => shape,
  reach: sameCells,
  lower: ({ stddev }, { inputs: [from], output, stream, add }) => {
    add({
      forward: ({ training, seed, step }) => {
        if (training && stddev > 0) {
          addNormal(addressWords(seed, stream, step), stddev, from.data, output.data);
        } else output.data.view.set(from.data.view);
      },
      backward: () => from.gradient?.view.set(output.gradient!.view),
    });
  },
};

/**
 * Adds normal noise of mean 0 while training; otherwise it changes nothing. At the entrance of an
 * autoencoder it makes a denoising one (Vincent et al. 2008).
 *
 * The noise follows from the seed of the training run, the layer's name and the step alone.
 *
 * @param stddev Its standard deviation.
 * @throws {DeconvError} When that is negative or no number.
 *
 * @example
 * ```ts
 * import { gaussianNoise, sequential } from "@deconv/deconv";
 * console.log(sequential([gaussianNoise(0.1, { inputShape: [8, 8, 3] })]).outputShape); // [8, 8, 3]
 * ```
 */
export function gaussianNoise(stddev: number, options: LayerOptions = {}): Layer {
  return createLayer(gaussianNoiseKind, { stddev, ...options });
}
