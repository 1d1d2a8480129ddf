/** One layer by itself, with any inputs. */
import type { Layer } from "../layer.ts";
import { INFERENCE } from "../operation.ts";
import { Plan } from "../plan.ts";
import type { Shape } from "../tensor.ts";

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
