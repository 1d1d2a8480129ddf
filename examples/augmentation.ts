// Draws what augmentation makes of pictures, then trains a classifier on pictures that are never the same.
//   deno run --allow-write=. examples/augmentation.ts
import * as deconv from "@deconv/deconv";

const { augmentationSheet, encodePng, mixup, randomCrop, randomErasing, randomFlip } = deconv;
const { randomHue, randomRotation } = deconv;

const pictures = deconv.shapes({ size: 3200 });
const changes = [
  randomFlip(),
  randomRotation({ degrees: 20 }),
  randomCrop({ padding: 4, fillMode: "reflect" }),
  randomHue({ factor: 0.1 }),
  randomErasing(),
];
const sheet = await augmentationSheet(pictures, deconv.augment(pictures, changes));
Deno.writeFileSync("augmentation.png", encodePng(sheet));

const { conv2d } = deconv;
const layer = { kernelSize: 3, strides: 2, padding: "same", activation: "relu" } as const;
const net = deconv.sequential([
  conv2d({ ...layer, filters: 16, inputShape: [32, 32, 3] }),
  conv2d({ ...layer, filters: 32 }),
  conv2d({ ...layer, filters: 64 }),
  deconv.flatten(),
  deconv.dense({ units: 12, activation: "softmax" }),
]);
net.compile({ optimizer: "adam", loss: "categorical_crossentropy", metrics: ["accuracy"] });
// mixup makes class vectors of class numbers; validation uses pictures as they are.
await net.fitDataset(deconv.augment(pictures, [...changes, mixup()], { seed: 42 }), {
  validation: deconv.shapes({ size: 500, split: "test" }),
  epochs: 3,
  batchSize: 64,
  onEpochEnd: (epoch, logs) => console.log(epoch + 1, logs),
});
