/** The embedded sounds and texts, masks of shapes, pieces of pictures, and pictures halved and doubled. */

import assert from "node:assert/strict";
import {
  crops,
  type Dataset,
  DeconvError,
  doubledBicubic,
  fromTensors,
  halved,
  map,
  SENTENCE_ALPHABET,
  SENTENCE_CLASSES,
  sentences,
  shapes,
  tensor,
  TONE_CLASSES,
  tones,
} from "../mod.ts";
import { sine } from "../core/portable_math.ts";
import { targetSize } from "../core/data/dataset.ts";

function readAll(dataset: Dataset, indices: number[], pass = 0): [Float32Array, Float32Array] {
  const size = dataset.shape.reduce((a, b) => a * b, 1);
  const x = new Float32Array(indices.length * size);
  const targets = new Float32Array(indices.length * targetSize(dataset));
  assert.equal(dataset.read(indices, x, targets, pass), undefined);
  return [x, targets];
}

Deno.test("sine is the sine of so many turns", () => {
  for (let t = -2; t <= 2; t += 1 / 64) {
    assert.ok(Math.abs(sine(t) - Math.sin(2 * Math.PI * t)) < 1e-12, `${t}`);
  }
});

for (const [what, open] of [["tones", tones], ["sentences", sentences]] as const) {
  Deno.test(`${what}: functions of seed, split and number`, () => {
    const dataset = open({ size: 40, length: 48, seed: 3 });
    const [all, labels] = readAll(dataset, Array.from({ length: 40 }, (_, i) => i));
    const [some, label] = readAll(dataset, [17]);
    const width = all.length / 40;
    assert.deepEqual(some, all.slice(17 * width, 18 * width));
    const classes = dataset.classNames!.length;
    assert.equal(label[0], 17 % classes);
    assert.equal(new Set(labels).size, classes);
    for (const other of [{ seed: 4 }, { split: "test" as const }]) {
      assert.notDeepEqual(
        readAll(open({ size: 40, length: 48, seed: 3, ...other }), [17])[0],
        some,
      );
    }
    for (const wrong of [{ size: -1 }, { length: 0 }, { length: 1.5 }, { split: "x" as "test" }]) {
      assert.throws(() => open(wrong), DeconvError);
    }
  });
}

Deno.test("tones: samples within -1 and 1, kinds sound different", () => {
  const dataset = tones({ size: 8 });
  const [x] = readAll(dataset, TONE_CLASSES.map((_, i) => i));
  assert.ok(x.every((v) => v >= -1 && v <= 1));
  for (let i = 0; i < 8; i++) {
    const power = x.slice(i * 1024, (i + 1) * 1024).reduce((sum, v) => sum + v * v, 0) / 1024;
    assert.ok(power > 1e-3, `${TONE_CLASSES[i]}: ${power}`);
  }
});

Deno.test("sentences: letters of the alphabet, words of the test set in no training sentence", () => {
  const words = (split: "train" | "test") => {
    const dataset = sentences({ size: 500, length: 96, split }), found = new Set<string>();
    const [x] = readAll(dataset, Array.from({ length: 500 }, (_, i) => i));
    assert.ok(x.every((c) => Number.isInteger(c) && c >= 0 && c < SENTENCE_ALPHABET.length));
    const text = Array.from(x, (c) => SENTENCE_ALPHABET[c]).join("");
    for (const word of text.split(/[ .]+/)) found.add(word);
    return found;
  };
  const train = words("train"), test = words("test");
  assert.equal(SENTENCE_CLASSES.length, 5);
  for (const word of ["winter", "fenster", "enfants", "puente"]) {
    assert.notEqual(train.has(word), test.has(word), word);
  }
});

Deno.test("shapes with masks: the same pictures, the figure is 1", () => {
  const [x] = readAll(shapes({ size: 24, seed: 5 }), [0, 13]);
  const masked = shapes({ size: 24, seed: 5, masks: true });
  const [same, masks] = readAll(masked, [0, 13]);
  assert.deepEqual(same, x);
  assert.deepEqual(masked.targetShape, [32, 32, 1]);
  assert.deepEqual([...new Set(masks)].sort(), [0, 1]);
  for (let i = 0; i < 2; i++) {
    const share = masks.slice(i * 1024, (i + 1) * 1024).reduce((a, b) => a + b) / 1024;
    assert.ok(share > 0.02 && share < 0.98, `${share}`);
  }
});

/** Pictures 5x7 whose values are their own coordinates, and masks that are twice them. */
function coordinates(): Dataset {
  const data = Float32Array.from({ length: 2 * 5 * 7 }, (_, i) => i);
  const pictures = fromTensors(tensor(data, [2, 5, 7, 1]));
  return map(pictures, { targetShape: [5, 7, 1] }, (x) => ({ target: x.map((v) => 2 * v) }));
}

Deno.test("crops tile a picture, and the mask with it", () => {
  const pieces = crops(coordinates(), { size: [3, 4] });
  assert.equal(pieces.size, 2 * 2 * 2);
  const [x, y] = readAll(pieces, [0, 3, 7]);
  assert.deepEqual([...x.slice(0, 4)], [0, 1, 2, 3]);
  assert.deepEqual([...x.slice(12, 16)], [17, 18, 19, 20], "the last row and column overlap");
  assert.deepEqual([...x.slice(24, 28)], [52, 53, 54, 55]);
  assert.deepEqual(y, x.map((v) => 2 * v));
});

Deno.test("random crops lie elsewhere in every pass, and inside the picture", () => {
  const pieces = crops(coordinates(), { size: 3, random: true, seed: 1 });
  const passes = Array.from({ length: 8 }, (_, pass) => readAll(pieces, [0, 1, 2, 3, 4, 5], pass));
  assert.deepEqual(passes[2], readAll(pieces, [0, 1, 2, 3, 4, 5], 2));
  assert.ok(new Set(passes.map(([x]) => x.join())).size > 4);
  for (const [x, y] of passes) {
    assert.deepEqual(y, x.map((v) => 2 * v));
    for (let i = 0; i < x.length; i += 9) {
      assert.equal(x[i + 1], x[i] + 1);
      assert.equal(x[i + 3], x[i] + 7);
      assert.ok(x[i] % 7 <= 4);
    }
  }
});

Deno.test("crops larger than the pictures, or of no pictures, are refused", () => {
  for (const size of [6, 0, 2.5]) assert.throws(() => crops(coordinates(), { size }), DeconvError);
  assert.throws(() => crops(sentences({ size: 3 }), { size: 3 }), DeconvError);
});

Deno.test("halved: means of four; doubledBicubic keeps a ramp's slope and a constant", () => {
  const x = Float32Array.from({ length: 4 * 6 * 2 }, (_, i) => i);
  assert.deepEqual([...halved(x, [4, 6, 2]).slice(0, 4)], [7, 8, 11, 12]);
  assert.throws(() => halved(x, [3, 8, 2]), DeconvError);
  const ramp = Float32Array.from({ length: 8 * 8 }, (_, i) => i % 8);
  const large = doubledBicubic(ramp, [8, 8, 1]);
  for (let i = 4; i < 12; i++) assert.ok(Math.abs(large[5 * 16 + i] - (i / 2 - 0.25)) < 1e-5);
  const constant = doubledBicubic(new Float32Array(12).fill(0.7), [2, 3, 2]);
  assert.ok(constant.every((v) => Math.abs(v - 0.7) < 1e-6));
  assert.equal(constant.length, 48);
});
