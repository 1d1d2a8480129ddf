/** Targets of any shape: what is built from datasets keeps them, and training takes what fits. */
import assert from "node:assert/strict";
import { readBatches } from "../core/data/batches.ts";
import { cache } from "../core/data/cache.ts";
import { concat, zip } from "../core/data/combine.ts";
import { type Dataset, fromTensors, shuffle, slice, split, subset } from "../core/data/dataset.ts";
import { map } from "../core/data/map.ts";
import { DeconvError } from "../core/errors.ts";
import { conv2d } from "../core/layers/conv2d.ts";
import { dense } from "../core/layers/dense.ts";
import { flatten } from "../core/layers/reshape.ts";
import type { Loss } from "../core/losses.ts";
import { sequential } from "../core/sequential.ts";
import { type Shape, sizeOf, tensor } from "../core/tensor.ts";

/** `count` pictures of [2,2,1]: picture i holds i/10; its target holds 100i, 100i + 1, …. */
function pictures(count: number, targetShape: Shape): Dataset {
  const width = sizeOf(targetShape);
  return fromTensors(
    tensor(Float32Array.from({ length: 4 * count }, (_, i) => Math.floor(i / 4) / 10), [
      count,
      2,
      2,
      1,
    ]),
    tensor(
      Float32Array.from(
        { length: width * count },
        (_, i) => 100 * Math.floor(i / width) + i % width,
      ),
      [count, ...targetShape],
    ),
    { name: "pictures" },
  );
}

/** The same dataset, whose reading has to wait. */
function waiting(dataset: Dataset): Dataset {
  return { ...dataset, read: async (...args) => void await dataset.read(...args) };
}

/** What a dataset holds: of each picture the first value times ten, and the target's first. */
async function held(dataset: Dataset): Promise<number[][]> {
  const one = sizeOf(dataset.shape), width = sizeOf(dataset.targetShape ?? []);
  const x = new Float32Array(dataset.size * one), y = new Float32Array(dataset.size * width);
  await dataset.read(Array.from({ length: dataset.size }, (_, i) => i), x, y);
  return Array.from(
    { length: dataset.size },
    (_, i) => [Math.round(10 * x[i * one]), y[i * width]],
  );
}

const refusal = (pattern: RegExp) => (e: Error) =>
  e instanceof DeconvError && pattern.test(e.message) && !e.message.includes("\n");

Deno.test("targets of any shape are read by number, whole, and by views of views", async () => {
  const dataset = pictures(5, [2, 3]);
  assert.deepEqual(dataset.targetShape, [2, 3]);
  const y = new Float32Array(12);
  dataset.read([4, 1], new Float32Array(8), y);
  assert.deepEqual([...y], [400, 401, 402, 403, 404, 405, 100, 101, 102, 103, 104, 105]);
  const view = subset(slice(dataset, 1), [3, 0]);
  assert.deepEqual(view.targetShape, [2, 3]);
  assert.deepEqual(await held(view), [[4, 400], [1, 100]]);
  assert.deepEqual(split(dataset, 0.4)[1].targetShape, [2, 3]);
  assert.throws(
    () => dataset.read([0, 1], new Float32Array(8), new Float32Array(11)),
    refusal(/each \[2,2,1\] with targets \[2,3\], into 8 values and 11 target values/),
  );
});

Deno.test("readBatches gives targets their shape", async () => {
  const seen: Shape[] = [];
  for await (const { labels } of readBatches(pictures(3, [2, 3]), { batchSize: 2 })) {
    seen.push(labels.shape);
  }
  const numbers = fromTensors(tensor(new Float32Array(12), [3, 4]), tensor([1, 2, 0]));
  for await (const { labels } of readBatches(numbers)) seen.push(labels.shape);
  assert.deepEqual(seen, [[2, 2, 3], [1, 2, 3], [3]]);
});

Deno.test("shuffle is one fixed order of all pictures", async () => {
  const dataset = pictures(9, []), mixed = await held(shuffle(dataset, 3));
  assert.deepEqual(await held(shuffle(dataset, 3)), mixed);
  assert.notDeepEqual(mixed, await held(dataset));
  assert.deepEqual([...mixed].sort((a, b) => a[0] - b[0]), await held(dataset));
});

