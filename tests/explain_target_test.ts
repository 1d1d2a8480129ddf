/** What explanation stands on: unfused networks, targets, gradients with respect to anything. */

import assert from "node:assert/strict";
import {
  activation,
  add,
  type ClassTarget,
  conv2d,
  conv2dTranspose,
  dense,
  flatten,
  globalAveragePool2d,
  input,
  l2,
  type Model,
  model,
  partOf,
  resizeConv2d,
  resolveTarget,
  saliency,
  separableConv2d,
  sequential,
  spectralNormalization,
  type Target,
  targetGradient,
  type Tensor,
  tensor,
  unfuse,
  zeros,
} from "../mod.ts";
import { placeName } from "../core/graph.ts";
import { assertClose } from "./harness/compare.ts";
import { randomUniform } from "./harness/random_array.ts";
import { refused } from "./harness/refusals.ts";
import { autoencoder, classifier, pictures } from "./harness/small_nets.ts";

/** Wrapped, tied, shared, separable, enlarging layers, each with an activation of its own. */
function everything(): Model {
  const x = input({ shape: [6, 6, 2] });
  const down = conv2d({ name: "down", filters: 4, kernelSize: 3, strides: 2, activation: "elu" });
  const shared = conv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "tanh" });
  let y = shared.apply(shared.apply(down.apply(x)));
  y = spectralNormalization(conv2d({ filters: 4, kernelSize: 1, activation: "relu", name: "norm" }))
    .apply(y);
  const up = conv2dTranspose({
    filters: 2,
    kernelSize: 3,
    strides: 2,
    tiedTo: down,
    activation: { kind: "leaky_relu", alpha: 0.1 },
  });
  y = up.apply(y);
  y = separableConv2d({ filters: 3, kernelSize: 2, activation: "gelu" }).apply(y);
  y = resizeConv2d({ filters: 2, kernelSize: 3, activation: "silu" }).apply(y);
  y = dense({ units: 3, activation: "softmax", name: "head" }).apply(
    globalAveragePool2d().apply(y),
  );
  return model({ inputs: x, outputs: y }, { seed: 3 });
}

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

Deno.test("an unfused network computes the same from the same parameters", () => {
  for (const net of [everything(), classifier(), autoencoder()]) {
    const x = randomUniform([3, ...net.inputShape], 1), apart = unfuse(net);
    assertClose(apart.predict(x), net.predict(x), { tolerance: 1e-6 });
    assert.equal(unfuse(net), apart, "made once");
    assert.equal(unfuse(apart), apart);
    assert.ok(
      apart.layers.every(({ kind, activation }) =>
        kind === "activation" || activation === "linear"
      ),
    );
    assert.deepEqual(new Set(apart.parameters), new Set(net.parameters));
    // What a name meant it means still.
    const before = net.activations(x), after = apart.activations(x);
    net.graph.nodes.forEach((_, i) => {
      const name = placeName(net.graph, i);
      const same = after.find(({ layer }) => layer.name === name)!;
      assertClose(same.output, before[i].output, { tolerance: 1e-5, name });
    });
    const { value } = net.parameters[0];
    value.view[0] += 1;
    assertClose(apart.predict(x), net.predict(x), { tolerance: 1e-6 });
  }
});

