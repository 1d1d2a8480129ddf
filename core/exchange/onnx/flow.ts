/**
 * Values of an ONNX graph on their way through a network of layers. ONNX has channels first, layers
 * have them last: a value remembers which of ONNX's axes lies where, so that transposing it is a change
 * of that memory and costs nothing until a layer needs another order.
 */
import type { Symbolic } from "../../layer.ts";
import { permute } from "../../layers/permute.ts";
import { reshape } from "../../layers/reshape.ts";
import { sameShape, type Shape, sizeOf } from "../../tensor.ts";

/** A value that layers make of the network's inputs. */
export interface Flow {
  /** What the layers make. */
  readonly symbol: Symbolic;
  /** The axis of ONNX that each axis of the symbol is, the batch counted as 0 in both. */
  readonly order: readonly number[];
  /** Of a picture laid flat as it lay: how it lay. Its values are not yet in ONNX's order. */
  readonly flat?: { readonly shape: Shape; readonly order: readonly number[] };
  /** Makes the same with a bias, where a layer with a kernel has made it and has none. */
  readonly withBias?: (bias: ArrayLike<number>) => Flow;
  /** Whether its numbers are whole ones that ONNX keeps as such: they can number rows of a table. */
  readonly whole?: boolean;
  /** Of the places of maxima: the size of the pictures they are places of. */
  readonly switches?: readonly [number, number];
}

/** Axes in ONNX's own order. */
export function naturalOrder(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i);
}

/** Batch, then places, then channels, which ONNX has as axis 1. */
export function channelsLast(rank: number): number[] {
  return rank < 3 ? naturalOrder(rank) : [0, ...naturalOrder(rank).slice(2), 1];
}

/** A value in the same order as another. */
export function flowOf(symbol: Symbolic, order: readonly number[]): Flow {
  return { symbol, order };
}

/** How many axes a value has in ONNX. */
export function rankOf({ order }: Flow): number {
  return order.length;
}

/** The sizes of a value as ONNX counts them, without the batch. */
export function onnxShape({ symbol, order }: Flow): number[] {
  const shape: number[] = [];
  order.forEach((axis, i) => i && (shape[axis - 1] = symbol.shape[i - 1]));
  return shape;
}

/** The same values in another shape, their order kept. */
export function reshaped(symbol: Symbolic, shape: Shape): Symbolic {
  const target = shape.length ? shape : [1];
  return sameShape(symbol.shape, target) ? symbol : reshape(target).apply(symbol);
}

/** Axes that the layer can move at once. */
const MOST_AXES = 4;

/** A value with its axes, counted from 1 without the batch, in another order. */
function permuted(symbol: Symbolic, dims: readonly number[]): Symbolic {
  if (dims.length <= MOST_AXES) return permute(dims).apply(symbol);
  // Axes that stay together count as one.
  const runs: number[][] = [];
  for (const dim of dims) {
    const run = runs[runs.length - 1];
    if (run && run[run.length - 1] === dim - 1) run.push(dim);
    else runs.push([dim]);
  }
  const { shape } = symbol, size = (run: readonly number[]) => sizeOf(run.map((d) => shape[d - 1]));
  const lying = runs.toSorted(([a], [b]) => a - b);
  const target = dims.map((dim) => shape[dim - 1]);
  let made = reshaped(symbol, lying.map(size)), order = lying;
  if (runs.length <= MOST_AXES) {
    return reshaped(permute(runs.map((run) => lying.indexOf(run) + 1)).apply(made), target);
  }
  // One after the other is moved to its place, over all that lie between.
  runs.forEach((run, to) => {
    const from = order.indexOf(run);
    if (from === to) return;
    const parts = [order.slice(0, to), order.slice(to, from), [run], order.slice(from + 1)];
    const sizes = parts.map((part) => sizeOf(part.map(size)));
    made = permute([1, 3, 2, 4]).apply(reshaped(made, sizes));
    order = [...parts[0], run, ...parts[1], ...parts[3]];
  });
  return reshaped(made, target);
}

/** A value with its axes lying in this order. */
export function inOrder(flow: Flow, order: readonly number[]): Flow {
  const { symbol, order: has } = flow;
  if (has.every((axis, i) => axis === order[i])) return flow;
  const sizes = onnxShape(flow), target = order.slice(1).map((axis) => sizes[axis - 1]);
  const wide = (axes: readonly number[]) => axes.slice(1).filter((axis) => sizes[axis - 1] > 1);
  // Axes of size 1 can be anywhere.
  if (wide(has).join() === wide(order).join()) return flowOf(reshaped(symbol, target), order);
  const dims = order.slice(1).map((axis) => has.indexOf(axis));
  return flowOf(permuted(symbol, dims), order);
}

/** A value with its axes as ONNX has them. */
export function natural(flow: Flow): Flow {
  return inOrder(flow, naturalOrder(rankOf(flow)));
}

/** A value whose values are in ONNX's order, if they were laid flat before. */
export function settled(flow: Flow): Flow {
  if (!flow.flat) return flow;
  const { shape, order } = flow.flat;
  const { symbol } = natural(flowOf(reshaped(flow.symbol, shape), order));
  return flowOf(reshaped(symbol, flow.symbol.shape), flow.order);
}

/** A value laid flat, its values staying where they are. */
export function flattened(flow: Flow): Flow {
  const plain = natural(flow), size = sizeOf(flow.symbol.shape);
  if (plain.symbol === flow.symbol || plain.symbol.layer?.kind !== "permute") {
    return flowOf(reshaped(plain.symbol, [size]), [0, 1]);
  }
  const { symbol, order } = flow;
  return { symbol: reshaped(symbol, [size]), order: [0, 1], flat: { shape: symbol.shape, order } };
}

/** For each value of what was laid flat, its number in ONNX's order. */
export function flatPlaces({ shape, order }: NonNullable<Flow["flat"]>): Int32Array {
  const sizes: number[] = [];
  order.forEach((axis, i) => i && (sizes[axis - 1] = shape[i - 1]));
  const strides = sizes.map((_, i) => sizeOf(sizes.slice(i + 1)));
  return Int32Array.from({ length: sizeOf(shape) }, (_, place) => {
    let rest = place, found = 0;
    for (let i = shape.length - 1; i >= 0; i--) {
      found += rest % shape[i] * strides[order[i + 1] - 1];
      rest = Math.floor(rest / shape[i]);
    }
    return found;
  });
}

/**
 * Applies a layer over pictures along one or two axes of a value: they lie as rows and columns, all
 * others as channels. `apply` is told which of ONNX's axes they are, −1 for one of size 1 that is none.
 */
export function overPlane(
  flow: Flow,
  axes: readonly number[],
  apply: (picture: Symbolic, axes: readonly [number, number]) => Symbolic,
): Flow {
  const rank = rankOf(flow), last = channelsLast(rank);
  // What lies as pictures stays so.
  if (rank === 4 && flow.order.join() === last.join() && axes.every((axis) => axis > 1)) {
    return flowOf(apply(flow.symbol, [2, 3]), last);
  }
  const others = naturalOrder(rank).slice(1).filter((axis) => !axes.includes(axis));
  const order = [0, ...axes, ...others], planes = axes.length;
  const { symbol: { shape }, symbol } = inOrder(flow, order);
  const sizes = planes === 1 ? [shape[0], 1] : shape.slice(0, 2);
  const picture = reshaped(symbol, [...sizes, sizeOf(shape.slice(planes))]);
  const made = apply(picture, [axes[0], axes[1] ?? -1]);
  return flowOf(reshaped(made, [...made.shape.slice(0, planes), ...shape.slice(planes)]), order);
}
