/** Gradients with respect to any layer, freezing, layers shared between models, one model trained through another. */

import assert from "node:assert/strict";
import {
  activation,
  adam,
  add,
  conv2d,
  DeconvError,
  dense,
  flatten,
  input,
  l2,
  type Model,
  model,
  sequential,
  sgd,
  type Tensor,
  tensor,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal } from "./harness/random_array.ts";
import { autoencoder, classifier, labelled, pictures, weightBits } from "./harness/small_nets.ts";

/** The layers of a chain behind one of them, as a model that shares them. */
function behind(net: Model, layer: number): Model {
  const shape = net.graph.shapes[net.graph.nodes[layer].output];
  return sequential(net.layers.slice(layer + 1), { inputShape: shape });
}

/** A chain of everything that treats gradients in a way of its own. */
function chain(): Model {
  return sequential([
    conv2d({ filters: 4, kernelSize: 3, activation: "relu", name: "relu" }),
    conv2d({ filters: 6, kernelSize: 3, activation: "silu", name: "silu" }),
    activation("leaky_relu", { name: "slope" }),
    flatten({ name: "flat" }),
    dense({ units: 5, activation: "sigmoid", name: "sigmoid" }),
    dense({ units: 3, activation: "softmax", name: "softmax" }),
  ], { inputShape: [7, 7, 2], seed: 1 });
}

Deno.test("gradients of any layer are those of the network behind it", () => {
  const net = chain(), x = randomNormal([3, 7, 7, 2], 1), dy = randomNormal([3, 3], 2);
  const names = net.layers.map(({ name }) => name);
  const found = net.gradients(x, { of: ["input", ...names], dy });
  const activations = net.activations(x);
  names.forEach((name, i) => {
    const { output, gradient } = found[name];
    assert.deepEqual(output, activations[i].output, name);
    if (i === names.length - 1) assert.deepEqual(gradient, dy);
    else {
      const rest = behind(net, i);
      rest.forward(output);
      assertClose(gradient.data, rest.backward(dy)[0].data, { name, tolerance: 1e-6 });
    }
  });
  net.forward(x);
  assert.deepEqual(found.input.gradient, net.backward(dy)[0]);
  assert.deepEqual(found.input.output, x);
  // Watching one alone gives the same.
  for (const name of ["relu", "silu", "flat"]) {
    assert.deepEqual(net.gradients(x, { of: [name], dy })[name], found[name], name);
  }
});

Deno.test("gradients: the default, a function of the outputs, a rule; parameters stay out of it", () => {
  const net = chain(), x = randomNormal([2, 7, 7, 2], 1);
  for (const { gradient } of net.parameters) gradient.view.fill(3);
  const of = ["silu"];
  const ones = net.gradients(x, { of, dy: tensor([1, 1, 1, 1, 1, 1], [2, 3]) });
  assert.deepEqual(net.gradients(x, { of }), ones);
  // The derivative of Σ y² / 2.
  const half = net.gradients(x, { of, dy: ([y]) => y });
  const [y] = net.forward(x);
  assert.deepEqual(net.gradients(x, { of, dy: y }), half);
  const guided = net.gradients(x, { of: ["input"], dy: ([y]) => y, rule: "guided" });
  net.forward(x);
  assert.deepEqual(
    guided.input.gradient,
    net.backward(y, { rule: "guided", parameters: false })[0],
  );
  for (const { name, gradient } of net.parameters) {
    assert.ok(gradient.view.every((v) => v === 3), name);
  }
  // A network none of whose layers learns has gradients all the same.
  net.trainable = false;
  assert.deepEqual(net.gradients(x, { of, dy: y }), half);
});

