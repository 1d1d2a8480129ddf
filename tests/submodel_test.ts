/** Parts of networks, networks for other sizes, and what generators are fed. */

import assert from "node:assert/strict";
import {
  add,
  conv2d,
  conv2dTranspose,
  DeconvError,
  dense,
  drawLatent,
  generatorOf,
  input,
  latentWalk,
  model,
  random,
  reshape,
  sequential,
  submodel,
  tensor,
} from "../mod.ts";

function autoencoder() {
  return sequential([
    conv2d({ name: "down", filters: 4, kernelSize: 3, strides: 2, padding: "same" }),
    conv2d({ name: "code", filters: 2, kernelSize: 3, padding: "same", activation: "tanh" }),
    conv2dTranspose({ name: "up", filters: 3, kernelSize: 4, strides: 2, padding: "same" }),
  ], { inputShape: [8, 8, 3] });
}

const pictures = (...shape: number[]) => {
  const x = tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  random(1, "x").fillUniform(x.data, 0, 1, 0);
  return x;
};

Deno.test("an encoder and a decoder are the halves of an autoencoder, and share its weights", () => {
  const net = autoencoder(), x = pictures(2, 8, 8, 3);
  const encoder = submodel(net, { to: "code" }), decoder = submodel(net, { from: "code" });
  assert.deepEqual(decoder.inputShape, [4, 4, 2]);
  assert.deepEqual(decoder.predict(encoder.predict(x)).data, net.predict(x).data);
  net.setWeights("up/bias", tensor([1, 2, 3], [3]));
  assert.deepEqual(decoder.getWeights("up/bias").data, Float32Array.of(1, 2, 3));
});

Deno.test("a convolutional network serves pictures of another size", () => {
  const net = autoencoder(), wide = submodel(net, { inputShapes: [[8, 16, 3]] });
  const x = pictures(1, 8, 16, 3);
  assert.deepEqual(wide.predict(x).shape, [1, 8, 16, 3]);
  assert.equal(wide.parameterCount, net.parameterCount);
  const flat = sequential([reshape([12]), dense({ units: 2 })], { inputShape: [2, 6] });
  assert.throws(() => submodel(flat, { inputShapes: [[3, 6]] }), /reshape/);
});

Deno.test("parts that are none are refused", () => {
  const x = input({ shape: [4] }), y = dense({ name: "a", units: 4 }).apply(x);
  const net = model({ inputs: x, outputs: add().apply([y, x]) });
  assert.throws(() => submodel(net, { from: "a" }), /also needs the input/);
  assert.throws(() => submodel(net, { from: "b" }), /no layer "b"/);
  assert.throws(() => submodel(net, { inputShapes: [[4], [4]] }), /1 input/);
});

Deno.test("latent vectors depend on seed and number; a walk goes round at their length", () => {
  const generator = sequential([dense({ units: 12 }), reshape([2, 2, 3])], { inputShape: [16] });
  assert.equal(generatorOf(generator), generator);
  assert.throws(() => generatorOf(autoencoder()), DeconvError);
  const few = drawLatent(generator, 2, 7), more = drawLatent(generator, 5, 7);
  assert.deepEqual(few.data, more.data.slice(0, 32));
  assert.notDeepEqual(drawLatent(generator, 2, 8).data, few.data);
  const a = few.data.slice(0, 16), b = few.data.slice(16);
  const way = latentWalk(a, b, 5);
  assert.deepEqual(way.slice(0, 16), a);
  const length = (v: Float32Array) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  assert.ok(Math.abs(length(way.slice(32, 48)) / Math.sqrt(length(a) * length(b)) - 1) < 0.2);
  assert.deepEqual(latentWalk(a, a, 3).slice(16, 32), a, "from a vector to itself");
});
