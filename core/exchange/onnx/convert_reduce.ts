/** What makes one value of many, as pools. */
import { globalAveragePool1d, globalMaxPool1d } from "../../layers/global_pool.ts";
import { sizeOf } from "../../tensor.ts";
import { fixed } from "./convert_arithmetic.ts";
import { globalPool } from "./convert_pool.ts";
import { squeezed } from "./convert_shape.ts";
import { type Flow, flowOf, inOrder, naturalOrder, onnxShape, rankOf, reshaped } from "./flow.ts";
import type { Converter, Site } from "./site.ts";

/** The mean or the maximum over some axes, which keep their places. */
function pooled(site: Site, flow: Flow, axes: readonly number[], maxima: boolean): Flow {
  const rank = rankOf(flow), places = naturalOrder(rank).slice(2);
  if (axes.join() === places.join() && (rank === 3 || rank === 4)) {
    return globalPool(site, flow, maxima);
  }
  // What is pooled lies as the places of a signal, all else as its channels.
  const others = flow.order.slice(1).filter((axis) => !axes.includes(axis));
  const order = [0, ...axes, ...others], { symbol } = inOrder(flow, order);
  const rest = symbol.shape.slice(axes.length);
  const lines = reshaped(symbol, [sizeOf(symbol.shape.slice(0, axes.length)), sizeOf(rest)]);
  const layer = (maxima ? globalMaxPool1d : globalAveragePool1d)({ keepDims: true });
  const made = site.apply(layer, lines);
  return inOrder(flowOf(reshaped(made, [...axes.map(() => 1), ...rest]), order), flow.order);
}

type Reduction = "mean" | "sum" | "max" | "min";

const reduce = (kind: Reduction): Converter => (site) => {
  const flow = site.flow(0), rank = rankOf(flow), given = site.listOr("axes", 1);
  if (!given?.length && site.number("noop_with_empty_axes", 0)) return [flow];
  const axes = (given?.length ? given.map((axis) => site.axis(axis, rank)) : naturalOrder(rank))
    .sort((a, b) => a - b);
  if (axes[0] === 0) throw site.fail("there is no layer over the batch");
  const sign = kind === "min" ? -1 : 1, sizes = [1, ...onnxShape(flow)];
  const x = fixed(site, flow, sign), made = pooled(site, x, axes, kind === "max" || sign < 0);
  const count = sizeOf(axes.map((axis) => sizes[axis]));
  const y = fixed(site, made, kind === "sum" ? count : sign);
  return [site.number("keepdims", 1) ? y : squeezed(site, y, axes)];
};

/** What makes one value of many. */
export const REDUCTION_CONVERTERS: Record<string, Converter> = {
  ReduceMean: reduce("mean"),
  ReduceSum: reduce("sum"),
  ReduceMax: reduce("max"),
  ReduceMin: reduce("min"),
};