Deno.test("gradients of values that are used more than once, of layers in several places", () => {
  const x = input({ shape: [3], name: "x" });
  const shared = dense({ units: 3, activation: "tanh", name: "shared" });
  const first = shared.apply(x), second = shared.apply(first);
  const sum = add({ name: "sum" }).apply([first, second, first]);
  const net = model({ inputs: x, outputs: [sum, first] }, { seed: 4 });
  const at = randomNormal([2, 3], 1), dys = [randomNormal([2, 3], 2), randomNormal([2, 3], 3)];
  const found = net.gradients(at, { of: ["shared", "shared/2", "sum", "x"], dy: dys });
  assert.deepEqual(found.sum.gradient, dys[0]);
  assert.deepEqual(found["shared/2"].gradient, dys[0]);
  const alone = sequential([shared], { inputShape: [3] });
  const through = (from: Tensor, dy: Tensor) => {
    alone.forward(from);
    return alone.backward(dy)[0].data;
  };
  // first goes into sum twice, into shared once, and is an output.
  const again = through(found.shared.output, dys[0]);
  const expected = again.map((v, i) => v + 2 * dys[0].data[i] + dys[1].data[i]);
  assertClose(found.shared.gradient.data, expected, { tolerance: 1e-6 });
  assertClose(found.x.gradient.data, through(at, found.shared.gradient), { tolerance: 1e-6 });
});

Deno.test("own loops: forward watches, backward completes, watched tells", () => {
  const net = autoencoder(), x = pictures(2), dy = randomNormal([2, 8, 8, 2], 3);
  net.forward(x, { watch: ["conv2d_1"] });
  net.backward(dy);
  const { conv2d_1 } = net.watched();
  assert.deepEqual(conv2d_1, net.gradients(x, { of: ["conv2d_1"], dy }).conv2d_1);
  net.forward(x);
  assert.deepEqual(net.watched(), {});
  const refused = (run: () => unknown, message: RegExp) =>
    assert.throws(run, (error: Error) => {
      assert.ok(error instanceof DeconvError, error.stack);
      assert.match(error.message, message);
      return true;
    });
  refused(() => net.forward(x, { watch: ["conv9"] }), /"conv9".*input, conv2d_1, conv2d_2/);
  refused(() => autoencoder().watched(), /forward/);
  refused(() => net.gradients(x, { of: [], dy: pictures(3) }), /2 pictures.*3/);
});

Deno.test("regularize adds the penalties' gradients in loops of one's own", () => {
  const net = sequential([dense({ units: 2, kernelRegularizer: l2(0.5), inputShape: [3] })]);
  net.zeroGradients();
  const w = net.getWeights("dense_1/kernel").data;
  assertClose([net.regularize()], [0.5 * w.reduce((sum, v) => sum + v * v, 0)]);
  assertClose(net.parameters[0].gradient.view, w, { name: "2 · 0.5 · w" });
  net.trainable = false;
  assert.equal(net.regularize(), 0);
});

Deno.test("trainable of a model freezes and thaws all its layers", () => {
  const net = classifier();
  assert.equal(net.trainable, false, "one is frozen");
  const names = () => net.trainableParameters.map(({ name }) => name);
  assert.deepEqual(names().filter((name) => name.startsWith("frozen")), []);
  net.trainable = true;
  assert.equal(net.trainable, true);
  assert.deepEqual(names(), net.parameters.map(({ name }) => name));
  net.trainable = false;
  assert.deepEqual(names(), []);
  const before = weightBits(net), { x, labels } = labelled(8);
  net.compile({ loss: "sparse_categorical_crossentropy" });
  net.trainOnBatch(x, labels);
  assert.deepEqual(weightBits(net), before);
});

/** A generator, a discriminator, and the two in a row with shared layers. */
function adversaries() {
  const generator = sequential([
    dense({ units: 6, activation: "tanh", name: "g1", inputShape: [4] }),
    dense({ units: 5, name: "g2" }),
  ], { seed: 1 });
  const discriminator = sequential([
    dense({ units: 7, activation: "tanh", name: "d1", inputShape: [5] }),
    dense({ units: 1, activation: "sigmoid", name: "d2" }),
  ], { seed: 2 });
  const z = input({ shape: [4] });
  const both = model({ inputs: z, outputs: discriminator.apply(generator.apply(z)) });
  return { generator, discriminator, both };
}

