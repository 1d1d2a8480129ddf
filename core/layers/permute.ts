import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { boxCopy, denseStrides } from "../wasm/copy.ts";

type PermuteConfig = { dims: readonly number[] };

/** Axes after the batch that can be put in another order. */
const MOST = 4;

/** The definition of the permutation layer. */
export const permuteKind: LayerKind<PermuteConfig> = {
  kind: "permute",
  relevance: "copy",
  configure: ({ dims }) => {
    const valid = Array.isArray(dims) && dims.length > 0 && dims.length <= MOST &&
      dims.every((_, i) => dims.includes(i + 1));
    if (valid) return { dims: [...dims] };
    throw new DeconvError(
      `dims must be the numbers 1 … n of up to ${MOST} axes after the batch, each once; it is ${
        JSON.stringify(dims)
      }`,
    );
  },
  outputShape: ({ dims }, [shape]) => {
    if (shape.length === dims.length) return dims.map((dim) => shape[dim - 1]);
    throw new DeconvError(
      `dims [${dims.join(",")}] need ${dims.length} axis(es) after the batch, not ${shape.length}`,
    );
  },
  reach: ({ dims }, _inputs, cells) => [cells.map((_, axis) => cells[dims.indexOf(axis + 1)])],
  lower: ({ dims }, { inputs: [from], output, add }) => {
    const order = [0, ...dims], natural = denseStrides(from.shape);
    const there = order.map((axis) => natural[axis]), dense = denseStrides(output.shape);
    // dx in its own order, where each axis of it stands in dy.
    const back = natural.map((_, axis) => dense[order.indexOf(axis)]);
    const turn = boxCopy(
      output.shape,
      { block: from.data, strides: there },
      { block: output.data, strides: dense },
    );
    const turnBack = from.gradient && boxCopy(
      from.shape,
      { block: output.gradient!, strides: back },
      { block: from.gradient, strides: natural },
    );
    add({ forward: turn, backward: () => turnBack?.() });
  },
};

/**
 * Puts the axes of each picture into another order.
 *
 * @param dims As in Keras: for each axis of the output the axis of the input it was, counted from 1
 * without the batch; up to four.
 * @throws {DeconvError} When `dims` are not 1 … n in some order, or n is not the number of axes.
 *
 * @example Channels first
 * ```ts
 * import { permute, sequential } from "@deconv/deconv";
 * const net = sequential([permute([3, 1, 2], { inputShape: [32, 24, 3] })]);
 * console.log(net.outputShape); // [3, 32, 24]
 * ```
 */
export function permute(dims: readonly number[], options: LayerOptions = {}): Layer {
  return createLayer(permuteKind, { dims, ...options });
}
