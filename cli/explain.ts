import { dirname, join } from "node:path";
import type { Command } from "commander";
import {
  type Dataset,
  DeconvError,
  encodePng,
  type ExplainedBy,
  explanationSheet,
  type Model,
  partOf,
  sameShape,
  type Shape,
  type Tensor,
} from "../mod.ts";
import { resolveTarget } from "../core/explain/target.ts";
import { writeFileAtomic } from "../core/file.ts";
import { sizeOf } from "../core/tensor.ts";
import { type CountProgress, startCount } from "./count_progress.ts";
import { expectInputs, shownTo } from "./data.ts";
import { evidenceLines, evidenceWords } from "./explain_evidence.ts";
import { explainBy, type Found, reportOf } from "./explain_by.ts";
import { methodNames } from "./explain_methods.ts";
import { type ExplainOptions, explainOptions } from "./explain_options.ts";
import { explainedPictures } from "./explain_pictures.ts";
import { explainHead, explainRow } from "./explain_table.ts";
import { readTarget } from "./explain_target.ts";
import { fileNames, firstSamples } from "./pictures.ts";
import { openRunFolder } from "./run_folder.ts";
import { stopOnSignal } from "./stop.ts";
import { openSaved, openSavedData } from "./saved.ts";

/** Training pictures that are baselines of expected gradients: enough that none of them counts alone. */
const BASELINES = 16;

/** The inputs with these numbers, their classes, and what they are to be turned into where that is an array. */
async function samplesOf(dataset: Dataset, indices: readonly number[]) {
  const { shape, targetShape } = dataset, count = indices.length;
  const make = (own: Shape): Tensor => ({
    shape: [count, ...own],
    data: new Float32Array(count * sizeOf(own)),
  });
  const x = make(shape), target = make(targetShape ?? []);
  await dataset.read(indices, x.data, target.data);
  return targetShape ? { x, target } : { x, labels: [...target.data] };
}

/** What explains where nothing is said: the first input, or what sentences are embedded into. */
function usualOf(model: Model): string | undefined {
  return model.layers.find(({ kind }) => kind === "embedding")?.name;
}

/** A method on a sheet. */
function columnOf({ method, map, evidence }: Found, reduce: ExplainOptions["reduce"]): ExplainedBy {
  const { name, note } = method, evidenceOf = evidence ? evidenceLines(evidence) : [];
  const marks = evidence?.warnings;
  return { name, note, map, reduce: reduce ?? method.reduce, evidence: evidenceOf, marks };
}

