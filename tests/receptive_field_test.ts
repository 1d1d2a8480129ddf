/** Receptive fields against gradients: what has a gradient lies inside, and fills it where weights are positive. */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  add,
  averagePool2d,
  concatenate,
  conv1d,
  conv2d,
  conv2dTranspose,
  cropping2d,
  DeconvError,
  dense,
  depthToSpace,
  depthwiseConv2d,
  flatten,
  globalAveragePool2d,
  input,
  instanceNormalization,
  type Layer,
  maxPool2d,
  maxUnpool2d,
  type Model,
  model,
  preset,
  receptiveField,
  receptiveFields,
  receptiveFieldTable,
  type Rectangle,
  reflectionPadding2d,
  resizeConv2d,
  resizing,
  sequential,
  switchesOf,
  type Symbolic,
  upsampling2d,
  zeroPadding2d,
} from "../mod.ts";
import { randomUniform } from "./harness/random_array.ts";
import { refused } from "./harness/refusals.ts";

/** Where the gradient of one unit of the output is not 0, as a rectangle. */
function seenByGradient(net: Model, at: readonly number[], channel: number): Rectangle | null {
  const [height, width, channels] = net.inputShape;
  const x = randomUniform([1, height, width, channels], 5, 0.5, 1);
  const [y] = net.forward(x);
  y.data.fill(0);
  const [, , columns, filters] = y.shape;
  y.data[(at[0] * columns + at[1]) * filters + channel] = 1;
  const [{ data }] = net.backward(y, { parameters: false });
  const least = 1e-6 * data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let [top, left, bottom, right] = [height, width, -1, -1];
  data.forEach((value, i) => {
    if (Math.abs(value) <= least) return;
    const pixel = Math.floor(i / channels), row = Math.floor(pixel / width);
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, pixel % width), Math.max(right, pixel % width)];
  });
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/** All weights positive, none small. */
function makePositive(net: Model): void {
  for (const { name, shape } of net.parameters) {
    net.setWeights(name, randomUniform([...shape], 3, 0.5, 1));
  }
}

const whole = (min: number, max: number) => fc.integer({ min, max });
const two = (min: number, max: number) => fc.tuple(whole(min, max), whole(min, max));
const padding = fc.constantFrom("same" as const, "valid" as const);

/** A layer that weighs everything it reads; null where it does not fit. */
const weighing = fc.oneof(
  fc.record({ kernelSize: two(1, 4), strides: two(1, 3), dilationRate: two(1, 2), padding })
    .map((options) => (filters: number): Layer => conv2d({ ...options, filters })),
  fc.record({ kernelSize: two(1, 4), strides: two(1, 3), padding })
    .map((options) => (filters: number): Layer => conv2dTranspose({ ...options, filters })),
  fc.record({ poolSize: two(1, 3), strides: two(1, 3), padding })
    .map((options) => (): Layer => averagePool2d(options)),
  fc.record({ kernelSize: two(1, 3), size: two(1, 2) })
    .map((options) => (filters: number): Layer => resizeConv2d({ ...options, filters })),
  two(1, 3).map((size) => (): Layer => upsampling2d({ size })),
  two(0, 2).map((padding) => (): Layer => zeroPadding2d({ padding })),
  two(0, 2).map((padding) => (): Layer => reflectionPadding2d({ padding })),
  two(0, 2).map((cropping) => (): Layer => cropping2d({ cropping })),
  two(3, 9).map(([height, width]) => (): Layer => resizing({ height, width })),
  whole(1, 3).map((size) => (): Layer => depthwiseConv2d({ kernelSize: size, padding: "same" })),
);

/** A layer behind a value, or the value itself where it does not fit. */
function tried(value: Symbolic, make: (filters: number) => Layer, filters = 2): Symbolic {
  try {
    return make(filters).apply(value);
  } catch (error) {
    if (error instanceof DeconvError) return value;
    throw error;
  }
}

