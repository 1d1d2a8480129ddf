import { DeconvError } from "../../errors.ts";
import { sameShape, type Shape, shapeText } from "../../tensor.ts";
import type { Draw } from "./draw.ts";
import {
  checkOptions,
  type PairTransformation,
  type PictureTransformation,
  type Transformation,
  type TransformationOptions,
} from "./transformation.ts";

/**
 * Applies one of several transformations to each picture, all equally likely. The one chosen keeps to
 * its own `probability`. All of them must move pixels, or all change values, or all mix pairs.
 *
 * @throws {DeconvError} When there are none, or they are not of one sort.
 *
 * @example
 * ```ts
 * import { augment, oneOf, randomCrop, randomShift, shapes } from "@deconv/deconv";
 * const dataset = augment(shapes({ size: 100 }), [oneOf([randomCrop(), randomShift()])]);
 * console.log(dataset.size); // 100
 * ```
 */
export function oneOf(
  transformations: readonly Transformation[],
  options: TransformationOptions = {},
): Transformation {
  const { probability = 1, ...rest } = options;
  checkOptions("oneOf", probability, rest);
  const [first] = transformations;
  if (!first) throw new DeconvError("oneOf needs at least one transformation");
  const other = transformations.find(({ changes }) => changes !== first.changes);
  if (other) {
    throw new DeconvError(
      `oneOf takes transformations of one sort, not both ${first.config.kind} and ${other.config.kind}`,
    );
  }
  const all = transformations.map(({ config }) => config);
  return {
    config: { kind: "oneOf", transformations: all, probability },
    probability,
    ...(isPair(transformations)
      ? pairs(transformations)
      : pictures(transformations as readonly PictureTransformation[])),
  };
}

/** Whether all mix pairs; otherwise, being of one sort, none does. */
function isPair(
  all: readonly Transformation[],
): all is readonly PairTransformation[] {
  return all[0].changes === "pair";
}

/** Which one is chosen. */
const choose = (draw: Draw, count: number) => draw.integer(count, 1);

function pictures(
  all: readonly PictureTransformation[],
): Pick<PictureTransformation, "changes" | "shape" | "apply"> {
  return {
    changes: all[0].changes,
    shape(shape: Shape) {
      const shapes = all.map((each) => each.shape(shape));
      const other = shapes.find((each) => !sameShape(each, shapes[0]));
      if (!other) return shapes[0];
      throw new DeconvError(
        `oneOf would make pictures of shapes ${shapeText(shapes[0])} and ${
          shapeText(other)
        }, and all must have one shape`,
      );
    },
    apply(from, to, draw, mask) {
      const chosen = choose(draw, all.length), child = draw.child(chosen);
      return child.hits(all[chosen].probability) && all[chosen].apply(from, to, child, mask);
    },
  };
}

function pairs(
  all: readonly PairTransformation[],
): Pick<PairTransformation, "changes" | "classes" | "mix"> {
  return {
    changes: "pair",
    classes: all.find(({ classes }) => classes !== undefined)?.classes,
    mix(picture, other, draw) {
      const chosen = choose(draw, all.length), child = draw.child(chosen);
      return child.hits(all[chosen].probability) ? all[chosen].mix(picture, other, child) : 1;
    },
  };
}
