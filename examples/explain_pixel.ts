// Which inputs made this output pixel? Trains a small autoencoder of transposed convolutions and
// explains four pixels that it painted. No gradient of a loss is meant: the target is the output itself.
//   deno run --allow-write=. examples/explain_pixel.ts
import * as deconv from "@deconv/deconv";

const { conv2d, conv2dTranspose, encodePng, explanationSheet, shapes } = deconv;

const half = { strides: 2, padding: "same", activation: "relu" } as const;
const net = deconv.sequential([
  conv2d({ ...half, filters: 16, kernelSize: 3, inputShape: [32, 32, 3] }),
  conv2d({ ...half, filters: 32, kernelSize: 3, name: "code" }),
  conv2dTranspose({ ...half, filters: 16, kernelSize: 4 }),
  conv2dTranspose({ ...half, filters: 3, kernelSize: 4, activation: "sigmoid" }),
], { name: "autoencoder", seed: 1 });
net.compile({
  optimizer: deconv.adam({ learningRate: 3e-3 }),
  loss: "binary_crossentropy",
  metrics: ["mse"],
});
await net.fitDataset(shapes({ size: 3200 }), {
  target: "input",
  epochs: 4,
  onEpochEnd: (epoch, { loss, mse }) => console.log(epoch + 1, loss.toFixed(4), mse.toFixed(4)),
});

const x = deconv.zeros([4, 32, 32, 3]);
await shapes({ size: 8, split: "test" }).read([0, 1, 2, 3], x.data);
const y = net.predict(x);

// Two by two pixels in the middle, all channels.
const region = { top: 15, left: 15, height: 2, width: 2 };
const target: deconv.Target = { kind: "pixels", region };
const how = { target };
const relevance = deconv.lrp(net, x, how);
const sheet = explanationSheet(x, [
  { name: "saliency", map: deconv.saliency(net, x, how), reduce: "max" },
  { name: "integrated gradients", map: deconv.integratedGradients(net, x, how) },
  { name: "LRP", map: relevance.relevance },
  { name: "occlusion", map: await deconv.occlusion(net, x, how) },
  { name: "LRP, of the code", map: deconv.lrp(net, x, { ...how, of: "code" }).relevance },
], {
  title: "Which inputs made these output pixels",
  subtitle: [
    "Explained: the mean of the framed pixels. They see 15×15 pixels around them at most.",
  ],
  pictures: [{ name: "input", pictures: x, region }, { name: "output", pictures: y, region }],
});
Deno.writeFileSync("explain-pixel.png", encodePng(sheet));

// What the pixels can see at most, and how much of the relevance lies there.
const field = deconv.receptiveFields(net).at(-1)!;
console.log(`An output pixel sees ${field.size.join(" x ")} input pixels at most`);
relevance.start.forEach((logit, i) => {
  const own = relevance.relevance.data.subarray(i * 3072, (i + 1) * 3072);
  const sum = own.reduce((a, b) => a + b, 0);
  console.log(
    `picture ${i}: before the sigmoid the pixels are ${logit.toFixed(3)}: ${sum.toFixed(3)} come ` +
      `from the input, ${relevance.bias[i].toFixed(3)} from biases`,
  );
});
console.log("Wrote explain-pixel.png");
