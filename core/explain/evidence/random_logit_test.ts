import { DeconvError } from "../../errors.ts";
import type { Model } from "../../model.ts";
import { tensorList, type Tensors } from "../../network.ts";
import { random } from "../../random.ts";
import type { ExplainOptions } from "../gradient.ts";
import { resolveTarget } from "../target.ts";
import { subjectOf } from "../variants.ts";
import { type Attribute, mapBy } from "./attribute.ts";
import { mapsOf, type Similarity, similarityOf } from "./similarity.ts";

/** Options of `randomLogitTest`. */
export interface RandomLogitTestOptions extends ExplainOptions {
  /** Decides which other class each picture gets. Default 0. */
  seed?: number;
}

/** What becomes of a map when another class is explained. */
export interface RandomLogitTest extends Similarity {
  /** The class that each picture's other map explains. */
  readonly others: readonly number[];
}

/**
 * The random logit test (Sixt, Granz & Landgraf 2020, "When explanations lie"): how alike the map is to
 * that of another class, drawn at random. Larger numbers mean: the map says less about why this class
 * and not another.
 *
 * @param attribute The method.
 * @throws {DeconvError} When the target is no class, or there is no other.
 *
 * @example
 * ```ts
 * import { preset, randomLogitTest, saliency, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const { rank, others } = await randomLogitTest(net, zeros([1, 32, 32, 3]), saliency);
 * console.log(rank, others);
 * ```
 */
export async function randomLogitTest(
  model: Model,
  x: Tensors,
  attribute: Attribute,
  options: RandomLogitTestOptions = {},
): Promise<RandomLogitTest> {
  const { seed = 0, of, batchSize } = options, xs = tensorList(x);
  const { target, model: { outputShape: [classes] } } = resolveTarget(model, xs, options.target);
  if (typeof target === "function" || target.kind !== "class" || classes < 2) {
    throw new DeconvError("The random logit test needs a class as target, and a second class");
  }
  const rng = random(seed, "random_logit"), index = target.index as readonly number[];
  const others = index.map((own, i) => (own + 1 + rng.integer(classes - 1, 0, i)) % classes);
  const how = { of, batchSize };
  const { shape } = subjectOf(model, xs, { ...how, target }).x;
  const first = mapsOf(await mapBy(attribute, model, x, { ...how, target }), shape);
  const other = { ...target, index: others };
  const second = mapsOf(await mapBy(attribute, model, x, { ...how, target: other }), shape);
  return { ...similarityOf(first, second), others };
}
