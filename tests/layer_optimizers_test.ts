/** Optimizers of some layers, weight decay that leaves parameters alone, norms clipped one by one. */

import assert from "node:assert/strict";
import {
  adam,
  adamw,
  decodeModel,
  DeconvError,
  dense,
  encodeModel,
  type Model,
  type Optimizer,
  sequential,
  sgd,
} from "../mod.ts";
import { fitsPattern } from "../core/name_pattern.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal } from "./harness/random_array.ts";
import { classifier, labelled, weightBits } from "./harness/small_nets.ts";

const loss = "sparse_categorical_crossentropy";
const { x, labels } = labelled(24);

Deno.test("patterns of names", () => {
  const cases: [string, string, boolean][] = [
    ["encoder*", "encoder1", true],
    ["encoder*", "encoder", true],
    ["encoder*", "decoder1", false],
    ["*coder*1", "decoder_1", true],
    ["conv", "conv2d_1", false],
    ["a.c", "abc", false],
    ["*/bias", "conv/bias", true],
    ["*", "", true],
  ];
  for (const [pattern, name, fits] of cases) {
    assert.equal(fitsPattern(pattern, name), fits, `${pattern} ${name}`);
  }
});

Deno.test("each layer is trained by its own optimizer, as if alone", () => {
  const steps = (optimizer: Optimizer, others: Record<string, Optimizer> = {}) => {
    const net = classifier();
    net.compile({ loss, optimizer, layerOptimizers: others });
    net.trainOnBatch(x, labels);
    return weightBits(net);
  };
  // The first step only: after it the gradients differ.
  const [slow, fast] = [steps(sgd()), steps(adam())];
  const mixed = steps(sgd(), { "sh*": adam(), "stem": adam(), "*": sgd() });
  for (const [name, bits] of Object.entries(mixed)) {
    const alone = /^(shared|stem)/.test(name) ? fast : slow;
    assert.deepEqual(bits, alone[name], name);
  }
  assert.notDeepEqual(slow["stem/kernel"], fast["stem/kernel"]);
});

Deno.test("a rate of 0 keeps a layer as it is; the main optimizer counts every step", async () => {
  const net = classifier(), before = weightBits(net);
  net.compile({ loss, layerOptimizers: { stem: sgd({ learningRate: 0 }) } });
  await net.fit(x, labels, { batchSize: 8 });
  const after = weightBits(net);
  for (const [name, bits] of Object.entries(after)) {
    if (/^(stem|frozen)/.test(name)) assert.deepEqual(bits, before[name], name);
    else assert.notDeepEqual(bits, before[name], name);
  }
  assert.deepEqual(net.compiled!.optimizers.all.map(({ iterations }) => iterations), [3, 3]);
});

Deno.test("layers' optimizers are saved with their state and go on to the same bits", async () => {
  const make = () => {
    const net = classifier();
    const cosine = { kind: "cosine", rate: 0.01, decaySteps: 8 } as const;
    net.compile({
      loss,
      optimizer: sgd({ momentum: 0.9 }),
      layerOptimizers: {
        stem: adam({ learningRate: cosine }),
        "*": adamw({ excludeFromWeightDecay: ["bias"], clipNorm: 0.5 }),
      },
    });
    return net;
  };
  const fit = (net: Model, epochs: number) =>
    net.fit(x, labels, { epochs, batchSize: 8, initialEpoch: net.progress.epoch });
  const whole = make(), part = make();
  await fit(whole, 3);
  await fit(part, 1);
  const { model } = decodeModel(encodeModel(part));
  assert.deepEqual([...model.compiled!.optimizers.byPattern.keys()], ["stem", "*"]);
  await fit(model, 3);
  assert.deepEqual(weightBits(model), weightBits(whole));
});

