import {
  type Dataset,
  DeconvError,
  type Model,
  openDataset,
  sameShape,
  type Shape,
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
  /** What was found where `--data` points; absent for generated pictures. */
  found?: string;
}

/** Pictures the generator makes when nothing else is said: enough that filters show edges and colours. */
const GENERATED = { train: 6400, test: 1000 };

/** Which pictures are wanted. */
export interface DataOptions {
  /** What `--data` names; without it, pictures are generated. */
  data?: string;
  /** The folder that the model was trained on, where `--data` says nothing. */
  trainedOn?: string;
  /** Use only so many training pictures. */
  samples?: number;
  /** Seed of the generator, and of what is held out for testing. */
  seed?: number;
  /** The side that pictures of any size are brought to. Default that of the model's inputs. */
  size?: number;
  /** Whether pictures become gray. Default whether the model's inputs are. */
  grayscale?: boolean;
}

/**
 * Opens the pictures for a model.
 *
 * @throws {DeconvError} When the folder is wrong, or the model does not take pictures like these.
 */
export async function openData(model: Model, options: DataOptions): Promise<Data> {
  if (model.inputShapes.length > 1) {
    throw new DeconvError(
      `${model.name} takes ${model.inputShapes.length} inputs; the command line can use networks that take one`,
    );
  }
  const data = await open(model.inputShape, options);
  if (!sameShape(data.test.shape, model.inputShape)) {
    throw new DeconvError(
      `${model.name} takes inputs of shape ${
        shapeText(model.inputShape)
      }, and the pictures of ${data.test.name} are ${shapeText(data.test.shape)}`,
    );
  }
  return data;
}

async function open(shape: Shape, options: DataOptions): Promise<Data> {
  const { data, trainedOn, samples, seed = 0, size, grayscale } = options;
  const path = data ?? trainedOn;
  if (path === undefined) {
    return {
      train: shapes({ size: samples ?? GENERATED.train, seed }),
      test: shapes({ size: Math.min(samples ?? Infinity, GENERATED.test), seed, split: "test" }),
    };
  }
  if (path === "") {
    throw new DeconvError("The name of the data's folder is empty: give --data one");
  }
  const [height, width, channels] = shape;
  try {
    const { train, test, found } = await openDataset(path, {
      shape,
      seed,
      size: size ?? (shape.length === 3 ? [height, width] : undefined),
      grayscale: grayscale ?? channels === 1,
    });
    return { train: samples ? take(train, samples) : train, test, found };
  } catch (error) {
    if (data !== undefined || !(error instanceof DeconvError)) throw error;
    throw new DeconvError(
      `${error.message} (the model was trained on it; --data says where the pictures are now)`,
    );
  }
}
