/** Of the network itself: filters alike, dead units, histograms, film strips, linear probes, and their sheets. */
import assert from "node:assert/strict";
import {
  activation,
  conv2d,
  conv2dTranspose,
  deadUnits,
  deadUnitsTable,
  dense,
  depthwiseConv2d,
  filmStrip,
  filmStripSheet,
  filterSimilarity,
  filterSimilaritySheet,
  flatten,
  fromTensors,
  histogramSheet,
  linearProbes,
  linearProbeSheet,
  random,
  separableConv2d,
  sequential,
  spectralNormalization,
  type Tensor,
  trainingHistograms,
} from "../mod.ts";
import { averagedToGrid } from "../core/explain/network/linear_probes.ts";
import { histogramOf } from "../core/explain/network/training_histograms.ts";

const draws = random(3, "network tests");
const uniform = (shape: number[], step = 0): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => draws.uniform(step, i)) };
};

Deno.test("likeness of filters: cosines, duplicates, opposites, zeros, and an order", () => {
  const net = sequential([
    conv2d({ filters: 5, kernelSize: [1, 2], name: "c", inputShape: [4, 4, 1] }),
  ]);
  // Filters (1,0) (0,1) (2,0) (−1,0) (0,0), taps down the rows.
  net.setWeights("c/kernel", {
    shape: [1, 2, 1, 5],
    data: Float32Array.of(1, 0, 2, -1, 0, 0, 1, 0, 0, 0),
  });
  const found = filterSimilarity(net, "c");
  assert.deepEqual([...found.cosines.subarray(0, 5)], [1, 0, 1, -1, 0]);
  assert.deepEqual(found.clusters, [[0, 2]]);
  assert.deepEqual(found.zeros, [4]);
  assert.deepEqual(found.order.slice(0, 2), [0, 2]);
  assert.deepEqual([...found.order].sort(), [0, 1, 2, 3, 4]);
  assert.ok(filterSimilaritySheet(found).width > 200);
  assert.throws(() => filterSimilarity(net, "c", { threshold: 0 }), { message: /threshold/ });
  assert.throws(() => filterSimilarity(net, "d"), { message: /no layer "d"/ });
});

Deno.test("likeness of filters: what a filter is, by kind", () => {
  const kinds = [
    conv2d({ filters: 6, kernelSize: 3, groups: 2, name: "x" }),
    conv2dTranspose({ filters: 6, kernelSize: 3, groups: 2, name: "x" }),
    depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, name: "x" }),
    separableConv2d({ filters: 6, kernelSize: 3, name: "x" }),
    spectralNormalization(conv2dTranspose({ filters: 6, kernelSize: 3 }), { name: "x" }),
    dense({ units: 6, name: "x" }),
  ];
  const expected = [6, 6, 8, 6, 6, 6];
  kinds.forEach((layer, i) => {
    const net = sequential([layer], { inputShape: [5, 5, 4] });
    assert.equal(filterSimilarity(net, "x").filters, expected[i], layer.kind);
  });
  // A transposed convolution's filter makes one output channel: the same weights give the same output.
  const net = sequential([
    conv2dTranspose({ filters: 4, kernelSize: 2, groups: 2, name: "t", inputShape: [3, 3, 4] }),
  ]);
  const kernel = net.getWeights("t/kernel"), [, , planes, inputs] = kernel.shape;
  // Output channel 3 (group 1, plane 1) becomes a copy of channel 2 (group 1, plane 0).
  for (let tap = 0; tap < 4; tap++) {
    for (let i = 2; i < inputs; i++) {
      kernel.data[(tap * planes + 1) * inputs + i] = kernel.data[tap * planes * inputs + i];
    }
  }
  net.setWeights("t/kernel", kernel);
  assert.deepEqual(filterSimilarity(net, "t").clusters, [[2, 3]]);
  const bare = sequential([activation("relu", { name: "a", inputShape: [2] })]);
  assert.throws(() => filterSimilarity(bare, "a"), { message: /has no kernel/ });
});

