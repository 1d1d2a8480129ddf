import { join } from "node:path";
import {
  activationSheet,
  type Colormap,
  type Dataset,
  encodePng,
  filterSheet,
  type Image,
  type KernelKind,
  type Layer,
  lossCurve,
  type Model,
  overviewSheet,
  reconstructionSheet,
  sameShape,
  type Shape,
  type Tensor,
} from "../mod.ts";
import { writeFileAtomic } from "../core/file.ts";
import type { Metrics } from "./metrics.ts";
import { makesPictures, SAMPLES, sampleSheets } from "./samples.ts";

/** How the pictures should look; see `pictureOptions`. */
export interface PictureOptions {
  /** Pictures on activation and reconstruction sheets. */
  images: number;
  /** The article's figures. */
  grid?: { rows: number; columns: number };
  /** Colours of the values. */
  colormap?: Colormap;
  /** What a colour scale serves. */
  normalize?: "filter" | "layer";
}

/** The first inputs of a dataset, and what they are to be turned into where that is an array. */
export async function firstSamples(
  dataset: Dataset,
  count: number,
): Promise<{ input: Tensor; target?: Tensor }> {
  const { shape, targetShape } = dataset;
  const shown = Math.min(count, dataset.size);
  const of = (shape: Shape): Tensor => ({
    shape: [shown, ...shape],
    data: new Float32Array(shown * shape.reduce((a, b) => a * b, 1)),
  });
  const input = of(shape), target = of(targetShape ?? []);
  await dataset.read(Array.from({ length: shown }, (_, i) => i), input.data, target.data);
  return { input, target: targetShape && target };
}

/** Whether values are colour pictures that can be shown as such. */
function isPicture({ shape, data }: Tensor): boolean {
  return shape.length === 4 && shape[3] === 3 && data.every((v) => v >= 0 && v <= 1);
}

/** Whether inputs are grey or colour pictures. */
function canStandInFront({ shape }: Tensor): boolean {
  return shape.length === 4 && (shape[3] === 1 || shape[3] === 3);
}

