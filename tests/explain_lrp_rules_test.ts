/** Every rule of relevance propagation on every layer with weights, against formulas in float64. */

import assert from "node:assert/strict";
import {
  batchNormalization,
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  DeconvError,
  dense,
  depthwiseConv1d,
  depthwiseConv2d,
  flatten,
  type Layer,
  lrp,
  type LrpRule,
  type Model,
  sequential,
  type Shape,
  spectralNormalization,
  type Tensor,
  tensor,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal, randomUniform, seedOf } from "./harness/random_array.ts";
import { type ReferenceRule, shareRelevance } from "./reference/lrp.ts";

const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1);

/** Rules with options that are not the defaults, and with the defaults. */
const RULES: readonly ReferenceRule[] = [
  { kind: "z" },
  { kind: "epsilon" },
  { kind: "epsilon", epsilon: 0.3 },
  { kind: "gamma" },
  { kind: "gamma", gamma: 1.5 },
  { kind: "z-plus" },
  { kind: "alpha-beta" },
  { kind: "alpha-beta", alpha: 1.5, beta: 0.5 },
  { kind: "alpha-beta", alpha: 1, beta: 0 },
  { kind: "z-box", low: -4, high: 4.5 },
  { kind: "flat" },
  { kind: "w-square", epsilon: 1e-3 },
];

/** Gives a model weights, biases and statistics that no initialiser gives. */
function scatter(net: Model, seed: number): Model {
  net.parameters.forEach(({ name, value }, i) => {
    const positive = name.endsWith("variance");
    const { data } = positive
      ? randomUniform([value.length], seed + i, 0.3, 2)
      : randomNormal([value.length], seed + i, 0.7);
    value.view.set(data);
  });
  return net;
}

/** What a linear model is: its matrix, found by what it makes of single ones, and its bias. */
function matrixOf(net: Model): { w: Tensor; b: Float32Array } {
  const inputs = size(net.inputShape), outputs = size(net.outputShape);
  net.precision = "precise";
  const b = net.predict({ shape: [1, ...net.inputShape], data: new Float32Array(inputs) }).data;
  const ones = new Float32Array(inputs * inputs);
  for (let i = 0; i < inputs; i++) ones[i * inputs + i] = 1;
  const rows = net.predict({ shape: [inputs, ...net.inputShape], data: ones }).data;
  // Where an output does not see an input, both ways of computing it give the same bits.
  const w = rows.map((v, i) => v - b[i % outputs]);
  return { w: { shape: [inputs, outputs], data: w }, b };
}

const CASES: Record<string, { shape: Shape; layers: () => Layer[] }> = {
  dense: { shape: [11], layers: () => [dense({ units: 7 })] },
  "dense over signals": { shape: [3, 5], layers: () => [dense({ units: 4 })] },
  conv1d: {
    shape: [9, 3],
    layers: () => [conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: "same" })],
  },
  conv1d_transpose: {
    shape: [5, 3],
    layers: () => [conv1dTranspose({ filters: 2, kernelSize: 4, strides: 2, padding: "same" })],
  },
  conv2d: {
    shape: [6, 5, 3],
    layers: () => [conv2d({ filters: 4, kernelSize: 3, padding: "same" })],
  },
  "conv2d, groups and dilation": {
    shape: [7, 6, 4],
    layers: () => [conv2d({ filters: 6, kernelSize: 2, dilationRate: 2, groups: 2 })],
  },
  conv2d_transpose: {
    shape: [4, 3, 3],
    layers: () => [conv2dTranspose({ filters: 2, kernelSize: 4, strides: 2, padding: "same" })],
  },
  "conv2d_transpose, groups": {
    shape: [3, 3, 4],
    layers: () => [conv2dTranspose({ filters: 6, kernelSize: 3, strides: 2, groups: 2 })],
  },
  depthwise_conv1d: {
    shape: [7, 3],
    layers: () => [depthwiseConv1d({ kernelSize: 3, depthMultiplier: 2 })],
  },
  depthwise_conv2d: {
    shape: [5, 5, 3],
    layers: () => [depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same" })],
  },
  "spectral normalisation": {
    shape: [5, 5, 2],
    layers: () => [spectralNormalization(conv2d({ filters: 3, kernelSize: 3 }))],
  },
  "conv2d and batch normalisation": {
    shape: [5, 5, 2],
    layers: () => [
      conv2d({ filters: 3, kernelSize: 3, useBias: false }),
      batchNormalization(),
    ],
  },
  "conv2d_transpose in groups and batch normalisation": {
    shape: [3, 3, 4],
    layers: () => [
      conv2dTranspose({ filters: 6, kernelSize: 3, strides: 2, groups: 2 }),
      batchNormalization({ scale: false }),
    ],
  },
  "depthwise_conv2d and batch normalisation": {
    shape: [5, 5, 3],
    layers: () => [
      depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
      batchNormalization({ center: false }),
    ],
  },
};

