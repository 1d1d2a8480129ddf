import type { Block } from "../block.ts";
import {
  checkConvOptions,
  type ConvGeometry,
  convGeometry,
  type ConvOptions,
  positive,
} from "../geometry.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import {
  createLayer,
  expectRank,
  type Layer,
  type LayerKind,
  type LayerOptions,
  type Lowering,
  type ParameterSpec,
} from "../layer.ts";
import { DeconvError } from "../errors.ts";
import type { Shape } from "../tensor.ts";
import { Conv2dPasses } from "../wasm/conv2d.ts";
import { columnSums } from "../wasm/elementwise.ts";
import {
  type Activation,
  type ActivationConfig,
  activationConfig,
  beforeActivation,
  lowerActivation,
} from "./activation.ts";

/** Options of `conv2d`; `conv2dTranspose` adds one. */
export interface Conv2dOptions extends ConvOptions, LayerOptions {
  /** Output channels. */
  filters: number;
  /** Default `"linear"`: none. */
  activation?: Activation;
  /** Whether a bias per filter is added. Default true. */
  useBias?: boolean;
  /** Default `"glorot_uniform"`. */
  kernelInitializer?: Initializer;
  /** Default `"zeros"`. */
  biasInitializer?: Initializer;
}

/** The complete configuration of a convolution layer. */
export type ConvConfig = Required<Omit<Conv2dOptions, keyof LayerOptions>>;

/** Fills in and checks what both convolution layers share. */
export function configureConv(options: ConvConfig): ConvConfig {
  if (options.kernelSize === undefined) throw new DeconvError("kernelSize is missing");
  if (options.filters === undefined) throw new DeconvError("filters is missing");
  positive(options.filters, "filters");
  const { kernel, strides, dilations, groups } = checkConvOptions(options);
  return {
    filters: options.filters,
    kernelSize: kernel,
    strides,
    padding: options.padding ?? "valid",
    dilationRate: dilations,
    groups,
    activation: activationConfig(options.activation),
    useBias: options.useBias ?? true,
    kernelInitializer: initializerConfig(options.kernelInitializer ?? "glorot_uniform"),
    biasInitializer: initializerConfig(options.biasInitializer ?? "zeros"),
  } as ConvConfig;
}

/** Height, width and channels of a picture shape. */
export function pictureShape(shape: Shape): readonly [number, number, number] {
  expectRank(shape, 3, "[height, width, channels]");
  return [shape[0], shape[1], shape[2]];
}

/** Kernel and bias of a convolution of this geometry; `transposed` when run as its input gradient. */
export function convParameters(
  config: ConvConfig,
  geometry: ConvGeometry,
  transposed: boolean,
): ParameterSpec[] {
  const { kernel, groups, input, output } = geometry;
  const taps = kernel[0] * kernel[1];
  const [from, to] = transposed ? [output[2], input[2]] : [input[2], output[2]];
  const specs: ParameterSpec[] = [{
    name: "kernel",
    shape: [...kernel, input[2] / groups, output[2]],
    initializer: config.kernelInitializer,
    fanIn: taps * from / groups,
    fanOut: taps * to / groups,
  }];
  if (config.useBias) {
    specs.push({ name: "bias", shape: [config.filters], initializer: config.biasInitializer });
  }
  return specs;
}

/** Adds a convolution (or its transpose) with bias and activation to a plan. */
export function lowerConv(
  config: ConvConfig,
  lowering: Lowering,
  geometry: ConvGeometry,
  transposed: boolean,
): void {
  const { precision, inference: keep } = lowering;
  const passes = new Conv2dPasses(geometry, { precision, keep });
  const [from] = lowering.inputs;
  const [kernel, bias = null] = lowering.parameters;
  const active = config.activation as ActivationConfig;
  const to = active.kind === "linear" ? lowering.output : beforeActivation(lowering, active);
  const pixels = to.shape[0] * to.shape[1] * to.shape[2];
  const relu = active.kind === "relu"; // bounded by the kernel that makes it
  const ends = relu ? "relu" : "none", starts = from.gated ? "gate" : "none";
  const weights = kernel.value, start: Block | null = bias && bias.value;
  lowering.add({
    forward: () => {
      if (transposed) passes.inputGradient(from.data, weights, start, to.data, ends);
      else passes.forward(from.data, weights, start, to.data, ends);
    },
    backward: ({ parameters }) => {
      const dy = to.gradient!;
      if (parameters && lowering.trainable) {
        if (transposed) {
          passes.kernelGradient(dy, from.data, kernel.gradient);
          if (bias) columnSums(dy, pixels, bias.gradient);
        } else passes.kernelGradient(from.data, dy, kernel.gradient, bias && bias.gradient);
      }
      // Last: it may overwrite the input.
      if (!from.gradient) return;
      if (transposed) passes.forward(dy, weights, null, from.gradient, starts);
      else passes.inputGradient(dy, weights, null, from.gradient, starts);
    },
  });
  if (active.kind !== "linear") lowerActivation(lowering, active, to, lowering.output, relu);
}

/** The definition of the convolution layer. */
export const conv2dKind: LayerKind<ConvConfig> = {
  kind: "conv2d",
  gates: true,
  configure: configureConv,
  activation: (config) => (config.activation as ActivationConfig).kind,
  outputShape: (config, [shape]) =>
    convGeometry(pictureShape(shape), config.filters, config).output,
  parameters: (config, [shape]) =>
    convParameters(config, convGeometry(pictureShape(shape), config.filters, config), false),
  lower: (config, lowering) => {
    const [batch, ...picture] = lowering.inputs[0].shape;
    const geometry = convGeometry(pictureShape(picture), config.filters, config, batch);
    lowerConv(config, lowering, geometry, false);
  },
};

/**
 * Two-dimensional convolution: y[p, q, k] = f(b[k] + Σ x[p·stride − pad + r·dilation, …, c] · w[r, s, c, k]).
 *
 * Input `[height, width, channels]`, kernel `[kh, kw, channels/groups, filters]`. Depthwise where
 * `groups` equals the channels. Defaults as in Keras: strides 1, padding `"valid"`, dilation 1, one
 * group, a bias, no activation, `glorot_uniform`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { conv2d, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 16, kernelSize: 3, padding: "same", activation: "relu", inputShape: [32, 32, 3] }),
 * ]);
 * console.log(net.outputShape); // [32, 32, 16]
 * ```
 */
export function conv2d(options: Conv2dOptions): Layer {
  return createLayer(conv2dKind, options);
}
