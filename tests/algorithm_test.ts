/**
 * Every way to compute a convolution, forced on every case it fits, against the float64 references:
 * what `chooseAlgorithms` may choose must be right wherever it may choose it.
 */

import assert from "node:assert/strict";
import { conv2d as conv2dLayer, sequential } from "../mod.ts";
import { type Algorithm, chooseAlgorithms, winograd } from "../core/algorithm.ts";
import type { Block } from "../core/block.ts";
import { convGeometry, convTransposeGeometry, describeGeometry } from "../core/geometry.ts";
import { interleavedPictures } from "../core/interleaved.ts";
import { forwardTaps, inputGradientTaps, type TapTable } from "../core/taps.ts";
import { sizeOf } from "../core/tensor.ts";
import { Conv2dPasses, type PassOptions } from "../core/wasm/conv2d.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { conv2dCases } from "./cases/conv2d.ts";
import { conv2dTransposeCases } from "./cases/conv2d_transpose.ts";
import { relativeL2 } from "./harness/compare.ts";
import { GuardedMemory, poisonWorkspace } from "./harness/guarded_memory.ts";
import { randomNormal, seedOf } from "./harness/random_array.ts";
import { assertSameBits, onThreads, TWO_THREADS } from "./harness/threads.ts";
import { array64 } from "./reference/array.ts";
import { conv2d, conv2dInputGradient, conv2dKernelGradient } from "./reference/conv2d.ts";

type Geometry = ReturnType<typeof convGeometry>;

const picture = (shape: readonly number[]) => [shape[1], shape[2], shape[3]] as const;

