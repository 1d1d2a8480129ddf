import type { OnnxArray } from "../../formats/onnx/array.ts";
import { expectSmall, floatArray } from "../../formats/onnx/array.ts";
import { add } from "../../layers/add.ts";
import { concatenate } from "../../layers/concatenate.ts";
import { dense } from "../../layers/dense.ts";
import { depthwiseConv1d } from "../../layers/depthwise_conv1d.ts";
import { multiply } from "../../layers/multiply.ts";
import { sizeOf } from "../../tensor.ts";
import { broadcastStrides, gathered, tensorOf, transposed } from "./arrays.ts";
import { flatPlaces, type Flow, flowOf, inOrder, onnxShape, rankOf, reshaped } from "./flow.ts";
import { type Converter, isFlow, type Site } from "./site.ts";

/** A dense layer over the last axis; `kernel` is [inputs, outputs] in ONNX's order of inputs. */
function denseFlow(site: Site, kernel: OnnxArray, bias: ArrayLike<number> | null): Flow {
  const raw = site.raw(0), rank = rankOf(raw), [inputs, units] = kernel.shape;
  const others = raw.order.filter((axis) => axis !== rank - 1);
  const x = raw.flat ? raw : inOrder(raw, [...others, rank - 1]);
  if (x.symbol.shape.at(-1) !== inputs) {
    throw site.fail(
      `its kernel takes ${inputs} numbers and its input has ${x.symbol.shape.at(-1)}`,
    );
  }
  const { data } = tensorOf(kernel), places = raw.flat && flatPlaces(raw.flat);
  const rows = places
    ? Float32Array.from(data, (_, i) => data[places[Math.floor(i / units)] * units + i % units])
    : data;
  const made = (b: ArrayLike<number> | null): Flow =>
    flowOf(
      site.apply(dense({ units, useBias: !!b }), x.symbol, {
        kernel: { shape: kernel.shape, data: rows },
        ...b && { bias: { shape: [units], data: Float32Array.from(b) } },
      }),
      x.order,
    );
  return bias ? made(bias) : { ...made(null), withBias: made };
}

const scaled = (array: OnnxArray, factor: number) =>
  factor === 1 ? array : floatArray(array.shape, array.data.map((v) => v * factor));

const gemm: Converter = (site) => {
  if (site.number("transA", 0)) {
    throw site.fail("its first input is transposed: its batch is no batch");
  }
  if (rankOf(site.raw(0)) !== 2) throw site.fail("its first input is no list of rows");
  const w = site.array(1), kernel = site.number("transB", 0) ? transposed(w, [1, 0]) : w;
  const units = kernel.shape[1];
  if (!site.has(2)) return [denseFlow(site, scaled(kernel, site.number("alpha", 1)), null)];
  const c = scaled(site.array(2), site.number("beta", 1));
  if (sizeOf(c.shape) !== (c.shape.at(-1) ?? 1)) {
    throw site.fail("what it adds differs from row to row");
  }
  const bias = gathered(c, [units], c.data.length === 1 ? [0] : [1]);
  return [denseFlow(site, scaled(kernel, site.number("alpha", 1)), bias.data)];
};

const matMul: Converter = (site) => {
  if (!isFlow(site.values[0]!)) {
    throw site.fail("a constant stands in front; there is a layer where it stands behind");
  }
  const w = site.array(1);
  if (w.shape.length !== 2) {
    throw site.fail("there is a layer for a matrix behind, not for more axes");
  }
  return [denseFlow(site, w, null)];
};

/** x · scale + offset, one of each for every channel, all channels being the last axis. */
function affine(site: Site, x: Flow, scale: Float32Array, offset: Float32Array | null): Flow {
  const { shape } = x.symbol, channels = shape[shape.length - 1];
  const lines = reshaped(x.symbol, [sizeOf(shape) / channels, channels]);
  const layer = depthwiseConv1d({ kernelSize: 1, useBias: !!offset });
  const made = site.apply(layer, lines, {
    kernel: { shape: [1, channels, 1], data: scale },
    ...offset && { bias: { shape: [channels], data: offset } },
  });
  return flowOf(reshaped(made, shape), x.order);
}

