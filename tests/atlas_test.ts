/** The atlas against a search of every activation of every picture, and its pictures against the dataset's. */

import assert from "node:assert/strict";
import {
  activation,
  type Atlas,
  atlas,
  atlasPages,
  atlasPictures,
  atlasSheet,
  batchNormalization,
  conv2d,
  type Dataset,
  deconvnet,
  dense,
  flatten,
  fromTensors,
  getThreads,
  maxPool2d,
  type Model,
  preset,
  receptiveField,
  sequential,
  setThreads,
  shapes,
  slice,
  unfuse,
} from "../mod.ts";
import { pixelAt } from "../core/image/image.ts";
import { assertClose } from "./harness/compare.ts";
import { randomUniform } from "./harness/random_array.ts";
import { assertRejected } from "./harness/refusals.ts";
import { assertSameBits, awaitWorkers, TWO_THREADS } from "./harness/threads.ts";

const data = shapes({ size: 90, seed: 4 });

/** A small classifier of shapes, trained for a moment. */
const trained: Promise<Model> = (async () => {
  const net = sequential([
    conv2d({ name: "edges", filters: 6, kernelSize: 3, padding: "same", activation: "relu" }),
    maxPool2d(),
    conv2d({ name: "parts", filters: 8, kernelSize: 3, padding: "same", useBias: false }),
    batchNormalization({ name: "norm", momentum: 0.8 }),
    activation("relu", { name: "active" }),
    maxPool2d({ poolSize: 4 }),
    flatten(),
    dense({ name: "classes", units: 12, activation: "softmax" }),
  ], { inputShape: [32, 32, 3], seed: 1, name: "tiny" });
  net.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam" });
  await net.fitDataset(shapes({ size: 512, seed: 2 }), { epochs: 2, batchSize: 32 });
  return net;
})();

/** All pictures and classes of a dataset. */
async function all(dataset: Dataset) {
  const x = new Float32Array(dataset.size * dataset.shape.reduce((a, b) => a * b, 1));
  const labels = new Float32Array(dataset.size);
  await dataset.read(Array.from({ length: dataset.size }, (_, i) => i), x, labels);
  return { x: { shape: [dataset.size, ...dataset.shape], data: x }, labels };
}

/** Of a layer's values `[n, …, channels]` the place and value of each picture's largest, by looking at all. */
function largest(values: ArrayLike<number>, shape: readonly number[], channel: number) {
  const [count, ...space] = shape.slice(0, -1), channels = shape[shape.length - 1];
  const places = space.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, picture) => {
    let best = { value: -Infinity, place: -1, picture };
    for (let place = 0; place < places; place++) {
      const value = values[(picture * places + place) * channels + channel];
      if (value > best.value) best = { value, place, picture };
    }
    return best;
  });
}

Deno.test("the strongest pictures, places and sums are those of a search of all activations", async () => {
  const net = await trained, { x, labels } = await all(data);
  const found = await atlas(net, data, { batchSize: 90, top: 5 });
  assert.deepEqual(found.layers.map(({ layer }) => layer), ["edges", "active", "classes/linear"]);
  assert.deepEqual(found.layers[0].made, ["edges"]);
  assert.deepEqual(found.layers[1].made, ["parts", "norm", "active"]);
  assert.deepEqual([found.model, found.size, found.pictures], ["tiny", 90, 90]);
  const every = new Map(
    unfuse(net).activations(x).map(({ layer, output }) => [layer.name, output]),
  );
  for (const { layer, units, shape } of found.layers) {
    const output = every.get(layer)!;
    assert.equal(units.length, shape[shape.length - 1]);
    for (const { unit, strongest, active, lowest, classes, mean } of units) {
      const each = largest(output.data, output.shape, unit);
      const wanted = each.filter(({ value }) => value !== 0)
        .sort((a, b) => b.value - a.value || a.picture - b.picture).slice(0, 5);
      const what = `${layer} ${unit}`;
      assert.deepEqual(strongest.map(({ picture }) => picture), wanted.map((w) => w.picture), what);
      assertClose(
        { shape: [wanted.length], data: Float32Array.from(strongest, ({ value }) => value) },
        wanted.map(({ value }) => value),
        { name: what, tolerance: 1e-5 },
      );
      const places = wanted.map(({ place }) =>
        shape.length === 3 ? [Math.floor(place / shape[1]), place % shape[1]] : []
      );
      assert.deepEqual(strongest.map(({ at }) => at), places, what);
      assert.equal(active, each.filter(({ value }) => value > 0).length, what);
      const near = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-4 * (1 + Math.abs(b)));
      near(lowest!, Math.min(...each.map(({ value }) => value)));
      near(mean, wanted.reduce((sum, { value }) => sum + value, 0) / Math.max(1, wanted.length));
      classes.forEach((sum, label) => {
        const own = each.filter(({ picture }) => labels[picture] === label);
        near(sum, own.reduce((total, { value }) => total + Math.max(0, value), 0));
      });
      for (const { at, patch } of strongest) {
        assert.deepEqual(patch, receptiveField(unfuse(net), { layer, at, channel: unit }));
      }
    }
  }
  const counts = found.classCounts.map((_, label) => labels.filter((own) => own === label).length);
  assert.deepEqual(found.classCounts, counts);
});

