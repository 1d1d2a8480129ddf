/** Methods made of gradients, against float64 references and their own promises. */

import assert from "node:assert/strict";
import {
  activation,
  conv2d,
  conv2dTranspose,
  deconvnetRule,
  deepLift,
  dense,
  expectedGradients,
  flatten,
  guidedBackprop,
  inputXGradient,
  integratedGradients,
  maxPool2d,
  type Method,
  type Model,
  random,
  saliency,
  sequential,
  smoothGrad,
  smoothGradSquared,
  type Tensor,
  tensor,
  varGrad,
  zeros,
} from "../mod.ts";
import { quadrature } from "../core/explain/quadrature.ts";
import { assertClose } from "./harness/compare.ts";
import { randomUniform } from "./harness/random_array.ts";
import { refused } from "./harness/refusals.ts";
import { autoencoder, pictures } from "./harness/small_nets.ts";
import { type Array64, array64 } from "./reference/array.ts";
import * as reference from "./reference/attribution.ts";

const INDEX = [2, 0, 1];

/** A bit of everything in a row, with one activation fused and one not. */
function network(): Model {
  return sequential([
    conv2d({
      name: "one",
      filters: 3,
      kernelSize: 3,
      padding: "same",
      activation: "relu",
      biasInitializer: "random_normal",
    }),
    maxPool2d({ poolSize: 2 }),
    conv2dTranspose({ name: "up", filters: 4, kernelSize: 3, strides: 2, padding: "same" }),
    activation("tanh"),
    conv2d({ name: "two", filters: 3, kernelSize: 2, strides: 2, activation: "relu" }),
    flatten(),
    dense({ name: "head", units: 3, activation: "softmax" }),
  ], { inputShape: [6, 4, 2], seed: 5 });
}

/** The same by the references, to the logits. */
function steps(net: Model): reference.Step[] {
  const w = (name: string) => net.getWeights(`${name}/kernel`);
  const b = (name: string) => net.getWeights(`${name}/bias`);
  const one = { strides: [1, 1], dilations: [1, 1], groups: 1 } as const;
  const two = { ...one, strides: [2, 2] } as const;
  return [
    reference.convStep(w("one"), b("one"), { ...one, pads: [1, 1, 1, 1] }),
    reference.curveStep("relu"),
    reference.maxPoolStep({ pool: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] }),
    reference.transposeStep(w("up"), b("up"), {
      ...two,
      pads: [0, 0, 1, 1],
      outputPadding: [0, 0],
    }),
    reference.curveStep("tanh"),
    reference.convStep(w("two"), b("two"), { ...two, pads: [0, 0, 0, 0] }),
    reference.curveStep("relu"),
    reference.denseStep(w("head"), b("head")),
  ];
}

const net = network(), layers = steps(net);
const x = randomUniform([3, 6, 4, 2], 3, -1, 1), baselines = randomUniform([4, 6, 4, 2], 4, -1, 1);
const target = { kind: "class", index: INDEX } as const;
const row = ({ shape, data }: Tensor, i: number) =>
  array64([1, ...shape.slice(1)], data.subarray(i * 48, (i + 1) * 48));

/** A map made picture by picture. */
const byReference = (of: (x: Array64, index: number, picture: number) => Array64 | Float64Array) =>
  INDEX.flatMap((index, i) => {
    const map = of(row(x, i), index, i);
    return [...("data" in map ? map.data : map)];
  });

/** Fails unless a map has the shape of the pictures and these numbers. */
function expectMap(map: Tensor, expected: number[], name: string): void {
  assert.deepEqual(map.shape, x.shape);
  assertClose(map.data, expected, { tolerance: 2e-5, name });
}

Deno.test("saliency, input x gradient, guided backprop, deconvnet rule: as the formulas say", () => {
  const of = (rule: reference.Rule) =>
    byReference((x, index) => reference.gradient(layers, x, index, rule));
  const slopes = of("gradient");
  expectMap(saliency(net, x, { target }), slopes, "saliency");
  const products = slopes.map((v, i) => v * x.data[i]);
  expectMap(inputXGradient(net, x, { target }), products, "input x gradient");
  expectMap(guidedBackprop(net, x, { target }), of("guided"), "guided backprop");
  expectMap(deconvnetRule(net, x, { target }), of("deconvnet"), "deconvnet rule");
  assert.notDeepEqual(of("guided"), of("deconvnet"));
});