for (const [name, { shape, layers }] of Object.entries(CASES)) {
  Deno.test(`lrp: every rule on ${name} is its formula`, () => {
    const seed = seedOf(name), last = layers().length - 1;
    const net = scatter(
      sequential(layers().with(last, named(layers()[last])), { inputShape: shape }),
      seed,
    );
    const { w, b } = matrixOf(net), batch = 3;
    const x = randomUniform([batch, ...shape], seed + 9, -3, 3);
    const y = net.predict(x), flat = { shape: [batch, size(shape)], data: x.data };
    for (const rule of RULES) {
      const expected = shareRelevance(flat, w, b, y, rule);
      const { relevance, bias, start } = lrp(net, x, {
        target: { kind: "unit", layer: "last", reduce: "sum" },
        rules: [{ rule: rule as LrpRule }],
        batchSize: 2,
      });
      const what = JSON.stringify(rule);
      // Sums that cancel lose digits: by as much as the shares are larger than what is shared.
      assertClose(relevance.data, expected.inputs.data, { tolerance: 2e-4, name: what });
      const all = bias.reduce((a, v) => a + v, 0);
      const scale = Math.max(...expected.inputs.data.map(Math.abs), Math.abs(expected.biases), 1);
      assert.ok(Math.abs(all - expected.biases) <= 2e-3 * scale, `${what}: ${all}`);
      assert.equal(start.length, batch);
    }
  });
}

/** The same layer with a name. */
function named(layer: Layer): Layer {
  layer.name = "last";
  return layer;
}

/** Two inputs, one output: 1·3 − 2·1 + 1 = 2. */
function small(): { net: Model; x: Tensor } {
  const net = sequential([dense({ units: 1, name: "d" })], { inputShape: [2] });
  net.setWeights("d/kernel", tensor([3, 1], [2, 1]));
  net.setWeights("d/bias", tensor([1]));
  return { net, x: tensor([1, -2], [1, 2]) };
}

const BY_HAND: [LrpRule, number[], number][] = [
  ["z", [3, -2], 1],
  [{ kind: "epsilon", epsilon: 2 }, [1.5, -1], 0.5],
  [{ kind: "gamma", gamma: 0.25, epsilon: 0 }, [2.5, -4 / 3], 5 / 6],
  ["z-plus", [1.5, 0], 0.5],
  ["alpha-beta", [3, -2], 1],
  [{ kind: "z-box", low: -3, high: 3 }, [24 / 13, 2 / 13], 0],
  ["flat", [1, 1], 0],
  ["w-square", [18 / 11, 2 / 11], 2 / 11],
  [{ kind: "epsilon", useBias: false }, [6, -4], 0],
  [{ kind: "z-plus", useBias: false }, [2, 0], 0],
];

for (const [rule, inputs, bias] of BY_HAND) {
  Deno.test(`lrp: ${JSON.stringify(rule)} by hand`, () => {
    const { net, x } = small();
    const result = lrp(net, x, { rules: [{ rule }] });
    assertClose(result.relevance.data, inputs, { tolerance: 3e-6 });
    assertClose(result.bias, [bias], { tolerance: 3e-6, floor: 1 });
    assertClose(result.start, [2]);
    const sum = inputs[0] + inputs[1] + bias;
    assertClose(result.epsilon, [2 - sum], { tolerance: 1e-5, floor: 1 });
  });
}

