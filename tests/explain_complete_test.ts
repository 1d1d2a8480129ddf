/** Maps that should sum to what they explain, over random networks. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { type CompleteMap, deepLift, integratedGradients, type Model } from "../mod.ts";
import { randomUniform } from "./harness/random_array.ts";
import { buildRandomNet, randomNets, targetOf } from "./harness/random_nets.ts";

/** Fails unless a map sums to the difference, measured by the sum of its sizes. */
function expectComplete(map: CompleteMap, tolerance: number): void {
  const width = map.data.length / map.gaps.length;
  map.gaps.forEach((gap, i) => {
    const numbers = map.data.subarray(i * width, (i + 1) * width);
    const size = numbers.reduce((sum, v) => sum + Math.abs(v), Math.abs(map.differences[i]));
    assert.ok(Math.abs(gap) <= tolerance * size + 1e-6, `gap ${gap} of ${size}`);
  });
}

/** A layer in the middle that everything behind depends on through it or not. */
const middle = (net: Model) => net.layers.find(({ kind }) => kind === "prelu")!.name;

const pictures = (seed: number) => randomUniform([2, 6, 6, 2], seed, -1, 1);

Deno.test("DeepLIFT's delta is zero for any network, moved switches among them", () => {
  fc.assert(
    fc.property(randomNets, (spec) => {
      const net = buildRandomNet(spec), x = pictures(spec.seed), target = targetOf(spec);
      const baseline = randomUniform([1, 6, 6, 2], spec.seed + 7, -1, 1);
      // Of few channels a layer normalisation is all but a step: no rule sums that exactly.
      const tolerance = spec.norm === "layer" ? 1e-2 : 1e-4;
      expectComplete(deepLift(net, x, { target, baseline }), tolerance);
      expectComplete(deepLift(net, x, { target, of: middle(net) }), tolerance);
    }),
    { numRuns: 60, seed: 1 },
  );
});

Deno.test("integrated gradients are complete for any network", () => {
  fc.assert(
    fc.property(randomNets, (spec) => {
      // Where switches move the network jumps, and no gradient knows of it. Without biases they stay
      // on the way from a darker picture.
      const homogeneous = spec.up !== "unpool" || spec.curve === "relu" ||
        spec.curve === "leaky_relu";
      fc.pre(homogeneous);
      const net = buildRandomNet(spec, { bias: false }), x = pictures(spec.seed);
      const target = targetOf(spec);
      const options = { target, steps: 300, batchSize: 64 };
      const baseline = { shape: x.shape, data: x.data.map((v) => v / 16) };
      expectComplete(integratedGradients(net, x, { ...options, baseline }), 1e-2);
      expectComplete(integratedGradients(net, x, { ...options, of: middle(net) }), 1e-2);
    }),
    { numRuns: 30, seed: 2 },
  );
});

Deno.test("the gaps are there where a map is not complete", () => {
  const spec = {
    seed: 3,
    channels: 3,
    curve: "tanh",
    down: "stride",
    norm: "none",
    skip: "multiply",
    up: "none",
  } as const;
  const net = buildRandomNet(spec), x = pictures(4);
  const [rough] = integratedGradients(net, x, { steps: 1 }).gaps;
  const [fine] = integratedGradients(net, x, { steps: 30 }).gaps;
  assert.ok(Math.abs(rough) > 10 * Math.abs(fine), `${rough}, ${fine}`);
});
