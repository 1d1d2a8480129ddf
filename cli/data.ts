import {
  type Dataset,
  DeconvError,
  type Model,
  openCifar10,
  sameShape,
  shapes,
  shapeText,
  take,
} from "../mod.ts";

/** The pictures of a run: to learn from, and to test on. */
export interface Data {
  /** Pictures to learn from. */
  train: Dataset;
  /** Pictures never learned from. */
  test: Dataset;
}

/** Pictures the generator makes when nothing else is said: enough that filters show edges and colours. */
const GENERATED = { train: 6400, test: 1000 };

/** Which pictures are wanted. */
export interface DataOptions {
  /** The folder that `--data` names; without it, pictures are generated. */
  data?: string;
  /** The folder that the model was trained on, where `--data` says nothing. */
  trainedOn?: string;
  /** Use only so many training pictures. */
  samples?: number;
  /** Seed of the generator. */
  seed?: number;
}

/**
 * Opens the pictures for a model.
 *
 * @throws {DeconvError} When the folder is wrong, or the model does not take pictures like these.
 */
export function openData(model: Model, options: DataOptions): Data {
  if (model.inputShapes.length > 1) {
    throw new DeconvError(
      `${model.name} takes ${model.inputShapes.length} inputs; the command line can use networks that take one`,
    );
  }
  const data = open(options);
  if (!sameShape(data.test.shape, model.inputShape)) {
    throw new DeconvError(
      `${model.name} takes inputs of shape ${
        shapeText(model.inputShape)
      }, and the pictures of ${data.test.name} are ${shapeText(data.test.shape)}`,
    );
  }
  return data;
}

function open({ data, trainedOn, samples, seed = 0 }: DataOptions): Data {
  const folder = data ?? trainedOn;
  if (folder === undefined) {
    return {
      train: shapes({ size: samples ?? GENERATED.train, seed }),
      test: shapes({ size: Math.min(samples ?? Infinity, GENERATED.test), seed, split: "test" }),
    };
  }
  if (folder === "") {
    throw new DeconvError("The name of the data's folder is empty: give --data one");
  }
  try {
    const { train, test } = openCifar10(folder);
    return { train: samples ? take(train, samples) : train, test };
  } catch (error) {
    if (data !== undefined || !(error instanceof DeconvError)) throw error;
    throw new DeconvError(
      `${error.message} (the model was trained on it; --data says where the pictures are now)`,
    );
  }
}
