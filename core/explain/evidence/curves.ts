import { positive } from "../../geometry.ts";
import type { Model } from "../../model.ts";
import { tensorList, type Tensors } from "../../network.ts";
import type { Tensor } from "../../tensor.ts";
import { baselineOf, type InputBaseline } from "../baseline.ts";
import { planeOf } from "../segments.ts";
import { resolveTarget, type Target } from "../target.ts";
import { type ManyPasses, pictureOf, scoreVariants, subjectOf } from "../variants.ts";
import { type ChannelSum, formOf, placesOver } from "./attribute.ts";

/** Options of `deletion` and `insertion`. */
export interface CurveOptions extends ManyPasses {
  /** In how many steps the places go. Default 50, or the places there are. */
  steps?: number;
  /** What is shown where places are not. Default 0 for deletion, `"blur"` for insertion. */
  baseline?: InputBaseline;
  /**
   * What is measured of a class: what the network gives for it (`"output"`: its chance, where a softmax ends the
   * network), or the target itself, its logit. Default `"output"`; of other targets always the target.
   */
  measure?: "output" | "target";
  /** How maps with a number for each channel order the places: by sums, or sums of sizes. Default `"sum"`. */
  channels?: ChannelSum;
}

/** The score while the places that a map finds most important go or come. */
export interface Curve {
  /** The part of the places that has gone or come, from 0 to 1. */
  readonly fractions: readonly number[];
  /** The score there. */
  readonly scores: readonly number[];
  /** The area under the curve (trapezoids): the mean score along it. */
  readonly area: number;
}

/** A class's output in place of its logit. */
function measured(target: Target, measure: CurveOptions["measure"]): Target {
  if (typeof target === "function" || target.kind !== "class" || measure === "target") {
    return target;
  }
  const index = target.index as readonly number[];
  return {
    kind: "scalar",
    output: target.output,
    scalar: ({ shape, data }, pictures) => {
      const places = pictures.map((picture, row) => row * shape[1] + index[picture]);
      const gradient = new Float32Array(data.length);
      for (const place of places) gradient[place] = 1;
      return { values: places.map((place) => data[place]), gradient: { shape, data: gradient } };
    },
  };
}

async function curves(
  model: Model,
  x: Tensors,
  map: Tensor,
  options: CurveOptions,
  standard: InputBaseline,
  insert: boolean,
): Promise<Curve[]> {
  const { target } = resolveTarget(model, tensorList(x), options.target);
  const subject = subjectOf(model, x, { ...options, target: measured(target, options.measure) });
  const { shape } = subject.x, { height, width, channels } = planeOf(shape.slice(1));
  const form = formOf(map.shape, shape), cells = height * width;
  const steps = Math.min(positive(options.steps ?? 50, "steps"), cells);
  const baseline = baselineOf(subject.x, options.baseline ?? standard);
  const orders = Array.from({ length: shape[0] }, (_, i) => {
    const places = placesOver(pictureOf(map, i), form, shape, options.channels);
    // Equal places in their own order: sort is stable.
    return Array.from(places.keys()).sort((a, b) => places[b] - places[a]);
  });
  const found = await scoreVariants(subject, steps + 1, (step, copy, picture) => {
    const other = pictureOf(baseline, picture), order = orders[picture];
    const changed = Math.round(step * cells / steps);
    for (const cell of insert ? order.slice(changed) : order.slice(0, changed)) {
      for (let k = cell * channels; k < (cell + 1) * channels; k++) copy[k] = other[k];
    }
  }, options);
  const fractions = Array.from(
    { length: steps + 1 },
    (_, step) => Math.round(step * cells / steps) / cells,
  );
  return found.map((values) => {
    const scores = [...values];
    const area = scores.slice(1).reduce(
      (sum, score, i) => sum + (score + scores[i]) / 2 * (fractions[i + 1] - fractions[i]),
      0,
    );
    return { fractions, scores, area };
  });
}

/**
 * Deletion (Petsiuk, Das & Saenko 2018): the score while the places with the largest numbers in the map
 * are hidden one after the other. A smaller area means: the map found what the score stands on.
 *
 * Black or grey holes scattered over a small picture are a texture that networks react to, so that even a
 * random order makes the score fall fast; under a `"blur"` they do not show.
 *
 * @param map A number for each number or place of the input, or for each place of a coarser plane.
 * @returns A curve for each picture.
 * @throws {DeconvError} When an option or the map's shape is wrong.
 *
 * @example
 * ```ts
 * import { deletion, preset, saliency, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 }), x = zeros([1, 32, 32, 3]);
 * const [{ area }] = await deletion(net, x, saliency(net, x), { steps: 16 });
 * console.log(area > 0 && area < 1); // true
 * ```
 */
export function deletion(
  model: Model,
  x: Tensors,
  map: Tensor,
  options: CurveOptions = {},
): Promise<Curve[]> {
  return curves(model, x, map, options, 0, false);
}

/**
 * Insertion (Petsiuk, Das & Saenko 2018): the score while the places with the largest numbers in the map
 * come into a blurred picture one after the other. A larger area means: the map found what makes the score.
 *
 * @param map A number for each number or place of the input, or for each place of a coarser plane.
 * @returns A curve for each picture.
 * @throws {DeconvError} When an option or the map's shape is wrong.
 *
 * @example
 * ```ts
 * import { insertion, preset, saliency, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 }), x = zeros([1, 32, 32, 3]);
 * const [{ fractions }] = await insertion(net, x, saliency(net, x), { steps: 4 });
 * console.log(fractions); // [0, 0.25, 0.5, 0.75, 1]
 * ```
 */
export function insertion(
  model: Model,
  x: Tensors,
  map: Tensor,
  options: CurveOptions = {},
): Promise<Curve[]> {
  return curves(model, x, map, options, "blur", true);
}
