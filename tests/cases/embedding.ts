/** Cases of the embedding layer. */

import { embedding, type EmbeddingOptions } from "../../mod.ts";
import { randomIntegers } from "../harness/random_array.ts";
import { array64 } from "../reference/array.ts";
import * as reference from "../reference/embedding.ts";
import { layerTable } from "./layer_table.ts";

/** The table of tests/layers_test.ts. */
export const layer = layerTable<EmbeddingOptions>({
  kind: "embedding",
  make: embedding,
  rows: [
    ["one of everything", [[1, 1]], { inputDim: 1, outputDim: 1 }],
    ["odd", [[5, 7]], { inputDim: 11, outputDim: 3 }],
    ["whole vectors", [[2, 9]], { inputDim: 5, outputDim: 16 }],
    ["one more than a vector", [[1, 9]], { inputDim: 30, outputDim: 17 }],
    ["every row often", [[5, 64]], { inputDim: 2, outputDim: 5 }],
    ["a picture of numbers", [[2, 3, 4]], { inputDim: 9, outputDim: 7 }],
    ["more than a chunk", [[5, 400]], { inputDim: 50, outputDim: 20 }],
  ],
  input: (_i, shape, seed, { inputDim }) => randomIntegers(shape, seed, inputDim),
  constant: [0],
  step: 0.5,
  terms: ({ x }) => ({ dembeddings: x.data.length }),
  expected: ({ x, dy, parameters: { embeddings } }) => ({
    y: reference.embedding(x, embeddings),
    dx: array64(x.shape),
    dembeddings: reference.embeddingGradient(x, dy, embeddings.shape),
  }),
  refused: [
    { why: "no numbers", inputShape: [1, 3], options: { outputDim: 2 }, message: /inputDim/ },
    { why: "no values", inputShape: [1, 3], options: { inputDim: 2 }, message: /outputDim/ },
    {
      why: "half a number",
      inputShape: [1, 3],
      options: { inputDim: 2.5, outputDim: 2 },
      message: /inputDim.*2.5/,
    },
    {
      why: "more than float32 counts",
      inputShape: [1, 3],
      options: { inputDim: 2 ** 24 + 1, outputDim: 1 },
      message: /2\^24/,
    },
    {
      why: "no initializer",
      inputShape: [1, 3],
      options: { inputDim: 2, outputDim: 2, embeddingsInitializer: "nil" },
      message: /nil/,
    },
  ],
});
