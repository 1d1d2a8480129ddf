/** One layer by itself, with any inputs and any weights. */
import type { Block } from "../../block.ts";
import { INFERENCE, Layer } from "../../layer.ts";
import { Plan } from "../../plan.ts";
import { type Shape, sizeOf } from "../../tensor.ts";
import { runtime } from "../../wasm/runtime.ts";

/** A plan of one layer. */
export class OneLayer {
  readonly #plan: Plan;

  /**
   * @param layer With its parameters.
   * @param inputs Shapes without the batch.
   * @param output Shape without the batch.
   */
  constructor(layer: Layer, inputs: readonly Shape[], output: Shape, batch: number) {
    const graph = {
      inputNames: inputs.map((_, i) => `${i}`),
      shapes: [...inputs, output],
      nodes: [{ layer, inputs: inputs.map((_, i) => i), output: inputs.length }],
      outputs: [inputs.length],
    };
    this.#plan = new Plan(graph, {
      batch,
      gradients: true,
      inputGradients: true,
      precision: "precise",
    });
  }

  /** Computes the output, which the next call overwrites. */
  forward(inputs: readonly Float32Array[]): Float32Array {
    inputs.forEach((input, i) => this.#plan.values[i].data.view.set(input));
    this.#plan.forward(INFERENCE);
    return this.#plan.outputs[0].data.view;
  }

  /** Computes what each input gets of a gradient of the output; the next call overwrites it. */
  backward(dy: Float32Array): Float32Array[] {
    this.#plan.outputs[0].gradient!.view.set(dy);
    this.#plan.backward({ rule: "gradient", parameters: false });
    return this.#plan.inputs.map(({ gradient }) => gradient!.view);
  }

  /** Gives its memory back. */
  release(): void {
    this.#plan.release();
  }
}

/** A layer with a kernel and a bias that can be set: always with a bias, and without an activation. */
export class WeightedLayer {
  readonly #run: OneLayer;
  readonly #kernel: Block;
  readonly #bias: Block;

  /**
   * @param layer What it is like; it stays as it is.
   * @param kernel The kernel's shape.
   * @param input Shape without the batch.
   * @param output Shape without the batch.
   */
  constructor(layer: Layer, kernel: Shape, input: Shape, output: Shape, batch: number) {
    const channels = output[output.length - 1];
    const twin = new Layer(layer.definition, {
      ...layer.config,
      activation: "linear",
      useBias: true,
      name: layer.name,
      trainable: false,
    });
    [this.#kernel, this.#bias] = runtime().allocateTogether([sizeOf(kernel), channels]);
    const parameter = (name: string, shape: Shape, value: Block) => ({
      name,
      shape,
      value,
      gradient: value,
      learned: false,
    });
    twin.parameters = [
      parameter("kernel", kernel, this.#kernel),
      parameter("bias", [channels], this.#bias),
    ];
    this.#run = new OneLayer(twin, [input], output, batch);
  }

  /** y = f(x) by this kernel and bias; the next call overwrites it. */
  forward(x: Float32Array, kernel: Float32Array, bias: Float32Array): Float32Array {
    this.#kernel.view.set(kernel);
    this.#bias.view.set(bias);
    return this.#run.forward([x]);
  }

  /** dx for dy by this kernel; the next call overwrites it. */
  backward(dy: Float32Array, kernel: Float32Array): Float32Array {
    this.#kernel.view.set(kernel);
    return this.#run.backward(dy)[0];
  }

  /** Gives its memory back. */
  release(): void {
    this.#run.release();
    runtime().release(this.#kernel);
    runtime().release(this.#bias);
  }
}
