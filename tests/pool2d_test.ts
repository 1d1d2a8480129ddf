/** What random numbers do not show of pooling: equals, what is not a number, relus written over. */

import assert from "node:assert/strict";
import {
  averagePool2d,
  conv2d,
  DeconvError,
  globalMaxPool2d,
  input,
  type Layer,
  maxPool2d,
  maxUnpool2d,
  model,
  sequential,
  sgd,
  switchesOf,
  tensor,
} from "../mod.ts";
import { Plan } from "../core/plan.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal } from "./harness/random_array.ts";

/** y, and dx for a dy of ones, of one layer on one row of pixels of one channel. */
function onRow(make: (options: { inputShape: number[] }) => Layer, values: number[]) {
  const net = sequential([make({ inputShape: [1, values.length, 1] })]);
  const [y] = net.forward(tensor(values, [1, 1, values.length, 1]), { training: true });
  const dy = { shape: y.shape, data: y.data.map(() => 1) };
  const [dx] = net.backward(dy);
  return [[...y.data], [...dx.data]];
}

const pairs = (options: { inputShape: number[] }) => maxPool2d({ ...options, poolSize: [1, 2] });
const threes = (options: { inputShape: number[] }) =>
  maxPool2d({ ...options, poolSize: [1, 3], strides: 1, padding: [0, 1, 0, 1] });

Deno.test("max pooling: the first of equals gets the gradient", () => {
  assert.deepEqual(onRow(pairs, [1, 1, -0, 0]), [[1, -0], [1, 0, 1, 0]]);
  assert.deepEqual(onRow(threes, [2, 2, 2]), [[2, 2, 2], [2, 1, 0]]);
  assert.deepEqual(onRow(globalMaxPool2d, [3, 5, 5]), [[5], [0, 1, 0]]);
});

Deno.test("max pooling: infinities are numbers, and the padding is less than any", () => {
  assert.deepEqual(onRow(threes, [-Infinity, -Infinity]), [[-Infinity, -Infinity], [2, 0]]);
  assert.deepEqual(onRow(pairs, [Infinity, 1]), [[Infinity], [1, 0]]);
});

Deno.test("max pooling: what is not a number goes on, the first of such gets the gradient", () => {
  assert.deepEqual(onRow(pairs, [NaN, 9, 9, NaN, NaN, NaN]), [
    [NaN, NaN, NaN],
    [1, 0, 0, 1, 1, 0],
  ]);
});

Deno.test("pools write the gradient of a relu over its output", () => {
  for (const pool of [maxPool2d, averagePool2d]) {
    for (const options of [{}, { poolSize: 3, strides: 2, padding: 1 }]) {
      const net = sequential([
        conv2d({ filters: 7, kernelSize: 3, activation: "relu", inputShape: [9, 9, 3] }),
        pool(options),
        conv2d({ filters: 2, kernelSize: 2 }),
      ]);
      net.compile({ loss: "mse", optimizer: sgd({ learningRate: 0 }) });
      const plan = new Plan(net.graph, { batch: 1, gradients: true });
      assert.deepEqual(plan.values.map(({ gated = false }) => gated), [false, true, false, false]);

      const x = randomNormal([3, 9, 9, 3], 1), t = randomNormal([3, ...net.outputShape], 2);
      net.trainOnBatch(x, t);
      const gated = net.parameters.map(({ gradient }) => gradient.view.slice());
      const [y] = net.forward(x, { training: true });
      net.zeroGradients();
      const slope = 2 / y.data.length;
      net.backward({ shape: y.shape, data: y.data.map((v, i) => slope * (v - t.data[i])) });
      net.parameters.forEach(({ name, shape, gradient }, i) => {
        const wanted = { shape, data: gradient.view };
        assertClose({ shape, data: gated[i] }, wanted, { name, tolerance: 1e-5 });
      });
    }
  }
});

Deno.test("unpooling by the switches of a pool puts the maxima back", () => {
  const x = input({ shape: [6, 9, 5] }), options = { poolSize: 3 };
  const pooled = maxPool2d(options).apply(x);
  const net = model({
    inputs: x,
    outputs: maxUnpool2d(options).apply([pooled, switchesOf(pooled)]),
  });
  const values = randomNormal([2, 6, 9, 5], 1), y = net.predict(values);
  assert.deepEqual(y.shape, values.shape);
  assert.equal(y.data.filter((v) => v !== 0).length, values.data.length / 9);
  y.data.forEach((v, i) => assert.ok(v === 0 || v === values.data[i]));
  // Where it put them is where max pooling's gradient goes.
  const dy = randomNormal([2, 2, 3, 5], 2);
  const alone = sequential([maxPool2d({ ...options, inputShape: [6, 9, 5] })]);
  alone.forward(values, { training: true });
  const [dx] = alone.backward(dy);
  const shapes = [input({ shape: [2, 3, 5] }), input({ shape: [2, 3, 5] })];
  const unpool = model({ inputs: shapes, outputs: maxUnpool2d(options).apply(shapes) });
  const switches = model({ inputs: x, outputs: switchesOf(pooled) }).predict(values);
  assert.deepEqual(unpool.predict([dy, switches]).data, dx.data);
});

Deno.test("switches of another layer, of other shapes, out of the picture are refused", () => {
  const x = input({ shape: [4, 4, 1] }), y = input({ shape: [2, 2, 1] });
  const one = input({ shape: [1, 1, 1] });
  assert.throws(() => switchesOf(averagePool2d().apply(x)), /made by|average_pool2d made/);
  assert.throws(() => switchesOf(x), DeconvError);
  assert.throws(() => maxUnpool2d().apply([x, y]), /same shape/);
  assert.throws(
    () => maxUnpool2d({ padding: 1, strides: 1 }).apply([one, one]),
    (error: Error) => error instanceof DeconvError && /padding/.test(error.message),
  );
  const z = input({ shape: [2, 2, 1] });
  const net = model({ inputs: [y, z], outputs: maxUnpool2d().apply([y, z]) });
  const values = tensor([1, 2, 3, 4], [1, 2, 2, 1]);
  for (const wrong of [16, -1, 0.5, NaN, Infinity, 2 ** 31]) {
    assert.throws(
      () => net.predict([values, tensor([0, 15, 3, wrong], [1, 2, 2, 1])]),
      (error: Error) => error instanceof DeconvError && /switch/.test(error.message),
    );
  }
  assert.deepEqual(
    [...net.predict([values, tensor([0, 15, 3, 3], [1, 2, 2, 1])]).data],
    [1, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
  );
});
