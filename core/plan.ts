import type { Precision } from "./algorithm.ts";
import { Block } from "./block.ts";
import { type Graph, placeName } from "./graph.ts";
import { layOut, type Lifetime } from "./layout.ts";
import type { BackwardContext, ForwardContext, Operation, Value } from "./operation.ts";
import { sizeOf } from "./tensor.ts";
import { paddedBytes } from "./wasm/arena.ts";
import { add } from "./wasm/elementwise.ts";
import { runtime } from "./wasm/runtime.ts";
import { activityPenalty } from "./wasm/weights.ts";

/** What a plan is compiled for. */
export interface PlanOptions {
  /** Pictures at a time. */
  readonly batch: number;
  /** Whether a backward pass will be run. */
  readonly gradients: boolean;
  /** Whether the gradients of the inputs are wanted too. */
  readonly inputGradients?: boolean;
  /** Whether every activation must be readable afterwards. Default: only the outputs. */
  readonly keep?: boolean;
  /** Numbers of values that must be readable after a backward pass, with their gradients. Default none. */
  readonly watch?: readonly number[];
  /** How exact convolutions must be. Default `"fast"`. */
  readonly precision?: Precision;
}

/**
 * A step of the backward pass: an operation's, the sum of a value's gradients from two uses, or a copy
 * of a gradient that is complete and will be written over.
 */
type BackwardStep =
  | { operation: Operation }
  | { from: Block; to: Block }
  | { from: Block; copy: Block };

/**
 * A graph compiled for one batch size: a list of kernel calls over memory laid out beforehand.
 * Running it allocates nothing.
 */
export class Plan {
  /** Every value of the graph, by its number. */
  readonly values: readonly Value[];
  /** Bytes of activations, gradients and saved values, with memory shared by lifetime. */
  readonly bytes: number;
  /** Whether an asynchronous reader is filling it. */
  busy = false;
  readonly #operations: Operation[] = [];
  readonly #backward: BackwardStep[] = [];
  /** For each output, the activation that ends it. */
  readonly #ends: (Operation | undefined)[];
  /** Complete gradients of watched values, by value. */
  readonly #watched: Map<number, Block> = new Map();
  /** The memory of its activations, gradients and saved values. */
  readonly slab: Block;

