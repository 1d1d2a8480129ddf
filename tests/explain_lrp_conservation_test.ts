/** Relevance is neither made nor lost: over random networks with every way down and up again. */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  activation,
  type ActivationName,
  add,
  averagePool2d,
  batchNormalization,
  concatenate,
  conv2d,
  conv2dTranspose,
  depthToSpace,
  depthwiseConv2d,
  globalAveragePool2d,
  input,
  lrp,
  type LrpOptions,
  type LrpRule,
  maxPool2d,
  maxUnpool2d,
  type Model,
  model,
  resizeConv2d,
  separableConv2d,
  switchesOf,
  type Symbolic,
  upsampling2d,
} from "../mod.ts";
import { randomNormal, randomUniform } from "./harness/random_array.ts";

const BLOCKS = [
  "conv",
  "strided",
  "transposed",
  "unpooled",
  "shuffled",
  "nearest",
  "bilinear",
  "resized",
  "separable",
  "depthwise",
  "averaged",
  "maximal",
  "added",
  "joined",
] as const;

/** A random network: what its blocks are, and what ends each. */
interface Plan {
  readonly blocks: readonly (readonly [typeof BLOCKS[number], boolean])[];
  readonly channels: number;
  readonly end: ActivationName;
  readonly seed: number;
}

const plans = (
  ends: readonly ActivationName[],
  blocks: readonly typeof BLOCKS[number][] = BLOCKS,
) =>
  fc.record<Plan>({
    blocks: fc.array(fc.tuple(fc.constantFrom(...blocks), fc.boolean()), {
      minLength: 1,
      maxLength: 5,
    }),
    channels: fc.integer({ min: 1, max: 5 }),
    end: fc.constantFrom(...ends),
    seed: fc.integer({ min: 0, max: 1e6 }),
  });

function build({ blocks, channels, end, seed }: Plan): Model {
  const x = input({ shape: [6, 6, 2], name: "x" });
  const same = { padding: "same" } as const;
  const conv = (value: Symbolic, filters = channels) =>
    conv2d({ filters, kernelSize: 3, ...same }).apply(value);
  const block = (value: Symbolic, kind: typeof BLOCKS[number]): Symbolic => {
    const [height, width] = value.shape, small = Math.min(height, width) < 4;
    const large = Math.max(height, width) > 8;
    switch (kind) {
      case "strided":
        if (small) return conv(value);
        return conv2d({ filters: channels, kernelSize: 3, strides: 2 }).apply(value);
      case "transposed":
        return conv2dTranspose({
          filters: channels,
          kernelSize: 3,
          strides: large ? 1 : 2,
          ...same,
        })
          .apply(value);
      case "unpooled": {
        if (small) return conv(value);
        const pooled = maxPool2d(same).apply(value), channels = value.shape[2];
        const inner = activation("relu").apply(conv(pooled, channels));
        return maxUnpool2d({ outputSize: [height, width], ...same })
          .apply([inner, switchesOf(pooled)]);
      }
      case "shuffled":
        return large
          ? conv(value)
          : depthToSpace({ blockSize: 2 }).apply(conv(value, 4 * channels));
      case "nearest":
      case "bilinear":
        return large ? conv(value) : upsampling2d({ interpolation: kind }).apply(value);
      case "resized":
        return large
          ? conv(value)
          : resizeConv2d({ filters: channels, kernelSize: 3, interpolation: "bilinear" }).apply(
            value,
          );
      case "separable":
        return separableConv2d({ filters: channels, kernelSize: 3, ...same }).apply(value);
      case "depthwise":
        return depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, ...same }).apply(value);
      case "averaged":
        return small ? value : averagePool2d().apply(value);
      case "maximal":
        return small ? value : maxPool2d().apply(value);
      case "added":
        return add().apply([value, activation(end).apply(conv(value, value.shape[2]))]);
      case "joined":
        return concatenate().apply([value, activation(end).apply(conv(value))]);
      default:
        return conv(value);
    }
  };
  let value = activation(end).apply(conv(x));
  for (const [kind, normalized] of blocks) {
    value = block(value, kind);
    if (normalized) value = batchNormalization().apply(value);
    value = activation(end).apply(value);
  }
  const y = globalAveragePool2d({ name: "last" }).apply(value);
  const net = model({ inputs: x, outputs: y }, { seed });
  net.parameters.forEach(({ name, value }, i) => {
    if (name.endsWith("kernel")) return;
    const { data } = /variance$|gamma$/.test(name)
      ? randomUniform([value.length], seed + i, 0.5, 2)
      : randomNormal([value.length], seed + i, 0.1);
    value.view.set(data);
  });
  return net;
}

