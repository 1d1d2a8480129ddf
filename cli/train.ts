import { Command } from "commander";
import {
  DeconvError,
  loadModelFile,
  type LossName,
  makeOptimizer,
  type Model,
  type Preset,
  preset,
  PRESET_NAMES,
  sameShape,
  setThreads,
  shapeText,
} from "../mod.ts";
import { type Data, openData } from "./data.ts";
import {
  dataOption,
  pictureOptions,
  positiveNumber,
  threadsOption,
  wholeNumber,
} from "./options.ts";
import { type PictureOptions, writePictures } from "./pictures.ts";
import { logsText, startProgress } from "./progress.ts";
import { modelPath } from "./render.ts";
import { Metrics, MODEL_FILE, nextRunFolder, openRunFolder } from "./run_folder.ts";

interface TrainOptions extends PictureOptions {
  preset?: string;
  data?: string;
  samples?: number;
  epochs?: number;
  batchSize?: number;
  learningRate?: number;
  loss?: string;
  optimizer?: string;
  threads?: number;
  seed?: number;
  out?: string;
  resume?: string;
  quiet?: boolean;
}

/** Everything that decides how a run goes; kept in the model's file so that it can go on. */
interface Run {
  preset: string;
  data?: string;
  samples?: number;
  epochs: number;
  batchSize: number;
  seed: number;
}

/** A run about to start or to go on. */
interface Start {
  model: Model;
  run: Run;
  folder: string;
  metrics: Metrics;
}

/** Sets a new run up from a preset. */
function startNew(options: TrainOptions): Start {
  const chosen: Preset = preset(options.preset ?? PRESET_NAMES[0]);
  const seed = options.seed ?? 0;
  const run = {
    preset: chosen.name,
    data: options.data,
    samples: options.samples,
    epochs: options.epochs ?? chosen.epochs,
    batchSize: options.batchSize ?? chosen.batchSize,
    seed,
  };
  const { learningRate = chosen.learningRate } = options;
  const model = chosen.build(seed);
  model.compile({
    optimizer: makeOptimizer(options.optimizer ?? "adam", { learningRate }),
    loss: (options.loss ?? chosen.loss) as LossName,
    metrics: ["mse"],
  });
  const folder = options.out ?? nextRunFolder(chosen.name);
  openRunFolder(folder);
  return { model, run, folder, metrics: new Metrics(folder) };
}

/** Options that a run keeps from its start: they cannot be changed on the way. */
const FIXED = [
  "preset",
  "batchSize",
  "learningRate",
  "loss",
  "optimizer",
  "seed",
  "samples",
  "out",
];

/** Picks an interrupted run up where it stood. */
async function startAgain(options: TrainOptions): Promise<Start> {
  const clash = FIXED.find((name) => options[name as keyof TrainOptions] !== undefined);
  if (clash) {
    const flag = clash.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    throw new DeconvError(
      `--${flag} cannot be given with --resume: the run keeps what it began with`,
    );
  }
  const path = modelPath(options.resume!);
  const { model, metadata } = await loadModelFile(path);
  if (!metadata.run || !model.compiled) {
    throw new DeconvError(`Cannot go on with "${path}": it was not saved by a training run`);
  }
  const run = JSON.parse(metadata.run) as Run;
  if (options.data) run.data = options.data;
  if (options.epochs) run.epochs = options.epochs;
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
  if (model.progress.epoch >= run.epochs) {
    throw new DeconvError(
      `The run in "${folder}" is complete with ${run.epochs} epochs: give --epochs a larger number to go on`,
    );
  }
  openRunFolder(folder, { resuming: true });
  return { model, run, folder, metrics: Metrics.read(folder, model.progress.epoch) };
}

/** Says what is about to happen. */
function announce({ model, run, folder }: Start, { train, test }: Data): void {
  const from = model.progress.epoch || model.progress.batch
    ? `, going on in epoch ${model.progress.epoch + 1}`
    : "";
  console.log(model.summary());
  console.log(
    `${train.size} pictures of ${train.name}, ${test.size} to test; ` +
      `${run.epochs} epochs, batch ${run.batchSize}, seed ${run.seed}${from}; into ${folder}`,
  );
}

