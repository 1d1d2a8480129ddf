/** What layers of their own add to the loss: reported with it, and its gradient among the others. */

import assert from "node:assert/strict";
import { dense, type LayerKind, sequential, sgd, tensor } from "../mod.ts";
import { createLayer } from "../core/layer.ts";

/** Passes its input on and adds the batch's mean of ½Σx² to the loss. */
const pullKind: LayerKind = {
  kind: "pull",
  configure: () => ({}),
  outputShape: (_config, [shape]) => shape,
  lower: (_config, { inputs: [from], output, add }) => {
    const batch = from.shape[0];
    let loss = 0;
    add({
      loss: () => loss,
      forward: () => {
        const x = from.data.view;
        output.data.view.set(x);
        loss = 0;
        for (const value of x) loss += 0.5 * value * value / batch;
      },
      backward: () => {
        const x = from.data.view, dy = output.gradient!.view;
        from.gradient?.view.set(dy.map((d, i) => d + x[i] / batch));
      },
    });
  },
};

const x = tensor([1, 2, 3, -1], [2, 2]), y = tensor([1, 0], [2, 1]);

/** y = x·w with w = [0.5, -0.25]: outputs 0, 1.75. */
function net() {
  const made = sequential([
    dense({ units: 1, useBias: false, inputShape: [2], name: "head" }),
    createLayer(pullKind, {}),
  ]);
  made.setWeights("head/kernel", tensor([0.5, -0.25], [2, 1]));
  return made;
}

const mse = (1 + 1.75 ** 2) / 2, pull = 0.5 * 1.75 ** 2 / 2;

Deno.test("what a layer adds to the loss is in every loss reported", async () => {
  const made = net();
  made.compile({ loss: "mse", optimizer: sgd({ learningRate: 0 }) });
  assert.equal(made.trainOnBatch(x, y), mse + pull);
  assert.equal((await made.evaluate(x, y)).loss, mse + pull);
  const { history } = await made.fit(x, y, { batchSize: 2, epochs: 1, validationData: [x, y] });
  assert.deepEqual(history, { loss: [mse + pull], val_loss: [mse + pull] });
});

Deno.test("its gradient is learned from", () => {
  const made = net();
  made.compile({ loss: "mse", optimizer: sgd({ learningRate: 1 }) });
  made.trainOnBatch(x, y);
  // dy of mse: (y − t) = [−1, 1.75]; of ½y² / 2: [0, 0.875].
  const dy = [-1, 1.75 + 0.875];
  const dw = [dy[0] * 1 + dy[1] * 3, dy[0] * 2 + dy[1] * -1];
  assert.deepEqual([...made.getWeights("head/kernel").data], [0.5 - dw[0], -0.25 - dw[1]]);
});

Deno.test("loops of one's own can ask for it", () => {
  const made = net();
  assert.throws(() => made.extraLoss(), /forward/);
  made.forward(x);
  assert.equal(made.extraLoss(), pull);
});
