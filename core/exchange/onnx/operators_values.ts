/** Functions of each value of arrays: what no layer computes, for constants and for whole graphs. */
import {
  type ArrayType,
  arrayType,
  isFloat,
  type OnnxArray,
  zerosOf,
} from "../../formats/onnx/array.ts";
import { sizeOf } from "../../tensor.ts";
import { broadcastStrides, gathered } from "./arrays.ts";
import { numpyUniform } from "./numpy_random.ts";
import type { Converter, Site } from "./site.ts";

/** The shape that arrays of these shapes have together. */
export function broadcastShape(site: Site, shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((shape) => shape[i - rank + shape.length] ?? 1);
    const size = sizes.find((n) => n !== 1) ?? 1;
    if (sizes.every((n) => n === 1 || n === size)) return size;
    throw site.fail(
      `shapes ${shapes.map((shape) => `[${shape}]`).join(" and ")} do not go together`,
    );
  });
}

/** An array as one of a larger shape. */
export function broadcastTo(array: OnnxArray, shape: readonly number[]): OnnxArray {
  if (array.shape.join() === shape.join()) return array;
  return gathered(array, shape, broadcastStrides(array.shape, shape));
}

/** A function of each value. */
function mapped(array: OnnxArray, compute: (x: number) => number, type = array.type): OnnxArray {
  const to = zerosOf(type, array.shape);
  array.data.forEach((x, i) => to.data[i] = compute(x));
  return to;
}

/** A function of the values of several arrays that stand in one place. */
export function combined(
  site: Site,
  arrays: readonly OnnxArray[],
  compute: (...values: number[]) => number,
  type: ArrayType = arrays[0].type,
): OnnxArray {
  const shape = broadcastShape(site, arrays.map((array) => array.shape));
  const to = zerosOf(type, shape), all = arrays.map((array) => broadcastTo(array, shape).data);
  for (let i = 0; i < to.data.length; i++) to.data[i] = compute(...all.map((data) => data[i]));
  return to;
}

const unary = (compute: (x: number, site: Site) => number): Converter => (site) => [
  mapped(site.array(0), (x) => compute(x, site)),
];

/** Two inputs; before opset 7 the second lies along an axis that is said. */
const binary = (
  compute: (a: number, b: number, whole: boolean) => number,
  type?: ArrayType,
): Converter =>
(site) => {
  const a = site.array(0), whole = !isFloat(a.type);
  let b = site.array(1);
  const axis = site.node.attributes.get("axis");
  if (typeof axis === "number" && site.context.opset < 7) {
    const behind = a.shape.length - axis - b.shape.length;
    b = { ...b, shape: [...b.shape, ...Array.from({ length: Math.max(behind, 0) }, () => 1)] };
  }
  return [combined(site, [a, b], (x, y) => compute(x, y, whole), type)];
};

const variadic = (compute: (...values: number[]) => number): Converter => (site) => [
  combined(site, site.values.map((_, i) => site.array(i)), compute),
];

/** The error function, by the series of Kummer: all terms are positive. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; n < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

const roundHalfEven = (x: number) => {
  const near = Math.round(x);
  return Math.abs(x % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
};

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
const hard = (x: number, alpha: number, beta: number) => clamp(alpha * x + beta, 0, 1);

const clip: Converter = (site) => {
  const bound = (name: string, i: number, none: number) =>
    site.has(i) ? site.array(i).data[0] : site.number(name, none);
  const low = bound("min", 1, -Infinity), high = bound("max", 2, Infinity);
  return [mapped(site.array(0), (x) => Math.min(Math.max(x, low), high))];
};

/** Numbers of another type: floats are cut off, whole numbers wrap around. */
function cast(array: OnnxArray, type: ArrayType): OnnxArray {
  const WORDS: Partial<Record<ArrayType, { from(data: ArrayLike<number>): ArrayLike<number> }>> = {
    uint8: Uint8Array,
    int8: Int8Array,
    uint16: Uint16Array,
    int16: Int16Array,
    int32: Int32Array,
    uint32: Uint32Array,
  };
  if (type === "bool") return mapped(array, (x) => x === 0 ? 0 : 1, type);
  const words = WORDS[type];
  if (!words) return mapped(array, isFloat(type) ? (x) => x : Math.trunc, type);
  const to = zerosOf(type, array.shape);
  to.data.set(words.from(array.data));
  return to;
}

