/** Layers that draw at random: the numbers of core/random.ts to the bit, their statistics, and what follows for training. */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  dense,
  dropout,
  gaussianNoise,
  getThreads,
  input,
  klStandardNormal,
  type Model,
  model,
  random,
  sampling,
  sequential,
  setThreads,
  spatialDropout2d,
  type Tensor,
  tensor,
} from "../mod.ts";
import { addressWords } from "../core/random.ts";
import { addNormal, dropout as drop } from "../core/wasm/random.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal } from "./harness/random_array.ts";
import { weightBits } from "./harness/small_nets.ts";
import { assertSameBits, awaitWorkers, TWO_THREADS } from "./harness/threads.ts";

const address = fc.record({
  seed: fc.maxSafeInteger(),
  stream: fc.string(),
  step: fc.maxSafeNat(),
  length: fc.integer({ min: 1, max: 100 }),
});

Deno.test("the kernels draw the numbers of core/random.ts, at any address", () => {
  const r = runtime(), y = r.allocate(112);
  fc.assert(
    fc.property(address, fc.double({ min: 0, max: 0.999, noNaN: true }), (at, rate) => {
      const { seed, stream, step, length } = at, numbers = random(seed, stream);
      const words = addressWords(seed, stream, step);
      const part = Object.assign(Object.create(y), { length }) as typeof y;
      drop(words, rate, null, part);
      const kept = Float32Array.from(
        { length },
        (_, i) => numbers.uniform(step, i) < rate ? 0 : 1 / (1 - rate),
      );
      assertSameBits(y.view.slice(0, length), kept, "dropout");
      addNormal(words, 0.7, null, part);
      const normal = new Float32Array(length);
      numbers.fillNormal(normal, 0, 0.7, step);
      assertSameBits(y.view.slice(0, length), normal, "normal");
    }),
    { seed: 9, numRuns: 200 },
  );
  r.release(y);
});

Deno.test("tails of the normal distribution are the host's to the bit", () => {
  const n = 400_000, r = runtime(), y = r.allocate(n);
  addNormal(addressWords(1, "tails", 0), 1, null, y);
  const wanted = new Float32Array(n);
  random(1, "tails").fillNormal(wanted, 0, 1, 0);
  assertSameBits(y.view, wanted, "normal");
  assert.ok(wanted.some((v) => v > 4) && wanted.some((v) => v < -4), "tails were drawn");
  r.release(y);
});

Deno.test("seeds and steps that are none are refused", () => {
  assert.throws(() => addressWords(0.5, "a", 0), /seed 0.5/);
  assert.throws(() => addressWords(0, "a", -1), /step -1/);
});

const count = 300_000;
const ones = (shape: number[]): Tensor => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1),
});
const run = (net: Model, x: Tensor, options: object = {}) =>
  net.forward(x, { training: true, ...options })[0].data;
const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;

/** How far the mean of `n` draws with this deviation may be off. */
const within = (deviation: number, n: number) => 4.5 * deviation / Math.sqrt(n);

Deno.test("dropout drops its rate and keeps the mean", () => {
  for (const rate of [0.1, 0.5, 0.8]) {
    const y = run(sequential([dropout(rate, { inputShape: [count] })]), ones([1, count]));
    const part = y.filter((v) => v === 0).length / count;
    assert.ok(Math.abs(part - rate) < within(Math.sqrt(rate * (1 - rate)), count), `${part}`);
    assert.ok(Math.abs(mean(y) - 1) < within(Math.sqrt(rate / (1 - rate)), count), `${mean(y)}`);
  }
});

Deno.test("spatial dropout drops whole channels at its rate", () => {
  const net = sequential([spatialDropout2d(0.3, { inputShape: [2, 2, 100] })]);
  const y = run(net, ones([400, 2, 2, 100]));
  let dropped = 0;
  for (let n = 0; n < 400; n++) {
    for (let c = 0; c < 100; c++) {
      const own = [0, 1, 2, 3].map((pixel) => y[(n * 4 + pixel) * 100 + c]);
      assert.ok(own.every((v) => v === own[0]), `picture ${n}, channel ${c}: ${own}`);
      if (own[0] === 0) dropped++;
    }
  }
  assert.ok(Math.abs(dropped / 40_000 - 0.3) < within(Math.sqrt(0.21), 40_000), `${dropped}`);
});

Deno.test("noise and samples have their mean and deviation", () => {
  const noisy = run(sequential([gaussianNoise(0.5, { inputShape: [count] })]), ones([1, count]));
  const mu = input({ shape: [count] }), l = input({ shape: [count] });
  const net = model({ inputs: [mu, l], outputs: sampling().apply([mu, l]) });
  const logVariance = { ...ones([1, count]), data: new Float32Array(count).fill(Math.log(0.25)) };
  const drawn = net.forward([ones([1, count]), logVariance], { training: true })[0].data;
  for (const y of [noisy, drawn]) {
    assert.ok(Math.abs(mean(y) - 1) < within(0.5, count), `${mean(y)}`);
    const deviation = Math.sqrt(mean(y.map((v) => (v - 1) ** 2)));
    assert.ok(Math.abs(deviation - 0.5) < within(0.5 / Math.SQRT2, count), `${deviation}`);
  }
});

