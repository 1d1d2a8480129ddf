/** Relevance through every kind of layer, and where the rest of it goes. */

import assert from "node:assert/strict";
import { LAYER_KINDS } from "../core/layers/registry.ts";
import { runtime } from "../core/wasm/runtime.ts";
import {
  activation,
  add,
  averagePool2d,
  batchNormalization,
  concatenate,
  conv2d,
  cropping2d,
  dense,
  depthToSpace,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  globalAveragePool2d,
  globalMaxPool2d,
  groupNormalization,
  input,
  instanceNormalization,
  type Layer,
  layerNormalization,
  lrp,
  type LrpOptions,
  maxPool2d,
  maxUnpool2d,
  type Model,
  model,
  multiply,
  permute,
  prelu,
  reflectionPadding2d,
  reshape,
  resizeConv2d,
  resizing,
  sampling,
  separableConv2d,
  sequential,
  type Shape,
  spaceToDepth,
  switchesOf,
  type Symbolic,
  tensor,
  upsampling2d,
  zeroPadding2d,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal, randomUniform } from "./harness/random_array.ts";

/** All of a layer's output. */
const all = (layer: string) => ({ kind: "unit", layer, reduce: "sum" } as const);

const total = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

/** The relevance of the input of one layer, of which all is explained. */
function through(layer: Layer, x: number[], shape: Shape, options: LrpOptions = {}): number[] {
  layer.name = "last";
  const net = sequential([layer], { inputShape: shape });
  return [
    ...lrp(net, tensor(x, [1, ...shape]), { target: all("last"), ...options }).relevance.data,
  ];
}

Deno.test("lrp: every kind of layer has a relevance, or parts that have", () => {
  for (const { kind, relevance, parts } of LAYER_KINDS.values()) {
    assert.notEqual(relevance === undefined, parts === undefined, kind);
  }
});

Deno.test("lrp: max pooling gives all to the winner, or shares as an average", () => {
  const x = [1, 2, 5, 3];
  assert.deepEqual(through(maxPool2d(), x, [2, 2, 1]), [0, 0, 5, 0]);
  assert.deepEqual(through(globalMaxPool2d(), x, [2, 2, 1]), [0, 0, 5, 0]);
  const shared = [1, 2, 5, 3].map((v) => 5 * v / 11);
  for (const pool of [maxPool2d(), globalMaxPool2d()]) {
    assertClose(through(pool, x, [2, 2, 1], { maxPool: "average" }), shared);
  }
});

Deno.test("lrp: averages and bilinear enlargement share in proportion", () => {
  assertClose(through(averagePool2d(), [1, 2, -5, 3], [2, 2, 1]), [0.25, 0.5, -1.25, 0.75]);
  assertClose(through(globalAveragePool2d(), [1, 2, -5, 3], [2, 2, 1]), [0.25, 0.5, -1.25, 0.75]);
  // A pixel counts for as much as it is in the enlarged picture.
  const bilinear = upsampling2d({ size: [1, 2], interpolation: "bilinear" });
  assertClose(through(bilinear, [1, 3], [1, 2, 1]), [2, 6]);
  assertClose(through(resizing({ height: 1, width: 4 }), [1, 3], [1, 2, 1]), [2, 6]);
});

Deno.test("lrp: what moves values moves relevance", () => {
  const x = [1, -2, 3, 4], shape = [2, 2, 1];
  assert.deepEqual(through(upsampling2d(), x, shape), [4, -8, 12, 16]);
  assert.deepEqual(through(upsampling2d(), [0, 1, 2, 3], shape), [0, 4, 8, 12]);
  assert.deepEqual(through(zeroPadding2d({ padding: 1 }), x, shape), x);
  assert.deepEqual(through(cropping2d({ cropping: [[1, 0], [0, 0]] }), x, shape), [0, 0, 3, 4]);
  assert.deepEqual(through(reflectionPadding2d({ padding: [[1, 0], [0, 0]] }), x, shape), [
    1,
    -2,
    6,
    8,
  ]);
  assert.deepEqual(through(spaceToDepth({ blockSize: 2 }), x, shape), x);
  assert.deepEqual(through(depthToSpace({ blockSize: 2 }), x, [1, 1, 4]), x);
  assert.deepEqual(through(permute([2, 1, 3]), x, shape), x);
  assert.deepEqual(through(reshape([4]), x, shape), x);
  assert.deepEqual(through(flatten(), x, shape), x);
});

