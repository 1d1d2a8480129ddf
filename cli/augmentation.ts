import { InvalidArgumentError, Option } from "commander";
import { augment, type Dataset, DeconvError, parseAugmentation } from "../mod.ts";

/** What is done to training data at random. */
export const augmentOption = (): Option =>
  new Option(
    "--augment <list>",
    "change training pictures at random: flip,crop,erase or crop:padding=2,rotate:degrees=10",
  ).argParser(checked);

/** Checks a list of transformations. */
function checked(text: string): string {
  try {
    parseAugmentation(text);
  } catch (error) {
    if (error instanceof DeconvError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
  return text;
}

/**
 * The dataset as `--augment` changes it; itself where nothing is to be done.
 *
 * @throws {DeconvError} When that cannot be done to such data.
 */
export function augmented(dataset: Dataset, list: string = "", seed: number = 0): Dataset {
  const transformations = parseAugmentation(list);
  return transformations.length ? augment(dataset, transformations, { seed }) : dataset;
}