Deno.test("patches are cut from their pictures and projections are the deconvnet's, alike", async () => {
  const net = await trained, { x } = await all(data);
  const found = await atlas(net, data, { top: 4 });
  for (const layer of found.layers) {
    const pictures = (await atlasPictures(net, data, layer, { units: [1, 4], batchSize: 7 }))!;
    const [rows, height, width, channels] = pictures.patches.shape;
    assert.deepEqual([rows, channels], [3 * pictures.top, 3]);
    assert.deepEqual({ height, width }, layer.sees);
    assert.deepEqual([pictures.from, pictures.to], [1, 4]);
    layer.units.slice(1, 4).forEach(({ unit, strongest }, i) =>
      strongest.forEach(({ picture, at, patch, value }, rank) => {
        const one = {
          shape: [1, 32, 32, 3],
          data: x.data.subarray(picture * 3072, (picture + 1) * 3072),
        };
        const { projection, units } = deconvnet(net, one, {
          layer: layer.layer,
          channel: unit,
          at,
        });
        assert.ok(Math.abs(units[0].value - value) < 1e-4 * (1 + Math.abs(value)));
        const { top, left, height: tall, width: wide } = patch!;
        // Where the border has cut the field off, the patch lies at the other side of its frame.
        const down = top === 0 ? height - tall : 0, right = left === 0 ? width - wide : 0;
        const wanted = (from: Float32Array) => {
          const frame = new Float32Array(height * width * 3).fill(NaN);
          for (let y = 0; y < tall; y++) {
            for (let k = 0; k < wide * 3; k++) {
              frame[((down + y) * width + right) * 3 + k] = from[((top + y) * 32 + left) * 3 + k];
            }
          }
          return frame;
        };
        const start = (i * pictures.top + rank) * height * width * 3;
        const part = (from: Float32Array) => from.subarray(start, start + height * width * 3);
        const what = `${layer.layer} ${unit} ${rank}`;
        assertSameBits(part(pictures.patches.data), wanted(one.data), what);
        const told = part(pictures.projections.data), expected = wanted(projection.data);
        const most = expected.reduce((m, v) => Number.isNaN(v) ? m : Math.max(m, Math.abs(v)), 0);
        told.forEach((v, k) =>
          assert.ok(Object.is(v, expected[k]) || Math.abs(v - expected[k]) <= 1e-4 * most, what)
        );
        // Nothing of the projection is outside of what the unit sees.
        const inside = told.reduce((sum, v) => Number.isNaN(v) ? sum : sum + Math.abs(v), 0);
        const whole = projection.data.reduce((sum, v) => sum + Math.abs(v), 0);
        assert.ok(Math.abs(inside - whole) <= 1e-3 * whole, what);
      })
    );
  }
});