Deno.test("lrp: functions of single values and normalisations let relevance pass", () => {
  const x = [1, -2, 3, 4], shape = [2, 1, 2];
  const layers = [
    activation("tanh"),
    activation("gelu"),
    prelu({ alphaInitializer: { kind: "constant", value: 0.25 } }),
    dropout(0.5),
    layerNormalization(),
    groupNormalization({ groups: 1 }),
    instanceNormalization(),
    batchNormalization({ betaInitializer: "ones" }),
  ];
  for (const layer of layers) {
    layer.name = "last";
    const net = sequential([layer], { inputShape: shape });
    const input = tensor(x, [1, ...shape]), y = net.predict(input);
    const { relevance } = lrp(net, input, { target: all("last") });
    assertClose(relevance.data, y.data, { name: layer.kind });
  }
});

Deno.test("lrp: an unmerged batch normalisation follows a rule where it is named", () => {
  const norm = batchNormalization({ name: "norm" });
  const net = sequential([norm], { inputShape: [2, 2, 2] });
  net.setWeights("norm/gamma", tensor([2, -1]));
  net.setWeights("norm/beta", tensor([1, 3]));
  net.setWeights("norm/moving_mean", tensor([0.5, 0]));
  const x = randomNormal([2, 2, 2, 2], 4),
    y = net.predict(x),
    rules = [{ layer: "norm", rule: "z" }];
  const result = lrp(net, x, { target: all("norm"), rules: rules as LrpOptions["rules"] });
  const factor = 1 / Math.sqrt(1.001);
  assertClose(result.relevance.data, x.data.map((v, i) => v * factor * (i % 2 ? -1 : 2)));
  assertClose(result.bias, [4 * (4 - factor), 4 * (4 - factor)]);
  assert.deepEqual(result.rules, { norm: "z" });
  assertClose(result.start, [total(y.data.subarray(0, 8)), total(y.data.subarray(8))]);
});

Deno.test("lrp: sums share in proportion, joined inputs have what is theirs", () => {
  const a = input({ shape: [2], name: "a" }), b = input({ shape: [2], name: "b" });
  const xs = [tensor([1, 2], [1, 2]), tensor([3, -6], [1, 2])];
  const of = (layer: Layer, of: string) => {
    layer.name = "last";
    const net = model({ inputs: [a, b], outputs: layer.apply([a, b]) });
    return lrp(net, xs, { target: all("last"), of });
  };
  for (const layer of [add(), concatenate()]) {
    const [first, second] = [of(layer, "a"), of(layer, "b")];
    assertClose(first.relevance.data, [1, 2], { tolerance: 1e-6 });
    assertClose(second.relevance.data, [3, -6], { tolerance: 1e-6 });
    assertClose(first.elsewhere, [-3], { tolerance: 1e-5 });
    assertClose(second.elsewhere, [3], { tolerance: 1e-5 });
  }
  // The same value twice has both parts.
  const twice = model({ inputs: a, outputs: add({ name: "last" }).apply([a, a]) });
  assertClose(lrp(twice, xs[0], { target: all("last") }).relevance.data, [2, 4]);
});

Deno.test("lrp: products give to what is weighed, nothing to gates", () => {
  const x = input({ shape: [2, 1, 2], name: "x" });
  const gate = (kind: "sigmoid" | "tanh") =>
    reshape([1, 1, 2]).apply(
      activation(kind, { name: "gate" }).apply(globalAveragePool2d().apply(x)),
    );
  const net = (kind: "sigmoid" | "tanh") =>
    model({ inputs: x, outputs: multiply({ name: "last" }).apply([x, gate(kind)]) });
  const picture = randomUniform([1, 2, 1, 2], 5, 0.5, 1);
  const y = net("sigmoid").predict(picture);
  const gated = lrp(net("sigmoid"), picture, { target: all("last") });
  assertClose(gated.relevance.data, y.data);
  const scaled = net("tanh"), sums = scaled.predict(picture).data;
  const { relevance } = lrp(scaled, picture, { target: all("last"), of: "gate" });
  assertClose(relevance.data, [(sums[0] + sums[2]) / 2, (sums[1] + sums[3]) / 2]);
});

Deno.test("lrp: unpooling follows the switches, which get nothing", () => {
  const x = input({ shape: [4, 4, 1], name: "x" });
  const pooled = maxPool2d({ name: "pool" }).apply(x);
  const y = maxUnpool2d({ name: "last" }).apply([pooled, switchesOf(pooled)]);
  const net = model({ inputs: x, outputs: y }), picture = randomUniform([1, 4, 4, 1], 6, 1, 2);
  const { relevance } = lrp(net, picture, { target: all("last") });
  assert.deepEqual([...relevance.data], [...net.predict(picture).data]);
  const { relevance: inner } = lrp(net, picture, { target: all("last"), of: "pool" });
  assert.equal(inner.shape.join(), "1,2,2,1");
  assertClose([total(inner.data)], [total(relevance.data)]);
});

