import assert from "node:assert/strict";
import {
  computeFans,
  initialize,
  type Initializer,
  initializerConfig,
  type InitializerName,
} from "../core/initializers.ts";
import { DeconvError } from "../core/errors.ts";

const NAMES: InitializerName[] = [
  "zeros",
  "ones",
  "constant",
  "random_uniform",
  "random_normal",
  "truncated_normal",
  "glorot_uniform",
  "glorot_normal",
  "he_uniform",
  "he_normal",
  "lecun_uniform",
  "lecun_normal",
  "variance_scaling",
  "orthogonal",
];
const at = { seed: 1, stream: "test" };

Deno.test("computeFans reads shapes as Keras does", () => {
  assert.deepEqual(computeFans([]), { fanIn: 1, fanOut: 1 });
  assert.deepEqual(computeFans([7]), { fanIn: 7, fanOut: 7 });
  assert.deepEqual(computeFans([3, 5]), { fanIn: 3, fanOut: 5 });
  assert.deepEqual(computeFans([3, 2, 4, 8]), { fanIn: 24, fanOut: 48 });
});

Deno.test("every initialiser has Keras' mean, deviation and bounds", () => {
  const shape = [3, 3, 60, 120]; // fans 540 and 1080
  const cases: [Initializer, number, number, number][] = [ // mean, deviation, largest distance from it
    ["zeros", 0, 0, 0],
    ["ones", 1, 0, 0],
    [{ kind: "constant", value: 0.5 }, 0.5, 0, 0],
    ["random_uniform", 0, 0.1 / Math.sqrt(12), 0.05],
    [{ kind: "random_uniform", minval: 1, maxval: 3 }, 2, 2 / Math.sqrt(12), 1],
    [{ kind: "random_normal", mean: -1, stddev: 2 }, -1, 2, 14],
    ["truncated_normal", 0, 0.05 * 0.87962566103423978, 0.1],
    ["glorot_uniform", 0, Math.sqrt(1 / 810), Math.sqrt(3 / 810)],
    ["glorot_normal", 0, Math.sqrt(1 / 810), 2 * Math.sqrt(1 / 810) / 0.87962566103423978],
    ["he_uniform", 0, Math.sqrt(2 / 540), Math.sqrt(6 / 540)],
    ["he_normal", 0, Math.sqrt(2 / 540), 2 * Math.sqrt(2 / 540) / 0.87962566103423978],
    ["lecun_uniform", 0, Math.sqrt(1 / 540), Math.sqrt(3 / 540)],
    ["lecun_normal", 0, Math.sqrt(1 / 540), 2 * Math.sqrt(1 / 540) / 0.87962566103423978],
    [
      { kind: "variance_scaling", scale: 3, mode: "fan_out", distribution: "normal" },
      0,
      Math.sqrt(3 / 1080),
      1,
    ],
  ];
  for (const [initializer, mean, std, reach] of cases) {
    const values = initialize(initializer, shape, at), n = values.length;
    let sum = 0, squares = 0, farthest = 0;
    for (const v of values) {
      sum += v;
      squares += (v - mean) ** 2;
      farthest = Math.max(farthest, Math.abs(v - mean));
    }
    const name = JSON.stringify(initializer), tolerance = 4.5 / Math.sqrt(n);
    assert.ok(Math.abs(sum / n - mean) <= tolerance * std, `${name}: mean ${sum / n}`);
    assert.ok(Math.abs(Math.sqrt(squares / n) - std) <= tolerance * std, `${name}: deviation`);
    assert.ok(farthest <= reach * (1 + 1e-6), `${name}: reaches ${farthest}, not ${reach}`);
    if (/uniform|glorot|he_|lecun|truncated/.test(name)) {
      assert.ok(farthest > reach * 0.999, `${name}: reaches only ${farthest}`);
    }
  }
});

