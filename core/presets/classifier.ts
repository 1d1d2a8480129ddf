import { activation } from "../layers/activation.ts";
import { batchNormalization } from "../layers/batch_normalization.ts";
import { conv2d } from "../layers/conv2d.ts";
import { dense } from "../layers/dense.ts";
import { globalAveragePool2d } from "../layers/global_pool.ts";
import { maxPool2d } from "../layers/pool2d.ts";
import type { Layer } from "../layer.ts";
import { sequential } from "../sequential.ts";
import { augment } from "../data/augment/augment.ts";
import { expectPicture, type Preset } from "./preset.ts";

/** Four 3x3 convolutions with batch normalisation, halved by pooling, and an average over the picture. */
export const classifier: Preset = {
  name: "classifier",
  description:
    "conv 32-64-128-256 with batch normalisation, pooling and a softmax over the classes",
  target: "labels",
  loss: "sparse_categorical_crossentropy",
  metrics: ["accuracy"],
  batchSize: 64,
  learningRate: 3e-3,
  epochs: 10,
  schedule: (peak, steps) => ({ kind: "one_cycle", rate: peak, totalSteps: steps }),
  prepare: (dataset, { training, seed }) =>
    training ? augment(dataset, ["flip"], { seed }) : dataset,
  build: ({ shape = [32, 32, 3], classes = 12, seed = 0 } = {}) => {
    expectPicture("classifier", shape);
    const block = (number: number, filters: number): Layer[] => [
      conv2d({
        name: `conv${number}`,
        filters,
        kernelSize: 3,
        padding: "same",
        useBias: false,
        kernelInitializer: "he_normal",
      }),
      batchNormalization({ name: `norm${number}`, momentum: 0.9 }),
      activation("relu", { name: `relu${number}` }),
    ];
    const halve = (number: number) =>
      maxPool2d({ name: `pool${number}`, poolSize: 2, padding: "same" });
    return sequential([
      ...block(1, 32),
      ...block(2, 64),
      halve(1),
      ...block(3, 128),
      halve(2),
      ...block(4, 256),
      globalAveragePool2d({ name: "average" }),
      dense({ name: "classes", units: classes, activation: "softmax" }),
    ], { name: "classifier", seed, inputShape: shape });
  },
};
