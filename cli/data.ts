import { type Dataset, openCifar10, shapes, take } from "../mod.ts";

/** The pictures of a run: to learn from, and to test on. */
export interface Data {
  /** Pictures to learn from. */
  train: Dataset;
  /** Pictures never learned from. */
  test: Dataset;
}

/** Pictures the generator makes when nothing else is said: enough that filters show edges and colours. */
const GENERATED = { train: 6400, test: 1000 };

/**
 * Opens the data that `--data` names, or the generator.
 *
 * @param options `samples`: use only so many training pictures; `seed` of the generator.
 */
export function openData(
  folder: string | undefined,
  { samples, seed = 0 }: { samples?: number; seed?: number } = {},
): Data {
  if (folder !== undefined) {
    const { train, test } = openCifar10(folder);
    return { train: samples ? take(train, Math.min(samples, train.size)) : train, test };
  }
  return {
    train: shapes({ size: samples ?? GENERATED.train, seed }),
    test: shapes({ size: Math.min(samples ?? Infinity, GENERATED.test), seed, split: "test" }),
  };
}
