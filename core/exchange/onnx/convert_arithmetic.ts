/** Arithmetic of values and constants, as layers. */
import { expectSmall, floatArray, type OnnxArray } from "../../formats/onnx/array.ts";
import { activation as activationLayer } from "../../layers/activation.ts";
import { add } from "../../layers/add.ts";
import { depthwiseConv1d } from "../../layers/depthwise_conv1d.ts";
import { multiply } from "../../layers/multiply.ts";
import { sizeOf } from "../../tensor.ts";
import { broadcastStrides, gathered, transposed, withShape } from "./arrays.ts";
import { type Flow, flowOf, inOrder, onnxShape, rankOf, reshaped } from "./flow.ts";
import { type Converter, isFlow, type OnnxValue, type Site } from "./site.ts";

/** A constant with as many axes as a value, ones in front; the axes along which it differs. */
function spread(site: Site, x: Flow, array: OnnxArray): { array: OnnxArray; wide: number[] } {
  const rank = rankOf(x), sizes = [1, ...onnxShape(x)], missing = rank - array.shape.length;
  const shape = [...Array.from({ length: Math.max(missing, 0) }, () => 1), ...array.shape];
  if (missing < 0 || shape.some((n, axis) => n !== 1 && n !== sizes[axis])) {
    throw site.fail(
      `a constant of shape [${array.shape}] does not go together with one example of [${
        sizes.slice(1)
      }]`,
    );
  }
  return { array: withShape(array, shape), wide: shape.flatMap((n, i) => n > 1 ? [i] : []) };
}

/** What a value is multiplied by, and what is then added. */
interface Affine {
  readonly scale?: OnnxArray | number;
  readonly offset?: OnnxArray | number;
  /** Whether training may change them. Default: unless each is a single number. */
  readonly trainable?: boolean;
}

const arrayOf = (value: OnnxArray | number) =>
  typeof value === "number" ? floatArray([], [value]) : value;

/** x · scale + offset, value by value: a filter of one tap for each place along which they differ. */
function affine(site: Site, x: Flow, options: Affine): Flow {
  const { scale = 1, offset, trainable } = options;
  const factor = spread(site, x, arrayOf(scale));
  const more = offset === undefined ? null : spread(site, x, arrayOf(offset));
  const wide = x.order.filter((axis) => factor.wide.includes(axis) || more?.wide.includes(axis));
  const tail = wide.length ? wide : x.order.slice(-1);
  const y = inOrder(x, [...x.order.filter((axis) => !tail.includes(axis)), ...tail]);
  const sizes = [1, ...onnxShape(x)], lying = sizes.map((n, axis) => tail.includes(axis) ? n : 1);
  const count = sizeOf(lying);
  expectSmall([count]);
  const numbers = ({ array }: { array: OnnxArray }) =>
    Float32Array.from(
      transposed(gathered(array, lying, broadcastStrides(array.shape, lying)), y.order).data,
    );
  const { shape } = y.symbol;
  const layer = depthwiseConv1d({
    kernelSize: 1,
    useBias: !!more,
    trainable: trainable ?? wide.length > 0,
  });
  const made = site.apply(layer, reshaped(y.symbol, [sizeOf(shape) / count, count]), {
    kernel: { shape: [1, count, 1], data: numbers(factor) },
    ...more && { bias: { shape: [count], data: numbers(more) } },
  });
  return inOrder(flowOf(reshaped(made, shape), y.order), x.order);
}

/** x · scale + offset with numbers that belong to a function and are never trained. */
export function fixed(site: Site, x: Flow, scale: number, offset = 0): Flow {
  if (scale === 1 && offset === 0) return x;
  return affine(site, x, { scale, offset: offset || undefined, trainable: false });
}

/** The part of a value above 0. */
function positive(site: Site, { symbol, order }: Flow): Flow {
  return flowOf(site.apply(activationLayer("relu"), symbol), order);
}

/** Values lying alike, with as many axes. */
export function alike(site: Site, flows: readonly Flow[]): Flow[] {
  const [{ order }] = flows;
  if (flows.some((flow) => rankOf(flow) !== order.length)) {
    throw site.fail("its inputs have different numbers of axes");
  }
  return flows.map((flow) => inOrder(flow, order));
}

/** The sum or the product of values. */
function merged(site: Site, kind: "add" | "multiply", flows: readonly Flow[]): Flow {
  const [first, ...others] = alike(site, flows), symbols = [first, ...others].map((f) => f.symbol);
  return flowOf(site.apply(kind === "add" ? add() : multiply(), symbols), first.order);
}

/** A constant mapped number by number. */
const each = ({ shape, data }: OnnxArray, of: (value: number) => number) =>
  floatArray(shape, Array.from(data, of));

type Arithmetic = "Add" | "Sub" | "Mul" | "Div" | "Max" | "Min";

/** Two values. */
function ofValues(site: Site, op: Arithmetic, a: Flow, b: Flow): Flow {
  switch (op) {
    case "Add":
      return merged(site, "add", [a, b]);
    case "Mul":
      return merged(site, "multiply", [a, b]);
    case "Sub":
      return merged(site, "add", [a, fixed(site, b, -1)]);
    case "Max": // b + (a − b)⁺
      return merged(site, "add", [b, positive(site, ofValues(site, "Sub", a, b))]);
    case "Min": // a − (a − b)⁺
      return ofValues(site, "Sub", a, positive(site, ofValues(site, "Sub", a, b)));
    case "Div":
      throw site.fail("there is no layer that divides by a value");
  }
}

