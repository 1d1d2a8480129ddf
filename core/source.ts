import { checkTargets, type LossConfig } from "./losses.ts";
import type { Dataset } from "./data/dataset.ts";
import { DeconvError } from "./errors.ts";
import { sameShape, type Shape, shapeText, type Tensor } from "./tensor.ts";

/** Where batches come from: arrays or a dataset, written straight into a plan's memory. */
export interface BatchSource {
  /** How many pictures there are. */
  readonly size: number;
  /** Whether the pictures are their own targets. */
  readonly targetIsInput: boolean;
  /** Writes pictures and targets. */
  read(
    indices: ArrayLike<number>,
    inputs: readonly Float32Array[],
    targets: readonly Float32Array[],
  ): void | Promise<void>;
}

/** What a dataset's pictures are to be turned into: their class numbers, or themselves. */
export type DatasetTarget = "labels" | "input";

/** Copies rows `indices` of a tensor one after the other. */
function gather(from: Tensor, indices: ArrayLike<number>, to: Float32Array): void {
  const width = from.data.length / from.shape[0];
  for (let i = 0; i < indices.length; i++) {
    to.set(from.data.subarray(indices[i] * width, (indices[i] + 1) * width), i * width);
  }
}

/** Checks one array against the shape wanted of one picture, and its count against the others'. */
function expectShape(x: Tensor, shape: Shape, count: number, what: string): void {
  if (!sameShape(x.shape.slice(1), shape)) {
    throw new DeconvError(
      `The model takes ${what} of shape ${
        shapeText(["batch", ...shape] as unknown as Shape)
      }, not ${shapeText(x.shape)}`,
    );
  }
  if (x.shape[0] !== count) {
    throw new DeconvError(
      `All arrays must hold the same number of pictures; there are ${count} and ${x.shape[0]}`,
    );
  }
}

/** Checks a model's inputs and returns how many pictures they hold. */
export function checkInputs(xs: readonly Tensor[], shapes: readonly Shape[]): number {
  if (xs.length !== shapes.length) {
    throw new DeconvError(`The model has ${shapes.length} input(s), not ${xs.length}`);
  }
  const count = xs[0].shape[0] ?? 0;
  xs.forEach((x, i) => expectShape(x, shapes[i], count, "inputs"));
  if (!(count > 0)) throw new DeconvError("The input holds no pictures");
  return count;
}

/** Arrays as a source. */
export function tensorSource(
  xs: readonly Tensor[],
  ys: readonly Tensor[],
  inputShapes: readonly Shape[],
  outputShapes: readonly Shape[],
  losses: readonly LossConfig[],
): BatchSource {
  const size = checkInputs(xs, inputShapes);
  if (ys.length !== outputShapes.length) {
    throw new DeconvError(
      `The model has ${outputShapes.length} output(s), and targets for ${ys.length} were given`,
    );
  }
  ys.forEach((y, i) => checkTargets(losses[i], [size, ...outputShapes[i]], y.shape, y.data));
  return {
    size,
    targetIsInput: false,
    read(indices, inputs, targets) {
      xs.forEach((x, i) => gather(x, indices, inputs[i]));
      ys.forEach((y, i) => gather(y, indices, targets[i]));
    },
  };
}

/** A dataset as a source. */
export function datasetSource(
  dataset: Dataset,
  target: DatasetTarget,
  inputShapes: readonly Shape[],
  outputShapes: readonly Shape[],
  losses: readonly LossConfig[],
): BatchSource {
  const { size, shape, name } = dataset;
  if (inputShapes.length !== 1 || outputShapes.length !== 1) {
    throw new DeconvError(
      `A dataset has one input and one target; the model has ${inputShapes.length} input(s) and ${outputShapes.length} output(s)`,
    );
  }
  if (!sameShape(shape, inputShapes[0])) {
    throw new DeconvError(
      `The model takes inputs of shape ${
        shapeText(inputShapes[0])
      }, and the pictures of ${name} are ${shapeText(shape)}`,
    );
  }
  if (!size) throw new DeconvError(`The dataset ${name} holds no pictures`);
  if (target === "input") {
    checkTargets(losses[0], [1, ...outputShapes[0]], [1, ...shape], new Float32Array(0));
    return {
      size,
      targetIsInput: true,
      read: (indices, [x]) => dataset.read(indices, x),
    };
  }
  if (losses[0].kind !== "sparse_categorical_crossentropy") {
    throw new DeconvError(
      `A dataset's labels are class numbers, which need the loss sparse_categorical_crossentropy, not ${
        losses[0].kind
      }; for a network that reproduces its input give target: "input"`,
    );
  }
  const check = (labels: Float32Array) =>
    checkTargets(losses[0], [labels.length, ...outputShapes[0]], [labels.length], labels);
  return {
    size,
    targetIsInput: false,
    read(indices, [x], [labels]) {
      const reading = dataset.read(indices, x, labels);
      return reading ? reading.then(() => check(labels)) : check(labels);
    },
  };
}
