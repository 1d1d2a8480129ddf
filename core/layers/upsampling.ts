import { type Pair, pair, positive } from "../geometry.ts";
import {
  createLayer,
  expectRank,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import { axisReach, windowReach } from "../reach.ts";
import { type Interpolation, interpolationConfig, resampledAxes } from "../resampling.ts";
import { lowerSums } from "./windows.ts";

/** Options of `upsampling2d`. */
export interface Upsampling2dOptions extends LayerOptions {
  /** How many times as high and as wide. Default 2. */
  size?: Pair;
  /** Default `"nearest"`: every pixel repeated. */
  interpolation?: Interpolation;
}

/** Options of `upsampling1d`. */
export interface Upsampling1dOptions extends LayerOptions {
  /** How many times as long. Default 2. */
  size?: number;
  /** Default `"nearest"`: every value repeated. */
  interpolation?: Interpolation;
}

type Config2d = { size: readonly [number, number]; interpolation: Interpolation };
type Config1d = { size: number; interpolation: Interpolation };

/** The definition of upsampling. */
export const upsampling2dKind: LayerKind<Config2d> = {
  kind: "upsampling2d",
  relevance: ({ interpolation }) => interpolation === "nearest" ? "copy" : "sum",
  gates: true,
  configure: ({ size, interpolation }) => ({
    size: pair(size ?? 2, "size", 1),
    interpolation: interpolationConfig(interpolation ?? "nearest"),
  }),
  outputShape: ({ size }, [shape]) => {
    expectRank(shape, 3, "[height, width, channels]");
    return [size[0] * shape[0], size[1] * shape[1], shape[2]];
  },
  reach: ({ interpolation }, [[height, width]], cells) => {
    const sizes = [cells[0].length, cells[1].length] as const;
    return [windowReach(resampledAxes([height, width], sizes, interpolation), cells)];
  },
  lower: ({ interpolation }, lowering) => {
    const [, height, width] = lowering.inputs[0].shape, [, rows, columns] = lowering.output.shape;
    lowerSums(lowering, resampledAxes([height, width], [rows, columns], interpolation));
  },
};

/** The definition of upsampling of signals. */
export const upsampling1dKind: LayerKind<Config1d> = {
  kind: "upsampling1d",
  relevance: ({ interpolation }) => interpolation === "nearest" ? "copy" : "sum",
  gates: true,
  configure: ({ size, interpolation }) => ({
    size: positive(size ?? 2, "size"),
    interpolation: interpolationConfig(interpolation ?? "nearest"),
  }),
  outputShape: ({ size }, [shape]) => {
    expectRank(shape, 2, "[length, channels]");
    return [size * shape[0], shape[1]];
  },
  reach: ({ interpolation }, [[length]], [places, channels]) => {
    const [axis] = resampledAxes([length, 1], [places.length, 1], interpolation);
    return [[axisReach(axis, places), channels]];
  },
  lower: ({ interpolation }, lowering) => {
    const [, length] = lowering.inputs[0].shape, [, longer] = lowering.output.shape;
    lowerSums(lowering, resampledAxes([length, 1], [longer, 1], interpolation));
  },
};

/**
 * Makes pictures `[height, width, channels]` a whole number of times as high and as wide. Pixels have
 * their centres half a pixel inside, as in Keras and PyTorch (`align_corners=False`).
 *
 * In front of a convolution it is the way up that leaves no checkerboard (Odena et al. 2016); see
 * `resizeConv2d`. Defaults as in Keras: `size` 2, interpolation `"nearest"`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { sequential, tensor, upsampling2d } from "@deconv/deconv";
 * const net = sequential([upsampling2d({ size: [1, 2], inputShape: [1, 2, 1] })]);
 * console.log(net.predict(tensor([3, 7], [1, 1, 2, 1])).data); // 3, 3, 7, 7
 * ```
 */
export function upsampling2d(options: Upsampling2dOptions = {}): Layer {
  return createLayer(upsampling2dKind, options);
}

/**
 * Makes signals `[length, channels]` a whole number of times as long: `upsampling2d` along one axis.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { sequential, tensor, upsampling1d } from "@deconv/deconv";
 * const net = sequential([upsampling1d({ interpolation: "bilinear", inputShape: [2, 1] })]);
 * console.log(net.predict(tensor([0, 4], [1, 2, 1])).data); // 0, 1, 3, 4
 * ```
 */
export function upsampling1d(options: Upsampling1dOptions = {}): Layer {
  return createLayer(upsampling1dKind, options);
}
