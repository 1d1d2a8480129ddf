import { dirname, join } from "node:path";
import { Command } from "commander";
import { encodePng, loadModelFile, setArithmetic, setThreads } from "../mod.ts";
import { writeFileAtomic } from "../core/file.ts";
import { modelPath } from "./model_path.ts";
import { strictOption, threadsOption, wholeNumber } from "./options.ts";
import { openRunFolder } from "./run_folder.ts";
import { type SampleOptions, SAMPLES, sampleSheets } from "./samples.ts";

interface GenerateOptions extends SampleOptions {
  out?: string;
  threads?: number;
  strict?: boolean;
}

async function generate(given: string, options: GenerateOptions): Promise<void> {
  if (options.strict) setArithmetic("strict");
  if (options.threads) setThreads(options.threads);
  const path = modelPath(given);
  const { model } = await loadModelFile(path);
  const sheets = sampleSheets(model, options);
  const folder = openRunFolder(options.out ?? dirname(path));
  try {
    for (const [name, draw] of sheets) {
      await writeFileAtomic(join(folder.path, name), encodePng(draw()));
    }
    console.log(`Made ${sheets.length} sheets. Open ${join(folder.path, "samples.png")}`);
  } finally {
    folder.discard(); // if nothing came of it
  }
}

/** `deconv generate MODEL`: pictures that a generator makes. */
export function generateCommand(_done: (code: number) => void): Command {
  const command = new Command("generate")
    .description(
      "Make pictures with a generator or a variational autoencoder: samples, and walks between them.",
    )
    .argument("<model>", "the model's file, or the folder of its run")
    .option("--count <count>", "samples on the sheet", wholeNumber(1, 1024), SAMPLES.count)
    .option(
      "--walks <count>",
      "walks from one sample to another",
      wholeNumber(0, 64),
      SAMPLES.walks,
    )
    .option("--steps <count>", "pictures of a walk", wholeNumber(2, 64), SAMPLES.steps)
    .option("--seed <number>", "decides the samples", wholeNumber(0), SAMPLES.seed)
    .option("--out <folder>", "where to put the sheets (default: beside the model)")
    .addOption(threadsOption())
    .addOption(strictOption())
    .addHelpText("after", EXAMPLES);
  return command.action((model: string, options: GenerateOptions) => generate(model, options));
}

const EXAMPLES = `
Examples:
  deno task generate out/dcgan-1
  deno task generate out/vae-1 --count 100 --seed 7 --walks 10`;
