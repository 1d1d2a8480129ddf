/**
 * Augmentation: a dataset whose pictures are changed at random each time they come up.
 *
 * An augmented picture is a function of (seed, pass, number of the picture) alone, where a pass is an
 * epoch of training. So it is the same at any batch size and number of threads, and after a resume.
 */
import { DeconvError } from "../../errors.ts";
import { shapeText } from "../../tensor.ts";
import type { Dataset } from "../dataset.ts";
import { augmentation, type TransformationConfig } from "./augmentation.ts";
import { Draw } from "./draw.ts";
import { mixed } from "./mixed.ts";
import { type Step, transformed } from "./pictures.ts";
import type { Transformation } from "./transformation.ts";

/** Options of {@linkcode augment}. */
export interface AugmentOptions {
  /** Decides everything that is drawn. Default 0. */
  readonly seed?: number;
  /** What to call the result. Default: the dataset's name. */
  readonly name?: string;
}

/**
 * A dataset whose pictures go through transformations, in the order given.
 *
 * Transformations that move pixels do the same to the mask of a picture, where the targets are masks
 * `[height, width]` or `[height, width, channels]`, taking nearest pixels; those that change values
 * leave masks alone. `mixup` and `cutmix` turn class numbers into class vectors.
 *
 * `fitDataset` reads with the epoch as the pass, so each epoch sees other pictures. Read without a
 * pass (as for validation), the pictures are those of the first.
 *
 * @param dataset Pictures `[height, width, channels]`.
 * @param transformations Transformations; or their names or configurations, see `augmentation`.
 * @param options `seed` (default 0) and `name`.
 * @throws {DeconvError} When a transformation cannot be applied to such pictures or targets.
 *
 * @example
 * ```ts
 * import { augment, randomCrop, randomFlip, shapes } from "@deconv/deconv";
 * const training = augment(shapes({ size: 100 }), [
 *   randomFlip(),
 *   randomCrop({ padding: 4 }),
 * ], { seed: 42 });
 * console.log(training.size, training.shape); // 100 [32, 32, 3]
 * ```
 */
export function augment(
  dataset: Dataset,
  transformations: readonly (Transformation | TransformationConfig)[],
  options: AugmentOptions = {},
): Dataset {
  const { seed = 0, name = dataset.name } = options;
  if (dataset.shape.length !== 3) {
    throw new DeconvError(
      `Cannot augment ${dataset.name}: its pictures are ${
        shapeText(dataset.shape)
      }, not [height, width, channels]`,
    );
  }
  const list = transformations.map((each) =>
    typeof each === "object" && "changes" in each ? each : augmentation(each)
  );
  checkOrder(list);
  let result: Dataset = { ...dataset, name };
  let steps: Step[] = [];
  list.forEach((transformation, i) => {
    const draw = new Draw(seed, `augment/${i}/${transformation.config.kind}`);
    if (transformation.changes !== "pair") {
      steps.push({ transformation, draw });
      return;
    }
    if (steps.length) result = transformed(result, steps);
    steps = [];
    result = mixed(result, transformation, draw);
  });
  return steps.length ? transformed(result, steps) : result;
}

/** Values that are no longer 0..1 must not go into transformations that keep to it. */
function checkOrder(list: readonly Transformation[]): void {
  const first = list.findIndex(({ changes }) => changes === "units");
  if (first < 0) return;
  const late = list.slice(first + 1).find(({ changes }) => changes === "values");
  if (!late) return;
  throw new DeconvError(
    `Cannot apply ${late.config.kind} after ${
      list[first].config.kind
    }: it works on values 0..1; put ${list[first].config.kind} last`,
  );
}