/** Which layers' weights differ, by their first letter. */
function changed(before: Record<string, Uint32Array>, after: Record<string, Uint32Array>): string {
  const names = Object.keys(before).filter((name) => `${before[name]}` !== `${after[name]}`);
  return [...new Set(names.map((name) => name[0]))].sort().join("");
}

Deno.test("a frozen model inside another: each training changes what it should", async () => {
  const { generator, discriminator, both } = adversaries();
  const bce = { loss: "binary_crossentropy" } as const;
  discriminator.compile(bce);
  both.compile(bce);
  const real = randomNormal([8, 5], 3), z = randomNormal([8, 4], 4);
  const yes = tensor(new Float32Array(8).fill(1), [8, 1]), no = tensor(new Float32Array(8), [8, 1]);
  for (let round = 0; round < 3; round++) {
    const start = weightBits(both);
    discriminator.trainable = true;
    discriminator.trainOnBatch(real, yes);
    discriminator.trainOnBatch(generator.predict(z), no);
    const middle = weightBits(both);
    assert.equal(changed(start, middle), "d");
    discriminator.trainable = false;
    if (round < 2) both.trainOnBatch(z, yes);
    else await both.fit(z, yes, { batchSize: 3 });
    assert.equal(changed(middle, weightBits(both)), "g");
    // Both see the same weights: they are the same arrays.
    const through = discriminator.predict(generator.predict(z));
    assert.deepEqual(both.predict(z), through);
  }
  discriminator.trainable = true;
  const start = weightBits(both);
  both.trainOnBatch(z, yes);
  assert.equal(changed(start, weightBits(both)), "dg");
});

Deno.test("training through another model by forward and backward equals training the two in a row", () => {
  const [apart, joined] = [adversaries(), adversaries()];
  const z = randomNormal([8, 4], 4), yes = tensor(new Float32Array(8).fill(1), [8, 1]);
  joined.discriminator.trainable = false;
  joined.both.compile({ loss: "binary_crossentropy", optimizer: sgd({ learningRate: 0.1 }) });
  const optimizer = sgd({ learningRate: 0.1 });
  for (let step = 0; step < 5; step++) {
    joined.both.trainOnBatch(z, yes);
    const { generator, discriminator } = apart;
    const [y] = discriminator.forward(generator.forward(z, { training: true })[0]);
    const dy = tensor(y.data.map((p) => -1 / p / 8), [8, 1]);
    const [dx] = discriminator.backward(dy, { parameters: false });
    generator.zeroGradients();
    generator.backward(dx);
    optimizer.step(generator.trainableParameters);
  }
  joined.generator.parameters.forEach(({ name, value }, i) => {
    const { view } = apart.generator.parameters[i].value;
    assertClose(view, value.view, { name, tolerance: 1e-5 });
  });
  assert.deepEqual(weightBits(apart.discriminator), weightBits(adversaries().discriminator));
});

Deno.test("a model applied: several outputs, wrong inputs", () => {
  const x = input({ shape: [4] }), y = dense({ units: 2, name: "a" }).apply(x);
  const two = model({ inputs: x, outputs: [y, dense({ units: 3, name: "b" }).apply(y)] });
  const z = input({ shape: [4] });
  assert.throws(() => two.apply(z), /2 outputs: use applyAll/);
  const outer = model({ inputs: z, outputs: two.applyAll(z) });
  const at = randomNormal([2, 4], 1);
  assert.deepEqual(outer.predictAll(at), two.predictAll(at));
  assert.throws(() => two.applyAll([z, z]), /has 1 input\(s\), and is applied to 2/);
  const w = input({ shape: [5] });
  assert.throws(() => model({ inputs: w, outputs: two.applyAll(w) }), /dense "a" to \[5\]/);
  outer.compile({ loss: "mse", optimizer: adam() });
});