Deno.test("layers' optimizers that cannot be", () => {
  const net = classifier(), twice = adam();
  const refused = (options: object, message: RegExp) =>
    assert.throws(() => net.compile({ loss, ...options }), (error: Error) => {
      assert.ok(error instanceof DeconvError, error.stack);
      assert.match(error.message, message);
      return true;
    });
  refused({ layerOptimizers: { encoder: sgd() } }, /"encoder", which fits no layer.* stem, shared/);
  refused({ layerOptimizers: { stem: twice, head: twice } }, /"stem" is given twice.*one for each/);
  refused({ optimizer: twice, layerOptimizers: { head: twice } }, /"head" is given twice/);
  refused({ layerOptimizers: { stem: "sdg" } }, /no optimizer "sdg"/);
  assert.throws(() => adamw({ excludeFromWeightDecay: "bias" as never }), /list of names/);
  assert.throws(() => adam({ clipNorm: 0 }), /clipNorm of adam must be a number above 0/);
});

Deno.test("weight decay leaves alone what it is told to", () => {
  for (const make of [sgd, adam, adamw]) {
    const step = (options: object) => {
      const net = sequential([
        dense({ units: 3, biasInitializer: "ones", name: "a", inputShape: [4] }),
        dense({ units: 2, biasInitializer: "ones", name: "b" }),
      ]);
      net.compile({ loss: "mse", optimizer: make({ learningRate: 0.1, ...options }) });
      net.trainOnBatch(randomNormal([5, 4], 1), randomNormal([5, 2], 2));
      return weightBits(net);
    };
    const all = step({ weightDecay: 0.1 }), none = step({ weightDecay: 0 });
    const some = step({ weightDecay: 0.1, excludeFromWeightDecay: ["bias", "b/*"] });
    for (const name of Object.keys(all)) {
      const expected = name === "a/kernel" ? all : none;
      assert.deepEqual(some[name], expected[name], name);
      assert.notDeepEqual(all[name], none[name], name);
    }
  }
});

Deno.test("clipNorm clips each parameter's gradient by itself", () => {
  const gradients = (options: object) => {
    const net = sequential([dense({ units: 3, inputShape: [4] })]);
    net.compile({ loss: "mse", optimizer: sgd(options) });
    net.trainOnBatch(randomNormal([5, 4], 1), randomNormal([5, 3], 2));
    return net.parameters.map(({ gradient }) => gradient.view.slice());
  };
  const plain = gradients({}), clipped = gradients({ clipNorm: 0.3 });
  plain.forEach((gradient, i) => {
    const norm = Math.hypot(...gradient), factor = Math.min(1, 0.3 / norm);
    assert.ok(norm > 0.3);
    assertClose(clipped[i], gradient.map((v) => v * factor));
  });
});

Deno.test("one cycle's momentum reaches the optimizers", () => {
  const momentum = [0.5, 0.9] as const;
  const cycle = { kind: "one_cycle", rate: 1, totalSteps: 4, pctStart: 0.5, momentum } as const;
  const run = (optimizer: Optimizer) => {
    const net = sequential([dense({ units: 1, useBias: false, inputShape: [1] })]);
    const [{ value, gradient }] = net.parameters;
    value.view[0] = 0;
    return Array.from({ length: 3 }, () => {
      gradient.view[0] = 1;
      optimizer.step(net.parameters);
      return value.view[0];
    });
  };
  // Momenta 0.9, 0.5, 0.7 at rates 0.04, 1, about 0.5: by PyTorch's rule, v = m·v + g.
  const rates = [0.04, 1, 1 + (0.04e-4 - 1) * 0.5], moments = [0.9, 0.5, 0.7];
  let v = 0, w = 0;
  const expected = rates.map((rate, i) => {
    v = moments[i] * v + 1;
    return w -= rate * v;
  });
  assertClose(run(sgd({ learningRate: cycle, momentum: 0.8 })), expected, { tolerance: 1e-6 });
  // Adam: m = b·m + (1 - b)·g over 1 - bᵗ, and √v̂ = 1 for a gradient of 1.
  let m = 0, u = 0;
  const wanted = rates.map((rate, i) => {
    m = moments[i] * m + (1 - moments[i]);
    return u -= rate * m / (1 - moments[i] ** (i + 1));
  });
  assertClose(run(adam({ learningRate: cycle })), wanted, { tolerance: 1e-5 });
});
