import { basename, dirname, join } from "node:path";
import {
  batchCount,
  DeconvError,
  getArithmetic,
  loadModelFile,
  type Loss,
  makeOptimizer,
  type Model,
  type Preset,
  preset,
  PRESET_NAMES,
  setArithmetic,
} from "../mod.ts";
import { type Data, expectInputs, openData } from "./data.ts";
import { Metrics } from "./metrics.ts";
import { type Position, removeDrafts, statesIn } from "./checkpoints.ts";
import { modelPath } from "./model_path.ts";
import {
  DISCRIMINATOR_FILE,
  MODEL_FILE,
  nextRunFolder,
  openRunFolder,
  type RunFolder,
} from "./run_folder.ts";

/** What the command line says of a run. */
export interface RunOptions {
  preset?: string;
  data?: string;
  samples?: number;
  augment?: string;
  size?: number;
  grayscale?: boolean;
  corrupt?: "refuse" | "skip";
  workers?: number;
  epochs?: number;
  batchSize?: number;
  learningRate?: number;
  loss?: string;
  optimizer?: string;
  seed?: number;
  strict?: boolean;
  out?: string;
  resume?: string;
}

/** Everything that decides how a run goes; kept in the model's file so that it can go on. */
export interface Run {
  preset: string;
  data?: string;
  samples?: number;
  /** What is done to training data at random, such as `flip,crop`. */
  augment?: string;
  /** The side that pictures in files are brought to. */
  size?: number;
  /** Whether they become gray. */
  grayscale?: boolean;
  /** What became of pictures that could not be decoded: what is skipped decides the numbers of the rest. */
  corrupt?: "refuse" | "skip";
  epochs: number;
  batchSize: number;
  seed: number;
  /** Whether it computes with strict arithmetic. */
  strict?: true;
}

/** A run about to start or to go on. Nothing has been written yet. */
export interface Start {
  model: Model;
  /** A generator's adversary. */
  discriminator?: Model;
  run: Run;
  preset: Preset;
  data: Data;
  /** Where the run stood when the model in its folder was saved; absent for a new run. */
  saved?: Position;
  /** What is to be said of the file it goes on from, if that is not the newest. */
  warning?: string;
  /** Makes the folder it writes into. */
  open(): RunFolder;
  /** The losses so far. */
  metrics(folder: string): Metrics;
}

/**
 * Sets a new run up from a preset.
 *
 * @throws {DeconvError} When there is no such preset, loss or optimizer, or the data are wrong.
 */
export async function startNew(options: RunOptions): Promise<Start> {
  const chosen = preset(options.preset ?? PRESET_NAMES[0]);
  if (options.strict) setArithmetic("strict");
  const seed = options.seed ?? 0;
  const run: Run = {
    preset: chosen.name,
    data: options.data,
    samples: options.samples,
    augment: options.augment,
    size: options.size,
    grayscale: options.grayscale,
    corrupt: options.corrupt,
    epochs: options.epochs ?? chosen.epochs,
    batchSize: options.batchSize ?? chosen.batchSize,
    seed,
    ...(getArithmetic() === "strict" ? { strict: true } : {}),
  };
  const data = await openData({ ...run, preset: chosen, workers: options.workers });
  const { shape, targetShape, classNames } = data.train;
  const steps = run.epochs * batchCount(data.train.size, run.batchSize);
  const peak = options.learningRate ?? chosen.learningRate;
  const kind = options.optimizer ?? "adam";
  const compile = (network: Model) => {
    network.compile({
      optimizer: makeOptimizer(kind, {
        ...(options.optimizer === undefined ? chosen.optimizer : {}),
        learningRate: chosen.schedule?.(peak, steps) ?? peak,
      }),
      loss: (options.loss ?? chosen.loss) as Loss,
      metrics: chosen.metrics,
    });
    return network;
  };
  const model = compile(chosen.build({ shape, targetShape, classes: classNames?.length, seed }));
  const discriminator = chosen.adversary &&
    compile(chosen.adversary.build({ shape, seed: seed + 1 }));
  if (discriminator) expectInputs(discriminator, data.train);
  else expectInputs(model, data.train);
  const open = () => {
    if (options.out === undefined) return nextRunFolder(chosen.name);
    const opened = openRunFolder(options.out, { keepModel: true });
    removeDrafts(opened.path);
    return opened;
  };
  const metrics = (folder: string) => new Metrics(folder);
  return { model, discriminator, run, preset: chosen, data, open, metrics };
}