  /**
   * @param graph A network whose layers have their parameters.
   * @param placed Whether it gets its memory; without it only `bytes` means anything.
   */
  constructor(readonly graph: Graph, readonly options: PlanOptions, placed = true) {
    const { nodes, shapes, outputs, inputNames } = graph;
    const { batch, gradients, keep = false, watch = [] } = options;
    const memory = runtime().memory.buffer;
    const steps = nodes.length;
    const last = 2 * steps + 2;
    const back = (node: number) => 2 * steps - node;
    const lifetimes: Lifetime[] = [];
    const place = (length: number, from: number, to: number): Block => {
      const block = new Block(memory, length);
      const bytes = paddedBytes(length);
      lifetimes.push(keep ? { block, bytes, from: 0, to: last } : { block, bytes, from, to });
      return block;
    };

    const maker = new Map(nodes.map((node, i) => [node.output, i]));
    const uses = shapes.map((_, value) =>
      nodes.flatMap((node, i) => node.inputs.includes(value) ? [i] : [])
    );
    const wanted = this.#wantGradients();
    this.values = shapes.map((shape, value): Value => {
      const size = batch * sizeOf(shape), born = maker.get(value) ?? -1;
      const isOutput = outputs.includes(value);
      const readers = uses[value];
      const end = watch.includes(value)
        ? last
        : gradients
        ? (born < 0 ? last : back(born))
        : isOutput || born < 0
        ? last
        : readers[readers.length - 1];
      if (this.#gated(value, uses, maker, wanted)) {
        const data = place(size, born, end);
        return { shape: [batch, ...shape], data, gradient: data, gated: true };
      }
      const firstGradient = isOutput ? steps : back(readers[readers.length - 1]);
      return {
        shape: [batch, ...shape],
        data: place(size, born, isOutput ? last : end),
        gradient: wanted[value]
          ? place(size, firstGradient, born < 0 || isOutput ? last : back(born))
          : null,
      };
    });

    // Uses of a value whose gradient another use has already begun get memory of their own.
    const begun = new Set(outputs);
    const shares = new Map<string, Block>();
    for (let i = steps - 1; i >= 0; i--) {
      nodes[i].inputs.forEach((value, place_) => {
        if (!wanted[value]) return;
        if (begun.has(value)) {
          const block = place(this.values[value].data.length, back(i), back(i));
          shares.set(`${i}:${place_}`, block);
        }
        begun.add(value);
      });
    }

    const groups: Operation[][] = nodes.map(({ layer, inputs, output }, i) => {
      const operations: Operation[] = [];
      layer.lower({
        inputs: inputs.map((value, place_) => {
          const share = shares.get(`${i}:${place_}`);
          return share ? { ...this.values[value], gradient: share } : this.values[value];
        }),
        output: this.values[output],
        parameters: layer.parameters,
        precision: this.options.precision ?? "fast",
        inference: !gradients,
        trainable: layer.trainable,
        trains: (parameter) => layer.trained.includes(parameter),
        stream: placeName(this.graph, i),
        saved: (length) => place(length, i, gradients ? back(i) : i),
        add: (operation) => operations.push(operation),
      });
      const { activityRegularizer: penalized } = layer;
      if (penalized) operations.push(activityPenalty(penalized, this.values[output]));
      return operations;
    });
    this.#operations = groups.flat();
    this.#ends = outputs.map((value) => {
      // A value that is used again gets gradients from there which do have to go through the slope.
      if (uses[value].length) return undefined;
      const group = groups[maker.get(value) ?? -1] ?? [];
      const end = group[group.length - 1];
      return end?.activation ? end : undefined;
    });
    if (gradients) {
      for (let i = steps - 1; i >= 0; i--) {
        const { output } = nodes[i], { gradient } = this.values[output];
        if (!wanted[output]) continue;
        if (watch.includes(output)) {
          const copy = place(gradient!.length, back(i), last);
          this.#watched.set(output, copy);
          this.#backward.push({ from: gradient!, copy });
        }
        for (const operation of groups[i].toReversed()) this.#backward.push({ operation });
        nodes[i].inputs.forEach((value, place_) => {
          const from = shares.get(`${i}:${place_}`);
          if (from) this.#backward.push({ from, to: this.values[value].gradient! });
        });
      }
    }

    const { offsets, bytes } = layOut(lifetimes);
    this.bytes = bytes;
    this.slab = placed ? runtime().allocate(bytes / 4) : new Block(memory, 0);
    if (!placed) return;
    lifetimes.forEach(({ block }, i) => block.address = this.slab.address + offsets[i]);
    inputNames.forEach((_, i) => this.values[i].data.view.fill(0));
  }

  /**
   * Whether a value's gradient can be written over it: it was made by a relu and only one layer uses
   * it, one that reads it for the last time before it writes that gradient. Not where somebody may
   * ask for the values afterwards or choose another rule for relus.
   */
  #gated(
    value: number,
    uses: readonly (readonly number[])[],
    maker: ReadonlyMap<number, number>,
    wanted: readonly boolean[],
  ): boolean {
    const { nodes, outputs } = this.graph;
    const { gradients, inputGradients, keep, watch } = this.options;
    const born = maker.get(value), [reader, another] = uses[value];
    if (!gradients || inputGradients || keep || watch?.length || !wanted[value]) return false;
    if (born === undefined || outputs.includes(value) || another !== undefined) return false;
    if (nodes[reader].inputs.filter((input) => input === value).length > 1) return false;
    const { activation, activityRegularizer } = nodes[born].layer;
    return activation === "relu" && !activityRegularizer && nodes[reader].layer.gates;
  }

  /** Which values need a gradient: those that depend on something to be learned or asked for. */
  #wantGradients(): boolean[] {
    const { nodes, shapes, inputNames } = this.graph;
    const wanted = shapes.map((_, value) =>
      this.options.gradients && value < inputNames.length && !!this.options.inputGradients
    );
    if (!this.options.gradients) return wanted;
    for (const { layer, inputs, output } of nodes) {
      const learns = layer.trained.length > 0;
      wanted[output] = learns || inputs.some((value) => wanted[value]);
    }
    return wanted;
  }

  /** The inputs, to be filled before `forward`. */
  get inputs(): readonly Value[] {
    return this.values.slice(0, this.graph.inputNames.length);
  }

  /** The outputs. */
  get outputs(): readonly Value[] {
    return this.graph.outputs.map((value) => this.values[value]);
  }

  /** The complete gradient of a watched value or an input after a backward pass; null where it has none. */
  gradientOf(value: number): Block | null {
    return this.#watched.get(value) ?? this.values[value].gradient;
  }

  /** Name of the activation that ends each output, if one does. */
  get endings(): readonly (string | undefined)[] {
    return this.#ends.map((operation) => operation?.activation);
  }

  /** Computes all values from the inputs. */
  forward(context: ForwardContext): void {
    for (const operation of this.#operations) operation.forward(context);
  }

  /** What the layers themselves added to the loss in the forward pass before. */
  extraLoss(): number {
    return this.#operations.reduce((sum, operation) => sum + (operation.loss?.() ?? 0), 0);
  }

  /**
   * Computes gradients from the outputs' gradients, which the caller has written.
   *
   * @param fused For each output, whether that gradient is already the one before its last activation.
   */
  backward(context: BackwardContext, fused: readonly boolean[] = []): void {
    const skipped = new Set(this.#ends.filter((_, i) => fused[i]));
    for (const step of this.#backward) {
      if ("copy" in step) step.copy.view.set(step.from.view);
      else if ("to" in step) add(step.from, step.to);
      else if (skipped.has(step.operation)) step.operation.passGradient?.();
      else step.operation.backward(context);
    }
  }

  /** Gives the plan's memory back at once; otherwise that happens when it is collected. */
  release(): void {
    runtime().release(this.slab);
  }
}
