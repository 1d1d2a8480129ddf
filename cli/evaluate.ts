import { Command } from "commander";
import {
  activation,
  type Baseline,
  type ConfusionMatrix,
  confusionMatrix,
  type Dataset,
  DeconvError,
  type Logs,
  map,
  type Model,
  type Preset,
  preset,
  readBatches,
  sameShape,
  sequential,
  submodel,
} from "../mod.ts";
import { writeFileAtomic } from "../core/file.ts";
import { targetOf } from "../core/presets/preset.ts";
import { expectInputs } from "./data.ts";
import { thingsIn } from "./learn.ts";
import { dataOption, fitOptions, strictOption, threadsOption, wholeNumber } from "./options.ts";
import { logsText } from "./progress.ts";
import {} from "./run.ts";
import { openSaved, openSavedData } from "./saved.ts";

interface EvaluateOptions {
  data?: string;
  size?: number;
  grayscale?: boolean;
  corrupt?: "refuse" | "skip";
  workers?: number;
  samples?: number;
  batchSize: number;
  json?: string;
  threads?: number;
  strict?: boolean;
}

async function evaluate(given: string, options: EvaluateOptions): Promise<void> {
  const { batchSize } = options;
  const file = await openSaved(given, options), { model: saved, metadata, path, run } = file;
  const chosen = run && preset(run.preset);
  if (chosen?.adversary) {
    throw new DeconvError(
      `Cannot evaluate "${path}": a generator has no right answers to compare with; see generate`,
    );
  }
  if (!saved.compiled) {
    throw new DeconvError(`Cannot evaluate "${path}": it was saved without a loss`);
  }
  const { test } = await openSavedData(file, {
    ...options,
    // Of what a model was trained on, what was held out; of other data, all.
    holdOut: options.data === undefined || isSamePath(options.data, metadata.data),
  });
  const model = chosen ? forSize(saved, chosen, test) : saved;
  expectInputs(model, test);
  const target = chosen ? targetOf(chosen, test) : test.targetShape ? "labels" : "input";
  const results: Record<string, Logs> = {
    [model.name]: await model.evaluateDataset(test, { target, batchSize }),
  };
  if (chosen?.baseline) {
    results[chosen.baseline.name] = await judge(chosen.baseline, chosen, test, batchSize);
  }
  console.log(`${test.size.toLocaleString("en")} ${thingsIn(test)} (${test.name})`);
  const width = Math.max(...Object.keys(results).map((name) => name.length));
  for (const [name, logs] of Object.entries(results)) {
    console.log(`${name.padEnd(width)}  ${logsText(logs)}`);
  }
  const confusion = target === "labels" && test.classNames && !test.targetShape
    ? await confusionOf(model, test, test.classNames)
    : undefined;
  if (confusion) console.log(`\n${confusion}`);
  if (options.json === undefined) return;
  const report = {
    model: path,
    data: test.name,
    size: test.size,
    results,
    confusion: confusion && { classes: test.classNames, counts: confusion.counts },
  };
  await writeFileAtomic(options.json, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`Wrote ${options.json}`);
}

/** The same network for inputs of a dataset's size, where its layers allow another than they were built for. */
function forSize(model: Model, { loss, metrics }: Preset, { shape }: Dataset): Model {
  const [, , channels] = model.inputShape;
  if (shape.length !== 3 || shape[2] !== channels || sameShape(shape, model.inputShape)) {
    return model;
  }
  try {
    const resized = submodel(model, { inputShapes: [shape] });
    resized.compile({ loss, metrics });
    return resized;
  } catch (error) {
    if (error instanceof DeconvError) return model; // what it takes will be said
    throw error;
  }
}

/** Whether two paths name one place. */
function isSamePath(one: string, other: string | undefined): boolean {
  try {
    return other !== undefined && Deno.realPathSync(one) === Deno.realPathSync(other);
  } catch {
    return false; // opening it will say what is wrong
  }
}

/** Which classes a network takes for which. */
async function confusionOf(
  model: Model,
  dataset: Dataset,
  names: readonly string[],
): Promise<ConfusionMatrix | undefined> {
  const [classes] = model.outputShape;
  if (model.outputShape.length !== 1 || classes !== names.length) return undefined;
  const predictions = new Float32Array(dataset.size * classes);
  const labels = new Float32Array(dataset.size);
  let read = 0;
  for await (const { x, labels: some } of readBatches(dataset, { batchSize: 64 })) {
    predictions.set(model.predict(x, { batchSize: 64 }).data, read * classes);
    labels.set(some.data, read);
    read += some.data.length;
  }
  return confusionMatrix(
    { shape: [dataset.size, classes], data: predictions },
    { shape: [dataset.size], data: labels },
    { names },
  );
}

/** Loss and metrics of a baseline: those of a network that hands on what the baseline answers. */
function judge(
  baseline: Baseline,
  { loss, metrics }: Preset,
  dataset: Dataset,
  batchSize: number,
): Promise<Logs> {
  const shape = dataset.targetShape ?? dataset.shape;
  const answers = map(dataset, { shape }, (x) => ({ x: baseline.answer(x, dataset.shape, shape) }));
  const judge = sequential([activation("linear")], { inputShape: shape });
  judge.compile({ loss, metrics });
  return judge.evaluateDataset(answers, { target: "labels", batchSize });
}

/** `deconv evaluate MODEL`: how good a saved model is. */
export function evaluateCommand(_done: (code: number) => void): Command {
  const command = new Command("evaluate")
    .description("Loss and metrics of a saved model on test data, beside a baseline if it has one.")
    .argument("<model>", "the model's file, or the folder of its run")
    .addOption(dataOption("default: those it was trained on"))
    .option("--samples <count>", "use only so many of the test data", wholeNumber(1, 1e9))
    .option("--batch-size <count>", "how many at a time", wholeNumber(1), 64)
    .option("--json <file>", "write the figures into a file, too")
    .addOption(threadsOption())
    .addOption(strictOption())
    .addHelpText("after", EXAMPLES);
  for (const option of fitOptions()) command.addOption(option);
  return command.action((model: string, options: EvaluateOptions) => evaluate(model, options));
}

const EXAMPLES = `
Examples:
  deno task evaluate out/classifier-1
  deno task evaluate out/unet-1 --data membranes --json unet.json`;
