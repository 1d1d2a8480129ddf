/** ONNX's Gradient operator, held against differences. */

import assert from "node:assert/strict";
import { evaluateOnnx } from "../core/exchange/onnx/evaluate.ts";
import type { OnnxArray } from "../core/formats/onnx/array.ts";
import {
  decodeOnnxGraph,
  FLOAT,
  type OnnxAttribute,
  type OnnxNode,
} from "../core/formats/onnx/proto.ts";
import { type NodeRow, onnxFile as file, randomFloats as random } from "./harness/onnx_file.ts";

/** The same numbers as doubles. */
const doubled = ({ shape, data }: OnnxArray): OnnxArray => ({
  type: "float64",
  shape,
  data: Float64Array.from(data),
});

Deno.test("Gradient follows the chain rule through every operator it knows, and refuses others", () => {
  const x = random([2, 3], 5), b = random([3], 6), w = random([3, 2], 7);
  const positive = { ...x, data: x.data.map((v) => Math.abs(v) + 0.5) };
  /** A graph of x, b and w that ends in y. */
  const graphOf = (nodes: readonly NodeRow[]) => {
    const graph = decodeOnnxGraph(file(nodes, { b, w }, [2, 3]));
    const last: OnnxNode = {
      name: "slopes",
      op: "Gradient",
      domain: "ai.onnx.preview.training",
      inputs: ["x", "b"],
      outputs: ["dx", "db"],
      attributes: new Map<string, OnnxAttribute>([["xs", ["x", "b"]], ["y", "y"]]),
    };
    const outputs = ["y", "dx", "db"].map((name) => ({ name, type: FLOAT, shape: null }));
    return { ...graph, nodes: [...graph.nodes, last], outputs };
  };
  const chains: NodeRow[][] = [
    [["Add", ["x", "b"], "a"], ["Mul", ["a", "x"], "y"]],
    [["Sub", ["b", "x"], "a"], ["Div", ["a", "x"], "y"]],
    [["Mul", ["x", "b"], "a"], ["MatMul", ["a", "w"], "c"], ["Tanh", ["c"], "y"]],
    [["Sigmoid", ["x"], "a"], ["Exp", ["a"], "c"], ["Sub", ["c", "b"], "y"]],
    [["Log", ["x"], "a"], ["Sqrt", ["x"], "c"], ["Add", ["a", "c"], "y"]],
    [["Neg", ["x"], "a"], ["Abs", ["a"], "c"], ["Relu", ["c"], "d"], ["Pow", ["d", "d"], "y"]],
    [["ReduceSum", ["x"], "a"], ["ReduceMean", ["x"], "c", { axes: [1] }], [
      "Mul",
      ["a", "c"],
      "y",
    ]],
    [["Flatten", ["x"], "a"], ["Identity", ["a"], "c"], ["Mul", ["c", "b"], "y"]],
  ];
  for (const nodes of chains) {
    const graph = graphOf(nodes), name = nodes.map(([op]) => op).join(" ");
    const feeds = new Map([["x", positive], ["b", b]]);
    const [, ...slopes] = evaluateOnnx(graph, feeds);
    ["x", "b"].forEach((of, k) => {
      const values = feeds.get(of)!;
      values.data.forEach((_, i) => {
        const total = (step: number) => {
          const data = Float64Array.from(values.data);
          data[i] += step;
          const moved = { ...values, type: "float64" as const, data };
          const all = new Map([...feeds, [of, moved] as const]);
          for (const [key, array] of all) all.set(key, doubled(array));
          const [y] = evaluateOnnx({
            ...graph,
            initializers: new Map([["w", doubled(w)]]),
            nodes: graph.nodes.slice(0, -1),
            outputs: graph.outputs.slice(0, 1),
          }, all);
          return Float64Array.from(y.data).reduce((sum, value) => sum + value, 0);
        };
        const wanted = (total(1e-4) - total(-1e-4)) / 2e-4, got = slopes[k].data[i];
        assert.ok(
          Math.abs(got - wanted) < 2e-3 * Math.max(1, Math.abs(wanted)),
          `${name} d${of}: ${got}, not ${wanted}`,
        );
      });
    });
  }
  assert.throws(
    () => evaluateOnnx(graphOf([["Erf", ["x"], "y"]]), new Map([["x", x]])),
    /\(Erf\): its derivative is not known/,
  );
});
