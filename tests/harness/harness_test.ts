/** The tools the other tests lean on, and that they do fail when they should. */

import assert from "node:assert/strict";
import { assertClose, coordinates, relativeError, relativeL2 } from "./compare.ts";
import { gradcheck } from "./gradcheck.ts";
import {
  randomDistributions,
  randomIntegers,
  randomNormal,
  randomOneHot,
  randomUniform,
  seedOf,
} from "./random_array.ts";
import {
  dense,
  denseBiasGradient,
  denseInputGradient,
  denseKernelGradient,
} from "../reference/dense.ts";

Deno.test("assertClose measures against the largest expected value", () => {
  assertClose([100, 0.0005], [100, 0], { tolerance: 1e-5 });
  assert.throws(() => assertClose([100, 0.0015], [100, 0], { tolerance: 1e-5 }));
  assert.throws(() => assertClose([0.0005], [0], { tolerance: 1e-5 }));
  assertClose([1e-12], [0], { tolerance: 1e-5 }); // below the floor of 1e-6
  assert.throws(() => assertClose([1e-12], [0], { tolerance: 1e-5, floor: 1e-9 }));
  assertClose([], []);
});

Deno.test("assertClose names the worst element, both values, the error and the count", () => {
  const expected = { shape: [2, 3], data: [1, 2, 3, 4, 5, 8] };
  const actual = { shape: [2, 3], data: [1, 2, 3.5, 4, 7, 8] };
  assert.throws(
    () => assertClose(actual, expected, { name: "conv2d dx", tolerance: 0.01 }),
    {
      message: "conv2d dx: 2 of 6 off by more than 0.01 of 8.000; worst at [1,1]: 7, expected 5 " +
        "(relative error 2.50e-1)",
    },
  );
  assert.deepEqual(coordinates(23, [2, 3, 4]), [1, 2, 3]);
});

Deno.test("assertClose knows NaN, infinity and shapes", () => {
  assertClose([NaN, Infinity, 0], [NaN, Infinity, -0]);
  assert.throws(() => assertClose([NaN, 1], [1, 1], { tolerance: 1e9 }), /worst at \[0\]: NaN/);
  assert.throws(() => assertClose([1], [NaN]), /expected NaN/);
  assert.throws(() => assertClose([-Infinity], [Infinity]));
  assert.throws(() => assertClose([3e38], [Infinity]));
  assert.throws(() => assertClose([1, 2], [1, Infinity]));
  assert.throws(() => assertClose([1, 2], [1]), /2 values, expected 1/);
  const [wide, tall] = [{ shape: [1, 2], data: [1, 2] }, { shape: [2, 1], data: [1, 2] }];
  assert.throws(() => assertClose(wide, tall), /shape \[1,2\], expected \[2,1\]/);
});

Deno.test("relativeError and relativeL2", () => {
  assert.equal(relativeError([1, 2, 5], [1, 2, 4]), 0.25);
  assert.equal(relativeL2([3, 5], [3, 4]), 0.2);
  assert.equal(relativeError([NaN], [1]), Infinity);
  assert.equal(relativeL2([NaN], [1]), Infinity);
  assert.equal(relativeError([1], [1, 2]), Infinity);
});

/** A dense layer of a square kernel, in either precision. */
function denseProblem(Kind: typeof Float32Array | typeof Float64Array) {
  const shapes = { x: [5, 4], kernel: [4, 4], bias: [4], y: [5, 4] };
  const draw = (shape: number[], seed: number) => Kind.from(randomNormal(shape, seed).data);
  type V = Float32Array | Float64Array;
  const as = (name: keyof typeof shapes, data: V) => ({ shape: shapes[name], data });
  return {
    inputs: [draw([5, 4], 1), draw([4, 4], 2), draw([4], 3)] as V[],
    forward: (x: V, w: V, b: V) => dense(as("x", x), as("kernel", w), as("bias", b)).data,
    backward: (u: V, x: V, w: V): Float64Array[] => [
      denseInputGradient(as("y", u), as("kernel", w)).data,
      denseKernelGradient(as("x", x), as("y", u)).data,
      denseBiasGradient(as("y", u)).data,
    ],
  };
}

