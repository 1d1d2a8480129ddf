import { type Pair, pair, positive } from "../geometry.ts";
import type { Model } from "../model.ts";
import type { Tensors } from "../network.ts";
import { random } from "../random.ts";
import type { Tensor } from "../tensor.ts";
import { baselineOf, type InputBaseline } from "./baseline.ts";
import { resizedPlane } from "./resize.ts";
import { planeOf } from "./segments.ts";
import { expectBetween, type ManyPasses, pictureOf, scoreVariants, subjectOf } from "./variants.ts";

/** Options of `rise`. */
export interface RiseOptions extends ManyPasses {
  /** How many masks. Default 4000, as in the paper. */
  masks?: number;
  /** Cells of a mask before it is made as large as the picture. Default 7. */
  grid?: Pair;
  /** The chance that a cell is seen. Default 0.5. */
  probability?: number;
  /** What masked places show. Default 0. */
  baseline?: InputBaseline;
  /** Decides the masks. Default 0. */
  seed?: number;
}

/**
 * A function that writes mask `number`: a grid of zeros and ones made larger than the picture by up to
 * one cell, bilinear, and cut to its size at a random place. Cell i of mask n is seen where uniform number i
 * of step n of the stream "rise" is below the probability; the place is from the stream "rise/place".
 */
function riseMasks(
  [height, width]: readonly [number, number],
  [rows, columns]: readonly [number, number],
  probability: number,
  seed: number,
): (number: number) => Float64Array {
  const cells = random(seed, "rise"), places = random(seed, "rise/place");
  const tall = Math.ceil(height / rows), wide = Math.ceil(width / columns);
  const size = [(rows + 1) * tall, (columns + 1) * wide] as const;
  return (number) => {
    const grid = Float64Array.from(
      { length: rows * columns },
      (_, i) => cells.uniform(number, i) < probability ? 1 : 0,
    );
    const large = resizedPlane(grid, [rows, columns], size);
    const top = places.integer(tall, number, 0), left = places.integer(wide, number, 1);
    const mask = new Float64Array(height * width);
    for (let i = 0; i < height; i++) {
      const from = (top + i) * size[1] + left;
      mask.set(large.subarray(from, from + width), i * width);
    }
    return mask;
  };
}

/**
 * RISE (Petsiuk, Das & Saenko 2018, "RISE: Randomized input sampling for explanation of black-box
 * models"): the mean of random masks, weighted with the target of what they leave,
 *
 * ```text
 * map[i] = 1 / (N·p) · Σₙ f(x·mₙ + baseline·(1 − mₙ)) · mₙ[i]
 * ```
 *
 * Larger means: the target is higher where the place is seen. The map has the mean target in it
 * everywhere; only differences between places mean something.
 *
 * @param x The inputs, or with `of` what a layer makes.
 * @returns A number for each place, `[pictures, height, width]`.
 * @throws {DeconvError} When an option is wrong.
 *
 * @example
 * ```ts
 * import { preset, rise, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const map = await rise(net, zeros([1, 32, 32, 3]), { masks: 64 });
 * console.log(map.shape); // [1, 32, 32]
 * ```
 */
export async function rise(model: Model, x: Tensors, options: RiseOptions = {}): Promise<Tensor> {
  const { probability = 0.5, seed = 0 } = options, masks = positive(options.masks ?? 4000, "masks");
  expectBetween(probability, [Number.MIN_VALUE, 1], "probability");
  const subject = subjectOf(model, x, options), [pictures, ...shape] = subject.x.shape;
  const { height, width, channels, spatial } = planeOf(shape), cells = height * width;
  const [rows, columns] = pair(options.grid ?? 7, "grid", 1);
  const grid = [Math.min(rows, height), Math.min(columns, width)] as const;
  const maskOf = riseMasks([height, width], grid, probability, seed);
  const baseline = baselineOf(subject.x, options.baseline ?? 0);
  const found = await scoreVariants(subject, masks, (number, copy, picture) => {
    const mask = maskOf(number), hidden = pictureOf(baseline, picture);
    for (let k = 0; k < copy.length; k++) {
      const seen = mask[Math.floor(k / channels)];
      copy[k] = seen * copy[k] + (1 - seen) * hidden[k];
    }
  }, options);
  const sums = new Float64Array(pictures * cells);
  for (let number = 0; number < masks; number++) {
    const mask = maskOf(number);
    found.forEach((scores, picture) => {
      for (let i = 0; i < cells; i++) sums[picture * cells + i] += scores[number] * mask[i];
    });
  }
  const data = Float32Array.from(sums, (sum) => sum / (masks * probability));
  return { shape: [pictures, ...spatial], data };
}
