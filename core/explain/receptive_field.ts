/** What part of the input the units of a network see. */
import { DeconvError } from "../errors.ts";
import { type Graph, placeName, valuesNamed } from "../graph.ts";
import type { Network } from "../network.ts";
import { addCells, allCells, anyCells, type Cells, noCells } from "../reach.ts";
import { type Shape, shapeText } from "../tensor.ts";

/** A part of a picture. A signal is a picture of one row, and so is a vector. */
export interface Rectangle {
  /** The first row. */
  readonly top: number;
  /** The first column. */
  readonly left: number;
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/** One unit of a network. */
export interface Unit {
  /** Name of its layer. */
  readonly layer: string;
  /** Its place: `[row, column]` in pictures, `[position]` in signals, `[]` in vectors. Default: all. */
  readonly at?: readonly number[];
  /** Its channel, along the last axis. Default: all. */
  readonly channel?: number;
}

/** What the units of one layer see. */
export interface LayerField {
  /** Name of the layer. */
  readonly layer: string;
  /** Its kind. */
  readonly kind: string;
  /** Shape of what it makes, without the batch. */
  readonly shape: Shape;
  /** The largest height and width that a unit sees, the picture's border cutting off what is outside. */
  readonly size: readonly [number, number];
  /**
   * How far what is seen moves from one unit to the next, down and across; below 1 where a layer is
   * finer than the input, null where the border hides it.
   */
  readonly stride: readonly [number | null, number | null];
  /** Whether all units see everything. */
  readonly everything: boolean;
}

/** Which values of each input these values are made of. */
function traced({ nodes, shapes, inputNames }: Graph, value: number, cells: Cells): Cells[] {
  const found = new Map<number, Cells>([[value, cells]]);
  for (const { layer, inputs, output } of nodes.toReversed()) {
    const made = found.get(output);
    if (!made || !anyCells(made)) continue;
    const from = layer.definition.reach?.(layer.config, inputs.map((i) => shapes[i]), made) ??
      inputs.map((i) => allCells(shapes[i]));
    inputs.forEach((input, i) => {
      const known = found.get(input);
      if (!known) found.set(input, noCells(shapes[input]));
      addCells(found.get(input)!, from[i]);
    });
  }
  return inputNames.map((_, i) => found.get(i) ?? noCells(shapes[i]));
}

/** The smallest rectangle around cells; null around none. */
function around(cells: Cells): Rectangle | null {
  if (!anyCells(cells)) return null;
  // Of a vector the values themselves are the places.
  const space = cells.length > 1 ? cells.slice(0, -1) : cells;
  const ends = space.map((axis) => [axis.indexOf(1), axis.lastIndexOf(1) + 1]);
  const [top, bottom] = space.length > 1 ? ends[0] : [0, 1];
  const [left, right] = ends[ends.length - 1];
  return { top, left, height: bottom - top, width: right - left };
}

/** The places of one axis of a shape, as cells: one place or, without `place`, all. */
const oneOf = (size: number, place: number | undefined) =>
  new Uint8Array(size).fill(1, place, place === undefined ? size : place + 1);

function expectPlace(place: number, size: number, what: string): void {
  if (Number.isInteger(place) && place >= 0 && place < size) return;
  throw new DeconvError(`The unit's ${what} must be from 0 to ${size - 1}; it is ${place}`);
}

/**
 * The receptive field of a unit: the smallest rectangle of the input outside of which nothing changes
 * it. Exact: strides, dilations, padding, transposed convolutions, pools, unpooling, resampling,
 * crops, skips and groups of channels are followed back value by value, and the picture's border cuts
 * off what is outside. Switches of unpooling count as where their pool may have set them. Layers that
 * look at a whole picture (dense, global pools, instance and group normalisation) see all of it.
 *
 * @param unit Its layer, place and channel; what is left out means all of them.
 * @param options `input`: name of the input. Default: the first.
 * @returns The rectangle; null where the unit depends on nothing of that input.
 * @throws {DeconvError} When the model has no such unit or input.
 *
 * @example
 * ```ts
 * import { conv2d, maxPool2d, receptiveField, sequential } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 8, kernelSize: 3, padding: "same", inputShape: [32, 32, 3] }),
 *   maxPool2d(),
 *   conv2d({ name: "deep", filters: 8, kernelSize: 3, padding: "same" }),
 * ]);
 * console.log(receptiveField(net, { layer: "deep", at: [8, 0] }));
 * // { top: 13, left: 0, height: 8, width: 5 }
 * ```
 */
export function receptiveField(
  model: Network,
  unit: Unit,
  options: { input?: string } = {},
): Rectangle | null {
  const { graph } = model, { inputNames, shapes } = graph;
  const [value] = valuesNamed(graph, [unit.layer]);
  const shape = shapes[value], { at, channel } = unit;
  const channels = shape[shape.length - 1];
  if (at && at.length !== shape.length - 1) {
    throw new DeconvError(
      `The unit's place [${at.join(",")}] must have ${
        shape.length - 1
      } number(s): ${unit.layer} makes ${shapeText(shape)}`,
    );
  }
  at?.forEach((place, axis) => expectPlace(place, shape[axis], `place along axis ${axis + 1}`));
  if (channel !== undefined) expectPlace(channel, channels, "channel");
  const input = inputNames.indexOf(expectInput(model, options.input));
  const cells = shape.map((size, axis) =>
    oneOf(size, axis === shape.length - 1 ? channel : at?.[axis])
  );
  return around(traced(graph, value, cells)[input]);
}

/** Along an axis of the input: where what each unit sees begins and ends. */
type Reach = readonly { readonly from: number; readonly to: number }[];

/**
 * How far the fields move from unit to unit, by those that the border does not cut off. Behind a
 * transposed convolution they move unevenly, the same way every few units.
 */
function strideOf(reach: Reach, size: number): number | null {
  const shift = (ends: readonly (number | null)[]): number | null => {
    for (let period = 1; period < ends.length; period++) {
      const moves = ends.slice(period).flatMap((end, i) =>
        end === null || ends[i] === null ? [] : [end - ends[i]]
      );
      if (moves.length && moves.every((move) => move === moves[0])) return moves[0] / period;
    }
    return null;
  };
  return shift(reach.map(({ from }) => from > 0 ? from : null)) ??
    shift(reach.map(({ to }) => to < size ? to : null));
}

/** What the units of one node see of an input. */
function fieldOf(model: Network, node: number, name: string): LayerField {
  const { graph } = model, { inputNames, shapes } = graph;
  const { layer: { kind }, output } = graph.nodes[node];
  const shape = shapes[output], own = shapes[inputNames.indexOf(name)];
  const whole = around(allCells(own))!;
  const seen = (axis: number, place: number) => {
    const cells = shape.map((size, a) => oneOf(size, a === axis ? place : undefined));
    return around(traced(graph, output, cells)[inputNames.indexOf(name)]);
  };
  // A vector has no places, only values.
  const fields = (shape.length > 2 ? [0, 1] : [0]).map((axis) =>
    Array.from({ length: shape[axis] }, (_, place) => seen(axis, place))
      .filter((field) => field !== null)
  );
  const [down, across] = shape.length > 2 ? fields : [[], fields[0]];
  const rows = down.map(({ top, height }) => ({ from: top, to: top + height }));
  const columns = across.map(({ left, width }) => ({ from: left, to: left + width }));
  const longest = (reach: Reach) => Math.max(0, ...reach.map(({ from, to }) => to - from));
  const height = Math.max(0, ...(rows.length ? down : across).map(({ height }) => height));
  const still = shape.length === 1;
  return {
    layer: placeName(graph, node),
    kind,
    shape,
    size: [height, longest(columns)],
    stride: still ? [null, null] : [strideOf(rows, whole.height), strideOf(columns, whole.width)],
    everything: fields.flat().every((field) =>
      field.height === whole.height && field.width === whole.width
    ),
  };
}

function expectInput({ graph: { inputNames } }: Network, name: string = inputNames[0]): string {
  if (inputNames.includes(name)) return name;
  throw new DeconvError(`The model has no input "${name}"; it has ${inputNames.join(", ")}`);
}

/**
 * What the units of every layer see of an input, from input to output.
 *
 * @param options `input`: name of the input. Default: the first. `layers`: names of the layers wanted.
 * Default: all.
 * @throws {DeconvError} When the model has no such input or layer.
 *
 * @example
 * ```ts
 * import { preset, receptiveFields, receptiveFieldTable } from "@deconv/deconv";
 * const net = preset("deconv-autoencoder").build({ seed: 0 });
 * console.log(receptiveFieldTable(receptiveFields(net)));
 * ```
 */
export function receptiveFields(
  model: Network,
  options: { input?: string; layers?: readonly string[] } = {},
): LayerField[] {
  const { graph } = model, { layers } = options, name = expectInput(model, options.input);
  const wanted = layers && valuesNamed(graph, layers);
  return graph.nodes.flatMap(({ output }, i) =>
    !wanted || wanted.includes(output) ? [fieldOf(model, i, name)] : []
  );
}

/** Cuts or fills a text to a width. */
const fit = (text: string, width: number) =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);

/** A table of what the units of every layer see, at most 80 columns wide. */
export function receptiveFieldTable(fields: readonly LayerField[]): string {
  const number = (value: number | null) => value === null ? "–" : `${Number(value.toFixed(3))}`;
  const two = (values: readonly (number | null)[]) => {
    const [down, across] = values.map(number);
    return down === across ? down : `${down} x ${across}`;
  };
  const row = (layer: string, output: string, size: string, stride: string) =>
    `${fit(layer, 36)} ${fit(output, 16)} ${size.padStart(14)} ${stride.padStart(10)}`.trimEnd();
  const head = row("layer", "output", "sees", "stride");
  const line = "─".repeat(head.length);
  const rows = fields.map(({ layer, kind, shape, size, stride, everything }) =>
    row(
      `${layer} (${kind})`,
      shapeText(shape),
      everything ? "all" : size.join(" x "),
      everything ? "–" : two(stride),
    )
  );
  return [line, head, line, ...rows, line].join("\n");
}
