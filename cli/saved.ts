import {
  loadModelFile,
  type Model,
  type Preset,
  preset,
  setArithmetic,
  setThreads,
} from "../mod.ts";
import { type Data, type DataOptions, openData } from "./data.ts";
import { modelPath } from "./model_path.ts";
import { readRun, type Run } from "./run.ts";

/** A saved model, and the run that made it if one did. */
export interface Saved {
  /** Where its file is. */
  readonly path: string;
  /** The model. */
  readonly model: Model;
  /** The strings in its file. */
  readonly metadata: Record<string, string>;
  /** The run. */
  readonly run?: Run;
}

/**
 * Loads a model, given its file or the folder of its run, for computing as the options say.
 *
 * @throws {DeconvError} When it cannot be read, or the options cannot be had.
 */
export async function openSaved(
  given: string,
  { strict, threads }: { strict?: boolean; threads?: number },
): Promise<Saved> {
  if (strict) setArithmetic("strict");
  if (threads) setThreads(threads);
  const path = modelPath(given);
  const { model, metadata } = await loadModelFile(path);
  return { path, model, metadata, run: readRun(metadata.run) };
}

/** What a command says of the data of a saved model; where it is silent, the run decides. */
export type SavedDataOptions = Pick<
  DataOptions,
  "data" | "size" | "grayscale" | "corrupt" | "workers" | "samples" | "holdOut"
>;

/**
 * Opens the data of a saved model: those it was trained on, or others, prepared as its preset has it.
 *
 * @throws {DeconvError} When they cannot be opened, or its preset is none that is known.
 */
export async function openSavedData(
  { model, metadata, run }: Saved,
  options: SavedDataOptions,
): Promise<Data & { readonly preset?: Preset }> {
  const chosen = run && preset(run.preset), seed = run?.seed ?? Number(metadata.seed ?? 0);
  const { data, workers, samples, holdOut } = options;
  const opened = await openData({
    data,
    workers,
    samples,
    holdOut,
    size: options.size ?? run?.size,
    grayscale: options.grayscale ?? run?.grayscale,
    corrupt: options.corrupt ?? run?.corrupt,
    like: chosen ? undefined : model.inputShape,
    trainedOn: metadata.data,
    seed: Number.isSafeInteger(seed) ? seed : 0,
    preset: chosen,
  });
  return { ...opened, preset: chosen };
}