Deno.test("an atlas that was stopped goes on as if it had not been, read a batch at a time in order", async () => {
  const net = await trained, read: number[][] = [], progress: number[] = [];
  const watched: Dataset = {
    ...data,
    read(indices, ...rest) {
      read.push(Array.from(indices));
      return data.read(indices, ...rest);
    },
  };
  const whole = await atlas(net, watched, {
    batchSize: 16,
    onProgress: (done) => progress.push(done),
  });
  assert.deepEqual(read.flat(), Array.from({ length: 90 }, (_, i) => i));
  assert.deepEqual(read.map((batch) => batch.length), [16, 16, 16, 16, 16, 10]);
  assert.deepEqual(progress, [16, 32, 48, 64, 80, 90]);
  const controller = new AbortController();
  const part = await atlas(net, data, {
    batchSize: 16,
    signal: controller.signal,
    onProgress: (done) => done === 48 && controller.abort(),
  });
  assert.equal(part.pictures, 48);
  const resume: Atlas = JSON.parse(JSON.stringify(part));
  const end = await atlas(net, data, { batchSize: 16, resume });
  assert.equal(JSON.stringify(end), JSON.stringify(whole));
  assert.equal(await atlasPictures(net, data, end.layers[0], { signal: controller.signal }), null);
});

Deno.test("an atlas is the same on one thread and on two", async () => {
  if (!TWO_THREADS) return;
  const net = await trained, before = getThreads();
  const results = [];
  for (const threads of [1, 2]) {
    setThreads(threads);
    awaitWorkers();
    const found = await atlas(net, data);
    results.push({ found, pictures: (await atlasPictures(net, data, found.layers[1]))! });
  }
  setThreads(before);
  const [one, two] = results;
  assert.equal(JSON.stringify(one.found), JSON.stringify(two.found));
  assertSameBits(one.pictures.projections.data, two.pictures.projections.data, "projections");
});

Deno.test("equal pictures keep their order, dead units are told, and 0 is no activation", async () => {
  const net = sequential([
    conv2d({ name: "a", filters: 3, kernelSize: 1, activation: "relu", inputShape: [4, 4, 1] }),
  ]);
  // One unit that passes, one that is always 0, one that is the same everywhere.
  net.setWeights("a/kernel", { shape: [1, 1, 1, 3], data: Float32Array.of(1, 0, 0) });
  net.setWeights("a/bias", { shape: [3], data: Float32Array.of(-0.5, -1, 2) });
  const x = new Float32Array(6 * 16);
  [0.2, 0.9, 0.9, 0.7, 0.1, 0.9].forEach((value, picture) => x[picture * 16 + 5] = value);
  const found = await atlas(net, fromTensors({ shape: [6, 4, 4, 1], data: x }), { top: 9 });
  const [passes, silent, constant] = found.layers[0].units;
  assert.deepEqual(passes.strongest.map(({ picture }) => picture), [1, 2, 5, 3]);
  assert.deepEqual(passes.strongest[0].at, [1, 1]);
  assert.deepEqual([passes.dead, silent.dead, constant.dead], [false, true, true]);
  assert.deepEqual([passes.active, silent.active, constant.active], [4, 0, 6]);
  assert.deepEqual(silent.strongest, []);
  assert.deepEqual(found.classCounts, []);
  // Two pictures of each unit at most: the first of equals stay.
  const two = await atlas(net, fromTensors({ shape: [6, 4, 4, 1], data: x }), { top: 2 });
  assert.deepEqual(two.layers[0].units[0].strongest.map(({ picture }) => picture), [1, 2]);
});