/** The geometries of both case tables; a transposed convolution is the gradient of its geometry. */
const geometries: Geometry[] = [
  ...conv2dCases.map(({ inputShape, options }) =>
    convGeometry(picture(inputShape), options.filters, options, inputShape[0])
  ),
  ...conv2dTransposeCases.map(({ inputShape, options }) =>
    convTransposeGeometry(picture(inputShape), options.filters, options, inputShape[0])
  ),
  // What only larger batches, pictures and more groups bring about.
  convGeometry([5, 6, 3], 5, { kernelSize: 3, padding: "same" }, 20),
  convGeometry([120, 60, 6], 4, { kernelSize: 3 }, 1),
  convGeometry([60, 60, 70], 70, { kernelSize: 3, padding: "same", groups: 70 }, 1),
  convGeometry([2, 2, 16], 16, { kernelSize: 7, padding: 3 }, 20),
  convGeometry([9, 11, 12], 18, {
    kernelSize: [3, 4],
    strides: [2, 3],
    dilationRate: [2, 1],
    padding: [3, 2],
    groups: 6,
  }, 9),
  convTransposeGeometry([7, 5, 4], 6, { kernelSize: 2, strides: 3, groups: 2 }, 17),
  convTransposeGeometry([3, 3, 21], 21, { kernelSize: 3, strides: 2, groups: 21 }, 11),
  convGeometry([6, 7, 5], 9, { kernelSize: 1 }, 10),
  // Pixels that are joined; products of small k; kernel gradients of few outputs, and of runs in place.
  convGeometry([8, 12, 33], 5, { kernelSize: [2, 3], strides: [1, 3] }, 3),
  convTransposeGeometry([5, 6, 4], 15, { kernelSize: [3, 2], strides: [1, 2], padding: "same" }, 2),
  convGeometry([7, 9, 2], 98, { kernelSize: [3, 1], padding: [1, 0] }, 1),
  convGeometry([6, 6, 37], 3, { kernelSize: 3, padding: "same" }, 5),
  convGeometry([9, 8, 50], 2, { kernelSize: 2, strides: 3 }, 5),
  convGeometry([6, 6, 5], 1, { kernelSize: 3, dilationRate: 2, padding: "same" }, 5),
  convGeometry([9, 12, 10], 9, { kernelSize: [3, 2], strides: [2, 1], padding: [1, 0] }, 3),
  convGeometry([6, 8, 12], 18, { kernelSize: [3, 1], groups: 2, padding: [1, 0] }, 3),
  // Phases that differ in their cells and taps, some without any, of many channels and of few.
  convTransposeGeometry([5, 6, 2], 98, { kernelSize: 2, strides: 3 }, 7),
  convTransposeGeometry(
    [7, 6, 3],
    12,
    { kernelSize: [2, 3], strides: [3, 2], padding: "same" },
    11,
  ),
  convTransposeGeometry([5, 5, 9], 3, { kernelSize: 2, strides: 3 }, 2),
  // One or two columns more than whole panels.
  convGeometry([6, 7, 13], 9, { kernelSize: 3, padding: "same" }, 3),
  convGeometry([6, 7, 20], 20, { kernelSize: [2, 3], strides: [2, 3], groups: 2 }, 3),
  convTransposeGeometry([4, 5, 6], 17, { kernelSize: 3, strides: 2 }, 4),
  convTransposeGeometry([4, 5, 6], 36, { kernelSize: 3, strides: 2, groups: 2 }, 2),
  // Products of small k at the edges of what is thin; runs that fill a column tile's rows to the last value.
  convTransposeGeometry([3, 5, 16], 96, { kernelSize: 2, strides: 2 }, 1),
  convTransposeGeometry([3, 5, 17], 97, { kernelSize: 2, strides: 2 }, 1),
  convTransposeGeometry([3, 3, 10], 238, { kernelSize: [1, 2], strides: 2, groups: 2 }, 3),
  convGeometry([6, 7, 1], 9, { kernelSize: 4, dilationRate: [1, 2] }, 2),
  // Many pictures interleaved at a time, and some in the last chunk; cells along a row, and groups.
  convGeometry([3, 4, 2], 7, { kernelSize: 3, strides: 2, padding: "same" }, 262),
  convGeometry([6, 9, 3], 8, { kernelSize: [3, 2], dilationRate: 2, padding: [3, 1] }, 134),
  convTransposeGeometry([2, 3, 6], 9, { kernelSize: 2, strides: 3, groups: 3 }, 67),
  // Whose phases are best computed in different ways.
  convTransposeGeometry([4, 4, 4], 4, { kernelSize: 3, strides: 2 }, 8),
];

type Choose = NonNullable<PassOptions["choose"]>;

/** The same choice for every table, whatever the others. */
const each = (choose: (table: TapTable) => Algorithm): Choose => (tables) => tables.map(choose);

const scatters = ({ groups, steps }: TapTable) => groups === 1 && steps[0] * steps[1] === 1;

/** Ways by name: what each chooses for a table, falling back where it does not fit. */
const WAYS: Record<string, Choose> = {
  im2col: each(() => ({ kind: "im2col" })),
  indirect: each(() => ({ kind: "indirect" })),
  scatter: each((table) => ({ kind: scatters(table) ? "scatter" : "im2col" })),
  planar: each(({ taps }) => ({
    kind: taps.every(({ length }) => length) ? "planar" : "depthwise",
  })),
  interleaved: each((table) => ({ kind: interleavedPictures(table) ? "interleaved" : "im2col" })),
  F43: each((table) => winograd(table, "F43") ?? { kind: "im2col" }),
  F23: each((table) => winograd(table, "F23") ?? { kind: "im2col" }),
  F42: each((table) => winograd(table, "F42") ?? { kind: "im2col" }),
  chosen: (tables, _, purpose) => chooseAlgorithms(tables, "fast", purpose),
  precise: (tables, _, purpose) => chooseAlgorithms(tables, "precise", purpose),
};

/** Largest relative error (L2) allowed: Winograd's F(4x4) trades some for speed. */
const LIMIT: Record<string, number> = { F43: 1e-5, F42: 1e-5, chosen: 1e-5 };

