import { DeconvError } from "../../errors.ts";
import { shapeText } from "../../tensor.ts";
import { rasterSize } from "./raster.ts";
import {
  checkNumber,
  checkOptions,
  type PictureTransformation,
  type TransformationOptions,
} from "./transformation.ts";

/** Options of {@linkcode normalize}. */
export interface NormalizeOptions extends TransformationOptions {
  /** The mean of each channel, or one for all. */
  readonly mean: number | readonly number[];
  /** The standard deviation of each channel, or one for all. */
  readonly std: number | readonly number[];
}

/**
 * Brings channels to mean 0 and deviation 1: `(x - mean) / std`. Nothing is random about it; what is
 * used for training must be used for validation and prediction too. It goes last, as other
 * transformations of values work on 0..1. `channelStatistics` measures the numbers of a dataset.
 *
 * @param options `mean` and `std`, one number for each channel or one for all.
 * @throws {DeconvError} For deviations that are not above 0, or an option there is not. Pictures with
 * another number of channels are refused by `augment`.
 *
 * @example
 * ```ts
 * import { augment, normalize, shapes } from "@deconv/deconv";
 * const cifar10 = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };
 * const dataset = augment(shapes({ size: 100 }), [normalize(cifar10)]);
 * console.log(dataset.size); // 100
 * ```
 */
export function normalize(options: NormalizeOptions): PictureTransformation {
  const { mean, std, probability = 1, ...rest } = options;
  checkOptions("normalize", probability, rest);
  if (mean === undefined || std === undefined) {
    throw new DeconvError("normalize needs a mean and a std: channelStatistics measures them");
  }
  const means = [mean].flat() as number[], stds = [std].flat() as number[];
  means.forEach((value) => checkNumber("normalize", "mean", value));
  stds.forEach((value) => checkNumber("normalize", "std", value, 1e-12));
  return {
    config: { kind: "normalize", mean, std, probability },
    probability,
    changes: "units",
    shape(shape) {
      for (const { length } of [means, stds]) {
        if (length === 1 || length === shape[2]) continue;
        throw new DeconvError(
          `Cannot apply normalize with ${length} numbers to pictures of shape ${
            shapeText(shape)
          }: give one for each channel`,
        );
      }
      return shape;
    },
    apply(from, to) {
      const { channels } = from, size = rasterSize(from);
      for (let c = 0; c < channels; c++) {
        const middle = means[c % means.length], scale = 1 / stds[c % stds.length];
        for (let i = c; i < size; i += channels) to.data[i] = (from.data[i] - middle) * scale;
      }
      return true;
    },
  };
}
