/** What is explained: one number for each picture, somewhere in a network. */
import { DeconvError } from "../errors.ts";
import type { Model } from "../model.ts";
import { tensorList, type Tensors } from "../network.ts";
import { checkInputs } from "../source.ts";
import { sameShape, shapeText, type Tensor } from "../tensor.ts";
import {
  difference,
  expectOne,
  expectPlace,
  pick,
  pixelPlaces,
  unitPlaces,
} from "./target/scalars.ts";
import { partOf, unfuse } from "./unfuse.ts";

/** The numbers that are explained, and their gradient. */
export interface Evaluated {
  /** One for each row of the output. */
  readonly values: readonly number[];
  /** The gradient of their sum with respect to the output; of the output's shape. */
  readonly gradient: Tensor;
}

/**
 * A function from a batch of outputs to a number for each, and the gradient. Row i of the output
 * belongs to picture `pictures[i]` of those that are explained: methods give several variants of one.
 */
export type Scalar = (output: Tensor, pictures: readonly number[]) => Evaluated;

/** What becomes of several numbers. The gradient of a maximum goes to the first of equals. */
export type Reduce = "mean" | "sum" | "max";

/** A class's score: the logit, before a softmax or sigmoid that ends the network. */
export interface ClassTarget {
  /** Which of the kinds it is. */
  kind: "class";
  /** The class, or one for each picture. Default: the largest of each picture. */
  index?: number | readonly number[];
  /** Which output, of a network with several. Default 0. */
  output?: number;
}

/** A unit, a channel or all of what a layer makes. */
export interface UnitTarget {
  /** Which of the kinds it is. */
  kind: "unit";
  /** Name of the layer; with its activation, without it `"name/linear"`. */
  layer: string;
  /** The channel, along the last axis. Default: all. */
  channel?: number;
  /** The place: `[row, column]` of pictures, `[position]` of signals. Default: all. */
  at?: readonly number[];
  /** Of several, default `"mean"`. */
  reduce?: Reduce;
}

/** Pixels of a picture that the network makes. */
export interface PixelsTarget {
  /** Which of the kinds it is. */
  kind: "pixels";
  /** Default: all. */
  channel?: number;
  /** Default: the whole picture; height and width 1. */
  region?: { top: number; left: number; height?: number; width?: number };
  /** Of several, default `"mean"`. */
  reduce?: Reduce;
  /** Which output, of a network with several. Default 0. */
  output?: number;
}

/** How far an output is from what it should be, as a mean over it. */
export interface ErrorTarget {
  /** Which of the kinds it is. */
  kind: "error";
  /** What it should be, `[pictures, …]`; stays the same however the pictures are varied. Default: the pictures. */
  against?: Tensor;
  /** The squared difference, or the cross-entropy of values between 0 and 1. Default `"mse"`. */
  metric?: "mse" | "bce";
  /** Which output, of a network with several. Default 0. */
  output?: number;
}

/** Any number of what a layer makes. */
export interface ScalarTarget {
  /** Which of the kinds it is. */
  kind: "scalar";
  /** Name of the layer. Default: an output. */
  layer?: string;
  /** Which output, where no layer is named. Default 0. */
  output?: number;
  /** The function. */
  scalar: Scalar;
}

/** What is explained; a function alone is one of the first output. */
export type Target = ClassTarget | UnitTarget | PixelsTarget | ErrorTarget | ScalarTarget | Scalar;

/** A target found in a network. */
export interface ResolvedTarget {
  /** The part of the unfused network that leads to where the target looks; it has one output. */
  readonly model: Model;
  /** The target with nothing left open: classes chosen, what an output should be given. */
  readonly target: Exclude<Target, Scalar>;
  /** How many pictures are explained. */
  readonly count: number;
  /**
   * Evaluates the target on outputs of `model`.
   *
   * @param pictures The picture that each row is a variant of. Default 0, 1, 2 …
   */
  evaluate(output: Tensor, pictures?: readonly number[]): Evaluated;
}