Deno.test("lrp: an embedding gives each number what its row got; sampling is its mean", () => {
  const net = sequential([
    embedding({ inputDim: 5, outputDim: 3, name: "table" }),
    flatten(),
    dense({ units: 1 }),
  ], { inputShape: [4], seed: 3 });
  const tokens = tensor([0, 4, 4, 2], [1, 4]), rules = [{ rule: "z" as const }];
  const rows = lrp(net, tokens, { rules, of: "table" }).relevance.data;
  const { relevance, start } = lrp(net, tokens, { rules });
  const sums = [0, 1, 2, 3].map((i) => total(rows.subarray(3 * i, 3 * i + 3)));
  assertClose(relevance, { shape: [1, 4], data: Float32Array.from(sums) });
  assertClose([total(sums)], start);

  const mean = input({ shape: [3], name: "mean" }), spread = input({ shape: [3], name: "spread" });
  const sample = model({
    inputs: [mean, spread],
    outputs: sampling({ name: "last" }).apply([mean, spread]),
  });
  const inputs = [randomNormal([2, 3], 1), randomNormal([2, 3], 2)];
  const options = { target: all("last") };
  assert.deepEqual(lrp(sample, inputs, options).relevance.data, inputs[0].data);
  const none = lrp(sample, inputs, { ...options, of: "spread" });
  assert.ok(none.relevance.data.every((r) => r === 0));
});

/** Two networks that compute the same, and say the same. */
function expectSame(one: Model, other: Model, x: ReturnType<typeof randomNormal>): void {
  one.parameters.forEach(({ value }, i) => {
    value.view.set(randomNormal([value.length], 20 + i).data);
    other.parameters[i].value.view.set(value.view);
  });
  for (const preset of ["epsilon-plus", "epsilon-alpha2-beta1-flat"] as const) {
    const [a, b] = [one, other].map((net) => lrp(net, x, { target: all("last"), preset }));
    assertClose(a.relevance, b.relevance);
    assertClose(a.bias, b.bias);
  }
}

Deno.test("lrp: layers that do two things are two layers", () => {
  const x = randomNormal([2, 6, 6, 3], 8), inputShape = [6, 6, 3];
  expectSame(
    sequential([
      separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2, strides: 2, name: "last" }),
    ], { inputShape }),
    sequential([
      depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, strides: 2, useBias: false }),
      conv2d({ filters: 4, kernelSize: 1, name: "last" }),
    ], { inputShape }),
    x,
  );
  for (const interpolation of ["nearest", "bilinear"] as const) {
    expectSame(
      sequential([
        resizeConv2d({
          filters: 2,
          kernelSize: 3,
          interpolation,
          name: "last",
          activation: "relu",
        }),
      ], { inputShape }),
      sequential([
        upsampling2d({ interpolation }),
        conv2d({ filters: 2, kernelSize: 3, padding: "same", name: "last", activation: "relu" }),
      ], { inputShape }),
      x,
    );
  }
});

Deno.test("lrp: a layer in two places, and one tied to another", () => {
  const shared = dense({ units: 3, name: "shared", activation: "relu" });
  const net = sequential([shared, shared], { inputShape: [3], seed: 2 });
  const apart = sequential([
    dense({ units: 3, activation: "relu" }),
    dense({ units: 3, activation: "relu", name: "last" }),
  ], { inputShape: [3] });
  apart.parameters.forEach(({ value }, i) => value.view.set(net.parameters[i % 2].value.view));
  const x = randomUniform([2, 3], 3, 0, 1);
  const target = (layer: string) => ({ target: all(layer) });
  const twice = lrp(net, x, target("shared/2"));
  assertClose(twice.relevance, lrp(apart, x, target("last")).relevance);
  assert.deepEqual(twice.rules, { shared: "epsilon", "shared/2": "epsilon" });

  const first = dense({ units: 4, name: "first", useBias: false });
  const tied = sequential([first, dense({ units: 3, tiedTo: first, name: "last" })], {
    inputShape: [3],
  });
  const { relevance, start } = lrp(tied, x, { ...target("last"), preset: "epsilon" });
  const y = tied.predict(x).data;
  assertClose(start, [total(y.subarray(0, 3)), total(y.subarray(3))]);
  // Without biases epsilon is input times gradient.
  const { gradient } = tied.gradients(x, { of: ["input"] }).input;
  assertClose(relevance.data, gradient.data.map((g, i) => g * x.data[i]), { tolerance: 1e-4 });
});

Deno.test("lrp: nothing is merged over what is asked for", () => {
  const net = sequential([
    conv2d({ filters: 2, kernelSize: 3, name: "conv" }),
    batchNormalization({ name: "norm", betaInitializer: "ones" }),
    activation("relu"),
    flatten(),
    dense({ units: 2 }),
  ], { inputShape: [4, 4, 1], seed: 1 });
  const x = randomUniform([1, 4, 4, 1], 2);
  const [conv, norm] = ["conv", "norm"].map((of) => lrp(net, x, { of }));
  assertClose(conv.relevance, norm.relevance);
  assert.deepEqual(conv.relevance.shape, [1, 2, 2, 2]);
});

