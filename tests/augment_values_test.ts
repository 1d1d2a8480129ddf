/** Transformations of values: each against plain float64, or by its statistics. */
import assert from "node:assert/strict";
import { augment } from "../core/data/augment/augment.ts";
import { augmentation, type TransformationConfig } from "../core/data/augment/augmentation.ts";
import { randomErasing } from "../core/data/augment/erase.ts";
import { normalize } from "../core/data/augment/normalize.ts";
import { fromTensors } from "../core/data/dataset.ts";
import { channelStatistics } from "../core/data/statistics.ts";
import { type Shape, tensor, zeros } from "../core/tensor.ts";
import { beforeAndAfter, noisePictures, readAll } from "./harness/augmented.ts";
import { refused } from "./harness/refusals.ts";
import { hsvToRgb, rgbToHsv } from "./reference/picture.ts";

const luma = ([r, g, b]: readonly number[]) => 0.299 * r + 0.587 * g + 0.114 * b;
const clip = (value: number) => Math.min(1, Math.max(0, value));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

/** The pixels of a picture. */
function pixels(x: Float32Array, channels: number): number[][] {
  return Array.from({ length: x.length / channels }, (_, i) => [
    ...x.subarray(i * channels, (i + 1) * channels),
  ]);
}

type Reference = (all: number[][]) => number[][];

const away = (from: (pixel: number[]) => number, factor: number): Reference => (all) =>
  all.map((pixel) => pixel.map((value) => clip(from(pixel) + factor * (value - from(pixel)))));

const contrast = (factor: number, middle: (pixel: number[]) => number): Reference => (all) =>
  away(() => mean(all.map(middle)), factor)(all);

const hue = (turn: number): Reference => (all) =>
  all.map((pixel) => {
    const [place, saturation, value] = rgbToHsv(pixel);
    return hsvToRgb([(place + turn + 1) % 1, saturation, value]);
  });

const CASES: [TransformationConfig, Shape, Reference][] = [
  [{ kind: "brightness", factor: [1.6, 1.6] }, [3, 4, 3], away(() => 0, 1.6)],
  [{ kind: "brightness", factor: [0.3, 0.3] }, [3, 4, 2], away(() => 0, 0.3)],
  [{ kind: "brightness", factor: [0, 0] }, [1, 1, 1], away(() => 0, 0)],
  [{ kind: "contrast", factor: [1.8, 1.8] }, [5, 4, 3], contrast(1.8, luma)],
  [{ kind: "contrast", factor: [0.5, 0.5] }, [5, 4, 4], contrast(0.5, mean)],
  [{ kind: "contrast", factor: [0, 0] }, [2, 2, 1], contrast(0, mean)],
  [{ kind: "saturation", factor: [2.5, 2.5] }, [3, 4, 3], away(luma, 2.5)],
  [{ kind: "saturation", factor: [0.2, 0.2] }, [1, 1, 3], away(luma, 0.2)],
  ["grayscale", [4, 4, 3], away(luma, 0)],
  [{ kind: "hue", factor: [0.1, 0.1] }, [6, 6, 3], hue(0.1)],
  [{ kind: "hue", factor: [-0.37, -0.37] }, [6, 6, 3], hue(-0.37)],
  [{ kind: "hue", factor: [0.5, 0.5] }, [6, 6, 3], hue(0.5)],
  [
    { kind: "normalize", mean: [0.1, 0.5, 0.7], std: [0.2, 1, 3] },
    [3, 4, 3],
    (all) => all.map(([r, g, b]) => [(r - 0.1) / 0.2, g - 0.5, (b - 0.7) / 3]),
  ],
  [
    { kind: "normalize", mean: 0.5, std: 0.25 },
    [2, 2, 5],
    (all) => all.map((pixel) => pixel.map((value) => (value - 0.5) / 0.25)),
  ],
];

for (const [config, shape, reference] of CASES) {
  Deno.test(`${JSON.stringify(config)} on pictures [${shape}]`, async () => {
    for (const [before, after] of await beforeAndAfter(noisePictures(4, shape), [config])) {
      const expected = reference(pixels(before, shape[2])).flat();
      after.forEach((value, i) =>
        assert.ok(Math.abs(value - expected[i]) < 2e-6, `${value} for ${expected[i]} at ${i}`)
      );
    }
  });
}

