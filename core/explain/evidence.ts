/** How far a map can be trusted: everything that is measured of a method and its maps, at once. */
import type { Model } from "../model.ts";
import { tensorList, type Tensors } from "../network.ts";
import { type Attribute, mapBy } from "./evidence/attribute.ts";
import {
  type Completeness,
  completeness,
  type CompletenessOptions,
} from "./evidence/completeness.ts";
import { type Curve, type CurveOptions, deletion, insertion } from "./evidence/curves.ts";
import { type Infidelity, infidelity, type InfidelityOptions } from "./evidence/infidelity.ts";
import { maxSensitivity, type MaxSensitivityOptions } from "./evidence/max_sensitivity.ts";
import { type RandomLogitTest, randomLogitTest } from "./evidence/random_logit_test.ts";
import {
  type RandomizationTest,
  randomizationTest,
  type RandomizationTestOptions,
} from "./evidence/randomization_test.ts";
import { sparseness } from "./evidence/sparseness.ts";
import type { ExplainOptions } from "./gradient.ts";
import { resolveTarget } from "./target.ts";

/** A measure's own options, or `false` to leave it out. */
export type MeasureOptions<T> =
  | Omit<T, keyof ExplainOptions | "seed" | "signal" | "onProgress">
  | false;

/** Options of `evidence`: those of each measure, or `false` to leave it out. */
export interface EvidenceOptions extends ExplainOptions {
  /** The score while what the map finds important is hidden. */
  deletion?: MeasureOptions<CurveOptions>;
  /** The score while what the map finds important comes. */
  insertion?: MeasureOptions<CurveOptions>;
  /** How far the map is from what perturbations do. */
  infidelity?: MeasureOptions<InfidelityOptions>;
  /** How much the map changes with the picture. */
  maxSensitivity?: MeasureOptions<MaxSensitivityOptions>;
  /** Whether the map sums to the target. */
  completeness?: MeasureOptions<CompletenessOptions>;
  /** Whether the map changes with the weights. */
  randomization?: MeasureOptions<RandomizationTestOptions>;
  /** Whether the map changes with the class; false leaves it out. */
  randomLogit?: false;
  /** Decides everything that is drawn. Default 0. */
  seed?: number;
  /** Called as each measure begins. */
  onProgress?: (measure: string, done: number, total: number) => void;
  /** Stops the work: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** Plain numbers, fit for JSON; what has been left out is null. */
export interface Evidence {
  /** A curve for each picture; a smaller area is better. */
  readonly deletion: readonly Curve[] | null;
  /** A curve for each picture; a larger area is better. */
  readonly insertion: readonly Curve[] | null;
  /** For each picture; smaller is better. */
  readonly infidelity: readonly Infidelity[] | null;
  /** For each picture; smaller is better. */
  readonly maxSensitivity: readonly number[] | null;
  /** For each picture; a smaller gap is better. */
  readonly completeness: readonly Completeness[] | null;
  /** For each picture: larger means fewer places. */
  readonly sparseness: readonly number[];
  /** Larger similarities mean: the map says less about the weights. */
  readonly randomization: RandomizationTest | null;
  /** Larger similarities mean: the map says less about the class. Null where the target is no class. */
  readonly randomLogit: RandomLogitTest | null;
  /** What is to be said beside the picture, such as "does not depend on the weights". */
  readonly warnings: readonly string[];
}

/**
 * Everything that tells how far a method's maps of these pictures can be trusted. The model is left as it is.
 *
 * @param x The pictures, one tensor for each input.
 * @param attribute The method, such as `saliency`; it is told the target.
 * @throws {DeconvError} When an option is wrong or the method's maps are not of the pictures.
 *
 * @example
 * ```ts
 * import { evidence, preset, saliency, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const { sparseness, warnings } = await evidence(net, zeros([1, 32, 32, 3]), saliency, {
 *   deletion: { steps: 8 },
 *   insertion: false,
 * });
 * console.log(sparseness.length, warnings);
 * ```
 */
export async function evidence(
  model: Model,
  x: Tensors,
  attribute: Attribute,
  options: EvidenceOptions = {},
): Promise<Evidence> {
  const { of, batchSize, seed = 0, signal, onProgress } = options;
  const { target, model: part } = resolveTarget(model, tensorList(x), options.target);
  const how = { target, of, batchSize };
  const all = { ...how, seed, signal };
  const map = await mapBy(attribute, model, x, how);
  const classes = typeof target !== "function" && target.kind === "class" ? part.outputShape[0] : 0;
  const measures = {
    deletion: (own: object) => deletion(model, x, map, { ...own, ...all }),
    insertion: (own: object) => insertion(model, x, map, { ...own, ...all }),
    infidelity: (own: object) => infidelity(model, x, map, { ...own, ...all }),
    maxSensitivity: (own: object) => maxSensitivity(model, x, attribute, { ...own, ...all }),
    completeness: (own: object) => completeness(model, x, map, { ...own, ...all }),
    randomization: (own: object) => randomizationTest(model, x, attribute, { ...own, ...all }),
    randomLogit: (own: object) =>
      classes > 1 ? randomLogitTest(model, x, attribute, { ...own, ...all }) : null,
  };
  const names = Object.keys(measures) as (keyof typeof measures)[];
  const found: Partial<Record<keyof typeof measures, unknown>> = {};
  for (const [i, name] of names.entries()) {
    signal?.throwIfAborted();
    onProgress?.(name, i, names.length);
    const own = options[name];
    found[name] = own === false ? null : await measures[name](own ?? {});
  }
  const result = { ...found, sparseness: sparseness(map) } as Omit<Evidence, "warnings">;
  const { randomization } = result;
  const fails = randomization?.verdict === "does not depend on the weights";
  return { ...result, warnings: fails ? [randomization.verdict] : [] };
}
