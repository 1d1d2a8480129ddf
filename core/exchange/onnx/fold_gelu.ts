/** Gelu written out, as opsets before 20 have to: x · ½ · (1 + erf(x/√2)). */
import type { OnnxArray } from "../../formats/onnx/array.ts";
import type { OnnxGraph, OnnxNode } from "../../formats/onnx/proto.ts";

const near = (a: number, b: number) => Math.abs(a - b) < 1e-4;

/** A graph in which such nodes are one. */
export function foldGelu(graph: OnnxGraph): OnnxGraph {
  const constants = new Map<string, OnnxArray>(graph.initializers);
  const makers = new Map<string, OnnxNode>(), takers = new Map<string, OnnxNode[]>();
  for (const node of graph.nodes) {
    const value = node.attributes.get("value");
    if (node.op === "Constant" && typeof value === "object" && "data" in value) {
      constants.set(node.outputs[0], value as OnnxArray);
    }
    for (const output of node.outputs) makers.set(output, node);
    for (const input of node.inputs) takers.set(input, [...takers.get(input) ?? [], node]);
  }
  /** The other input of a node that takes this number too. */
  const beside = (node: OnnxNode | undefined, ops: readonly string[], number: number) => {
    if (!node || !ops.includes(node.op)) return undefined;
    return node.inputs.find((_, i) => {
      const other = constants.get(node.inputs[1 - i]);
      return other?.data.length === 1 && near(other.data[0], number);
    });
  };
  /** The node that alone takes a value. */
  const only = (value: string) => {
    const found = takers.get(value);
    return found?.length === 1 ? found[0] : undefined;
  };
  const replaced = new Map<OnnxNode, OnnxNode | null>();
  for (const erf of graph.nodes) {
    if (erf.op !== "Erf") continue;
    const scale = makers.get(erf.inputs[0]);
    const x = beside(scale, ["Mul"], Math.SQRT1_2) ?? beside(scale, ["Div"], Math.SQRT2);
    const sum = only(erf.outputs[0]), inner = beside(sum, ["Add"], 1);
    const product = sum && inner === erf.outputs[0] ? only(sum.outputs[0]) : undefined;
    if (!x || !sum || product?.op !== "Mul") continue;
    const other = product.inputs.find((input) => input !== sum.outputs[0])!;
    const half = makers.get(other), last = only(product.outputs[0]);
    const before = beside(half, ["Mul"], 0.5) === x;
    const behind = other === x && beside(last, ["Mul"], 0.5) === product.outputs[0];
    if (!before && !behind) continue;
    const end = before ? product : last!;
    const attributes = new Map();
    replaced.set(end, { ...end, op: "Gelu", inputs: [x], attributes });
    for (const node of [scale!, erf, sum, product, ...before ? [half!] : []]) {
      if (node !== end && only(node.outputs[0])) replaced.set(node, null);
    }
  }
  if (!replaced.size) return graph;
  const nodes = graph.nodes.flatMap((node) => {
    const found = replaced.get(node);
    return found === undefined ? [node] : found ? [found] : [];
  });
  return { ...graph, nodes };
}
