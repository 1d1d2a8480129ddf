import type { Dataset } from "../../data/dataset.ts";
import { DeconvError } from "../../errors.ts";
import { placeName } from "../../graph.ts";
import { positive } from "../../geometry.ts";
import { dense } from "../../layers/dense.ts";
import type { Model } from "../../model.ts";
import { adam } from "../../optimizers.ts";
import { sequential } from "../../sequential.ts";
import { type Shape, sizeOf, type Tensor } from "../../tensor.ts";

/** Options of `linearProbes`. */
export interface LinearProbesOptions {
  /** Names of the layers probed. Default: all. */
  layers?: readonly string[];
  /** Side of the grid that feature maps are averaged to before they are probed. Default 4. */
  grid?: number;
  /** Pictures learned from, and pictures tested on, at most. Default 2000 and 1000. */
  samples?: readonly [train: number, test: number];
  /** Passes over the activations. Default 30. */
  epochs?: number;
  /** Adam's learning rate. Default 0.01. */
  learningRate?: number;
  /** Strength of l2 on the weights. Default 1e-4. */
  l2?: number;
  /** Decides initial weights and order. Default 0. */
  seed?: number;
  /** Pictures whose activations are computed at a time. Default 64. */
  batchSize?: number;
}

/** How well classes can be told by a line from what one layer makes. */
export interface LinearProbe {
  /** The layer; `"input"` for the pictures themselves. */
  readonly name: string;
  /** Numbers that the probe sees of a picture. */
  readonly features: number;
  /** Part of the test pictures whose class it finds. */
  readonly accuracy: number;
  /** Part of the pictures it learned from. */
  readonly trainAccuracy: number;
}

/** Averages maps `[count, h, w, c]` to a grid; other activations stay as they are. */
export function averagedToGrid({ shape, data }: Tensor, grid: number): Tensor {
  const [count, height, width, channels] = shape;
  if (shape.length !== 4 || (height <= grid && width <= grid)) {
    return { shape: [count, sizeOf(shape.slice(1))], data };
  }
  const rows = Math.min(grid, height), columns = Math.min(grid, width);
  const size = rows * columns * channels, result = new Float32Array(count * size);
  const cells = new Float64Array(rows * columns);
  for (let p = 0; p < height * width; p++) {
    cells[cellOf(p)]++;
  }
  function cellOf(p: number): number {
    const y = Math.floor(Math.floor(p / width) * rows / height);
    return y * columns + Math.floor(p % width * columns / width);
  }
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / channels), n = Math.floor(pixel / (height * width));
    const cell = cellOf(pixel % (height * width));
    result[n * size + cell * channels + i % channels] += data[i] / cells[cell];
  }
  return { shape: [count, size], data: result };
}

/** The features of every layer, and the classes, of the first pictures of a dataset. */
async function featuresOf(
  model: Model,
  dataset: Dataset,
  wanted: readonly string[],
  { most, grid, batchSize }: { most: number; grid: number; batchSize: number },
): Promise<{ features: Map<string, Tensor>; classes: Tensor }> {
  const count = Math.min(most, dataset.size), width = sizeOf(model.inputShape);
  const features = new Map<string, Tensor>(), classes = new Float32Array(count);
  for (let from = 0; from < count; from += batchSize) {
    const n = Math.min(batchSize, count - from);
    const x: Tensor = { shape: [n, ...model.inputShape], data: new Float32Array(n * width) };
    await dataset.read(
      Array.from({ length: n }, (_, i) => from + i),
      x.data,
      classes.subarray(from, from + n),
    );
    const made = model.activations(x);
    const add = (name: string, values: Tensor) => {
      if (!wanted.includes(name)) return;
      const { shape: [, size], data } = averagedToGrid(values, grid);
      const all = features.get(name) ??
        { shape: [count, size], data: new Float32Array(count * size) };
      features.set(name, all);
      all.data.set(data, from * size);
    };
    add("input", x);
    made.forEach(({ output }, node) => add(placeName(model.graph, node), output));
  }
  return { features, classes: { shape: [count], data: classes } };
}

