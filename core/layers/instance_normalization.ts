import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind } from "../layer.ts";
import {
  acrossPlaces,
  affineParameters,
  configureNormalization,
  lowerGroups,
  type NormalizationConfig,
  type NormalizationOptions,
} from "./normalization.ts";

/** The definition of the instance normalisation layer. */
export const instanceNormalizationKind: LayerKind<NormalizationConfig> = {
  kind: "instance_normalization",
  relevance: "pass",
  gates: true,
  configure: configureNormalization,
  outputShape: (_config, [shape]) => {
    if (shape.length > 1) return shape;
    throw new DeconvError(
      "it takes inputs with places to average over, such as [height, width, channels]; for vectors use layerNormalization",
    );
  },
  parameters: (config, [shape]) => affineParameters(config, shape.slice(-1)),
  reach: (_config, [shape], cells) => [acrossPlaces(cells, shape[shape.length - 1])],
  lower: (config, lowering) =>
    lowerGroups(config, lowering, lowering.output.shape[lowering.output.shape.length - 1]),
};

/**
 * Instance normalisation (Ulyanov, Vedaldi & Lempitsky 2016): y = (x − μ) / √(σ² + `epsilon`) · gamma +
 * beta, with mean and variance of each channel of each picture, in training and otherwise.
 *
 * Input `[…places, channels]` of two axes or more; gamma and beta `[channels]`. Keras has it as
 * `groupNormalization` with `groups: -1`; epsilon 1e-3.
 *
 * @throws {DeconvError} When an option is wrong, or the input has no axis but the channels.
 *
 * @example
 * ```ts
 * import { conv2d, instanceNormalization, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 16, kernelSize: 3, inputShape: [32, 32, 3] }),
 *   instanceNormalization(),
 * ]);
 * console.log(net.outputShape); // [30, 30, 16]
 * ```
 */
export function instanceNormalization(options: NormalizationOptions = {}): Layer {
  return createLayer(instanceNormalizationKind, options);
}
