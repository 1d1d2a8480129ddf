/** A graph under construction, for export: nodes, arrays, names. */
import { floatArray, indexArray, type OnnxArray } from "../../formats/onnx/array.ts";
import type { OnnxAttribute, OnnxNode } from "../../formats/onnx/proto.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import { transposed } from "./arrays.ts";
import { channelsLast } from "./flow.ts";

/** Where each axis of an array with channels first goes when they become the last, and back. */
const toLast = (rank: number) => channelsLast(rank);
const toFirst = (rank: number) =>
  rank < 3
    ? channelsLast(rank)
    : [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];

/** Collects nodes and arrays. A value is known by its name, and has channels first. */
export class GraphWriter {
  /** The nodes so far. */
  readonly nodes: OnnxNode[] = [];
  /** The arrays so far. */
  readonly arrays: Map<string, OnnxArray> = new Map();
  readonly #names = new Set<string>();

  /** A name that nothing else has. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** Adds a node; the names of what it makes. */
  nodeOf(
    op: string,
    inputs: readonly string[],
    name: string,
    attributes: Record<string, OnnxAttribute> = {},
    outputs = 1,
  ): string[] {
    const own = this.unique(name),
      made = Array.from(
        { length: outputs },
        (_, i) => i ? this.unique(`${own}_${op.toLowerCase()}${i}`) : own,
      );
    const entries = new Map(Object.entries(attributes));
    this.nodes.push({ name: own, op, domain: "", inputs, outputs: made, attributes: entries });
    return made;
  }

  /** Adds a node that makes one value. */
  node(
    op: string,
    inputs: readonly string[],
    name: string,
    attributes: Record<string, OnnxAttribute> = {},
  ): string {
    return this.nodeOf(op, inputs, name, attributes)[0];
  }

  /** An array that the file holds. */
  array(name: string, array: OnnxArray): string {
    const own = this.unique(name);
    this.arrays.set(own, array);
    return own;
  }

  /** Floats that the file holds, their axes in another order. */
  floats(name: string, { shape, data }: Tensor, order?: readonly number[]): string {
    const array = floatArray(shape, data);
    return this.array(name, order ? transposed(array, order) : array);
  }

  /** Whole numbers that the file holds. */
  indices(name: string, values: readonly number[]): string {
    return this.array(name, indexArray(values));
  }

  /** A single float. */
  scalar(name: string, value: number): string {
    return this.array(name, floatArray([], [value]));
  }

  /** The same value with channels last: the order it has in layers. */
  last(value: string, rank: number): string {
    if (rank < 3) return value;
    return this.node("Transpose", [value], `${value}_last`, { perm: toLast(rank) });
  }

  /** The reverse. */
  first(value: string, rank: number, name: string): string {
    if (rank < 3) return value;
    return this.node("Transpose", [value], name, { perm: toFirst(rank) });
  }

  /** A value with another shape, both as layers have them, without the batch. */
  reshaped(value: string, from: Shape, to: Shape, name: string): string {
    const lying = this.last(value, from.length + 1);
    const shape = this.indices(`${name}_shape`, [0, ...to]), plain = to.length < 2;
    const made = this.node("Reshape", [lying, shape], plain ? name : `${name}_flat`);
    return this.first(made, to.length + 1, name);
  }

  /** The size of a value's batch and these sizes, as a list that another node takes. */
  sizes(value: string, rest: readonly number[], name: string): string {
    const shape = this.node("Shape", [value], `${name}_of`);
    const [from, to] = [this.indices(`${name}_from`, [0]), this.indices(`${name}_to`, [1])];
    const batch = this.node("Slice", [shape, from, to], `${name}_batch`);
    const others = this.indices(`${name}_rest`, rest);
    return this.node("Concat", [batch, others], name, { axis: 0 });
  }
}