/** A value and a constant, which is first where `turned`. */
function withConstant(
  site: Site,
  op: Arithmetic,
  x: Flow,
  constant: OnnxArray,
  { turned, name }: { turned: boolean; name: string },
): Flow {
  const negative = each(constant, (v) => -v);
  switch (op) {
    case "Mul":
      return affine(site, x, { scale: constant });
    case "Div":
      if (turned) throw site.fail("there is no layer that divides by a value");
      return affine(site, x, { scale: each(constant, (v) => 1 / v) });
    case "Max": {
      const above = positive(site, affine(site, x, { offset: negative, trainable: false }));
      return affine(site, above, { offset: constant, trainable: false });
    }
    case "Min": {
      const below = affine(site, x, { scale: -1, offset: constant, trainable: false });
      const part = positive(site, below);
      return affine(site, part, { scale: -1, offset: constant, trainable: false });
    }
    case "Sub":
      if (turned) return affine(site, x, { scale: -1, offset: constant, trainable: false });
      return withConstant(site, "Add", x, negative, { turned, name });
    case "Add": {
      const { wide, array } = spread(site, x, constant), channels = x.order[x.order.length - 1];
      const alone = site.context.uses(name) === 1 && wide.every((axis) => axis === channels);
      if (!x.withBias || !alone) return affine(site, x, { offset: constant });
      const count = x.symbol.shape[x.symbol.shape.length - 1];
      return x.withBias(gathered(array, [count], [wide.length ? 1 : 0]).data);
    }
  }
}

/** Any two inputs of a node. */
function both(
  site: Site,
  op: Arithmetic,
  a: OnnxValue,
  b: OnnxValue,
  names: readonly string[] = [],
): Flow {
  if (isFlow(a) && isFlow(b)) return ofValues(site, op, a, b);
  const turned = !isFlow(a), x = (turned ? b : a) as Flow, constant = (turned ? a : b) as OnnxArray;
  return withConstant(site, op, x, constant, { turned, name: names[turned ? 1 : 0] ?? "" });
}

/** All inputs: values as floats with their axes in ONNX's order within. */
const inputsOf = (site: Site): OnnxValue[] =>
  site.values.map((value, i) => value && isFlow(value) ? site.flow(i) : site.array(i));

const arithmetic = (op: Arithmetic): Converter => (site) => {
  const [a, b] = inputsOf(site);
  if (!a || !b) throw site.fail("it takes two inputs");
  return [both(site, op, a, b, site.node.inputs)];
};

/** Any number of inputs: values first, so that constants meet what has been made of them. */
const variadic = (op: "Add" | "Max" | "Min", mean = false): Converter => (site) => {
  const inputs = inputsOf(site), flows = inputs.filter(isFlow);
  const constants = inputs.filter((value) => !isFlow(value));
  const first = op === "Add" && flows.length > 1
    ? merged(site, "add", flows)
    : flows.reduce((made, flow) => ofValues(site, op, made, flow));
  const all = constants.reduce<Flow>((made, value) => both(site, op, made, value), first);
  return [mean ? fixed(site, all, 1 / inputs.length) : all];
};

const power: Converter = (site) => {
  const x = site.flow(0), { data } = site.array(1), [exponent] = data;
  if (data.length !== 1 || ![1, 2, 3].includes(exponent)) {
    throw site.fail(`there is a layer for the powers 1, 2 and 3, not for [${[...data]}]`);
  }
  return [exponent === 1 ? x : merged(site, "multiply", Array.from({ length: exponent }, () => x))];
};

/** Values between two bounds: an activation between a shift and a stretch that lead from 0 to 6. */
const clip: Converter = (site) => {
  const bound = (name: string, i: number, none: number) =>
    site.has(i) ? site.array(i).data[0] : site.number(name, none);
  const low = bound("min", 1, -Infinity), high = bound("max", 2, Infinity), x = site.raw(0);
  const open = [low <= -3.4e38, high >= 3.4e38];
  const curve = (flow: Flow, kind: "relu" | "relu6"): Flow => ({
    ...flowOf(site.apply(activationLayer(kind), flow.symbol), flow.order),
    ...flow.flat && { flat: flow.flat },
  });
  if (open[0] && open[1]) return [x];
  if (low === 0 && (open[1] || high === 6)) return [curve(x, open[1] ? "relu" : "relu6")];
  const y = site.flow(0);
  if (open[1]) return [fixed(site, curve(fixed(site, y, 1, -low), "relu"), 1, low)];
  if (open[0]) return [fixed(site, curve(fixed(site, y, -1, high), "relu"), -1, high)];
  const width = (high - low) / 6;
  if (!(width > 0)) throw site.fail(`its bounds ${low} and ${high} leave nothing between them`);
  const within = curve(fixed(site, y, 1 / width, -low / width), "relu6");
  return [fixed(site, within, width, low)];
};

const absolute: Converter = (site) => {
  const x = site.flow(0);
  return [merged(site, "add", [positive(site, x), positive(site, fixed(site, x, -1))])];
};

/** Arithmetic of values and constants, and what can be made of it. */
export const ARITHMETIC_CONVERTERS: Record<string, Converter> = {
  Add: arithmetic("Add"),
  Sub: arithmetic("Sub"),
  Mul: arithmetic("Mul"),
  Div: arithmetic("Div"),
  Max: variadic("Max"),
  Min: variadic("Min"),
  Sum: variadic("Add"),
  Mean: variadic("Add", true),
  Pow: power,
  Neg: (site) => [fixed(site, site.flow(0), -1)],
  Abs: absolute,
  Clip: clip,
};
