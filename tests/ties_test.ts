/** Layers that use another's kernel: values, gradients, training, saving, freezing, and what is refused. */

import assert from "node:assert/strict";
import {
  adam,
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  decodeModel,
  decodeSafetensors,
  dense,
  depthwiseConv2d,
  encodeModel,
  encodeSafetensors,
  input,
  type Layer,
  type Model,
  model,
  type SafetensorsInput,
  sequential,
  sgd,
  type Shape,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { gradcheck } from "./harness/gradcheck.ts";
import { type Array32, randomNormal, seedOf } from "./harness/random_array.ts";
import { refused } from "./harness/refusals.ts";
import { assertSameBits } from "./harness/threads.ts";

/** What a tied layer says of its kernel: that it is another's, or nothing. */
type Tie = { tiedTo?: Layer | string };

/** Pairs of layers, the second tied to the first or not. */
const pairs: Record<string, { shape: Shape; make(tie: (first: Layer) => Tie): Layer[] }> = {
  "conv2d and its transpose": {
    shape: [9, 8, 3],
    make: (tie) => {
      const first = conv2d({ filters: 5, kernelSize: 3, strides: 2, activation: "tanh" });
      return [first, conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, ...tie(first) })];
    },
  },
  "a transpose and its conv2d, in groups": {
    shape: [5, 5, 6],
    make: (tie) => {
      const sizes = { kernelSize: 4, groups: 2, padding: "same" } as const;
      const first = conv2dTranspose({ ...sizes, filters: 4, activation: "tanh" });
      return [first, conv2d({ ...sizes, filters: 6, ...tie(first) })];
    },
  },
  "two conv2d": {
    shape: [6, 6, 4],
    make: (tie) => {
      const sizes = { filters: 4, kernelSize: 3, padding: "same" } as const;
      const first = conv2d({ ...sizes, activation: "tanh" });
      return [first, conv2d({ ...sizes, dilationRate: 2, ...tie(first) })];
    },
  },
  "conv1d and its transpose": {
    shape: [16, 2],
    make: (tie) => {
      const sizes = { kernelSize: 4, strides: 2, padding: "same" } as const;
      const first = conv1d({ ...sizes, filters: 7, activation: "tanh" });
      return [first, conv1dTranspose({ ...sizes, filters: 2, ...tie(first) })];
    },
  },
};

/** A kernel with its last two axes exchanged. */
function turned({ shape: [rows, columns], data }: Array32): Array32 {
  const at = (i: number) => data[(i % rows) * columns + Math.floor(i / rows)];
  return { shape: [columns, rows], data: Float32Array.from(data, (_, i) => at(i)) };
}

/** Fills parameters by their names, a kernel that is used twice by that of the first layer. */
function fill(net: Model, kernel: Array32): void {
  for (const { name, shape } of net.parameters) {
    const own = name.endsWith("/kernel") ? kernel : randomNormal(shape, seedOf(name));
    net.setWeights(name, { shape, data: own.data });
  }
}

const valuesOf = (net: Model) => net.parameters.map(({ value }) => value.view.slice());

/** Checks a tied pair against the same pair untied, whose second kernel is `second` of the first. */
function checkPair(tied: Model, free: Model, second: (kernel: Array32) => Array32): void {
  const [own, ...others] = tied.parameters;
  assert.equal(others.length, 2, "one kernel, two biases");
  const size = tied.parameters.reduce((sum, { value }) => sum + value.length, 0);
  assert.equal(tied.parameterCount, size);
  const kernel = randomNormal(own.shape, 3, 0.3);
  fill(tied, kernel);
  fill(free, kernel);
  const [, , freeKernel] = free.parameters;
  free.setWeights(freeKernel.name, second(kernel));

  const x = randomNormal([3, ...tied.inputShape], 4);
  const dy = randomNormal([3, ...tied.outputShape], 5);
  const run = (net: Model) => {
    net.zeroGradients();
    const [y] = net.forward(x, { training: true });
    return [y.data, net.backward(dy)[0].data];
  };
  run(tied).forEach((data, i) => assertClose({ data, shape: [data.length] }, run(free)[i], {}));
  const wanted = second({ shape: freeKernel.shape, data: freeKernel.gradient.view.slice() }).data
    .map((v, i) => v + free.parameters[0].gradient.view[i]);
  const sum = { shape: own.shape, data: own.gradient.view };
  assertClose(sum, wanted, { name: "the sum of both gradients", tolerance: 1e-5 });

  const set = (values: readonly Float32Array[]) =>
    tied.parameters.forEach(({ value }, i) => value.view.set(values[i]));
  gradcheck(
    (...values) => {
      set(values);
      return tied.forward(x)[0].data;
    },
    (dy, ...values) => {
      set(values);
      tied.zeroGradients();
      const [y] = tied.forward(x);
      tied.backward({ shape: y.shape, data: dy });
      return tied.parameters.map(({ gradient }) => gradient.view.slice());
    },
    valuesOf(tied),
    { inputNames: tied.parameters.map(({ name }) => name), tolerance: 5e-3 },
  );
}

