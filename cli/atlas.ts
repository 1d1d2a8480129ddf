import { dirname, join } from "node:path";
import { Command } from "commander";
import {
  type Atlas,
  atlas,
  atlasPages,
  atlasPictures,
  atlasSheet,
  type Dataset,
  DeconvError,
  encodePng,
  type Model,
  receptiveFields,
  receptiveFieldTable,
  take,
} from "../mod.ts";
import { fileProblem, writeFileAtomic } from "../core/file.ts";
import { type CountProgress, startCount } from "./count_progress.ts";
import { expectInputs, shownTo } from "./data.ts";
import { dataOption, fitOptions, strictOption, threadsOption, wholeNumber } from "./options.ts";
import { fileNames } from "./pictures.ts";
import { openRunFolder } from "./run_folder.ts";
import { stopOnSignal } from "./stop.ts";
import { openSaved, openSavedData } from "./saved.ts";

interface AtlasOptions {
  data?: string;
  size?: number;
  grayscale?: boolean;
  workers?: number;
  corrupt?: "refuse" | "skip";
  layer?: string[];
  top: number;
  images?: number;
  sheets: number;
  fields?: boolean;
  resume?: boolean;
  out?: string;
  quiet?: boolean;
  threads?: number;
  strict?: boolean;
}

/** Name of the file with the numbers. */
const ATLAS_FILE = "atlas.json";

/** The atlas in a folder, to go on with. */
async function readAtlas(path: string): Promise<Atlas> {
  try {
    const found = JSON.parse(await Deno.readTextFile(path));
    if (Array.isArray(found?.layers)) return found;
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw new DeconvError(`Cannot go on with "${path}": ${fileProblem(error)}`);
    }
  }
  throw new DeconvError(`Cannot go on with "${path}": it is no atlas`);
}

/** Draws the sheets of an atlas into a folder; gives their paths, fewer where it was stopped. */
async function writeSheets(
  model: Model,
  dataset: Dataset,
  found: Atlas,
  folder: string,
  { most, signal, progress }: { most: number; signal: AbortSignal; progress: CountProgress },
): Promise<{ files: string[]; left: number }> {
  const name = fileNames(), files: string[] = [];
  let left = 0;
  const sheets = found.layers.flatMap((layer) => {
    const all = atlasPages(found, layer), pages = all.slice(0, most);
    left += all.length - pages.length;
    return pages.map((units, i) => {
      const number = pages.length > 1
        ? `-${`${i + 1}`.padStart(`${pages.length}`.length, "0")}`
        : "";
      return { layer, units, file: name("atlas", `${layer.layer}${number}`) };
    });
  });
  for (const { layer, units, file } of sheets) {
    const pictures = await atlasPictures(model, dataset, layer, { units, signal });
    if (!pictures) break;
    const image = atlasSheet(layer, pictures, {
      ...found,
      title: `${model.name} · ${layer.made[0]} · what each unit sees`,
    });
    const path = join(folder, file);
    await writeFileAtomic(path, encodePng(image));
    files.push(path);
    progress.at(files.length, sheets.length);
  }
  return { files, left };
}

async function makeAtlas(given: string, options: AtlasOptions, done: (code: number) => void) {
  const saved = await openSaved(given, options), { model, path } = saved;
  const { quiet, images, layer: layers, top } = options;
  if (options.fields) return console.log(receptiveFieldTable(receptiveFields(model)));
  const data = await openSavedData(saved, options);
  const shown = shownTo(model, data.preset, data);
  const dataset = images === undefined ? shown : take(shown, images);
  expectInputs(model, dataset);
  const folder = openRunFolder(options.out ?? join(dirname(path), "atlas"));
  const numbers = join(folder.path, ATLAS_FILE);
  let progress = startCount("looking", "pictures", quiet);
  const { signal, release } = stopOnSignal(
    () => progress.stopping("Stopping after the batch at hand; Ctrl-C again ends at once"),
    () => progress.end(),
  );
  try {
    const resume = options.resume ? await readAtlas(numbers) : undefined;
    if (!quiet) {
      const left = dataset.size - (resume?.pictures ?? 0);
      console.log(`Looking at ${counted(left, "picture")} (${dataset.name})`);
    }
    const onProgress = progress.at;
    const found = await atlas(model, dataset, { layers, top, resume, signal, onProgress });
    progress.end();
    await writeFileAtomic(numbers, `${JSON.stringify(found)}\n`);
    const whole = found.pictures === found.size;
    let files: string[] = [], left = 0;
    if (whole && isDrawable(dataset)) {
      progress = startCount("drawing", "sheets", quiet);
      const how = { most: options.sheets, signal, progress };
      ({ files, left } = await writeSheets(model, dataset, found, folder.path, how));
      progress.end();
    }
    if (signal.aborted) {
      console.log(
        whole
          ? `Stopped after ${
            counted(files.length, "sheet")
          }. The numbers are in ${numbers}; --resume draws them again`
          : `Stopped after ${found.pictures} of ${found.size} pictures; --resume goes on with ${numbers}`,
      );
      return done(130);
    }
    if (left) {
      console.log(
        `Left out ${counted(left, "sheet")} of wide layers: --sheets says how many each may have`,
      );
    }
    const units = found.layers.reduce((sum, { units }) => sum + units.length, 0);
    const about = `${counted(units, "unit")} of ${counted(found.layers.length, "layer")} over ${
      counted(found.pictures, "picture")
    } (${found.dataset})`;
    console.log(
      files.length
        ? `${about}: ${counted(files.length, "sheet")}. Open ${files[0]}`
        : `${about}: wrote ${numbers}, and no sheets, which are for gray or RGB pictures`,
    );
  } finally {
    progress.end();
    release();
    folder.discard(); // if nothing came of it
  }
}

/** Whether there are pictures to cut patches from. */
function isDrawable({ shape }: Dataset): boolean {
  return shape.length === 3 && (shape[2] === 1 || shape[2] === 3);
}

/** `1 sheet`, `4,032 pictures`. */
const counted = (count: number, one: string) =>
  `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

const several = (name: string, before: string[] = []) => [...before, name];

/** `deconv atlas MODEL`: what sets off each unit of a network. */
export function atlasCommand(done: (code: number) => void): Command {
  const command = new Command("atlas")
    .description(
      "For every unit of every layer the pictures that set it off most, and what of them does.",
    )
    .argument("<model>", "the model's file, or the folder of its run")
    .addOption(dataOption("default: those it was trained on"))
    .option("--layer <name>", "only this layer; may be given several times", several)
    .option("--top <count>", "pictures of each unit", wholeNumber(1, 100), 9)
    .option("--images <count>", "look at only so many of the test pictures", wholeNumber(1, 1e9))
    .option("--sheets <count>", "sheets of each layer at most", wholeNumber(1, 1e6), 12)
    .option("--fields", "only print what the units of each layer see")
    .option("--resume", "go on with the atlas.json of a run that was stopped")
    .option("--out <folder>", "where to put the sheets (default: atlas, beside the model)")
    .option("--quiet", "show no progress")
    .addOption(threadsOption())
    .addOption(strictOption())
    .addHelpText("after", EXAMPLES);
  for (const option of fitOptions()) command.addOption(option);
  return command.action((model: string, options: AtlasOptions) => makeAtlas(model, options, done));
}

const EXAMPLES = `
Examples:
  deno task atlas out/classifier-1
  deno task atlas out/classifier-1 --data cifar-10-batches-bin --layer relu3 --layer relu4
  deno task atlas out/unet-1 --fields`;