Deno.test("dead units: those that never change, and how active the others are", async () => {
  const net = sequential([
    dense({ units: 3, activation: "relu", name: "d", inputShape: [2] }),
    dense({ units: 1, name: "e" }),
  ]);
  net.setWeights("d/kernel", { shape: [2, 3], data: Float32Array.of(1, 0, -1, 0, 0, 0) });
  net.setWeights("d/bias", { shape: [3], data: Float32Array.of(-0.5, 2, -1) });
  const x = { shape: [4, 2], data: Float32Array.of(0, 0, 1, 0, 0.25, 0, 0.75, 1) };
  for (const data of [x, fromTensors(x)]) {
    const [d, e] = await deadUnits(net, data, { batchSize: 3 });
    assert.deepEqual(d.dead, [1, 2]);
    assert.deepEqual([...d.active], [0.5, 1, 0]);
    assert.deepEqual([d.least[0], d.most[0]], [0, 0.5]);
    assert.deepEqual(e.dead, []);
    const table = deadUnitsTable([d, e]);
    assert.match(table, /d +dense +3 +2 +50\.0 %/);
    for (const line of table.split("\n")) assert.ok(line.length <= 80);
  }
});

Deno.test("histograms: of numbers, and of a run, with gradients of its last step", async () => {
  const { low, high, mean, counts, notFinite } = histogramOf(
    Float32Array.of(0, 1, 1, 4, NaN, 2, 3.9, Infinity, 0.1),
    4,
  );
  assert.deepEqual([low, high, notFinite], [0, 4, 2]);
  assert.deepEqual(counts, [2, 2, 1, 2]);
  assert.ok(Math.abs(mean - 12 / 7) < 1e-6);
  assert.deepEqual(histogramOf(Float32Array.of(5, 5), 8).counts.reduce((a, b) => a + b), 2);

  const net = sequential([
    dense({ units: 4, activation: "relu", name: "d", inputShape: [3] }),
    dense({ units: 2, name: "e" }),
  ]);
  net.compile({ loss: "mse", optimizer: "sgd" });
  const x = uniform([8, 3]), y = uniform([8, 2], 1);
  const seen = trainingHistograms({ probe: x, every: 2 });
  await net.fit(x, y, { epochs: 4, batchSize: 8, callbacks: [seen] });
  const of = (kind: string, name: string) =>
    seen.series.find((series) => series.kind === kind && series.name === name)!.histograms;
  assert.deepEqual(of("weights", "d/kernel").map(({ epoch }) => epoch), [0, 2, 4]);
  assert.deepEqual(of("gradients", "e/bias").map(({ epoch }) => epoch), [2, 4]);
  assert.equal(of("activations", "d")[0].counts.reduce((a, b) => a + b), 32);
  const bias = net.getWeights("e/bias").data;
  assert.equal(of("weights", "e/bias")[2].high, Math.max(...bias));
  const gradient = net.parameters.find(({ name }) => name === "e/bias")!.gradient.view;
  assert.equal(of("gradients", "e/bias")[1].low, Math.min(...gradient));
  assert.ok(histogramSheet(seen.series).height > 300);
  assert.throws(() => histogramSheet([]), { message: /there are none/ });
  // A run that goes on goes on with what was kept.
  const again = trainingHistograms({ probe: x, every: 2, names: ["d"] });
  again.restore!(seen.state!(), null as never);
  assert.deepEqual(again.series, seen.series);
  assert.throws(() => again.restore!({ values: {} }, null as never), { message: /no series/ });
  assert.throws(() => trainingHistograms({ bins: 0 }), { message: /bins/ });
  await net.fit(x, y, { epochs: 1, callbacks: [again] });
  assert.deepEqual([...new Set(again.series.map(({ name }) => name))], ["d/kernel", "d/bias", "d"]);
});

