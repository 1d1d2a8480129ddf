/** Layer normalisation written out, as opsets before 17 have to: (x − μ) / √(mean((x − μ)²) + ε). */
import type { OnnxAttribute, OnnxGraph, OnnxNode } from "../../formats/onnx/proto.ts";
import { GraphIndex, withReplaced } from "./graph_index.ts";

/** The axes that a mean keeps in their places. */
function axesOf(index: GraphIndex, mean: OnnxNode | undefined): readonly number[] | undefined {
  if (mean?.op !== "ReduceMean" || mean.attributes.get("keepdims") === 0) return undefined;
  const input = index.constant(mean.inputs[1] ?? "");
  return input ? [...input.data] : mean.attributes.get("axes") as readonly number[] | undefined;
}

/** A graph in which such nodes are one, with the axes as an attribute of their own. */
export function foldLayerNorm(graph: OnnxGraph): OnnxGraph {
  const index = new GraphIndex(graph), replaced = new Map<OnnxNode, OnnxNode | null>();
  for (const root of graph.nodes) {
    if (root.op !== "Sqrt") continue;
    const sum = index.maker(root.inputs[0], "Add"), end = index.only(root.outputs[0]);
    const variance = sum?.inputs.map((input) => index.maker(input, "ReduceMean")).find(Boolean);
    const epsilon = sum?.inputs.map((input) => index.constant(input)).find(Boolean);
    const square = variance && index.maker(variance.inputs[0]);
    const centred = square?.op === "Mul" && square.inputs[0] === square.inputs[1]
      ? square.inputs[0]
      : index.beside(square, ["Pow"], 2);
    const difference = index.maker(centred ?? "", "Sub");
    const mean = difference && index.maker(difference.inputs[1]), x = difference?.inputs[0];
    const axes = axesOf(index, mean);
    const fits = end?.op === "Div" && end.inputs[0] === centred &&
      end.inputs[1] === root.outputs[0];
    if (
      !fits || !axes || mean?.inputs[0] !== x || axesOf(index, variance)?.join() !== axes.join() ||
      epsilon?.data.length !== 1
    ) continue;
    const attributes = new Map<string, OnnxAttribute>([
      ["axes", axes],
      ["epsilon", epsilon.data[0]],
    ]);
    replaced.set(end!, { ...end!, op: "LayerNormalization", inputs: [x!], attributes });
    const others = [mean!, difference!, square!, variance!, sum!, root];
    // What something else takes too is still made.
    const own = new Set<OnnxNode | undefined>([...others, end]);
    for (const node of others) {
      if (index.takers(node.outputs[0]).every((taker) => own.has(taker))) replaced.set(node, null);
    }
  }
  return withReplaced(graph, replaced);
}
