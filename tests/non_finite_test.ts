/** Where numbers stopped being finite: named by sample, layer and weights, at the step it happened. */

import assert from "node:assert/strict";
import {
  batchNormalization,
  conv2d,
  DeconvError,
  dense,
  fromTensors,
  gaussianNoise,
  globalAveragePool2d,
  preset,
  sequential,
  sgd,
  shapes,
  type Tensor,
  tensor,
  terminateOnNaN,
  trainAdversaries,
} from "../mod.ts";

const refused = (run: () => Promise<unknown>, message: RegExp) =>
  assert.rejects(run, (error) => {
    assert.ok(error instanceof DeconvError, String(error));
    assert.match(error.message, message);
    return true;
  });

const filled = (shape: readonly number[], value: number): Tensor => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
});

function network() {
  const net = sequential([
    conv2d({ filters: 3, kernelSize: 3, activation: "relu", name: "a", inputShape: [6, 6, 2] }),
    batchNormalization({ name: "b" }),
    gaussianNoise(0.1),
    conv2d({ filters: 4, kernelSize: 1, name: "c" }),
    globalAveragePool2d(),
    dense({ units: 2, name: "d" }),
  ], { seed: 3 });
  net.compile({ loss: "mse", optimizer: sgd({ learningRate: 1e-3 }) });
  return net;
}

/** Data of six samples in three batches. */
const data = () => {
  const x = filled([6, 6, 6, 2], 0);
  x.data.forEach((_, i) => x.data[i] = (i * 7919 % 13) / 13);
  return { x, y: filled([6, 2], 1) };
};

Deno.test("a sample or a target that is not finite is named by its place in the batch", async () => {
  const options = { epochs: 1, batchSize: 2, shuffle: false };
  const { x, y } = data();
  x.data[3 * 72 + 5] = NaN;
  await refused(
    () => network().fit(x, y, options),
    /^Training stopped: the loss became NaN in epoch 1, batch 2 of 3: sample 2 of the batch holds NaN; look for it in the data$/,
  );
  const { x: good, y: targets } = data();
  targets.data[9] = Infinity;
  await refused(
    () => network().fit(good, targets, options),
    /batch 3 of 3: the target of sample 1 of the batch holds Infinity; look for it in the data$/,
  );
});

Deno.test("the first layer that is not finite is named, with its weights if they are to blame", async () => {
  const { x, y } = data(), options = { batchSize: 2, shuffle: false };
  for (const [layer, weights] of [["a", "a/bias"], ["c", "c/kernel"], ["d", "d/kernel"]]) {
    const net = network(), { shape, data } = net.getWeights(weights);
    data[1] = NaN;
    net.setWeights(weights, { shape, data });
    await refused(
      () => net.fit(x, y, options),
      new RegExp(
        `batch 1 of 3: first in the output of layer "${layer}", whose weights ${weights} ` +
          "are not finite since the step before; try a smaller learning rate or globalClipNorm$",
      ),
    );
  }
  const net = network(), { shape } = net.getWeights("c/kernel");
  net.setWeights("c/kernel", filled(shape, 3e38));
  await refused(
    () => net.fit(x, y, options),
    /first in the output of layer "c", whose weights and inputs are finite; try/,
  );
  const large = network();
  large.setWeights("d/bias", tensor([3e38, 3e38]));
  await refused(
    () => large.fit(x, y, options),
    /every layer's output is finite, the loss of them is not; try a smaller/,
  );
});

Deno.test("a loss of the validation that is not finite is named by its batch and layer", async () => {
  const { x, y } = data(), net = network();
  net.compile({ loss: "mse", optimizer: sgd({ learningRate: 1e30 }) });
  const options = { batchSize: 6, validationData: [x, y] as [Tensor, Tensor] };
  await refused(
    () => net.fit(x, y, options),
    /^Training stopped: val_loss became \w+ in epoch 1, batch 1 of 1 of the validation: first in the output of layer "[a-d]", whose weights .*; try a smaller/,
  );
  const { x: bad } = data();
  bad.data[5 * 72] = NaN;
  const checked = { batchSize: 2, validationData: [bad, y] as [Tensor, Tensor] };
  await refused(
    () => network().fit(x, y, checked),
    /val_loss became NaN in epoch 1, batch 3 of 3 of the validation: sample 2 of the batch holds NaN; look/,
  );
  const { reason } = await network().fit(x, y, { ...checked, callbacks: [terminateOnNaN()] });
  assert.match(reason!, /the loss became NaN in epoch 1/);
});

Deno.test("looking for it changes no running statistics and no weights", async () => {
  const net = network(), { x, y } = data();
  net.setWeights("d/bias", tensor([3e38, 3e38]));
  const once = network();
  once.setWeights("d/bias", tensor([3e38, 3e38]));
  once.forward({ shape: [2, 6, 6, 2], data: x.data.subarray(0, 144) }, { training: true, seed: 0 });
  await refused(() => net.fit(x, y, { batchSize: 2, shuffle: false }), /became/);
  for (const { name } of net.parameters) {
    assert.deepEqual(net.getWeights(name), once.getWeights(name), name);
  }
});

Deno.test("two networks against each other: the one that fails is named, and takes no step", async () => {
  const { build, adversary, loss } = preset("dcgan");
  const make = () => {
    const generator = build({ shape: [32, 32, 3], seed: 1 });
    const discriminator = adversary!.build({ shape: [32, 32, 3], seed: 2 });
    for (const net of [generator, discriminator]) net.compile({ loss: loss as "mse" });
    return { generator, discriminator };
  };
  const options = { batchSize: 2 };
  const spoil = (net: ReturnType<typeof build>, pick: number) => {
    const { name, shape } = net.parameters.filter(({ learned }) => learned)[pick];
    net.setWeights(name, filled(shape, NaN));
    return name;
  };
  const one = make(), spoiled = spoil(one.discriminator, 0);
  const before = one.generator.parameters.map(({ value }) => value.view.slice(0, 4));
  await refused(
    () => trainAdversaries(one, shapes({ size: 2 }), options),
    new RegExp(
      `the loss of the discriminator became NaN in epoch 1, batch 1 of 1: first .*${spoiled}`,
    ),
  );
  assert.deepEqual(one.generator.parameters.map(({ value }) => value.view.slice(0, 4)), before);
  const two = make(), made = spoil(two.generator, 0);
  await refused(
    () => trainAdversaries(two, shapes({ size: 2 }), options),
    new RegExp(`became NaN in epoch 1, batch 1 of 1: first in the output .*${made}`),
  );
  const pictures = fromTensors(filled([2, 32, 32, 3], NaN));
  await refused(
    () => trainAdversaries(make(), pictures, options),
    /batch 1 of 1: sample 1 of the batch holds NaN; look for it in the data/,
  );
});