function block(length: number, values?: ArrayLike<number>): Block {
  const made = runtime().allocate(length);
  if (values) made.view.set(values);
  else made.view.fill(NaN);
  return made;
}

/** Seeded operands of a geometry: its input, its output's gradient, kernel, and biases of either. */
function operandsOf(geometry: Geometry) {
  const { batch, input, output, kernel, groups } = geometry;
  const seed = seedOf(describeGeometry(geometry));
  return {
    x: randomNormal([batch, ...input], seed),
    dy: randomNormal([batch, ...output], seed + 1),
    w: randomNormal([...kernel, input[2] / groups, output[2]], seed + 2),
    b: randomNormal([output[2]], seed + 3),
    up: randomNormal([input[2]], seed + 4),
  };
}

/** All passes of a geometry on seeded numbers, in memory that tells what is not written or should not be. */
function run(geometry: Geometry, options: PassOptions): Record<string, Float32Array> {
  const { x, dy, w, b, up } = operandsOf(geometry);
  const memory = new GuardedMemory();
  poisonWorkspace();
  const views = memory.during(() => {
    const passes = new Conv2dPasses(geometry, options);
    const [bx, by, bw, bb, bu] = [x, dy, w, b, up].map(({ data }) => block(data.length, data));
    const y = block(dy.data.length), dx = block(x.data.length), relu = block(dy.data.length);
    const risen = block(x.data.length), gated = block(x.data.length, x.data);
    const dw = block(w.data.length, w.data.map(() => 0)), db = block(b.data.length, b.data);
    passes.forward(bx, bw, null, y);
    passes.forward(bx, bw, bb, relu, "relu");
    passes.inputGradient(by, bw, null, dx);
    passes.inputGradient(by, bw, bu, risen, "relu");
    passes.inputGradient(by, bw, null, gated, "gate");
    passes.kernelGradient(bx, by, dw, db);
    return { y, relu, dx, risen, gated, dw, db };
  });
  memory.check();
  const results = Object.entries(views).map(([name, { view }]) => [name, view.slice()]);
  memory.release();
  return Object.fromEntries(results);
}

/** The same from the references. */
function expected(geometry: Geometry): Record<string, Float64Array> {
  const { strides, dilations, groups } = geometry, { x, dy, w, b, up } = operandsOf(geometry);
  // Unread last rows and columns are negative pads: the references take those as none and a cut.
  const [top, left] = geometry.padStart,
    [bottom, right] = geometry.padEnd.map((p) => Math.max(p, 0));
  const settings = { strides, dilations, groups, pads: [top, left, bottom, right] as const };
  const y = conv2d(x, w, null, settings).data;
  const dx = conv2dInputGradient(dy, w, x.shape, settings).data;
  const raised = (values: Float64Array, { data }: { data: ArrayLike<number> }) =>
    values.map((v, i) => Math.max(v + data[i % data.length], 0));
  const db = Float64Array.from(b.data);
  dy.data.forEach((v, i) => db[i % db.length] += v);
  return {
    y,
    relu: raised(y, b),
    dx,
    risen: raised(dx, up),
    gated: dx.map((v, i) => x.data[i] > 0 ? v : 0),
    dw: conv2dKernelGradient(x, dy, w.shape, settings).data,
    db,
  };
}

