import type { Block } from "../block.ts";
import { type Shape, sizeOf } from "../tensor.ts";
import { denseStrides } from "./copy.ts";
import { runtime } from "./runtime.ts";

/** The ways two values become one, in the order of their numbers in assembly/broadcast.ts. */
const KINDS = ["multiply", "add", "slope"] as const;

/** An array whose shape has as many axes as another's, each of the same size or 1. */
export interface Operand {
  /** The values. */
  readonly block: Block;
  /** The shape. */
  readonly shape: Shape;
}

/** An axis of the output, and an operand's steps along it. */
interface Axis {
  readonly size: number;
  readonly steps: readonly number[];
}

/** As few axes as possible. */
function arrange(shape: Shape, operands: readonly Operand[]): Axis[] {
  const strides = operands.map((operand) => denseStrides(operand.shape));
  const merged: Axis[] = [];
  shape.forEach((size, i) => {
    if (size === 1) return;
    const steps = operands.map((operand, k) => operand.shape[i] === 1 ? 0 : strides[k][i]);
    const before = merged[merged.length - 1];
    const goesOn = before?.steps.every((step, k) => step === size * steps[k]);
    if (goesOn) merged[merged.length - 1] = { size: before.size * size, steps };
    else merged.push({ size, steps });
  });
  if (merged.length > 5) throw new Error(`an array of ${merged.length} axes`);
  const single = { size: 1, steps: operands.map(() => 0) };
  return [...Array.from({ length: 5 - merged.length }, () => single), ...merged];
}

/**
 * Prepares combining two arrays into a dense one of `shape`; the function it returns does so.
 *
 * @param kind `"multiply"` a·b, `"add"` a + b, `"slope"` c where a is above 0 and b·c elsewhere.
 * @param y May be an operand of the full shape.
 * @param c As y; for `"slope"` only.
 */
export function broadcast(
  kind: typeof KINDS[number],
  shape: Shape,
  a: Operand,
  b: Operand,
  y: Block,
  c = y,
): () => void {
  const axes = arrange(shape, [a, b]), number = KINDS.indexOf(kind);
  const sizes = axes.map(({ size }) => size);
  const steps = [0, 1].flatMap((k) => axes.map((axis) => 4 * axis.steps[k]));
  return () => {
    const places = [a.block, b.block, c, y].map(({ address }) => address);
    runtime().call("broadcast", number, ...places, ...sizes, ...steps);
  };
}

/**
 * Prepares the gradient of what was broadcast: y = Σ a·b over the axes along which `kept` is 1 and
 * `shape` is not.
 *
 * @param shape Shape of a and b; without b it is 1.
 * @param options `below`: of b only what is below 0 counts. `add`: y is added to. `temporary` gives
 * memory for sums over some of the axes, where those to sum over lie apart.
 */
export function sumsTo(
  shape: Shape,
  kept: Shape,
  a: Block,
  b: Block | null,
  y: Block,
  options: { below?: boolean; add?: boolean; temporary(length: number): Block },
): () => void {
  const groups: { size: number; kept: boolean }[] = [];
  shape.forEach((size, i) => {
    if (size === 1) return;
    const group = { size, kept: kept[i] !== 1 }, before = groups[groups.length - 1];
    if (before?.kept === group.kept) before.size *= size;
    else groups.push(group);
  });
  if (groups.every((group) => group.kept)) groups.unshift({ size: 1, kept: false });
  const steps: (() => void)[] = [];
  let from = a, factor = b;
  // From the last axis on: what is read first is read in its order.
  for (let i = groups.length - 1; i >= 0; i--) {
    if (groups[i].kept) continue;
    const [{ size: rows }] = groups.splice(i, 1);
    const outer = sizeOf(groups.slice(0, i).map(({ size }) => size));
    const columns = sizeOf(groups.slice(i).map(({ size }) => size));
    const isLast = groups.every((group) => group.kept);
    const to = isLast ? y : options.temporary(outer * columns), x = from, w = factor;
    const flags = [w && options.below ? 1 : 0, isLast && options.add ? 1 : 0];
    const workspace = 4 * outer * columns * Math.ceil(rows / 256);
    steps.push(() => {
      const r = runtime();
      r.reserve(0, workspace);
      const places = [x.address, w?.address ?? 0, to.address];
      r.call("product_sums", outer, rows, columns, ...places, ...flags);
    });
    from = to, factor = null;
  }
  return () => steps.forEach((step) => step());
}