Deno.test("lrp: batch normalisation is not merged into what is used elsewhere too", () => {
  const x = input({ shape: [4, 4, 1] });
  const conv = conv2d({ filters: 2, kernelSize: 3, name: "conv" }).apply(x);
  const norm = batchNormalization({ name: "norm", betaInitializer: "ones" }).apply(conv);
  const net = model({ inputs: x, outputs: add({ name: "last" }).apply([conv, norm]) }, { seed: 1 });
  net.setWeights("norm/moving_variance", tensor([0.2, 4]));
  const pictures = randomUniform([1, 4, 4, 1], 2);
  const { start } = lrp(net, pictures, { target: all("last") });
  assertClose(start, [total(net.predict(pictures).data)]);
});

Deno.test("lrp: what does not come from what is asked for is not followed", () => {
  const x = input({ shape: [3] });
  const hidden = dense({ units: 3, name: "hidden" }).apply(x);
  const side = dense({ units: 3, name: "side", biasInitializer: "ones" }).apply(x);
  const net = model({ inputs: x, outputs: add({ name: "last" }).apply([hidden, side]) });
  const { bias, elsewhere } = lrp(net, randomUniform([1, 3], 2), {
    target: all("last"),
    of: "hidden",
  });
  assert.deepEqual(bias, [0]); // the side's has not been reached
  assert.notEqual(elsewhere[0], 0);
});

Deno.test("lrp: skips around what is asked for go elsewhere, batches are as good as one", () => {
  const x = input({ shape: [6], name: "x" });
  const hidden = dense({ units: 6, activation: "relu", name: "hidden" }).apply(x);
  const y = dense({ units: 3, name: "last" }).apply(add().apply([x, hidden]));
  const net = model({ inputs: x, outputs: y }, { seed: 4 }), pictures = randomUniform([5, 6], 9);
  const result = lrp(net, pictures, {
    of: "hidden",
    target: { kind: "class", index: [0, 1, 2, 0, 1] },
  });
  const width = result.relevance.data.length / 5;
  result.start.forEach((start, i) => {
    const got = total(result.relevance.data.subarray(i * width, (i + 1) * width));
    assert.notEqual(result.elsewhere[i], 0);
    const sum = got + result.elsewhere[i] + result.bias[i] + result.epsilon[i];
    assert.ok(Math.abs(sum - start) < 1e-5, `${sum} of ${start}`);
  });
  assert.deepEqual(result.start.map(Math.fround), result.values.map(Math.fround));
  const again = lrp(net, pictures, {
    of: "hidden",
    target: { kind: "class", index: [0, 1, 2, 0, 1] },
    batchSize: 2,
  });
  assert.deepEqual(again.relevance.data, result.relevance.data);
});

Deno.test("lrp: begins with scores, before a sigmoid or softmax that ends the network", () => {
  for (const kind of ["sigmoid", "softmax", "tanh"] as const) {
    const net = sequential([dense({ units: 3, activation: kind, name: "last" })], {
      inputShape: [4],
      seed: 1,
    });
    const x = randomNormal([2, 4], 2), from = kind === "tanh" ? "last" : "last/linear";
    const target = (layer: string) => ({ kind: "unit", layer, channel: 1 } as const);
    const result = lrp(net, x, { target: target("last") });
    assertClose(result.start, lrp(net, x, { target: target(from) }).values);
    const itself = lrp(net, x, { target: target("last"), of: "last" });
    assertClose(itself.start, itself.values);
  }
});

Deno.test("lrp: takes no memory that it does not give back, and changes nothing", () => {
  const x = input({ shape: [32, 32, 2] });
  const end = (value: Symbolic) => dense({ units: 3 }).apply(flatten().apply(value));
  const y = end(
    batchNormalization().apply(separableConv2d({ filters: 4, kernelSize: 3 }).apply(x)),
  );
  const net = model({ inputs: x, outputs: y }), pictures = randomUniform([3, 32, 32, 2], 1);
  const before = net.parameters.map(({ value }) => [...value.view]);
  const run = () => lrp(net, pictures, { preset: "epsilon-gamma-box" });
  run();
  const used = runtime().arena.used;
  // Small tables wait for the garbage collector; activations are a hundred times as large.
  const flat = () => assert.ok(runtime().arena.used - used < 2 ** 16);
  for (let i = 0; i < 3; i++) run();
  flat();
  assert.throws(() =>
    lrp(net, pictures, { rules: [{ rule: { kind: "z-box", low: 2, high: 3 } }] })
  );
  flat();
  assert.deepEqual(net.parameters.map(({ value }) => [...value.view]), before);
});
