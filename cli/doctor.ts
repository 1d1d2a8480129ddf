import { dirname, join } from "node:path";
import { Command, Option } from "commander";
import {
  type CheckerboardDiagnosis,
  type CheckerboardRewrite,
  checkerboardSheet,
  DeconvError,
  diagnoseCheckerboard,
  encodePng,
  type Loss,
  makeOptimizer,
  type Model,
  rewriteCheckerboard,
  type SideDiagnosis,
} from "../mod.ts";
import { writeFileAtomic } from "../core/file.ts";
import { targetOf } from "../core/presets/preset.ts";
import { expectInputs, shownTo } from "./data.ts";
import { diagnosisTable, sideWords, suggestion } from "./doctor_words.ts";
import { dataOption, fitOptions, strictOption, threadsOption, wholeNumber } from "./options.ts";
import { firstSamples } from "./pictures.ts";
import { openRunFolder } from "./run_folder.ts";
import { openSaved, openSavedData } from "./saved.ts";

interface DoctorOptions {
  data?: string;
  size?: number;
  grayscale?: boolean;
  corrupt?: "refuse" | "skip";
  workers?: number;
  images: number;
  rewrite?: CheckerboardRewrite;
  epochs: number;
  out?: string;
  threads?: number;
  strict?: boolean;
}

/** A diagnosis as numbers and words: what the JSON file holds. */
function plain({ layers, outputs, gradients }: CheckerboardDiagnosis) {
  const side = (found: SideDiagnosis | null) => {
    if (!found) return null;
    const { spectrum: _spectrum, planes: _planes, overlap, whole, ...rest } = found;
    return { ...rest, ...whole, score: rest.score, overlap: [...overlap.counts] };
  };
  return {
    outputs: side(outputs),
    gradients: side(gradients),
    layers: layers.map(({ overlap, ...rest }) => ({
      ...rest,
      overlap: { period: overlap.period, counts: [...overlap.counts] },
    })),
  };
}

function sheet(model: Model, { layers, outputs, gradients }: CheckerboardDiagnosis) {
  const sides = [
    { name: "Outputs", signed: false, found: outputs },
    { name: "Gradients of the input, mean of the channels", signed: true, found: gradients },
  ];
  return checkerboardSheet({
    title: `${model.name} · checkerboard doctor`,
    subtitle: [
      "Overlap and spectra. Frames: the frequencies that the strides leave; a score compares the power there with that of neighbouring frequencies.",
    ],
    overlaps: layers.filter(({ kernel, strides }) => kernel ?? strides).slice(0, 18)
      .map(({ name, overlap }) => ({ name, ...overlap })),
    sides: sides.flatMap(({ found, ...side }) =>
      found
        ? [{ ...side, ...found, verdict: `${found.verdict}, score ${found.score.toFixed(2)}` }]
        : []
    ),
  });
}

async function doctor(given: string, options: DoctorOptions): Promise<void> {
  const saved = await openSaved(given, options), { model, metadata, path, run } = saved;
  const data = await openSavedData(saved, { ...options, samples: run?.samples });
  const { preset } = data;
  const shown = shownTo(model, preset, data);
  expectInputs(model, shown);
  const { input: x } = await firstSamples(shown, options.images);
  const found = diagnoseCheckerboard(model, x);
  console.log(diagnosisTable(found));
  console.log(sideWords("outputs", found.outputs));
  console.log(sideWords("gradients", found.gradients));
  console.log(suggestion(found));

  const folder = openRunFolder(options.out ?? dirname(path));
  try {
    const report: Record<string, unknown> = { model: path, images: x.shape[0], ...plain(found) };
    if (options.rewrite) {
      if (preset?.adversary) {
        throw new DeconvError(
          `Cannot retrain "${path}": a generator learns from its adversary; leave out --rewrite`,
        );
      }
      const how = options.rewrite, { epochs } = options;
      const better = rewriteCheckerboard(model, { how });
      const start = diagnoseCheckerboard(better, x);
      better.compile({
        loss: (preset?.loss ?? "mse") as Loss,
        metrics: preset?.metrics,
        optimizer: makeOptimizer("adam", { learningRate: preset?.learningRate ?? 1e-3 }),
      });
      await better.fitDataset(data.train, {
        target: preset ? targetOf(preset, data.train) : "input",
        batchSize: run?.batchSize ?? 32,
        epochs,
        seed: run?.seed,
      });
      const end = diagnoseCheckerboard(better, x);
      const scores = [found, start, end].map(({ outputs }) => outputs?.score.toFixed(2) ?? "-");
      console.log(
        `rewritten (${how}): score of the outputs ${scores[0]} before, ${scores[1]} untrained, ` +
          `${scores[2]} after ${epochs} epoch${epochs === 1 ? "" : "s"}`,
      );
      report.rewrite = { how, epochs, start: plain(start), end: plain(end) };
      await better.save(join(folder.path, "rewritten.safetensors"), metadata);
      await writeFileAtomic(
        join(folder.path, "doctor-rewritten.png"),
        encodePng(sheet(better, end)),
      );
    }
    await writeFileAtomic(join(folder.path, "doctor.png"), encodePng(sheet(model, found)));
    await writeFileAtomic(
      join(folder.path, "doctor.json"),
      `${JSON.stringify(report, null, 2)}\n`,
    );
    console.log(`Wrote doctor.png and doctor.json. Open ${join(folder.path, "doctor.png")}`);
  } finally {
    folder.discard(); // if nothing came of it
  }
}

/** `deconv doctor MODEL`: whether a network paints a checkerboard, and why. */
export function doctorCommand(_done: (code: number) => void): Command {
  const command = new Command("doctor")
    .description("Look for the checkerboard that strides leave in pictures and in gradients.")
    .argument("<model>", "the model's file, or the folder of its run")
    .addOption(dataOption("default: those it was trained on"))
    .option("--images <count>", "pictures to look at", wholeNumber(1, 1024), 32)
    .addOption(
      new Option("--rewrite <how>", "replace what is uneven, train a little, and compare")
        .choices(["resize", "shuffle", "kernel"]),
    )
    .option("--epochs <count>", "passes over the data after --rewrite", wholeNumber(1), 1)
    .option("--out <folder>", "where to put the files (default: beside the model)")
    .addOption(threadsOption())
    .addOption(strictOption())
    .addHelpText("after", EXAMPLES);
  for (const option of fitOptions()) command.addOption(option);
  return command.action((model: string, options: DoctorOptions) => doctor(model, options));
}

const EXAMPLES = `
Examples:
  deno task doctor out/article-text-1
  deno task doctor out/article-text-1 --rewrite resize --epochs 2`;