Deno.test("integrated gradients: the mean of gradients on the way, and what is missing", () => {
  const steps = 7, batchSize = 4;
  for (const baseline of [0, 0.5, tensor(baselines.data.slice(0, 48), [1, 6, 4, 2])]) {
    const from = typeof baseline === "number"
      ? array64([1, 6, 4, 2], Array(48).fill(baseline))
      : row(baseline, 0);
    const points = Array.from({ length: steps }, (_, i) => ({ from, t: (i + 0.5) / steps }));
    const map = integratedGradients(net, x, {
      target,
      baseline,
      steps,
      batchSize,
      rule: "midpoint",
    });
    const expected = byReference((x, index) => reference.pathGradients(layers, x, points, index));
    expectMap(map, expected, "integrated gradients");
    INDEX.forEach((index, i) => {
      const difference = reference.score(layers, row(x, i), index) -
        reference.score(layers, from, index);
      const sum = expected.slice(i * 48, (i + 1) * 48).reduce((a, b) => a + b);
      assert.ok(Math.abs(map.differences[i] - difference) < 1e-5);
      assert.ok(Math.abs(map.gaps[i] - (sum - difference)) < 2e-5);
    });
  }
});

Deno.test("integrated gradients of a layer lead through its values", () => {
  const map = integratedGradients(net, x, { target, of: "up", steps: 200 });
  assert.deepEqual(map.shape, [3, 6, 4, 4]);
  map.gaps.forEach((gap, i) => {
    assert.ok(Math.abs(gap) < 1e-3 * (1 + Math.abs(map.differences[i])), `${gap}`);
  });
});

Deno.test("expected gradients: the mean over what is drawn, near the mean over all", () => {
  const samples = 9, seed = 6;
  const map = expectedGradients(net, x, { target, baselines, samples, seed, batchSize: 5 });
  const which = random(seed, "baselines"), where = random(seed, "places between");
  const expected = byReference((x, index, picture) => {
    const points = Array.from({ length: samples }, (_, i) => ({
      from: row(baselines, which.integer(4, picture, i)),
      t: where.uniform(picture, i),
    }));
    return reference.pathGradients(layers, x, points, index);
  });
  expectMap(map, expected, "expected gradients");
  const many = expectedGradients(net, x, { target, baselines, samples: 3000 });
  INDEX.forEach((index, i) => {
    const mean = [0, 1, 2, 3].reduce(
      (sum, k) => sum + reference.score(layers, row(baselines, k), index) / 4,
      0,
    );
    const difference = reference.score(layers, row(x, i), index) - mean;
    assert.ok(Math.abs(many.differences[i] - difference) < 1e-5);
    assert.ok(Math.abs(many.gaps[i]) < 0.06, `${many.gaps[i]} of ${difference}`);
  });
});

Deno.test("DeepLIFT: the rescale rule, max pooling as in Captum", () => {
  for (const baseline of [0, tensor(baselines.data.slice(0, 144), [3, 6, 4, 2])]) {
    const map = deepLift(net, x, { target, baseline, batchSize: 2 });
    const from = (i: number) =>
      typeof baseline === "number" ? array64([1, 6, 4, 2]) : row(baseline, i);
    const expected = byReference((x, index, i) => reference.deepLift(layers, x, from(i), index));
    expectMap(map, expected, "DeepLIFT");
    map.gaps.forEach((gap) => assert.ok(Math.abs(gap) < 1e-5, `${gap}`));
  }
});

