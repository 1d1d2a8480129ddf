import { DeconvError } from "../errors.ts";
import {
  type Config,
  createLayer,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import type { Lowering } from "../operation.ts";
import { reshapeReach } from "../reach.ts";
import { type Shape, sizeOf } from "../tensor.ts";

type ReshapeConfig = Config & { targetShape: Shape };

function lowerCopy({ inputs: [from], output, add }: Lowering): void {
  add({
    forward: () => output.data.view.set(from.data.view),
    backward: () => from.gradient?.view.set(output.gradient!.view),
  });
}

/** The definition of the reshape layer. */
export const reshapeKind: LayerKind<ReshapeConfig> = {
  kind: "reshape",
  relevance: "copy",
  configure: ({ targetShape }) => {
    const valid = Array.isArray(targetShape) && targetShape.length > 0 &&
      targetShape.every((size) => Number.isInteger(size) && (size > 0 || size === -1)) &&
      targetShape.filter((size) => size === -1).length <= 1;
    if (!valid) {
      throw new DeconvError(
        `targetShape must be positive whole numbers, at most one of them -1; it is ${
          JSON.stringify(targetShape)
        }`,
      );
    }
    return { targetShape };
  },
  outputShape: ({ targetShape }, [shape]) => {
    const size = sizeOf(shape), known = -sizeOf(targetShape);
    const full = targetShape.map((s) => s === -1 ? size / known : s);
    if (sizeOf(full) !== size || !full.every(Number.isInteger)) {
      throw new DeconvError(`${size} values cannot take the shape [${targetShape.join(",")}]`);
    }
    return full;
  },
  reach: (_config, [shape], cells) => [reshapeReach(shape, cells)],
  lower: (_config, lowering) => lowerCopy(lowering),
};

/** The definition of the flatten layer. */
export const flattenKind: LayerKind = {
  kind: "flatten",
  relevance: "copy",
  configure: () => ({}),
  outputShape: (_config, [shape]) => [sizeOf(shape)],
  reach: (_config, [shape], cells) => [reshapeReach(shape, cells)],
  lower: (_config, lowering) => lowerCopy(lowering),
};

/**
 * Gives each picture's values another shape, in the same order.
 *
 * @param targetShape Sizes without the batch; one may be -1 and follows from the others.
 * @throws {DeconvError} When the number of values does not fit.
 *
 * @example
 * ```ts
 * import { dense, reshape, sequential } from "@deconv/deconv";
 * const net = sequential([dense({ units: 64, inputShape: [8] }), reshape([4, 4, -1])]);
 * console.log(net.outputShape); // [4, 4, 4]
 * ```
 */
export function reshape(targetShape: Shape, options: LayerOptions = {}): Layer {
  return createLayer(reshapeKind, { targetShape, ...options });
}

/** Gives each picture's values the shape `[count]`. */
export function flatten(options: LayerOptions = {}): Layer {
  return createLayer(flattenKind, options);
}
