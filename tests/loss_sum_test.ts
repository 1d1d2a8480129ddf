/** Weighted sums of losses, and losses of one's own: values, gradients, logs, saving, what is refused. */

import assert from "node:assert/strict";
import {
  conv2d,
  type CustomLoss,
  decodeModel,
  DeconvError,
  dense,
  encodeModel,
  type Loss,
  type Model,
  sequential,
  type Tensor,
  tensor,
} from "../mod.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { assertClose } from "./harness/compare.ts";
import { randomIntegers, randomUniform } from "./harness/random_array.ts";

/** A network of pictures, whose last layer is linear. */
function pictureNet(): Model {
  const layer = conv2d({ filters: 2, kernelSize: 3, padding: "same", inputShape: [12, 12, 2] });
  return sequential([layer], { seed: 4 });
}

const x = randomUniform([3, 12, 12, 2], 1), y = randomUniform([3, 12, 12, 2], 2);

/** Loss and gradients of one step. */
function step(net: Model, loss: Loss, target: Tensor = y) {
  net.compile({ loss, optimizer: "sgd" });
  const value = net.trainOnBatch(x, target);
  return { value, gradients: net.parameters.map(({ gradient }) => gradient.view.slice()) };
}

/** A squared error of one's own. */
const own: CustomLoss = {
  name: "own",
  loss: ({ data: a }, { data: b }) => a.reduce((s, v, i) => s + (v - b[i]) ** 2, 0) / a.length,
  gradient: ({ data: a }, { data: b }) => a.map((v, i) => 2 * (v - b[i]) / a.length),
};

Deno.test("a sum is the sum of its parts, weighted, and so is its gradient", () => {
  const parts: [number, "mse" | "ssim" | "total_variation" | "huber"][] = [
    [2, "mse"],
    [0.2, "ssim"],
    [1e-3, "total_variation"],
    [-0.5, "huber"],
  ];
  const apart = parts.map(([weight, part]) => ({ weight, ...step(pictureNet(), part) }));
  const together = step(pictureNet(), { sum: parts });
  const total = apart.reduce((sum, { weight, value }) => sum + weight * value, 0);
  assertClose([together.value], [total], { tolerance: 1e-6 });
  together.gradients.forEach((gradient, k) => {
    const wanted = gradient.map((_, i) =>
      apart.reduce((sum, { weight, gradients }) => sum + weight * gradients[k][i], 0)
    );
    assertClose(gradient, wanted, { tolerance: 1e-5, name: `parameter ${k}` });
  });
});

Deno.test("the logs show the parts, and the model is saved with them", async () => {
  const net = pictureNet();
  const loss: Loss = { sum: [[1, "mse"], [0.2, { kind: "ssim", windowSize: 7 }], [2, "mse"]] };
  net.compile({ loss, metrics: ["mse", { kind: "ssim", windowSize: 7 }] });
  const logs = await net.evaluate(x, y, { batchSize: 2 });
  assert.deepEqual(Object.keys(logs), [
    "loss",
    "mse_loss",
    "ssim_loss",
    "mse_2_loss",
    "mse",
    "ssim",
  ]);
  assertClose([logs.mse_loss, logs.mse_2_loss], [logs.mse, logs.mse]);
  assertClose([logs.ssim_loss], [1 - logs.ssim]);
  assertClose([logs.loss], [3 * logs.mse + 0.2 * (1 - logs.ssim)]);
  const { history } = await net.fit(x, y, { epochs: 2, batchSize: 2 });
  assert.equal(history.ssim_loss.length, 2);
  const { model: again } = decodeModel(encodeModel(net));
  assert.deepEqual(again.compiled!.losses, net.compiled!.losses);
  assert.equal(again.trainOnBatch(x, y), net.trainOnBatch(x, y));
});

Deno.test("steps with a sum do not grow the arena", () => {
  const net = pictureNet();
  net.compile({ loss: { sum: [[1, "mse"], [1, "ssim"], [1, "total_variation"]] } });
  for (let i = 0; i < 2; i++) net.trainOnBatch(x, y);
  const before = runtime().arena.used;
  for (let i = 0; i < 20; i++) net.trainOnBatch(x, y);
  assert.equal(runtime().arena.used, before);
});

