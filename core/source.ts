import { checkTargets, lossConfig, lossTitle, outputMeaning, targetShape } from "./losses.ts";
import type { LossConfig } from "./losses/loss.ts";
import type { Dataset } from "./data/dataset.ts";
import { DeconvError } from "./errors.ts";
import { sameShape, type Shape, shapeText, sizeOf, type Tensor } from "./tensor.ts";

/** Where batches come from: arrays or a dataset, written straight into a plan's memory. */
export interface BatchSource {
  /** How many pictures there are. */
  readonly size: number;
  /** Whether the pictures are their own targets. */
  readonly targetIsInput: boolean;
  /** Writes pictures and targets; `pass` counts the passes, default 0. */
  read(
    indices: ArrayLike<number>,
    inputs: readonly Float32Array[],
    targets: readonly Float32Array[],
    pass?: number,
  ): void | Promise<void>;
  /** Told what will be read next. */
  ahead?(indices: ArrayLike<number>): void;
}

/** What a dataset's pictures are to be turned into: their targets (classes, masks …), or themselves. */
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
      ahead: dataset.ahead,
      read: (indices, [x], _, pass) => dataset.read(indices, x, undefined, pass),
    };
  }
  const { count, write, check } = targetReader(dataset, outputShapes[0], losses[0]);
  let given = new Float32Array(0); // targets as the dataset has them, where the loss wants others
  return {
    size,
    targetIsInput: false,
    ahead: dataset.ahead,
    read(indices, [x], [wanted], pass) {
      const length = indices.length * count;
      if (write && given.length < length) given = new Float32Array(length);
      const targets = write ? given.subarray(0, length) : wanted;
      const finish = () => {
        check(targets);
        write?.(targets, wanted);
      };
      const reading = dataset.read(indices, x, targets, pass);
      return reading ? reading.then(finish) : finish();
    },
  };
}

/** How the targets of a dataset become those that a loss wants. */
interface TargetReader {
  /** How many numbers a picture's target in the dataset is. */
  readonly count: number;
  /** Turns targets into what the loss wants; absent where they are that already. */
  readonly write?: (from: Float32Array, to: Float32Array) => void;
  /** Refuses what is no class. */
  readonly check: (targets: Float32Array) => void;
}

/**
 * Class numbers serve the sparse loss as they are, the categorical one as one-hot rows, and a binary
 * one with a single output as 0 and 1. Other targets must have the shape that the loss wants.
 */
function targetReader(dataset: Dataset, output: Shape, loss: LossConfig): TargetReader {
  const { targetShape: has = [], name } = dataset;
  const wanted = targetShape(loss, output), count = sizeOf(has);
  const rows = output.slice(0, -1), classes = output[output.length - 1];
  const oneEach = sameShape(has, rows) || sameShape(has, [...rows, 1]);
  const meaning = outputMeaning(loss), title = lossTitle(loss);
  const sparse = lossConfig("sparse_categorical_crossentropy");
  const checkClasses = (targets: Float32Array) => {
    const batch = targets.length / count;
    checkTargets(sparse, [batch, ...output], [batch, ...has], targets);
  };
  if (meaning.sparse && oneEach) return { count, check: checkClasses };
  if (meaning.classes && oneEach && !sameShape(has, wanted)) {
    return {
      count,
      check: checkClasses,
      write: (from, to) => {
        to.fill(0);
        for (let i = 0; i < from.length; i++) to[i * classes + from[i]] = 1;
      },
    };
  }
  if (dataset.targetShape && sameShape(has, wanted)) return { count, check: () => {} };
  if (!dataset.targetShape && meaning.numbers !== "plain" && sizeOf(output) === 1) {
    const check = (targets: Float32Array) => {
      const wrong = targets.find((label) => label !== 0 && label !== 1);
      if (wrong === undefined) return;
      throw new DeconvError(
        `The loss ${title} needs the classes 0 and 1, and a label of ${name} is ${wrong}`,
      );
    };
    return { count, check };
  }
  const hint = 'for a network that reproduces its input give target: "input"';
  throw new DeconvError(
    dataset.targetShape
      ? `The loss ${title} needs targets of shape ${shapeText(wanted)}, and those of ${name} ` +
        `are ${shapeText(has)}; ${hint}`
      : `The labels of ${name} are class numbers, which need the loss ` +
        `sparse_categorical_crossentropy or categorical_crossentropy, not ${title} with an ` +
        `output of ${shapeText(output)}; ${hint}`,
  );
}
