import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import type { Model } from "../model.ts";
import { random } from "../random.ts";
import { sameShape, shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { ascent } from "./ascent.ts";
import { gradientsIn } from "./gradient.ts";

/** Options of `latentSearch`. */
export interface LatentSearchOptions {
  /** Latents that are tried for each picture. Default 4. */
  restarts?: number;
  /** Steps of Adam. Default 200. */
  steps?: number;
  /** Adam's learning rate. Default 0.1. */
  learningRate?: number;
  /** Decides where the search starts. Default 0. */
  seed?: number;
  /** How much half the mean square of a latent counts beside the error: what a normal prior adds. Default 0. */
  prior?: number;
  /** Where the search starts, `[pictures, …latent]`, in place of the first try. Default: normal numbers. */
  start?: Tensor;
  /** Latents computed at a time. Default 32. */
  batchSize?: number;
  /** Called after each step with the mean over the pictures of the smallest error. */
  onStep?: (step: number, error: number) => void;
}

/** The latents that make given pictures, as far as any do. */
export interface LatentSearch {
  /** The best latent of each picture, `[pictures, …latent]`. */
  readonly latents: Tensor;
  /** What the generator makes of it. */
  readonly pictures: Tensor;
  /** Mean squared error of each. */
  readonly errors: readonly number[];
  /** The errors that every try came to, picture by picture. */
  readonly tries: readonly (readonly number[])[];
}

/**
 * Finds which latent makes a picture: several tries from normal numbers go down the mean squared error
 * between what the generator makes and the picture, by Adam, with respect to the latent (Lipton & Tripathi
 * 2017; Zhu et al. 2016). The best of each try's whole way counts.
 *
 * @param generator A network with one input, the latent, and one output: see `generatorOf`.
 * @param pictures `[count, …]` of what the generator makes.
 * @throws {DeconvError} When shapes do not fit or an option is out of range.
 *
 * @example
 * ```ts
 * import { dense, latentSearch, reshape, sequential } from "@deconv/deconv";
 * const generator = sequential([dense({ units: 16, inputShape: [2] }), reshape([4, 4, 1])], { seed: 1 });
 * const wanted = generator.predict({ shape: [1, 2], data: Float32Array.of(0.5, -1) });
 * const { latents, errors } = latentSearch(generator, wanted);
 * console.log(latents.data, errors); // 0.5, −1 and nearly 0
 * ```
 */
export function latentSearch(
  generator: Model,
  pictures: Tensor,
  options: LatentSearchOptions = {},
): LatentSearch {
  const { restarts = 4, steps = 200, learningRate = 0.1, seed = 0, prior = 0, start } = options;
  const { inputShapes, outputShapes, name } = generator;
  if (inputShapes.length !== 1 || outputShapes.length !== 1) {
    throw new DeconvError(
      `Cannot search the latent of ${name}: it must have one input and one output`,
    );
  }
  const [latent] = inputShapes, [made] = outputShapes, [count] = pictures.shape;
  if (!sameShape(pictures.shape.slice(1), made) || !count) {
    throw new DeconvError(
      `Cannot search latents for ${shapeText(pictures.shape)}: ${name} makes ${`[count,${made}]`}`,
    );
  }
  positive(restarts, "restarts");
  positive(steps, "steps");
  const size = sizeOf(latent), all = count * restarts, width = sizeOf(made);
  if (start && !sameShape(start.shape, [count, ...latent])) {
    throw new DeconvError(
      `start must be of shape ${shapeText([count, ...latent])}; it is ${shapeText(start.shape)}`,
    );
  }
  // Row n·restarts + k is try k of picture n.
  const draws = random(seed, "latent search"), numbers = new Float64Array(all * size);
  numbers.forEach((_, i) => numbers[i] = draws.normal(0, i));
  if (start) {
    for (let n = 0; n < count; n++) {
      numbers.set(start.data.subarray(n * size, (n + 1) * size), n * restarts * size);
    }
  }
  const z: Tensor = { shape: [all, ...latent], data: new Float32Array(all * size) };
  const best = {
    errors: new Float64Array(all).fill(Infinity),
    latents: new Float32Array(all * size),
  };
  const climb = ascent(numbers.length, -learningRate);
  const of = generator.graph.inputNames[0];
  /** The pictures that rows are to become. */
  const owners = Array.from({ length: all }, (_, i) => Math.floor(i / restarts));
  const descend = (last: boolean) => {
    z.data.set(numbers);
    const { values, watched } = gradientsIn(generator, [z], {
      of: [of],
      batchSize: options.batchSize,
      pictures: owners,
      evaluate: ({ shape, data }, wanted) => {
        const gradient = new Float32Array(data.length);
        const values = wanted.map((picture, row) => {
          let sum = 0;
          for (let i = 0; i < width; i++) {
            const d = data[row * width + i] - pictures.data[picture * width + i];
            gradient[row * width + i] = 2 * d / width;
            sum += d * d / width;
          }
          return sum;
        });
        return { values, gradient: { shape, data: gradient } };
      },
    });
    values.forEach((error, row) => {
      if (!(error < best.errors[row])) return;
      best.errors[row] = error;
      best.latents.set(z.data.subarray(row * size, (row + 1) * size), row * size);
    });
    if (last) return;
    const { data } = watched[of].gradient;
    climb.step(numbers, Float64Array.from(data, (slope, i) => slope + prior * numbers[i] / size));
  };
  const tries = () =>
    Array.from(
      { length: count },
      (_, n) => [...best.errors.subarray(n * restarts, (n + 1) * restarts)],
    );
  for (let step = 0; step < steps; step++) {
    descend(false);
    options.onStep?.(step, tries().reduce((sum, errors) => sum + Math.min(...errors), 0) / count);
  }
  descend(true);
  const latents: Tensor = { shape: [count, ...latent], data: new Float32Array(count * size) };
  const errors = tries().map((own, n) => {
    const k = own.indexOf(Math.min(...own)), row = n * restarts + Math.max(0, k);
    latents.data.set(best.latents.subarray(row * size, (row + 1) * size), n * size);
    return own[Math.max(0, k)];
  });
  return { latents, pictures: generator.predict(latents), errors, tries: tries() };
}