Deno.test("hue knows gray, black, white and pure colours", async () => {
  const colours = [0, 0, 0, 1, 1, 1, 0.5, 0.5, 0.5, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1];
  const dataset = fromTensors(tensor(colours, [1, 1, 8, 3]));
  const third = { kind: "hue", factor: [1 / 3, 1 / 3] } as const;
  const [[, after]] = await beforeAndAfter(dataset, [third]);
  const expected = [0, 0, 0, 1, 1, 1, 0.5, 0.5, 0.5, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0];
  after.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-6, `${i}`));
});

Deno.test("at zero strength pictures stay as they are", async () => {
  for (
    const config of [
      { kind: "brightness", factor: 0 },
      { kind: "contrast", factor: 0 },
      { kind: "saturation", factor: 0 },
      { kind: "hue", factor: 0 },
      { kind: "noise", std: 0 },
      { kind: "erase", area: [0, 0], probability: 1 },
      { kind: "normalize", mean: 0, std: 1 },
      { kind: "grayscale", probability: 0 },
    ] as const
  ) {
    for (const [before, after] of await beforeAndAfter(noisePictures(5, [4, 4, 3]), [config])) {
      assert.deepEqual(after, before, config.kind);
    }
  }
});

Deno.test("factors are drawn anew for each picture, from their whole range; values stay 0..1", async () => {
  const gray = fromTensors(tensor(new Float32Array(400).fill(0.5), [400, 1, 1, 1]));
  const pairs = await beforeAndAfter(gray, [{ kind: "brightness", factor: [0.5, 1.5] }]);
  const factors = pairs.map(([, [after]]) => 2 * after).sort((a, b) => a - b);
  assert.ok(factors[0] >= 0.5 && factors[0] < 0.55, `${factors[0]}`);
  assert.ok(factors[399] <= 1.5 && factors[399] > 1.45, `${factors[399]}`);
  assert.ok(Math.abs(mean(factors) - 1) < 0.06);
  for (const kind of ["brightness", "contrast", "saturation", "hue"] as const) {
    const factor = kind === "hue" ? 0.5 : 1;
    for (
      const [, after] of await beforeAndAfter(noisePictures(50, [4, 4, 3]), [{ kind, factor }])
    ) {
      assert.ok(after.every((value) => value >= 0 && value <= 1), kind);
    }
  }
});

Deno.test("noise has its deviation, and is other noise for each picture and pass", async () => {
  const gray = fromTensors(tensor(new Float32Array(20 * 256).fill(0.5), [20, 16, 16, 1]));
  const noisy = augment(gray, [{ kind: "noise", std: 0.1 }]);
  const { x } = await readAll(noisy);
  const off = x.flatMap((picture) => [...picture].map((value) => value - 0.5));
  assert.ok(Math.abs(mean(off)) < 0.005);
  assert.ok(Math.abs(Math.sqrt(mean(off.map((value) => value ** 2))) - 0.1) < 0.004);
  assert.notDeepEqual(x[0], x[1]);
  assert.notDeepEqual((await readAll(noisy, 1)).x[0], x[0]);
  const strong = (await readAll(augment(gray, [{ kind: "noise", std: 5 }]))).x[0];
  assert.ok(strong.every((value) => value >= 0 && value <= 1) && strong.includes(0));
});

Deno.test("erasing covers one rectangle of the area and proportions wanted", async () => {
  const shape = [20, 24, 3], empty = fromTensors(zeros([200, ...shape]));
  const erase = randomErasing({
    area: [0.05, 0.3],
    aspectRatio: [0.5, 2],
    value: 0.25,
    probability: 1,
  });
  const covered = new Set<number>();
  for (const [, after] of await beforeAndAfter(empty, [erase])) {
    const hit = pixels(after, 3).flatMap((pixel, i) => pixel[0] ? [i] : []);
    assert.ok(after.every((value) => value === 0 || value === 0.25));
    assert.equal(after.filter((value) => value > 0).length, 3 * hit.length);
    const rows = hit.map((i) => Math.floor(i / 24)), columns = hit.map((i) => i % 24);
    const height = Math.max(...rows) - Math.min(...rows) + 1;
    const width = Math.max(...columns) - Math.min(...columns) + 1;
    assert.equal(hit.length, height * width);
    // Sides are rounded to whole pixels.
    assert.ok((height + 1) * (width + 1) > 0.05 * 480 && (height - 1) * (width - 1) < 0.3 * 480);
    assert.ok((height + 1) / (width - 1) > 0.5 && (height - 1) / (width + 1) < 2);
    hit.forEach((i) => covered.add(i));
  }
  assert.equal(covered.size, 480);
});

