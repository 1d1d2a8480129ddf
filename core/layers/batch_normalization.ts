import { DeconvError } from "../errors.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { sameCells } from "../reach.ts";
import {
  loadStatistics,
  moveStatistics,
  normApply,
  type NormShape,
  normStatistics,
  statisticsLength,
} from "../wasm/norm.ts";
import {
  affineOf,
  affineParameters,
  configureNormalization,
  expectLastAxis,
  flag,
  type NormalizationOptions,
  normBackward,
  rowsOf,
  valuesOf,
} from "./normalization.ts";

/** Options of `batchNormalization`. */
export interface BatchNormalizationOptions extends NormalizationOptions {
  /** The axis of the channels: only -1, the last. */
  axis?: -1;
  /** What a training step leaves of the running statistics; PyTorch's momentum is 1 minus it. Default 0.99. */
  momentum?: number;
  /**
   * Whether the running variance takes in n/(n − 1) times the batch's variance, as PyTorch has it.
   * Default false, as Keras.
   */
  unbiasedVariance?: boolean;
  /** Default `"zeros"`. */
  movingMeanInitializer?: Initializer;
  /** Default `"ones"`. */
  movingVarianceInitializer?: Initializer;
}

type BatchConfig = Required<Omit<BatchNormalizationOptions, keyof LayerOptions | "axis">>;

/** The definition of the batch normalisation layer. */
export const batchNormalizationKind: LayerKind<BatchConfig> = {
  kind: "batch_normalization",
  relevance: "affine",
  gates: true,
  configure: (options) => {
    expectLastAxis(options);
    const { momentum = 0.99 } = options;
    if (!(typeof momentum === "number" && momentum >= 0 && momentum <= 1)) {
      throw new DeconvError(`momentum must be a number from 0 to 1; it is ${momentum}`);
    }
    return {
      ...configureNormalization(options),
      momentum,
      unbiasedVariance: flag(options.unbiasedVariance ?? false, "unbiasedVariance"),
      movingMeanInitializer: initializerConfig(options.movingMeanInitializer ?? "zeros"),
      movingVarianceInitializer: initializerConfig(options.movingVarianceInitializer ?? "ones"),
    };
  },
  outputShape: (_config, [shape]) => shape,
  reach: sameCells,
  parameters: (config, [shape]) => {
    const channels = shape.slice(-1);
    const moving = (name: string, initializer: Initializer) => ({
      name,
      shape: channels,
      initializer,
      learned: false,
    });
    return [
      ...affineParameters(config, channels),
      moving("moving_mean", config.movingMeanInitializer),
      moving("moving_variance", config.movingVarianceInitializer),
    ];
  },
  lower: (config, lowering) => {
    const { inputs: [from], output: to, parameters } = lowering;
    const { batch, rows, channels } = rowsOf(from);
    const n = batch * rows, { momentum, unbiasedVariance, epsilon } = config;
    const shape: NormShape = { instances: 1, rows: n, channels, groups: channels, epsilon };
    const statistics = lowering.saved(statisticsLength(channels));
    const affine = affineOf(config, lowering), values = valuesOf(affine);
    const [mean, variance] = parameters.slice(-2).map(({ value }) => value);
    const correction = unbiasedVariance ? n / Math.max(1, n - 1) : 1;
    /** Whether the last forward pass used running statistics, which do not depend on the input. */
    let constant = false;
    lowering.add({
      forward: ({ training }) => {
        constant = !training || !lowering.trainable;
        if (constant) loadStatistics(mean, variance, statistics);
        else {
          normStatistics(shape, from.data, statistics);
          moveStatistics(statistics, mean, variance, { momentum, correction });
        }
        normApply(shape, statistics, values, from.data, to.data);
      },
      backward: (context) => normBackward(context, lowering, shape, statistics, affine, constant),
    });
  },
};

/**
 * Batch normalisation (Ioffe & Szegedy 2015): y = (x − μ) / √(σ² + `epsilon`) · gamma + beta, for every
 * channel (the last axis) with a mean μ and a variance σ² of its own.
 *
 * In training μ and σ² are those of the batch, over all axes but the last, and running ones follow
 * them: moving · `momentum` + new · (1 − `momentum`). Otherwise the running ones are used, and also in
 * training where the layer is frozen (`trainable: false`), as in Keras. Takes inputs of any number of
 * axes. Parameters gamma, beta and, not learned, moving_mean and moving_variance, each `[channels]`.
 * Defaults as in Keras: momentum 0.99, epsilon 1e-3, gamma 1, beta 0.
 *
 * Small batches make the statistics noisy: see `groupNormalization`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { activation, batchNormalization, conv2d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 16, kernelSize: 3, useBias: false, inputShape: [32, 32, 3] }),
 *   batchNormalization(),
 *   activation("relu"),
 * ]);
 * console.log(net.outputShape); // [30, 30, 16]
 * ```
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer {
  return createLayer(batchNormalizationKind, options);
}