const target = { kind: "unit", layer: "last", reduce: "sum" } as const;
const total = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const absolute = (values: ArrayLike<number>) => total(Array.from(values).map(Math.abs));

const OPTIONS: readonly LrpOptions[] = [
  { preset: { kind: "epsilon", epsilon: 0.01 } },
  { preset: "epsilon-plus" },
  { preset: "epsilon-plus-flat", maxPool: "average" },
  { preset: "epsilon-alpha2-beta1" },
  { preset: "epsilon-alpha2-beta1-flat" },
  { preset: "epsilon-gamma-box" },
  { rules: [{ position: "first", rule: "w-square" }] },
];

Deno.test("lrp: what the start was is on the input, in biases or in epsilons", () => {
  fc.assert(
    fc.property(
      plans(["relu", "leaky_relu", "tanh"]),
      fc.constantFrom(...OPTIONS),
      (plan, options) => {
        const net = build(plan), x = randomUniform([2, 6, 6, 2], plan.seed, 0, 1);
        const { relevance, start, bias, epsilon, elsewhere } = lrp(net, x, { target, ...options });
        const width = relevance.data.length / 2;
        start.forEach((start, i) => {
          const shares = relevance.data.subarray(i * width, (i + 1) * width);
          const sum = total(shares) + bias[i] + epsilon[i] + elsewhere[i];
          const scale = Math.max(
            Math.abs(start),
            absolute(shares),
            Math.abs(bias[i]),
            Math.abs(epsilon[i]),
          );
          assert.ok(Math.abs(sum - start) <= 1e-4 * scale, `${start} became ${sum}`);
        });
      },
    ),
    { numRuns: 60, seed: 5 },
  );
});

/** Rules without a denominator that cancels. */
const ONE_SIGNED: readonly LrpRule[] = [
  { kind: "z-plus", useBias: false, epsilon: 1e-12 },
  { kind: "w-square", useBias: false, epsilon: 1e-12 },
  { kind: "flat", epsilon: 1e-12 },
  { kind: "z-box", low: -1, high: 1, epsilon: 1e-12 },
];

Deno.test("lrp: rules whose denominators have one sign conserve all, without biases", () => {
  // What a separable convolution makes between its two may be below 0 and speak for an output, and have
  // nothing above 0 that speaks for it.
  const blocks = BLOCKS.filter((kind) => kind !== "separable");
  let some = 0;
  fc.assert(
    fc.property(plans(["relu"], blocks), fc.constantFrom(...ONE_SIGNED), (plan, first) => {
      const net = build(plan), x = randomUniform([2, 6, 6, 2], plan.seed, 0, 1);
      // What comes out above 0 though nothing speaks for it but a bias could give it to nothing.
      for (const { name, value } of net.parameters) {
        if (/bias$|beta$|mean$/.test(name)) value.view.fill(0);
      }
      const rules = [{ position: "first" as const, rule: first }, { rule: ONE_SIGNED[0] }];
      const { relevance, start, bias } = lrp(net, x, { target, rules });
      const width = relevance.data.length / 2;
      start.forEach((start, i) => {
        if (start) some++;
        const sum = total(relevance.data.subarray(i * width, (i + 1) * width));
        assert.ok(Math.abs(sum - start) <= 1e-4 * Math.abs(start), `${start} became ${sum}`);
        assert.equal(bias[i], 0);
      });
    }),
    { numRuns: 60, seed: 6 },
  );
  assert.ok(some > 60);
});
