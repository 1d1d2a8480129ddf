/** Projections of single activations against a reference that follows the paper step by step. */

import assert from "node:assert/strict";
import {
  conv2d,
  conv2dTranspose,
  deconvnet,
  dense,
  flatten,
  maxPool2d,
  type Model,
  sequential,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal, randomUniform } from "./harness/random_array.ts";
import { refused } from "./harness/refusals.ts";
import { assertSameBits, onThreads } from "./harness/threads.ts";
import { type Picture, project, type Stage } from "./reference/deconvnet.ts";

const conv = (name: string, filters: number) =>
  conv2d({ name, filters, kernelSize: 3, padding: "same", activation: "relu" });

/** Three convolutions with relu, pools between them. */
function tinyNet(): Model {
  const net = sequential(
    [
      conv("a", 5),
      maxPool2d(),
      conv("b", 4),
      maxPool2d(),
      conv("c", 6),
      flatten(),
      dense({ units: 2 }),
    ],
    { inputShape: [12, 8, 3] },
  );
  net.parameters.forEach(({ name, shape }, i) =>
    net.setWeights(name, randomNormal([...shape], 40 + i, name.endsWith("bias") ? 0.05 : 0.3))
  );
  return net;
}

/** Nested arrays of an array's numbers. */
function nested(data: ArrayLike<number>, [size, ...rest]: readonly number[], from = 0): unknown[] {
  const width = rest.reduce((a, b) => a * b, 1);
  return Array.from(
    { length: size },
    (_, i) => rest.length ? nested(data, rest, from + i * width) : data[from + i],
  );
}

function stages(net: Model, names: readonly string[]): Stage[] {
  return names.map((name) => {
    const kernel = net.getWeights(`${name}/kernel`);
    return {
      kernel: nested(kernel.data, kernel.shape) as number[][][][],
      bias: [...net.getWeights(`${name}/bias`).data],
      pool: true,
    };
  });
}

const x = randomUniform([3, 12, 8, 3], 77);
const pictures = nested(x.data, x.shape) as Picture[];

for (const names of [["a"], ["a", "b"], ["a", "b", "c"]]) {
  const layer = names[names.length - 1];
  Deno.test(`projections of ${layer} are the paper's, strongest and elsewhere`, () => {
    const net = tinyNet(), built = stages(net, names);
    for (const channel of [0, 3]) {
      for (const at of [undefined, [1, 1] as const]) {
        const { projection, units } = deconvnet(net, x, { layer, channel, at, batchSize: 2 });
        const expected = pictures.map((picture) => project(picture, built, channel, at));
        assert.deepEqual(units.map(({ at }) => at), expected.map(({ at }) => [...at]));
        assertClose(
          { shape: [3], data: Float32Array.from(units, ({ value }) => value) },
          expected.map(({ value }) => value),
          { name: "values", tolerance: 3e-6 },
        );
        const flat = expected.flatMap(({ projection }) => projection.flat(2));
        assert.ok(flat.some((value) => value !== 0) || at, "there is something to compare");
        assertClose(projection, flat, { name: `${layer} ${channel}`, tolerance: 1e-5 });
      }
    }
  });
}

Deno.test("each picture may have a unit of its own; left out, the strongest of all is taken", () => {
  const net = tinyNet();
  const own = deconvnet(net, x, { layer: "b", channel: [2, 0, 1], at: [[0, 0], [5, 3], [2, 1]] });
  assert.deepEqual(own.units.map(({ channel, at }) => [channel, ...at]), [[2, 0, 0], [0, 5, 3], [
    1,
    2,
    1,
  ]]);
  [2, 0, 1].forEach((channel, picture) => {
    const alone = deconvnet(net, x, { layer: "b", channel, at: own.units[picture].at });
    const part = ({ projection: { data } }: typeof alone) =>
      data.subarray(picture * 288, (picture + 1) * 288);
    assertSameBits(part(own), part(alone), `picture ${picture}`);
  });
  const { units } = deconvnet(net, x, { layer: "c" });
  const { output } = net.activations(x).find(({ layer }) => layer.name === "c")!;
  units.forEach(({ value, channel, at }, picture) => {
    const all = output.data.subarray(picture * 36, (picture + 1) * 36);
    assert.equal(value, Math.max(...all));
    assert.equal(all[(at[0] * 2 + at[1]) * 6 + channel], value);
  });
});

Deno.test("units of vectors and of decoders are projected too, the same on one thread and two", () => {
  const classes = deconvnet(tinyNet(), x, { layer: "dense_1", channel: 1 });
  assert.deepEqual(classes.units[0].at, []);
  assert.ok(classes.projection.data.some((value) => value !== 0));
  const decoder = sequential([
    conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
    conv2dTranspose({ name: "up", filters: 3, kernelSize: 4, strides: 2, padding: "same" }),
  ], { inputShape: [12, 8, 3], seed: 3 });
  const run = () => deconvnet(decoder, x, { layer: "up", channel: 2 }).projection.data;
  assertSameBits(onThreads(1, run), onThreads(2, run), "two threads");
});

Deno.test("units that there are not are refused", () => {
  const net = tinyNet();
  const refuses = (options: Parameters<typeof deconvnet>[2], message: RegExp) =>
    refused(() => deconvnet(net, x, options), message);
  refuses({ layer: "z" }, /no layer or input "z"/);
  refuses({ layer: "a", channel: 5 }, /channel of a must be from 0 to 4; it is 5/);
  refuses({ layer: "a", at: [1] }, /place in a has 1 number/);
  refuses({ layer: "a", at: [12, 0] }, /along axis 1 must be from 0 to 11/);
  refuses({ layer: "a", channel: [1, 2] }, /3 pictures, and channels for 2/);
  refuses({ layer: "a", at: [[0, 0]] }, /3 pictures, and places for 1/);
});
