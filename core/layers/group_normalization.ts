import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import type { Shape } from "../tensor.ts";
import {
  acrossPlaces,
  affineParameters,
  configureNormalization,
  expectLastAxis,
  lowerGroups,
  type NormalizationOptions,
} from "./normalization.ts";

/** Options of `groupNormalization`. */
export interface GroupNormalizationOptions extends NormalizationOptions {
  /** Groups that the channels form; -1 for one of each channel. Default 32. */
  groups?: number;
  /** The axis of the channels: only -1, the last. */
  axis?: -1;
}

type GroupConfig = Required<Omit<GroupNormalizationOptions, keyof LayerOptions | "axis">>;

/** How many groups a shape's channels form. */
function groupsOf({ groups }: GroupConfig, shape: Shape): number {
  const channels = shape[shape.length - 1], count = groups === -1 ? channels : groups;
  if (channels % count) {
    throw new DeconvError(
      `its ${channels} channels cannot form ${count} equal groups: choose groups that divide them, or -1 for one of each channel`,
    );
  }
  return count;
}

/** The definition of the group normalisation layer. */
export const groupNormalizationKind: LayerKind<GroupConfig> = {
  kind: "group_normalization",
  relevance: "pass",
  gates: true,
  configure: (options) => {
    expectLastAxis(options);
    const { groups = 32 } = options;
    if (!Number.isInteger(groups) || groups < 1 && groups !== -1) {
      throw new DeconvError(
        `groups must be a positive whole number, or -1 for one of each channel; it is ${groups}`,
      );
    }
    return { ...configureNormalization(options), groups };
  },
  outputShape: (config, [shape]) => {
    groupsOf(config, shape);
    return shape;
  },
  parameters: (config, [shape]) => affineParameters(config, shape.slice(-1)),
  reach: (config, [shape], cells) => [acrossPlaces(cells, groupsOf(config, shape))],
  lower: (config, lowering) =>
    lowerGroups(config, lowering, groupsOf(config, lowering.output.shape)),
};

/**
 * Group normalisation (Wu & He 2018): y = (x − μ) / √(σ² + `epsilon`) · gamma + beta, with mean and
 * variance over all places and the channels of one group, for each picture on its own, in training and
 * otherwise: it does not mind small batches.
 *
 * Input `[…, channels]`; gamma and beta `[channels]`. One group is a layer normalisation of the whole
 * picture, `groups: -1` an instance normalisation. Defaults as in Keras: 32 groups, epsilon 1e-3.
 *
 * @throws {DeconvError} When an option is wrong, or the groups do not divide the channels.
 *
 * @example
 * ```ts
 * import { conv2d, groupNormalization, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 16, kernelSize: 3, inputShape: [32, 32, 3] }),
 *   groupNormalization({ groups: 4 }),
 * ]);
 * console.log(net.outputShape); // [30, 30, 16]
 * ```
 */
export function groupNormalization(options: GroupNormalizationOptions = {}): Layer {
  return createLayer(groupNormalizationKind, options);
}
