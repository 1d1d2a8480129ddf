import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import { random } from "../random.ts";
import { sameShape, shapeText, type Tensor } from "../tensor.ts";
import type { ExplainOptions } from "./gradient.ts";
import { type CompleteMap, completeMap } from "./method.ts";
import { eachVariant, startOf } from "./start.ts";

/** Options of `expectedGradients`. */
export interface ExpectedGradientsOptions extends ExplainOptions {
  /** Pictures from the data, `[any number, …]`; values of the layer where `of` names one. */
  baselines: Tensor;
  /** Points drawn for each picture. Default 200. */
  samples?: number;
  /** Decides which. Default 0. */
  seed?: number;
}

/**
 * Expected gradients (Erion et al. 2019): integrated gradients whose baseline is drawn from data,
 * E[(x − x′) · ∂target/∂x at x′ + t(x − x′)] over baselines x′ and t uniform in 0 … 1, so that nothing
 * has to stand for nothing.
 *
 * `differences` compare with the mean of the target over all the baselines; the sum of the map comes
 * nearer to that the more samples there are.
 *
 * @param x The pictures, one tensor for each input; inputs other than the one that explains stay.
 * @throws {DeconvError} When a shape, the target, the baselines or a name is wrong.
 *
 * @example
 * ```ts
 * import { expectedGradients, preset, random, tensor } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const pictures = tensor(new Float32Array(4 * 32 * 32 * 3), [4, 32, 32, 3]);
 * random(1, "pictures").fillUniform(pictures.data, 0, 1, 0);
 * const x = tensor(pictures.data.slice(0, 32 * 32 * 3), [1, 32, 32, 3]);
 * const map = expectedGradients(net, x, { baselines: pictures, samples: 10 });
 * console.log(map.shape); // [1, 32, 32, 3]
 * ```
 */
export function expectedGradients(
  model: Model,
  x: Tensors,
  options: ExpectedGradientsOptions,
): CompleteMap {
  const { baselines, samples = 200, seed = 0, batchSize } = options;
  positive(samples, "samples");
  const start = startOf(model, x, options), { value, target: { count } } = start;
  if (!sameShape(baselines.shape.slice(1), value.shape.slice(1)) || !baselines.shape[0]) {
    throw new DeconvError(
      `Baselines for ${shapeText(value.shape)} differ in their number alone; these are ${
        shapeText(baselines.shape)
      }`,
    );
  }
  const width = value.data.length / count, [rows] = baselines.shape;
  const which = random(seed, "baselines"), where = random(seed, "places between");
  const sums = new Float64Array(value.data.length);
  const differences = new Array<number>(count).fill(0);
  const baselineAt = ({ picture, variant }: { picture: number; variant: number }) => {
    const row = variant < samples ? which.integer(rows, picture, variant) : variant - samples;
    return baselines.data.subarray(row * width, (row + 1) * width);
  };
  eachVariant(start, {
    // After the samples the baselines themselves and the picture, for the difference alone.
    variants: samples + rows + 1,
    batchSize,
    write: (point, to) => {
      const { picture, variant } = point, b = value.data.subarray(picture * width);
      if (variant === samples + rows) to.set(b.subarray(0, width));
      else if (variant >= samples) to.set(baselineAt(point));
      else {
        const t = where.uniform(picture, variant), a = baselineAt(point);
        for (let i = 0; i < width; i++) to[i] = a[i] + t * (b[i] - a[i]);
      }
    },
    read: (point, result, gradient) => {
      const { picture, variant } = point, offset = picture * width;
      if (variant >= samples) {
        differences[picture] += variant === samples + rows ? result : -result / rows;
        return;
      }
      const a = baselineAt(point);
      for (let i = 0; i < width; i++) {
        sums[offset + i] += gradient[i] * (value.data[offset + i] - a[i]);
      }
    },
  });
  const data = Float32Array.from(sums, (sum) => sum / samples);
  return completeMap({ shape: value.shape, data }, differences);
}
