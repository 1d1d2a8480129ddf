import { DeconvError } from "./errors.ts";
import type { Layer, Symbolic } from "./layer.ts";
import type { Shape } from "./tensor.ts";

/** One layer at one place of a network. Values are numbered: inputs first, then one per node. */
export interface GraphNode {
  /** The layer; one that stands in several places is the same object. */
  readonly layer: Layer;
  /** The values it takes. */
  readonly inputs: readonly number[];
  /** The value it makes. */
  readonly output: number;
}

/** A network as data: nodes in an order in which each follows what it needs. */
export interface Graph {
  /** Names of the inputs, whose values are 0, 1, … */
  readonly inputNames: readonly string[];
  /** Shape of every value, without the batch. */
  readonly shapes: readonly Shape[];
  /** The nodes. */
  readonly nodes: readonly GraphNode[];
  /** The values that are the network's outputs. */
  readonly outputs: readonly number[];
}

/**
 * Walks back from the outputs to the inputs.
 *
 * @throws {DeconvError} When an output depends on an input that is not listed, or no output depends
 * on a listed one.
 */
export function buildGraph(inputs: readonly Symbolic[], outputs: readonly Symbolic[]): Graph {
  if (!inputs.length || !outputs.length) {
    throw new DeconvError("Cannot make a model without inputs or without outputs");
  }
  if (new Set(outputs).size < outputs.length) {
    throw new DeconvError("Cannot make a model with the same output twice: give it once");
  }
  const numbers = new Map<Symbolic, number>();
  const shapes: Shape[] = [];
  const nodes: GraphNode[] = [];
  inputs.forEach((symbol, i) => {
    if (symbol.layer) {
      throw new DeconvError(
        `Cannot make a model whose input is made by ${symbol.layer.title}: inputs come from input()`,
      );
    }
    numbers.set(symbol, i);
    shapes.push(symbol.shape);
  });
  const used = new Set<Symbolic>();
  const visit = (root: Symbolic) => {
    // An explicit stack: networks may be deeper than the call stack.
    const stack = [root];
    while (stack.length) {
      const symbol = stack[stack.length - 1];
      if (!symbol.layer) used.add(symbol);
      if (numbers.has(symbol)) {
        stack.pop();
        continue;
      }
      if (!symbol.layer) {
        throw new DeconvError(
          `Cannot make a model: its outputs depend on an input${
            symbol.name ? ` "${symbol.name}"` : ""
          } of shape [${symbol.shape}] that is not among its inputs`,
        );
      }
      const missing = symbol.inputs.filter((i) => !numbers.has(i));
      if (missing.length) {
        stack.push(...missing.reverse());
        continue;
      }
      symbol.inputs.forEach((i) => i.layer || used.add(i));
      const output = shapes.push(symbol.shape) - 1;
      numbers.set(symbol, output);
      nodes.push({
        layer: symbol.layer,
        inputs: symbol.inputs.map((i) => numbers.get(i)!),
        output,
      });
      stack.pop();
    }
  };
  outputs.forEach(visit);
  const idle = inputs.find((symbol) => !used.has(symbol));
  if (idle) {
    throw new DeconvError(
      `Cannot make a model: no output depends on the input of shape [${idle.shape}]`,
    );
  }
  nameLayers(nodes);
  return {
    inputNames: inputs.map((symbol, i) =>
      symbol.name ?? (inputs.length > 1 ? `input_${i + 1}` : "input")
    ),
    shapes,
    nodes,
    outputs: outputs.map((symbol) => numbers.get(symbol)!),
  };
}

/** Gives nameless layers a name by kind and number; refuses a name that two layers have. */
function nameLayers(nodes: readonly GraphNode[]): void {
  const layers = [...new Set(nodes.map((node) => node.layer))];
  const taken = new Map<string, Layer>();
  for (const layer of layers) {
    if (!layer.name) continue;
    if (taken.has(layer.name)) {
      throw new DeconvError(
        `Cannot make a model with two layers named "${layer.name}": give each its own name`,
      );
    }
    taken.set(layer.name, layer);
  }
  const counts = new Map<string, number>();
  for (const layer of layers) {
    if (layer.name) continue;
    let number = counts.get(layer.kind) ?? 0;
    do number++; while (taken.has(`${layer.kind}_${number}`));
    counts.set(layer.kind, number);
    layer.name = `${layer.kind}_${number}`;
    taken.set(layer.name, layer);
  }
}

/**
 * The name of a node's place: its layer's, with a number where the layer has stood in other places
 * before, such as `shared/2`.
 */
export function placeName({ nodes }: Graph, node: number): string {
  const { layer } = nodes[node];
  const earlier = nodes.slice(0, node).filter((other) => other.layer === layer).length;
  return earlier ? `${layer.name}/${earlier + 1}` : layer.name;
}

/**
 * The values of these names: what a layer makes has the layer's name, an input its own.
 *
 * @throws {DeconvError} When there is no such layer or input.
 */
export function valuesNamed(graph: Graph, names: readonly string[]): number[] {
  const { inputNames, nodes } = graph;
  const all = [...inputNames, ...nodes.map((_, i) => placeName(graph, i))];
  const values = [...inputNames.keys(), ...nodes.map(({ output }) => output)];
  return names.map((name) => {
    const found = all.lastIndexOf(name);
    if (found >= 0) return values[found];
    throw new DeconvError(
      `The model has no layer or input "${name}" to take gradients of; it has ${all.join(", ")}`,
    );
  });
}
