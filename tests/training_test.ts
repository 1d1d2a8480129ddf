/** Training runs: the same bits every time, what falls and what stops, and where they go on. */

import assert from "node:assert/strict";
import {
  adam,
  dense,
  type FitOptions,
  getThreads,
  type History,
  type Model,
  sequential,
  setThreads,
  type Tensor,
  tensor,
} from "../mod.ts";
import { fromTensors } from "../core/data/dataset.ts";
import type { Dataset } from "../core/data/dataset.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal } from "./harness/random_array.ts";
import { assertRejected } from "./harness/refusals.ts";
import { autoencoder, classifier, labelled, pictures, weightBits } from "./harness/small_nets.ts";
import { awaitWorkers, TWO_THREADS } from "./harness/threads.ts";

const sparse = "sparse_categorical_crossentropy";
const weightsOf = (net: Model) => Object.values(weightBits(net));

/** A finished run: its weights' bits and its history. */
interface Run {
  readonly weights: Record<string, Uint32Array>;
  readonly history: History;
}

async function trainAutoencoder(seed: number, fit: FitOptions = {}): Promise<Run> {
  const net = autoencoder(seed), x = pictures(50);
  net.compile({ loss: "binary_crossentropy", optimizer: adam({ learningRate: 5e-3 }) });
  const history = await net.fit(x, x, { epochs: 3, batchSize: 16, seed, ...fit });
  return { weights: weightBits(net), history };
}

async function trainClassifier(seed: number, fit: FitOptions = {}): Promise<Run> {
  const net = classifier(seed), { x, labels } = labelled(50);
  net.compile({
    loss: sparse,
    optimizer: adam({ learningRate: 5e-3, globalClipNorm: 1 }),
    metrics: ["accuracy"],
  });
  const history = await net.fit(x, labels, { epochs: 3, batchSize: 16, seed, ...fit });
  return { weights: weightBits(net), history };
}

/** Runs on so many threads, with the workers up at the start of every batch. */
async function on(threads: number, run: (fit: FitOptions) => Promise<Run>): Promise<Run> {
  const before = getThreads();
  setThreads(threads);
  try {
    awaitWorkers();
    return await run({ onBatchEnd: awaitWorkers });
  } finally {
    setThreads(before);
  }
}

