import {
  activationSheet,
  type Colormap,
  type Dataset,
  encodePng,
  filterSheet,
  type Image,
  lossCurve,
  type Model,
  overviewSheet,
  reconstructionSheet,
  sameShape,
  type Tensor,
} from "../mod.ts";
import { writeFileAtomic } from "../core/file.ts";
import type { Metrics } from "./run_folder.ts";

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

/** The first pictures of a dataset, spread over its whole length so that classes differ. */
async function pick(dataset: Dataset, count: number): Promise<Tensor> {
  const shown = Math.min(count, dataset.size);
  const x = new Float32Array(shown * dataset.shape.reduce((a, b) => a * b, 1));
  await dataset.read(Array.from({ length: shown }, (_, i) => i), x);
  return { shape: [shown, ...dataset.shape], data: x };
}

/** Whether values are colour pictures that can be shown as such. */
function isPicture({ shape, data }: Tensor): boolean {
  return shape.length === 4 && shape[3] === 3 && data.every((v) => v >= 0 && v <= 1);
}

/**
 * Makes every picture of a model into a folder: a sheet of filters for each layer that has them, a
 * sheet of activations for each layer, the reconstructions where the output is like the input, the
 * loss curve where there is a table of losses, and the overview.
 *
 * @returns The names of the files, the overview last.
 */
export async function writePictures(
  model: Model,
  dataset: Dataset,
  folder: string,
  options: PictureOptions,
  metrics?: Metrics,
): Promise<string[]> {
  const { images, grid, colormap, normalize } = options;
  const input = await pick(dataset, images);
  const activations = model.activations(input);
  const output = activations[activations.length - 1].output;
  const files: string[] = [];
  const write = async (name: string, contents: Image | string) => {
    await writeFileAtomic(
      `${folder}/${name}`,
      typeof contents === "string" ? contents : encodePng(contents),
    );
    files.push(name);
  };

  const kernels = new Map<string, Tensor>();
  for (const layer of model.layers) {
    const parameter = layer.parameters.find(({ name }) => name.endsWith("/kernel"));
    if (!parameter) continue;
    const kernel = model.getWeights(parameter.name);
    kernels.set(layer.name, kernel);
    const sheet = filterSheet(kernel, {
      title: `${model.name} · ${layer.name} · filters`,
      kind: layer.kind as "conv2d" | "conv2d_transpose" | "dense",
      normalize,
      colormap,
      grid,
    });
    await write(`filters-${layer.name}.png`, sheet);
  }

  const drawable = activations.filter(({ output }) => [2, 4].includes(output.shape.length));
  for (const { layer, output } of drawable) {
    const sheet = activationSheet(output, {
      title: `${model.name} · ${layer.name} · activations`,
      normalize: normalize === "filter" ? "channel" : normalize,
      colormap,
      grid,
      input: grid ? undefined : input,
      rgb: !grid && !colormap && isPicture(output),
    });
    await write(`activations-${layer.name}.png`, sheet);
  }

  if (sameShape(input.shape, output.shape)) {
    const title = `${model.name} · reconstruction`;
    await write("reconstruction.png", reconstructionSheet(input, output, { title }));
  }
  const losses = ["loss", "val_loss"]
    .map((name) => ({ name, values: metrics?.column(name) ?? [] }))
    .filter(({ values }) => values.length);
  if (losses.length) {
    const chart = lossCurve(losses, { title: `${model.name} · loss` });
    await write("loss.png", chart.image);
    await write("loss.svg", chart.svg);
  }
  const layers = drawable.map(({ layer, output }) => ({
    name: layer.name,
    kind: layer.kind,
    outputShape: output.shape.slice(1),
    parameterCount: layer.parameters.reduce((sum, { value }) => sum + value.length, 0),
    kernel: kernels.get(layer.name),
    activation: output,
  }));
  await write("overview.png", overviewSheet({ title: model.name, input, output, layers }));
  return files;
}