/**
 * Picks an interrupted run up where it stood.
 *
 * @throws {DeconvError} When its model cannot be read, was not saved by a run, or is complete.
 */
export async function startAgain(options: RunOptions & { resume: string }): Promise<Start> {
  const { path, model, discriminator, run, warning } = await newestState(options.resume);
  if (run.strict) setArithmetic("strict");
  if (options.data !== undefined) run.data = options.data;
  if (options.epochs !== undefined) run.epochs = options.epochs;
  const folder = dirname(path);
  const { epoch } = model.progress;
  if (epoch >= run.epochs) {
    throw new DeconvError(
      epoch === run.epochs
        ? `The run in "${folder}" is complete with its ${epoch} epochs: give --epochs a larger number to go on`
        : `The run in "${folder}" has gone through ${epoch} epochs already, more than ${run.epochs}: give --epochs a larger number to go on`,
    );
  }
  const chosen = preset(run.preset);
  const data = await openData({
    ...run,
    data: options.data,
    trainedOn: run.data,
    preset: chosen,
    workers: options.workers,
  });
  expectInputs(discriminator ?? model, data.train);
  return {
    model,
    discriminator,
    run,
    preset: chosen,
    data,
    saved: basename(path) === MODEL_FILE ? model.progress : undefined,
    warning,
    open: () => {
      const opened = openRunFolder(folder);
      removeDrafts(folder);
      return opened;
    },
    metrics: () => Metrics.read(folder, epoch),
  };
}

/** A run as it was saved. */
interface State extends Pick<Start, "model" | "discriminator" | "run" | "warning"> {
  path: string;
}

/** The newest state of a run that is whole, or the one in the file that was given. */
async function newestState(given: string): Promise<State> {
  const newest = modelPath(given);
  const paths = newest === given ? [given] : statesIn(given);
  let first: DeconvError | undefined;
  for (const path of paths) {
    try {
      const state = await readState(path);
      if (!first) return state;
      return { ...state, warning: `${first.message}; going on from "${path}", saved before it` };
    } catch (error) {
      if (!(error instanceof DeconvError)) throw error;
      first ??= error;
    }
  }
  throw first;
}

async function readState(path: string): Promise<State> {
  const { model, metadata } = await loadModelFile(path);
  const run = readRun(metadata.run);
  if (!run || !model.compiled) {
    throw new DeconvError(`Cannot go on with "${path}": it was not saved by a training run`);
  }
  if (!preset(run.preset).adversary) return { path, model, run };
  const other = join(dirname(path), basename(metadata.discriminator ?? DISCRIMINATOR_FILE));
  const { model: discriminator } = await loadModelFile(other);
  return { path, model, discriminator, run };
}

/** The run that a model's file describes; undefined when that is missing or makes no sense. */
export function readRun(text: string | undefined): Run | undefined {
  if (text === undefined) return undefined;
  let run: Run;
  try {
    run = JSON.parse(text);
  } catch {
    return undefined;
  }
  const whole = (value: unknown, least: number) =>
    Number.isSafeInteger(value) && (value as number) >= least;
  const valid = typeof run === "object" && run !== null && typeof run.preset === "string" &&
    whole(run.epochs, 1) && whole(run.batchSize, 1) && whole(run.seed, 0) &&
    (run.strict === undefined || run.strict === true) &&
    (run.samples === undefined || whole(run.samples, 1)) &&
    (run.size === undefined || whole(run.size, 1)) &&
    (run.grayscale === undefined || typeof run.grayscale === "boolean") &&
    [undefined, "refuse", "skip"].includes(run.corrupt) &&
    [run.data, run.augment].every((text) => text === undefined || typeof text === "string");
  return valid ? run : undefined;
}
