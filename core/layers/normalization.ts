/** What the normalisation layers share: epsilon, gamma and beta, and the kernels over rows. */
import type { Block } from "../block.ts";
import type { Constraint } from "../constraints.ts";
import { DeconvError } from "../errors.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import type { LayerOptions, ParameterSpec } from "../layer.ts";
import type { BackwardContext, Lowering, Parameter, Value } from "../operation.ts";
import { type Cells, groupReach, widened } from "../reach.ts";
import type { Regularizer } from "../regularizers.ts";
import type { Shape } from "../tensor.ts";
import { rulesOf, weightRules } from "../weight_rules.ts";
import {
  type Affine,
  normApply,
  normGradient,
  type NormShape,
  normStatistics,
  statisticsLength,
} from "../wasm/norm.ts";

/** Options that all normalisation layers take. */
export interface NormalizationOptions extends LayerOptions {
  /** A penalty on gamma, part of the loss. Default none. */
  gammaRegularizer?: Regularizer | null;
  /** What gamma must be after each step. Default anything. */
  gammaConstraint?: Constraint | null;
  /** A penalty on beta, part of the loss. Default none. */
  betaRegularizer?: Regularizer | null;
  /** What beta must be after each step. Default anything. */
  betaConstraint?: Constraint | null;
  /** Added to the variance before its square root is taken. Default 1e-3. */
  epsilon?: number;
  /** Whether an offset beta is added. Default true. */
  center?: boolean;
  /** Whether the result is multiplied by a factor gamma. Default true. */
  scale?: boolean;
  /** Default `"zeros"`. */
  betaInitializer?: Initializer;
  /** Default `"ones"`. */
  gammaInitializer?: Initializer;
}

/** These options, complete. */
export type NormalizationConfig = Required<Omit<NormalizationOptions, keyof LayerOptions>>;

/** Fills in and checks what all normalisation layers share. */
export function configureNormalization(options: NormalizationOptions): NormalizationConfig {
  const { epsilon = 1e-3, center = true, scale = true } = options;
  if (!(typeof epsilon === "number" && epsilon > 0 && epsilon < Infinity)) {
    throw new DeconvError(`epsilon must be a number above 0, such as 1e-3; it is ${epsilon}`);
  }
  return {
    epsilon,
    center: flag(center, "center"),
    scale: flag(scale, "scale"),
    betaInitializer: initializerConfig(options.betaInitializer ?? "zeros"),
    gammaInitializer: initializerConfig(options.gammaInitializer ?? "ones"),
    ...weightRules(options, "gamma"),
    ...weightRules(options, "beta"),
  };
}

/** Checks an option that is true or false. */
export function flag(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw new DeconvError(`${name} must be true or false; it is ${JSON.stringify(value)}`);
}

/** Checks that the axis, where one is given, is the last: channels are nowhere else. */
export function expectLastAxis(options: object): void {
  const { axis = -1 } = options as { axis?: unknown };
  if (axis !== -1) {
    throw new DeconvError(
      `axis must be -1, the last: channels are last in every array; it is ${JSON.stringify(axis)}`,
    );
  }
}

/** All places, and the channels that are normalised together with these. */
export function acrossPlaces(cells: Cells, groups: number): Cells {
  const channels = cells[cells.length - 1];
  return [
    ...cells.slice(0, -1).map((axis) => widened(axis)),
    groupReach(channels, groups, channels.length),
  ];
}

/** Gamma and beta of this shape, as far as they are wanted. */
export function affineParameters(
  config: NormalizationConfig,
  shape: Shape,
): ParameterSpec[] {
  const { center, scale, gammaInitializer, betaInitializer } = config;
  const gamma = {
    name: "gamma",
    shape,
    initializer: gammaInitializer,
    ...rulesOf(config, "gamma"),
  };
  const beta = { name: "beta", shape, initializer: betaInitializer, ...rulesOf(config, "beta") };
  return [...scale ? [gamma] : [], ...center ? [beta] : []];
}

/** Gamma and beta among the parameters that `affineParameters` begins. */
export function affineOf(
  { center, scale }: NormalizationConfig,
  { parameters }: Lowering,
): Affine<Parameter> {
  return {
    gamma: scale ? parameters[0] : null,
    beta: center ? parameters[scale ? 1 : 0] : null,
  };
}

/** The values of gamma and beta. */
export function valuesOf({ gamma, beta }: Affine<Parameter>): Affine<Parameter["value"]> {
  return { gamma: gamma && gamma.value, beta: beta && beta.value };
}

/** Where the gradients of gamma and beta go, if they are wanted. */
export function gradientsOf(
  { gamma, beta }: Affine<Parameter>,
  wanted: boolean,
): Affine<Parameter["gradient"]> {
  return {
    gamma: wanted && gamma ? gamma.gradient : null,
    beta: wanted && beta ? beta.gradient : null,
  };
}

/** How the kernels see a value: its last axis as channels, all between the batch and it as rows. */
export function rowsOf({ shape }: Value): { batch: number; rows: number; channels: number } {
  const rows = shape.slice(1, -1).reduce((product, size) => product * size, 1);
  return { batch: shape[0], rows, channels: shape[shape.length - 1] };
}

/** Adds a normalisation of each picture by its own statistics, over groups of channels, to a plan. */
export function lowerGroups(
  config: NormalizationConfig,
  lowering: Lowering,
  groups: number,
): void {
  const { inputs: [from], output: to } = lowering;
  const { batch: instances, rows, channels } = rowsOf(from);
  const shape: NormShape = { instances, rows, channels, groups, epsilon: config.epsilon };
  const statistics = lowering.saved(statisticsLength(instances * groups));
  const affine = affineOf(config, lowering), values = valuesOf(affine);
  lowering.add({
    forward: () => {
      normStatistics(shape, from.data, statistics);
      normApply(shape, statistics, values, from.data, to.data);
    },
    backward: (context) => normBackward(context, lowering, shape, statistics, affine),
  });
}

/** The backward pass of a normalisation; `constant` where its statistics do not depend on the input. */
export function normBackward(
  { parameters }: BackwardContext,
  { inputs: [x], output: y, trainable }: Lowering,
  shape: NormShape,
  statistics: Block,
  affine: Affine<Parameter>,
  constant = false,
): void {
  const gradients = gradientsOf(affine, parameters && trainable), { gamma } = valuesOf(affine);
  normGradient(shape, statistics, gamma, x.data, y.gradient!, x.gradient, gradients, {
    constant,
    gate: x.gated,
  });
}
