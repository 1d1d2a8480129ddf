import { DeconvError } from "../../errors.ts";
import { positive } from "../../geometry.ts";
import type { Model } from "../../model.ts";
import type { Tensors } from "../../network.ts";
import { random } from "../../random.ts";
import type { Tensor } from "../../tensor.ts";
import { baselineOf, type InputBaseline } from "../baseline.ts";
import { planeOf } from "../segments.ts";
import {
  expectBetween,
  type ManyPasses,
  pictureOf,
  scoreVariants,
  subjectOf,
} from "../variants.ts";
import { formOf, placesOver } from "./attribute.ts";

/** Options of `infidelity`. */
export interface InfidelityOptions extends ManyPasses {
  /** How often each picture is perturbed. Default 10. */
  samples?: number;
  /**
   * `"noise"` subtracts normal numbers: for maps that say what a small change does, such as gradients.
   * `"square"` hides a square at a random place: for maps whose numbers are parts of the target, such as
   * occlusion, integrated gradients or relevance. Default `"noise"`.
   */
  perturbation?: "noise" | "square";
  /** Standard deviation of the noise. Default 0.003, as in Captum's example. */
  deviation?: number;
  /** Side of the square. Default a quarter of the shorter side. */
  side?: number;
  /** What a square shows. Default 0. */
  baseline?: InputBaseline;
  /** Decides the perturbations. Default 0. */
  seed?: number;
}

/** How far a map is from what happens when the input is perturbed. */
export interface Infidelity {
  /** The mean squared difference. */
  readonly infidelity: number;
  /** The same for the map times the number that suits it best: the map's scale does not matter. */
  readonly scaled: number;
  /** That number. */
  readonly scale: number;
}

/** A perturbation's size at each number of a map, and what becomes of a picture. */
interface Perturbation {
  (sample: number, picture: number): Float64Array;
}

/**
 * Infidelity (Yeh et al. 2019, "On the (in)fidelity and sensitivity of explanations") as Captum has it:
 *
 * ```text
 * infidelity = mean over perturbations I of (I·map − (f(x) − f(x − I)))²
 * scaled     = the same with β·map,  β = Σ (I·map)(f(x) − f(x − I)) / Σ (I·map)²
 * ```
 *
 * For squares I is 1 inside of the square, where x − I stands for the baseline (Captum's binary
 * perturbations). A map with one number a place has noise that is the same in all channels. Smaller
 * means: the map foretells better what a change does.
 *
 * Noise k of sample n of picture i is normal number `k` of step `n · pictures + i` of the stream
 * "infidelity"; a square's row and column are integers 0 and 1 of it.
 *
 * @param map A number for each number or place of the input, or for each place of a coarser plane.
 * @returns One for each picture.
 * @throws {DeconvError} When an option or the map's shape is wrong.
 *
 * @example
 * ```ts
 * import { infidelity, preset, saliency, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 }), x = zeros([1, 32, 32, 3]);
 * console.log((await infidelity(net, x, saliency(net, x))).length); // 1
 * ```
 */
export async function infidelity(
  model: Model,
  x: Tensors,
  map: Tensor,
  options: InfidelityOptions = {},
): Promise<Infidelity[]> {
  const { perturbation = "noise", deviation = 0.003, seed = 0 } = options;
  const samples = positive(options.samples ?? 10, "samples");
  const subject = subjectOf(model, x, options), { shape } = subject.x, [pictures] = shape;
  const { height, width, channels } = planeOf(shape.slice(1)), form = formOf(map.shape, shape);
  const shorter = width > 1 ? Math.min(height, width) : height;
  const side = positive(options.side ?? Math.ceil(shorter / 4), "side");
  if (perturbation !== "noise" && perturbation !== "square") {
    throw new DeconvError(`perturbation must be "noise" or "square"; it is "${perturbation}"`);
  }
  expectBetween(deviation, [Number.MIN_VALUE, Number.MAX_VALUE], "deviation");
  // Each map on the numbers of the input, or on its places.
  const whole = form.length === height * width * channels;
  const maps = Array.from({ length: pictures }, (_, i) => {
    const own = pictureOf(map, i);
    return whole && perturbation === "noise" ? own : placesOver(own, form, shape);
  });
  const rng = random(seed, "infidelity"), baseline = baselineOf(subject.x, options.baseline ?? 0);
  const inside: Perturbation = (sample, picture) => {
    const step = sample * pictures + picture;
    const tall = Math.min(side, height), wide = Math.min(side, width);
    const top = rng.integer(height - tall + 1, step, 0);
    const left = rng.integer(width - wide + 1, step, 1);
    return Float64Array.from({ length: height * width }, (_, cell) => {
      const i = Math.floor(cell / width) - top, j = cell % width - left;
      return i >= 0 && i < tall && j >= 0 && j < wide ? 1 : 0;
    });
  };
  const noise: Perturbation = (sample, picture) => {
    const drawn = new Float32Array(maps[picture].length);
    rng.fillNormal(drawn, 0, deviation, sample * pictures + picture);
    return Float64Array.from(drawn);
  };
  const draw = perturbation === "noise" ? noise : inside;
  const before = subject.scores(subject.x);
  const found = await scoreVariants(subject, samples, (sample, copy, picture) => {
    const change = draw(sample, picture), hidden = pictureOf(baseline, picture);
    const each = copy.length / change.length;
    for (let k = 0; k < copy.length; k++) {
      const size = change[Math.floor(k / each)];
      if (perturbation === "noise") copy[k] -= size;
      else if (size) copy[k] = hidden[k];
    }
  }, options);
  return found.map((scores, picture) => {
    let mm = 0, md = 0, dd = 0;
    scores.forEach((score, sample) => {
      const change = draw(sample, picture), drop = before[picture] - score;
      const told = change.reduce((sum, size, k) => sum + size * maps[picture][k], 0);
      mm += told * told / samples;
      md += told * drop / samples;
      dd += drop * drop / samples;
    });
    const scale = mm > 0 ? md / mm : 0;
    // Sums of squares: what rounding makes negative is 0.
    const error = (b: number) => Math.max(0, b * b * mm - 2 * b * md + dd);
    return { infidelity: error(1), scaled: error(scale), scale };
  });
}
