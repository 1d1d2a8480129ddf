/** What random numbers do not show of pooling: equals, what is not a number, relus written over. */

import assert from "node:assert/strict";
import {
  averagePool2d,
  conv2d,
  globalMaxPool2d,
  type Layer,
  maxPool2d,
  sequential,
  sgd,
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
