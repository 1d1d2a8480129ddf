import { positive } from "../../geometry.ts";
import type { Model } from "../../model.ts";
import { tensorList, type Tensors } from "../../network.ts";
import { random } from "../../random.ts";
import { turns } from "../../turns.ts";
import type { ExplainOptions } from "../gradient.ts";
import { resolveTarget } from "../target.ts";
import { expectBetween, pictureOf } from "../variants.ts";
import { type Attribute, mapBy } from "./attribute.ts";

/** Options of `maxSensitivity`. */
export interface MaxSensitivityOptions extends ExplainOptions {
  /** How often each picture is perturbed. Default 10. */
  samples?: number;
  /** How far each number of an input may be off. Default 0.02. */
  radius?: number;
  /** Decides the perturbations. Default 0. */
  seed?: number;
  /** Called after each sample. */
  onProgress?: (done: number, total: number) => void;
  /** Stops the work: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Max-sensitivity (Yeh et al. 2019) as Captum has it: how much the map changes at most when the input that is
 * to explain (where a layer is, the first) changes a little,
 *
 * ```text
 * max over samples of ‖map(x + δ) − map(x)‖ / ‖map(x)‖     δ uniform in [−radius, radius]
 * ```
 *
 * with Euclidean norms; a map of zeros counts as one of norm 1. The target stays what it was for x. Smaller
 * means: pictures that look alike are explained alike.
 *
 * Number k of sample n of picture i is uniform number `k` of step `n · pictures + i` of the stream
 * "max_sensitivity".
 *
 * @param attribute The method.
 * @returns One for each picture.
 * @throws {DeconvError} When an option is wrong.
 *
 * @example
 * ```ts
 * import { maxSensitivity, preset, saliency, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * console.log((await maxSensitivity(net, zeros([1, 32, 32, 3]), saliency)).length); // 1
 * ```
 */
export async function maxSensitivity(
  model: Model,
  x: Tensors,
  attribute: Attribute,
  options: MaxSensitivityOptions = {},
): Promise<number[]> {
  const { radius = 0.02, seed = 0, onProgress, signal, of, batchSize } = options;
  const samples = positive(options.samples ?? 10, "samples");
  expectBetween(radius, [Number.MIN_VALUE, Number.MAX_VALUE], "radius");
  const xs = tensorList(x), place = Math.max(0, model.graph.inputNames.indexOf(of ?? ""));
  const { target } = resolveTarget(model, xs, options.target);
  const how = { target, of, batchSize };
  const before = await mapBy(attribute, model, x, how), rng = random(seed, "max_sensitivity");
  const norm = (values: Float32Array, less?: Float32Array) =>
    Math.sqrt(values.reduce((sum, v, k) => sum + (v - (less?.[k] ?? 0)) ** 2, 0));
  const { shape, data } = xs[place], [pictures] = shape;
  const most = new Array<number>(pictures).fill(0), turn = turns();
  for (let sample = 0; sample < samples; sample++) {
    signal?.throwIfAborted();
    const near = { shape, data: data.slice() };
    for (let i = 0; i < pictures; i++) {
      const picture = pictureOf(near, i), drawn = new Float32Array(picture.length);
      rng.fillUniform(drawn, -radius, radius, sample * pictures + i);
      drawn.forEach((v, k) => picture[k] += v);
    }
    const after = await mapBy(attribute, model, xs.length > 1 ? xs.with(place, near) : near, how);
    most.forEach((value, i) => {
      const own = pictureOf(before, i), change = norm(pictureOf(after, i), own);
      most[i] = Math.max(value, change / (norm(own) || 1));
    });
    onProgress?.(sample + 1, samples);
    await turn();
  }
  return most;
}