for (const [name, { shape, make }] of Object.entries(pairs)) {
  Deno.test(`tied: ${name}: output and gradients are those of two equal kernels`, () => {
    const build = (tie: (first: Layer) => Tie) => sequential(make(tie), { inputShape: shape });
    checkPair(build((tiedTo) => ({ tiedTo })), build(() => ({})), (kernel) => kernel);
  });
}

Deno.test("tied: dense uses the transposed kernel, square ones too", () => {
  for (const units of [4, 6]) {
    const build = (tied: boolean) => {
      const first = dense({ units, activation: "tanh", name: "in" });
      return sequential([first, dense({ units: 6, ...tied ? { tiedTo: "in" } : {} })], {
        inputShape: [6],
      });
    };
    checkPair(build(true), build(false), turned);
  }
});

/** An autoencoder whose decoder is tied. */
function autoencoder(options: { encoder?: boolean; decoder?: boolean } = {}): Model {
  const { encoder = true, decoder = true } = options;
  const sizes = { kernelSize: 4, strides: 2, padding: "same" } as const;
  return sequential([
    conv2d({ ...sizes, filters: 6, activation: "relu", name: "enc", trainable: encoder }),
    conv2dTranspose({ ...sizes, filters: 2, tiedTo: "enc", name: "dec", trainable: decoder }),
  ], { inputShape: [8, 8, 2], name: "tied" });
}

const x = randomNormal([4, 8, 8, 2], 1);

Deno.test("tied: an optimizer moves the kernel once by both gradients", () => {
  const net = autoencoder();
  net.compile({ optimizer: sgd({ learningRate: 0.5, momentum: 0.9 }), loss: "mse" });
  const before = valuesOf(net);
  net.trainOnBatch(x, x);
  net.parameters.forEach(({ name, shape, value, gradient }, i) => {
    const wanted = before[i].map((v, j) => v - 0.5 * gradient.view[j]);
    assertClose({ shape, data: value.view }, wanted, { name, tolerance: 1e-6 });
  });
});

Deno.test("tied: it survives saving and loading, in the middle of training", () => {
  const net = autoencoder();
  net.compile({ optimizer: adam({ learningRate: 0.01 }), loss: "mse" });
  for (let step = 0; step < 3; step++) net.trainOnBatch(x, x);
  const bytes = encodeModel(net), { model: again } = decodeModel(bytes);
  assert.deepEqual(encodeModel(again), bytes);
  assert.deepEqual(again.parameters.map(({ name }) => name), [
    "enc/kernel",
    "enc/bias",
    "dec/bias",
  ]);
  assert.equal(again.layer("dec").parameters[0], again.layer("enc").parameters[0]);
  assert.equal(again.trainOnBatch(x, x), net.trainOnBatch(x, x));
  valuesOf(net).forEach((values, i) => assertSameBits(valuesOf(again)[i], values, "after a step"));
  // A file that ties to a layer it does not have.
  const { tensors, metadata: { checksum: _, ...metadata } } = decodeSafetensors(bytes);
  const architecture = metadata.architecture.replace('"tiedTo":"enc"', '"tiedTo":"cne"');
  assert.notEqual(architecture, metadata.architecture);
  const damaged = encodeSafetensors(tensors as Record<string, SafetensorsInput>, {
    ...metadata,
    architecture,
  });
  assert.throws(() => decodeModel(damaged), /it has no tensor "cne\/kernel"/);
});

Deno.test("tied: the summary says it and counts the kernel once", () => {
  const lines = autoencoder({ encoder: false }).summary().split("\n");
  assert.match(lines[5], /^enc \(conv2d\) .* 198$/);
  assert.match(lines[6], /^dec \(conv2d_transpose\) .* 2$/);
  assert.equal(lines[8], "dec uses the kernel of enc");
  assert.match(lines[9], /^200 parameters .*, 198 of them not trained$/);
});