Deno.test("erasing with noise draws each value; by default every second picture is hit", async () => {
  const twos = fromTensors(tensor(new Float32Array(300 * 300).fill(2), [300, 10, 10, 3]));
  const pairs = await beforeAndAfter(twos, ["erase"]);
  const drawn = pairs.map(([, after]) => [...after].filter((value) => value !== 2));
  const hit = drawn.filter(({ length }) => length > 0);
  assert.ok(Math.abs(hit.length - 150) < 40, `${hit.length}`);
  for (const values of hit) {
    assert.ok(values.every((value) => value >= 0 && value < 1));
    assert.ok(new Set(values).size > 0.99 * values.length);
  }
  assert.ok(Math.abs(mean(hit.flat()) - 0.5) < 0.02);
});

Deno.test("channelStatistics measures what normalize takes away", async () => {
  const dataset = fromTensors(tensor([0, 1, 0.5, 1, 1, 1, 0, 0], [2, 1, 2, 2]));
  const measured = await channelStatistics(dataset);
  assert.deepEqual(measured.mean, [0.375, 0.75]);
  assert.ok(
    Math.abs(measured.std[0] - Math.sqrt((0.375 ** 2 * 2 + 0.125 ** 2 + 0.625 ** 2) / 4)) < 1e-12,
  );
  assert.ok(Math.abs(measured.std[1] - Math.sqrt(3) / 4) < 1e-12);
  const many = noisePictures(300, [3, 3, 3]);
  const after = await channelStatistics(augment(many, [normalize(await channelStatistics(many))]));
  for (let c = 0; c < 3; c++) {
    assert.ok(Math.abs(after.mean[c]) < 1e-6 && Math.abs(after.std[c] - 1) < 1e-6);
  }
  await assert.rejects(channelStatistics(fromTensors(zeros([0, 2, 2, 1]))), /0 pictures/);
});

Deno.test("wrong options and pictures are refused", () => {
  refused(
    () => augmentation({ kind: "brightness", factor: 1.5 }),
    /brightness with factor 1.5.*not below 0/,
  );
  refused(() => augmentation({ kind: "contrast", factor: [2, 1] }), /contrast with factor \[2,1\]/);
  refused(() => augmentation({ kind: "hue", factor: 0.6 }), /hue with factor 0.6.*not above 0.5/);
  refused(() => augmentation({ kind: "noise", std: -1 }), /noise with std -1/);
  refused(() => augmentation({ kind: "erase", area: [0.5, 1.5] }), /erase with area/);
  refused(() => augmentation({ kind: "erase", area: 0.5 as never }), /pair.*area/);
  refused(() => augmentation({ kind: "erase", aspectRatio: [0, 1] }), /aspectRatio/);
  refused(
    () => augmentation({ kind: "erase", value: "black" as "noise" }),
    /erase with value black/,
  );
  refused(() => augmentation({ kind: "normalize", mean: 0, std: 0 }), /normalize with std 0/);
  refused(() => augmentation({ kind: "normalize", mean: 0 } as never), /mean and a std/);
  refused(() => augmentation({ kind: "grayscale", factor: 1 } as never), /no option "factor"/);
  const two = noisePictures(1, [2, 2, 2]);
  for (const kind of ["saturation", "hue", "grayscale"] as const) {
    refused(() => augment(two, [kind]), new RegExp(`${kind}.*\\[2,2,2\\].*red, green and blue`));
  }
  refused(() => augment(two, [normalize({ mean: [0, 0, 0], std: 1 })]), /3 numbers.*\[2,2,2\]/);
});
