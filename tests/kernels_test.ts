/** The arithmetic below the layers: how accurate the functions are over all of float32, and products. */

import assert from "node:assert/strict";
import { klStandardNormal, tensor } from "../mod.ts";
import {
  activationForward,
  activationGradient,
  ELEMENTWISE,
  softmaxForward,
  softmaxGradient,
} from "../core/wasm/activation.ts";
import { add, clip, columnSums, scale, sumOfSquares } from "../core/wasm/elementwise.ts";
import { gemm } from "../core/wasm/gemm.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { assertClose } from "./harness/compare.ts";
import { GuardedMemory, poisonWorkspace } from "./harness/guarded_memory.ts";
import { randomNormal, seedOf } from "./harness/random_array.ts";
import { toleranceFor } from "./harness/run_layer.ts";
import { assertSameBits, onThreads, TWO_THREADS } from "./harness/threads.ts";
import { activation, activationGradient as slope } from "./reference/activation.ts";
import { array64 } from "./reference/array.ts";

type Kind = typeof ELEMENTWISE[number];

const alphaOf = (kind: Kind) => kind === "leaky_relu" ? Math.fround(0.2) : 1;

/** Runs an activation and its gradient for dy = 1; the length is no multiple of a vector. */
function apply(kind: Kind, values: ArrayLike<number>): { y: Float32Array; dx: Float32Array } {
  const memory = new GuardedMemory();
  const blocks = memory.during(() => [0, 1, 2, 3].map(() => runtime().allocate(values.length)));
  const [x, y, dy, dx] = blocks;
  x.view.set(values);
  dy.view.fill(1);
  y.view.fill(NaN);
  dx.view.fill(NaN);
  activationForward(kind, alphaOf(kind), x, y);
  const fromInput = ["gelu", "gelu_tanh", "silu", "hard_sigmoid"].includes(kind);
  activationGradient(kind, alphaOf(kind), "gradient", fromInput ? x : y, dy, dx);
  memory.check();
  const results = { y: y.view.slice(), dx: dx.view.slice() };
  memory.release();
  return results;
}

/** Numbers of every size that float32 has, denormals included, and many near where functions bend. */
function everySize(): Float32Array {
  const values: number[] = [];
  for (let exponent = -149; exponent <= 127; exponent++) {
    for (const m of [1, 1.17, 1.37, 1.61, 1.93]) {
      values.push(m * 2 ** exponent, -m * 2 ** exponent);
    }
  }
  for (let x = -110; x <= 110; x += 0.0137) values.push(x);
  for (let x = -1; x <= 1; x += 0.00037) values.push(x);
  return Float32Array.from(values);
}

/**
 * How far off values and slopes may be, as a part of their size. `from` is what counts as the least
 * size: 1 where the function is a difference of numbers of that size.
 */
const ACCURACY: Record<Kind, { value: number; from: number; slope: number }> = {
  relu: { value: 0, from: 1e-45, slope: 0 },
  relu6: { value: 0, from: 1e-45, slope: 0 },
  leaky_relu: { value: 6e-8, from: 2 ** -126, slope: 0 },
  elu: { value: 2.4e-7, from: 2 ** -126, slope: 2.4e-7 },
  selu: { value: 2.4e-7, from: 2 ** -126, slope: 3e-7 },
  sigmoid: { value: 2.4e-7, from: 2 ** -100, slope: 2.4e-7 },
  tanh: { value: 2.4e-7, from: 2 ** -126, slope: 2.4e-7 },
  softplus: { value: 2.4e-7, from: 2 ** -100, slope: 2.4e-7 },
  hard_sigmoid: { value: 1.2e-7, from: 1, slope: 6e-8 },
  gelu: { value: 8e-7, from: 1, slope: 4e-7 },
  gelu_tanh: { value: 4e-7, from: 1, slope: 1.5e-6 },
  silu: { value: 2.4e-7, from: 2 ** -95, slope: 1.2e-6 },
};

Deno.test("activations are accurate for numbers of every size", () => {
  const values = everySize(), x = array64([values.length], values);
  const ones = array64(x.shape, new Float64Array(values.length).fill(1));
  for (const kind of ELEMENTWISE) {
    const { y, dx } = apply(kind, values);
    const wanted = activation(kind, x, alphaOf(kind)).data;
    const slopes = slope(kind, x, ones, alphaOf(kind)).data;
    const { value, from, slope: allowed } = ACCURACY[kind];
    values.forEach((v, i) => {
      // Beyond float32 there is only infinity, and the smallest numbers may become 0.
      const e = Math.abs(wanted[i]) > 3.4028235e38 ? Math.sign(wanted[i]) * Infinity : wanted[i];
      const error = y[i] === e ? 0 : Math.abs(y[i] - e) / Math.max(Math.abs(e), from);
      assert.ok(error <= value, `${kind}(${v}) is ${y[i]}, expected ${e} (${error})`);
      // Slopes are at most about 1, and it is their difference from that which they are made of.
      const off = Math.abs(dx[i] - slopes[i]);
      assert.ok(off <= allowed, `${kind}'s slope at ${v} is ${dx[i]}, expected ${slopes[i]}`);
    });
  }
});

