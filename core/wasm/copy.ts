import type { Block } from "../block.ts";
import { runtime } from "./runtime.ts";

/** Where the values of a box lie in an array: of its first value, and from one to the next along each axis. */
export interface Places {
  /** The array. */
  readonly block: Block;
  /** Place of the first value. Default 0. */
  readonly offset?: number;
  /** Values from one to the next along each axis of the box, outermost first; may be negative. */
  readonly strides: readonly number[];
}

/** Strides of a dense array of this shape. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

/** An axis of a box: its size, and its strides in the source and in the output. */
interface Axis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Axes the kernel knows. */
const AXES = 5;

/** As few axes as possible, the line last, and before it the axis along which the source is dense. */
function arrange(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes.filter(({ size }) => size > 1)) {
    const before = merged[merged.length - 1];
    const goesOn = before && before.from === axis.size * axis.from &&
      before.to === axis.size * axis.to;
    if (goesOn) merged[merged.length - 1] = { ...axis, size: before.size * axis.size };
    else merged.push(axis);
  }
  const line = merged.pop() ?? { size: 1, from: 1, to: 1 };
  const dense = line.from === 1 ? -1 : merged.findIndex(({ from }) => from === 1);
  if (dense >= 0) merged.push(...merged.splice(dense, 1));
  if (merged.length >= AXES) throw new Error(`a box of ${merged.length + 1} axes`);
  const single = { size: 1, from: 0, to: 0 };
  return [...Array.from({ length: AXES - 1 - merged.length }, () => single), ...merged, line];
}

/**
 * Prepares moving a box of values from one array into another; the function it returns does so.
 *
 * @param sizes The box's size along each axis, outermost first in the output; at most five that
 * cannot be taken together.
 * @param from Its places in the source; `null` writes zeros.
 * @param to Its places in the output, all different.
 * @param add Whether values are added to what is there.
 */
export function boxCopy(
  sizes: readonly number[],
  from: Places | null,
  to: Places,
  add = false,
): () => void {
  if (sizes.includes(0)) return () => {};
  const axes = arrange(sizes.map((size, i) => ({
    size,
    from: (from ?? to).strides[i],
    to: to.strides[i],
  })));
  const shape = [
    ...axes.map(({ size }) => size),
    ...axes.map((axis) => 4 * axis.from),
    ...axes.map((axis) => 4 * axis.to),
  ];
  const mode = from ? (add ? 1 : 0) : 2;
  const place = ({ block, offset = 0 }: Places) => block.address + 4 * offset;
  return () => {
    runtime().call("copy_box", mode, from ? place(from) : 0, place(to), ...shape);
  };
}
