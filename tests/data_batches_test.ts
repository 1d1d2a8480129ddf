import assert from "node:assert/strict";
import fc from "fast-check";
import { type Batch, batchCount, batches, readBatches } from "../core/data/batches.ts";
import { type Dataset, fromTensors } from "../core/data/dataset.ts";
import { DeconvError } from "../core/errors.ts";
import { tensor } from "../core/tensor.ts";

const plain = (all: Iterable<Uint32Array>) => Array.from(all, (indices) => [...indices]);

Deno.test("without shuffling batches come in order, the last one partial", () => {
  assert.deepEqual(plain(batches(7, { batchSize: 3 })), [[0, 1, 2], [3, 4, 5], [6]]);
  assert.deepEqual(plain(batches(6, { batchSize: 3 })), [[0, 1, 2], [3, 4, 5]]);
  assert.deepEqual(plain(batches(0)), []);
  assert.deepEqual(plain(batches(33)).map((batch) => batch.length), [32, 1]);
});

Deno.test("an epoch has every picture once, and can be resumed at any batch", () => {
  const epoch = fc.record({
    size: fc.nat(500),
    batchSize: fc.integer({ min: 1, max: 60 }),
    shuffle: fc.boolean(),
    seed: fc.integer(),
    epoch: fc.nat(1000),
    start: fc.nat(20),
  });
  fc.assert(
    fc.property(epoch, ({ size, start, ...options }) => {
      const all = plain(batches(size, options));
      assert.deepEqual(all.flat().sort((a, b) => a - b), Array.from({ length: size }, (_, i) => i));
      assert.equal(all.length, batchCount(size, options.batchSize));
      assert.ok(all.slice(0, -1).every((batch) => batch.length === options.batchSize));
      assert.deepEqual(plain(batches(size, { ...options, start })), all.slice(start));
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("seed and epoch each give another order", () => {
  const order = (seed: number, epoch: number) =>
    plain(batches(50, { shuffle: true, seed, epoch })).flat().join();
  const orders = new Set([order(0, 0), order(0, 1), order(1, 0), order(1, 1)]);
  assert.equal(orders.size, 4);
  assert.ok(orders.has(order(1, 1)));
});

Deno.test("batches may be kept: none is written over by the next", () => {
  const kept = [...batches(6, { batchSize: 2, shuffle: true, seed: 3 })];
  assert.deepEqual(kept, [...batches(6, { batchSize: 2, shuffle: true, seed: 3 })]);
  assert.ok(new Set(kept.map((indices) => indices.buffer)).size === 3);
});

Deno.test("readBatches yields pictures and labels, from datasets that wait or not", async () => {
  const sync = fromTensors(
    tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [5, 2, 1]),
    tensor([0, 1, 2, 3, 4]),
  );
  const waiting: Dataset = {
    ...sync,
    async read(indices, x, labels) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      sync.read(indices, x, labels);
    },
  };
  for (const dataset of [sync, waiting]) {
    const read: Batch[] = [];
    for await (const batch of readBatches(dataset, { batchSize: 2, start: 1 })) read.push(batch);
    assert.deepEqual(read, [
      {
        number: 1,
        indices: Uint32Array.of(2, 3),
        x: { shape: [2, 2, 1], data: Float32Array.of(4, 5, 6, 7) },
        labels: { shape: [2], data: Float32Array.of(2, 3) },
      },
      {
        number: 2,
        indices: Uint32Array.of(4),
        x: { shape: [1, 2, 1], data: Float32Array.of(8, 9) },
        labels: { shape: [1], data: Float32Array.of(4) },
      },
    ]);
  }
});

Deno.test("wrong options are refused, naming the option", () => {
  for (
    const [options, name] of [
      [{ batchSize: 0 }, "batchSize"],
      [{ batchSize: 1.5 }, "batchSize"],
      [{ epoch: -1 }, "epoch"],
      [{ start: NaN }, "start"],
      [{ seed: 0.5, shuffle: true }, "seed"],
    ] as const
  ) {
    assert.throws(
      () => [...batches(10, options)],
      (e: Error) => e instanceof DeconvError && e.message.includes(name),
      name,
    );
  }
});
