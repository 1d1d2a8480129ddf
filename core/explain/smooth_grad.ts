import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import type { Model } from "../model.ts";
import { tensorList, type Tensors } from "../network.ts";
import { random } from "../random.ts";
import type { Tensor } from "../tensor.ts";
import { type ExplainOptions, targetGradient } from "./gradient.ts";
import type { Method } from "./method.ts";
import { resolveTarget } from "./target.ts";

/** Options of `smoothGrad`, `smoothGradSquared` and `varGrad`. */
export interface SmoothGradOptions extends ExplainOptions {
  /** The method whose maps are put together. Default: the gradient. */
  method?: Method;
  /** Standard deviation of the noise, as a part of each picture's range (largest − smallest value). Default 0.15. */
  noise?: number;
  /** Noisy pictures for each. Default 50. */
  samples?: number;
  /** Decides the noise. Default 0. */
  seed?: number;
}

/** Pictures with noise of their own range. */
function noisy(
  { shape, data }: Tensor,
  noise: number,
  seed: number,
  sample: number,
  input: number,
) {
  const width = data.length / shape[0], source = random(seed, `noise of input ${input}`);
  const all = new Float32Array(data.length);
  source.fillNormal(all, 0, 1, sample);
  for (let start = 0; start < data.length; start += width) {
    let least = Infinity, most = -Infinity;
    for (let i = start; i < start + width; i++) {
      least = Math.min(least, data[i]), most = Math.max(most, data[i]);
    }
    for (let i = start; i < start + width; i++) all[i] = data[i] + noise * (most - least) * all[i];
  }
  return { shape, data: all };
}

/** The sums of a method's maps of noisy pictures, and of their squares. */
function moments(model: Model, x: Tensors, options: SmoothGradOptions) {
  const { method = gradient, noise = 0.15, samples = 50, seed = 0, of, batchSize } = options;
  positive(samples, "samples");
  if (!(noise >= 0 && Number.isFinite(noise))) {
    throw new DeconvError(`noise must be a number from 0 up; it is ${noise}`);
  }
  const xs = tensorList(x), { target } = resolveTarget(model, xs, options.target);
  let first = new Float64Array(), second = first, shape: Tensor["shape"] = [];
  for (let sample = 0; sample < samples; sample++) {
    const pictures = xs.map((x, input) => noisy(x, noise, seed, sample, input));
    const map = method(model, pictures, { target, of, batchSize });
    if (!sample) {
      first = new Float64Array(map.data.length), second = new Float64Array(map.data.length);
      shape = map.shape;
    }
    map.data.forEach((v, i) => {
      first[i] += v;
      second[i] += v * v;
    });
  }
  return { first, second, samples, shape };
}

const gradient: Method = (model, x, options) => targetGradient(model, x, options).gradient;

/**
 * SmoothGrad (Smilkov et al. 2017): the mean of a method's maps over pictures with noise, which takes
 * out what changes from pixel to pixel for no reason. The target is settled on the picture itself:
 * the class that the network finds there.
 *
 * @param x The pictures, one tensor for each input; all get noise.
 * @param options `method`: any; for one with settings of its own
 * `(model, x, o) => integratedGradients(model, x, { ...o, steps: 20 })`.
 * @throws {DeconvError} When an option is wrong, or the method finds one wrong.
 *
 * @example
 * ```ts
 * import { inputXGradient, preset, smoothGrad, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = smoothGrad(net, zeros([1, 32, 32, 3]), { method: inputXGradient, samples: 4 });
 * console.log(map.shape); // [1, 32, 32, 3]
 * ```
 */
export function smoothGrad(model: Model, x: Tensors, options: SmoothGradOptions = {}): Tensor {
  const { first, samples, shape } = moments(model, x, options);
  return { shape, data: Float32Array.from(first, (sum) => sum / samples) };
}

/**
 * SmoothGrad² (Hooker et al. 2019): the mean of the squares of a method's maps over pictures with
 * noise. All values are positive. Arguments as of `smoothGrad`.
 *
 * @throws {DeconvError} When an option is wrong, or the method finds one wrong.
 */
export function smoothGradSquared(
  model: Model,
  x: Tensors,
  options: SmoothGradOptions = {},
): Tensor {
  const { second, samples, shape } = moments(model, x, options);
  return { shape, data: Float32Array.from(second, (sum) => sum / samples) };
}

/**
 * VarGrad (Adebayo et al. 2018): the variance (over all samples, not one less) of a method's maps over
 * pictures with noise. Arguments as of `smoothGrad`.
 *
 * @throws {DeconvError} When an option is wrong, or the method finds one wrong.
 */
export function varGrad(model: Model, x: Tensors, options: SmoothGradOptions = {}): Tensor {
  const { first, second, samples, shape } = moments(model, x, options);
  const data = Float32Array.from(
    first,
    (sum, i) => Math.max(0, second[i] / samples - (sum / samples) ** 2),
  );
  return { shape, data };
}
