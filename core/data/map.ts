import { DeconvError } from "../errors.ts";
import { type Shape, shapeText, sizeOf } from "../tensor.ts";
import { checkRead, type Dataset, targetSize } from "./dataset.ts";

/** What {@linkcode map} makes of one picture. What is left out stays as it is. */
export interface Mapped {
  /** The values of the picture. */
  readonly x?: ArrayLike<number>;
  /** The values of its target. */
  readonly target?: ArrayLike<number>;
}

/** What the pictures that {@linkcode map} makes are like, where they differ from the dataset's. */
export interface MapOptions {
  /** The shape of a picture. Default the dataset's. */
  readonly shape?: Shape;
  /** The shape of a target; `null` for one class number. Default the dataset's. */
  readonly targetShape?: Shape | null;
  /** Names of the classes. Default the dataset's. */
  readonly classNames?: readonly string[];
  /** What to call the result. Default the dataset's name. */
  readonly name?: string;
}

/**
 * The pictures of a dataset, each changed by a function when it is read.
 *
 * @param change Gets the picture's values, its target's, its number and the pass (training's epoch); the arrays are its own to
 * change or to return. Draw what should be random from `random(seed, "…")` by the number, so that a
 * picture is the same whenever it is read.
 * @throws {DeconvError} When reading, if what comes back has not the size of its shape.
 *
 * @example Pictures between -1 and 1, and whether they show a shape or a texture
 * ```ts
 * import { map, shapes } from "@deconv/deconv";
 * const dataset = map(shapes({ size: 100 }), { classNames: ["shape", "texture"] }, (x, [label]) => ({
 *   x: x.map((value) => 2 * value - 1),
 *   target: [label < 6 ? 0 : 1],
 * }));
 * console.log(dataset.size, dataset.shape); // 100 [32, 32, 3]
 * ```
 */
export function map(
  dataset: Dataset,
  options: MapOptions,
  change: (
    x: Float32Array,
    target: Float32Array,
    index: number,
    pass: number,
  ) => Mapped | Promise<Mapped>,
): Dataset {
  const { name, shape, targetShape, classNames } = { ...dataset, ...options };
  const one = sizeOf(dataset.shape), oneTarget = targetSize(dataset);
  const result: Dataset = {
    name,
    size: dataset.size,
    shape,
    targetShape: targetShape ?? undefined,
    classNames,
    ahead: dataset.ahead,
    read(indices, x, targets, pass = 0) {
      checkRead(result, indices, x, targets);
      const count = indices.length;
      const from = new Float32Array(count * one), fromTargets = new Float32Array(count * oneTarget);
      const reading = dataset.read(indices, from, fromTargets, pass);
      return reading ? reading.then(() => changeFrom(0)) : changeFrom(0);

      /** Changes the pictures from the i-th on; goes on in a promise from the first that must wait. */
      function changeFrom(i: number): void | Promise<void> {
        for (; i < count; i++) {
          const picture = from.subarray(i * one, (i + 1) * one);
          const target = fromTargets.subarray(i * oneTarget, (i + 1) * oneTarget);
          const write = (changed: Mapped) => {
            put(result, "pictures", shape, changed.x ?? picture, x, i);
            if (!targets) return;
            put(result, "targets", result.targetShape ?? [], changed.target ?? target, targets, i);
          };
          const changed = change(picture, target, indices[i], pass);
          if (changed instanceof Promise) return changed.then(write).then(() => changeFrom(i + 1));
          write(changed);
        }
      }
    },
  };
  return result;
}

function put(
  { name }: Dataset,
  what: string,
  shape: Shape,
  values: ArrayLike<number>,
  to: Float32Array,
  i: number,
): void {
  const size = sizeOf(shape);
  if (values.length !== size) {
    throw new DeconvError(
      `Cannot map ${name}: its ${what} are to be ${shapeText(shape)}, ${size} values, ` +
        `and the function gave ${values.length}`,
    );
  }
  to.set(values, i * size);
}
