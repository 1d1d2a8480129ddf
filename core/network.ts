import type { Precision } from "./algorithm.ts";
import { DeconvError } from "./errors.ts";
import { positive } from "./geometry.ts";
import type { Graph } from "./graph.ts";
import { type GradientRule, INFERENCE, type Layer, type Parameter } from "./layer.ts";
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

/** A graph of layers with their parameters, and its passes. What `Model` trains. */
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
  #forwards = 0;

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

  /** Copies inputs into a plan. */
  #feed(plan: Plan, xs: readonly Tensor[], from: number): void {
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
      this.#feed(plan, xs, from);
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
    this.#feed(plan, xs, 0);
    plan.forward(INFERENCE);
    return this.graph.nodes.map(({ layer, output }) => {
      const { shape, data } = plan.values[output];
      return { layer, output: { shape, data: data.view.slice() } };
    });
  }

  /**
   * Runs the network forward on one batch and remembers what `backward` needs: for loops of your own.
   *
   * @param options `training` (default false): whether layers that behave differently in training
   * should. `seed` (the model's) and `step` (how often it has been called with `training`) decide what
   * dropout and noise draw.
   * @returns The outputs, copied.
   */
  forward(
    x: Tensors,
    options: { training?: boolean; seed?: number; step?: number } = {},
  ): Tensor[] {
    const { training = false, seed = this.seed } = options;
    const { step = training ? this.#forwards++ : 0 } = options;
    const xs = tensorList(x);
    const batch = checkInputs(xs, this.inputShapes);
    const plan = this.plans.get({ batch, gradients: true, inputGradients: true });
    this.#feed(plan, xs, 0);
    plan.forward({ training, seed, step });
    this.plans.held = plan;
    return plan.outputs.map(({ shape, data }) => ({ shape, data: data.view.slice() }));
  }

  /**
   * What layers of their own add to the loss (such as `klWeight` of `sampling`) for the batch that
   * `forward` was given last; `backward` includes its gradient.
   *
   * @throws {DeconvError} Before any `forward`.
   */
  extraLoss(): number {
    const plan = this.plans.held;
    if (!plan) throw new DeconvError("extraLoss needs a forward before it");
    return plan.extraLoss();
  }

  /**
   * Runs the network backward from the gradients of its outputs, after `forward`. Gradients of the
   * parameters are added to what they hold: call `zeroGradients` first for a new step.
   *
   * @param dy The gradient of each output.
   * @param options `rule`: how relu passes gradients back, default `"gradient"`.
   * @returns The gradient of each input.
   * @throws {DeconvError} Before any `forward`, or when a shape is wrong.
   */
  backward(dy: Tensors, { rule = "gradient" }: { rule?: GradientRule } = {}): Tensor[] {
    const plan = this.plans.held;
    if (!plan) throw new DeconvError("backward needs a forward before it");
    const dys = tensorList(dy);
    const batch = checkInputs(dys, this.outputShapes);
    if (batch !== plan.options.batch) {
      throw new DeconvError(
        `forward had ${plan.options.batch} pictures, the gradient has ${batch}`,
      );
    }
    plan.outputs.forEach(({ gradient }, i) => gradient?.view.set(dys[i].data));
    plan.backward({ rule, parameters: true });
    return plan.inputs.map(({ shape, gradient }) => ({ shape, data: gradient!.view.slice() }));
  }

  /** Sets the gradients of all parameters to zero. */
  zeroGradients(): void {
    for (const { gradient } of this.parameters) gradient.view.fill(0);
  }
}
