import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { addressWords } from "../random.ts";
import { sameShape } from "../tensor.ts";
import { addNormal } from "../wasm/random.ts";
import { divergence, sample, samplingGradient } from "../wasm/sampling.ts";

/** Options of `sampling`. */
export interface SamplingOptions extends LayerOptions {
  /** What the divergence from the standard normal distribution counts in the loss. Default 0. */
  klWeight?: number;
}

type SamplingConfig = { klWeight: number };

/** The definition of the sampling layer. */
export const samplingKind: LayerKind<SamplingConfig> = {
  kind: "sampling",
  relevance: "copy",
  inputs: [2, 2],
  configure: ({ klWeight = 0 }) => {
    if (typeof klWeight === "number" && klWeight >= 0 && klWeight < Infinity) return { klWeight };
    throw new DeconvError(`klWeight must be a number of at least 0; it is ${klWeight}`);
  },
  outputShape: (_config, [mean, logVariance]) => {
    if (sameShape(mean, logVariance)) return mean;
    throw new DeconvError("mean and log variance must have the same shape");
  },
  reach: (_config, _inputs, cells) => [cells, cells],
  lower: ({ klWeight }, { inputs, output, stream, saved, add }) => {
    const [mean, logVariance] = inputs, values = inputs.map(({ data }) => data);
    const noise = saved(output.data.length), scale = klWeight / output.shape[0];
    const gradients = inputs.map(({ gradient }) => gradient);
    let trained = false, loss = 0;
    add({
      loss: () => loss,
      forward: ({ training, seed, step }) => {
        trained = training;
        if (training) {
          addNormal(addressWords(seed, stream, step), 1, null, noise);
          sample(mean.data, logVariance.data, noise, output.data);
        } else output.data.view.set(mean.data.view);
        if (scale) loss = scale * divergence(mean.data, logVariance.data);
      },
      backward: () => {
        if (trained) return samplingGradient(scale, values, noise, output.gradient!, gradients);
        mean.gradient?.view.set(output.gradient!.view);
        logVariance.gradient?.view.fill(0);
      },
    });
  },
};

/**
 * Draws from normal distributions so that gradients pass: of `[mean, logVariance]` it makes
 * mean + e^(logVariance/2) · ε with ε standard normal while training, and the mean otherwise
 * (Kingma & Welling 2014). The heart of a variational autoencoder.
 *
 * `klWeight` adds to the loss, so many times, how far the distributions are from the standard normal
 * one: ½Σ(mean² + e^logVariance − 1 − logVariance), averaged over the batch. 1 is the variational
 * bound where the other loss is summed over each picture, more a β-VAE (Higgins et al. 2017). It is part of every loss
 * reported, and of the gradients in training.
 *
 * @throws {DeconvError} When `klWeight` is negative, or the inputs differ in shape.
 *
 * @example
 * ```ts
 * import { dense, input, model, sampling } from "@deconv/deconv";
 * const x = input({ shape: [16] });
 * const mean = dense({ units: 2 }).apply(x), logVariance = dense({ units: 2 }).apply(x);
 * const code = sampling({ klWeight: 0.01 }).apply([mean, logVariance]);
 * const net = model({ inputs: x, outputs: dense({ units: 16 }).apply(code) });
 * net.compile({ loss: "mse" });
 * ```
 */
export function sampling(options: SamplingOptions = {}): Layer {
  return createLayer(samplingKind, options);
}