for (const wait of [false, true]) {
  const from = (dataset: Dataset) => wait ? waiting(dataset) : dataset;
  const when = wait ? "that must be waited for" : "in memory";

  Deno.test(`map changes pictures ${when}`, async () => {
    const dataset = map(
      from(pictures(4, [2])),
      { shape: [2], targetShape: null, name: "mapped" },
      (x, target, index) => ({ x: [x[0] * 2, index], target: [target[1]] }),
    );
    assert.deepEqual([dataset.name, dataset.shape, dataset.targetShape], [
      "mapped",
      [2],
      undefined,
    ]);
    assert.deepEqual(await held(dataset), [[0, 1], [2, 101], [4, 201], [6, 301]]);
    const later = map(from(pictures(3, [2])), {}, async (x) => {
      await Promise.resolve();
      x[0] += 1; // its own copy
      return {};
    });
    assert.deepEqual(await held(later), [[10, 0], [11, 100], [12, 200]]);
    const wrong = map(from(pictures(3, [2])), { name: "odd" }, () => ({ target: [1] }));
    await assert.rejects(
      held(wrong),
      refusal(/map odd: its targets are to be \[2\], 2 values, and the function gave 1/),
    );
  });

  Deno.test(`zip makes the pictures of one the targets of the other, ${when}`, async () => {
    const pairs = zip(
      from(pictures(3, [])),
      from(map(pictures(3, []), {}, (x) => ({ x: x.map((v) => v + 7) }))),
    );
    assert.deepEqual(pairs.targetShape, [2, 2, 1]);
    assert.deepEqual((await held(pairs)).map(([x, y]) => [x, Math.round(10 * y)]), [[0, 70], [
      1,
      71,
    ], [2, 72]]);
  });

  Deno.test(`concat joins datasets ${when}`, async () => {
    const joined = concat([from(pictures(2, [2])), from(pictures(0, [2])), from(pictures(3, [2]))]);
    assert.deepEqual([joined.size, joined.targetShape], [5, [2]]);
    assert.deepEqual(await held(joined), [[0, 0], [1, 100], [0, 0], [1, 100], [2, 200]]);
    assert.deepEqual(await held(subset(joined, [4, 1, 0, 2])), [[2, 200], [1, 100], [0, 0], [
      0,
      0,
    ]]);
  });

  Deno.test(`cache reads every picture once, ${when}`, async () => {
    for (const as of ["floats", "bytes"] as const) {
      let reads = 0;
      const source = from(pictures(6, [2]));
      const counted: Dataset = {
        ...source,
        read: (indices, x, y) => {
          reads += indices.length;
          return source.read(indices, x, y);
        },
      };
      const cached = cache(counted, { as });
      const x = new Float32Array(12), y = new Float32Array(6);
      await cached.read([3, 1, 3], x, y);
      assert.equal(reads, 2);
      assert.deepEqual([...y], [300, 301, 100, 101, 300, 301]);
      const third = as === "bytes" ? Math.fround(Math.round(0.3 * 255) / 255) : Math.fround(0.3);
      assert.deepEqual([x[0], x[8]], [third, third]);
      assert.deepEqual(await held(cached), await held(source));
      await held(cached);
      await cached.read([5], x); // without targets
      assert.equal(reads, 6);
    }
  });
}

Deno.test("cache refuses what does not fit, with the figures", async () => {
  const dataset = pictures(1000, [2]);
  assert.throws(
    () => cache(dataset, { limit: 20000 }),
    refusal(/1000 pictures take 1 MiB as floats, and the limit is 1 MiB; as: "bytes" takes less/),
  );
  cache(dataset, { limit: 24000 });
  assert.throws(() => cache(dataset, { as: "bytes", limit: 11999 }), refusal(/as bytes/));
  const negative = cache(fromTensors(tensor([0.5, -1], [2, 1]), undefined, { name: "n" }), {
    as: "bytes",
  });
  await assert.rejects(held(negative), refusal(/cache n as bytes: picture 1 has the value -1/));
});