/** A copy that is neither changed nor shared. */
const same: Converter = (site) => [site.array(0)];

/** While training, what numpy would draw for the seed is dropped, as ONNX's reference does. */
const dropout: Converter = (site) => {
  const x = site.array(0), rate = site.has(1) ? site.array(1).data[0] : site.number("ratio", 0.5);
  if (!(site.has(2) && site.array(2).data[0]) || rate === 0) return [x, mapped(x, () => 1, "bool")];
  const draw = numpyUniform(site.number("seed", 0));
  const mask = mapped(x, () => draw() >= rate ? 1 : 0, "bool");
  return [combined(site, [x, mask], (value, kept) => value * kept / (1 - rate)), mask];
};

/** Operators that work value by value. */
export const VALUE_OPERATORS: Record<string, Converter> = {
  Abs: unary(Math.abs),
  Neg: unary((x) => -x),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary((x) => 1 / x),
  Sign: unary(Math.sign),
  Erf: unary(erf),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(roundHalfEven),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Not: unary((x) => x ? 0 : 1),
  Softsign: unary((x) => x / (1 + Math.abs(x))),
  Mish: unary((x) => x * Math.tanh(softplus(x))),
  HardSwish: unary((x) => x * hard(x, 1 / 6, 0.5)),
  Celu: unary((x, site) => {
    const alpha = site.number("alpha", 1);
    return Math.max(x, 0) + Math.min(0, alpha * Math.expm1(x / alpha));
  }),
  ThresholdedRelu: unary((x, site) => x > site.number("alpha", 1) ? x : 0),
  HardSigmoid: unary((x, site) => hard(x, site.number("alpha", 0.2), site.number("beta", 0.5))),
  Selu: unary((x, site) =>
    site.number("gamma", 1.0507009873554805) *
    (x > 0 ? x : site.number("alpha", 1.6732632423543772) * Math.expm1(x))
  ),
  Swish: unary((x, site) => x / (1 + Math.exp(-site.number("alpha", 1) * x))),
  Shrink: unary((x, site) => {
    const bias = site.number("bias", 0), lambd = site.number("lambd", 0.5);
    return x < -lambd ? x + bias : x > lambd ? x - bias : 0;
  }),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b, whole) => whole ? Math.trunc(a / b) : a / b),
  Pow: binary((a, b, whole) => whole ? Math.trunc(a ** b) : a ** b),
  Mod: binary((a, b) => a - b * Math.floor(a / b)),
  Equal: binary((a, b) => a === b ? 1 : 0, "bool"),
  Less: binary((a, b) => a < b ? 1 : 0, "bool"),
  LessOrEqual: binary((a, b) => a <= b ? 1 : 0, "bool"),
  Greater: binary((a, b) => a > b ? 1 : 0, "bool"),
  GreaterOrEqual: binary((a, b) => a >= b ? 1 : 0, "bool"),
  And: binary((a, b) => a && b ? 1 : 0, "bool"),
  Or: binary((a, b) => a || b ? 1 : 0, "bool"),
  Max: variadic(Math.max),
  Min: variadic(Math.min),
  Sum: variadic((...values) => values.reduce((sum, x) => sum + x, 0)),
  Mean: variadic((...values) => values.reduce((sum, x) => sum + x, 0) / values.length),
  Where: (site) => {
    const [condition, x, y] = [0, 1, 2].map((i) => site.array(i));
    return [combined(site, [condition, x, y], (c, a, b) => c ? a : b, x.type)];
  },
  Clip: clip,
  Cast: (site) => [cast(site.array(0), arrayType(site.number("to", 1)))],
  CastLike: (site) => [cast(site.array(0), site.array(1).type)],
  Identity: same,
  Dropout: dropout,
  Size: (
    site,
  ) => [{ type: "int64", shape: [], data: Float64Array.of(sizeOf(site.array(0).shape)) }],
};
