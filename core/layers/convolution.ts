import type { Block } from "../block.ts";
import { DeconvError } from "../errors.ts";
import {
  checkConvOptions,
  type ConvGeometry,
  convGeometry,
  type ConvOptions,
  convTransposeGeometry,
  type Pair,
  pair,
  positive,
} from "../geometry.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import { expectRank, type LayerKind, type LayerOptions, type ParameterSpec } from "../layer.ts";
import type { Lowering } from "../operation.ts";
import { type Cells, cellsBefore, convReach } from "../reach.ts";
import { rowOptions, type SignalConvOptions, signalConvOptions } from "../signal_geometry.ts";
import type { Shape } from "../tensor.ts";
import { type BiasRules, rulesOf, weightRules } from "../weight_rules.ts";
import { Conv2dPasses } from "../wasm/conv2d.ts";
import { columnSums } from "../wasm/elementwise.ts";
import {
  type Activation,
  type ActivationConfig,
  activationConfig,
  beforeActivation,
  lowerActivation,
} from "./activation.ts";
import { type KernelConfig, kernelConfig, type KernelOptions, kernelSpec } from "./kernel.ts";

/** What every convolution layer can end with. */
export interface EndingOptions extends BiasRules {
  /** Default `"linear"`: none. */
  activation?: Activation;
  /** Whether a bias per output channel is added. Default true. */
  useBias?: boolean;
  /** Default `"zeros"`. */
  biasInitializer?: Initializer;
}

/** Options of a convolution besides its geometry. */
export interface FilterOptions extends EndingOptions, KernelOptions, LayerOptions {
  /** Output channels. */
  filters: number;
}

/** The complete form of `EndingOptions`. */
export type EndingConfig = Required<EndingOptions>;

/** The complete configuration of a convolution over a space. */
export type ConvolutionConfig<S> = EndingConfig & KernelConfig & { filters: number } & S;

/** A geometry in two dimensions; `outputPadding` where it is transposed. */
type PlaneOptions = ConvOptions & { outputPadding?: Pair };

/** The axes of an input, without the batch. */
interface Axes {
  /** How many. */
  readonly rank: 2 | 3;
  /** Their names. */
  readonly axes: string;
}

/**
 * What a convolution runs over: how its options are checked, and what they mean to the passes, which
 * know pictures only.
 */
export interface Space<S> extends Axes {
  /** Fills in and checks the options of the geometry but for groups. */
  complete(options: S, transposed: boolean): S;
  /** The same in two dimensions. */
  plane(config: S): PlaneOptions;
}

/** Pictures `[height, width, channels]`. */
export const PICTURES: Space<PlaneOptions> = {
  rank: 3,
  axes: "[height, width, channels]",
  complete: (options, transposed) => {
    const { kernel, strides, dilations } = checkConvOptions(options);
    const extra = options.outputPadding;
    return {
      kernelSize: kernel,
      strides,
      padding: options.padding ?? "valid",
      dilationRate: dilations,
      ...transposed
        ? { outputPadding: extra === undefined ? undefined : pair(extra, "outputPadding", 0) }
        : {},
    };
  },
  plane: (config) => config,
};

/**
 * Signals `[length, channels]`: pictures of one row. A column would give the same numbers, but along a
 * row the pixels under neighbouring taps are neighbours: kernels copy them in one run and go over
 * whole vectors of them, which is up to four times as fast where channels are few, and never slower.
 */
export const SIGNALS: Space<SignalConvOptions & { outputPadding?: number }> = {
  rank: 2,
  axes: "[length, channels]",
  complete: signalConvOptions,
  plane: rowOptions,
};

/** A shape as height, width and channels. */
export function pictureOf({ rank, axes }: Axes, shape: Shape): [number, number, number] {
  expectRank(shape, rank, axes);
  const [height, width] = rank === 3 ? shape : [1, shape[0]];
  return [height, width, shape[shape.length - 1]];
}

/** The cells of a shape as those of a picture. */
export function pictureCells({ rank }: Axes, cells: Cells): Cells {
  return rank === 3 ? cells : [Uint8Array.of(1), ...cells];
}

/** The shape, in a space, of a picture or of a kernel in two dimensions: both begin with the height. */
export function shapeIn({ rank }: Axes, shape: Shape): Shape {
  return shape.slice(3 - rank);
}

/** Fills in and checks how a convolution ends. */
export function endingConfig(options: EndingOptions): EndingConfig {
  return {
    activation: activationConfig(options.activation),
    useBias: options.useBias ?? true,
    biasInitializer: initializerConfig(options.biasInitializer ?? "zeros"),
    ...weightRules(options, "bias"),
  };
}