Deno.test("film strips: filters and takes, frame by frame", async () => {
  const net = sequential([
    conv2d({ filters: 4, kernelSize: 3, padding: "same", name: "c", inputShape: [6, 6, 3] }),
    conv2dTranspose({ filters: 3, kernelSize: 2, padding: "same", name: "t" }),
  ]);
  net.compile({ loss: "mse" });
  const x = uniform([2, 6, 6, 3]);
  const before = net.getWeights("c/kernel").data;
  const strip = filmStrip({
    filters: ["c", "t"],
    count: 2,
    takes: { made: (model) => model.predict(x) },
    every: 2,
  });
  await net.fit(x, x, { epochs: 4, callbacks: [strip] });
  assert.deepEqual(strip.epochs, [0, 2, 4]);
  assert.deepEqual(strip.rows.map(({ label }) => label), [
    "c 0",
    "c 1",
    "t 0",
    "t 1",
    "made 0",
    "made 1",
  ]);
  const [first, , back] = strip.rows;
  assert.deepEqual(first.frames[0].shape, [1, 3, 3, 3]);
  // Filter 0's weight of tap 4, colour 1.
  assert.equal(first.frames[0].data[4 * 3 + 1], before[(4 * 3 + 1) * 4]);
  // A transposed kernel is [kh, kw, out, in]: the mean of its four inputs.
  const kernel = net.getWeights("t/kernel").data,
    mean = kernel.subarray(0, 4).reduce((a, b) => a + b) / 4;
  assert.ok(Math.abs(back.frames[2].data[0] - mean) < 1e-6);
  assert.deepEqual(strip.rows[4].frames[2].data, net.predict(x).data.slice(0, 108));
  assert.ok(filmStripSheet(strip).width > 200);
  assert.throws(() => filmStrip({}), { message: /nothing to take/ });
  assert.throws(() => filmStripSheet({ epochs: [], rows: [] }), { message: /empty/ });
  const refused = (options: Parameters<typeof filmStrip>[0], message: RegExp, of = net) =>
    assert.rejects(() => of.fit(x, x, { callbacks: [filmStrip(options)] }), { message });
  await refused({ filters: ["nowhere"] }, /no layer "nowhere"/);
  await refused({ takes: { wrong: () => uniform([2, 2]) } }, /cannot show "wrong"/);
});

Deno.test("linear probes: a layer that parts the classes is found out, one that mixes them too", async () => {
  // Classes by the sign of a product, which no line can tell; a layer of two relus can.
  const make = (count: number, step: number) => {
    const data = new Float32Array(2 * count), labels = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const [a, b] = [draws.uniform(step, 2 * i) - 0.5, draws.uniform(step, 2 * i + 1) - 0.5];
      data.set([a, b], 2 * i);
      labels[i] = a * b > 0 ? 1 : 0;
    }
    return fromTensors({ shape: [count, 2], data }, { shape: [count], data: labels });
  };
  const net = sequential([
    dense({ units: 4, activation: "relu", name: "parts", inputShape: [2] }),
    dense({ units: 1, name: "lost", kernelInitializer: "zeros" }),
  ]);
  net.setWeights("parts/kernel", {
    shape: [2, 4],
    data: Float32Array.of(1, -1, 1, -1, 1, -1, -1, 1),
  });
  const before = net.getWeights("parts/kernel").data;
  const data = { train: make(300, 1), test: make(200, 2) };
  const probes = await linearProbes(net, data, { epochs: 40 });
  assert.deepEqual(probes.map(({ name }) => name), ["input", "parts", "lost"]);
  assert.deepEqual(probes.map(({ features }) => features), [2, 4, 1]);
  const [input, parts, lost] = probes.map(({ accuracy }) => accuracy);
  assert.ok(input < 0.75 && lost < 0.75, `${input} ${lost}`);
  assert.ok(parts > 0.9, `${parts}`);
  assert.deepEqual(net.getWeights("parts/kernel").data, before);
  assert.ok(linearProbeSheet(probes).width > 400);
  const one = await linearProbes(net, data, { layers: ["parts"], epochs: 1, samples: [50, 20] });
  assert.equal(one.length, 1);
  await assert.rejects(() => linearProbes(net, data, { layers: ["x"] }), {
    message: /no layer "x" to probe/,
  });
  const none = fromTensors(uniform([4, 2]));
  await assert.rejects(() => linearProbes(net, { train: none, test: none }), {
    message: /no class/,
  });
  assert.throws(() => linearProbeSheet([]), { message: /there are none/ });
});

Deno.test("probes see feature maps averaged to a grid", () => {
  const maps = { shape: [1, 4, 5, 1], data: Float32Array.from({ length: 20 }, (_, i) => i) };
  const { shape, data } = averagedToGrid(maps, 2);
  assert.deepEqual(shape, [1, 4]);
  // Rows 0 and 1, columns 0 to 2 and 3 to 4.
  assert.deepEqual([...data].map((value) => Math.round(1000 * value) / 1000), [3.5, 6, 13.5, 16]);
  assert.deepEqual(averagedToGrid(maps, 8).shape, [1, 20]);
  const net = sequential([flatten({ inputShape: [2, 2, 1] })]);
  assert.deepEqual(averagedToGrid(net.predict(uniform([3, 2, 2, 1])), 1).shape, [3, 4]);
});
