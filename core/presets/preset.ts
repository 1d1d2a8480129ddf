import type { Dataset } from "../data/dataset.ts";
import { DeconvError } from "../errors.ts";
import type { Loss } from "../losses.ts";
import type { Metric } from "../metrics.ts";
import type { Model } from "../model.ts";
import type { LearningRate } from "../schedules.ts";
import type { DatasetTarget } from "../source.ts";
import { type Shape, shapeText } from "../tensor.ts";

/** Data to learn from, and data to test on. */
export interface PresetData {
  /** To learn from. */
  readonly train: Dataset;
  /** Never learned from. */
  readonly test: Dataset;
}

/** What a preset's network is built for. */
export interface BuildOptions {
  /** Shape of one input. Default what the preset's own data have. */
  readonly shape?: Shape;
  /** Shape of one target, where it is an array. */
  readonly targetShape?: Shape;
  /** Number of classes, where the target is a class. */
  readonly classes?: number;
  /** Decides the initial parameters. Default 0. */
  readonly seed?: number;
}

/** How a dataset is prepared for a network. */
export interface PrepareOptions {
  /** Whether it is learned from: then pictures may be varied at random. */
  readonly training: boolean;
  /** Decides what is random. */
  readonly seed: number;
}

/** What a network is measured against: an answer that takes no learning. */
export interface Baseline {
  /** Its name, such as `"bicubic"`. */
  readonly name: string;
  /** Its answer to one input of a shape. */
  answer(x: Float32Array, shape: Shape, targetShape: Shape): Float32Array;
}

/** Two networks trained against each other; the preset's own network is the generator. */
export interface Adversary {
  /** Makes the network that tells real pictures from made ones, for pictures of this shape. */
  build(options: { shape: Shape; seed: number }): Model;
}

/** A network people ask for by name, and how it is trained when nothing else is said. */
export interface Preset {
  /** Its name. */
  readonly name: string;
  /** What it is, in a line. */
  readonly description: string;
  /** What its inputs are turned into: themselves, what the data say, or either: what the data say if that is an array, else themselves. */
  readonly target: DatasetTarget | "either";
  /** The loss. */
  readonly loss: Loss;
  /** Reported beside the loss. */
  readonly metrics: readonly Metric[];
  /** Passes over the data. */
  readonly epochs: number;
  /** Pictures a step. */
  readonly batchSize: number;
  /** The optimizer's learning rate; the peak of it where it follows a schedule. */
  readonly learningRate: number;
  /** Options of the optimizer besides. */
  readonly optimizer?: Readonly<Record<string, unknown>>;
  /** The course of the learning rate over so many steps. Default: it stays as it is. */
  schedule?(peak: number, steps: number): LearningRate;
  /** The data it learns from when none are given. Default: generated pictures. */
  data?(seed: number): PresetData;
  /** What the data are turned into before the network sees them. Default: nothing is changed. */
  prepare?(dataset: Dataset, options: PrepareOptions): Dataset;
  /** What `evaluate` reports beside the network. */
  readonly baseline?: Baseline;
  /** Makes the network, not yet compiled. */
  build(options?: BuildOptions): Model;
  /** The adversary of a generator; such a preset is trained by `trainAdversaries`. */
  readonly adversary?: Adversary;
}

/** What a preset's inputs are turned into, for these data. */
export function targetOf({ target }: Pick<Preset, "target">, data: Dataset): DatasetTarget {
  if (target !== "either") return target;
  return data.targetShape ? "labels" : "input";
}

/** Checks that a network of this name is asked for pictures it can take. */
export function expectPicture(name: string, shape: Shape, divisor = 1): readonly number[] {
  const fits = shape.length === 3 && shape[0] % divisor === 0 && shape[1] % divisor === 0;
  if (fits) return shape;
  const sizes = divisor > 1 ? `, height and width multiples of ${divisor}` : "";
  throw new DeconvError(
    `Cannot build ${name} for inputs of shape ${
      shapeText(shape)
    }: it takes pictures [height, width, channels]${sizes}`,
  );
}
