// Trains a small deconvolutional autoencoder and writes pictures of what it learned.
//   deno run --allow-write=. examples/autoencoder.ts
import * as deconv from "@deconv/deconv";

const { conv2d, conv2dTranspose, encodePng, filterSheet, reconstructionSheet, shapes } = deconv;

const net = deconv.sequential([
  conv2d({
    filters: 32,
    kernelSize: 5,
    strides: 2,
    padding: "same",
    activation: "relu",
    inputShape: [32, 32, 3],
  }),
  conv2d({ filters: 64, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
  conv2dTranspose({ filters: 32, kernelSize: 4, strides: 2, padding: "same", activation: "relu" }),
  conv2dTranspose({
    filters: 3,
    kernelSize: 4,
    strides: 2,
    padding: "same",
    activation: "sigmoid",
  }),
]);
console.log(net.summary());

net.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["mse"] });
await net.fitDataset(shapes({ size: 3200 }), {
  target: "input",
  epochs: 3,
  batchSize: 64,
  onEpochEnd: (epoch, { loss, mse }) => console.log(epoch + 1, loss.toFixed(4), mse.toFixed(4)),
});

for await (
  const { x } of deconv.readBatches(shapes({ size: 8, split: "test" }), { batchSize: 8 })
) {
  Deno.writeFileSync("reconstruction.png", encodePng(reconstructionSheet(x, net.predict(x))));
}
const kernel = net.getWeights("conv2d_1/kernel");
Deno.writeFileSync("filters.png", encodePng(filterSheet(kernel, { title: "first layer" })));
await net.save("autoencoder.safetensors");