Deno.test("parts end before the softmax and begin anywhere, with what else they need", () => {
  const net = unfuse(classifier()), x = pictures(2);
  const logits = partOf(net, { logits: true });
  assert.equal(logits.layers.at(-1)!.name, "head/linear");
  const stem = net.activations(x).find(({ layer }) => layer.name === "stem")!.output;
  const late = partOf(net, { from: "stem", to: "skip" });
  assert.deepEqual(late.graph.inputNames, ["stem"]);
  const skip = net.activations(x).find(({ layer }) => layer.name === "skip")!.output;
  assertClose(late.predict(stem), skip, { tolerance: 1e-6 });
  const a = input({ shape: [4], name: "a" }), b = input({ shape: [4], name: "b" });
  const inner = dense({ units: 4, name: "inner" }).apply(a);
  const two = unfuse(model({ inputs: [a, b], outputs: add().apply([inner, b]) }));
  assert.deepEqual(partOf(two, { from: "inner" }).graph.inputNames, ["inner", "b"]);
  assert.deepEqual(partOf(two, { to: "inner" }).graph.inputNames, ["a"]);
  assert.throws(() => partOf(two, { from: "b", to: "inner" }), /does not depend on "b"/);
  // The second place of a layer keeps its name where the first is not there.
  const shared = dense({ units: 4, name: "shared" });
  const twins = model({
    inputs: [a, b],
    outputs: add({ name: "both" }).apply([shared.apply(a), shared.apply(b)]),
  });
  const second = partOf(unfuse(twins), { to: "shared/2" });
  assert.deepEqual(second.graph.inputNames, ["b"]);
  assert.deepEqual(second.layers.map(({ name }) => name), ["shared/2"]);
  assert.throws(() => partOf(two, { output: 1 }), /no number 1/);
  assert.throws(() => partOf(two, { to: "other" }), /no layer or input "other"/);
});

/** Compares gradients with differences of values in one random direction for each picture. */
function checkGradient(net: Model, x: Tensor, target: Target): void {
  // Settled once: what the network finds may change on the way.
  const settled = resolveTarget(net, x, target).target;
  const { gradient, values } = targetGradient(net, x, { target: settled });
  const direction = randomUniform(x.shape, 99), width = x.data.length / x.shape[0], step = 1e-3;
  const moved = (sign: number) => {
    const data = x.data.map((v, i) => v + sign * step * (direction.data[i] - 0.5));
    return targetGradient(net, { shape: x.shape, data }, { target: settled }).values;
  };
  const [up, down] = [moved(1), moved(-1)];
  values.forEach((value, i) => {
    const slope = (up[i] - down[i]) / (2 * step);
    const expected = sum(
      Array.from(
        { length: width },
        (_, k) => gradient.data[i * width + k] * (direction.data[i * width + k] - 0.5),
      ),
    );
    assert.ok(
      Math.abs(slope - expected) < 2e-3 * (1 + Math.abs(value)) + 0.02 * Math.abs(slope),
      `${JSON.stringify(target)}: ${slope}, ${expected}`,
    );
  });
}

Deno.test("every target has the gradient of its values", () => {
  const net = classifier(), decoder = autoencoder(), x = pictures(3);
  for (
    const target of [
      { kind: "class" },
      { kind: "class", index: 1 },
      { kind: "class", index: [2, 0, 1] },
      { kind: "unit", layer: "shared", channel: 3, at: [2, 5] },
      { kind: "unit", layer: "shared/2", channel: 3 },
      { kind: "unit", layer: "skip", reduce: "sum" },
      { kind: "unit", layer: "skip", reduce: "max", channel: 1 },
      { kind: "unit", layer: "head", channel: 2 },
    ] as const
  ) checkGradient(net, x, target);
  const layer = decoder.layers[1].name;
  for (
    const target of [
      { kind: "pixels", region: { top: 3, left: 4 }, channel: 1 },
      { kind: "pixels", region: { top: 0, left: 6, height: 2, width: 2 }, reduce: "sum" },
      { kind: "pixels" },
      { kind: "error", against: pictures(3, 8) },
      { kind: "error", against: pictures(3, 8), metric: "bce" },
      { kind: "error" },
      {
        kind: "scalar",
        layer,
        scalar: ({ shape, data }: Tensor) => ({
          values: [0, 1, 2].map((i) =>
            sum(data.subarray(i * data.length / 3, (i + 1) * data.length / 3).map((v) => v * v))
          ),
          gradient: { shape, data: data.map((v) => 2 * v) },
        }),
      },
    ] as const
  ) checkGradient(decoder, x, target);
});

Deno.test("a class's score is the logit, and the largest is taken where none is named", () => {
  const net = classifier(), x = pictures(4), chances = net.predict(x);
  const { values } = targetGradient(net, x);
  const { target } = resolveTarget(net, x, { kind: "class" });
  const index = (target as ClassTarget).index as number[];
  const all = [0, 1, 2].map((index) =>
    targetGradient(net, x, { target: { kind: "class", index } }).values
  );
  values.forEach((value, i) => {
    const row = [...chances.data.subarray(3 * i, 3 * i + 3)];
    assert.equal(index[i], row.indexOf(Math.max(...row)));
    assert.equal(value, Math.max(...all.map((scores) => scores[i])));
    const total = sum(all.map((scores) => Math.exp(scores[i])));
    assert.ok(Math.abs(Math.exp(value) / total - Math.max(...row)) < 1e-5);
  });
});

