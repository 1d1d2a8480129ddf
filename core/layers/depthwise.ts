import type { Constraint } from "../constraints.ts";
import { type ConvGeometry, convGeometry, positive } from "../geometry.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import type { Config, LayerKind, LayerOptions, ParameterSpec } from "../layer.ts";
import type { Value } from "../operation.ts";
import { type Cells, cellsBefore, convReach, widened } from "../reach.ts";
import type { Regularizer } from "../regularizers.ts";
import { type Shape, sizeOf } from "../tensor.ts";
import { rulesOf, weightRules } from "../weight_rules.ts";
import type { ActivationConfig } from "./activation.ts";
import {
  biasSpecs,
  endingConfig,
  type EndingOptions,
  expectGiven,
  lowerConvolution,
  pictureCells,
  pictureOf,
  shapeIn,
  type Space,
} from "./convolution.ts";

/** Options of a depthwise convolution besides its geometry. */
export interface DepthwiseOptions extends EndingOptions, LayerOptions {
  /** Output channels that each input channel makes. Default 1. */
  depthMultiplier?: number;
  /** Default `"glorot_uniform"`. */
  depthwiseInitializer?: Initializer;
  /** A penalty on the depthwise kernel, part of the loss. Default none. */
  depthwiseRegularizer?: Regularizer | null;
  /** What the depthwise kernel must be after each step. Default anything. */
  depthwiseConstraint?: Constraint | null;
}

/** Options of a separable convolution besides its geometry. */
export interface SeparableOptions extends DepthwiseOptions {
  /** Output channels. */
  filters: number;
  /** Default `"glorot_uniform"`. */
  pointwiseInitializer?: Initializer;
  /** A penalty on the pointwise kernel, part of the loss. Default none. */
  pointwiseRegularizer?: Regularizer | null;
  /** What the pointwise kernel must be after each step. Default anything. */
  pointwiseConstraint?: Constraint | null;
}

/** The complete configuration of a depthwise convolution over a space. */
export type DepthwiseConfig<S> = Required<Omit<DepthwiseOptions, keyof LayerOptions>> & S;

/** The complete configuration of a separable convolution over a space. */
export type SeparableConfig<S> = Required<Omit<SeparableOptions, keyof LayerOptions>> & S;

type Sized = { kernelSize: unknown };

/** Channel c makes the channels c·multiplier + m: a convolution with a group for each channel. */
function geometryOf<S>(
  space: Space<S>,
  config: DepthwiseConfig<S>,
  shape: Shape,
  batch = 1,
): ConvGeometry {
  const picture = pictureOf(space, shape), channels = picture[2];
  const options = { ...space.plane(config), groups: channels };
  return convGeometry(picture, channels * config.depthMultiplier, options, batch);
}

function reachOf<S>(
  space: Space<S>,
  config: DepthwiseConfig<S>,
  shape: Shape,
  cells: Cells,
): Cells {
  const read = convReach(geometryOf(space, config, shape), pictureCells(space, cells));
  return read.slice(3 - space.rank);
}

function configure<S extends Sized>(
  space: Space<S>,
  options: DepthwiseConfig<S>,
): DepthwiseConfig<S> {
  expectGiven(options, "kernelSize");
  return {
    ...space.complete(options, false),
    depthMultiplier: positive(options.depthMultiplier ?? 1, "depthMultiplier"),
    depthwiseInitializer: initializerConfig(options.depthwiseInitializer ?? "glorot_uniform"),
    ...weightRules(options, "depthwise"),
    ...endingConfig(options),
  };
}

/** `[kh, kw, channels, multiplier]`: in memory the `[kh, kw, 1, channels·multiplier]` of the groups. */
function kernelSpec<S>(
  space: Space<S>,
  name: string,
  config: DepthwiseConfig<S>,
  shape: Shape,
): ParameterSpec {
  const { kernel, input } = geometryOf(space, config, shape);
  const taps = kernel[0] * kernel[1], { depthMultiplier } = config;
  return {
    name,
    shape: shapeIn(space, [...kernel, input[2], depthMultiplier]),
    initializer: config.depthwiseInitializer,
    fanIn: taps,
    fanOut: taps * depthMultiplier,
    ...rulesOf(config, "depthwise"),
  };
}

