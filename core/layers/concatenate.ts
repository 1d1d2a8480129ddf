import { DeconvError } from "../errors.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { type Shape, sizeOf } from "../tensor.ts";
import { boxCopy } from "../wasm/copy.ts";

/** Options of `concatenate`. */
export interface ConcatenateOptions extends LayerOptions {
  /** The axis to join along: counted with the batch as 0, or from the last as −1. Default −1. */
  axis?: number;
}

type ConcatenateConfig = { axis: number };

/** The axis without the batch. */
function joinedAxis(axis: number, rank: number): number {
  const place = axis < 0 ? axis + rank : axis - 1;
  if (place >= 0 && place < rank) return place;
  const batch = place === -1 ? "is the batch, which cannot be joined" : "is none of its axes";
  throw new DeconvError(`axis ${axis} ${batch}; use 1 … ${rank} or -1 … -${rank}`);
}

/** The definition of the joining layer. */
export const concatenateKind: LayerKind<ConcatenateConfig> = {
  kind: "concatenate",
  relevance: "copy",
  inputs: [2, Infinity],
  configure: ({ axis = -1 }) => {
    if (!Number.isInteger(axis)) {
      throw new DeconvError(`axis must be a whole number; it is ${axis}`);
    }
    if (axis === 0) joinedAxis(axis, 1);
    return { axis };
  },
  outputShape: ({ axis }, shapes) => {
    const [first] = shapes, joined = joinedAxis(axis, first.length);
    const fits = (shape: Shape) =>
      shape.length === first.length &&
      shape.every((size, i) => i === joined || size === first[i]);
    if (!shapes.every(fits)) {
      throw new DeconvError(`all inputs must have the same shape but for axis ${axis}`);
    }
    return first.with(joined, shapes.reduce((sum, shape) => sum + shape[joined], 0));
  },
  reach: ({ axis }, shapes, cells) => {
    const joined = joinedAxis(axis, cells.length);
    let from = 0;
    return shapes.map((shape) => {
      const own = cells[joined].slice(from, from += shape[joined]);
      return cells.with(joined, own);
    });
  },
  lower: ({ axis }, { inputs, output, add }) => {
    const joined = joinedAxis(axis, output.shape.length - 1) + 1;
    const lines = sizeOf(output.shape.slice(0, joined)), length = output.data.length / lines;
    let offset = 0;
    const copies = inputs.map(({ data, gradient }) => {
      const own = data.length / lines,
        sizes = [lines, own],
        apart = { offset, strides: [length, 1] };
      offset += own;
      return {
        forward: boxCopy(sizes, { block: data, strides: [own, 1] }, {
          block: output.data,
          ...apart,
        }),
        backward: gradient &&
          boxCopy(sizes, { block: output.gradient!, ...apart }, {
            block: gradient,
            strides: [own, 1],
          }),
      };
    });
    add({
      forward: () => copies.forEach(({ forward }) => forward()),
      backward: () => copies.forEach(({ backward }) => backward?.()),
    });
  },
};

/**
 * Joins two or more inputs along an axis, by default their channels: the skips of a U-Net
 * (Ronneberger et al. 2015).
 *
 * @param options `axis`: as in Keras, counted with the batch as 0, or from the last as −1 (default).
 * @throws {DeconvError} When the axis is the batch, or the inputs differ along another one.
 *
 * @example
 * ```ts
 * import { concatenate, conv2d, input, model } from "@deconv/deconv";
 * const x = input({ shape: [8, 8, 4] });
 * const y = conv2d({ filters: 6, kernelSize: 3, padding: "same" }).apply(x);
 * console.log(model({ inputs: x, outputs: concatenate().apply([x, y]) }).outputShape); // [8, 8, 10]
 * ```
 */
export function concatenate(options: ConcatenateOptions = {}): Layer {
  return createLayer(concatenateKind, options);
}
