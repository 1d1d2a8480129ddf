/** What the tests of augmentation share. */
import { augment, type AugmentOptions } from "../../core/data/augment/augment.ts";
import type { TransformationConfig } from "../../core/data/augment/augmentation.ts";
import type { Transformation } from "../../core/data/augment/transformation.ts";
import { type Dataset, fromTensors, targetSize } from "../../core/data/dataset.ts";
import { type Shape, sizeOf, tensor } from "../../core/tensor.ts";
import { random } from "../../core/random.ts";

/** `count` pictures of noise in 0..1. */
export function noisePictures(count: number, shape: Shape, seed = 1): Dataset {
  const data = new Float32Array(count * sizeOf(shape));
  random(seed, "pictures").fillUniform(data, 0, 1, 0);
  return fromTensors(tensor(data, [count, ...shape]), undefined, { name: "noise" });
}

/** Pictures `indices` of a dataset in a pass, and their targets. */
export async function readAll(
  dataset: Dataset,
  pass = 0,
  indices = Array.from({ length: dataset.size }, (_, i) => i),
): Promise<{ x: Float32Array[]; targets: Float32Array[] }> {
  const one = sizeOf(dataset.shape), width = targetSize(dataset);
  const x = new Float32Array(indices.length * one);
  const targets = new Float32Array(indices.length * width);
  await dataset.read(indices, x, targets, pass);
  return {
    x: indices.map((_, i) => x.slice(i * one, (i + 1) * one)),
    targets: indices.map((_, i) => targets.slice(i * width, (i + 1) * width)),
  };
}

/** Pictures before and after transformations, pair by pair. */
export async function beforeAndAfter(
  dataset: Dataset,
  transformations: readonly (Transformation | TransformationConfig)[],
  options?: AugmentOptions,
): Promise<[before: Float32Array, after: Float32Array][]> {
  const { x } = await readAll(dataset);
  const { x: changed } = await readAll(augment(dataset, transformations, options));
  return x.map((before, i) => [before, changed[i]]);
}
