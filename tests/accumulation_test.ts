/** Gradients accumulated over several batches: one step as on all of them together. */

import assert from "node:assert/strict";
import {
  adam,
  DeconvError,
  dense,
  type FitOptions,
  l2,
  type Model,
  sequential,
  sgd,
  type Tensor,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal } from "./harness/random_array.ts";
import { classifier, labelled, weightBits } from "./harness/small_nets.ts";

const slice = ({ shape, data }: Tensor, count: number): Tensor => ({
  shape: [count, ...shape.slice(1)],
  data: data.subarray(0, count * data.length / shape[0]),
});

/** Two models that differ in how a step of 12 pictures is computed. */
async function compare(make: () => Model, x: Tensor, y: Tensor, options: FitOptions) {
  const [whole, parts] = [make(), make()];
  const first = await whole.fit(x, y, { batchSize: 12, ...options });
  const second = await parts.fit(x, y, { batchSize: 4, accumulateSteps: 3, ...options });
  assert.equal(parts.compiled!.optimizer.iterations, whole.compiled!.optimizer.iterations);
  parts.parameters.forEach(({ name, value }, i) => {
    assertClose(value.view, whole.parameters[i].value.view, { name, tolerance: 2e-5 });
  });
  assertClose(second.history.loss, first.history.loss, { tolerance: 1e-5 });
}

Deno.test("steps of accumulated gradients equal steps on the whole batch", async () => {
  const { x, labels } = labelled(36);
  const make = () => {
    const net = classifier();
    // Without moving averages a small difference stays small.
    net.compile({
      loss: "sparse_categorical_crossentropy",
      optimizer: sgd({ learningRate: 0.05, momentum: 0.9, globalClipNorm: 1 }),
    });
    return net;
  };
  await compare(make, x, labels, { epochs: 3 });
  // 31 pictures: the last step has batches of 4 and 3; 29: of 4 and 1; 25: one of 1.
  for (const count of [31, 29, 25, 3]) {
    await compare(make, slice(x, count), slice(labels, count), { epochs: 2 });
  }
});

Deno.test("penalties on weights count once, those on activities by their share", async () => {
  const make = () => {
    const net = sequential([
      dense({ units: 6, activation: "tanh", activityRegularizer: l2(0.5), inputShape: [5] }),
      dense({ units: 2, kernelRegularizer: l2(0.3) }),
    ]);
    net.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
    return net;
  };
  const x = randomNormal([31, 5], 1), y = randomNormal([31, 2], 2);
  await compare(make, x, y, { epochs: 3, shuffle: false });
});

Deno.test("a run stops between steps and goes on to the same bits", async () => {
  const { x, labels } = labelled(30);
  const options = { epochs: 2, batchSize: 4, accumulateSteps: 3, seed: 2 }; // 3 + 3 + 2 batches
  const make = () => {
    const net = classifier();
    net.compile({ loss: "sparse_categorical_crossentropy", optimizer: adam() });
    return net;
  };
  const whole = make();
  await whole.fit(x, labels, options);
  for (const [after, batch] of [[1, 3], [3, 3], [4, 6], [7, 0]]) {
    const net = make(), controller = new AbortController();
    let done = 0;
    const { stopped } = await net.fit(x, labels, {
      ...options,
      signal: controller.signal,
      onBatchEnd: () => {
        if (++done === after) controller.abort();
      },
    });
    assert.deepEqual(stopped, { epoch: batch ? 0 : 1, batch });
    const { epoch: initialEpoch, batch: initialBatch } = stopped!;
    await net.fit(x, labels, { ...options, initialEpoch, initialBatch });
    assert.deepEqual(weightBits(net), weightBits(whole), `stopped after ${after}`);
  }
});

Deno.test("accumulation that cannot be", async () => {
  const { x, labels } = labelled(8), net = classifier();
  net.compile({ loss: "sparse_categorical_crossentropy" });
  const fit = (options: FitOptions) => net.fit(x, labels, { batchSize: 2, ...options });
  for (const accumulateSteps of [0, 1.5, NaN]) {
    await assert.rejects(fit({ accumulateSteps }), (error) => {
      assert.ok(error instanceof DeconvError);
      assert.match(error.message, /accumulateSteps/);
      return true;
    });
  }
  await assert.rejects(
    fit({ accumulateSteps: 2, initialBatch: 3 }),
    /initialBatch must be a multiple of accumulateSteps, 2; it is 3/,
  );
});
