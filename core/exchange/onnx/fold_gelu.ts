/** Gelu written out, as opsets before 20 have to: x · ½ · (1 + erf(x/√2)). */
import type { OnnxGraph, OnnxNode } from "../../formats/onnx/proto.ts";
import { GraphIndex, withReplaced } from "./graph_index.ts";

/** A graph in which such nodes are one. */
export function foldGelu(graph: OnnxGraph): OnnxGraph {
  const index = new GraphIndex(graph), replaced = new Map<OnnxNode, OnnxNode | null>();
  for (const erf of graph.nodes) {
    if (erf.op !== "Erf") continue;
    const scale = index.maker(erf.inputs[0]);
    const x = index.beside(scale, ["Mul"], Math.SQRT1_2) ??
      index.beside(scale, ["Div"], Math.SQRT2);
    const sum = index.only(erf.outputs[0]), inner = index.beside(sum, ["Add"], 1);
    const product = sum && inner === erf.outputs[0] ? index.only(sum.outputs[0]) : undefined;
    if (!x || !sum || product?.op !== "Mul") continue;
    const other = product.inputs.find((input) => input !== sum.outputs[0])!;
    const half = index.maker(other), last = index.only(product.outputs[0]);
    const before = index.beside(half, ["Mul"], 0.5) === x;
    const behind = other === x && index.beside(last, ["Mul"], 0.5) === product.outputs[0];
    if (!before && !behind) continue;
    const end = before ? product : last!;
    replaced.set(end, { ...end, op: "Gelu", inputs: [x], attributes: new Map() });
    for (const node of [scale!, erf, sum, product, ...before ? [half!] : []]) {
      if (node !== end && index.only(node.outputs[0])) replaced.set(node, null);
    }
  }
  return withReplaced(graph, replaced);
}
