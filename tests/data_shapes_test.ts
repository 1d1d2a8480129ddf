import assert from "node:assert/strict";
import { shapes } from "../core/data/shapes.ts";
import { fillDistances, SHAPE_CLASSES } from "../core/data/shape_distances.ts";
import { DeconvError } from "../core/errors.ts";

const PICTURE = 32 * 32 * 3;

function read(dataset: ReturnType<typeof shapes>, indices: number[]): Float32Array {
  const x = new Float32Array(indices.length * PICTURE);
  dataset.read(indices, x);
  return x;
}

const range = (length: number) => Array.from({ length }, (_, i) => i);

/** FNV-1a of the bits of the values. */
function hashOf(values: Float32Array): number {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(values.buffer)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

Deno.test("a picture depends on seed, split and index alone, not on what is read with it", () => {
  const dataset = shapes({ seed: 5 }), together = read(dataset, range(24));
  for (const i of [23, 0, 11]) {
    assert.deepEqual(read(dataset, [i]), together.slice(i * PICTURE, (i + 1) * PICTURE));
  }
  assert.deepEqual(read(shapes({ seed: 5, size: 24 }), range(24)), together);
});

Deno.test("the pictures are the same bits for ever", () => {
  assert.equal(hashOf(read(shapes(), range(240))), 2688874296);
  assert.equal(hashOf(read(shapes({ split: "test", seed: 1 }), range(240))), 559681199);
});

Deno.test("no picture is seen twice: within a split, in the other, or under another seed", () => {
  const seen = new Set<number>();
  for (const split of ["train", "test"] as const) {
    for (const seed of [0, 1]) {
      const x = read(shapes({ split, seed }), range(300));
      for (const i of range(300)) seen.add(hashOf(x.slice(i * PICTURE, (i + 1) * PICTURE)));
    }
  }
  assert.equal(seen.size, 1200);
});

Deno.test("values are 0..1, use the whole range, and every picture and channel has contrast", () => {
  const x = read(shapes(), range(600)), channels = [0, 0, 0];
  assert.ok(x.every((v) => v >= 0 && v <= 1));
  assert.ok(x.some((v) => v === 0) && x.some((v) => v > 0.99));
  for (const i of range(600)) {
    const picture = x.subarray(i * PICTURE, (i + 1) * PICTURE);
    let lightest = 0, darkest = 1;
    for (let p = 0; p < PICTURE; p += 3) {
      const light = 0.299 * picture[p] + 0.587 * picture[p + 1] + 0.114 * picture[p + 2];
      lightest = Math.max(lightest, light);
      darkest = Math.min(darkest, light);
      for (let c = 0; c < 3; c++) channels[c] += picture[p + c] / (600 * 1024);
    }
    assert.ok(lightest - darkest > 0.1, `picture ${i} is flat: ${darkest} to ${lightest}`);
  }
  for (const mean of channels) assert.ok(mean > 0.35 && mean < 0.6, `channel means ${channels}`);
});

Deno.test("classes take turns and have names", () => {
  const dataset = shapes({ size: 30 }), labels = new Float32Array(30);
  dataset.read(range(30), new Float32Array(30 * PICTURE), labels);
  assert.deepEqual([...labels], range(30).map((i) => i % 12));
  assert.deepEqual(dataset.classNames, SHAPE_CLASSES);
  assert.ok(SHAPE_CLASSES.length === 12);
  assert.deepEqual([dataset.name, dataset.size, dataset.shape], ["shapes train", 30, [32, 32, 3]]);
  assert.equal(shapes().size, 10_000);
});

Deno.test("every figure has the area of its geometry, wherever it lies and however it is turned", () => {
  const r = 40, form = 0.5, whole = 128 * 128, pi = Math.PI;
  const arm = 0.3 * r, stripe = 0.5, sin36 = Math.sin(pi / 5), ringHalf = 0.2 * r;
  const corner = 0.35 * r * form, side = 1.6 * r;
  const areas = [
    pi * r * r,
    pi * (r * r - (r - 2 * ringHalf) ** 2),
    side * side - (4 - pi) * corner * corner,
    3 * Math.sqrt(3) / 4 * r * r,
    5 * 0.46 * sin36 * r * r,
    8 * r * arm - 4 * arm * arm,
  ];
  const distances = new Float32Array(whole);
  const area = (label: number, radius: number, cos: number, sin: number) => {
    fillDistances(distances, 128, { label, x: 62, y: 65, cos, sin, radius, form });
    return distances.reduce((sum, d) => sum + Math.min(1, Math.max(0, 0.5 - d)), 0);
  };
  for (const [cos, sin] of [[1, 0], [0.6, 0.8], [-0.8, 0.6]]) {
    for (const [label, expected] of areas.entries()) {
      const found = area(label, r, cos, sin);
      assert.ok(
        Math.abs(found / expected - 1) < 0.02,
        `${SHAPE_CLASSES[label]}: ${found}, not ${expected}`,
      );
    }
    const fractions = [stripe, stripe, stripe, 0.5, pi * 0.6 * 0.6 / 4];
    for (const [i, expected] of fractions.entries()) {
      const found = area(6 + i, 8, cos, sin) / whole;
      assert.ok(
        Math.abs(found - expected) < 0.03,
        `${SHAPE_CLASSES[6 + i]}: ${found}, not ${expected}`,
      );
    }
  }
});

Deno.test("stripes run the way they are called", () => {
  const d = new Float32Array(32 * 32);
  const fill = (label: number) =>
    fillDistances(d, 32, { label, x: 3, y: 5, cos: 1, sin: 0, radius: 4, form: 0.2 });
  const same = (a: number, b: number) => Math.abs(d[a] - d[b]) < 1e-4;
  fill(SHAPE_CLASSES.indexOf("horizontal stripes"));
  assert.ok(same(0, 31) && same(5 * 32, 5 * 32 + 7) && !same(0, 2 * 32));
  fill(SHAPE_CLASSES.indexOf("vertical stripes"));
  assert.ok(same(0, 31 * 32) && same(5, 7 * 32 + 5) && !same(0, 2));
  fill(SHAPE_CLASSES.indexOf("diagonal stripes"));
  assert.ok(same(1, 32) && same(9 * 32 + 4, 4 * 32 + 9) && !same(0, 2) && !same(0, 2 * 32));
});

Deno.test("wrong options are refused", () => {
  for (
    const options of [{ size: -1 }, { size: 1.5 }, { seed: NaN }, { split: "valid" as "test" }]
  ) {
    assert.throws(() => shapes(options), DeconvError, JSON.stringify(options));
  }
  assert.throws(
    () => read(shapes({ size: 3 }), [3]),
    /picture 3 of shapes train: it has 3 pictures/,
  );
});