async function explain(given: string, options: ExplainOptions, done: (code: number) => void) {
  const { quiet, seed, layer, baseline = 0 } = options;
  const { names, named } = methodNames(options.method);
  const saved = await openSaved(given, options), { model, path } = saved;
  const data = await openSavedData(saved, options);
  const dataset = shownTo(model, data.preset, data);
  expectInputs(model, dataset);
  const indices = options.indices ??
    Array.from({ length: Math.min(options.images, dataset.size) }, (_, i) => i);
  const { x, labels, target: targets } = await samplesOf(dataset, indices);
  const against = targets && sameShape(targets.shape.slice(1), model.outputShape)
    ? targets
    : undefined;
  const asked = readTarget(options.target, model, { against, classNames: dataset.classNames });
  const resolved = resolveTarget(model, x, asked.target), { target } = resolved;
  const of = options.of ?? usualOf(model), isLayer = !!of && !model.graph.inputNames.includes(of);
  const before = isLayer ? partOf(model, { to: of }) : undefined;
  const { input } = await firstSamples(data.preset?.adversary ? dataset : data.train, BASELINES);
  const baselines = before?.predict(input) ?? input;

  const folder = openRunFolder(options.out ?? join(dirname(path), "explain"));
  let progress: Pick<CountProgress, "end" | "stopping"> = startCount("", "", true);
  const { signal, release } = stopOnSignal(
    () => progress.stopping("Stopping at the method at hand; Ctrl-C again ends at once"),
    () => progress.end(),
  );
  const found: Found[] = [], skipped: { name: string; why: string }[] = [];
  const question = {
    ...{ model, x, target, of, isLayer, quiet, signal, reduce: options.reduce },
    context: { shape: before?.outputShape ?? model.inputShape, layer, baseline, baselines, seed },
    depth: options.evidence,
    hidden: options.baseline,
    discrete: usualOf(model) !== undefined,
  };
  try {
    console.log(
      `Explaining ${asked.words}, of ${indices.length} of ${dataset.name}, ` +
        `by ${of === undefined ? "the input" : of}`,
    );
    if (!quiet) console.log(explainHead());
    for (const name of names) {
      if (signal.aborted) break;
      try {
        const one = await explainBy(name, question, (shown) => progress = shown);
        found.push(one);
        if (!quiet) console.log(explainRow(name, one.evidence, one.seconds));
      } catch (error) {
        if (signal.aborted) break;
        if (named || !(error instanceof DeconvError)) throw error;
        skipped.push({ name, why: error.message });
        if (!quiet) console.log(`${name}: left out. ${error.message}`);
      } finally {
        progress.end();
      }
    }
    if (!found.length) {
      if (signal.aborted) return done(130);
      throw new DeconvError(`No method can explain this: ${skipped[0].why}`);
    }
    const result = { model, x, target, labels, indices, classNames: dataset.classNames };
    const { pictures, report } = explainedPictures(result);
    const values = resolved.evaluate(resolved.model.predict(x)).values;
    const { alpha, colormap, normalize, reduce } = options;
    const look = { alpha, colormap, normalize, reduce };
    const by = of === undefined ? "the input" : of;
    const sheet = (some: readonly Found[]) =>
      explanationSheet(x, some.map((one) => columnOf(one, reduce)), {
        ...look,
        pictures,
        title: `${model.name} · explanation`,
        subtitle: [
          `What is explained: ${asked.words}. By: ${by}. ${dataset.name}, seed ${seed}.`,
          evidenceWords(some.flatMap(({ evidence }) => evidence ?? [])),
        ],
      });
    const file = fileNames();
    const save = async (name: string, some: readonly Found[]) => {
      await writeFileAtomic(join(folder.path, name), encodePng(sheet(some)));
    };
    for (const one of found) await save(file("explain", one.method.name), [one]);
    await save("explain.png", found);
    const json = {
      model: path,
      data: dataset.name,
      target: { text: asked.words, ...target, against: undefined, scalar: undefined },
      of: of ?? model.graph.inputNames[0],
      layer,
      baseline,
      seed,
      look: { ...look, alpha: alpha ?? "default", normalize: normalize ?? "percentile" },
      inputs: report.map((each, i) => ({ ...each, value: values[i] })),
      methods: found.map((one) => reportOf(one)),
      skipped,
    };
    await writeFileAtomic(
      join(folder.path, "explain.json"),
      `${JSON.stringify(json, null, 2)}\n`,
    );
    const failed = found.filter(({ evidence }) => evidence?.warnings.length);
    if (failed.length) {
      console.log(
        `Not to be trusted: ${failed.map(({ method }) => method.name).join(", ")} (${
          [...new Set(failed.flatMap(({ evidence }) => evidence!.warnings))].join(", ")
        })`,
      );
    }
    console.log(`Wrote ${found.length + 2} files. Open ${join(folder.path, "explain.png")}`);
    if (signal.aborted) done(130);
  } finally {
    progress.end();
    release();
    folder.discard(); // if nothing came of it
  }
}

/** `deconv explain MODEL`: why a network said so, by several methods, and how far to trust them. */
export function explainCommand(done: (code: number) => void): Command {
  return explainOptions()
    .action((model: string, options: ExplainOptions) => explain(model, options, done));
}
