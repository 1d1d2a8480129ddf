import { dirname } from "node:path";
import { Command } from "commander";
import { expectInputs, shownTo } from "./data.ts";
import { Metrics } from "./metrics.ts";
import { dataOption, fitOptions, pictureOptions, strictOption, threadsOption } from "./options.ts";
import { type PictureOptions, writePictures } from "./pictures.ts";
import { openRunFolder } from "./run_folder.ts";
import { openSaved, openSavedData } from "./saved.ts";

interface RenderOptions extends PictureOptions {
  data?: string;
  size?: number;
  grayscale?: boolean;
  corrupt?: "refuse" | "skip";
  workers?: number;
  out?: string;
  threads?: number;
  strict?: boolean;
}

async function render(given: string, options: RenderOptions): Promise<void> {
  const saved = await openSaved(given, options), { model, path } = saved;
  const data = await openSavedData(saved, options);
  const shown = shownTo(model, data.preset, data);
  expectInputs(model, shown);
  const folder = openRunFolder(options.out ?? dirname(path));
  try {
    const metrics = Metrics.read(dirname(path));
    const files = await writePictures(model, shown, folder.path, options, metrics);
    console.log(`Made ${files.length} pictures. Open ${files[files.length - 1]}`);
  } finally {
    folder.discard(); // if nothing came of it
  }
}

/** `deconv render MODEL`: the pictures of a saved model. */
export function renderCommand(_done: (code: number) => void): Command {
  const command = new Command("render")
    .description(
      "Make the pictures of a saved model: filters, activations, reconstructions, loss, overview.",
    )
    .argument("<model>", "the model's file, or the folder of its run")
    .addOption(dataOption("default: those it was trained on"))
    .option("--out <folder>", "where to put the pictures (default: beside the model)")
    .addOption(threadsOption())
    .addOption(strictOption());
  for (const option of [...fitOptions(), ...pictureOptions()]) command.addOption(option);
  command.addHelpText("after", EXAMPLES);
  return command.action((model: string, options: RenderOptions) => render(model, options));
}

const EXAMPLES = `
Examples:
  deno task render out/deconv-autoencoder-1
  deno task render out/article-cnn-1 --out figures --grid 2x2 --colormap gray`;
