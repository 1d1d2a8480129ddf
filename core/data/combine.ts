import { DeconvError } from "../errors.ts";
import { sameShape, type Shape, shapeText, sizeOf } from "../tensor.ts";
import { checkRead, type Dataset, targetSize } from "./dataset.ts";

/**
 * Pairs of pictures: those of the first dataset, with those of the second as their targets (masks, or
 * what the first are to be turned into).
 *
 * @throws {DeconvError} When there are not as many of both.
 *
 * @example Learn to sharpen: blurred pictures, and the pictures they were
 * ```ts
 * import { map, shapes, zip } from "@deconv/deconv";
 * const sharp = shapes({ size: 100 });
 * const dark = map(sharp, {}, (x) => ({ x: x.map((value) => value / 2) }));
 * console.log(zip(dark, sharp).targetShape); // [32, 32, 3]
 * ```
 */
export function zip(
  pictures: Dataset,
  targets: Dataset,
  options: { name?: string; classNames?: readonly string[] } = {},
): Dataset {
  if (pictures.size !== targets.size) {
    throw new DeconvError(
      `Cannot pair the ${pictures.size} pictures of ${pictures.name} with the ${targets.size} of ${targets.name}`,
    );
  }
  const result: Dataset = {
    name: options.name ?? pictures.name,
    size: pictures.size,
    shape: pictures.shape,
    targetShape: targets.shape,
    classNames: options.classNames,
    ahead(indices) {
      pictures.ahead?.(indices);
      targets.ahead?.(indices);
    },
    read(indices, x, y, pass) {
      checkRead(result, indices, x, y);
      const reading = pictures.read(indices, x, undefined, pass);
      if (!y) return reading;
      const readTargets = () => targets.read(indices, y, undefined, pass);
      return reading ? reading.then(readTargets) : readTargets();
    },
  };
  return result;
}

/**
 * Several datasets of like pictures one after the other.
 *
 * @throws {DeconvError} When there are none, or shapes or class names differ.
 *
 * @example
 * ```ts
 * import { concat, shapes } from "@deconv/deconv";
 * const both = concat([shapes({ size: 10 }), shapes({ size: 5, split: "test" })]);
 * console.log(both.size); // 15
 * ```
 */
export function concat(datasets: readonly Dataset[], options: { name?: string } = {}): Dataset {
  const [first] = datasets;
  if (!first) throw new DeconvError("Cannot join no datasets: give at least one");
  for (const other of datasets) expectAlike(first, other);
  const ends: number[] = []; // of each dataset, the number of pictures up to its last
  const size = datasets.reduce((sum, dataset) => {
    ends.push(sum + dataset.size);
    return sum + dataset.size;
  }, 0);
  const result: Dataset = {
    ...first,
    name: options.name ?? datasets.map(({ name }) => name).join(" + "),
    size,
    ahead(indices) {
      datasets.forEach((dataset, which) => {
        const start = ends[which - 1] ?? 0;
        const own = Array.from(indices).filter((i) => i >= start && i < ends[which]);
        dataset.ahead?.(own.map((i) => i - start));
      });
    },
    read(indices, x, targets, pass) {
      checkRead(result, indices, x, targets);
      return readFrom(0);

      /** Reads from the i-th on, runs of one dataset at a time. */
      function readFrom(i: number): void | Promise<void> {
        while (i < indices.length) {
          const which = ends.findIndex((end) => indices[i] < end), start = ends[which - 1] ?? 0;
          const run: number[] = [], at = i;
          for (; i < indices.length && indices[i] >= start && indices[i] < ends[which]; i++) {
            run.push(indices[i] - start);
          }
          const reading = datasets[which].read(
            run,
            x.subarray(at * sizeOf(first.shape)),
            targets?.subarray(at * targetSize(first)),
            pass,
          );
          if (reading) return reading.then(() => readFrom(i));
        }
      }
    },
  };
  return result;
}

function expectAlike(a: Dataset, b: Dataset): void {
  const refuse = (what: string, of: (dataset: Dataset) => string) => {
    throw new DeconvError(
      `Cannot join ${a.name} and ${b.name}: their ${what} are ${of(a)} and ${of(b)}`,
    );
  };
  const text = (shape?: Shape) => shape ? shapeText(shape) : "class numbers";
  if (!sameShape(a.shape, b.shape)) refuse("pictures", ({ shape }) => text(shape));
  if (text(a.targetShape) !== text(b.targetShape)) {
    refuse("targets", ({ targetShape }) => text(targetShape));
  }
  const names = ({ classNames = [] }: Dataset) => classNames.join(", ") || "none";
  if (names(a) !== names(b)) refuse("class names", names);
}
