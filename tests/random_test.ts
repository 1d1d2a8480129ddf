import assert from "node:assert/strict";
import fc from "fast-check";
import { DeconvError } from "../core/errors.ts";
import { inverseNormal } from "../core/normal.ts";
import { philox4x32 } from "../core/philox.ts";
import { random, streamNumber } from "../core/random.ts";

const hex = (words: Uint32Array) =>
  [...words].map((w) => w.toString(16).padStart(8, "0")).join(" ");

Deno.test("philox4x32 gives the known answers of Random123's kat_vectors", () => {
  const out = new Uint32Array(4);
  philox4x32(out, 1, 0, 0, 0, 0, 0, 0);
  assert.equal(hex(out), "6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  const all = 0xffffffff;
  philox4x32(out, 1, all, all, all, all, all, all);
  assert.equal(hex(out), "408f276d 41c83b0e a20bc7c6 6d5451fd");
  philox4x32(out, 1, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0);
  assert.equal(hex(out), "d16cfe09 94fdcceb 5001e420 24126ea1");
});

Deno.test("philox4x32 agrees with plain 64-bit arithmetic on any counter and key", () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(fc.array(word, { minLength: 6, maxLength: 6 }), (address) => {
      const out = new Uint32Array(4);
      philox4x32(out, 1, ...address as [number, number, number, number, number, number]);
      assert.equal(hex(out), hex(plainPhilox(address)));
    }),
    { seed: 1, numRuns: 500 },
  );
});

function plainPhilox(address: number[]): Uint32Array {
  let [a, b, c, d, k0, k1] = address.map(BigInt);
  const low = (x: bigint) => x & 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const p0 = a * 0xd2511f53n, p1 = c * 0xcd9e8d57n;
    [a, b, c, d] = [(p1 >> 32n) ^ b ^ k0, low(p1), (p0 >> 32n) ^ d ^ k1, low(p0)];
    k0 = low(k0 + 0x9e3779b9n);
    k1 = low(k1 + 0xbb67ae85n);
  }
  return Uint32Array.of(Number(a), Number(b), Number(c), Number(d));
}

Deno.test("stream names are hashed with FNV-1a", () => {
  assert.equal(streamNumber(""), 0x811c9dc5);
  assert.equal(streamNumber("foobar"), 0xbf9cf968);
  assert.equal(streamNumber(7), 7);
});

Deno.test("a fill is the addressed numbers, whatever the slice it is filled in", () => {
  const slice = fc.record({ start: fc.nat(9000), length: fc.nat(9000), step: fc.nat(2 ** 31) });
  fc.assert(
    fc.property(slice, ({ start, length, step }) => {
      const rng = random(3, "slices");
      for (const fill of ["fillUniform", "fillNormal", "fillTruncatedNormal"] as const) {
        const whole = new Float32Array(start + length), part = new Float32Array(length);
        rng[fill](whole, 0.25, 2, step);
        rng[fill](part, 0.25, 2, step, start);
        assert.deepEqual(part, whole.slice(start));
      }
      const uniform = new Float32Array(length), normal = new Float32Array(length);
      rng.fillUniform(uniform, 0, 1, step, start);
      rng.fillNormal(normal, 0, 1, step, start);
      for (const i of [0, 1, 2, 3, length - 1].filter((i) => i >= 0 && i < length)) {
        assert.equal(uniform[i], rng.uniform(step, start + i));
        assert.equal(normal[i], Math.fround(rng.normal(step, start + i)));
      }
    }),
    { seed: 2, numRuns: 30 },
  );
});

// Computed with Python: its integers, and statistics.NormalDist().inv_cdf.
Deno.test("fixed addresses keep their values for ever", () => {
  const rng = random(42, "golden");
  const out = new Float32Array(3);
  rng.fillNormal(out, 0, 1, 7);
  assert.deepEqual(
    { uniform: rng.uniform(7, 5), integer: rng.integer(1000, 7, 5), normals: [...out] },
    {
      uniform: 0.37557274103164673,
      integer: 245,
      normals: [-1.3059773445129395, 0.7273337841033936, -0.8764253258705139],
    },
  );
  assert.equal(rng.integer(2 ** 50, 7, 5), 276327935392804);
  assert.deepEqual([...random(42, "golden").permutation(8, 1)], [3, 6, 1, 5, 4, 2, 0, 7]);
});

