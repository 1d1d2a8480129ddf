// A classifier watched while it learns: filters and projections by epoch, histograms; and afterwards which
// filters are alike, which units dead, and how well the classes can be told from each layer.
//   deno run --allow-write examples/watch_training.ts [epochs]
import {
  conv2d,
  deadUnits,
  deadUnitsTable,
  deconvnet,
  dense,
  encodePng,
  filmStrip,
  filmStripSheet,
  filterSimilarity,
  filterSimilaritySheet,
  globalAveragePool2d,
  histogramSheet,
  type Image,
  linearProbes,
  linearProbeSheet,
  maxPool2d,
  sequential,
  shapes,
  type Tensor,
  trainingHistograms,
} from "@deconv/deconv";

const epochs = Number(Deno.args[0] ?? 8);
const conv = { kernelSize: 3, padding: "same", activation: "relu" } as const;
const net = sequential([
  conv2d({ ...conv, name: "conv1", filters: 16, kernelSize: 5, inputShape: [32, 32, 3] }),
  maxPool2d({ name: "pool1" }),
  conv2d({ ...conv, name: "conv2", filters: 32 }),
  maxPool2d({ name: "pool2" }),
  conv2d({ ...conv, name: "conv3", filters: 64 }),
  globalAveragePool2d({ name: "average" }),
  dense({ name: "classes", units: 12, activation: "softmax" }),
], { seed: 1 });
net.compile({ loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });

const train = shapes({ size: 2000, seed: 1 }), test = shapes({ size: 500, seed: 1, split: "test" });
const probe: Tensor = { shape: [4, 32, 32, 3], data: new Float32Array(4 * 32 * 32 * 3) };
await test.read([0, 1, 2, 3], probe.data);

const strip = filmStrip({
  filters: ["conv1"],
  count: 6,
  takes: {
    "conv3, strongest": (model) =>
      deconvnet(model, probe, { layer: "conv3", batchSize: 4 }).projection,
  },
  signed: ["conv3, strongest"],
});
const histograms = trainingHistograms({ probe, names: ["conv1", "conv3", "classes"] });
const { history } = await net.fitDataset(train, {
  epochs,
  batchSize: 32,
  validation: test,
  callbacks: [strip, histograms],
});
console.log("accuracy", history.val_accuracy.map((value) => value.toFixed(2)).join(" "));
console.log(deadUnitsTable(await deadUnits(net, test)));

const sheets: Record<string, Image> = {
  film: filmStripSheet(strip),
  histograms: histogramSheet(histograms.series),
  likeness: filterSimilaritySheet(filterSimilarity(net, "conv3", { threshold: 0.8 })),
  probes: linearProbeSheet(await linearProbes(net, { train, test }, { samples: [1000, 500] })),
};
for (const [name, sheet] of Object.entries(sheets)) {
  Deno.writeFileSync(`${name}.png`, encodePng(sheet));
  console.log(`Wrote ${name}.png`);
}
