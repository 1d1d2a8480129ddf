// Trains a small classifier in seconds, asks several methods why it said so, and how far each can be
// trusted: a map that stays as it is when the weights become random says nothing about the network.
//   deno run --allow-write=. examples/explain_classifier.ts
import * as deconv from "@deconv/deconv";

const { conv2d, dense, encodePng, evidence, explanationSheet, maxPool2d, shapes } = deconv;

const maps = { kernelSize: 3, padding: "same", activation: "relu" } as const;
const net = deconv.sequential([
  conv2d({ ...maps, filters: 16, inputShape: [32, 32, 3] }),
  maxPool2d(),
  conv2d({ ...maps, filters: 32 }),
  maxPool2d(),
  conv2d({ ...maps, filters: 64 }),
  deconv.globalAveragePool2d(),
  dense({ units: 12, activation: "softmax" }),
], { name: "shapes", seed: 1 });

net.compile({
  optimizer: deconv.adam({ learningRate: 3e-3 }),
  loss: "sparse_categorical_crossentropy",
  metrics: ["accuracy"],
});
const test = shapes({ size: 500, seed: 1, split: "test" });
await net.fitDataset(shapes({ size: 4000, seed: 1 }), {
  target: "labels",
  epochs: 4,
  batchSize: 32,
  validation: test,
  onEpochEnd: (epoch, { loss, val_accuracy }) =>
    console.log(epoch + 1, loss.toFixed(3), `${(100 * val_accuracy).toFixed(1)} % right`),
});

const x = deconv.zeros([4, 32, 32, 3]);
await test.read([0, 1, 2, 3], x.data);

const methods: Record<string, deconv.Attribute> = {
  "saliency": deconv.saliency,
  "guided backprop": deconv.guidedBackprop,
  "integrated gradients": (model, x, options) =>
    deconv.integratedGradients(model, x, { ...options, steps: 32, baseline: "mean" }),
  "Grad-CAM": (model, x, options) =>
    deconv.gradCam(model, x as deconv.Tensor, { target: options.target, resize: true }),
  "LRP": (model, x, options) => deconv.lrp(model, x, options).relevance,
  "occlusion": (model, x, options) =>
    deconv.occlusion(model, x, { ...options, window: 6, stride: 3, baseline: "mean" }),
};

const columns: deconv.ExplainedBy[] = [];
for (const [name, method] of Object.entries(methods)) {
  const map = await method(net, x, {});
  // Deletion: the chance of the class while what the map finds important is blurred away.
  const found = await evidence(net, x, method, {
    deletion: { steps: 16, baseline: "blur" },
    insertion: { steps: 16 },
    infidelity: false,
    maxSensitivity: false,
    completeness: false,
    randomization: { modes: ["cascading"] },
  });
  const area = found.deletion!.reduce((sum, curve) => sum + curve.area, 0) / x.shape[0];
  const alike = found.randomization!.similarity;
  console.log(name.padEnd(22), `deletion ${area.toFixed(3)}`, ...found.warnings);
  columns.push({
    name,
    map,
    reduce: name === "saliency" ? "max" : "sum",
    evidence: [`deletion ${area.toFixed(3)}`, `weights ${alike.toFixed(2).replace("-", "−")}`],
    marks: found.warnings,
  });
}
const sheet = explanationSheet(x, columns, {
  title: "Why the network said so",
  subtitle: [
    "Of four pictures the class that was found. Deletion: the class's mean chance while the largest " +
    "places of the map go, less is better. Weights: rank correlation with maps of networks whose layers were made random, from the top down.",
  ],
});
Deno.writeFileSync("explain-classifier.png", encodePng(sheet));
console.log("Wrote explain-classifier.png");
