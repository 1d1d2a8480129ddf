import { SENTENCE_ALPHABET, SENTENCE_CLASSES, sentences } from "../data/sentences.ts";
import { DeconvError } from "../errors.ts";
import { conv1d } from "../layers/conv1d.ts";
import { dense } from "../layers/dense.ts";
import { embedding } from "../layers/embedding.ts";
import { globalMaxPool1d } from "../layers/global_pool.ts";
import { sequential } from "../sequential.ts";
import { shapeText } from "../tensor.ts";
import type { Preset } from "./preset.ts";

/**
 * Which language a text is in, from its characters: each becomes a vector, convolutions over the text
 * look for groups of letters, and the strongest answer of each filter decides (Kim 2014; Zhang et al.
 * 2015).
 */
export const textCnn: Preset = {
  name: "text-cnn",
  description: "the language of a text, from its characters: convolutions over an embedding",
  target: "labels",
  loss: "sparse_categorical_crossentropy",
  metrics: ["accuracy"],
  batchSize: 64,
  learningRate: 1e-3,
  epochs: 8,
  data: (seed) => ({
    train: sentences({ size: 4000, seed }),
    test: sentences({ size: 1000, seed, split: "test" }),
  }),
  build: ({ shape = [64], classes = SENTENCE_CLASSES.length, seed = 0 } = {}) => {
    if (shape.length !== 1) {
      throw new DeconvError(
        `Cannot build text-cnn for inputs of shape ${
          shapeText(shape)
        }: it takes texts [length] of whole numbers below ${SENTENCE_ALPHABET.length}`,
      );
    }
    const conv = { padding: "same", activation: "relu" } as const;
    return sequential([
      embedding({ name: "letters", inputDim: SENTENCE_ALPHABET.length, outputDim: 16 }),
      conv1d({ ...conv, name: "conv1", filters: 64, kernelSize: 3 }),
      conv1d({ ...conv, name: "conv2", filters: 64, kernelSize: 5 }),
      globalMaxPool1d({ name: "strongest" }),
      dense({ name: "classes", units: classes, activation: "softmax" }),
    ], { name: "text-cnn", seed, inputShape: shape });
  },
};
