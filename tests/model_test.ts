/** Models as graphs: several inputs and outputs, shared values, gradient rules, fused losses, messages. */

import assert from "node:assert/strict";
import {
  activation,
  add,
  conv2d,
  conv2dTranspose,
  dense,
  flatten,
  input,
  type Layer,
  type Loss,
  type LossName,
  type Model,
  model,
  reshape,
  sequential,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { assertClose } from "./harness/compare.ts";
import { gradcheck } from "./harness/gradcheck.ts";
import { randomDistributions, randomNormal, randomUniform } from "./harness/random_array.ts";
import { refused } from "./harness/refusals.ts";
import { autoencoder, classifier, pictures } from "./harness/small_nets.ts";

/** The gradients of all parameters after backward, by name. */
function gradients(net: Model): Record<string, Float32Array> {
  return Object.fromEntries(
    net.parameters.map(({ name, gradient }) => [name, gradient.view.slice()]),
  );
}

/** Checks a model's gradients of inputs and parameters by random directions. */
function checkModel(net: Model, xs: Tensor[], name: string): void {
  const shapes = xs.map(({ shape }) => shape);
  const values = net.parameters.map(({ value }) => value.view.slice());
  const place = (arrays: Float32Array[]) => {
    net.parameters.forEach(({ value }, i) => value.view.set(arrays[xs.length + i]));
    return shapes.map((shape, i) => ({ shape, data: arrays[i] }));
  };
  const join = (ys: readonly Tensor[]) => ys.flatMap(({ data }) => [...data]);
  gradcheck(
    (...arrays) => join(net.forward(place(arrays))),
    (dy, ...arrays) => {
      const outputs = net.forward(place(arrays));
      let from = 0;
      const dys = outputs.map(({ shape, data }) => ({
        shape,
        data: dy.slice(from, from += data.length),
      }));
      net.zeroGradients();
      const dxs = net.backward(dys);
      return [...dxs.map(({ data }) => data), ...Object.values(gradients(net))];
    },
    [...xs.map(({ data }) => data), ...values],
    {
      name,
      inputNames: [...xs.map((_, i) => `input ${i}`), ...net.parameters.map((p) => p.name)],
      step: 3e-3,
      tolerance: 3e-3,
    },
  );
}

/** Every way in which values can be used more than once, all of it smooth. */
function tangle(): Model {
  const a = input({ shape: [4, 4, 2], name: "a" }), b = input({ shape: [4, 4, 2], name: "b" });
  const shared = conv2d({ filters: 2, kernelSize: 3, padding: "same", activation: "tanh" });
  const [sa, sb] = [shared.apply(a), shared.apply(b)];
  const again = shared.apply(sa); // the layer on its own output
  const sum = add().apply([sa, sb, again, sa]); // a value twice in one layer
  const up = conv2dTranspose({ filters: 1, kernelSize: 2, strides: 2, activation: "silu" });
  const picture = up.apply(sum);
  const vector = dense({ units: 3, activation: "sigmoid" }).apply(flatten().apply(sum));
  const more = dense({ units: 2, activation: "softmax" }).apply(vector); // an output used again
  return model({ inputs: [a, b], outputs: [picture, vector, more, sum] }, { seed: 5 });
}

Deno.test("a tangled graph: gradients by random directions", () => {
  const xs = [1, 2].map((seed) => randomNormal([3, 4, 4, 2], seed));
  checkModel(tangle(), xs, "tangle");
});

Deno.test("several inputs and outputs: fit, weights, predictAll", async () => {
  const net = tangle();
  assert.deepEqual(net.inputShapes, [[4, 4, 2], [4, 4, 2]]);
  assert.deepEqual(net.outputShapes, [[8, 8, 1], [3], [2], [4, 4, 2]]);
  const xs = [1, 2].map((seed) => randomNormal([10, 4, 4, 2], seed));
  const ys = [
    randomNormal([10, 8, 8, 1], 3),
    randomUniform([10, 3], 4),
    randomDistributions([10, 2], 5),
    randomNormal([10, 4, 4, 2], 6),
  ];
  const loss: LossName[] = ["mse", "binary_crossentropy", "categorical_crossentropy", "huber"];
  const parts: number[] = [];
  for (let i = 0; i < 4; i++) {
    const lossWeights = [0, 0, 0, 0].with(i, 1);
    net.compile({ loss, lossWeights });
    parts.push((await net.evaluate(xs, ys)).loss);
  }
  net.compile({ loss, lossWeights: [1, 2, 3, 4] });
  const total = (await net.evaluate(xs, ys)).loss;
  assertClose([total], [parts[0] + 2 * parts[1] + 3 * parts[2] + 4 * parts[3]]);
  const { history } = await net.fit(xs, ys, { epochs: 20, batchSize: 4 });
  assert.ok(history.loss[19] < history.loss[0]);
  assert.deepEqual(net.predictAll(xs).map(({ shape }) => shape), ys.map(({ shape }) => shape));
  assert.throws(() => net.predict(xs), /4 outputs: use predictAll/);
});

/** The parameter gradients of one training step. */
function stepGradients(net: Model, x: Tensor, ys: Tensor[], loss: Loss[]) {
  net.compile({ loss, optimizer: "sgd" });
  const before = net.trainOnBatch(x, ys);
  return { loss: before, gradients: gradients(net) };
}

/** Compares a loss fused with the activation that ends the network with the two apart. */
function checkFused(kind: "sigmoid" | "softmax", loss: Loss, y: Tensor, used = false): void {
  const build = (fused: boolean, separate: boolean) => {
    const x = input({ shape: [5] });
    const layer = dense({ units: 4, activation: separate ? "linear" : kind, name: "d" });
    let end = layer.apply(x);
    if (separate) end = activation(kind).apply(end);
    const more = used ? [dense({ units: 2, name: "more" }).apply(end)] : [];
    // A linear activation behind it hides the ending from the loss.
    if (!fused) end = activation("linear").apply(end);
    return model({ inputs: x, outputs: [end, ...more] }, { seed: 2 });
  };
  const x = randomNormal([6, 5], 1);
  const ys = [y, ...used ? [randomNormal([6, 2], 9)] : []];
  const losses: Loss[] = [loss, ...used ? ["mse" as const] : []];
  const plain = stepGradients(build(false, false), x, ys, losses);
  for (const separate of [false, true]) {
    const fused = stepGradients(build(true, separate), x, ys, losses);
    assertClose([fused.loss], [plain.loss], { tolerance: 1e-6 });
    for (const [name, gradient] of Object.entries(plain.gradients)) {
      assertClose(fused.gradients[name], gradient, { name: `${kind} ${name}`, tolerance: 3e-6 });
    }
  }
}

Deno.test("losses fused with the last activation have the gradients of both apart", () => {
  for (const used of [false, true]) {
    for (const labelSmoothing of [0, 0.2]) {
      checkFused(
        "sigmoid",
        { kind: "binary_crossentropy", labelSmoothing },
        randomUniform([6, 4], 3),
        used,
      );
      const categorical = { kind: "categorical_crossentropy", labelSmoothing } as const;
      checkFused("softmax", categorical, randomDistributions([6, 4], 4), used);
      checkFused("softmax", categorical, randomUniform([6, 4], 4, 0, 2), used);
      const sparse = { kind: "sparse_categorical_crossentropy", labelSmoothing } as const;
      checkFused("softmax", sparse, tensor([0, 3, 1, 2, 2, 0]), used);
    }
    const mask = randomUniform([6, 4], 3), distribution = randomDistributions([6, 4], 4);
    checkFused("sigmoid", "focal", mask, used);
    checkFused("softmax", "kl_divergence", distribution, used);
    // Parts of a sum that do not fuse are taken through the activation's slope.
    checkFused("sigmoid", { sum: [[2, "binary_crossentropy"], [0.5, "mse"]] }, mask, used);
    checkFused("sigmoid", { sum: [[1, "dice"], [0.3, "focal"], [1, "mae"]] }, mask, used);
    checkFused(
      "softmax",
      { sum: [[1, "mse"], [2, "categorical_crossentropy"]] },
      distribution,
      used,
    );
    // Parts that disagree are all taken of the output as it is.
    checkFused("softmax", { sum: [[1, "focal"], [2, "kl_divergence"]] }, distribution, used);
  }
});

Deno.test("a fused loss still teaches where the activation is flat", () => {
  const net = sequential([dense({ units: 1, activation: "sigmoid", inputShape: [1] })]);
  net.setWeights("dense_1/kernel", tensor([100], [1, 1]));
  net.compile({ loss: "binary_crossentropy", optimizer: "sgd" });
  net.trainOnBatch(tensor([1], [1, 1]), tensor([0], [1, 1]));
  assert.deepEqual([...gradients(net)["dense_1/bias"]], [1]);
});

/** relu(x) · w, one number: the hidden units are -1, 2, 3, 4. */
function reluNet(): Model {
  const x = input({ shape: [4] });
  const y = dense({ units: 1, useBias: false, name: "d" }).apply(activation("relu").apply(x));
  const net = model({ inputs: x, outputs: y });
  net.setWeights("d/kernel", tensor([5, 6, -7, 0], [4, 1]));
  return net;
}

Deno.test("gradient rules on relu, by hand", () => {
  const net = reluNet();
  const expected = { gradient: [0, 6, -7, 0], guided: [0, 6, 0, 0], deconvnet: [5, 6, 0, 0] };
  for (const rule of ["gradient", "guided", "deconvnet", "gradient"] as const) {
    net.forward(tensor([-1, 2, 3, 4], [1, 4]));
    const [{ data }] = net.backward(tensor([1], [1, 1]), { rule });
    assertClose(data, expected[rule], { name: rule });
  }
});

Deno.test("gradient rules bend relu inside layers, and nothing but relu", () => {
  const w = tensor([5, 6, -7, 0], [4, 1]), x = tensor([-1, 2, 3, 4], [1, 4]);
  for (const [kind, slope] of [["relu", [0, 1, 1, 1]], ["linear", [1, 1, 1, 1]]] as const) {
    const net = sequential([
      dense({ units: 4, activation: kind, useBias: false, inputShape: [4] }),
      dense({ units: 1, useBias: false }),
    ]);
    net.setWeights(
      "dense_1/kernel",
      tensor([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4]),
    );
    net.setWeights("dense_2/kernel", w);
    for (const rule of ["gradient", "guided", "deconvnet"] as const) {
      net.forward(x);
      const [{ data }] = net.backward(tensor([1], [1, 1]), { rule });
      const bent = kind === "relu" && rule !== "gradient";
      const open = kind === "relu" && rule === "deconvnet" ? [1, 1, 1, 1] : slope;
      assertClose(data, w.data.map((v, i) => open[i] * (bent ? Math.max(v, 0) : v)), {
        name: rule,
      });
    }
  }
});

Deno.test("activations: every layer's output, as forward has it", () => {
  const net = autoencoder(), x = pictures(3);
  const all = net.activations(x);
  assert.deepEqual(all.map(({ layer }) => layer), net.layers);
  assert.deepEqual(all.at(-1)!.output, net.predict(x));
  assert.deepEqual(all[0].output.shape, [3, 4, 4, 8]);
  const head = sequential([net.layers[0]], { inputShape: [8, 8, 2] });
  assert.deepEqual(all[0].output, head.predict(x), "the layer shared with another model");
});

Deno.test("a backward pass may come late, after other plans were made", () => {
  const net = autoencoder(), x = pictures(2), dy = randomNormal([2, 8, 8, 2], 4);
  net.forward(x);
  const [expected] = net.backward(dy);
  net.forward(x);
  for (let batch = 1; batch < 20; batch++) net.predict(pictures(batch), { batchSize: batch });
  // Anything given back by mistake is overwritten here.
  const blocks = Array.from({ length: 200 }, () => runtime().allocate(512));
  for (const block of blocks) block.view.fill(NaN);
  assert.deepEqual(net.backward(dy), [expected]);
  for (const block of blocks) runtime().release(block);
});

Deno.test("reshape and flatten keep the order and pass gradients", () => {
  const net = sequential([reshape([3, -1]), flatten(), reshape([2, 3, 2])], { inputShape: [12] });
  const x = randomNormal([2, 12], 1);
  const [y] = net.forward(x);
  assert.deepEqual(y, { shape: [2, 2, 3, 2], data: x.data });
  assert.deepEqual(net.backward(y), [x]);
  assert.throws(() => reshape([5, -1]).apply(input({ shape: [12] })), /12 values.*\[5,-1\]/);
  assert.throws(() => reshape([-1, -1]), /at most one/);
});

Deno.test("shapes that cannot work: the message names the layer and the shapes", () => {
  const x = input({ shape: [8, 8, 3] }), other = input({ shape: [8, 8, 4] });
  const enc = conv2d({ filters: 4, kernelSize: 9, name: "enc" });
  refused(() => enc.apply(x), /conv2d "enc"/, /\[8,8,3\]/, /9x9/);
  refused(() => add({ name: "skip" }).apply([x, other]), /add "skip"/, /\[8,8,3\] and \[8,8,4\]/);
  refused(() => add().apply(x), /add/, /2 or more/);
  refused(() => conv2d({ filters: 1, kernelSize: 1 }).apply(input({ shape: [5] })), /\[5\]/);
  const shared = conv2d({ filters: 4, kernelSize: 3, name: "shared" });
  model({ inputs: x, outputs: shared.apply(x) });
  refused(
    () => model({ inputs: other, outputs: shared.apply(other) }),
    /conv2d "shared" to \[8,8,4\]/,
    /built for inputs \[8,8,3\]/,
  );
  refused(() => input({ shape: [8, 0, 3] }), /\[8,0,3\]/);
});

Deno.test("models that cannot be made", () => {
  const x = input({ shape: [4], name: "here" }), lost = input({ shape: [4], name: "lost" });
  const layer = (name?: string): Layer => dense({ units: 4, name });
  const y = layer("a").apply(x);
  refused(() => model({ inputs: x, outputs: layer().apply(lost) }), /"lost"/);
  refused(() => model({ inputs: [x, lost], outputs: y }), /no output depends.*\[4\]/);
  refused(() => model({ inputs: y, outputs: layer().apply(y) }), /dense "a"/);
  refused(() => model({ inputs: x, outputs: [y, y] }), /same output twice/);
  refused(() => model({ inputs: x, outputs: layer("a").apply(y) }), /two layers named "a"/);
  refused(() => sequential([]), /at least one layer/);
  refused(() => sequential([layer()]), /inputShape/);
});

Deno.test("calls that cannot work", async () => {
  const net = autoencoder(), x = pictures(4);
  refused(() => net.trainOnBatch(x, x), /compile/);
  refused(() => net.backward(x), /forward/);
  refused(() => net.predict(tensor([1, 2], [1, 2])), /\[batch,8,8,2\]/, /\[1,2\]/);
  refused(() => net.predict(zeros([0, 8, 8, 2])), /no pictures/);
  for (const batchSize of [0, -1, 1.5, NaN]) {
    refused(() => net.predict(x, { batchSize }), /batchSize/);
  }
  refused(() => net.compile({ loss: "mean" as LossName }), /"mean".*mse/);
  refused(() => net.compile({ loss: ["mse", "mse"] }), /one loss/);
  refused(() => net.compile({ loss: "mse", lossWeights: [1, 2] }), /lossWeights/);
  refused(() => net.compile({ loss: "mse", metrics: ["f2" as "f1"] }), /"f2".*accuracy/);
  refused(() => net.layer("nope"), /"nope".*conv2d_1/);
  refused(() => net.getWeights("nope"), /"nope".*conv2d_1\/kernel/);
  refused(() => net.setWeights("conv2d_1/bias", zeros([3])), /\[8\].*\[3\]/);
  net.compile({ loss: "mse" });
  refused(() => net.trainOnBatch(x, pictures(3)), /\[4,8,8,2\].*\[3,8,8,2\]/);
  refused(() => net.trainOnBatch([x, x], x), /1 input\(s\), not 2/);
  refused(() => net.trainOnBatch(x, [x, x]), /1 output\(s\).*2/);
  await assert.rejects(net.fit(x, x, { batchSize: 0 }), /batchSize/);
  net.forward(x);
  refused(() => net.backward(pictures(3)), /4 pictures.*3/);
  const sparse = classifier();
  sparse.compile({ loss: "sparse_categorical_crossentropy" });
  refused(() => sparse.trainOnBatch(x, tensor([0, 1, 2, 3])), /Target 3 is 3.*3, numbered from 0/);
  refused(() => sparse.trainOnBatch(x, zeros([4, 3])), /\[4\].*\[4,3\].*\[4,3\]/);
});
