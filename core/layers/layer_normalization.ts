import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { widened } from "../reach.ts";
import { type Shape, sizeOf } from "../tensor.ts";
import { layerNormForward, layerNormGradient } from "../wasm/layer_norm.ts";
import { statisticsLength } from "../wasm/norm.ts";
import {
  affineOf,
  affineParameters,
  configureNormalization,
  gradientsOf,
  type NormalizationOptions,
  valuesOf,
} from "./normalization.ts";

/** Options of `layerNormalization`. */
export interface LayerNormalizationOptions extends NormalizationOptions {
  /**
   * The axis to normalise over, or several: the last ones, counted with the batch as axis 0 or, below
   * 0, from the end. Default -1.
   */
  axis?: number | readonly number[];
}

type LayerNormConfig = Required<Omit<LayerNormalizationOptions, keyof LayerOptions>>;

/** The sizes of the axes that are normalised over; `shape` is without the batch. */
function normalized({ axis }: LayerNormConfig, shape: Shape): Shape {
  const rank = shape.length + 1;
  const axes = (typeof axis === "number" ? [axis] : [...axis])
    .map((a) => a < 0 ? a + rank : a).sort((a, b) => a - b);
  if (axes.some((a, i) => a !== rank - axes.length + i) || axes[0] < 1) {
    throw new DeconvError(
      `axis must name the last axes and never the batch, such as -1 or ${
        JSON.stringify(shape.map((_, i) => i - shape.length))
      }; it is ${JSON.stringify(axis)}`,
    );
  }
  return shape.slice(shape.length - axes.length);
}

/** The definition of the layer normalisation layer. */
export const layerNormalizationKind: LayerKind<LayerNormConfig> = {
  kind: "layer_normalization",
  relevance: "pass",
  gates: true,
  configure: (options) => {
    const { axis = -1 } = options;
    const axes: readonly unknown[] = Array.isArray(axis) ? axis : [axis];
    if (!axes.length || !axes.every(Number.isInteger)) {
      throw new DeconvError(
        `axis must be a whole number or a list of them; it is ${JSON.stringify(axis)}`,
      );
    }
    return { ...configureNormalization(options), axis };
  },
  outputShape: (config, [shape]) => {
    normalized(config, shape);
    return shape;
  },
  parameters: (config, [shape]) => affineParameters(config, normalized(config, shape)),
  reach: (config, [shape], cells) => {
    const first = shape.length - normalized(config, shape).length;
    return [cells.map((axis, i) => i < first ? axis : widened(axis))];
  },
  lower: (config, lowering) => {
    const { inputs: [from], output: to } = lowering;
    const width = sizeOf(normalized(config, from.shape.slice(1)));
    const shape = { rows: from.data.length / width, width, epsilon: config.epsilon };
    const statistics = lowering.saved(statisticsLength(shape.rows));
    const affine = affineOf(config, lowering), values = valuesOf(affine);
    lowering.add({
      forward: () => layerNormForward(shape, values, from.data, statistics, to.data),
      backward: ({ parameters }) => {
        const gradients = gradientsOf(affine, parameters && lowering.trainable);
        const { data, gradient, gated } = from;
        const dy = to.gradient!;
        layerNormGradient(shape, statistics, values.gamma, data, dy, gradient, gradients, gated);
      },
    });
  },
};

/**
 * Layer normalisation (Ba, Kiros & Hinton 2016): y = (x − μ) / √(σ² + `epsilon`) · gamma + beta, with
 * mean and variance over the last axis (or the last ones, `axis`) for each place on its own, in training
 * and otherwise.
 *
 * Gamma and beta have the shape of the axes that are normalised over. `axis: [-3, -2, -1]` normalises a
 * picture as a whole. Defaults as in Keras: axis -1, epsilon 1e-3.
 *
 * @throws {DeconvError} When an option is wrong, or `axis` names other axes than the last ones.
 *
 * @example
 * ```ts
 * import { dense, layerNormalization, sequential } from "@deconv/deconv";
 * const net = sequential([dense({ units: 64, inputShape: [16] }), layerNormalization()]);
 * console.log(net.outputShape); // [64]
 * ```
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): Layer {
  return createLayer(layerNormalizationKind, options);
}
