/**
 * Trains the classifier preset on the 10,000 test pictures of Fashion-MNIST: the first 8,000 to learn
 * from, the last 2,000 to test on. About two minutes on two cores.
 *
 * deno run --allow-read examples/fashion_mnist.ts FOLDER
 */
import {
  adam,
  batchCount,
  FASHION_MNIST_CLASSES,
  openIdx,
  preset,
  setArithmetic,
  slice,
} from "../mod.ts";

const [folder, mode] = Deno.args;
if (!folder) {
  console.error("Usage: deno run --allow-read examples/fashion_mnist.ts FOLDER [strict]");
  Deno.exit(2);
}
if (mode === "strict") setArithmetic("strict");
const { build, prepare, schedule, loss, metrics, learningRate, batchSize } = preset("classifier");
const { test: all } = await openIdx(folder, { classNames: FASHION_MNIST_CLASSES });
const seed = 0, epochs = 10;
const train = prepare!(slice(all, 0, 8000), { training: true, seed }), test = slice(all, 8000);
const net = build({ shape: train.shape, classes: 10, seed });
const steps = epochs * batchCount(train.size, batchSize);
const optimizer = adam({ learningRate: schedule!(learningRate, steps) });
net.compile({ loss, metrics, optimizer });
await net.fitDataset(train, {
  validation: test,
  epochs,
  batchSize,
  seed,
  onEpochEnd: (epoch, { loss, accuracy, val_accuracy }) =>
    console.log(
      `epoch ${epoch + 1}  loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(4)}  ` +
        `on the test pictures ${val_accuracy.toFixed(4)}`,
    ),
});