/** The values of a part's inputs among those of the whole network, by name. */
export function inputsOf(part: Model, whole: Model, x: Tensors): Tensor[] {
  const xs = tensorList(x);
  return part.graph.inputNames.map((name) => xs[whole.graph.inputNames.indexOf(name)]);
}

/**
 * Finds a target in a network and settles what it leaves open from the pictures that are explained.
 *
 * @param x The pictures, one tensor for each input of the model.
 * @throws {DeconvError} When the network has nothing such, or a number is out of range.
 */
export function resolveTarget(
  model: Model,
  x: Tensors,
  target: Target = { kind: "class" },
): ResolvedTarget {
  const whole = unfuse(model), xs = tensorList(x);
  const count = checkInputs(xs, whole.inputShapes);
  const given = typeof target === "function" ? { kind: "scalar" as const, scalar: target } : target;
  const part = partFor(whole, given);
  const finish = (target: Exclude<Target, Scalar>, scalar: Scalar): ResolvedTarget => ({
    model: part,
    target,
    count,
    evaluate: (output, pictures = Array.from({ length: output.shape[0] }, (_, i) => i)) => {
      const result = scalar(output, pictures);
      if (
        result.values.length === output.shape[0] && sameShape(result.gradient.shape, output.shape)
      ) {
        return result;
      }
      throw new DeconvError(
        `A target's function must give ${output.shape[0]} value(s) and a gradient of shape ${
          shapeText(output.shape)
        }; it gave ${result.values.length} and ${shapeText(result.gradient.shape)}`,
      );
    },
  });
  const shape = part.outputShape;
  switch (given.kind) {
    case "class": {
      const index = classes(part, inputsOf(part, whole, xs), count, given.index);
      return finish({ ...given, index }, pick((picture) => [index[picture]], "sum"));
    }
    case "unit": {
      const places = unitPlaces(shape, given);
      return finish(given, pick(() => places, given.reduce));
    }
    case "pixels": {
      const places = pixelPlaces(shape, given);
      return finish(given, pick(() => places, given.reduce));
    }
    case "error": {
      const { against = xs[0], metric = "mse" } = given;
      if (!sameShape(against.shape, [count, ...shape])) {
        throw new DeconvError(
          `The error of outputs ${
            shapeText([count, ...shape])
          } needs a tensor of that shape as against, not ${shapeText(against.shape)}`,
        );
      }
      expectOne(metric, ["mse", "bce"], "metric");
      return finish({ ...given, against }, difference(against, metric));
    }
    case "scalar":
      return finish(given, given.scalar);
    default:
      throw new DeconvError(
        `There is no target of kind "${
          (given as { kind: string }).kind
        }"; there are class, unit, pixels, error, scalar`,
      );
  }
}

function partFor(whole: Model, target: Exclude<Target, Scalar>): Model {
  if ("layer" in target && target.layer !== undefined) return partOf(whole, { to: target.layer });
  const { output } = target as ClassTarget;
  return partOf(whole, { output, logits: target.kind === "class" });
}

/** The class of each picture. */
function classes(
  part: Model,
  xs: readonly Tensor[],
  count: number,
  index: number | readonly number[] | undefined,
): readonly number[] {
  const shape = part.outputShape, [size] = shape;
  if (shape.length !== 1) {
    throw new DeconvError(
      `A class is the target of a network that gives a vector; this one gives ${
        shapeText(shape)
      }: choose pixels, error or unit`,
    );
  }
  if (index !== undefined) {
    const all = typeof index === "number" ? Array.from({ length: count }, () => index) : index;
    if (all.length !== count) {
      throw new DeconvError(`There are ${count} pictures, and classes for ${all.length}`);
    }
    all.forEach((i) => expectPlace(i, size, "index"));
    return all;
  }
  const { data } = part.predict(xs);
  return Array.from({ length: count }, (_, i) => {
    const scores = data.subarray(i * size, (i + 1) * size);
    return scores.reduce((best, score, k) => score > scores[best] ? k : best, 0);
  });
}