Deno.test("activations of infinities are their limits", () => {
  const limits: Record<Kind, [atMinus: number, atPlus: number]> = {
    relu: [0, Infinity],
    relu6: [0, 6],
    leaky_relu: [-Infinity, Infinity],
    elu: [-1, Infinity],
    selu: [Math.fround(-1.7580993408473766), Infinity],
    sigmoid: [0, 1],
    tanh: [-1, 1],
    softplus: [0, Infinity],
    hard_sigmoid: [0, 1],
    // -∞·0, in PyTorch too
    gelu: [NaN, Infinity],
    gelu_tanh: [NaN, Infinity],
    silu: [NaN, Infinity],
  };
  for (const kind of ELEMENTWISE) {
    const { y } = apply(kind, [-Infinity, Infinity, -Infinity, Infinity, -Infinity]);
    const [low, high] = limits[kind];
    assertClose(y, [low, high, low, high, low], { name: kind, tolerance: 1e-7 });
  }
});

Deno.test("activations keep NaN, in its own place only", () => {
  for (const kind of ELEMENTWISE) {
    for (let place = 0; place < 7; place++) {
      const values = new Float32Array(7).fill(0.5);
      values[place] = NaN;
      const { y } = apply(kind, values);
      y.forEach((v, i) => assert.equal(Number.isNaN(v), i === place, `${kind} at ${i}: ${v}`));
    }
  }
});

Deno.test("exp, seen through the KL divergence's gradient, to the edge of float32", () => {
  const values = Float32Array.from({ length: 40001 }, (_, i) => -3 + i * (88.7228 + 3) / 40000);
  const shape = [1, values.length];
  const mean = tensor(new Float32Array(values.length), shape);
  const { logVarianceGradient: { data } } = klStandardNormal(mean, tensor(values, shape));
  values.forEach((x, i) => {
    const expected = 0.5 * (Math.exp(x) - 1);
    const error = Math.abs(data[i] - expected) / Math.max(0.5, Math.abs(expected));
    assert.ok(error < 2.4e-7, `½(e^${x} - 1) is ${data[i]}, expected ${expected}`);
  });
});

/** Runs softmax or its logarithm over rows, and its gradient. */
function rows(
  width: number,
  logarithm: boolean,
  values: ArrayLike<number>,
  dys?: ArrayLike<number>,
) {
  const memory = new GuardedMemory();
  const [x, y, dy, dx] = memory.during(() =>
    [0, 1, 2, 3].map(() => runtime().allocate(values.length))
  );
  x.view.set(values);
  dy.view.set(dys ?? new Float32Array(values.length));
  y.view.fill(NaN);
  dx.view.fill(NaN);
  softmaxForward(width, logarithm, x, y);
  softmaxGradient(width, logarithm, y, dy, dx);
  memory.check();
  const results = { y: y.view.slice(), dx: dx.view.slice() };
  memory.release();
  return results;
}

Deno.test("softmax of extremes", () => {
  const soft = (...values: number[]) => [...rows(values.length, false, values).y];
  const log = (...values: number[]) => [...rows(values.length, true, values).y];
  assert.deepEqual(soft(3e38, 3e38), [0.5, 0.5]);
  assert.deepEqual(soft(-3e38, -3e38, -3e38, -3e38), [0.25, 0.25, 0.25, 0.25]);
  assert.deepEqual(soft(1000, 0, -1000), [1, 0, 0]);
  assert.deepEqual(soft(-Infinity, 5, -Infinity), [0, 1, 0]);
  assert.deepEqual(soft(1e-45, 0), [0.5, 0.5]);
  assert.deepEqual(log(1000, 0, -1000), [0, -1000, -2000]);
  assert.deepEqual(log(-Infinity, 5), [-Infinity, 0]);
  assert.deepEqual(log(7), [0]);
  assert.deepEqual(soft(NaN, 1, 2), [NaN, NaN, NaN]);
  // A row that is not a number leaves the others alone.
  const { y } = rows(3, false, [1, 1, 1, NaN, 1, 1, 1, 1, 1]);
  assert.deepEqual([...y].map(Number.isNaN), [0, 0, 0, 1, 1, 1, 0, 0, 0].map(Boolean));
});

Deno.test("softmax of every width sums to 1, and its gradient to 0", () => {
  for (let width = 1; width <= 70; width++) {
    const count = 3, values = randomNormal([count, width], width, 4).data;
    const dys = randomNormal([count, width], seedOf(`dy${width}`)).data;
    const { y, dx } = rows(width, false, values, dys);
    for (let row = 0; row < count; row++) {
      const sum = (a: Float32Array) =>
        a.subarray(row * width, (row + 1) * width).reduce((s, v) => s + v, 0);
      assert.ok(Math.abs(sum(y) - 1) < 1e-6, `width ${width}: ${sum(y)}`);
      assert.ok(Math.abs(sum(dx)) < 1e-6, `width ${width}: gradient ${sum(dx)}`);
    }
  }
});

