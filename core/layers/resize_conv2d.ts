import { type ConvOptions, type Pair, pair } from "../geometry.ts";
import { type Config, createLayer, expectRank, type Layer, type LayerKind } from "../layer.ts";
import type { Value } from "../operation.ts";
import { windowReach } from "../reach.ts";
import { type Interpolation, interpolationConfig, resampledAxes } from "../resampling.ts";
import { type Shape, sizeOf } from "../tensor.ts";
import {
  type ConvolutionConfig,
  convolutionKind,
  type FilterOptions,
  PICTURES,
} from "./convolution.ts";
import { lowerSums } from "./windows.ts";

/** Options of `resizeConv2d`: those of `conv2d`, and how pictures are enlarged before it. */
export interface ResizeConv2dOptions extends ConvOptions, FilterOptions {
  /** How many times as high and as wide. Default 2. */
  size?: Pair;
  /** Default `"nearest"`. */
  interpolation?: Interpolation;
}

type ResizeConfig = ConvolutionConfig<ConvOptions> & {
  size: readonly [number, number];
  interpolation: Interpolation;
};

const convolution = convolutionKind("resize_conv2d", PICTURES);

/** The shape of an enlarged picture. */
function enlarged({ size }: ResizeConfig, [shape]: readonly Shape[]): [number, number, number] {
  expectRank(shape, 3, "[height, width, channels]");
  return [size[0] * shape[0], size[1] * shape[1], shape[2]];
}

/** The definition of the convolution of enlarged pictures. */
export const resizeConv2dKind: LayerKind<ResizeConfig> = {
  kind: "resize_conv2d",
  gates: true,
  activation: convolution.activation,
  configure: (options) => ({
    ...convolution.configure({ ...options, padding: options.padding ?? "same" }),
    size: pair(options.size ?? 2, "size", 1),
    interpolation: interpolationConfig(options.interpolation ?? "nearest"),
  }),
  outputShape: (config, shapes) => convolution.outputShape(config, [enlarged(config, shapes)]),
  parameters: (config, shapes) => convolution.parameters!(config, [enlarged(config, shapes)]),
  reach: (config, shapes, cells) => {
    const [rows, columns, channels] = enlarged(config, shapes), [[height, width]] = shapes;
    const axes = resampledAxes([height, width], [rows, columns], config.interpolation);
    const [large] = convolution.reach!(config, [[rows, columns, channels]], cells);
    return [windowReach(axes, large)];
  },
  parts: ({ size, interpolation, ...config }, parameters) => [
    { kind: "upsampling2d", config: { size, interpolation }, parameters: [] },
    { kind: "conv2d", config: config as unknown as Config, parameters },
  ],
  lower: (config, lowering) => {
    const [from] = lowering.inputs, [batch, height, width, channels] = from.shape;
    const [rows, columns] = enlarged(config, [[height, width, channels]]);
    const shape = [batch, rows, columns, channels], data = lowering.saved(sizeOf(shape));
    // A convolution writes its input's gradient last, and may do so over the input.
    const large: Value = { shape, data, gradient: from.gradient && data };
    const axes = resampledAxes([height, width], [rows, columns], config.interpolation);
    lowerSums(lowering, axes, from, large);
    convolution.lower(config, { ...lowering, inputs: [large] });
  },
};

/**
 * Enlarges pictures and convolves them: the way up that paints no checkerboard, every output pixel
 * being made of equally many (Odena, Dumoulin & Olah 2016, "Deconvolution and checkerboard artifacts",
 * distill.pub).
 *
 * `upsampling2d` and then `conv2d` in one layer: input `[height, width, channels]`, kernel
 * `[kh, kw, channels/groups, filters]`. Defaults: `size` 2, interpolation `"nearest"`, and as in
 * `conv2d`, but padding `"same"`, so that the output is `size` times as large.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { resizeConv2d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   resizeConv2d({ filters: 3, kernelSize: 3, activation: "sigmoid", inputShape: [16, 16, 8] }),
 * ]);
 * console.log(net.outputShape); // [32, 32, 3]
 * ```
 */
export function resizeConv2d(options: ResizeConv2dOptions): Layer {
  return createLayer(resizeConv2dKind, options);
}
