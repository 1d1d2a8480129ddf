import type { Precision } from "./algorithm.ts";
import { DeconvError } from "./errors.ts";
import { positive } from "./geometry.ts";
import type { Graph } from "./graph.ts";
import type { Layer, Symbolic } from "./layer.ts";
import { INFERENCE, type Parameter } from "./operation.ts";
import { buildParameters } from "./parameters.ts";
import type { Plan } from "./plan.ts";
import { Plans } from "./plans.ts";
import { checkInputs } from "./source.ts";
import { summarize } from "./summary.ts";
import { sameShape, type Shape, shapeText, sizeOf, type Tensor } from "./tensor.ts";

/** One tensor, or one for each input or output. */
export type Tensors = Tensor | readonly Tensor[];

/** What the activations of one layer are. */
export interface LayerActivation {
  /** The layer. */
  readonly layer: Layer;
  /** Its output, `[batch, …]`. */
  readonly output: Tensor;
}

/** One tensor or several, as a list. */
export const tensorList = (x: Tensors): readonly Tensor[] =>
  Array.isArray(x) ? x as readonly Tensor[] : [x as Tensor];

/** A graph of layers with their parameters, and what they make of pictures. What `Model` trains. */
export class Network {
  /** Its name, for titles and saved files. */
  name: string;
  /** The network as data. */
  readonly graph: Graph;
  /** Its layers, each once, from input to output. */
  readonly layers: readonly Layer[];
  /** Decided the initial parameters, and decides what `trainOnBatch` and `forward` draw at random. */
  readonly seed: number;
  /** @internal */
  protected readonly plans: Plans;

  /** Use `sequential` or `model` instead. */
  constructor(graph: Graph, { name = "model", seed = 0 }: { name?: string; seed?: number } = {}) {
    this.name = name;
    this.seed = seed;
    this.graph = graph;
    this.layers = [...new Set(graph.nodes.map((node) => node.layer))];
    this.plans = new Plans(graph);
    buildParameters(graph, seed);
  }

  /**
   * How exact convolutions are: `"fast"` (the default) may use Winograd's F(4x4), relative error about
   * 1e-6 to 5e-6; `"precise"` keeps to about 4e-7 and takes longer. Can be changed at any time.
   */
  get precision(): Precision {
    return this.plans.precision;
  }

  set precision(precision: Precision) {
    if (precision !== "fast" && precision !== "precise") {
      throw new DeconvError(`There is no precision "${precision}"; there are fast, precise`);
    }
    this.plans.precision = precision;
  }

  /** Shapes of the inputs, without the batch. */
  get inputShapes(): readonly Shape[] {
    return this.graph.shapes.slice(0, this.graph.inputNames.length);
  }

  /** Shapes of the outputs, without the batch. */
  get outputShapes(): readonly Shape[] {
    return this.graph.outputs.map((value) => this.graph.shapes[value]);
  }

  /** Shape of the first input, without the batch. */
  get inputShape(): Shape {
    return this.inputShapes[0];
  }

  /** Shape of the first output, without the batch. */
  get outputShape(): Shape {
    return this.outputShapes[0];
  }

  /** All parameters, each once, in the order of the layers. */
  get parameters(): readonly Parameter[] {
    return [...new Set(this.layers.flatMap((layer) => layer.parameters))];
  }

  /** Parameters that training changes: learned ones of layers that are trainable. */
  get trainableParameters(): readonly Parameter[] {
    return [...new Set(this.layers.flatMap(({ trained }) => trained))];
  }

  /**
   * Whether training changes every layer; setting it freezes or thaws them all, from the next step
   * on, wherever else these layers stand.
   */
  get trainable(): boolean {
    return this.layers.every(({ trainable }) => trainable);
  }

  set trainable(trainable: boolean) {
    for (const layer of this.layers) layer.trainable = trainable;
  }