/** Checks one unit of the output; whether it is exact. */
function check(net: Model, at: readonly number[], channel: number, exact = true): void {
  const field = receptiveField(net, { layer: net.layers.at(-1)!.name, at, channel });
  const seen = seenByGradient(net, at, channel);
  if (exact) return assert.deepEqual(field, seen);
  if (!seen) return;
  assert.ok(field);
  const inside = seen.top >= field.top && seen.left >= field.left &&
    seen.top + seen.height <= field.top + field.height &&
    seen.left + seen.width <= field.left + field.width;
  assert.ok(inside, `${JSON.stringify(seen)} is not in ${JSON.stringify(field)}`);
}

Deno.test("receptive fields of random networks with positive weights are those of the gradients", () => {
  const networks = fc.tuple(
    two(4, 14),
    fc.array(weighing, { minLength: 1, maxLength: 5 }),
    whole(0, 1e6),
  );
  fc.assert(
    fc.property(networks, ([[height, width], layers, pick]) => {
      const x = input({ shape: [height, width, 2] });
      let y: Symbolic = x;
      for (const make of layers) y = tried(y, make);
      const ended = conv2d({ filters: 2, kernelSize: 1, name: "end" }).apply(y);
      const [rows, columns] = ended.shape;
      if (rows * columns > 2000) return;
      const net = model({ inputs: x, outputs: ended });
      makePositive(net);
      check(net, [pick % rows, (pick >> 4) % columns], pick % 2);
    }),
    { numRuns: 60, seed: 7 },
  );
});

Deno.test("receptive fields of random networks with skips, pools and unpooling hold the gradients", () => {
  const networks = fc.tuple(
    two(6, 14),
    fc.array(weighing, { maxLength: 2 }),
    weighing,
    whole(0, 1e6),
  );
  fc.assert(
    fc.property(networks, ([[height, width], front, inner, pick]) => {
      const x = input({ shape: [height, width, 2] });
      let y: Symbolic = x;
      for (const make of front) y = tried(y, make);
      const [rows, columns, channels] = y.shape;
      if (rows < 2 || columns < 2 || rows * columns > 900) return;
      const pooled = maxPool2d().apply(y);
      let deep = conv2d({ filters: 2, kernelSize: 3, padding: "same" }).apply(pooled);
      deep = conv2d({ filters: channels, kernelSize: 1 }).apply(deep);
      const up = maxUnpool2d({ outputSize: [rows, columns] }).apply([deep, switchesOf(pooled)]);
      const merged = concatenate().apply([add().apply([up, y]), y]);
      const z = conv2d({ filters: 2, kernelSize: 1 }).apply(tried(merged, inner));
      if (z.shape[0] * z.shape[1] > 2000) return;
      const net = model({ inputs: x, outputs: z });
      makePositive(net);
      check(net, [pick % z.shape[0], (pick >> 4) % z.shape[1]], pick % 2, false);
    }),
    { numRuns: 40, seed: 11 },
  );
});

Deno.test("a unit sees what its own channel is made of", () => {
  const x = input({ shape: [16, 16, 2] });
  const wide = conv2d({ filters: 2, kernelSize: 7, padding: "same" }).apply(x);
  const narrow = conv2d({ filters: 2, kernelSize: 1 }).apply(x);
  const both = concatenate().apply([wide, narrow]);
  const y = conv2d({ filters: 4, kernelSize: 3, groups: 2, padding: "same", name: "y" }).apply(
    both,
  );
  const net = model({ inputs: x, outputs: y });
  makePositive(net);
  for (const channel of [0, 1, 2, 3]) check(net, [8, 1], channel);
  assert.equal(receptiveField(net, { layer: "y", at: [8, 8], channel: 0 })!.height, 9);
  assert.equal(receptiveField(net, { layer: "y", at: [8, 8], channel: 3 })!.height, 3);
  assert.equal(receptiveField(net, { layer: "y", at: [8, 8] })!.height, 9);
});

Deno.test("pixel shuffle gives each pixel the field of its block", () => {
  const net = sequential([
    conv2d({ filters: 8, kernelSize: 3, padding: "same" }),
    depthToSpace({ blockSize: 2, name: "y" }),
  ], { inputShape: [6, 6, 1] });
  makePositive(net);
  check(net, [5, 4], 1);
  assert.deepEqual(receptiveField(net, { layer: "y", at: [5, 4] }), {
    top: 1,
    left: 1,
    height: 3,
    width: 3,
  });
});