Deno.test("segmentation: class numbers for two losses at once", async () => {
  const softmax = conv2d({
    filters: 3,
    kernelSize: 3,
    padding: "same",
    activation: "softmax",
    inputShape: [12, 12, 2],
  });
  const net = sequential([softmax]), labels = randomIntegers([3, 12, 12], 5, 3);
  const parts: Loss = {
    sum: [[1, "sparse_categorical_crossentropy"], [1, { kind: "dice", sparse: true }]],
  };
  net.compile({ loss: parts, optimizer: "adam", metrics: ["mean_iou", "dice", "accuracy"] });
  const before = await net.evaluate(x, labels);
  await net.fit(x, labels, { epochs: 30 });
  const after = await net.evaluate(x, labels);
  assert.ok(after.loss < before.loss && after.dice_loss < before.dice_loss);
  assert.ok(after.accuracy > 0.3 && after.mean_iou > 0 && after.dice > 0);
});

Deno.test("a loss of one's own trains as the same loss in the kernels does", () => {
  const kernel = step(pictureNet(), "mse"), mine = step(pictureNet(), own);
  assertClose([mine.value], [kernel.value], { tolerance: 1e-6 });
  mine.gradients.forEach((g, i) => assertClose(g, kernel.gradients[i], { tolerance: 1e-5 }));
  const half = step(pictureNet(), { sum: [[0.25, own], [0.75, "mse"]] });
  half.gradients.forEach((g, i) => assertClose(g, kernel.gradients[i], { tolerance: 1e-5 }));
});

Deno.test("of a loss of one's own a file keeps the name; the optimizer goes on with it", async () => {
  for (const loss of [own, { sum: [[1, "mse"], [1, own]] } as Loss]) {
    const net = pictureNet();
    net.compile({ loss, optimizer: "adam" });
    net.trainOnBatch(x, y);
    const { model: again } = decodeModel(encodeModel(net));
    assert.deepEqual(again.predict(x), net.predict(x));
    assert.throws(() => again.trainOnBatch(x, y), /of your own, "own".*compile it again/);
    await assert.rejects(again.evaluate(x, y), DeconvError);
    assert.deepEqual(encodeModel(again), encodeModel(net));
    again.compile({ loss, optimizer: again.compiled!.optimizer });
    assert.equal(again.trainOnBatch(x, y), net.trainOnBatch(x, y));
    assert.deepEqual(encodeModel(again), encodeModel(net));
  }
});

Deno.test("sums and losses of one's own that make no sense are refused", () => {
  const refuse = (loss: unknown, pattern: RegExp) => {
    const act = () => {
      const net = sequential([dense({ units: 3, inputShape: [2] })]);
      net.compile({ loss: loss as Loss });
      net.trainOnBatch(tensor([1, 2], [1, 2]), tensor([1, 2, 3], [1, 3]));
    };
    assert.throws(act, (error: Error) => {
      assert.ok(error instanceof DeconvError, error.stack);
      assert.match(error.message, pattern);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  };
  refuse({ sum: [] }, /sum of losses is a list/);
  refuse({ sum: "mse" }, /sum of losses is a list/);
  refuse({ sum: ["mse"] }, /pair \[weight, loss\]; one is "mse"/);
  refuse({ sum: [["mse", 1]] }, /pair/);
  refuse({ sum: [[NaN, "mse"]] }, /pair/);
  refuse({ sum: [[1, "nope"]] }, /no loss "nope"/);
  refuse({ sum: [[1, null]] }, /null is no loss/);
  refuse({ sum: [[1, { sum: [[1, "mse"]] }]] }, /another sum/);
  refuse({ sum: [[1, "mse"], [1, "ssim"]] }, /ssim is for pictures/);
  refuse(
    { sum: [[1, "mse"], [1, "sparse_categorical_crossentropy"]] },
    /same targets; of mse, sparse_categorical_crossentropy/,
  );
  refuse(7, /7 is no loss/);
  refuse({ ...own, name: "" }, /needs a name/);
  refuse({ ...own, gradient: undefined }, /"own" needs two functions/);
  refuse({ ...own, gradient: () => [1, 2] }, /"own" has 2 values for an output of 3/);
});
