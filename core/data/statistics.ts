import { DeconvError } from "../errors.ts";
import { shapeText } from "../tensor.ts";
import { readBatches } from "./batches.ts";
import type { Dataset } from "./dataset.ts";

/** Mean and standard deviation of each channel. */
export interface ChannelStatistics {
  /** The means, one a channel. */
  readonly mean: number[];
  /** The standard deviations, one a channel. */
  readonly std: number[];
}

/**
 * Measures the mean and the standard deviation of each channel over all pictures and pixels, for
 * `normalize`. Measure the training pictures, and use what they give for all.
 *
 * @throws {DeconvError} When there are no pictures, or they have no channels.
 *
 * @example
 * ```ts
 * import { augment, channelStatistics, normalize, shapes } from "@deconv/deconv";
 * const pictures = shapes({ size: 100 });
 * const dataset = augment(pictures, [normalize(await channelStatistics(pictures))]);
 * console.log(dataset.shape); // [32, 32, 3]
 * ```
 */
export async function channelStatistics(dataset: Dataset): Promise<ChannelStatistics> {
  const { name, size, shape } = dataset;
  const channels = shape[shape.length - 1];
  if (!size || shape.length < 2) {
    throw new DeconvError(
      `Cannot measure channels of ${name}: it has ${size} pictures of shape ${shapeText(shape)}`,
    );
  }
  const sums = new Float64Array(channels), squares = new Float64Array(channels);
  let count = 0;
  for await (const { x: { data } } of readBatches(dataset, { batchSize: 256 })) {
    for (let i = 0; i < data.length; i += channels) {
      for (let c = 0; c < channels; c++) {
        sums[c] += data[i + c];
        squares[c] += data[i + c] ** 2;
      }
    }
    count += data.length / channels;
  }
  const mean = [...sums].map((sum) => sum / count);
  const std = mean.map((middle, c) => Math.sqrt(Math.max(0, squares[c] / count - middle * middle)));
  return { mean, std };
}
