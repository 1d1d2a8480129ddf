import { join } from "node:path";
import { Command, Option } from "commander";
import { type Dataset, DeconvError, type Logs, preset, PRESET_NAMES, setThreads } from "../mod.ts";
import { augmentOption } from "./augmentation.ts";
import { Clock, EVERY, type Every, every, KEEP } from "./checkpoints.ts";
import { shownTo } from "./data.ts";
import { learn, thingsIn } from "./learn.ts";
import {
  dataOption,
  fitOptions,
  pictureOptions,
  positiveNumber,
  strictOption,
  threadsOption,
  wholeNumber,
} from "./options.ts";
import { type PictureOptions, writePictures } from "./pictures.ts";
import { logsText, startProgress } from "./progress.ts";
import { type RunOptions, type Start, startAgain, startNew } from "./run.ts";
import { MODEL_FILE } from "./run_folder.ts";
import { saver } from "./saving.ts";
import { stopOnSignal } from "./stop.ts";

interface TrainOptions extends PictureOptions, RunOptions {
  threads?: number;
  checkpointEvery?: Every;
  keep?: number;
  quiet?: boolean;
}

/** Says what is about to happen. */
function announce(
  { model, discriminator, run, data: { train, test, found } }: Start,
  folder: string,
): void {
  const { epoch, batch } = model.progress;
  const { optimizer, losses } = model.compiled!;
  const count = (dataset: Dataset) => `${dataset.size.toLocaleString("en")} ${thingsIn(dataset)}`;
  console.log(model.summary());
  if (discriminator) console.log(`against\n${discriminator.summary()}`);
  if (found) console.log(`found ${found}`);
  console.log(
    `learning from ${count(train)} (${train.name}), testing on ${count(test)} (${test.name})`,
  );
  console.log(
    `${run.epochs} epochs, batch ${run.batchSize}, ${
      losses[0].kind
    }, ${optimizer.kind}, seed ${run.seed}${run.strict ? ", strict" : ""}`,
  );
  if (run.augment) console.log(`augmented by ${run.augment}`);
  if (epoch || batch) console.log(`going on in epoch ${epoch + 1} after ${batch} batches`);
  console.log(`into ${folder} (Ctrl-C saves and ends)`);
}

async function train(options: TrainOptions): Promise<number> {
  const { resume, quiet = false } = options;
  if (options.threads) setThreads(options.threads);
  const start =
    await (resume === undefined ? startNew(options) : startAgain({ ...options, resume }));
  if (start.warning) console.error(`warning: ${start.warning}`);
  const folder = start.open();
  try {
    if (!quiet) announce(start, folder.path);
    return await follow(start, folder.path, options);
  } finally {
    folder.discard(); // if nothing came of it
  }
}

/** Trains while it shows how that goes and saves every epoch; then makes the pictures. */
async function follow(start: Start, folder: string, options: TrainOptions): Promise<number> {
  const { model, run, data } = start;
  const { quiet = false } = options;
  const metrics = start.metrics(folder);
  const path = join(folder, MODEL_FILE);
  const saving = saver(start, folder, options.keep);
  const clock = new Clock(options.checkpointEvery ?? EVERY);
  const save = async () => {
    await saving.save();
    clock.reset();
  };
  const progress = startProgress(model.progress.epoch, run.epochs, quiet, thingsIn(data.train));
  const { signal, release } = stopOnSignal(
    () => progress.stopping("Stopping after the batch at hand; Ctrl-C again ends at once"),
    () => progress.end(),
  );
  let began = performance.now(), last: Logs = {};
  try {
    const stopped = await learn(start, {
      signal,
      batch: progress.batch,
      between: () => clock.due() ? save() : undefined,
      epoch: async (epoch, logs) => {
        const seconds = (performance.now() - began) / 1000;
        began = performance.now();
        progress.epoch(epoch, logs, seconds);
        last = logs;
        await metrics.add({ epoch: epoch + 1, ...logs, seconds: Number(seconds.toFixed(2)) });
        await save();
      },
    });
    progress.end();
    if (stopped) {
      await save();
      console.log(
        `Stopped in epoch ${stopped.epoch + 1} after ${stopped.batch} batches, and saved.`,
      );
      console.log(`Go on with --resume ${folder}`);
      return 130;
    }
    saving.finish();
    const shown = shownTo(model, start.preset, data);
    const files = await writePictures(model, shown, folder, { ...options, signal }, metrics);
    if (signal.aborted) {
      console.log(`Stopped; the model is complete. Its pictures come with: render ${folder}`);
      return 130;
    }
    if (!quiet) {
      const tested = Object.entries(last).filter(([name]) => name.startsWith("val_"))
        .map(([name, value]) => [name.slice("val_".length), value]);
      if (tested.length) console.log(`test  ${logsText(Object.fromEntries(tested))}`);
      console.log(`Saved ${path} and ${files.length} pictures.`);
    }
    console.log(`Open ${files[files.length - 1]}`);
    return 0;
  } catch (error) {
    progress.end();
    const { saved } = saving;
    if (!(error instanceof DeconvError) || !saved) throw error;
    const { epoch, batch } = saved;
    const when = batch ? `in epoch ${epoch + 1} after ${batch} batches` : `after epoch ${epoch}`;
    throw new DeconvError(`${error.message}. The model as it was ${when} is in ${path}`);
  } finally {
    release();
  }
}