/** The bias of a convolution to so many channels, if it has one. */
export function biasSpecs(config: EndingConfig, channels: number): ParameterSpec[] {
  if (!config.useBias) return [];
  const { biasInitializer: initializer } = config;
  return [{ name: "bias", shape: [channels], initializer, ...rulesOf(config, "bias") }];
}

/** Checks that the options every convolution must have are there. */
export function expectGiven(options: object, ...names: string[]): void {
  const missing = names.find((name) => (options as Record<string, unknown>)[name] === undefined);
  if (missing) throw new DeconvError(`${missing} is missing`);
}

/** How a convolution is run. */
interface Run {
  /** Whether as the input gradient of its geometry. */
  transposed?: boolean;
  /** What ends it. Default: nothing. */
  activation?: Activation;
}

/** Adds a convolution (or its transpose) with its kernel, bias and activation to a plan. */
export function lowerConvolution(
  lowering: Lowering,
  geometry: ConvGeometry,
  { transposed = false, activation = "linear" }: Run,
): void {
  const { precision, inference: keep } = lowering;
  const passes = new Conv2dPasses(geometry, { precision, keep });
  const [from] = lowering.inputs;
  const [kernel, bias = null] = lowering.parameters;
  const active = activationConfig(activation);
  const to = active.kind === "linear" ? lowering.output : beforeActivation(lowering, active);
  const [height, width] = transposed ? geometry.input : geometry.output;
  const pixels = geometry.batch * height * width;
  const relu = active.kind === "relu"; // bounded by the kernel that makes it
  const ends = relu ? "relu" : "none", starts = from.gated ? "gate" : "none";
  const weights = kernel.value, start: Block | null = bias && bias.value;
  const trained = lowering.trains(kernel);
  const dbias = bias && lowering.trains(bias) ? bias.gradient : null;
  lowering.add({
    forward: () => {
      if (transposed) passes.inputGradient(from.data, weights, start, to.data, ends);
      else passes.forward(from.data, weights, start, to.data, ends);
    },
    backward: ({ parameters }) => {
      const dy = to.gradient!;
      if (parameters && trained && !transposed) {
        passes.kernelGradient(from.data, dy, kernel.gradient, dbias);
      } else if (parameters) {
        if (trained) passes.kernelGradient(dy, from.data, kernel.gradient);
        if (dbias) columnSums(dy, pixels, dbias);
      }
      // Last: it may overwrite the input.
      if (!from.gradient) return;
      if (transposed) passes.forward(dy, weights, null, from.gradient, starts);
      else passes.inputGradient(dy, weights, null, from.gradient, starts);
    },
  });
  if (active.kind !== "linear") lowerActivation(lowering, active, to, lowering.output, relu);
}

/** The definition of a convolution layer over a space; `transposed` where it is run as the input gradient. */
export function convolutionKind<S extends { groups?: number; kernelSize: unknown }>(
  kind: string,
  space: Space<S>,
  transposed = false,
): LayerKind<ConvolutionConfig<S>> {
  const make = transposed ? convTransposeGeometry : convGeometry;
  const dimensions = space.rank - 1, ties = [`conv${dimensions}d`, `conv${dimensions}d_transpose`];
  const geometry = (config: ConvolutionConfig<S>, shape: Shape, batch = 1) =>
    make(pictureOf(space, shape), config.filters, space.plane(config), batch);
  return {
    kind,
    relevance: "weighted",
    gates: true,
    ties,
    configure: (options) => {
      expectGiven(options, "kernelSize", "filters");
      return {
        filters: positive(options.filters, "filters"),
        ...space.complete(options, transposed),
        groups: positive(options.groups ?? 1, "groups"),
        ...kernelConfig(options),
        ...endingConfig(options),
      };
    },
    activation: (config) => (config.activation as ActivationConfig).kind,
    outputShape: (config, [shape]) => {
      const { input, output } = geometry(config, shape);
      return shapeIn(space, transposed ? input : output);
    },
    reach: (config, [shape], cells) => {
      const { kind } = config.activation as ActivationConfig;
      const made = pictureCells(space, cellsBefore(cells, kind));
      const read = convReach(geometry(config, shape), made, transposed);
      return [read.slice(3 - space.rank)];
    },
    parameters: (config, [shape]) => {
      const { kernel, groups, input, output } = geometry(config, shape);
      const taps = kernel[0] * kernel[1];
      const [from, to] = transposed ? [output[2], input[2]] : [input[2], output[2]];
      const sizes = {
        shape: shapeIn(space, [...kernel, input[2] / groups, output[2]]),
        fanIn: taps * from / groups,
        fanOut: taps * to / groups,
      };
      return [kernelSpec(config, sizes), ...biasSpecs(config, config.filters)];
    },
    lower: (config, lowering) => {
      const [batch, ...shape] = lowering.inputs[0].shape;
      const { activation } = config;
      lowerConvolution(lowering, geometry(config, shape, batch), { transposed, activation });
    },
  };
}
