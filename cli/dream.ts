import { dirname, join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import {
  colorCorrelation,
  DeconvError,
  encodePng,
  type FeatureRow,
  featureSheet,
  featureVisualization,
  type FeatureVisualizationOptions,
  generatorOf,
  latentSearch,
  type Model,
  reconstructionSheet,
  type Target,
  unfuse,
  wholeLayer,
} from "../mod.ts";
import { writeFileAtomic } from "../core/file.ts";
import type { Data } from "./data.ts";
import { dataOption, fitOptions, strictOption, threadsOption, wholeNumber } from "./options.ts";
import { firstSamples } from "./pictures.ts";
import { openRunFolder } from "./run_folder.ts";
import { openSaved, openSavedData } from "./saved.ts";

interface DreamOptions {
  layer?: string;
  channel?: number[];
  whole?: boolean;
  class?: number[];
  latents?: number;
  count: number;
  steps: number;
  diversity: number;
  seed: number;
  colors: "data" | "imagenet" | "plain";
  data?: string;
  size?: number;
  grayscale?: boolean;
  corrupt?: "refuse" | "skip";
  workers?: number;
  out?: string;
  threads?: number;
  strict?: boolean;
}

/** Channels that are shown when nothing is said of them. */
const FIRST = 12;
/** Pictures that colours are taken from. */
const COLORED = 256;

/** Whole numbers with commas between them. */
function wholeNumbers(text: string): number[] {
  const numbers = text.split(",").map(Number);
  if (/^\d+(,\d+)*$/.test(text) && numbers.every(Number.isSafeInteger)) return numbers;
  throw new InvalidArgumentError("Give whole numbers with commas between them, such as 0,3,7.");
}

/** Reads a number of at least 0. */
function weight(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < Infinity) return value;
  throw new InvalidArgumentError("Give a number of at least 0.");
}

/** Something to make pictures of. */
interface Wish {
  readonly label: string;
  readonly target: Target;
}

/** What the options ask for. */
function wishes(model: Model, options: DreamOptions, names?: readonly string[]): Wish[] {
  const { layer, channel, whole } = options;
  if (layer === undefined) {
    if (channel || whole) throw new DeconvError("Say of which --layer");
    const [size, ...rest] = model.outputShape;
    if (rest.length) {
      throw new DeconvError(
        `${model.name} gives no classes: say which --layer, one of ${
          model.layers.map(({ name }) => name).join(", ")
        }`,
      );
    }
    const all = options.class ?? Array.from({ length: size }, (_, i) => i);
    return all.map((index) => ({
      label: names?.[index] ?? `class ${index}`,
      target: { kind: "class", index },
    }));
  }
  const found = model.layer(layer).name, linear = `${found}/linear`;
  // Before its activation a unit has a slope even where it is silent.
  const looked = unfuse(model).layers.some(({ name }) => name === linear) ? linear : found;
  if (whole) return [{ label: layer, target: wholeLayer(looked) }];
  const shape = unfuse(model).graph.shapes;
  const node = unfuse(model).graph.nodes.findLast(({ layer }) => layer.name === looked)!;
  const channels = shape[node.output][shape[node.output].length - 1];
  const chosen = channel ?? Array.from({ length: Math.min(FIRST, channels) }, (_, i) => i);
  return chosen.map((channel) => ({
    label: `channel ${channel}`,
    target: { kind: "unit", layer: looked, channel },
  }));
}

async function features(model: Model, data: Data, options: DreamOptions) {
  const { count, steps, diversity, seed, layer } = options;
  const all = wishes(model, options, data.test.classNames);
  let colors: FeatureVisualizationOptions["colors"] = options.colors === "plain"
    ? "plain"
    : undefined;
  if (options.colors === "data") {
    colors = colorCorrelation((await firstSamples(data.train, COLORED)).input);
  }
  const rows: (FeatureRow & { history: readonly number[] })[] = [];
  for (const { label, target } of all) {
    const made = featureVisualization(model, {
      target,
      count,
      steps,
      seed,
      colors,
      diversity: count > 1 ? diversity : 0,
    });
    rows.push({ label, ...made });
    console.log(
      `${label.padEnd(14)} ${made.history[0].toPrecision(3)} → ${
        made.values.map((value) => value.toPrecision(3)).join(" ")
      }`,
    );
  }
  const sheet = featureSheet(rows, {
    title: `${model.name} · ${layer ?? "classes"} · feature visualization`,
    subtitle: [
      `Pictures that make each as large as can be, from noise in ${steps} steps: Fourier parametrization, shifted, enlarged and turned at every step; seed ${seed}. Below: the value before any activation`,
    ],
  });
  return {
    sheet,
    numbers: {
      layer: layer ?? null,
      steps,
      seed,
      diversity,
      colors: options.colors,
      features: rows.map(({ label, values, history }) => ({ label, values, history })),
    },
  };
}