Deno.test("seed, stream, step and index each change the numbers, over their whole range", () => {
  const values = new Set<number>();
  let asked = 0;
  for (const seed of [0, 1, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, -(2 ** 53 - 1)]) {
    for (const stream of ["a", "b", 0, 0xffffffff]) {
      for (const step of [0, 1, 2 ** 32, 2 ** 53 - 1]) {
        for (const index of [0, 1, 4, 2 ** 33, 2 ** 34 - 1]) {
          values.add(random(seed, stream).normal(step, index));
          asked++;
        }
      }
    }
  }
  assert.equal(values.size, asked);
});

Deno.test("inverseNormal agrees with published quantiles", () => {
  const quantiles: [number, number][] = [ // CPython's statistics.NormalDist
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167813],
    [0.075, -1.4395314709384557],
    [0.9, 1.2815515655446008],
    [0.925, 1.439531470938456],
    [1e-9, -5.9978070150076865],
    [2 ** -33, -6.337957754553789],
  ];
  for (const [p, z] of quantiles) assert.ok(Math.abs(inverseNormal(p) / z - 1) < 1e-15, `p ${p}`);
  assert.equal(inverseNormal(0.5), 0);
});

Deno.test("uniform, normal and truncated normal numbers have their moments", () => {
  const n = 400_000, out = new Float32Array(n), rng = random(11, "moments");
  rng.fillUniform(out, -1, 3, 0);
  assertMoments(out, 1, 4 / Math.sqrt(12));
  assert.ok(out.every((v) => v >= -1 && v <= 3));
  rng.fillNormal(out, 5, 2, 1);
  assertMoments(out, 5, 2);
  const beyond = out.filter((v) => Math.abs(v - 5) > 3 * 2).length / n;
  assert.ok(Math.abs(beyond - 0.0026998) < 0.0004, `beyond three sigma: ${beyond}`);
  rng.fillTruncatedNormal(out, 5, 2, 2);
  assertMoments(out, 5, 2 * 0.87962566103423978);
  const largest = out.reduce((most, v) => Math.max(most, Math.abs(v - 5)), 0);
  assert.ok(largest <= 4 && largest > 3.99, `largest deviation ${largest}`);
});

function assertMoments(values: Float32Array, mean: number, std: number): void {
  let sum = 0, squares = 0, lagged = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += (values[i] - mean) ** 2;
    if (i > 0) lagged += (values[i] - mean) * (values[i - 1] - mean);
  }
  const n = values.length, error = 4.5 / Math.sqrt(n);
  assert.ok(Math.abs(sum / n - mean) < error * std, `mean ${sum / n}, not ${mean}`);
  assert.ok(Math.abs(Math.sqrt(squares / n) / std - 1) < error, `std ${Math.sqrt(squares / n)}`);
  assert.ok(Math.abs(lagged / n) < error * std * std, `neighbours correlate: ${lagged / n}`);
}

Deno.test("integers are whole, in range and even", () => {
  const rng = random(5, "integers"), counts = new Array(10).fill(0);
  for (let i = 0; i < 100_000; i++) counts[rng.integer(10, 3, i)]++;
  assert.equal(counts.length, 10);
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 450, `${counts}`);
  assert.equal(rng.integer(1, 0, 0), 0);
});

Deno.test("a permutation holds every number once, and all orders are as likely", () => {
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(), (n, step) => {
      const sorted = random(1, "order").permutation(n, step).sort();
      assert.ok(sorted.length === n && sorted.every((value, i) => value === i));
    }),
    { seed: 3, numRuns: 50 },
  );
  const rng = random(9, "orders"), orders = new Map<string, number>();
  for (let step = 0; step < 24_000; step++) {
    const order = rng.permutation(4, step).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.equal(orders.size, 24);
  for (const [order, count] of orders) {
    assert.ok(Math.abs(count - 1000) < 150, `${order}: ${count}`);
  }
});

Deno.test("wrong seeds, streams, steps, indices and bounds are refused in one line", () => {
  const rng = random(1, "x"), out = new Float32Array(4);
  const wrong = [
    () => random(0.5, "x"),
    () => random(NaN, "x"),
    () => random(1, -1),
    () => random(1, 2 ** 32),
    () => rng.uniform(-1, 0),
    () => rng.uniform(0, -1),
    () => rng.uniform(0, 2 ** 34),
    () => rng.fillUniform(out, 0, 1, 1.5),
    () => rng.fillUniform(out, 0, 1, 0, 2 ** 34 - 3),
    () => rng.integer(0, 0, 0),
    () => rng.permutation(-1, 0),
  ];
  for (const call of wrong) {
    assert.throws(
      call,
      (e: Error) => e instanceof DeconvError && !e.message.includes("\n"),
      `${call}`,
    );
  }
});