Deno.test("explicit fans take the place of those of the shape", () => {
  const ofShape = initialize("he_normal", [3, 3, 8, 32], at);
  const explicit = initialize("he_normal", [3, 3, 8, 32], { ...at, fanIn: 9 * 32 });
  const ratio = explicit[5] / ofShape[5];
  assert.ok(Math.abs(ratio - Math.sqrt(8 / 32)) < 1e-6, `${ratio}`);
});

Deno.test("orthogonal makes orthonormal rows or columns of any shape, times its gain", () => {
  for (
    const shape of [[40, 12], [12, 40], [3, 3, 8, 16], [2, 2, 3, 64], [16, 16], [1, 5], [5, 1]]
  ) {
    const gain = 1.5, values = initialize({ kind: "orthogonal", gain }, shape, at);
    const columns = shape[shape.length - 1], rows = values.length / columns;
    const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
    const value = (i: number, r: number) =>
      rows < columns ? values[i * columns + r] : values[r * columns + i];
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        let product = 0;
        for (let r = 0; r < length; r++) product += value(i, r) * value(j, r);
        const expected = i === j ? gain * gain : 0;
        assert.ok(Math.abs(product - expected) < 1e-5, `[${shape}] ${i}·${j} = ${product}`);
      }
    }
  }
  assert.equal(initialize("orthogonal", [0, 3], at).length, 0);
});

Deno.test("orthogonal is not biased: the determinant's and entries' signs vary with the stream", () => {
  let positive = 0, positiveDeterminants = 0;
  for (let stream = 0; stream < 400; stream++) {
    const [a, b, c, d] = initialize("orthogonal", [2, 2], { seed: 0, stream });
    if (a > 0) positive++;
    if (a * d - b * c > 0) positiveDeterminants++;
  }
  assert.ok(Math.abs(positive - 200) < 45, `${positive} of 400 first entries are positive`);
  assert.ok(
    Math.abs(positiveDeterminants - 200) < 45,
    `${positiveDeterminants} of 400 are rotations`,
  );
});

Deno.test("the same seed and stream give the same values; others give others", () => {
  for (const name of NAMES.filter((n) => !["zeros", "ones", "constant"].includes(n))) {
    const values = initialize(name, [4, 6], at);
    assert.deepEqual(initialize(name, [4, 6], at), values);
    assert.notDeepEqual(initialize(name, [4, 6], { ...at, seed: 2 }), values);
    assert.notDeepEqual(initialize(name, [4, 6], { ...at, stream: "other" }), values);
  }
});

Deno.test("configurations survive JSON and mean the same initialiser", () => {
  for (const name of NAMES) {
    const config = initializerConfig(name);
    assert.equal(config.kind, name);
    const back = JSON.parse(JSON.stringify(config));
    assert.deepEqual(initializerConfig(back), config);
    assert.deepEqual(initialize(back, [4, 6], at), initialize(name, [4, 6], at));
  }
});

Deno.test("unknown names and options are refused, naming the known ones", () => {
  // deno-lint-ignore no-explicit-any
  const refused = (initializer: any, pattern: RegExp, shape = [2, 2]) =>
    assert.throws(
      () => initialize(initializer, shape, at),
      (e: Error) =>
        e instanceof DeconvError && pattern.test(e.message) && !e.message.includes("\n"),
    );
  refused("xavier", /Unknown initializer "xavier".*glorot_uniform.*orthogonal/);
  refused("toString", /Unknown initializer/);
  refused({ value: 1 }, /Unknown initializer/);
  refused({ kind: "constant", vlaue: 1 }, /"constant" has no option "vlaue".*value/);
  refused({ kind: "zeros", value: 1 }, /has no option "value"/);
  refused({ kind: "orthogonal", gain: NaN }, /gain.*finite number/);
  refused({ kind: "constant", value: "1" }, /value "1"/);
  refused({ kind: "variance_scaling", mode: "fan" }, /mode "fan".*fan_in, fan_out, fan_avg/);
  refused("orthogonal", /\[4\] orthogonal: it needs two or more dimensions/, [4]);
});