/** A constant as one number for each place of the axis along which it differs; the axis too. */
function alongOneAxis(site: Site, x: Flow, { data, shape }: OnnxArray): [number, Float32Array] {
  const rank = rankOf(x), sizes = onnxShape(x);
  const wide = shape.flatMap((n, i) => n > 1 ? [i + rank - shape.length] : []);
  if (wide.length > 1 || shape.length > rank || wide[0] === 0) {
    throw site.fail(
      `there is no layer for a constant of shape [${shape}], only for one number a channel`,
    );
  }
  const axis = wide[0] ?? x.order[rank - 1];
  const count = sizes[axis - 1];
  if (data.length !== 1 && data.length !== count) throw site.fail(`its sizes do not fit`);
  expectSmall([count]);
  return [axis, Float32Array.from({ length: count }, (_, i) => data[data.length === 1 ? 0 : i])];
}

/** A value with this axis of ONNX lying last. */
function ending(flow: Flow, axis: number): Flow {
  if (flow.order[flow.order.length - 1] === axis) return flow;
  return inOrder(flow, [...flow.order.filter((other) => other !== axis), axis]);
}

type Arithmetic = "Add" | "Sub" | "Mul" | "Div";

/** Two values, or a value and a constant. */
const arithmetic = (op: Arithmetic): Converter => (site) => {
  const [left, right] = site.values;
  if (!left || !right) throw site.fail("it takes two inputs");
  if (isFlow(left) && isFlow(right)) {
    if (op === "Add" || op === "Mul") return [merged(site, op)];
    throw site.fail("there is no layer that does it with two values");
  }
  const first = isFlow(left), x = site.flow(first ? 0 : 1), constant = site.array(first ? 1 : 0);
  if (!first && op === "Div") throw site.fail("there is no layer that divides a constant");
  const name = site.node.inputs[first ? 0 : 1];
  const [axis, numbers] = alongOneAxis(site, x, constant);
  const ones = () => numbers.map(() => 1), y = ending(x, axis);
  if (op === "Mul") return [affine(site, y, numbers, null)];
  if (op === "Div") return [affine(site, y, numbers.map((v) => 1 / v), null)];
  const offset = op === "Sub" && first ? numbers.map((v) => -v) : numbers;
  if (op === "Sub" && !first) return [affine(site, y, numbers.map(() => -1), offset)];
  const last = x.order[x.order.length - 1];
  if (x.withBias && axis === last && site.context.uses(name) === 1) return [x.withBias(offset)];
  return [affine(site, y, ones(), offset)];
};

/** Values lying alike, with as many axes. */
function alike(site: Site): Flow[] {
  const flows = site.values.map((_, i) => site.flow(i)), [{ order }] = flows;
  if (flows.some((flow) => rankOf(flow) !== order.length)) {
    throw site.fail("its inputs have different numbers of axes");
  }
  return flows.map((flow) => inOrder(flow, order));
}

function merged(site: Site, op: "Add" | "Mul"): Flow {
  const flows = alike(site);
  // One value twice is two to a layer only where it can tell them apart.
  const symbols = flows.map(({ symbol }) => symbol);
  return flowOf(site.apply(op === "Add" ? add() : multiply(), symbols), flows[0].order);
}

const concat: Converter = (site) => {
  const flows = alike(site), [{ order }] = flows;
  const axis = order.indexOf(site.axis(site.number("axis", 1), order.length));
  if (flows.length === 1) return [flows[0]];
  return [
    flowOf(site.apply(site.make(() => concatenate({ axis })), flows.map((f) => f.symbol)), order),
  ];
};

/** An array as one of a larger shape. */
export function broadcastArray(array: OnnxArray, shape: readonly number[]): OnnxArray {
  return gathered(array, shape, broadcastStrides(array.shape, shape));
}

/** Products with constants, and what joins values. */
export const MERGES: Record<string, Converter> = {
  Gemm: gemm,
  MatMul: matMul,
  Add: arithmetic("Add"),
  Sub: arithmetic("Sub"),
  Mul: arithmetic("Mul"),
  Div: arithmetic("Div"),
  Sum: (site) => [site.values.length === 1 ? site.flow(0) : merged(site, "Add")],
  Concat: concat,
};
