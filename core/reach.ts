/**
 * Which values of its input a layer's values are made of, by geometry alone: what receptive fields
 * are found with.
 */
import type { ConvGeometry } from "./geometry.ts";
import { type Shape, sizeOf } from "./tensor.ts";
import type { Axes, Axis } from "./windows.ts";

/**
 * Values of an array: for each axis (without the batch) a byte for every place, 1 where it is among
 * them. Where an axis has none there are no values at all.
 */
export type Cells = readonly Uint8Array[];

/** All values of arrays of this shape. */
export const allCells = (shape: Shape): Cells => shape.map((size) => new Uint8Array(size).fill(1));

/** No values of arrays of this shape. */
export const noCells = (shape: Shape): Cells => shape.map((size) => new Uint8Array(size));

/** Whether there are any. */
export const anyCells = (cells: Cells): boolean => cells.every((axis) => axis.includes(1));

/** Whether an axis has every place. */
const fullAxis = (axis: Uint8Array): boolean => !axis.includes(0);

/** Adds values to others, in place. */
export function addCells(to: Cells, cells: Cells): void {
  if (!anyCells(cells)) return;
  to.forEach((axis, i) => cells[i].forEach((cell, place) => axis[place] |= cell));
}

/** Of a layer that makes each value of the value in the same place. */
export function sameCells(_config: unknown, _inputs: readonly Shape[], cells: Cells): Cells[] {
  return [cells];
}

/** The places of an axis. */
export function placesOf(axis: Uint8Array): number[] {
  return Array.from(axis.keys()).filter((place) => axis[place]);
}

/** An axis of `size` places with those that `sources` names for each of `axis`; others are left out. */
export function axisFrom(
  axis: Uint8Array,
  size: number,
  sources: (place: number) => Iterable<number>,
): Uint8Array {
  const from = new Uint8Array(size);
  for (const place of placesOf(axis)) {
    for (const source of sources(place)) if (source >= 0 && source < size) from[source] = 1;
  }
  return from;
}

/** The whole axis, if anything of it is there. */
export const widened = (axis: Uint8Array, size: number = axis.length): Uint8Array =>
  new Uint8Array(size).fill(axis.includes(1) ? 1 : 0);

/** The cells of the output before its activation: a softmax looks at all channels. */
export function cellsBefore(cells: Cells, activation: string): Cells {
  if (activation !== "softmax" && activation !== "log_softmax") return cells;
  return cells.with(-1, widened(cells[cells.length - 1]));
}

/** Source places of windows and stencils. */
export function axisReach({ size, spans }: Axis, axis: Uint8Array): Uint8Array {
  return axisFrom(axis, size, (place) => {
    const { first, weights } = spans[place];
    return weights.keys().map((i) => first + i);
  });
}

/** Source values of windows over pictures, channel by channel. */
export function windowReach([rows, columns]: Axes, cells: Cells): Cells {
  return [axisReach(rows, cells[0]), axisReach(columns, cells[1]), cells[2]];
}

/** Channels of the same groups. */
export function groupReach(channels: Uint8Array, groups: number, size: number): Uint8Array {
  const each = channels.length / groups, own = size / groups, from = new Uint8Array(size);
  for (let group = 0; group < groups; group++) {
    const used = channels.subarray(group * each, (group + 1) * each).includes(1);
    from.fill(used ? 1 : 0, group * own, (group + 1) * own);
  }
  return from;
}

/** What a convolution reads, or, `transposed`, what its input gradient run forward reads. */
export function convReach(g: ConvGeometry, cells: Cells, transposed = false): Cells {
  const source = transposed ? g.output : g.input;
  const along = (axis: 0 | 1) =>
    axisFrom(
      cells[axis],
      source[axis],
      (place) =>
        Array.from({ length: g.kernel[axis] }, (_, tap) => {
          const reach = tap * g.dilations[axis] - g.padStart[axis];
          if (!transposed) return place * g.strides[axis] + reach;
          const from = (place - reach) / g.strides[axis];
          return Number.isInteger(from) ? from : -1;
        }),
    );
  return [along(0), along(1), groupReach(cells[2], g.groups, source[2])];
}

/** Source values of shapes that broadcast to a common one, aligned at their last axes. */
export function mergeReach(inputs: readonly Shape[], cells: Cells): Cells[] {
  return inputs.map((shape) => {
    const own = cells.slice(cells.length - shape.length);
    return own.map((axis, i) => shape[i] === axis.length ? axis : widened(axis, shape[i]));
  });
}

/** The same values in an array of another shape, in the same order. */
export function reshapeReach(shape: Shape, cells: Cells): Cells {
  if (cells.every(fullAxis)) return allCells(shape);
  const found = noCells(shape), sizes = cells.map(({ length }) => length);
  const visit = (axis: number, start: number): void => {
    if (axis < cells.length) {
      for (const place of placesOf(cells[axis])) visit(axis + 1, start * sizes[axis] + place);
      return;
    }
    let rest = start, stride = sizeOf(shape);
    shape.forEach((size, i) => {
      stride /= size;
      found[i][Math.floor(rest / stride)] = 1;
      rest %= stride;
    });
  };
  visit(0, 0);
  return found;
}