  /** Numbers in all parameters. */
  get parameterCount(): number {
    return this.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /**
   * A layer by its name.
   *
   * @throws {DeconvError} When there is none; the message lists the names.
   */
  layer(name: string): Layer {
    const found = this.layers.find((layer) => layer.name === name);
    if (found) return found;
    const names = this.layers.map((layer) => layer.name).join(", ");
    throw new DeconvError(`The model has no layer "${name}"; it has ${names}`);
  }

  /**
   * Puts the network behind one or several values of another graph; both share its layers and their
   * parameters. For several outputs see `applyAll`.
   *
   * @throws {DeconvError} When the shapes cannot work or the network has several outputs.
   *
   * @example
   * ```ts
   * import { dense, input, model, sequential } from "@deconv/deconv";
   * const inner = sequential([dense({ units: 3, name: "inner", inputShape: [4] })]);
   * inner.trainable = false;
   * const x = input({ shape: [4] });
   * const outer = model({ inputs: x, outputs: dense({ units: 1 }).apply(inner.apply(x)) });
   * console.log(outer.parameterCount, outer.trainableParameters.length); // 19 2
   * ```
   */
  apply(inputs: Symbolic | readonly Symbolic[]): Symbolic {
    this.#expectOneOutput("applyAll");
    return this.applyAll(inputs)[0];
  }

  /**
   * Puts the network behind one or several values of another graph.
   *
   * @returns A value for each output.
   * @throws {DeconvError} When the shapes cannot work.
   */
  applyAll(inputs: Symbolic | readonly Symbolic[]): Symbolic[] {
    const { nodes, outputs, inputNames } = this.graph;
    const values = Array.isArray(inputs) ? [...inputs as Symbolic[]] : [inputs as Symbolic];
    if (values.length !== inputNames.length) {
      throw new DeconvError(
        `The model "${this.name}" has ${inputNames.length} input(s), and is applied to ${values.length}`,
      );
    }
    for (const { layer, inputs, output } of nodes) {
      values[output] = layer.apply(inputs.map((value) => values[value]));
    }
    return outputs.map((value) => values[value]);
  }

  /** A table of the layers with their output shapes and numbers of parameters, at most 80 columns wide. */
  summary(): string {
    return summarize(this.name, this.graph);
  }

  /** A parameter's values, copied, by the name it has in `parameters`. */
  getWeights(name: string): Tensor {
    const { shape, value } = this.#parameter(name);
    return { shape, data: value.view.slice() };
  }

  /**
   * Sets a parameter's values.
   *
   * @throws {DeconvError} When there is no such parameter or the shape differs.
   */
  setWeights(name: string, values: Tensor): void {
    const { shape, value } = this.#parameter(name);
    if (!sameShape(shape, values.shape)) {
      throw new DeconvError(
        `Cannot set "${name}" of shape ${shapeText(shape)} to values of shape ${
          shapeText(values.shape)
        }`,
      );
    }
    value.view.set(values.data);
  }

  #parameter(name: string): Parameter {
    const found = this.parameters.find((parameter) => parameter.name === name);
    if (found) return found;
    const names = this.parameters.map((parameter) => parameter.name).join(", ");
    throw new DeconvError(`The model has no parameter "${name}"; it has ${names}`);
  }

  /**
   * Copies inputs into a plan.
   *
   * @internal
   */
  protected feed(plan: Plan, xs: readonly Tensor[], from: number): void {
    xs.forEach((x, i) => {
      const width = sizeOf(x.shape.slice(1)), end = (from + plan.options.batch) * width;
      plan.inputs[i].data.view.set(x.data.subarray(from * width, end));
    });
  }

  /**
   * The outputs for any number of pictures, computed `batchSize` at a time.
   *
   * @param x `[count, …inputShape]`, one for each input.
   * @param options `batchSize`, default 32.
   * @throws {DeconvError} When a shape is wrong.
   */
  predictAll(x: Tensors, { batchSize = 32 }: { batchSize?: number } = {}): Tensor[] {
    const xs = tensorList(x);
    const count = checkInputs(xs, this.inputShapes);
    positive(batchSize, "batchSize");
    const results = this.outputShapes.map((shape) => ({
      shape: [count, ...shape],
      data: new Float32Array(count * sizeOf(shape)),
    }));
    for (let from = 0; from < count; from += batchSize) {
      const batch = Math.min(batchSize, count - from);
      const plan = this.plans.get({ batch, gradients: false });
      this.feed(plan, xs, from);
      plan.forward(INFERENCE);
      plan.outputs.forEach(({ data }, i) => {
        results[i].data.set(data.view, from * data.length / batch);
      });
    }
    return results;
  }

  /**
   * The output for any number of pictures; for several outputs see `predictAll`.
   *
   * @throws {DeconvError} When a shape is wrong or the model has several outputs.
   */
  predict(x: Tensors, options: { batchSize?: number } = {}): Tensor {
    this.#expectOneOutput("predictAll");
    return this.predictAll(x, options)[0];
  }

  #expectOneOutput(instead: string): void {
    if (this.graph.outputs.length > 1) {
      throw new DeconvError(`The model has ${this.graph.outputs.length} outputs: use ${instead}`);
    }
  }

  /** The output of every layer for a batch of pictures, in the order of computation. */
  activations(x: Tensors): LayerActivation[] {
    const xs = tensorList(x);
    const batch = checkInputs(xs, this.inputShapes);
    const plan = this.plans.get({ batch, gradients: false, keep: true });
    this.feed(plan, xs, 0);
    plan.forward(INFERENCE);
    return this.graph.nodes.map(({ layer, output }) => {
      const { shape, data } = plan.values[output];
      return { layer, output: { shape, data: data.view.slice() } };
    });
  }
}
