/** What changes shapes: layers, or no more than the memory of what lies where. */
import { indexArray } from "../../formats/onnx/array.ts";
import { sizeOf } from "../../tensor.ts";
import {
  flattened,
  type Flow,
  flowOf,
  natural,
  naturalOrder,
  onnxShape,
  rankOf,
  reshaped,
} from "./flow.ts";
import type { Converter, Site } from "./site.ts";

/** The sizes after the batch that a Reshape asks for. */
function targetOf(site: Site, flow: Flow): number[] {
  const sizes = onnxShape(flow), size = sizeOf(sizes);
  const [batch, ...rest] = site.listOr("shape", 1) ?? [];
  const known = rest.map((n, i) => n === 0 && !site.number("allowzero", 0) ? sizes[i] ?? 0 : n);
  const free = known.indexOf(-1), product = sizeOf(known.filter((n) => n !== -1));
  const full = free < 0 ? known : known.with(free, size / product);
  const kept = batch === 0 || batch === -1 || batch === site.context.batch || batch === 1 &&
      sizeOf(full) === size;
  if (
    !kept || !full.length || sizeOf(full) !== size ||
    !full.every((n) => Number.isInteger(n) && n > 0)
  ) {
    throw site.fail(
      `the shape [${[batch, ...rest]}] does not keep the batch apart from [${sizes}]`,
    );
  }
  return full;
}

/** A value in another shape. */
function inShape(flow: Flow, shape: readonly number[]): Flow {
  if (shape.length === 1) return flow.order.length === 2 ? flow : flattened(flow);
  if (shape.join() === onnxShape(flow).join()) return flow;
  return flowOf(reshaped(natural(flow).symbol, shape), naturalOrder(shape.length + 1));
}

const flatten: Converter = (site) => {
  const raw = site.raw(0), axis = site.number("axis", 1);
  if (axis !== 1 && axis !== 1 - rankOf(raw)) {
    throw site.fail(`axis ${axis} does not keep the batch`);
  }
  return [raw.flat ? raw : inShape(raw, [sizeOf(onnxShape(raw))])];
};

/** A value without these axes of size 1. */
export function squeezed(site: Site, flow: Flow, axes: readonly number[]): Flow {
  const sizes = [0, ...onnxShape(flow)];
  if (axes.some((axis) => sizes[axis] !== 1)) {
    throw site.fail("it drops axes that are not of size 1");
  }
  const order = flow.order.filter((axis) => !axes.includes(axis));
  if (order.length < 2) throw site.fail("it leaves nothing but the batch");
  const shape = order.slice(1).map((axis) => sizes[axis]);
  const moved = order.map((axis) => axis - axes.filter((other) => other < axis).length);
  return flowOf(reshaped(flow.symbol, shape), moved);
}

const squeeze: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow), sizes = [0, ...onnxShape(flow)];
  const axes = site.listOr("axes", 1)?.map((axis) => site.axis(axis, rank)) ??
    naturalOrder(rank).filter((axis) => sizes[axis] === 1);
  return [squeezed(site, flow, axes)];
};

const unsqueeze: Converter = (site) => {
  const flow = site.flow(0), given = site.listOr("axes", 1) ?? [];
  const rank = rankOf(flow) + given.length, axes = given.map((axis) => site.axis(axis, rank));
  if (axes.includes(0)) throw site.fail("the new axis is in front of the batch");
  const others = naturalOrder(rank).filter((axis) => !axes.includes(axis));
  const order = [...flow.order.map((axis) => others[axis]), ...axes];
  return [flowOf(reshaped(flow.symbol, [...flow.symbol.shape, ...axes.map(() => 1)]), order)];
};

const transpose: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow);
  const perm = site.list("perm") ?? naturalOrder(rank).reverse();
  const valid = perm.length === rank && naturalOrder(rank).every((axis) => perm.includes(axis));
  if (!valid) throw site.fail(`perm [${perm}] is no order of ${rank} axes`);
  if (perm[0] !== 0) throw site.fail("it moves the batch");
  return [flowOf(flow.symbol, flow.order.map((axis) => perm.indexOf(axis)))];
};

/** What changes shapes. */
export const SHAPE_CONVERTERS: Record<string, Converter> = {
  Reshape: (site) => [inShape(site.flow(0), targetOf(site, site.flow(0)))],
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  // A free batch is what a Reshape finds out by itself.
  Shape: (site) => {
    const shape = [site.context.batch ?? -1, ...onnxShape(site.flow(0))];
    const { start, end } = {
      start: site.number("start", 0),
      end: site.number("end", shape.length),
    };
    return [indexArray(shape.slice(start, end))];
  },
};