Deno.test("layers that look at everything see everything; a flattened value keeps its place", () => {
  const whole = { top: 0, left: 0, height: 9, width: 7 };
  const net = sequential([
    conv2d({ filters: 2, kernelSize: 3, padding: "same", name: "near" }),
    flatten({ name: "flat" }),
    dense({ units: 3, name: "dense" }),
  ], { inputShape: [9, 7, 1] });
  assert.deepEqual(receptiveField(net, { layer: "dense", at: [], channel: 1 }), whole);
  const flat = receptiveField(net, { layer: "flat", at: [], channel: 2 * (3 * 7 + 2) });
  assert.deepEqual(flat, receptiveField(net, { layer: "near", at: [3, 2] }));
  const pooled = sequential([
    conv2d({ filters: 2, kernelSize: 3, padding: "same" }),
    instanceNormalization({ name: "norm" }),
    globalAveragePool2d({ name: "mean" }),
  ], { inputShape: [9, 7, 1] });
  assert.deepEqual(receptiveField(pooled, { layer: "norm", at: [0, 0] }), whole);
  assert.deepEqual(receptiveField(pooled, { layer: "mean", at: [] }), whole);
});

Deno.test("what a stride passes over is seen by nobody, and some units see nothing", () => {
  const sparse = sequential([
    conv2dTranspose({ filters: 1, kernelSize: 1, strides: 2, padding: "same", name: "y" }),
  ], { inputShape: [4, 4, 1] });
  makePositive(sparse);
  const fields = [0, 1, 2, 3].map((place) =>
    receptiveField(sparse, { layer: "y", at: [place, 0] })
  );
  assert.deepEqual(fields.map((field) => field?.top), [0, undefined, 1, undefined]);
});

Deno.test("signals are pictures of one row, and inputs are told apart", () => {
  const x = input({ shape: [40, 2], name: "sound" }), z = input({ shape: [5], name: "code" });
  const heard = conv1d({
    filters: 3,
    kernelSize: 3,
    dilationRate: 4,
    padding: "causal",
    name: "heard",
  })
    .apply(x);
  const given = dense({ units: 3, name: "given" }).apply(z);
  const net = model({ inputs: [x, z], outputs: add({ name: "both" }).apply([heard, given]) });
  const unit = { layer: "both", at: [20], channel: 1 };
  assert.deepEqual(receptiveField(net, unit), { top: 0, left: 12, height: 1, width: 9 });
  assert.deepEqual(receptiveField(net, unit, { input: "code" }), {
    top: 0,
    left: 0,
    height: 1,
    width: 5,
  });
  assert.equal(receptiveField(net, { layer: "heard", at: [3] }, { input: "code" }), null);
});

Deno.test("the table of an autoencoder: sizes and strides by hand, in 80 columns", () => {
  const net = preset("deconv-autoencoder").build({ seed: 0 });
  const fields = receptiveFields(net);
  const told = Object.fromEntries(
    fields.map(({ layer, size, stride }) => [layer, [size[0], stride[1]]]),
  );
  // Kernels 3 with strides 2, 2, 1; two of 4 with stride 2 back up; 3.
  assert.deepEqual([told.encode1, told.encode2, told.code], [[3, 2], [7, 4], [15, 4]]);
  assert.deepEqual(told.decode1[1], 2);
  assert.deepEqual(told.picture[1], 1);
  const lines = receptiveFieldTable(fields).split("\n");
  assert.ok(lines.every((line) => line.length <= 80));
  assert.equal(lines.length, fields.length + 4);
});

Deno.test("units that there are not are refused", () => {
  const net = sequential([conv2d({ filters: 2, kernelSize: 3, name: "a" })], {
    inputShape: [8, 8, 1],
  });
  refused(() => receptiveField(net, { layer: "b" }), /no layer or input "b"/);
  refused(() => receptiveField(net, { layer: "a", at: [1] }), /must have 2 number/);
  refused(() => receptiveField(net, { layer: "a", at: [6, 0] }), /from 0 to 5; it is 6/);
  refused(() => receptiveField(net, { layer: "a", channel: 2 }), /channel must be from 0 to 1/);
  refused(() => receptiveField(net, { layer: "a" }, { input: "y" }), /no input "y"; it has input/);
  refused(() => receptiveFields(net, { input: "a" }), /no input "a"/);
});
