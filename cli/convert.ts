import { basename, dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { TFJS_WEIGHTS } from "../core/exchange/tfjs.ts";
import { writeFileAtomic } from "../core/file.ts";
import { grouped } from "../core/summary.ts";
import {
  DeconvError,
  encodeKeras,
  encodeOnnx,
  encodeTfjs,
  loadModelFile,
  type Model,
  saveModel,
  type Shape,
} from "../mod.ts";
import { modelPath } from "./model_path.ts";
import { inputShapeOption } from "./options.ts";

interface ConvertOptions {
  inputShape?: Shape;
}

type Texts = Record<string, string>;

/** Writes a model and gives the names of files beside it. */
type Writer = (model: Model, path: string, texts: Texts) => Promise<string[] | void>;

/** How a model is written, by the end of the file's name. */
const WRITERS: Readonly<Record<string, Writer>> = {
  ".safetensors": saveModel,
  ".onnx": async (model, path) => await writeFileAtomic(path, encodeOnnx(model)),
  ".keras": async (model, path) => await writeFileAtomic(path, encodeKeras(model)),
  ".json": async (model, path, metadata) => {
    const name = basename(path).replace(/\.json$/i, "");
    const weightsFile = name === "model" ? TFJS_WEIGHTS : `${name}.weights.bin`;
    const { json, weights } = encodeTfjs(model, { metadata, weightsFile });
    // The weights first: a model.json that is there has all its files.
    await writeFileAtomic(join(dirname(path), weightsFile), weights);
    await writeFileAtomic(path, json);
    return [join(dirname(path), weightsFile)];
  },
};

async function convert(from: string, to: string, options: ConvertOptions): Promise<void> {
  const ending = Object.keys(WRITERS).find((end) => to.toLowerCase().endsWith(end));
  if (!ending) {
    throw new DeconvError(
      `Cannot write "${to}": the end of its name says the format, and must be one of ${
        Object.keys(WRITERS).join(", ")
      }`,
    );
  }
  const source = modelPath(from);
  if (resolve(source) === resolve(to)) {
    throw new DeconvError(`Cannot write "${to}": it is the model to be read; give another name`);
  }
  const { model, metadata } = await loadModelFile(source, options);
  const beside = await WRITERS[ending](model, to, metadata) ?? [];
  console.log(
    `Wrote ${[to, ...beside].join(" and ")}: ${grouped(model.layers.length)} layers, ${
      grouped(model.parameterCount)
    } parameters`,
  );
}

/** `deconv convert IN OUT`: a model's file in another format. */
export function convertCommand(_done: (code: number) => void): Command {
  return new Command("convert")
    .description(
      "Turn a model's file into another format. What was in OUT is written over.",
    )
    .argument(
      "<in>",
      "a model: ours, ONNX, TensorFlow.js' model.json, Keras' .keras or .h5, ConvNetJS' JSON",
    )
    .argument(
      "<out>",
      "a file that ends with .safetensors (ours), .onnx, .keras or .json (TensorFlow.js)",
    )
    .addOption(inputShapeOption())
    .addHelpText("after", EXAMPLES)
    .action(convert);
}

const EXAMPLES = `
Examples:
  deno task convert lenet.h5 lenet.safetensors
  deno task convert out/article-cnn-1 web/model.json
  deno task convert out/article-cnn-1 article.keras`;
