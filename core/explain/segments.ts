import { DeconvError } from "../errors.ts";
import { type Pair, pair } from "../geometry.ts";
import { type Shape, shapeText, sizeOf } from "../tensor.ts";

/** An input seen as a picture: a signal is one column, a vector one column of one channel. */
export interface Plane {
  /** Cells down. */
  readonly height: number;
  /** Cells across. */
  readonly width: number;
  /** Numbers of a cell. */
  readonly channels: number;
  /** The shape of a map with one number a cell, without the batch. */
  readonly spatial: Shape;
}

/** Pictures `[height, width, channels]`, signals `[length, channels]`, vectors `[length]` as planes. */
export function planeOf(shape: Shape): Plane {
  if (shape.length === 1) return { height: shape[0], width: 1, channels: 1, spatial: shape };
  const spatial = shape.slice(0, -1), [height, ...rest] = spatial;
  return { height, width: sizeOf(rest), channels: shape[shape.length - 1], spatial };
}

/** How an input is divided into features that are there or not as a whole. */
export interface Segmentation {
  /** Rows and columns of a grid of rectangles as equal as can be. Default 8, or the cells there are. */
  grid?: Pair;
  /**
   * In place of a grid, the number of each cell's feature, from 0: one for each place (`[height, width]`), or
   * one for each number of an input (`[height, width, channels]`).
   */
  segments?: ArrayLike<number>;
}

/** The features of an input. */
export interface Segments {
  /** The feature of each number of the map. */
  readonly of: Uint32Array;
  /** How many there are. */
  readonly count: number;
  /** How many numbers of an input one of the map stands for. */
  readonly channels: number;
  /** The map's shape, without the batch. */
  readonly shape: Shape;
}

/**
 * The features of inputs of a shape.
 *
 * @throws {DeconvError} When the grid is wrong, or the segments do not cover the input.
 */
export function segmentsOf(shape: Shape, { grid, segments }: Segmentation): Segments {
  const { height, width, channels, spatial } = planeOf(shape), cells = height * width;
  if (segments === undefined) {
    const [down, across] = pair(grid ?? 8, "grid", 1);
    const rows = Math.min(down, height), columns = Math.min(across, width);
    const of = Uint32Array.from({ length: cells }, (_, i) => {
      const row = Math.floor(Math.floor(i / width) * rows / height);
      return row * columns + Math.floor(i % width * columns / width);
    });
    return { of, count: rows * columns, channels, shape: spatial };
  }
  const of = Uint32Array.from(segments), count = of.reduce((a, b) => Math.max(a, b), 0) + 1;
  const seen = new Set(of).size;
  if (of.some((number, i) => number !== segments[i]) || seen !== count) {
    throw new DeconvError(
      "segments must be whole numbers from 0, each of them used up to the largest",
    );
  }
  if (of.length === cells) return { of, count, channels, shape: spatial };
  if (of.length === cells * channels) return { of, count, channels: 1, shape };
  throw new DeconvError(
    `There are ${of.length} segments for inputs of shape ${
      shapeText(shape)
    }: give ${cells}, one for each place, or ${cells * channels}`,
  );
}

/** Sets a number of features to the baseline: those that `gone` says. */
export function withoutFeatures(
  picture: Float32Array,
  baseline: Float32Array,
  { of, channels }: Segments,
  gone: (feature: number) => boolean,
): void {
  for (let cell = 0; cell < of.length; cell++) {
    if (!gone(of[cell])) continue;
    for (let i = cell * channels; i < (cell + 1) * channels; i++) picture[i] = baseline[i];
  }
}
