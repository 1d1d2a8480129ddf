/** What `explain` can be told. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { Colormap, HeatmapLook } from "../mod.ts";
import type { EvidenceDepth } from "./explain_evidence.ts";
import { dataOption, fitOptions, strictOption, threadsOption, wholeNumber } from "./options.ts";

/** What it was told. */
export interface ExplainOptions {
  data?: string;
  size?: number;
  grayscale?: boolean;
  workers?: number;
  method?: string;
  target?: string;
  layer?: string;
  of?: string;
  images: number;
  indices?: number[];
  evidence: EvidenceDepth;
  baseline?: number | "mean" | "blur";
  alpha?: number;
  colormap?: Colormap;
  normalize?: HeatmapLook["normalize"];
  reduce?: HeatmapLook["reduce"];
  out?: string;
  seed: number;
  quiet?: boolean;
  threads?: number;
  strict?: boolean;
}

function readIndices(text: string): number[] {
  const all = text.split(",").map((part) => part.trim());
  if (all.every((part) => /^\d{1,9}$/.test(part)) && all.length <= 64) return all.map(Number);
  throw new InvalidArgumentError("Give numbers of pictures from 0, such as 3,17.");
}

function readBaseline(text: string): number | "mean" | "blur" {
  if (text === "mean" || text === "blur") return text;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Give a number, mean or blur.");
}

function readShare(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("Give a number from 0 to 1.");
}

/** The command with its options, and nothing done yet. */
export function explainOptions(): Command {
  const choice = (flags: string, what: string, names: readonly string[]) =>
    new Option(flags, what).choices([...names]);
  const command = new Command("explain")
    .description("Why a network said so: heat maps of several methods with evidence for each.")
    .argument("<model>", "the model's file, or the folder of its run")
    .addOption(dataOption("default: those it was trained on"))
    .option("--method <names>", "methods, apart by commas, or all (default: a few that differ)")
    .option("--target <target>", "what is explained, see below (default: by the network)")
    .option("--layer <name>", "the layer of class activation maps (default: the last maps)")
    .option("--of <name>", "what is to explain it: an input, or a layer such as a latent")
    .option("--images <count>", "so many pictures, the first", wholeNumber(1, 16), 4)
    .option("--indices <numbers>", "these pictures, such as 3,17", readIndices)
    .addOption(
      choice("--evidence <depth>", "how much is measured of each method", ["none", "quick", "full"])
        .default("quick"),
    )
    .option("--baseline <value>", "what nothing is: a number, mean or blur", readBaseline)
    .option("--alpha <share>", "how much maps cover the pictures, 0 to 1", readShare)
    .addOption(choice("--colormap <name>", "colours (default: by the signs)", [
      "gray",
      "viridis",
      "magma",
      "blue-white-red",
    ]))
    .addOption(
      choice("--normalize <by>", "what gets the strongest colour", ["max", "percentile", "shared"]),
    )
    .addOption(choice("--reduce <how>", "what becomes of channels", ["sum", "abs", "max"]))
    .option("--seed <number>", "decides what is drawn at random", wholeNumber(0), 0)
    .option("--out <folder>", "where to put the files (default: explain, beside the model)")
    .option("--quiet", "say little")
    .addOption(threadsOption())
    .addOption(strictOption())
    .addHelpText("after", EXAMPLES);
  for (const option of fitOptions()) command.addOption(option);
  return command;
}

const EXAMPLES = `
Targets:
  class               the class it finds (classifiers, default)
  class:3, class:cat  one class
  error               the reconstruction error (autoencoders, default)
  pixels              output pixels in the middle (generators, default)
  pixels:TOP,LEFT,HEIGHT,WIDTH[:CHANNEL]
  unit:LAYER[:CHANNEL[:ROW,COLUMN]]

Methods:
  saliency, input-x-gradient, integrated-gradients, expected-gradients,
  smooth-grad, smooth-grad-squared, var-grad, deep-lift, guided-backprop,
  deconvnet; grad-cam, grad-cam-plus-plus, hi-res-cam, layer-cam, score-cam,
  guided-grad-cam; occlusion, rise, feature-ablation, kernel-shap;
  lrp-epsilon, lrp-epsilon-plus[-flat], lrp-epsilon-alpha2-beta1[-flat],
  lrp-epsilon-gamma-box; random, a map of noise to compare with

Examples:
  deno task explain out/classifier-1 --indices 3,17 --target class:cat
  deno task explain out/vae-1 --target pixels:12,12,4,4 --of latent
  deno task explain out/unet-1 --method all --evidence full`;
