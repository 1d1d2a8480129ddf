import type { Constraint } from "../constraints.ts";
import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import type { Regularizer } from "../regularizers.ts";
import { rulesOf, weightRules } from "../weight_rules.ts";
import { embeddingForward, embeddingGradient } from "../wasm/embedding.ts";

/** Options of `embedding`. */
export interface EmbeddingOptions extends LayerOptions {
  /** How many numbers there are: 0 … `inputDim` − 1. At most 2^24, what float32 can count. */
  inputDim: number;
  /** Values that stand for each. */
  outputDim: number;
  /** Default `"random_uniform"`: −0.05 … 0.05. */
  embeddingsInitializer?: Initializer;
  /** A penalty on the table, part of the loss. Default none. */
  embeddingsRegularizer?: Regularizer | null;
  /** What the table must be after each step. Default anything. */
  embeddingsConstraint?: Constraint | null;
}

type EmbeddingConfig = Required<Omit<EmbeddingOptions, keyof LayerOptions>>;

/** The definition of the embedding layer. */
export const embeddingKind: LayerKind<EmbeddingConfig> = {
  kind: "embedding",
  relevance: "lookup",
  configure: (options) => {
    const { inputDim, outputDim, embeddingsInitializer = "random_uniform" } = options;
    if (positive(inputDim, "inputDim") > 2 ** 24) {
      throw new DeconvError(`inputDim must be at most 2^24; it is ${inputDim}`);
    }
    return {
      inputDim,
      outputDim: positive(outputDim, "outputDim"),
      embeddingsInitializer: initializerConfig(embeddingsInitializer),
      ...weightRules(options, "embeddings"),
    };
  },
  outputShape: ({ outputDim }, [shape]) => [...shape, outputDim],
  reach: (_config, _inputs, cells) => [cells.slice(0, -1)],
  parameters: (config) => [{
    name: "embeddings",
    shape: [config.inputDim, config.outputDim],
    initializer: config.embeddingsInitializer,
    ...rulesOf(config, "embeddings"),
  }],
  lower: ({ inputDim, outputDim }, lowering) => {
    const { inputs: [from], output, parameters: [table], trainable, stream, add } = lowering;
    let valid = false;
    add({
      forward: () => {
        const wrong = embeddingForward(outputDim, from.data, table.value, output.data);
        valid = wrong < 0;
        if (valid) return;
        const size = from.data.length / from.shape[0];
        throw new DeconvError(
          `Cannot apply embedding "${stream}": value ${wrong % size} of picture ${
            Math.floor(wrong / size)
          } is ${from.data.view[wrong]}, and must be a whole number of 0 … ${inputDim - 1}`,
        );
      },
      backward: ({ parameters }) => {
        if (parameters && trainable && valid) {
          embeddingGradient(outputDim, from.data, table.gradient, output.gradient!);
        }
        from.gradient?.view.fill(0);
      },
    });
  },
};

/**
 * Gives each whole number a row of learned values: `[length]` becomes `[length, outputDim]`, and any
 * shape that shape with one axis more. The numbers themselves have no gradient.
 *
 * @throws {DeconvError} When an option is wrong; and when the model meets a number that is not whole
 * or not one of 0 … `inputDim` − 1.
 *
 * @example
 * ```ts
 * import { embedding, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([embedding({ inputDim: 100, outputDim: 8, inputShape: [5] })]);
 * console.log(net.predict(tensor([0, 99, 3, 3, 7], [1, 5])).shape); // [1, 5, 8]
 * ```
 */
export function embedding(options: EmbeddingOptions): Layer {
  return createLayer(embeddingKind, options);
}
