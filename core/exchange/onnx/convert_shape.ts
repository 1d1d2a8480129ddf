import { indexArray } from "../../formats/onnx/array.ts";
import { cropping2d } from "../../layers/cropping2d.ts";
import { embedding } from "../../layers/embedding.ts";
import { reflectionPadding2d } from "../../layers/reflection_padding2d.ts";
import { zeroPadding2d } from "../../layers/zero_padding2d.ts";
import { sizeOf } from "../../tensor.ts";
import { tensorOf } from "./arrays.ts";
import { globalPool } from "./convert_pool.ts";
import {
  flattened,
  type Flow,
  flowOf,
  natural,
  naturalOrder,
  onnxShape,
  overPlane,
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

/** What is added to or, below 0, taken from both ends of each axis, two axes at a time. */
function bordered(
  site: Site,
  flow: Flow,
  begin: readonly number[],
  end: readonly number[],
  mirror = false,
) {
  if (begin[0] || end[0]) throw site.fail("it changes the batch");
  const changed = naturalOrder(begin.length).filter((axis) => begin[axis] || end[axis]);
  let made = flow;
  for (let i = 0; i < changed.length; i += 2) {
    const axes = changed.slice(i, i + 2);
    made = overPlane(made, axes, (picture, both) => {
      const at = (list: readonly number[]) =>
        both.map((axis) => axes.includes(axis) ? list[axis] : 0);
      const sides = [...at(begin), ...at(end)] as [number, number, number, number];
      const more = sides.map((n) => Math.max(n, 0)) as typeof sides;
      const less = sides.map((n) => Math.max(-n, 0)) as typeof sides;
      let y = picture;
      if (more.some(Boolean)) {
        const pad = mirror ? reflectionPadding2d : zeroPadding2d;
        y = site.apply(site.make(() => pad({ padding: more })), y);
      }
      if (!less.some(Boolean)) return y;
      return site.apply(site.make(() => cropping2d({ cropping: less })), y);
    });
  }
  return made;
}

const pad: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow), mode = site.text("mode", "constant");
  const given = site.listOr("pads", 1) ?? [];
  const axes = site.numbers(3)?.map((axis) => site.axis(axis, rank)) ?? naturalOrder(rank);
  if (given.length !== 2 * axes.length) throw site.fail("pads must be two numbers for each axis");
  const value = site.has(2) ? site.array(2).data[0] ?? 0 : site.number("value", 0);
  if (mode !== "reflect" && (mode !== "constant" || value !== 0)) {
    throw site.fail(`there is no layer that pads with ${mode === "constant" ? value : mode}`);
  }
  const side = (from: number) =>
    naturalOrder(rank).map((axis) => axes.includes(axis) ? given[from + axes.indexOf(axis)] : 0);
  return [bordered(site, flow, side(0), side(axes.length), mode === "reflect")];
};

const slice: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow), sizes = [0, ...onnxShape(flow)];
  const starts = site.listOr("starts", 1) ?? [], ends = site.listOr("ends", 2) ?? [];
  const axes = site.listOr("axes", 3)?.map((axis) => site.axis(axis, rank)) ??
    starts.map((_, i) => i);
  if (site.numbers(4)?.some((step) => step !== 1)) throw site.fail("there is no layer for steps");
  const begin = sizes.map(() => 0), end = sizes.map(() => 0);
  axes.forEach((axis, i) => {
    const size = sizes[axis], at = (n: number) => Math.min(Math.max(n < 0 ? n + size : n, 0), size);
    if (axis === 0) {
      if (starts[i] === 0 && ends[i] >= 2 ** 31 - 1) return;
      throw site.fail("it takes a part of the batch");
    }
    begin[axis] = -at(starts[i]);
    end[axis] = at(ends[i]) - size;
  });
  return [bordered(site, flow, begin, end)];
};

const split: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow), axis = site.axis(site.number("axis", 0), rank);
  if (axis === 0) throw site.fail("it takes the batch apart");
  const size = onnxShape(flow)[axis - 1], count = site.node.outputs.length;
  const part = Math.ceil(size / count);
  const parts = site.listOr("split", 1) ??
    Array.from({ length: count }, (_, i) => Math.min(part, size - i * part));
  let from = 0;
  return parts.map((length) => {
    const begin = naturalOrder(rank).map((other) => other === axis ? -from : 0);
    from += length;
    return bordered(site, flow, begin, begin.map((_, other) => other === axis ? from - size : 0));
  });
};

const reduce = (maxima: boolean): Converter => (site) => {
  const flow = site.flow(0), rank = rankOf(flow);
  const axes = site.listOr("axes", 1)?.map((axis) => site.axis(axis, rank)) ?? [];
  if (axes.toSorted().join() !== naturalOrder(rank).slice(2).join()) {
    throw site.fail("there is a layer over all places of pictures or signals, not over other axes");
  }
  const pooled = globalPool(site, flow, maxima);
  return [site.number("keepdims", 1) ? pooled : squeezed(site, pooled, axes)];
};

const gather: Converter = (site) => {
  const table = site.array(0), places = site.raw(1);
  if (table.shape.length !== 2 || site.number("axis", 0)) {
    throw site.fail("there is a layer for rows of a table only");
  }
  const [inputDim, outputDim] = table.shape, { symbol } = natural(places);
  const made = site.apply(site.make(() => embedding({ inputDim, outputDim })), symbol, {
    embeddings: tensorOf(table),
  });
  return [flowOf(made, naturalOrder(rankOf(places) + 1))];
};

/** What changes shapes, and what reads parts. */
export const SHAPES: Record<string, Converter> = {
  Reshape: (site) => [inShape(site.flow(0), targetOf(site, site.flow(0)))],
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Pad: pad,
  Slice: slice,
  Split: split,
  ReduceMean: reduce(false),
  ReduceMax: reduce(true),
  Gather: gather,
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