Deno.test("what does not fit together is refused", () => {
  assert.throws(() => zip(pictures(2, []), pictures(3, [])), refusal(/2 pictures.*the 3 of/));
  assert.throws(() => concat([]), refusal(/no datasets/));
  assert.throws(
    () => concat([pictures(2, []), pictures(2, [1])]),
    refusal(/their targets are class numbers and \[1\]/),
  );
  assert.throws(
    () => concat([pictures(2, []), { ...pictures(2, []), shape: [4] }]),
    refusal(/their pictures are \[2,2,1\] and \[4\]/),
  );
  assert.throws(
    () => concat([pictures(2, []), { ...pictures(2, []), classNames: ["a"] }]),
    refusal(/their class names are none and a/),
  );
});

/** A network for [2,2,1] with an output of `units` and a loss. */
function classifier(units: number, loss: Loss) {
  const net = sequential([
    flatten({ inputShape: [2, 2, 1] }),
    dense({ units, activation: units === 1 ? "sigmoid" : "softmax" }),
  ]);
  net.compile({ loss, optimizer: "sgd", metrics: ["accuracy"] });
  return net;
}

const labelled = (...labels: number[]) =>
  map(pictures(labels.length, []), { name: "labelled" }, (_x, _y, i) => ({ target: [labels[i]] }));

Deno.test("class numbers serve sparse and categorical losses alike, and binary ones as 0 and 1", async () => {
  const data = labelled(0, 2, 1, 2), sparse = classifier(3, "sparse_categorical_crossentropy");
  const categorical = classifier(3, "categorical_crossentropy");
  for (const net of [sparse, categorical]) {
    await net.fitDataset(data, { epochs: 2, batchSize: 3 });
  }
  assert.deepEqual(await categorical.evaluateDataset(data), await sparse.evaluateDataset(data));
  const binary = classifier(1, "binary_crossentropy"), other = classifier(1, "binary_crossentropy");
  await binary.fitDataset(labelled(0, 1, 1));
  await other.fitDataset({ ...labelled(0, 1, 1), targetShape: [1] });
  assert.deepEqual(binary.parameters[0].value.view.slice(), other.parameters[0].value.view.slice());
  for (
    const [net, labels, message] of [
      [categorical, [0, 3], /Target 1 is 3, which is not a class: the network has 3/],
      [categorical, [-1], /Target 0 is -1/],
      [binary, [0, 2], /needs the classes 0 and 1, and a label of labelled is 2/],
    ] as const
  ) {
    await assert.rejects(net.fitDataset(labelled(...labels), { shuffle: false }), refusal(message));
  }
});

Deno.test("masks of class numbers, and targets of the loss's shape", async () => {
  const net = (loss: Loss) => {
    const made = sequential([
      conv2d({ filters: 3, kernelSize: 1, activation: "softmax", inputShape: [2, 2, 1] }),
    ]);
    made.compile({ loss, optimizer: "sgd" });
    return made;
  };
  const masks = (targetShape: Shape) =>
    map(pictures(4, []), { targetShape }, (_x, _y, i) => ({ target: [0, 1, 2, i % 3] }));
  const results = [];
  for (const loss of ["sparse_categorical_crossentropy", "categorical_crossentropy"] as const) {
    for (const shape of [[2, 2], [2, 2, 1]]) {
      const made = net(loss);
      await made.fitDataset(masks(shape), { epochs: 2 });
      results.push(await made.evaluateDataset(masks(shape)));
    }
  }
  for (const result of results) assert.deepEqual(result, results[0]);
  const mse = net("mse");
  await mse.fitDataset(map(pictures(4, []), { targetShape: [2, 2, 3] }, () => ({
    target: new Float32Array(12),
  })));
  await assert.rejects(
    mse.fitDataset(masks([2, 2])),
    refusal(/loss mse needs targets of shape \[2,2,3\], and those of pictures are \[2,2\]/),
  );
  await assert.rejects(
    mse.fitDataset(pictures(2, [])),
    refusal(/labels of pictures are class numbers.*not mse with an output of \[2,2,3\]; .*"input"/),
  );
});