Deno.test("what is drawn depends on seed, step and layer, not on the batch", () => {
  const noise = () => gaussianNoise(1, { inputShape: [40] });
  const net = sequential([noise(), gaussianNoise(1)]), x = { ...ones([6, 40]) };
  const once = sequential([noise()]);
  const first = run(once, x, { seed: 3, step: 5 });
  assertSameBits(run(once, x, { seed: 3, step: 5 }), first, "again");
  assert.notDeepEqual(run(once, x, { seed: 3, step: 6 }), first, "another step");
  assert.notDeepEqual(run(once, x, { seed: 4, step: 5 }), first, "another seed");
  const half = run(once, ones([3, 40]), { seed: 3, step: 5 });
  assertSameBits(half, first.slice(0, 120), "half a batch");
  const twice = run(net, x, { seed: 3, step: 5 }), own = first.map((v) => v - 1);
  assert.ok(twice.some((v, i) => Math.abs(v - first[i] - own[i]) > 0.1), "each layer has its own");
});

const small = () =>
  sequential([
    gaussianNoise(0.1, { inputShape: [6] }),
    dense({ units: 40, activation: "relu" }),
    dropout(0.5),
    dense({ units: 6 }),
  ], { seed: 5 });

Deno.test("training with dropout: the same bits on one thread and on two, and after a resume", async () => {
  const x = randomNormal([20, 6], 3);
  const train = async (from?: Model, initialEpoch = 0, epochs = 4) => {
    const net = from ?? small();
    if (!from) net.compile({ loss: "mse" });
    await net.fit(x, x, { epochs, initialEpoch, batchSize: 8, seed: 2, onBatchEnd: awaitWorkers });
    return net;
  };
  const whole = weightBits(await train());
  assert.deepEqual(weightBits(await train(await train(undefined, 0, 2), 2)), whole);
  if (!TWO_THREADS) return;
  const before = getThreads();
  setThreads(1);
  try {
    assert.deepEqual(weightBits(await train()), whole);
  } finally {
    setThreads(before);
  }
});

/** A small variational autoencoder; its outputs are the picture, the mean and the log variance. */
function variational(klWeight: number) {
  const x = input({ shape: [5] });
  const hidden = dense({ units: 7, activation: "tanh", name: "hidden" }).apply(x);
  const mu = dense({ units: 3, name: "mean" }).apply(hidden);
  const l = dense({ units: 3, name: "log_variance" }).apply(hidden);
  const y = dense({ units: 5, name: "decoder" }).apply(sampling({ klWeight }).apply([mu, l]));
  const net = model({ inputs: x, outputs: y }, { seed: 1 });
  return { net, codes: model({ inputs: x, outputs: [mu, l] }) };
}

const pictures = randomNormal([4, 5], 21);

Deno.test("klWeight adds the divergence to every loss", async () => {
  const { net, codes } = variational(0.25), { net: plain } = variational(0);
  const [mu, l] = codes.predictAll(pictures);
  const { loss: kl } = klStandardNormal(mu, l);
  net.forward(pictures);
  assert.equal(net.extraLoss(), 0.25 * kl);
  net.compile({ loss: "mse" });
  plain.compile({ loss: "mse" });
  const close = (a: number, b: number, name: string) =>
    assertClose([a], [b + 0.25 * kl], { tolerance: 1e-6, name });
  close(
    (await net.evaluate(pictures, pictures)).loss,
    (await plain.evaluate(pictures, pictures)).loss,
    "evaluated",
  );
  close(net.trainOnBatch(pictures, pictures), plain.trainOnBatch(pictures, pictures), "trained");
});

Deno.test("the gradient of a variational autoencoder is that of loss and divergence together", () => {
  const { net } = variational(0.4), at = { training: true, seed: 8, step: 2 };
  const dy = (y: Tensor) => tensor(y.data.map((v, i) => 2 * (v - pictures.data[i]) / 20), y.shape);
  const loss = () => {
    const [y] = net.forward(pictures, at);
    return y.data.reduce((sum, v, i) => sum + (v - pictures.data[i]) ** 2, 0) / 20 +
      net.extraLoss();
  };
  net.zeroGradients();
  net.backward(dy(net.forward(pictures, at)[0]));
  const step = 1e-2;
  for (const { name, gradient, value } of net.parameters) {
    const claimed = gradient.view.slice(), weights = value.view;
    const measured = claimed.map((_, i) => {
      const own = weights[i];
      weights[i] = own + step;
      const above = loss();
      weights[i] = own - step;
      const below = loss();
      weights[i] = own;
      return (above - below) / (2 * step);
    });
    assertClose(measured, claimed, { tolerance: 2e-3, name });
  }
});

Deno.test("without training the divergence passes no gradient back", () => {
  const { net } = variational(1), { net: plain } = variational(0);
  const gradients = [net, plain].map((made) => {
    const [y] = made.forward(pictures);
    return made.backward(y)[0].data;
  });
  assertSameBits(gradients[0], gradients[1], "dx");
});

Deno.test("a divergence that counts keeps the codes near the standard normal distribution", () => {
  const [kept, free] = [variational(1), variational(0)].map(({ net, codes }) => {
    net.compile({ loss: "mse", optimizer: "adam" });
    for (let i = 0; i < 300; i++) net.trainOnBatch(pictures, pictures);
    const [mu, l] = codes.predictAll(pictures);
    return klStandardNormal(mu, l).loss;
  });
  assert.ok(kept < 0.25 * free, `${kept} with it, ${free} without`);
});
