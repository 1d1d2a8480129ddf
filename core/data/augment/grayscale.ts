import { expectColour, lumaAt, rasterSize } from "./raster.ts";
import {
  checkOptions,
  type PictureTransformation,
  type TransformationOptions,
} from "./transformation.ts";

/**
 * Takes the colour out of pictures: all three channels become the luminance, 0.299 red + 0.587 green
 * + 0.114 blue. The shape stays, so that gray and coloured pictures can come together.
 *
 * @param options `probability` (default 1).
 * @throws {DeconvError} For an option there is not. Pictures without three channels are refused by
 * `augment`.
 *
 * @example
 * ```ts
 * import { augment, randomGrayscale, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [randomGrayscale({ probability: 0.1 })]);
 * console.log(dataset.shape); // [32, 32, 3]
 * ```
 */
export function randomGrayscale(options: TransformationOptions = {}): PictureTransformation {
  const { probability = 1, ...rest } = options;
  checkOptions("grayscale", probability, rest);
  return {
    config: { kind: "grayscale", probability },
    probability,
    changes: "values",
    shape: (shape) => expectColour("grayscale", shape),
    apply(from, to) {
      const size = rasterSize(from);
      for (let i = 0; i < size; i += 3) {
        to.data[i] = to.data[i + 1] = to.data[i + 2] = lumaAt(from.data, i);
      }
      return true;
    },
  };
}