for (const [name, train] of Object.entries({ trainAutoencoder, trainClassifier })) {
  Deno.test({
    name: `${name}: one thread and two give the same bits`,
    ignore: !TWO_THREADS,
    fn: async () => {
      const one = await on(1, (fit) => train(3, fit));
      for (let repeat = 0; repeat < 5; repeat++) {
        assert.deepEqual(await on(2, (fit) => train(3, fit)), one);
      }
    },
  });

  Deno.test(`${name}: a seed decides everything, another seed gives another run`, async () => {
    const first = await train(3);
    assert.deepEqual(await train(3), first);
    const other = await train(4);
    assert.notDeepEqual(other.history, first.history);
    for (const [layer, bits] of Object.entries(first.weights)) {
      // A frozen bias stays at zero whatever the seed.
      if (layer !== "frozen/bias") assert.notDeepEqual(other.weights[layer], bits, layer);
    }
  });

  Deno.test(`${name}: the loss falls`, async () => {
    const { history: { history, epochs } } = await train(3, { epochs: 12 });
    assert.deepEqual(epochs, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    assert.equal(history.loss.length, 12);
    assert.ok(history.loss[11] < history.loss[0], String(history.loss));
    if (history.accuracy) assert.ok(history.accuracy[11] > 0.9, String(history.accuracy));
  });

  Deno.test(`${name}: the order matters, and shuffle decides it`, async () => {
    const shuffled = await train(3), inOrder = await train(3, { shuffle: false });
    assert.notDeepEqual(shuffled.weights, inOrder.weights);
  });
}

Deno.test("frozen layers stay, all others learn", async () => {
  const net = classifier();
  const before = weightBits(net);
  const { x, labels } = labelled(20);
  net.compile({ loss: sparse });
  await net.fit(x, labels, { batchSize: 8 });
  for (const [name, bits] of Object.entries(weightBits(net))) {
    if (name.startsWith("frozen/")) assert.deepEqual(bits, before[name], name);
    else assert.notDeepEqual(bits, before[name], name);
  }
  // Freezing and thawing takes effect at the next step.
  net.layer("head").trainable = false;
  net.layer("frozen").trainable = true;
  const middle = weightBits(net);
  net.trainOnBatch(x, labels);
  for (const [name, bits] of Object.entries(weightBits(net))) {
    if (name.startsWith("head/")) assert.deepEqual(bits, middle[name], name);
    else assert.notDeepEqual(bits, middle[name], name);
  }
});

Deno.test("fit on tensors and on a dataset of them are one", async () => {
  const { x, labels } = labelled(37);
  const options = { epochs: 2, batchSize: 8, seed: 5 };
  const make = () => {
    const net = classifier();
    net.compile({ loss: sparse, metrics: ["accuracy"] });
    return net;
  };
  const a = make(), b = make();
  const validation = labelled(11, 9);
  const validationData = [validation.x, validation.labels] as const;
  const first = await a.fit(x, labels, { ...options, validationData });
  const second = await b.fitDataset(fromTensors(x, labels), {
    ...options,
    validation: fromTensors(validation.x, validation.labels),
  });
  assert.deepEqual(second, first);
  assert.deepEqual(weightsOf(b), weightsOf(a));

  const [c, d] = [autoencoder(), autoencoder()];
  for (const net of [c, d]) net.compile({ loss: "mse" });
  const third = await c.fit(x, x, options);
  assert.deepEqual(await d.fitDataset(fromTensors(x), { ...options, target: "input" }), third);
  assert.deepEqual(weightsOf(d), weightsOf(c));
});

Deno.test("a dataset that takes its time gives the same run", async () => {
  const { x, labels } = labelled(20);
  const quick = fromTensors(x, labels);
  const slow: Dataset = {
    ...quick,
    async read(...args) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      quick.read(...args);
    },
  };
  const run = async (dataset: Dataset) => {
    const net = classifier();
    net.compile({ loss: sparse });
    const history = await net.fitDataset(dataset, { batchSize: 8, validation: dataset });
    return [history, weightsOf(net)];
  };
  assert.deepEqual(await run(slow), await run(quick));
});

Deno.test("the last batch may be partial; losses and metrics are means over pictures", async () => {
  const net = sequential([dense({ units: 1, inputShape: [1], useBias: false })]);
  net.setWeights("dense_1/kernel", tensor([1], [1, 1]));
  net.compile({ loss: "mse", optimizer: "sgd", metrics: ["mse", "mae", "psnr"] });
  const x = tensor([0, 0, 0, 0, 3], [5, 1]), y = tensor([1, -1, 1, -1, 0], [5, 1]);
  const expected = { loss: 13 / 5, mse: 13 / 5, mae: 7 / 5, psnr: -10 * Math.log10(9) / 5 };
  for (const batchSize of [1, 2, 4, 5, 32]) {
    const logs = await net.evaluate(x, y, { batchSize });
    assert.deepEqual(Object.keys(logs), Object.keys(expected));
    assertClose(Object.values(logs), Object.values(expected), { name: `by ${batchSize}` });
  }
  const sizes: number[] = [];
  await net.fit(x, y, { batchSize: 2, onBatchEnd: ({ size }) => void sizes.push(size) });
  assert.deepEqual(sizes, [2, 2, 1]);
  // The outputs do not depend on how the pictures are cut into batches.
  const { x: many } = labelled(23), model = classifier();
  const whole = model.predict(many, { batchSize: 23 });
  for (const batchSize of [1, 4, 22, 100]) {
    assert.deepEqual(model.predict(many, { batchSize }), whole, `by ${batchSize}`);
  }
});