/** One product with everything around it checked against plain loops in float64. */
function checkGemm(
  [m, n, k]: [number, number, number],
  how: { ta?: boolean; tb?: boolean; bias?: boolean; add?: boolean },
): void {
  const name = `gemm m${m}n${n}k${k} ${JSON.stringify(how)}`;
  const a = randomNormal([m, k], seedOf(`${name}a`)).data;
  const b = randomNormal([k, n], seedOf(`${name}b`)).data;
  const bias = randomNormal([n], seedOf(`${name}bias`)).data;
  const start = randomNormal([m, n], seedOf(`${name}c`)).data;
  const memory = new GuardedMemory();
  const [A, B, C, D] = memory.during(() =>
    [m * k, k * n, m * n, n].map((length) => runtime().allocate(length))
  );
  A.view.set(how.ta ? a.map((_, i) => a[(i % m) * k + Math.floor(i / m)]) : a);
  B.view.set(how.tb ? b.map((_, i) => b[(i % k) * n + Math.floor(i / k)]) : b);
  D.view.set(bias);
  const run = () => {
    if (how.add) C.view.set(start);
    else C.view.fill(NaN);
    poisonWorkspace();
    gemm(
      [m, n, k],
      { block: A, columns: how.ta ? m : k, transposed: how.ta },
      { block: B, columns: how.tb ? k : n, transposed: how.tb },
      C,
      { bias: how.bias ? D : null, add: how.add },
    );
    return C.view.slice();
  };
  const expected = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = how.add ? start[i * n + j] : how.bias ? bias[j] : 0;
      for (let l = 0; l < k; l++) sum += a[i * k + l] * b[l * n + j];
      expected[i * n + j] = sum;
    }
  }
  const actual = run();
  assertClose(actual, expected, { name, tolerance: toleranceFor(k) });
  if (TWO_THREADS) {
    const one = onThreads(1, run);
    assertSameBits(onThreads(2, run), one, name);
  }
  memory.check();
  memory.release();
}

Deno.test("gemm: odd sizes, every transposition, bias and addition", () => {
  const ways = [{}, { bias: true }, { add: true }];
  const turns = [{}, { ta: true }, { tb: true }, { ta: true, tb: true }];
  const sizes: [number, number, number][] = [
    [1, 1, 1],
    [5, 7, 3],
    [6, 8, 4],
    [7, 9, 5],
    [13, 17, 31],
    [47, 15, 8],
    [48, 16, 1],
    [49, 33, 2],
    [97, 255, 6],
    [3, 257, 7],
    [50, 264, 11],
    [5, 9, 511],
    [6, 8, 512],
    [7, 10, 513],
    [49, 257, 1030],
  ];
  for (const size of sizes) {
    for (const turn of turns) for (const way of ways) checkGemm(size, { ...turn, ...way });
  }
});

Deno.test("column sums: every width, few and many rows; they add to what is there", () => {
  for (const count of [1, 2, 7, 8, 9, 50]) {
    for (let columns = 1; columns <= 70; columns++) {
      const values = randomNormal([count, columns], seedOf(`sums${count}x${columns}`)).data;
      const memory = new GuardedMemory();
      const [x, y] = memory.during(() =>
        [values.length, columns].map((length) => runtime().allocate(length))
      );
      x.view.set(values);
      y.view.fill(100);
      poisonWorkspace();
      columnSums(x, count, y);
      const expected = new Float64Array(columns).fill(100);
      values.forEach((v, i) => expected[i % columns] += v);
      assertClose(y.view, expected, { name: `${count}x${columns}`, tolerance: 4e-7 });
      memory.check();
      memory.release();
    }
  }
});

Deno.test("whole-array operations at awkward lengths, on one thread and on two", () => {
  for (const n of [1, 3, 4, 5, 63, 64, 65, 16383, 16384, 16385, 50001]) {
    const a = randomNormal([n], n).data, b = randomNormal([n], n + 1).data;
    const run = () => {
      const memory = new GuardedMemory();
      const [x, y, z] = memory.during(() => [n, n, n].map((length) => runtime().allocate(length)));
      x.view.set(a);
      y.view.set(b);
      z.view.set(a);
      poisonWorkspace();
      add(x, y);
      scale(x, 0.5);
      clip(z, 0.75);
      const squares = sumOfSquares(y);
      memory.check();
      const results = [x, y, z].map((block) => block.view.slice());
      memory.release();
      return { results, squares };
    };
    const { results: [x, y, z], squares } = run();
    assertSameBits(x, a.map((v) => v * 0.5), "scale");
    assertSameBits(y, a.map((v, i) => v + b[i]), "add");
    assertSameBits(z, a.map((v) => Math.min(Math.max(v, -0.75), 0.75)), "clip");
    assertClose([squares], [y.reduce((s, v) => s + v * v, 0)], { tolerance: 1e-7 });
    if (!TWO_THREADS) continue;
    const [one, two] = [1, 2].map((threads) => onThreads(threads, run));
    assert.equal(two.squares, one.squares, "sum of squares on two threads");
    two.results.forEach((values, i) => assertSameBits(values, one.results[i], "on two threads"));
  }
});
