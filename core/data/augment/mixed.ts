/** A dataset whose pictures are mixed with other pictures of it, and their classes alike. */
import { DeconvError } from "../../errors.ts";
import { type Shape, shapeText, sizeOf } from "../../tensor.ts";
import { checkRead, type Dataset } from "../dataset.ts";
import type { Draw } from "./draw.ts";
import { raster } from "./raster.ts";
import { staging } from "./staging.ts";
import type { PairTransformation } from "./transformation.ts";

/** Which number of its draw chooses the partner; those before belong to the transformation. */
const PARTNER = 31;

/**
 * The dataset with each picture mixed with another: one drawn from the whole dataset, which has gone
 * through what came before just as if it were read itself.
 *
 * @throws {DeconvError} When the targets are not classes, or their number is not known.
 */
export function mixed(dataset: Dataset, pair: PairTransformation, draw: Draw): Dataset {
  const { kind } = pair.config;
  const classes = classCount(dataset, pair);
  const numbered = !dataset.targetShape?.length;
  const one = sizeOf(dataset.shape);
  const spares = { x: staging(), targets: staging(), labels: staging() };

  const result: Dataset = {
    ...dataset,
    targetShape: [classes],
    read(indices, x, targets, pass = 0) {
      checkRead(result, indices, x, targets);
      // Which of the pictures asked for are mixed, and with which others.
      const rows: number[] = [], partners: number[] = [];
      for (let i = 0; i < indices.length; i++) {
        if (!draw.at(pass, indices[i]).hits(pair.probability)) continue;
        rows.push(i);
        partners.push(draw.integer(dataset.size, PARTNER));
      }
      const otherX = spares.x.take(rows.length * one);
      const otherTargets = targets && spares.targets.take(rows.length * classes);

      const mix = () => {
        rows.forEach((row, i) => {
          const own = raster(x.subarray(row * one, (row + 1) * one), dataset.shape);
          const other = raster(otherX.subarray(i * one, (i + 1) * one), dataset.shape);
          const share = pair.mix(own, other, draw.at(pass, indices[row]));
          if (!targets || !otherTargets) return;
          for (let c = 0; c < classes; c++) {
            const at = row * classes + c;
            targets[at] = share * targets[at] + (1 - share) * otherTargets[i * classes + c];
          }
        });
        spares.x.release(otherX);
        if (otherTargets) spares.targets.release(otherTargets);
      };
      return then(
        readVectors(indices, x, targets, pass),
        () => then(readVectors(partners, otherX, otherTargets, pass), mix),
      );
    },
  };
  return result;

  /** Reads pictures, and their classes as vectors. */
  function readVectors(
    indices: ArrayLike<number>,
    x: Float32Array,
    vectors: Float32Array | undefined,
    pass: number,
  ): void | Promise<void> {
    if (!vectors || !numbered) return dataset.read(indices, x, vectors, pass);
    const labels = spares.labels.take(indices.length);
    return then(dataset.read(indices, x, labels, pass), () => {
      vectors.fill(0, 0, indices.length * classes);
      for (let i = 0; i < indices.length; i++) {
        const label = labels[i];
        if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
          throw new DeconvError(
            `Cannot apply ${kind} to ${dataset.name}: picture ${
              indices[i]
            } has the label ${label}, not one of ${classes} classes`,
          );
        }
        vectors[i * classes + label] = 1;
      }
      spares.labels.release(labels);
    });
  }
}

/** Goes on at once, or when what is waited for has come. */
function then(
  waiting: void | Promise<void>,
  next: () => void | Promise<void>,
): void | Promise<void> {
  return waiting ? waiting.then(next) : next();
}

/** How long the class vectors are. */
function classCount(dataset: Dataset, { config: { kind }, classes }: PairTransformation): number {
  const { name, targetShape, classNames } = dataset;
  const shape: Shape = targetShape ?? [];
  if (shape.length > 1) {
    throw new DeconvError(
      `Cannot apply ${kind} to ${name}: its targets are ${
        shapeText(shape)
      }, and only classes can be mixed`,
    );
  }
  const count = shape[0] ?? classes ?? classNames?.length;
  if (count === undefined) {
    throw new DeconvError(
      `Cannot apply ${kind} to ${name}: it has no class names; say how many classes there are: ` +
        `${kind}({ classes: 10 })`,
    );
  }
  if (classes === undefined || classes === count) return count;
  throw new DeconvError(
    `Cannot apply ${kind} with ${classes} classes to ${name}: its targets are ${shapeText(shape)}`,
  );
}