Deno.test("accuracy as its loss has it", async () => {
  const identity = (loss: "mse" | "categorical_crossentropy" | typeof sparse, logits = false) => {
    const net = sequential([dense({ units: 3, inputShape: [3], useBias: false })]);
    net.setWeights("dense_1/kernel", tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]));
    const config = logits ? { kind: "binary_crossentropy" as const, fromLogits: true } : loss;
    net.compile({ loss: config, metrics: ["accuracy"] });
    return async (y: Tensor) => (await net.evaluate(x, y)).accuracy;
  };
  const x = tensor([0.6, 0.3, 0.1, 0.2, 0.3, 0.5], [2, 3]);
  assert.equal(await identity(sparse)(tensor([0, 1])), 0.5);
  assert.equal(await identity(sparse)(tensor([0, 2], [2, 1])), 1);
  const oneHot = tensor([1, 0, 0, 1, 0, 0], [2, 3]);
  assert.equal(await identity("categorical_crossentropy")(oneHot), 0.5);
  assertClose([await identity("mse")(oneHot)], [5 / 6]);
  assertClose([await identity("mse", true)(oneHot)], [2 / 6]); // all above 0
});

Deno.test("validation is evaluated after each epoch and does not teach", async () => {
  const { x, labels } = labelled(24), other = labelled(10, 77);
  const make = () => {
    const net = classifier();
    net.compile({ loss: sparse, metrics: ["accuracy"] });
    return net;
  };
  const a = make(), b = make();
  const seen: Record<string, number>[] = [];
  const { history } = await a.fit(x, labels, {
    epochs: 2,
    batchSize: 8,
    validationData: [other.x, other.labels],
    onEpochEnd: (_epoch, logs) => void seen.push({ ...logs }),
  });
  await b.fit(x, labels, { epochs: 2, batchSize: 8 });
  assert.deepEqual(weightsOf(a), weightsOf(b));
  assert.deepEqual(Object.keys(history), ["loss", "accuracy", "val_loss", "val_accuracy"]);
  const now = await a.evaluate(other.x, other.labels, { batchSize: 8 });
  assert.equal(history.val_loss[1], now.loss);
  assert.equal(history.val_accuracy[1], now.accuracy);
  assert.deepEqual(seen.map((logs) => logs.val_loss), history.val_loss);
});

Deno.test("an aborted run stops after its batch and goes on to the same bits", async () => {
  const { x, labels } = labelled(40);
  const options = { epochs: 4, batchSize: 8, seed: 2 };
  const make = () => {
    const net = classifier();
    net.compile({ loss: sparse });
    return net;
  };
  const whole = make();
  await whole.fit(x, labels, options);
  assert.deepEqual(whole.progress, { epoch: 4, batch: 0 });
  for (const stopAfter of [0, 1, 3, 5, 12]) {
    const net = make(), controller = new AbortController();
    if (stopAfter === 0) controller.abort();
    let done = 0;
    const { stopped } = await net.fit(x, labels, {
      ...options,
      signal: controller.signal,
      onBatchEnd: () => {
        if (++done === stopAfter) controller.abort();
      },
    });
    assert.deepEqual(stopped, { epoch: Math.floor(stopAfter / 5), batch: stopAfter % 5 });
    assert.deepEqual(net.progress, stopped);
    assert.equal(done, stopAfter);
    const rest = await net.fit(x, labels, {
      ...options,
      initialEpoch: stopped!.epoch,
      initialBatch: stopped!.batch,
    });
    assert.equal(rest.stopped, undefined);
    assert.deepEqual(weightsOf(net), weightsOf(whole), `stopped after ${stopAfter}`);
  }
});

Deno.test("a loss that is not a number ends the run and says where", async () => {
  const { x, labels } = labelled(20);
  const net = classifier();
  net.compile({ loss: sparse });
  x.data[13 * 128 + 5] = NaN; // picture 13: batch 4 of 5 in order
  const before = weightsOf(net);
  await assertRejected(
    () => net.fit(x, labels, { epochs: 3, batchSize: 4, shuffle: false }),
    /NaN.*epoch 1, batch 4 of 5/,
  );
  assert.ok(Number.isNaN(net.trainOnBatch(x, labels)), "trainOnBatch gives the loss back");
  for (const { name, value } of net.parameters) {
    assert.ok(value.view.every(Number.isFinite), `${name} was not spoilt`);
  }
  assert.notDeepEqual(weightsOf(net), before);

  const diverging = autoencoder(), y = randomNormal([20, 8, 8, 2], 1, 1e30);
  diverging.compile({ loss: "mse", optimizer: "sgd" });
  await assert.rejects(diverging.fit(pictures(20), y), /became (Infinity|NaN).*epoch 1, batch/);
});
