import type { Precision } from "./algorithm.ts";
import { DeconvError } from "./errors.ts";
import { buildGraph } from "./graph.ts";
import { input, type Layer, type Symbolic } from "./layer.ts";
import { Model } from "./model.ts";
import type { Shape } from "./tensor.ts";

/** What `model` and `sequential` take besides their layers. */
export interface ModelOptions {
  /** Name for titles and saved files. Default `"model"`. */
  name?: string;
  /** Decides the initial parameters. Default 0. */
  seed?: number;
  /** How exact convolutions are. Default `"fast"`. */
  precision?: Precision;
}

/**
 * A model with any graph of layers: branches, skips, several inputs and outputs, shared layers.
 *
 * @param ends The inputs and outputs: values made by `input` and by applying layers.
 * @throws {DeconvError} When an output depends on an input that is not given, or a name is taken twice.
 */
export function model(
  ends: { inputs: Symbolic | readonly Symbolic[]; outputs: Symbolic | readonly Symbolic[] },
  options: ModelOptions = {},
): Model {
  const all = (x: Symbolic | readonly Symbolic[]) =>
    Array.isArray(x) ? x as readonly Symbolic[] : [x as Symbolic];
  const made = new Model(buildGraph(all(ends.inputs), all(ends.outputs)), options);
  if (options.precision) made.precision = options.precision;
  return made;
}

/**
 * A model of layers one after the other.
 *
 * @param layers At least one; the first has an `inputShape`, unless `options.inputShape` is given.
 * @throws {DeconvError} When no input shape is given or two layers do not fit.
 *
 * @example
 * ```ts
 * import { conv2d, conv2dTranspose, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 16, kernelSize: 3, strides: 2, padding: "same", activation: "relu", inputShape: [32, 32, 3] }),
 *   conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same", activation: "sigmoid" }),
 * ]);
 * console.log(net.outputShape, net.parameterCount); // [32, 32, 3] 1219
 * ```
 */
export function sequential(
  layers: readonly Layer[],
  options: ModelOptions & { inputShape?: Shape } = {},
): Model {
  const shape = options.inputShape ?? layers[0]?.inputShape;
  if (!layers.length) throw new DeconvError("A sequential model needs at least one layer");
  if (!shape) {
    throw new DeconvError(
      `A sequential model needs to know its input: give inputShape to its first layer, ${
        layers[0].title
      }, such as inputShape: [32, 32, 3]`,
    );
  }
  const start = input({ shape });
  const end = layers.reduce((value: Symbolic, layer) => layer.apply(value), start);
  return model({ inputs: start, outputs: end }, options);
}
