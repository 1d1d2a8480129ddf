/** A node of an ONNX graph where it is turned into layers: its inputs, attributes, and errors. */
import { DeconvError } from "../../errors.ts";
import type { OnnxArray } from "../../formats/onnx/array.ts";
import type { OnnxAttribute, OnnxNode } from "../../formats/onnx/proto.ts";
import type { Layer, Symbolic } from "../../layer.ts";
import type { Tensor } from "../../tensor.ts";
import { type Flow, settled } from "./flow.ts";

/** What a name stands for: a constant, or what layers make. */
export type OnnxValue = OnnxArray | Flow;

/** Values for the parameters of the layers that are made. */
export type Weights = Map<Layer, Record<string, Tensor>>;

/** Whether a value is made by layers. */
export function isFlow(value: OnnxValue): value is Flow {
  return "symbol" in value;
}

/** What all nodes of a graph share. */
export interface SiteContext {
  /** The version of ONNX's operators. */
  readonly opset: number;
  /** The batch that the file names; null where it is free. */
  readonly batch: number | null;
  /** Where the parameters' values go. */
  readonly weights: Weights;
  /** How many nodes take a value. */
  uses(name: string): number;
}

/** Operators that take whole numbers. */
const WHOLE: readonly string[] = ["Gather", "Cast", "Identity", "MaxUnpool"];

/** A node's name and operator, for messages. */
export function nodeTitle({ name, op, outputs }: OnnxNode): string {
  return `node "${name || (outputs.find(Boolean) ?? "")}" (${op})`;
}

/** A node with its inputs. */
export class Site {
  /** The layers it has been turned into. */
  readonly layers: Layer[] = [];

  /** @param values Its inputs, `null` where one is left out. */
  constructor(
    readonly node: OnnxNode,
    readonly values: readonly (OnnxValue | null)[],
    readonly context: SiteContext,
  ) {}

  /** An error that names the node. */
  fail(what: string): DeconvError {
    return new DeconvError(`${nodeTitle(this.node)}: ${what}`);
  }

  /** Whether an input is given. */
  has(i: number): boolean {
    return !!this.values[i];
  }

  /**
   * An input that must be a constant.
   *
   * @throws {DeconvError} When it is not.
   */
  array(i: number): OnnxArray {
    const value = this.values[i];
    if (value && !isFlow(value)) return value;
    throw this.fail(
      `its input ${i + 1} ${value ? "depends on the network's inputs" : "is missing"}`,
    );
  }

  /** The numbers of an input that must be a constant, or `fallback` where it is left out. */
  numbers(i: number, fallback: readonly number[] | null = null): readonly number[] | null {
    return this.has(i) ? [...this.array(i).data] : fallback;
  }

  /**
   * An input that layers make, in ONNX's order within.
   *
   * @throws {DeconvError} When it is a constant.
   */
  flow(i: number): Flow {
    return settled(this.raw(i));
  }

  /** The same as it lies. */
  raw(i: number): Flow {
    const value = this.values[i];
    if (value && isFlow(value)) {
      if (!value.whole || WHOLE.includes(this.node.op)) return value;
      throw this.fail(`its input ${i + 1} is of whole numbers, and layers know floats only`);
    }
    throw this.fail(`its input ${i + 1} is ${value ? "a constant" : "missing"}`);
  }

  #attribute<T extends OnnxAttribute>(name: string, is: (value: OnnxAttribute) => boolean) {
    const value = this.node.attributes.get(name);
    if (value === undefined || is(value)) return value as T | undefined;
    throw this.fail(`its attribute ${name} is of another kind than it must be`);
  }

  /** An attribute that is a number. */
  number(name: string, fallback: number): number {
    return this.#attribute<number>(name, (value) => typeof value === "number") ?? fallback;
  }

  /** An attribute that is a text. */
  text(name: string, fallback: string): string {
    return this.#attribute<string>(name, (value) => typeof value === "string") ?? fallback;
  }

  /** An attribute that is a list of numbers. */
  list(name: string): number[] | null {
    const found = this.#attribute<readonly number[]>(
      name,
      (value) => Array.isArray(value) && value.every((n) => typeof n === "number"),
    );
    return found ? [...found] : null;
  }

  /** The attribute, or else the input, that lists numbers: newer operators have inputs instead. */
  listOr(name: string, i: number): number[] | null {
    return this.list(name) ?? (this.has(i) ? [...this.array(i).data] : null);
  }

  /** An axis counted from the first, of so many. */
  axis(axis: number, rank: number): number {
    const found = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(found) && found >= 0 && found < rank) return found;
    throw this.fail(`there is no axis ${axis} of ${rank}`);
  }

  /** Applies a layer and remembers the values for its parameters. */
  apply(
    layer: Layer,
    to: Symbolic | readonly Symbolic[],
    weights?: Record<string, Tensor>,
  ): Symbolic {
    if (weights) this.context.weights.set(layer, weights);
    this.layers.push(layer);
    try {
      return layer.apply(to);
    } catch (error) {
      throw error instanceof DeconvError ? this.fail(error.message) : error;
    }
  }

  /** Makes a layer; what it refuses is said of this node. */
  make(factory: () => Layer): Layer {
    try {
      return factory();
    } catch (error) {
      throw error instanceof DeconvError ? this.fail(error.message) : error;
    }
  }
}

/** A node by itself, over arrays. */
export function loneSite(
  node: OnnxNode,
  arrays: readonly (OnnxArray | null)[],
  opset: number,
): Site {
  return new Site(node, arrays, { opset, batch: null, weights: new Map(), uses: () => 1 });
}

/** Turns a node into layers: the values it makes. */
export type Converter = (site: Site) => readonly OnnxValue[];
