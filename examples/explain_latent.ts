// Which latent numbers made this region? Trains a small variational autoencoder and asks which of the
// numbers painted the middle of the picture, and which the corner; then it sets the one that was found
// to matter most to zero, and the region changes.
//   deno run --allow-write=. examples/explain_latent.ts
import * as deconv from "@deconv/deconv";

const { encodePng, explanationSheet, preset, shapes } = deconv;

const { build, loss } = preset("vae");
const net = build({ shape: [32, 32, 3], seed: 1 });
net.compile({ optimizer: deconv.adam({ learningRate: 3e-3 }), loss, metrics: ["mse"] });
await net.fitDataset(shapes({ size: 2000 }), {
  target: "input",
  epochs: 4,
  onEpochEnd: (epoch, { loss, mse }) => console.log(epoch + 1, loss.toFixed(4), mse.toFixed(4)),
});

// The part that makes pictures: it takes the 16 latent numbers.
const generator = deconv.generatorOf(net);
const x = deconv.zeros([4, 32, 32, 3]);
await shapes({ size: 8, split: "test" }).read([0, 1, 2, 3], x.data);
const latent = deconv.partOf(net, { to: "mean" }).predict(x);
const pictures = generator.predict(latent);

for (
  const [where, region] of Object.entries({
    middle: { top: 12, left: 12, height: 8, width: 8 },
    corner: { top: 0, left: 0, height: 8, width: 8 },
  })
) {
  const target: deconv.Target = { kind: "pixels", region };
  const map = deconv.integratedGradients(generator, latent, { target });
  const sheet = explanationSheet(latent, [
    { name: "gradient", map: deconv.saliency(generator, latent, { target }) },
    { name: "integrated gradients", map },
    { name: "DeepLIFT", map: deconv.deepLift(generator, latent, { target }) },
    { name: "LRP", map: deconv.lrp(generator, latent, { target }).relevance },
    {
      name: "one by one set to 0",
      map: await deconv.occlusion(generator, latent, { target, window: 1 }),
    },
  ], {
    title: `Which latent numbers made the ${where}`,
    subtitle: [
      "Explained: the mean of the framed pixels, compared with that of a latent of zeros.",
    ],
    pictures: [{ name: "input", pictures: x }, { name: "made", pictures, region }],
  });
  Deno.writeFileSync(`explain-latent-${where}.png`, encodePng(sheet));

  // The number that matters most to the first picture, set to zero: what the map said is what is lost.
  const own = [...map.data.subarray(0, 16)];
  const most = own.reduce((best, v, k) => Math.abs(v) > Math.abs(own[best]) ? k : best, 0);
  const value = (z: deconv.Tensor) => deconv.targetGradient(generator, z, { target }).values[0];
  const without = deconv.tensor(latent.data.slice(), latent.shape);
  without.data[most] = 0;
  console.log(
    `${where}: number ${most} accounts for ${
      own[most].toFixed(3)
    }; without it the region's mean goes ` +
      `from ${value(latent).toFixed(3)} to ${value(without).toFixed(3)}`,
  );
}
console.log("Wrote explain-latent-middle.png and explain-latent-corner.png");
