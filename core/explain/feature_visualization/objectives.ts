import { DeconvError } from "../../errors.ts";
import { sizeOf, type Tensor } from "../../tensor.ts";
import type { ScalarTarget } from "../target.ts";

/**
 * A direction in what a layer makes, as a target: the mean over places of ⟨a, v⟩, times the cosine of the
 * angle to v (0.1 at least) to a power, as Lucid has it; a unit alone is the direction of one axis.
 *
 * @param layer Name of the layer.
 * @param vector One number for each channel.
 * @param options `cosinePower`, default 0: how much pointing there counts beside length.
 * @throws {DeconvError} When the vector is all 0; where it is used, when it does not have a number for each
 * channel.
 *
 * @example
 * ```ts
 * import { activationDirection, featureVisualization, preset } from "@deconv/deconv";
 * const net = preset("deconv-autoencoder").build({ seed: 0 });
 * const vector = Float32Array.from({ length: 128 }, (_, i) => i === 3 || i === 4 ? 1 : 0);
 * const { pictures } = featureVisualization(net, {
 *   target: activationDirection("code/linear", vector),
 *   steps: 4,
 * });
 * console.log(pictures.shape); // [1, 32, 32, 3]
 * ```
 */
export function activationDirection(
  layer: string,
  vector: ArrayLike<number>,
  { cosinePower = 0 }: { cosinePower?: number } = {},
): ScalarTarget {
  const v = Array.from(vector), length = Math.hypot(...v);
  if (!(length > 0)) throw new DeconvError("A direction needs a vector that is not all 0");
  return {
    kind: "scalar",
    layer,
    scalar: ({ shape, data }: Tensor) => {
      const channels = shape[shape.length - 1], width = sizeOf(shape.slice(1));
      if (channels !== v.length) {
        throw new DeconvError(
          `The direction has ${v.length} numbers, and "${layer}" has ${channels} channels`,
        );
      }
      const gradient = new Float32Array(data.length), places = width / channels;
      const values = Array.from({ length: shape[0] }, (_, n) => {
        let sum = 0;
        for (let at = n * width; at < (n + 1) * width; at += channels) {
          let dot = 0, square = 0;
          for (let c = 0; c < channels; c++) {
            dot += v[c] * data[at + c];
            square += data[at + c] ** 2;
          }
          const norm = Math.sqrt(square) + 1e-6, cosine = dot / norm / length;
          const bounded = Math.max(0.1, cosine), factor = bounded ** cosinePower;
          sum += dot * factor / places;
          const slope = cosine > 0.1 ? cosinePower * factor / bounded : 0;
          for (let c = 0; c < channels; c++) {
            const turn = v[c] / norm / length - cosine * data[at + c] / norm / norm;
            gradient[at + c] = (factor * v[c] + dot * slope * turn) / places;
          }
        }
        return sum;
      });
      return { values, gradient: { shape, data: gradient } };
    },
  };
}

/**
 * A whole layer as a target, as in DeepDream (Mordvintsev et al. 2015): the mean of its squares, so that
 * whatever is there already grows.
 *
 * @param layer Name of the layer.
 */
export function wholeLayer(layer: string): ScalarTarget {
  return {
    kind: "scalar",
    layer,
    scalar: ({ shape, data }) => {
      const width = sizeOf(shape.slice(1));
      const values = Array.from({ length: shape[0] }, (_, n) => {
        const own = data.subarray(n * width, (n + 1) * width);
        return own.reduce((sum, value) => sum + value * value / width, 0);
      });
      return { values, gradient: { shape, data: data.map((value) => 2 * value / width) } };
    },
  };
}