async function latents(
  model: Model,
  data: Data,
  { latents: count = 1, steps, seed }: DreamOptions,
) {
  const generator = generatorOf(model);
  const { input, target = input } = await firstSamples(data.test, count);
  const found = latentSearch(generator, target, { steps, seed });
  found.errors.forEach((error, i) => console.log(`picture ${i}: error ${error.toPrecision(3)}`));
  const [, size] = found.latents.shape;
  const sheet = reconstructionSheet(target, found.pictures, {
    title: `${model.name} · latent search`,
  });
  return {
    sheet,
    numbers: {
      steps,
      seed,
      pictures: found.errors.map((error, i) => ({
        error,
        tries: found.tries[i],
        latent: [...found.latents.data.subarray(i * size, (i + 1) * size)],
      })),
    },
  };
}

async function dream(given: string, options: DreamOptions): Promise<void> {
  const saved = await openSaved(given, options), { model, path } = saved;
  const data = await openSavedData(saved, options);
  const folder = openRunFolder(options.out ?? dirname(path));
  try {
    const made = await (options.latents ? latents : features)(model, data, options);
    await writeFileAtomic(join(folder.path, "dream.png"), encodePng(made.sheet));
    const report = { model: path, ...made.numbers };
    await writeFileAtomic(join(folder.path, "dream.json"), `${JSON.stringify(report, null, 2)}\n`);
    console.log(`Wrote dream.png and dream.json. Open ${join(folder.path, "dream.png")}`);
  } finally {
    folder.discard(); // if nothing came of it
  }
}

/** `deconv dream MODEL`: pictures that a network's units would like to see. */
export function dreamCommand(_done: (code: number) => void): Command {
  const command = new Command("dream")
    .description(
      "Make pictures that make channels or classes as large as can be; of a generator, find latents.",
    )
    .argument("<model>", "the model's file, or the folder of its run")
    .option("--layer <name>", "the layer whose channels are wanted (default: the classes)")
    .addOption(
      new Option("--channel <numbers>", `such as 0,3,7 (default: the first ${FIRST})`)
        .argParser(wholeNumbers),
    )
    .addOption(
      new Option("--class <numbers>", "such as 2,5 (default: all)")
        .argParser(wholeNumbers).conflicts("layer"),
    )
    .option("--whole", "all of the layer at once, as in DeepDream")
    .option(
      "--latents <count>",
      "of a generator: the latents of so many test pictures",
      wholeNumber(1, 64),
    )
    .option("--count <count>", "pictures of each", wholeNumber(1, 64), 1)
    .option("--steps <count>", "steps", wholeNumber(1), 256)
    .addOption(
      new Option("--diversity <weight>", "with --count, how unlike they are to be").argParser(
        weight,
      ).default(1),
    )
    .option("--seed <number>", "decides the noise", wholeNumber(0), 0)
    .addOption(
      new Option(
        "--colors <how>",
        "how colours go together: as in the data, in ImageNet, not at all",
      )
        .choices(["data", "imagenet", "plain"]).default("data"),
    )
    .addOption(dataOption("default: those it was trained on"))
    .option("--out <folder>", "where to put the sheet (default: beside the model)")
    .addOption(threadsOption())
    .addOption(strictOption())
    .addHelpText("after", EXAMPLES);
  for (const option of fitOptions()) command.addOption(option);
  return command.action((model: string, options: DreamOptions) => dream(model, options));
}

const EXAMPLES = `
Examples:
  deno task dream out/classifier-1
  deno task dream out/classifier-1 --layer conv3 --channel 3,7 --count 6
  deno task dream out/vae-1 --latents 8`;