/** Makes Ctrl-C and SIGTERM stop the run after the batch at hand; a second one ends it at once. */
function stopOnSignal(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) Deno.exit(130);
    controller.abort();
  };
  const names: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const name of names) Deno.addSignalListener(name, stop);
  const release = () => names.forEach((name) => Deno.removeSignalListener(name, stop));
  return { signal: controller.signal, release };
}

async function train(options: TrainOptions): Promise<number> {
  if (options.threads) setThreads(options.threads);
  const start = options.resume === undefined ? startNew(options) : await startAgain(options);
  const { model, run, folder, metrics } = start;
  const data = openData(run.data, run);
  if (!sameShape(data.train.shape, model.inputShape)) {
    throw new DeconvError(
      `${model.name} takes pictures of ${
        shapeText(model.inputShape)
      }, and those of ${data.train.name} are ${shapeText(data.train.shape)}`,
    );
  }
  const quiet = options.quiet ?? false;
  if (!quiet) announce(start, data);
  const save = () =>
    model.save(`${folder}/${MODEL_FILE}`, {
      run: JSON.stringify(run),
      seed: `${run.seed}`,
      ...(run.data === undefined ? {} : { data: run.data }),
    });
  const progress = startProgress(model.progress.epoch, run.epochs, quiet);
  const { signal, release } = stopOnSignal();
  let began = performance.now();
  try {
    const { stopped } = await model.fitDataset(data.train, {
      target: "input",
      validation: data.test,
      epochs: run.epochs,
      batchSize: run.batchSize,
      seed: run.seed,
      initialEpoch: model.progress.epoch,
      initialBatch: model.progress.batch,
      signal,
      onBatchEnd: ({ epoch, batch, size }, logs) =>
        progress.batch(epoch, batch * run.batchSize + size, data.train.size, logs),
      onEpochEnd: async (epoch, logs) => {
        const seconds = (performance.now() - began) / 1000;
        began = performance.now();
        progress.epoch(epoch, logs, seconds);
        await metrics.add({ epoch: epoch + 1, ...logs, seconds: Number(seconds.toFixed(2)) });
        model.progress = { epoch: epoch + 1, batch: 0 };
        await save();
      },
    });
    if (stopped) {
      progress.end();
      await save();
      console.log(
        `Stopped in epoch ${
          stopped.epoch + 1
        } after ${stopped.batch} batches, and saved. Go on with --resume ${folder}`,
      );
      return 130;
    }
  } finally {
    progress.end();
    release();
  }
  const files = await writePictures(model, data.test, folder, options, metrics);
  const logs = await model.evaluateDataset(data.test, {
    target: "input",
    batchSize: run.batchSize,
  });
  if (!quiet) {
    console.log(`test  ${logsText(logs)}`);
    console.log(`Saved ${folder}/${MODEL_FILE} and ${files.length} pictures.`);
  }
  console.log(`Open ${folder}/${files[files.length - 1]}`);
  return 0;
}

/** `deconv train`: trains a preset and makes its pictures. */
export function trainCommand(done: (code: number) => void): Command {
  const command = new Command("train")
    .description("Train a network, and make the pictures that show what it learned.")
    .option(
      "--preset <name>",
      `the network: ${PRESET_NAMES.join(", ")} (default: ${PRESET_NAMES[0]})`,
    )
    .addOption(dataOption())
    .option("--samples <count>", "learn from only so many pictures", wholeNumber(1))
    .option("--epochs <count>", "passes over the pictures (default: the preset's)", wholeNumber(1))
    .option("--batch-size <count>", "pictures a step (default: 64)", wholeNumber(1))
    .option("--learning-rate <rate>", "how large steps are (default: 0.001)", positiveNumber)
    .option("--loss <name>", "what is made small (default: binary_crossentropy)")
    .option("--optimizer <name>", "how (default: adam)")
    .addOption(threadsOption())
    .option(
      "--seed <number>",
      "decides weights, order and generated pictures (default: 0)",
      wholeNumber(0),
    )
    .option("--out <folder>", "the run's folder (default: out/PRESET-NUMBER)")
    .option("--resume <run>", "go on with an interrupted run: its folder or its model")
    .option("--quiet", "print only what to open at the end");
  for (const option of pictureOptions()) command.addOption(option);
  return command.action(async (options: TrainOptions) => done(await train(options)));
}
