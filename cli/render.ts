import { Command } from "commander";
import { DeconvError, loadModelFile, sameShape, setThreads, shapeText } from "../mod.ts";
import { openData } from "./data.ts";
import { dataOption, pictureOptions, threadsOption } from "./options.ts";
import { type PictureOptions, writePictures } from "./pictures.ts";
import { Metrics, MODEL_FILE, openRunFolder } from "./run_folder.ts";

interface RenderOptions extends PictureOptions {
  data?: string;
  out?: string;
  threads?: number;
}

/** The folder part of a path. */
function folderOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? "." : path.slice(0, cut) || "/";
}

/** The model's file, given itself or the folder of its run. */
export function modelPath(given: string): string {
  try {
    if (Deno.statSync(given).isDirectory) return `${given.replace(/\/+$/, "")}/${MODEL_FILE}`;
  } catch {
    // Reading it will say what is wrong with it.
  }
  return given;
}

async function render(given: string, options: RenderOptions): Promise<void> {
  if (options.threads) setThreads(options.threads);
  const path = modelPath(given);
  const { model, metadata } = await loadModelFile(path);
  const folder = options.out ?? folderOf(path);
  const { test } = openData(options.data ?? metadata.data, { seed: Number(metadata.seed ?? 0) });
  if (!sameShape(test.shape, model.inputShape)) {
    throw new DeconvError(
      `"${path}" takes pictures of ${shapeText(model.inputShape)}, and those of ${test.name} are ${
        shapeText(test.shape)
      }`,
    );
  }
  openRunFolder(folder, { resuming: true });
  const files = await writePictures(model, test, folder, options, Metrics.read(folderOf(path)));
  console.log(`Made ${files.length} pictures. Open ${folder}/${files[files.length - 1]}`);
}

/** `deconv render MODEL`: the pictures of a saved model. */
export function renderCommand(_done: (code: number) => void): Command {
  const command = new Command("render")
    .description(
      "Make the pictures of a saved model: filters, activations, reconstructions, overview.",
    )
    .argument("<model>", "the model's file, or the folder of its run")
    .addOption(dataOption())
    .option("--out <folder>", "where to put the pictures (default: beside the model)")
    .addOption(threadsOption());
  for (const option of pictureOptions()) command.addOption(option);
  return command.action((model: string, options: RenderOptions) => render(model, options));
}