Deno.test("batches are streamed in pieces, which changes nothing", () => {
  const net = autoencoder(), x = pictures(7), target = { kind: "error", metric: "bce" } as const;
  const whole = targetGradient(net, x, { target, of: net.layers[0].name });
  const pieces = targetGradient(net, x, { target, of: net.layers[0].name, batchSize: 3 });
  assert.deepEqual(pieces.output.shape, [7, 4, 4, 8]);
  assertClose(pieces.gradient, whole.gradient, { tolerance: 1e-6 });
  assertClose(pieces.values, whole.values, { tolerance: 1e-6 });
});

Deno.test("explaining changes nothing in the model, and penalties are not explained", () => {
  const make = (penalty: boolean) =>
    sequential([
      conv2d({
        name: "a",
        filters: 4,
        kernelSize: 3,
        activation: "relu",
        activityRegularizer: penalty ? l2(1) : null,
      }),
      flatten(),
      dense({ units: 2, activation: "sigmoid" }),
    ], { inputShape: [5, 5, 1], seed: 1 });
  const net = make(true), x = randomUniform([2, 5, 5, 1], 4);
  for (const { gradient } of net.parameters) gradient.view.fill(7);
  const weights = net.parameters.map(({ value }) => value.view.slice());
  const map = saliency(net, x);
  assert.deepEqual(map.data, saliency(make(false), x).data);
  net.parameters.forEach(({ gradient, value }, i) => {
    assert.ok(gradient.view.every((v) => v === 7));
    assert.deepEqual(value.view, weights[i]);
  });
  assert.ok(net.layers.every(({ trainable }) => trainable));
});

Deno.test("targets that are none are refused in one line", () => {
  const net = classifier(), decoder = autoencoder(), x = pictures(2);
  const refuses = (net: Model, target: unknown, message: RegExp) =>
    refused(() => resolveTarget(net, x, target as Target), message);
  refuses(net, { kind: "class", index: 3 }, /index must be from 0 to 2; it is 3/);
  refuses(net, { kind: "class", index: [1] }, /2 pictures, and classes for 1/);
  refuses(net, { kind: "class", output: 1 }, /no number 1/);
  refuses(decoder, { kind: "class" }, /choose pixels, error or unit/);
  refuses(net, { kind: "pixels" }, /choose class or unit/);
  refuses(net, { kind: "unit", layer: "nothing" }, /no layer or input "nothing"/);
  refuses(net, { kind: "unit", layer: "stem", channel: 8 }, /channel must be from 0 to 7/);
  refuses(net, { kind: "unit", layer: "stem", at: [1] }, /1 number\(s\)/);
  refuses(net, { kind: "unit", layer: "stem", at: [1, 8] }, /axis 2 must be from 0 to 7/);
  refuses(net, { kind: "unit", layer: "stem", reduce: "least" }, /no reduce "least"/);
  refuses(decoder, { kind: "pixels", region: { top: 7, left: 0, height: 2 } }, /within 8x8/);
  refuses(decoder, { kind: "error", against: zeros([2, 4]) }, /as against, not \[2,4\]/);
  refuses(decoder, { kind: "error", metric: "mae" }, /no metric "mae"/);
  refuses(net, { kind: "logit" }, /no target of kind "logit"/);
  assert.throws(() => targetGradient(net, x, { of: "nothing" }), /no layer or input "nothing"/);
  assert.throws(
    () => targetGradient(net, x, { target: () => ({ values: [1], gradient: zeros([2, 3]) }) }),
    /must give 2 value/,
  );
  const twice = sequential([activation("relu"), dense({ units: 1 })], { inputShape: [2] });
  const y = tensor([1, -1], [1, 2]);
  assert.equal(targetGradient(twice, y).values.length, 1);
});
