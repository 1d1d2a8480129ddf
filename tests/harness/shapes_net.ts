/** A small classifier of the embedded pictures, trained in a few seconds, and pictures it has not seen. */

import {
  adam,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  type Model,
  sequential,
  shapes,
  type Tensor,
  zeros,
} from "../../mod.ts";

/** Trains three convolutions and two dense layers on 1,200 pictures. */
export async function shapesNet(): Promise<Model> {
  const relu = { kernelSize: 3, padding: "same", activation: "relu" } as const;
  const net = sequential([
    conv2d({ filters: 12, ...relu }),
    maxPool2d(),
    conv2d({ filters: 16, ...relu }),
    maxPool2d(),
    conv2d({ filters: 24, ...relu }),
    maxPool2d(),
    flatten(),
    dense({ units: 32, activation: "relu" }),
    dense({ units: 12, activation: "softmax" }),
  ], { inputShape: [32, 32, 3], seed: 1 });
  net.compile({
    optimizer: adam({ learningRate: 3e-3 }),
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy"],
  });
  await net.fitDataset(shapes({ size: 1200, seed: 1 }), { epochs: 5, batchSize: 32 });
  return net;
}

/** Pictures it has not seen, and their classes. */
export function shapesPictures(count: number, seed?: number): { x: Tensor; classes: number[] } {
  const x = zeros([count, 32, 32, 3]), labels = new Float32Array(count);
  const test = shapes({ size: count, split: "test", seed });
  void test.read(Array.from({ length: count }, (_, i) => i), x.data, labels);
  return { x, classes: [...labels] };
}
