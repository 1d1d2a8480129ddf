import {
  type Dataset,
  DeconvError,
  drawLatent,
  fromTensors,
  type Model,
  openDataset,
  type Preset,
  type PresetData,
  sameShape,
  type Shape,
  shapes,
  shapeText,
  take,
} from "../mod.ts";
import { augmented } from "./augmentation.ts";

/** Pictures the generator makes when nothing else is said: enough that filters show edges and colours. */
const GENERATED = { train: 6400, test: 1000 };

/** The data of a run. */
export interface Data extends PresetData {
  /** What was found where `--data` points; absent for generated data. */
  readonly found?: string;
}

/** Which data are wanted. */
export interface DataOptions {
  /** The folder or file that `--data` names; without it, the preset's own or generated pictures. */
  data?: string;
  /** What the model was trained on, where `--data` says nothing. */
  trainedOn?: string;
  /** Use only so many training pictures. */
  samples?: number;
  /** Whether data without a part to test on have one set aside. Default true. */
  holdOut?: boolean;
  /** Seed of generated data, and of what a preset draws at random. */
  seed?: number;
  /** What is done to training data at random, before the preset prepares them. */
  augment?: string;
  /** The preset they are for, if any. */
  preset?: Preset;
  /** The side that pictures in files are brought to. Default: they must all be of one size. */
  size?: number;
  /** Whether pictures in files become gray. */
  grayscale?: boolean;
  /** What becomes of pictures that cannot be decoded; those that are skipped are named. */
  corrupt?: "refuse" | "skip";
  /** How many workers decode pictures in files. */
  workers?: number;
  /** The shape that a model without a preset takes, which pictures in files are brought to. */
  like?: Shape;
}

/**
 * Opens data and prepares them as their preset has it.
 *
 * @throws {DeconvError} When the folder is wrong, or the preset cannot take data like these.
 */
export async function openData(options: DataOptions): Promise<Data> {
  const { preset, samples, seed = 0 } = options;
  const { train, test, found } = await open(options);
  const prepare = (dataset: Dataset, training: boolean) =>
    preset?.prepare?.(dataset, { training, seed }) ?? dataset;
  return {
    train: prepare(augmented(samples ? take(train, samples) : train, options.augment, seed), true),
    test: prepare(samples ? take(test, samples) : test, false),
    found,
  };
}

async function open(options: DataOptions): Promise<Data> {
  const { data, trainedOn, samples, seed = 0, preset, size, grayscale, like, workers, corrupt } =
    options;
  const { holdOut } = options;
  const path = data ?? trainedOn;
  if (path === undefined) {
    return preset?.data?.(seed) ?? {
      train: shapes({ size: samples ?? GENERATED.train, seed }),
      test: shapes({ size: Math.min(samples ?? Infinity, GENERATED.test), seed, split: "test" }),
    };
  }
  if (path === "") {
    throw new DeconvError("The name of the data's folder is empty: give --data one");
  }
  try {
    const [height, width, channels] = like?.length === 3 ? like : [];
    return await openDataset(path, {
      seed,
      holdOut,
      workers,
      corrupt,
      onSkip: (_path, reason) => console.error(`skipped: ${reason}`),
      size: size ?? (like?.length === 3 ? [height, width] : undefined),
      grayscale: grayscale ?? channels === 1,
      shape: size ? [size, size, grayscale ? 1 : 3] : like,
    });
  } catch (error) {
    if (data !== undefined || !(error instanceof DeconvError)) throw error;
    throw new DeconvError(
      `${error.message} (the model was trained on it; --data says where the data are now)`,
    );
  }
}

/** What pictures of a model are made of: test data, or latent numbers for a generator. */
export function shownTo(model: Model, preset: Preset | undefined, { test }: PresetData): Dataset {
  if (!preset?.adversary) return test;
  return fromTensors(drawLatent(model, 64), undefined, { name: "latent numbers" });
}

/**
 * Checks that a model takes inputs like those of a dataset.
 *
 * @throws {DeconvError} When it does not.
 */
export function expectInputs(model: Model, dataset: Dataset): void {
  if (model.inputShapes.length > 1) {
    throw new DeconvError(
      `${model.name} takes ${model.inputShapes.length} inputs; the command line can use networks that take one`,
    );
  }
  if (sameShape(dataset.shape, model.inputShape)) return;
  throw new DeconvError(
    `${model.name} takes inputs of shape ${
      shapeText(model.inputShape)
    }, and those of ${dataset.name} are ${shapeText(dataset.shape)}`,
  );
}
