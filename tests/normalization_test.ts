/** What normalisation has to stand and to keep: values far from 0, frozen layers, runs that go on. */

import assert from "node:assert/strict";
import {
  activation,
  adam,
  batchNormalization,
  conv2d,
  decodeModel,
  dense,
  encodeModel,
  getThreads,
  globalAveragePool2d,
  groupNormalization,
  instanceNormalization,
  layerNormalization,
  type Model,
  sequential,
  setThreads,
  sgd,
  shapes,
  spectralNormalization,
  take,
} from "../mod.ts";
import { layerTable, type TableOptions } from "./cases/layer_table.ts";
import { assertClose } from "./harness/compare.ts";
import { type Array32, randomNormal } from "./harness/random_array.ts";
import { checkLayer } from "./harness/run_layer.ts";
import { weightBits } from "./harness/small_nets.ts";
import { assertStepGradients } from "./harness/step_gradients.ts";
import { awaitWorkers, TWO_THREADS } from "./harness/threads.ts";
import { trainBatchNormalization } from "./reference/batch_normalization.ts";
import { groupNormalization as groupReference } from "./reference/group_normalization.ts";
import { instanceNormalization as instanceReference } from "./reference/instance_normalization.ts";
import { layerNormalization as layerReference } from "./reference/layer_normalization.ts";

/** Normal numbers around 10000, the first row of which may be 0. */
function far(zeros: boolean) {
  return (_i: number, shape: readonly number[], seed: number): Array32 => {
    const { data } = randomNormal(shape, seed), width = shape.at(-1)!;
    return { shape, data: data.map((v, k) => zeros && k < width ? 0 : 1e4 + v) };
  };
}

type Options = Record<string, never>;

const far16: Omit<TableOptions<Options>, "kind" | "make" | "expected"> = {
  rows: [
    ["far from 0", [[3, 13, 11, 16]], {}],
    ["far from 0, odd", [[2, 5, 7, 6]], {}],
  ],
  terms: ({ x }) => ({ y: 16, dx: 64, dgamma: x.data.length, dbeta: x.data.length }),
};

for (const zeros of [false, true]) {
  const tables = [
    layerTable<Options>({
      ...far16,
      input: far(zeros),
      kind: "batch_normalization",
      make: batchNormalization,
      expected: ({ x, dy, parameters }) => trainBatchNormalization(x, dy, parameters, {}),
      inference: ({ x, parameters: { gamma, beta, moving_mean: m, moving_variance: v } }) => ({
        shape: x.shape,
        data: Array.from(x.data, (value, i) => {
          const c = i % x.shape.at(-1)!;
          return (value - m.data[c]) / Math.sqrt(v.data[c] + 1e-3) * gamma.data[c] + beta.data[c];
        }),
      }),
      parameter: (name, shape, seed) => {
        const { data } = randomNormal(shape, seed);
        return { shape, data: name === "moving_variance" ? data.map((v) => 1 + v * v) : data };
      },
    }),
    layerTable<Options>({
      ...far16,
      input: far(zeros),
      kind: "instance_normalization",
      make: instanceNormalization,
      expected: ({ x, dy, parameters }) => instanceReference(x, dy, parameters, 1e-3),
    }),
    layerTable<Options>({
      ...far16,
      input: far(zeros),
      kind: "group_normalization",
      make: () => groupNormalization({ groups: 2 }),
      expected: ({ x, dy, parameters }) => groupReference(x, dy, parameters, 2, 1e-3),
    }),
    layerTable<Options>({
      ...far16,
      input: far(zeros),
      kind: "layer_normalization",
      make: () => layerNormalization({ axis: [-3, -2, -1] }),
      expected: ({ x, dy, parameters }) =>
        layerReference(x, dy, parameters, x.data.length / x.shape[0], 1e-3),
    }),
  ];
  for (const { kind, subjects } of tables) {
    Deno.test(`${kind}: a variance of 1 at 10000 is seen${zeros ? ", with zeros before" : ""}`, () =>
      subjects().forEach(checkLayer));
  }
}

Deno.test("batch normalisation of one value a channel gives beta and no gradient", () => {
  const net = sequential([batchNormalization({ inputShape: [5] })]);
  const beta = randomNormal([5], 1), x = randomNormal([1, 5], 2);
  net.setWeights("batch_normalization_1/beta", beta);
  const [y] = net.forward(x, { training: true });
  assertClose(y.data, beta.data, { tolerance: 1e-6 });
  const [dx] = net.backward(randomNormal([1, 5], 3));
  assert.ok(dx.data.every((value) => Math.abs(value) < 1e-5), String(dx.data));
});

Deno.test("a frozen batch normalisation uses its running statistics in training and keeps them", () => {
  const net = sequential([
    dense({ units: 6, inputShape: [4] }),
    batchNormalization({ name: "norm", trainable: false }),
  ]);
  net.setWeights("norm/moving_mean", randomNormal([6], 1));
  net.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
  const x = randomNormal([8, 4], 2), before = weightBits(net);
  assert.deepEqual(net.forward(x, { training: true })[0], net.predict(x));
  net.trainOnBatch(x, randomNormal([8, 6], 3));
  for (const [name, bits] of Object.entries(weightBits(net))) {
    if (name.startsWith("norm/")) assert.deepEqual(bits, before[name], name);
    else assert.notDeepEqual(bits, before[name], name);
  }
  net.layer("norm").trainable = true;
  net.trainOnBatch(x, randomNormal([8, 6], 3));
  for (const [name, bits] of Object.entries(weightBits(net))) {
    assert.notDeepEqual(bits, before[name], name);
  }
});

