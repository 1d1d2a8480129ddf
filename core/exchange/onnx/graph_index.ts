/** Who makes and who takes what in a graph: for finding operators that are written out in simpler ones. */
import type { OnnxArray } from "../../formats/onnx/array.ts";
import type { OnnxGraph, OnnxNode } from "../../formats/onnx/proto.ts";

const near = (a: number, b: number) => Math.abs(a - b) < 1e-4;

/** A graph's values by name. */
export class GraphIndex {
  readonly #constants: Map<string, OnnxArray>;
  readonly #makers = new Map<string, OnnxNode>();
  readonly #takers = new Map<string, OnnxNode[]>();
  readonly #ends: ReadonlySet<string>;

  /** Looks through a graph's nodes. */
  constructor(graph: OnnxGraph) {
    this.#constants = new Map(graph.initializers);
    this.#ends = new Set(graph.outputs.map(({ name }) => name));
    for (const node of graph.nodes) {
      const value = node.attributes.get("value");
      if (node.op === "Constant" && typeof value === "object" && "data" in value) {
        this.#constants.set(node.outputs[0], value as OnnxArray);
      }
      for (const output of node.outputs) this.#makers.set(output, node);
      for (const input of node.inputs) {
        this.#takers.set(input, [...this.#takers.get(input) ?? [], node]);
      }
    }
  }

  /** The numbers a name stands for, if it is a constant of the file. */
  constant(value: string): OnnxArray | undefined {
    return this.#constants.get(value);
  }

  /** The node that makes a value, if it is of this operator. */
  maker(value: string, op?: string): OnnxNode | undefined {
    const found = this.#makers.get(value);
    return found && (op === undefined || found.op === op) ? found : undefined;
  }

  /** The node that alone takes a value, which is no output of the graph. */
  only(value: string): OnnxNode | undefined {
    const found = this.#takers.get(value);
    return found?.length === 1 && !this.#ends.has(value) ? found[0] : undefined;
  }

  /** The nodes that take a value. */
  takers(value: string): readonly OnnxNode[] {
    return this.#takers.get(value) ?? [];
  }

  /** The other input of a node that takes this number too. */
  beside(node: OnnxNode | undefined, ops: readonly string[], number: number): string | undefined {
    if (!node || !ops.includes(node.op)) return undefined;
    return node.inputs.find((_, i) => {
      const other = this.#constants.get(node.inputs[1 - i]);
      return other?.data.length === 1 && near(other.data[0], number);
    });
  }
}

/** A graph with nodes replaced, or left out where by `null`. */
export function withReplaced(
  graph: OnnxGraph,
  replaced: ReadonlyMap<OnnxNode, OnnxNode | null>,
): OnnxGraph {
  if (!replaced.size) return graph;
  const nodes = graph.nodes.flatMap((node) => {
    const found = replaced.get(node);
    return found === undefined ? [node] : found ? [found] : [];
  });
  return { ...graph, nodes };
}