Deno.test("SmoothGrad, its square and VarGrad, over any method", () => {
  const noise = 0.2, samples = 6, seed = 8, source = random(seed, "noise of input 0");
  const noisy = Array.from({ length: samples }, (_, sample) => {
    const all = new Float32Array(x.data.length);
    source.fillNormal(all, 0, 1, sample);
    return (i: number) => {
      const { shape, data } = row(x, i), range = Math.max(...data) - Math.min(...data);
      return array64(shape, data.map((v, k) => v + noise * range * all[i * 48 + k]));
    };
  });
  const methods: [Method, (x: Array64, index: number) => Array64][] = [
    [saliency, (x, index) => reference.gradient(layers, x, index)],
    [
      (model, x, options) => deepLift(model, x, { ...options, baseline: 0 }),
      (x, index) => reference.deepLift(layers, x, array64(x.shape), index),
    ],
  ];
  for (const [method, formula] of methods) {
    const options = { target, noise, samples, seed, method };
    const of = (name: "mean" | "square" | "variance") =>
      byReference((_, index, i) =>
        reference.moments(noisy.map((make) => formula(make(i), index)))[name]
      );
    expectMap(smoothGrad(net, x, options), of("mean"), "SmoothGrad");
    expectMap(smoothGradSquared(net, x, options), of("square"), "SmoothGrad squared");
    expectMap(varGrad(net, x, options), of("variance"), "VarGrad");
  }
  const still = { target, noise: 0, samples: 2 };
  assert.deepEqual(smoothGrad(net, x, still).data, saliency(net, x, { target }).data);
  // What the network finds is settled before there is noise.
  const found = smoothGrad(net, x, { noise: 3, samples: 3 });
  const { data } = net.predict(x);
  const index = INDEX.map((_, i) => {
    const scores = [...data.subarray(3 * i, 3 * i + 3)];
    return scores.indexOf(Math.max(...scores));
  });
  const settled = smoothGrad(net, x, { noise: 3, samples: 3, target: { kind: "class", index } });
  assert.deepEqual(found.data, settled.data);
});

Deno.test("a decoder's pixel, explained by the code", () => {
  const net = autoencoder(), [, code] = net.layers, x = pictures(2);
  const options = {
    target: { kind: "pixels", region: { top: 4, left: 4 }, channel: 0 },
    of: code.name,
  } as const;
  const maps = [
    saliency(net, x, options),
    integratedGradients(net, x, { ...options, steps: 20 }),
    deepLift(net, x, options),
    smoothGrad(net, x, { ...options, samples: 2 }),
  ];
  for (const map of maps) {
    assert.deepEqual(map.shape, [2, 4, 4, 6]);
    // A 4x4 kernel with stride 2 reaches from two rows and two columns.
    const places = new Set<number>();
    map.data.forEach((v, i) => v !== 0 && places.add(Math.floor(i / 6) % 16));
    assert.deepEqual([...places].sort((a, b) => a - b), [5, 6, 9, 10]);
  }
});

Deno.test("Gauss-Legendre is exact to degree 2n - 1, the middles to degree 1", () => {
  for (const steps of [1, 2, 5, 16, 50]) {
    const { nodes, weights } = quadrature("gauss-legendre", steps);
    for (const degree of [0, 1, steps, 2 * steps - 1]) {
      const value = nodes.reduce((sum, t, i) => sum + weights[i] * t ** degree, 0);
      assert.ok(Math.abs(value - 1 / (degree + 1)) < 1e-13, `${steps} ${degree}`);
    }
  }
  const { nodes, weights } = quadrature("midpoint", 4);
  assert.deepEqual([nodes, weights], [[0.125, 0.375, 0.625, 0.875], [0.25, 0.25, 0.25, 0.25]]);
});

Deno.test("options that cannot be are refused in one line", () => {
  refused(() => integratedGradients(net, x, { steps: 0 }), /steps/);
  refused(
    () => integratedGradients(net, x, { rule: "simpson" as "midpoint" }),
    /no rule "simpson"/,
  );
  refused(() => integratedGradients(net, x, { baseline: zeros([2, 6, 4, 2]) }), /baseline/);
  refused(() => integratedGradients(net, x, { batchSize: 0 }), /batchSize/);
  refused(() => deepLift(net, x, { baseline: zeros([6]) }), /baseline/);
  refused(() => deepLift(net, x, { of: "nowhere" }), /nowhere/);
  refused(() => expectedGradients(net, x, { baselines: zeros([2, 6, 4]) }), /\[2,6,4\]/);
  refused(() => expectedGradients(net, x, { baselines, samples: 0 }), /samples/);
  refused(() => smoothGrad(net, x, { samples: 1.5 }), /samples/);
  refused(() => smoothGrad(net, x, { noise: -1 }), /noise must be a number from 0 up; it is -1/);
  const target = { kind: "unit", layer: "one" } as const;
  refused(() => saliency(net, x, { target, of: "two" }), /no layer or input "two"/);
});
