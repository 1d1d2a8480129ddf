/** One layer by itself, with any weights. */
import type { Block } from "../../block.ts";
import { Layer } from "../../layer.ts";
import { type Shape, sizeOf } from "../../tensor.ts";
import { OneLayer } from "../one_layer.ts";
import { runtime } from "../../wasm/runtime.ts";

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
