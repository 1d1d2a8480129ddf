/** ONNX's Gradient: what a value of a graph changes by with others, by the chain rule over its nodes. */
import { DeconvError } from "../../errors.ts";
import { type OnnxArray, zerosOf } from "../../formats/onnx/array.ts";
import type { OnnxNode } from "../../formats/onnx/proto.ts";
import { broadcastStrides, stridesOf, transposed } from "./arrays.ts";
import { SUM_OPERATORS } from "./operators_sums.ts";
import { broadcastTo, combined } from "./operators_values.ts";
import { loneSite, nodeTitle, Site } from "./site.ts";

/** The gradients of a node's inputs, from its output and that output's gradient. */
type Rule = (site: Site, y: OnnxArray, dy: OnnxArray) => OnnxArray[];

/** Sums over the axes along which an array of this shape was broadcast. */
function summedTo(from: OnnxArray, shape: readonly number[]): OnnxArray {
  const to = zerosOf(from.type, shape), strides = broadcastStrides(shape, from.shape);
  const own = stridesOf(from.shape);
  from.data.forEach((value, i) => {
    let rest = i, place = 0;
    own.forEach((step, axis) => {
      place += Math.floor(rest / step) * strides[axis];
      rest %= step;
    });
    to.data[place] += value;
  });
  return to;
}

/** A function of one value, by its slope there. */
const curve = (slope: (x: number, y: number) => number): Rule => (site, y, dy) => [
  combined(site, [dy, site.array(0), y], (d, x, y) => d * slope(x, y)),
];

/** A function of two values, by its slopes. */
const pair = (
  da: (a: number, b: number) => number,
  db: (a: number, b: number) => number,
): Rule =>
(site, _y, dy) => {
  const [a, b] = [site.array(0), site.array(1)];
  return [da, db].map((slope, i) =>
    summedTo(combined(site, [dy, a, b], (d, a, b) => d * slope(a, b)), [a, b][i].shape)
  );
};

/** The matrix product of arrays whose last two axes are matrices. */
const product = (site: Site, a: OnnxArray, b: OnnxArray): OnnxArray =>
  SUM_OPERATORS.MatMul(
    new Site({ ...site.node, op: "MatMul" }, [a, b], site.context),
  )[0] as OnnxArray;

const turned = (array: OnnxArray) => {
  const rank = array.shape.length;
  return transposed(array, array.shape.map((_, i) => i < rank - 2 ? i : 2 * rank - 3 - i));
};

const matMul: Rule = (site, _y, dy) => {
  const [a, b] = [site.array(0), site.array(1)];
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw site.fail("its derivative is known for matrices only");
  }
  return [
    summedTo(product(site, dy, turned(b)), a.shape),
    summedTo(product(site, turned(a), dy), b.shape),
  ];
};

/** Of a sum or a mean over axes. */
const reduction = (mean: boolean): Rule => (site, y, dy) => {
  const x = site.array(0), rank = x.shape.length;
  const axes = site.listOr("axes", 1)?.map((axis) => site.axis(axis, rank));
  const all = axes?.length ? axes : x.shape.map((_, i) => i);
  const kept = x.shape.map((n, i) => all.includes(i) ? 1 : n),
    times = x.data.length / y.data.length;
  const noop = !axes?.length && site.number("noop_with_empty_axes", 0);
  const spread = broadcastTo({ ...dy, shape: noop ? x.shape : kept }, x.shape);
  return [combined(site, [spread], (d) => mean && !noop ? d / times : d)];
};

const reshape: Rule = (site, _y, dy) => [{ ...dy, shape: site.array(0).shape }];

/** Operators whose derivative is known. */
const RULES: Readonly<Record<string, Rule>> = {
  Add: pair(() => 1, () => 1),
  Sub: pair(() => 1, () => -1),
  Mul: pair((_, b) => b, (a) => a),
  Div: pair((_, b) => 1 / b, (a, b) => -a / (b * b)),
  Pow: pair((a, b) => b * a ** (b - 1), (a, b) => a ** b * Math.log(a)),
  Neg: curve(() => -1),
  Abs: curve(Math.sign),
  Exp: curve((_, y) => y),
  Log: curve((x) => 1 / x),
  Sqrt: curve((_, y) => 0.5 / y),
  Relu: curve((x) => x > 0 ? 1 : 0),
  Sigmoid: curve((_, y) => y * (1 - y)),
  Tanh: curve((_, y) => 1 - y * y),
  Identity: curve(() => 1),
  MatMul: matMul,
  ReduceSum: reduction(false),
  ReduceMean: reduction(true),
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
};

/**
 * Computes a Gradient node: for each of its `xs` the gradient of the sum of `y`.
 *
 * @param before The nodes of the graph that come before it.
 * @param values What they have made, by name.
 * @throws {DeconvError} When an operator on the way has no derivative here.
 */
export function runGradient(
  node: OnnxNode,
  before: readonly OnnxNode[],
  values: ReadonlyMap<string, OnnxArray>,
  opset: number,
): OnnxArray[] {
  const { xs, y } = Object.fromEntries(node.attributes) as { xs?: readonly string[]; y?: string };
  const end = y === undefined ? undefined : values.get(y);
  if (!xs?.length || !end || !xs.every((name) => values.has(name))) {
    throw new DeconvError(`${nodeTitle(node)}: xs and y must name values of the graph`);
  }
  const ones = zerosOf(end.type, end.shape);
  ones.data.fill(1);
  const gradients = new Map([[y!, ones]]), reached = new Set<string>(xs);
  // What depends on xs, and only that, has a gradient that is asked for.
  for (const { inputs, outputs } of before) {
    if (inputs.some((name) => reached.has(name))) outputs.forEach((name) => reached.add(name));
  }
  for (const each of before.toReversed()) {
    const [output, ...more] = each.outputs, dy = gradients.get(output);
    if (more.some((name) => gradients.has(name))) {
      throw new DeconvError(`${nodeTitle(each)}: only its first output has a derivative here`);
    }
    if (!dy || xs.includes(output) || !each.inputs.some((name) => reached.has(name))) continue;
    const rule = each.domain ? undefined : RULES[each.op];
    if (!rule) throw new DeconvError(`${nodeTitle(each)}: its derivative is not known`);
    const arrays = each.inputs.map((name) => values.get(name) ?? null);
    const site = loneSite(each, arrays, opset);
    rule(site, values.get(output)!, dy).forEach((dx, i) => {
      const name = each.inputs[i], so = gradients.get(name);
      if (reached.has(name)) {
        gradients.set(name, so ? combined(site, [so, dx], (a, b) => a + b) : dx);
      }
    });
  }
  return xs.map((name) => {
    const { type, shape } = values.get(name)!;
    return gradients.get(name) ?? zerosOf(type, shape);
  });
}