for (const Kind of [Float64Array, Float32Array]) {
  const { inputs, forward, backward } = denseProblem(Kind);
  const inputNames = ["x", "kernel", "bias"];

  Deno.test(`gradcheck accepts a right gradient (${Kind.name})`, () => {
    for (let seed = 0; seed < 50; seed++) gradcheck(forward, backward, inputs, { seed });
  });

  Deno.test(`gradcheck refuses broken gradients (${Kind.name})`, () => {
    const transposed = (w: Float64Array) => w.map((_, k) => w[(k % 4) * 4 + Math.floor(k / 4)]);
    const breakages: [what: string, position: number, (g: Float64Array) => Float64Array][] = [
      ["wrong sign", 0, (g) => g.map((v) => -v)],
      ["missing factor", 1, (g) => g.map((v) => 2 * v)],
      ["slightly wrong factor", 1, (g) => g.map((v) => 1.1 * v)],
      ["transposed kernel", 1, transposed],
      ["nothing", 2, (g) => g.map(() => 0)],
      ["last element forgotten", 2, (g) => g.with(-1, 0)],
      ["last row forgotten", 0, (g) => g.map((v, k) => k < 16 ? v : 0)],
      ["shifted by one", 0, (g) => g.map((_, k) => g[(k + 1) % g.length])],
      ["not a number", 0, (g) => g.with(3, NaN)],
      ["too short", 1, (g) => g.slice(1)],
    ];
    for (const [what, position, damage] of breakages) {
      const broken = (...args: Parameters<typeof backward>) =>
        backward(...args).map((g, k) => k === position ? damage(g) : g);
      assert.throws(
        () => gradcheck(forward, broken, inputs, { name: "dense", inputNames }),
        (error: Error) => error.message.startsWith(`dense, gradient of ${inputNames[position]}: `),
        what,
      );
    }
  });

  Deno.test(`gradcheck misses next to nothing (${Kind.name})`, () => {
    const broken = (...args: Parameters<typeof backward>) =>
      backward(...args).map((g, k) => k === 1 ? g.map((v) => -v) : g);
    for (let seed = 0; seed < 50; seed++) {
      assert.throws(() => gradcheck(forward, broken, inputs, { seed }), `seed ${seed}`);
    }
  });
}

Deno.test("gradcheck leaves constants alone", () => {
  const { inputs, forward, backward } = denseProblem(Float64Array);
  const withoutBias = (...args: Parameters<typeof backward>) => [
    ...backward(...args).slice(0, 2),
    null,
  ];
  gradcheck(forward, withoutBias, inputs, { constant: [2] });
  assert.throws(() => gradcheck(forward, withoutBias, inputs), /input 2: no values, expected 4/);
});

Deno.test("random arrays: the same for the same seed, spread as they should be", () => {
  assert.deepEqual(randomNormal([3, 4], 7), randomNormal([3, 4], 7));
  assert.notDeepEqual(randomNormal([3, 4], 7), randomNormal([3, 4], 8));
  // Frozen: the numbers behind every case.
  const frozen = Float32Array.of(0.58839375, 0.07318899, 0.59031063);
  assert.deepEqual(randomUniform([3], 1).data, frozen);
  assert.equal(seedOf("foobar"), 0xbf9cf968); // from the authors of FNV

  const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;
  const { data } = randomNormal([100, 1000], 1, 2);
  assert.ok(Math.abs(mean(data)) < 0.03, `mean ${mean(data)}`);
  assert.ok(Math.abs(mean(data.map((v) => v * v)) - 4) < 0.06, "variance");
  const lagged = data.map((v, k) => v * data[(k + 1) % data.length]);
  assert.ok(Math.abs(mean(lagged)) < 0.06, "neighbours are independent");

  const integers = randomIntegers([1000], 2, 5).data;
  assert.deepEqual([...new Set(integers)].sort(), [0, 1, 2, 3, 4]);
  const rows = randomDistributions([4, 6], 3).data;
  const oneHot = randomOneHot([4, 6], 3).data;
  for (let m = 0; m < 4; m++) {
    const row = [...rows.subarray(m * 6, m * 6 + 6)];
    assert.ok(Math.min(...row) > 0.01);
    assertClose([row.reduce((a, b) => a + b)], [1], { tolerance: 1e-6 });
    assert.deepEqual([...oneHot.subarray(m * 6, m * 6 + 6)].sort(), [0, 0, 0, 0, 0, 1]);
  }
});
