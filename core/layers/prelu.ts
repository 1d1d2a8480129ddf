import type { Constraint } from "../constraints.ts";
import { DeconvError } from "../errors.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { sameCells } from "../reach.ts";
import type { Regularizer } from "../regularizers.ts";
import type { Shape } from "../tensor.ts";
import { rulesOf, weightRules } from "../weight_rules.ts";
import { broadcast, sumsTo } from "../wasm/broadcast.ts";

/** Options of `prelu`. */
export interface PreluOptions extends LayerOptions {
  /** Axes along which one slope serves all, counted from 1 without the batch. Default none. */
  sharedAxes?: readonly number[];
  /** Default `"zeros"`. */
  alphaInitializer?: Initializer;
  /** A penalty on the slopes, part of the loss. Default none. */
  alphaRegularizer?: Regularizer | null;
  /** What the slopes must be after each step. Default anything. */
  alphaConstraint?: Constraint | null;
}

type PreluConfig = Required<Omit<PreluOptions, keyof LayerOptions>>;

/** The slopes' shape for an input's. */
function alphaShape({ sharedAxes }: PreluConfig, shape: Shape): Shape {
  const beyond = sharedAxes.find((axis) => axis > shape.length);
  if (beyond !== undefined) {
    throw new DeconvError(
      `sharedAxes has axis ${beyond}, and there are ${shape.length} after the batch`,
    );
  }
  return shape.map((size, i) => sharedAxes.includes(i + 1) ? 1 : size);
}

/** The definition of the layer with learned slopes. */
export const preluKind: LayerKind<PreluConfig> = {
  kind: "prelu",
  relevance: "pass",
  configure: (options) => {
    const { sharedAxes = [], alphaInitializer = "zeros" } = options;
    const valid = Array.isArray(sharedAxes) &&
      sharedAxes.every((axis) => Number.isInteger(axis) && axis >= 1);
    if (!valid) {
      throw new DeconvError(
        `sharedAxes must be axes counted from 1 without the batch, such as [1, 2]; it is ${
          JSON.stringify(sharedAxes)
        }`,
      );
    }
    return {
      sharedAxes: [...sharedAxes],
      alphaInitializer: initializerConfig(alphaInitializer),
      ...weightRules(options, "alpha"),
    };
  },
  outputShape: (config, [shape]) => {
    alphaShape(config, shape);
    return shape;
  },
  reach: sameCells,
  parameters: (config, [shape]) => [{
    name: "alpha",
    shape: alphaShape(config, shape),
    initializer: config.alphaInitializer,
    ...rulesOf(config, "alpha"),
  }],
  lower: (_config, { inputs: [from], output, parameters: [alpha], trainable, saved, add }) => {
    const { shape } = output, slopes = [1, ...alpha.shape];
    const x = { block: from.data, shape }, w = { block: alpha.value, shape: slopes };
    const forward = broadcast("slope", shape, x, w, output.data, from.data);
    const dy = output.gradient, dx = from.gradient;
    const inputGradient = dy && dx && broadcast("slope", shape, x, w, dx, dy);
    const slopeGradient = dy && trainable && sumsTo(shape, slopes, dy, from.data, alpha.gradient, {
      below: true,
      add: true,
      temporary: saved,
    });
    add({
      forward,
      backward: ({ parameters }) => {
        if (parameters && slopeGradient) slopeGradient();
        if (inputGradient) inputGradient();
      },
    });
  },
};

/**
 * A relu whose slope below 0 is learned: y = x where x > 0, else α·x (He et al. 2015).
 *
 * As in Keras there is an α for every value of a picture; `sharedAxes: [1, 2]` shares it over the
 * pixels, one for each channel, which is what the paper has.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { conv2d, prelu, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 8, kernelSize: 3, inputShape: [16, 16, 3] }),
 *   prelu({ sharedAxes: [1, 2], alphaInitializer: { kind: "constant", value: 0.25 } }),
 * ]);
 * console.log(net.parameters.at(-1)!.shape); // [1, 1, 8]
 * ```
 */
export function prelu(options: PreluOptions = {}): Layer {
  return createLayer(preluKind, options);
}