/** Names for files: a layer's name may hold anything, and a shared layer stands in several places. */
export function fileNames(): (start: string, layer: string) => string {
  const taken = new Set<string>();
  return (start, layer) => {
    const base = `${start}-${layer.replace(/[^\w.-]+/g, "_").slice(0, 100)}`;
    let name = `${base}.png`;
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${base}-${number}.png`;
    taken.add(name.toLowerCase());
    return name;
  };
}

/**
 * Makes every picture of a model into a folder: a sheet of filters for each layer that has them, a
 * sheet of activations for each layer, the reconstructions where the output is like the input, the
 * loss curve where there is a table of losses, and the overview.
 *
 * @param options How they look; an aborted `signal` stops after the picture at hand.
 * @returns The paths of the files, the overview last.
 */
export async function writePictures(
  model: Model,
  dataset: Dataset,
  folder: string,
  options: PictureOptions & { signal?: AbortSignal },
  metrics?: Metrics,
): Promise<string[]> {
  const files: string[] = [];
  for (const [name, draw] of await pictures(model, dataset, options, metrics)) {
    if (options.signal?.aborted) break;
    const contents = draw();
    const path = join(folder, name);
    await writeFileAtomic(path, typeof contents === "string" ? contents : encodePng(contents));
    files.push(path);
  }
  return files;
}

/** A kernel of a layer, which of several it is, and how it is drawn. */
interface LayerKernel {
  readonly layer: Layer;
  readonly part: "" | "depthwise" | "pointwise";
  readonly kind: KernelKind;
  readonly kernel: Tensor;
}

/** Kinds of layers by whose names their kernels are drawn. */
const DRAWN: readonly string[] = [
  "conv1d",
  "conv1d_transpose",
  "conv2d",
  "conv2d_transpose",
  "dense",
  "depthwise_conv1d",
  "depthwise_conv2d",
] satisfies KernelKind[];

/** A layer's own kernels; a separable convolution has two, a tied layer none. */
function kernelsOf(model: Model, layer: Layer): LayerKernel[] {
  const { name, kind, ownParameters } = layer;
  const found = (part: LayerKernel["part"], kind: string): LayerKernel[] => {
    const own = `${name}/${part && `${part}_`}kernel`;
    const parameter = ownParameters.find((parameter) => parameter.name === own);
    if (!parameter || !DRAWN.includes(kind)) return [];
    return [{ layer, part, kind: kind as KernelKind, kernel: model.getWeights(own) }];
  };
  return [
    ...found("", kind),
    ...found("depthwise", kind.replace("separable", "depthwise")),
    ...found("pointwise", kind.replace("separable_", "")),
  ];
}

/** A picture's file name, and the function that draws it when its turn comes. */
type Picture = [name: string, draw: () => Image | string];

async function pictures(
  model: Model,
  dataset: Dataset,
  { images, grid, colormap, normalize }: PictureOptions,
  metrics?: Metrics,
): Promise<Picture[]> {
  const { input, target = input } = await firstSamples(dataset, images);
  const activations = model.activations(input);
  const kernels = model.layers.flatMap((layer) => kernelsOf(model, layer));
  const name = fileNames();

  const filters = kernels.map(({ layer, part, kind, kernel }): Picture => [
    name("filters", part ? `${layer.name}-${part}` : layer.name),
    () =>
      filterSheet(kernel, {
        title: `${model.name} · ${layer.name} · ${part ? `${part} ` : ""}filters`,
        kind,
        normalize,
        colormap,
        grid,
      }),
  ]);
  const drawable = activations.filter(({ output }) => [2, 3, 4].includes(output.shape.length));
  const sheets = drawable.map(({ layer, output }): Picture => [
    name("activations", layer.name),
    () =>
      activationSheet(output, {
        title: `${model.name} · ${layer.name} · activations`,
        normalize: normalize === "filter" ? "channel" : normalize,
        colormap,
        grid,
        input: grid || !canStandInFront(input) ? undefined : input,
        rgb: !grid && !colormap && isPicture(output),
      }),
  ]);

  const outputs = model.graph.outputs.map((value) => {
    const node = model.graph.nodes.findIndex(({ output }) => output === value);
    return node < 0 ? input : activations[node].output;
  });
  const alike = canStandInFront(input) && canStandInFront(target)
    ? outputs.filter(({ shape }) => sameShape(shape, target.shape))
    : [];
  const reconstructions = alike.map((output, i): Picture => [
    i ? `reconstruction-${i + 1}.png` : "reconstruction.png",
    () => reconstructionSheet(input, output, { title: `${model.name} · reconstruction`, target }),
  ]);
  const { nodes, inputNames } = model.graph;
  const nameOf = (value: number) =>
    nodes.find(({ output }) => output === value)?.layer.name ??
      (inputNames.length > 1 ? inputNames[value] : "input");
  const layers = activations.map(({ layer, output }, i) => ({
    name: layer.name,
    from: nodes[i].inputs.map(nameOf),
    kind: layer.kernelOf ? `${layer.kind}, kernel of ${layer.kernelOf.name}` : layer.kind,
    outputShape: output.shape.slice(1),
    parameterCount: layer.ownParameters.reduce((sum, { value }) => sum + value.length, 0),
    kernel: kernels.find((found) => found.layer === layer)?.kernel,
    activation: output,
  }));
  const overview = () => overviewSheet({ title: model.name, input, output: outputs[0], layers });
  return [
    ...filters,
    ...sheets,
    ...reconstructions,
    ...makesPictures(model) ? sampleSheets(model, SAMPLES) : [],
    ...curves(model.name, metrics),
    ["overview.png", overview],
  ];
}

/** The loss curve as PNG and SVG; nothing where no losses are known. */
function curves(title: string, metrics?: Metrics): Picture[] {
  const losses = ["loss", "val_loss", "discriminator", "generator"]
    .map((name) => ({ name, values: metrics?.column(name) ?? [] }))
    .filter(({ values }) => values.length);
  if (!losses.length) return [];
  const chart = lossCurve(losses, { title: `${title} · loss` });
  return [["loss.png", () => chart.image], ["loss.svg", () => chart.svg]];
}
