import { DeconvError } from "../errors.ts";
import type { Lowering, Value } from "../operation.ts";
import { type Shape, sizeOf } from "../tensor.ts";
import { broadcast, sumsTo } from "../wasm/broadcast.ts";

/** Shapes with as many axes as the longest has, ones in front. */
function aligned(shapes: readonly Shape[]): Shape[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return shapes.map((shape) => [...Array.from({ length: rank - shape.length }, () => 1), ...shape]);
}

/**
 * The shape of what becomes of inputs of these shapes value by value. Along each axis, counted from
 * the last, they have the same size or 1.
 *
 * @throws {DeconvError} Where they have neither.
 */
export function mergedShape(shapes: readonly Shape[]): Shape {
  const all = aligned(shapes);
  const merged = all[0].map((_, i) => Math.max(...all.map((shape) => shape[i])));
  if (all.every((shape) => shape.every((size, i) => size === 1 || size === merged[i]))) {
    return merged;
  }
  throw new DeconvError("all inputs must have the same shape, or sizes of 1 where they differ");
}

/** Adds the sum or the product of all inputs to a plan. */
export function lowerMerge(kind: "add" | "multiply", lowering: Lowering): void {
  const { inputs, output, add } = lowering;
  const shapes = aligned(inputs.map(({ shape }) => shape.slice(1)))
    .map((shape) => [output.shape[0], ...shape]);
  const shape = output.shape, size = sizeOf(shape);
  const operand = (i: number) => ({ block: inputs[i].data, shape: shapes[i] });
  const isFull = (i: number) => inputs[i].data.length === size;

  const y = output.data, whole = { block: y, shape };
  const forward = inputs.slice(1).map((_, i) =>
    broadcast(kind, shape, i ? whole : operand(0), operand(i + 1), y)
  );

  const dy = output.gradient, temporaries: Block[] = [];
  type Block = Value["data"];
  const backward: (() => void)[] = [];
  /** Multiplies `from` by some of the inputs into `to`. */
  const multiply = (from: Block, factors: readonly number[], to: Block) =>
    factors.forEach((i, k) =>
      backward.push(
        broadcast("multiply", shape, { block: k ? to : from, shape }, operand(i), to),
      )
    );
  inputs.forEach(({ gradient }, i) => {
    if (!gradient || !dy) return;
    const others = kind === "add" ? [] : inputs.map((_, k) => k).filter((k) => k !== i);
    if (isFull(i)) {
      if (others.length) multiply(dy, others, gradient);
      else backward.push(() => gradient.view.set(dy.view));
      return;
    }
    // One factor of the full shape can be multiplied while summing.
    const last = others.findLast(isFull);
    const rest = others.filter((k) => k !== last);
    let from = dy;
    if (rest.length) {
      from = temporaries[0] ??= lowering.saved(size);
      multiply(dy, rest, from);
    }
    const factor = last === undefined ? null : inputs[last].data;
    backward.push(
      sumsTo(shape, shapes[i], from, factor, gradient, { temporary: lowering.saved }),
    );
  });
  add({
    forward: () => forward.forEach((step) => step()),
    backward: () => backward.forEach((step) => step()),
  });
}