/** Options that a run keeps from its start: they cannot be changed on the way. */
const FIXED = [
  "preset",
  "samples",
  "augment",
  "size",
  "grayscale",
  "corrupt",
  "batchSize",
  "learningRate",
  "loss",
  "optimizer",
  "seed",
  "strict",
  "out",
];

/** `deconv train`: trains a preset and makes its pictures. */
export function trainCommand(done: (code: number) => void): Command {
  const command = new Command("train")
    .description("Train a network, and make the pictures that show what it learned.")
    .option("--preset <name>", `the network, see below (default: ${PRESET_NAMES[0]})`)
    .addOption(dataOption("default: made by a generator"))
    .option("--samples <count>", "learn from only so many pictures", wholeNumber(1, 1e9))
    .addOption(augmentOption())
    .option("--epochs <count>", "passes over the pictures (default: the preset's)", wholeNumber(1))
    .option("--batch-size <count>", "pictures a step (default: the preset's)", wholeNumber(1))
    .option("--learning-rate <rate>", "how far a step goes (default: the preset's)", positiveNumber)
    .option(
      "--loss <name>",
      "what to make small, such as binary_crossentropy or mse (default: the preset's)",
    )
    .option(
      "--optimizer <name>",
      "how: adam (default), adamw, amsgrad, rmsprop, adagrad or sgd",
    )
    .addOption(threadsOption())
    .addOption(strictOption())
    .option(
      "--seed <number>",
      "decides weights, order and generated pictures (default: 0)",
      wholeNumber(0),
    )
    .option(
      "--checkpoint-every <batches|seconds>",
      `save within an epoch too: after 500 batches, 30s, or "epoch" for not at all (default: ${EVERY.seconds}s)`,
      every,
    )
    .option(
      "--keep <count>",
      `states of the run that are kept (default: ${KEEP}; 1 at the end)`,
      wholeNumber(1, 1000),
    )
    .option("--out <folder>", "where to put everything (default: out/PRESET-NUMBER)")
    .addOption(
      new Option("--resume <run>", "go on with an interrupted run: its folder or its model")
        .conflicts(FIXED),
    )
    .option("--quiet", "print only what to open at the end");
  for (const option of [...fitOptions(), ...pictureOptions()]) command.addOption(option);
  command.addHelpText("after", more);
  return command.action(async (options: TrainOptions) => done(await train(options)));
}

/** What the help says below the options. */
function more(): string {
  const width = Math.max(...PRESET_NAMES.map((name) => name.length));
  const presets = PRESET_NAMES.map((name) => {
    const { description, epochs } = preset(name);
    return `  ${name.padEnd(width)}  ${wrap(`${description} (${epochs} epochs)`, width + 4)}`;
  });
  return `
Presets:
${presets.join("\n")}

The folder gets the model (model.safetensors), the losses (metrics.csv,
loss.png, loss.svg) and pictures of filters, activations and reconstructions;
overview.png shows everything on one sheet. Ctrl-C saves, and --resume goes on
from there to the very same result; so it does after a crash, from the newest
state that is whole. Exit codes: 0 done, 1 something is wrong
with the data, a file or the network, 2 wrong usage, 130 interrupted.

Examples:
  deno task train
  deno task train --preset article-cnn --data cifar-10-batches-bin --epochs 1
  deno task train --resume out/article-cnn-1`;
}

/** Text in lines of at most 80 columns, those after the first indented. */
function wrap(text: string, indent: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1];
    if (line && indent + line.length + 1 + word.length > 80) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}