Deno.test("the layers looked at: what has weights, behind its activation, before chances", async () => {
  const few = slice(data, 0, 4);
  const names = async (net: Model, dataset: Dataset = few) =>
    (await atlas(net, dataset, { top: 1 })).layers.map(({ layer }) => layer);
  assert.deepEqual(
    await names(preset("classifier").build({ classes: 12 })),
    ["relu1", "relu2", "relu3", "relu4", "classes/linear"],
  );
  const decoder = preset("deconv-autoencoder").build({ seed: 0 });
  assert.deepEqual(await names(decoder), [
    "encode1",
    "encode2",
    "code",
    "decode1",
    "decode2",
    "picture/linear",
  ]);
  // A vector that becomes a picture is looked at as one.
  const generator = preset("dcgan").build({ seed: 0, shape: [16, 16, 1] });
  const latent = fromTensors(randomUniform([2, ...generator.inputShape], 3, -1, 1));
  assert.deepEqual(await names(generator, latent), ["relu1", "relu2", "relu3", "picture/linear"]);
  const vae = preset("vae").build({ seed: 0 });
  assert.deepEqual((await names(vae)).slice(-4), ["maps", "decode2", "decode3", "made/linear"]);
  const found = await atlas(decoder, few, { layers: ["decode2", "picture"], top: 2 });
  assert.deepEqual(found.layers.map(({ sees, kind }) => [sees.height, kind]), [
    [23, "conv2d_transpose"],
    [23, "activation"],
  ]);
  const pictures = (await atlasPictures(decoder, few, found.layers[0]))!;
  assert.ok(pictures.projections.data.some((value) => value > 0));
});

Deno.test("sheets: every unit is on one page, patches keep their colours", async () => {
  const net = await trained, found = await atlas(net, data);
  for (const layer of found.layers) {
    const pages = atlasPages(found, layer);
    assert.deepEqual(pages.map(([from]) => from), [0, ...pages.slice(0, -1).map(([, to]) => to)]);
    assert.equal(pages.at(-1)![1], layer.units.length);
    for (const units of pages) {
      const image = atlasSheet(layer, (await atlasPictures(net, data, layer, { units }))!, found);
      assert.ok(image.width <= 1400 && image.height <= 1500, `${image.width}x${image.height}`);
    }
  }
  // A white square on black: its patch is white, and the projection brighter than gray.
  const passing = sequential([
    conv2d({ name: "a", filters: 1, kernelSize: 1, activation: "relu", inputShape: [4, 4, 1] }),
  ]);
  passing.setWeights("a/kernel", { shape: [1, 1, 1, 1], data: Float32Array.of(1) });
  const x = { shape: [3, 4, 4, 1], data: new Float32Array(48) };
  [0.5, 1, 0.25].forEach((value, picture) => x.data[picture * 16 + 6] = value);
  const dataset = fromTensors(x), numbers = await atlas(passing, dataset);
  const [layer] = numbers.layers, pictures = (await atlasPictures(passing, dataset, layer))!;
  assert.deepEqual([...pictures.patches.data], [1, 0.5, 0.25]);
  assert.deepEqual([...pictures.projections.data], [1, 0.5, 0.25]);
  const image = atlasSheet(layer, pictures, numbers);
  const colours = new Set<string>();
  for (let y = 0; y < image.height; y++) {
    for (let at = 24; at < 180; at++) colours.add(pixelAt(image, { x: at, y }).join());
  }
  for (const gray of [255, 128, 64]) assert.ok(colours.has(`${gray},${gray},${gray}`), `${gray}`);
});

Deno.test("what cannot be looked at is refused", async () => {
  const net = await trained;
  const gray = fromTensors(randomUniform([2, 32, 32, 1], 1));
  await assertRejected(() => atlas(net, gray), /takes inputs of shape \[32,32,3\], and those of/);
  await assertRejected(() => atlas(net, data, { layers: ["nose"] }), /no layer or input "nose"/);
  await assertRejected(
    () => atlas(net, data, { top: 0 }),
    /top must be a whole number of at least 1/,
  );
  const found = await atlas(net, slice(data, 0, 4));
  await assertRejected(
    () => atlas(net, data, { resume: found }),
    /Cannot go on with an atlas of tiny/,
  );
  const [layer] = found.layers;
  await assertRejected(
    () => atlasPictures(net, data, layer, { units: [4, 7] }),
    /Cannot show units 4 to 7 of edges: it has 6/,
  );
  const two = sequential([conv2d({ filters: 1, kernelSize: 1, inputShape: [4, 4, 2] })]);
  const pairs = fromTensors(randomUniform([3, 4, 4, 2], 1));
  const odd = await atlas(two, pairs), pictures = (await atlasPictures(two, pairs, odd.layers[0]))!;
  assert.throws(() => atlasSheet(odd.layers[0], pictures, odd), /pictures of 1 or 3 channels/);
});