/** The definition of a depthwise convolution layer over a space. */
export function depthwiseKind<S extends Sized>(
  kind: string,
  space: Space<S>,
): LayerKind<DepthwiseConfig<S>> {
  return {
    kind,
    relevance: "weighted",
    gates: true,
    configure: (options) => configure(space, options),
    activation: (config) => (config.activation as ActivationConfig).kind,
    outputShape: (config, [shape]) => shapeIn(space, geometryOf(space, config, shape).output),
    reach: (config, [shape], cells) => {
      const { kind } = config.activation as ActivationConfig;
      return [reachOf(space, config, shape, cellsBefore(cells, kind))];
    },
    parameters: (config, [shape]) => [
      kernelSpec(space, "kernel", config, shape),
      ...biasSpecs(config, shape[shape.length - 1] * config.depthMultiplier),
    ],
    lower: (config, lowering) => {
      const [batch, ...shape] = lowering.inputs[0].shape, { activation } = config;
      lowerConvolution(lowering, geometryOf(space, config, shape, batch), { activation });
    },
  };
}

/** The definition of a separable convolution layer over a space. */
export function separableKind<S extends Sized>(
  kind: string,
  space: Space<S>,
): LayerKind<SeparableConfig<S>> {
  return {
    kind,
    gates: true,
    configure: (options) => {
      expectGiven(options, "kernelSize", "filters");
      return {
        filters: positive(options.filters, "filters"),
        pointwiseInitializer: initializerConfig(options.pointwiseInitializer ?? "glorot_uniform"),
        ...weightRules(options, "pointwise"),
        ...configure(space, options),
      };
    },
    activation: (config) => (config.activation as ActivationConfig).kind,
    outputShape: (config, [shape]) => {
      const [height, width] = geometryOf(space, config, shape).output;
      return shapeIn(space, [height, width, config.filters]);
    },
    reach: (config, [shape], cells) => {
      // The pointwise convolution mixes all channels.
      const channels = shape[shape.length - 1] * config.depthMultiplier;
      const middle = cells.with(-1, widened(cells[cells.length - 1], channels));
      return [reachOf(space, config, shape, middle)];
    },
    parameters: (config, [shape]) => {
      const channels = shape[shape.length - 1] * config.depthMultiplier, { filters } = config;
      return [kernelSpec(space, "depthwise_kernel", config, shape), {
        name: "pointwise_kernel",
        shape: shapeIn(space, [1, 1, channels, filters]),
        initializer: config.pointwiseInitializer,
        fanIn: channels,
        fanOut: filters,
        ...rulesOf(config, "pointwise"),
      }, ...biasSpecs(config, filters)];
    },
    parts: ({ filters, useBias, ...config }, [depthwise, ...pointwise]) => [
      {
        kind: kind.replace("separable", "depthwise"),
        config: { ...config, useBias: false, activation: "linear" } as unknown as Config,
        parameters: [depthwise],
      },
      {
        kind: kind.replace("separable_", ""),
        config: { filters, useBias, kernelSize: 1, activation: config.activation },
        parameters: pointwise,
      },
    ],
    lower: (config, lowering) => {
      const [batch, ...shape] = lowering.inputs[0].shape, { activation, filters } = config;
      const [depthwise, ...pointwise] = lowering.parameters;
      const across = geometryOf(space, config, shape, batch);
      const size = batch * sizeOf(across.output);
      const middle: Value = {
        shape: [batch, ...shapeIn(space, across.output)],
        data: lowering.saved(size),
        gradient: lowering.inference ? null : lowering.saved(size),
      };
      lowerConvolution({ ...lowering, output: middle, parameters: [depthwise] }, across, {});
      const through = convGeometry(across.output, filters, { kernelSize: 1 }, batch);
      const rest = { ...lowering, inputs: [middle], parameters: pointwise };
      lowerConvolution(rest, through, { activation });
    },
  };
}