for (const [way, choose] of Object.entries(WAYS)) {
  Deno.test(`${way} is right on every geometry it fits`, () => {
    for (const geometry of geometries) {
      const wanted = expected(geometry);
      for (const columns of [8, 16] as const) {
        runtime().tileColumns = columns;
        const got = run(geometry, { choose });
        for (const [name, values] of Object.entries(got)) {
          const error = relativeL2(values, array64([values.length], wanted[name]));
          const where = `${describeGeometry(geometry)} ${name}, tile of ${columns}`;
          assert.ok(error < (LIMIT[way] ?? 2e-6), `${where}: ${error}`);
        }
      }
    }
    runtime().tileColumns = 8;
  });

  Deno.test(`${way} gives the same bits on one thread and on two, with either tile`, {
    ignore: !TWO_THREADS,
  }, () => {
    for (const geometry of geometries.filter((_, i) => i % 3 === 0)) {
      const one = onThreads(1, () => run(geometry, { choose }));
      const two = onThreads(2, () => run(geometry, { choose }));
      runtime().tileColumns = 16;
      const wide = run(geometry, { choose });
      runtime().tileColumns = 8;
      for (const name of Object.keys(one)) {
        assertSameBits(two[name], one[name], `${describeGeometry(geometry)} ${name}`);
        assertSameBits(wide[name], one[name], `${describeGeometry(geometry)} ${name}, wide`);
      }
    }
  });
}

Deno.test("a picture comes out the same bits alone and among others", () => {
  for (const geometry of geometries) {
    const { input: [height, width], input, output } = geometry;
    if (height * width > 1000) continue;
    const many = { ...geometry, batch: 33 }, { x, dy, w } = operandsOf(many);
    const [one, made] = [sizeOf(input), sizeOf(output)];
    const results = [1, 7, 33].map((batch) => {
      const passes = new Conv2dPasses({ ...geometry, batch });
      const kernel = block(w.data.length, w.data), y = block(batch * made), dx = block(batch * one);
      passes.forward(block(batch * one, x.data.subarray(0, batch * one)), kernel, null, y);
      passes.inputGradient(
        block(batch * made, dy.data.subarray(0, batch * made)),
        kernel,
        null,
        dx,
      );
      return { y: y.view.slice(0, made), dx: dx.view.slice(0, one) };
    });
    for (const { y, dx } of results.slice(1)) {
      assertSameBits(y, results[0].y, `${describeGeometry(geometry)} y`);
      assertSameBits(dx, results[0].dx, `${describeGeometry(geometry)} dx`);
    }
  }
});

Deno.test("planes and interleaved pictures make the same bits, whatever the number of pictures", () => {
  for (const geometry of geometries) {
    const fits = [forwardTaps(geometry), ...inputGradientTaps(geometry)].every(interleavedPictures);
    if (!fits) continue;
    const { y, dx } = run(geometry, { choose: WAYS.planar });
    const interleaved = run(geometry, { choose: WAYS.interleaved });
    assertSameBits(interleaved.y, y, `${describeGeometry(geometry)} y`);
    assertSameBits(interleaved.dx, dx, `${describeGeometry(geometry)} dx`);
  }
});

Deno.test("a precise model uses no F(4x4), and can be made fast again", () => {
  const geometry = convGeometry([16, 16, 32], 32, { kernelSize: 3, padding: "same" }, 8);
  const variant = (precision: "fast" | "precise") => {
    const { forward } = new Conv2dPasses(geometry, { precision }).algorithms;
    return forward.kind === "winograd" ? forward.variant : forward.kind;
  };
  assert.deepEqual([variant("fast"), variant("precise")], ["F43", "F23"]);

  const layer = conv2dLayer({ filters: 32, kernelSize: 3, padding: "same", useBias: false });
  const net = sequential([layer], { inputShape: [16, 16, 32], precision: "precise" });
  const x = randomNormal([8, 16, 16, 32], 1);
  const kernel = net.getWeights("conv2d_1/kernel");
  const wanted = conv2d(x, kernel, null, {
    strides: [1, 1],
    dilations: [1, 1],
    groups: 1,
    pads: [1, 1, 1, 1],
  });
  const precise = relativeL2(net.predict(x), wanted);
  net.precision = "fast";
  const fast = relativeL2(net.predict(x), wanted);
  assert.ok(precise < 5e-7 && fast > precise && fast < 1e-5, `${precise} ${fast}`);
  assert.throws(() => net.precision = "exact" as "fast", /precision "exact"/);
});