Deno.test("tied: the kernel is frozen with the layer it belongs to", () => {
  const moved = (options: { encoder?: boolean; decoder?: boolean }) => {
    const net = autoencoder(options);
    net.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse" });
    const before = valuesOf(net);
    net.trainOnBatch(x, x);
    const changed = net.parameters.filter(({ value }, i) =>
      value.view.some((v, j) => v !== before[i][j])
    );
    return { net, names: changed.map(({ name }) => name) };
  };
  assert.deepEqual(moved({}).names, ["enc/kernel", "enc/bias", "dec/bias"]);
  assert.deepEqual(moved({ encoder: false }).names, ["dec/bias"]);
  const { net, names } = moved({ decoder: false });
  assert.deepEqual(names, ["enc/kernel", "enc/bias"]);
  // Both layers' gradients, although one is frozen.
  const all = moved({}).net;
  assertSameBits(net.parameters[0].value.view, all.parameters[0].value.view, "kernel");
  // Thawed and frozen again between steps.
  net.layer("enc").trainable = false;
  const before = valuesOf(net);
  net.trainOnBatch(x, x);
  assert.deepEqual(valuesOf(net), before);
});

Deno.test("tied: by the layer itself, whatever comes first, and in a part of the model", () => {
  const encoder = dense({ units: 3, activation: "tanh" });
  const decoder = dense({ units: 5, tiedTo: encoder });
  const start = input({ shape: [3] }), middle = decoder.apply(start);
  const net = model({ inputs: start, outputs: encoder.apply(middle) });
  assert.deepEqual(net.parameters.map(({ name }) => name), [
    "dense_2/kernel",
    "dense_1/bias",
    "dense_2/bias",
  ]);
  assert.equal(decoder.config.tiedTo, "dense_2");
  const part = model({ inputs: start, outputs: middle });
  const code = randomNormal([2, 3], 9);
  assert.deepEqual(part.predict(code), {
    shape: [2, 5],
    data: net.activations(code)[0].output.data,
  });
  assert.throws(
    () => encodeModel(part),
    /Cannot save the model: dense "dense_1" is tied to "dense_2", which is not in it/,
  );
});

Deno.test("tied: what cannot be is refused in one line", () => {
  const refuses = (layers: () => Layer[], message: RegExp, shape: Shape = [8, 8, 3]) =>
    refused(() => sequential(layers(), { inputShape: shape }), message);
  const enc = (options = {}) => conv2d({ filters: 4, kernelSize: 3, name: "enc", ...options });
  const dec = (options = {}) =>
    conv2dTranspose({ filters: 3, kernelSize: 3, name: "dec", tiedTo: "enc", ...options });
  refuses(
    () => [enc(), dec({ tiedTo: "nobody" })],
    /Cannot tie conv2d_transpose "dec" to "nobody": the model has no such layer; it has enc, dec/,
  );
  refuses(() => [enc(), dec({ tiedTo: enc() })], /the model has no such layer/);
  refuses(
    () => [enc(), dec({ filters: 2 })],
    /its kernel would have to be \[3,3,2,4\], and the kernel there is \[3,3,3,4\]/,
  );
  refuses(() => [enc(), dec({ tiedTo: "dec" })], /that is the layer itself/);
  refuses(() => [enc({ tiedTo: "dec" }), dec()], /each is tied to the other/);
  refuses(
    () => [enc(), dec(), conv2d({ filters: 4, kernelSize: 3, tiedTo: "dec" })],
    /that is itself tied to "enc": tie both to "enc"/,
  );
  refuses(
    () => [depthwiseConv2d({ kernelSize: 3, name: "enc" }), dec()],
    /it can use the kernel of a conv2d or conv2d_transpose, and that is a depthwise_conv2d/,
  );
  refuses(
    () => [enc({ tiedTo: "dec", kernelInitializer: "zeros" })],
    /kernelInitializer and tiedTo exclude each other/,
  );
  refuses(() => [enc({ tiedTo: "dec", kernelRegularizer: "l2" })], /kernelRegularizer and tiedTo/);
  refuses(() => [enc({ tiedTo: "" })], /tiedTo must be a layer or the name of one/);
  refuses(() => [enc({ tiedTo: 3 })], /tiedTo must be a layer or the name of one/);
  refuses(
    () => [depthwiseConv2d({ kernelSize: 3, ...{ tiedTo: "enc" } })],
    /a depthwise_conv2d cannot be tied/,
  );
});
