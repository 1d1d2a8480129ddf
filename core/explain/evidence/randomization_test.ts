import { DeconvError } from "../../errors.ts";
import type { Model } from "../../model.ts";
import { tensorList, type Tensors } from "../../network.ts";
import { turns } from "../../turns.ts";
import type { ExplainOptions } from "../gradient.ts";
import { resolveTarget } from "../target.ts";
import { expectBetween, subjectOf } from "../variants.ts";
import { type Attribute, mapBy } from "./attribute.ts";
import { copyLayer, copyOf, freshCopy, layersFromTop } from "./copies.ts";
import { mapsOf, type Similarity, similarityOf } from "./similarity.ts";

/** Seeds from here on nobody trains with: what a network began with is not unlike what it has learned. */
const UNUSED = 2 ** 40;

/** Options of `randomizationTest`. */
export interface RandomizationTestOptions extends ExplainOptions {
  /** The similarity from which on a method is said not to depend on the weights. Default 0.5. */
  threshold?: number;
  /** Which tests are made. Default both. */
  modes?: readonly ("cascading" | "independent")[];
  /** Decides the random weights. Default 0. */
  seed?: number;
  /** Called after each map. */
  onProgress?: (done: number, total: number) => void;
  /** Stops the work: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** What the test says. */
export type RandomizationVerdict = "depends on the weights" | "does not depend on the weights";

/** What becomes of a map when the weights become random. */
export interface RandomizationTest {
  /** The layers with weights, from the output to the input. */
  readonly layers: readonly string[];
  /** How alike the map is to itself when this layer and all above it are random; empty where not asked for. */
  readonly cascading: readonly Similarity[];
  /** The same with this layer alone random. */
  readonly independent: readonly Similarity[];
  /** What the verdict goes by: the mean rank correlation. */
  readonly similarity: number;
  /** From which similarity on the map does not depend on the weights. */
  readonly threshold: number;
  /** The verdict. */
  readonly verdict: RandomizationVerdict;
}

/**
 * The parameter randomisation test (Adebayo et al. 2018, "Sanity checks for saliency maps"): layers are
 * given new weights from their initialisers, from the output down one after the other (cascading) or
 * each alone (independent), and the map is made again. Larger numbers mean: the map stays more as it
 * was, so it says less about what the network has learned.
 *
 * The verdict goes by the rank correlation of the maps, signs kept and channels summed, as a mean over the
 * steps of the cascade without the last one, which leaves nothing of the network (or of the independent
 * test, where it alone is made). The model is left as it is: the weights that change are those of a copy.
 *
 * @param attribute The method.
 * @throws {DeconvError} When the target is wrong, the network has no weights, or no test is asked for.
 *
 * @example
 * ```ts
 * import { preset, randomizationTest, saliency, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const { verdict } = await randomizationTest(net, zeros([1, 32, 32, 3]), saliency);
 * console.log(verdict);
 * ```
 */
export async function randomizationTest(
  model: Model,
  x: Tensors,
  attribute: Attribute,
  options: RandomizationTestOptions = {},
): Promise<RandomizationTest> {
  const { threshold = 0.5, modes = ["cascading", "independent"], seed = 0 } = options;
  const { onProgress, signal, of, batchSize } = options, xs = tensorList(x);
  expectBetween(threshold, [-1, 1], "threshold");
  const wrong = modes.find((mode) => mode !== "cascading" && mode !== "independent");
  if (wrong !== undefined || !modes.length) {
    throw new DeconvError(`modes must be of cascading and independent; they are [${modes}]`);
  }
  const layers = layersFromTop(model);
  if (!layers.length) {
    throw new DeconvError(`${model.name} has no weights that could be made random`);
  }
  // The same classes are explained whatever the random network finds.
  const { target } = resolveTarget(model, xs, options.target);
  const how = { target, of, batchSize };
  const { shape } = subjectOf(model, xs, how).x;
  const before = mapsOf(await mapBy(attribute, model, x, how), shape);
  const fresh = freshCopy(model, UNUSED + seed),
    total = modes.length * layers.length,
    turn = turns();
  let done = 0;
  const run = async (restore: boolean) => {
    const copy = copyOf(model), found: Similarity[] = [];
    for (const layer of layers) {
      signal?.throwIfAborted();
      copyLayer(fresh, copy, layer);
      found.push(similarityOf(before, mapsOf(await mapBy(attribute, copy, x, how), shape)));
      if (restore) copyLayer(model, copy, layer);
      onProgress?.(++done, total);
      await turn();
    }
    return found;
  };
  const cascading = modes.includes("cascading") ? await run(false) : [];
  const independent = modes.includes("independent") ? await run(true) : [];
  const all = cascading.length ? cascading : independent;
  const counted = all.length > 1 ? all.slice(0, -1) : all;
  const similarity = counted.reduce((sum, { rank }) => sum + rank, 0) / counted.length;
  const verdict = similarity < threshold
    ? "depends on the weights"
    : "does not depend on the weights";
  return { layers, cascading, independent, similarity, threshold, verdict };
}