/** With relus before every kind of normalisation: their gradients are written over them. */
function relus(): Model {
  const same = { kernelSize: 3, padding: "same", activation: "relu" } as const;
  return sequential([
    conv2d({ ...same, filters: 10 }),
    batchNormalization(),
    conv2d({ ...same, filters: 6 }),
    instanceNormalization(),
    conv2d({ ...same, filters: 6 }),
    groupNormalization({ groups: 3 }),
    conv2d({ ...same, filters: 7 }),
    layerNormalization(),
    conv2d({ ...same, filters: 3 }),
  ], { inputShape: [7, 5, 4] });
}

Deno.test("a training step's gradients are those of forward and backward", () => {
  assertStepGradients(relus(), randomNormal([3, 7, 5, 4], 1), 1e-4);
});

/** A classifier of shapes with a normalisation of every kind. */
function classifier(): Model {
  const down = { kernelSize: 3, strides: 2, padding: "same" } as const;
  return sequential([
    conv2d({ ...down, filters: 8, useBias: false }),
    batchNormalization({ momentum: 0.9 }),
    activation("relu"),
    spectralNormalization(conv2d({ ...down, filters: 12, activation: "relu" })),
    groupNormalization({ groups: 3 }),
    conv2d({ ...down, filters: 16, useBias: false }),
    batchNormalization({ momentum: 0.9 }),
    activation("relu"),
    globalAveragePool2d(),
    layerNormalization(),
    dense({ units: 12, activation: "softmax" }),
  ], { inputShape: [32, 32, 3], seed: 1 });
}

const data = take(shapes({ size: 96 }), 96);

function compiled(): Model {
  const net = classifier();
  net.compile({
    loss: "sparse_categorical_crossentropy",
    optimizer: adam({ learningRate: 0.01 }),
    metrics: ["accuracy"],
  });
  return net;
}

const RUN = { batchSize: 16, seed: 4 };

Deno.test("a classifier with normalisation learns shapes, also by its running statistics", async () => {
  const net = compiled();
  const { history } = await net.fitDataset(data, { ...RUN, epochs: 12 });
  assert.ok(history.loss.at(-1)! < 0.5 * history.loss[0], String(history.loss));
  const { accuracy } = await net.evaluateDataset(data);
  assert.ok(accuracy > 0.5, String(accuracy));
});

Deno.test("a saved run goes on to the bits of a whole one, running statistics too", async () => {
  const whole = compiled();
  await whole.fitDataset(data, { ...RUN, epochs: 2 });
  const first = compiled();
  await first.fitDataset(data, { ...RUN, epochs: 1 });
  const { model: second } = decodeModel(encodeModel(first));
  assert.deepEqual(weightBits(second), weightBits(first));
  await second.fitDataset(data, { ...RUN, epochs: 2, initialEpoch: 1 });
  assert.deepEqual(weightBits(second), weightBits(whole));
  assert.ok(Object.keys(weightBits(whole)).some((name) => name.endsWith("moving_mean")));
});

Deno.test({
  name: "one thread and two train to the same bits",
  ignore: !TWO_THREADS,
  fn: async () => {
    const before = getThreads();
    const bits = [];
    try {
      for (const threads of [1, 2]) {
        setThreads(threads);
        awaitWorkers();
        const net = compiled();
        await net.fitDataset(data, { ...RUN, epochs: 1 });
        bits.push(weightBits(net));
      }
    } finally {
      setThreads(before);
    }
    assert.deepEqual(bits[1], bits[0]);
  },
});

Deno.test("spectral normalisation: a kernel's own norm is 1 once u has settled, whatever its size", () => {
  const inner = dense({ units: 6, useBias: false, name: "critic", inputShape: [9] });
  const net = sequential([spectralNormalization(inner, { powerIterations: 300 })]);
  net.setWeights("critic/kernel", randomNormal([9, 6], 1, 7));
  const eye = { shape: [9, 9], data: Float32Array.from({ length: 81 }, (_, i) => +(i % 10 === 0)) };
  net.forward(eye, { training: true });
  // The output is the kernel in use: the lengths of what it makes of unit vectors reach 1, no more.
  const w = net.predict(eye).data, u = net.getWeights("critic/vector_u").data;
  const stretched = Math.hypot(...Array.from({ length: 9 }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < 6; j++) sum += w[i * 6 + j] * u[j];
    return sum;
  }));
  assert.ok(Math.abs(stretched - 1) < 1e-5, String(stretched));
});

Deno.test("spectral normalisation wraps no layer that is part of a model", () => {
  const inner = dense({ units: 3, inputShape: [2] });
  sequential([inner]);
  assert.throws(() => spectralNormalization(inner), /part of a model already/);
});