Deno.test("lrp: rules that cannot be are refused", () => {
  const { net, x } = small();
  const cases: [LrpRule, RegExp][] = [
    ["zplus" as LrpRule, /There is no LRP rule "zplus"; there are z, epsilon, gamma/],
    [{ kind: "flat", gamma: 1 } as LrpRule, /flat has no option gamma/],
    [{ kind: "alpha-beta", alpha: 2, beta: 2 }, /needs alpha - beta = 1/],
    [{ kind: "gamma", gamma: -1 }, /gamma of an LRP rule must be a number of at least 0; it is -1/],
    [{ kind: "epsilon", epsilon: NaN }, /epsilon of an LRP rule must be/],
    [{ kind: "z", epsilon: 1 }, /use the rule epsilon/],
    [{ kind: "z-box", low: 1, high: 1 }, /low of the LRP rule z-box must be below its high/],
    [{ kind: "z-box", low: [0, 0, 0], high: 1 }, /3 bounds, and its inputs 2 channels/],
    ["z-box", /low 0 and high 1, and an input is -2: give the bounds/],
    ["pass", /Cannot pass relevance unchanged through dense "d"/],
  ];
  for (const [rule, message] of cases) {
    assert.throws(() => lrp(net, x, { rules: [{ rule }] }), (error: unknown) => {
      assert.ok(error instanceof DeconvError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("lrp: rules go by name, kind and position; presets by theirs", () => {
  const net = sequential([
    conv2d({ name: "a1", filters: 2, kernelSize: 3, activation: "relu" }),
    conv2d({ name: "a2", filters: 2, kernelSize: 3, activation: "relu" }),
    conv2dTranspose({ name: "b1", filters: 2, kernelSize: 3, activation: "relu" }),
    flatten(),
    dense({ name: "c1", units: 4, activation: "relu" }),
    dense({ name: "c2", units: 3, activation: "softmax" }),
  ], { inputShape: [7, 7, 1] });
  const x = randomUniform([1, 7, 7, 1], 3);
  const kinds = (options: Parameters<typeof lrp>[2]) => Object.values(lrp(net, x, options).rules);
  assert.deepEqual(kinds({}), ["z-plus", "z-plus", "z-plus", "epsilon", "epsilon"]);
  assert.deepEqual(
    kinds({ preset: "epsilon-plus-flat" }),
    ["flat", "z-plus", "z-plus", "epsilon", "epsilon"],
  );
  const others = Array(2).fill("alpha-beta");
  assert.deepEqual(
    kinds({ preset: "epsilon-alpha2-beta1" }),
    ["alpha-beta", ...others, "epsilon", "epsilon"],
  );
  assert.deepEqual(
    kinds({ preset: "epsilon-alpha2-beta1-flat" }),
    ["flat", ...others, "epsilon", "epsilon"],
  );
  assert.deepEqual(
    kinds({ preset: { kind: "epsilon-gamma-box", low: -1, high: 2, gamma: 1 } }),
    ["z-box", "gamma", "gamma", "epsilon", "epsilon"],
  );
  assert.deepEqual(kinds({ preset: "epsilon" }), Array(5).fill("epsilon"));
  assert.deepEqual(
    kinds({
      rules: [
        { position: "first", rule: "w-square" },
        { layer: "a*", rule: "gamma" },
        { kind: ["conv2d_transpose"], rule: "z" },
        { position: "last", rule: "flat" },
      ],
    }),
    ["w-square", "gamma", "z", "epsilon", "flat"],
  );
  const refuse = (options: object, message: RegExp) =>
    assert.throws(() => lrp(net, x, options), { name: "DeconvError", message });
  refuse(
    { rules: [{ layer: "d*", rule: "z" }] },
    /No layer with weights fits {"layer":"d\*"}.*a1, a2, b1/,
  );
  refuse({ preset: "plus" }, /There is no LRP preset "plus"; there are epsilon, epsilon-plus/);
  refuse({ preset: { kind: "epsilon-plus", gamma: 1 } }, /epsilon-plus has no option gamma/);
  refuse({ maxPool: "max" }, /maxPool must be "winner" or "average"/);
  refuse({ batchSize: 0 }, /batchSize/);
  refuse({ of: "nothing" }, /no layer or input "nothing"/);
});