/** Brings features to mean 0 and deviation 1, by those learned from. */
function standardize(train: Tensor, test: Tensor): void {
  const [count, size] = train.shape;
  for (let f = 0; f < size; f++) {
    let sum = 0, square = 0;
    for (let i = f; i < train.data.length; i += size) sum += train.data[i];
    const mean = sum / count;
    for (let i = f; i < train.data.length; i += size) square += (train.data[i] - mean) ** 2;
    const deviation = Math.sqrt(square / count), scale = deviation > 1e-6 ? 1 / deviation : 0;
    for (const { data } of [train, test]) {
      for (let i = f; i < data.length; i += size) data[i] = (data[i] - mean) * scale;
    }
  }
}

/**
 * How well the classes can be told apart from what each layer makes, by logistic regression on the frozen
 * activations (Alain & Bengio 2016): the further in, the better, in a network that has learned them. The
 * probe of the pictures themselves (`"input"`) is what there is to compare with. Nothing in the model
 * changes.
 *
 * @param data Datasets with class numbers, to learn from and to test on.
 * @throws {DeconvError} When there is no such layer, the data have no classes, or an option is out of range.
 *
 * @example
 * ```ts
 * import { linearProbes, preset, shapes } from "@deconv/deconv";
 * const probes = await linearProbes(preset("classifier").build(), {
 *   train: shapes({ size: 64 }),
 *   test: shapes({ size: 32, split: "test" }),
 * }, { layers: ["input", "relu2"], epochs: 3 });
 * console.log(probes.map(({ name, accuracy }) => `${name} ${accuracy}`));
 * ```
 */
export async function linearProbes(
  model: Model,
  data: { train: Dataset; test: Dataset },
  options: LinearProbesOptions = {},
): Promise<LinearProbe[]> {
  const { samples: [many, tests] = [2000, 1000], learningRate = 0.01, l2 = 1e-4, seed = 0 } =
    options;
  const grid = positive(options.grid ?? 4, "grid"),
    epochs = positive(options.epochs ?? 30, "epochs");
  const batchSize = positive(options.batchSize ?? 64, "batchSize");
  const names = ["input", ...model.graph.nodes.map((_, i) => placeName(model.graph, i))];
  const wanted = options.layers ?? names;
  for (const name of wanted) {
    if (names.includes(name)) continue;
    throw new DeconvError(`The model has no layer "${name}" to probe; it has ${names.join(", ")}`);
  }
  if (data.train.targetShape || data.test.targetShape) {
    throw new DeconvError("Cannot probe: the data have no classes");
  }
  const train = await featuresOf(model, data.train, wanted, { most: many, grid, batchSize });
  const test = await featuresOf(model, data.test, wanted, { most: tests, grid, batchSize });
  const most = train.classes.data.reduce((a, b) => Math.max(a, b), 0);
  if (train.classes.data.some((c) => c < 0)) {
    throw new DeconvError("Cannot probe: some pictures of the data have no class");
  }
  const units = data.train.classNames?.length ?? most + 1;
  const probes: LinearProbe[] = [];
  for (const name of wanted) {
    const x = train.features.get(name)!, y = test.features.get(name)!;
    standardize(x, y);
    const inputShape: Shape = [x.shape[1]];
    const probe = sequential([
      dense({ units, activation: "softmax", kernelRegularizer: { l2 }, inputShape }),
    ], { seed });
    const loss = "sparse_categorical_crossentropy";
    probe.compile({ optimizer: adam({ learningRate }), loss, metrics: ["accuracy"] });
    await probe.fit(x, train.classes, { epochs, batchSize: 64, seed });
    const { accuracy: trainAccuracy } = await probe.evaluate(x, train.classes);
    const { accuracy } = await probe.evaluate(y, test.classes);
    probes.push({ name, features: x.shape[1], accuracy, trainAccuracy });
  }
  return probes;
}
