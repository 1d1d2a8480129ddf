import { dirname, join } from "node:path";
import { Command } from "commander";
import {
  drawLatent,
  encodePng,
  generatorOf,
  latentWalk,
  loadModelFile,
  sampleSheet,
  setArithmetic,
  setThreads,
  type Tensor,
} from "../mod.ts";
import { writeFileAtomic } from "../core/file.ts";
import { modelPath } from "./model_path.ts";
import { strictOption, threadsOption, wholeNumber } from "./options.ts";
import { openRunFolder } from "./run_folder.ts";

interface GenerateOptions {
  count: number;
  walks: number;
  steps: number;
  seed: number;
  out?: string;
  threads?: number;
  strict?: boolean;
}

async function generate(given: string, options: GenerateOptions): Promise<void> {
  if (options.strict) setArithmetic("strict");
  if (options.threads) setThreads(options.threads);
  const { count, walks, steps, seed } = options;
  const path = modelPath(given);
  const { model } = await loadModelFile(path);
  const generator = generatorOf(model);
  const folder = openRunFolder(options.out ?? dirname(path));
  try {
    const samples = generator.predict(drawLatent(generator, count, seed));
    const sheets: [name: string, sheet: ReturnType<typeof sampleSheet>][] = [[
      "samples.png",
      sampleSheet(samples, {
        title: `${model.name} · samples`,
        subtitle: [`Made from standard normal numbers, seed ${seed}`],
      }),
    ]];
    if (walks) {
      const ends = drawLatent(generator, 2 * walks, seed), [, size] = ends.shape;
      const end = (i: number) => ends.data.subarray(i * size, (i + 1) * size);
      const data = new Float32Array(walks * steps * size);
      for (let w = 0; w < walks; w++) {
        data.set(latentWalk(end(2 * w), end(2 * w + 1), steps), w * steps * size);
      }
      const way: Tensor = { shape: [walks * steps, size], data };
      sheets.push([
        "walk.png",
        sampleSheet(generator.predict(way), {
          title: `${model.name} · latent walks`,
          subtitle: [`Each row goes from one sample to another in ${steps} equal turns`],
          columns: steps,
        }),
      ]);
    }
    for (const [name, sheet] of sheets) {
      await writeFileAtomic(join(folder.path, name), encodePng(sheet));
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
    .option("--count <count>", "samples on the sheet", wholeNumber(1, 1024), 64)
    .option("--walks <count>", "walks from one sample to another", wholeNumber(0, 64), 6)
    .option("--steps <count>", "pictures of a walk", wholeNumber(2, 64), 10)
    .option("--seed <number>", "decides the samples", wholeNumber(0), 0)
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
