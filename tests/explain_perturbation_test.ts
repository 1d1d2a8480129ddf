/** Explanation by changing the input: values against the definitions, threads, stopping, refusals. */

import assert from "node:assert/strict";
import {
  conv1d,
  dense,
  featureAblation,
  flatten,
  getThreads,
  globalAveragePool1d,
  globalAveragePool2d,
  input,
  type InputBaseline,
  kernelShap,
  maxSensitivity,
  model,
  multiply,
  occlusion,
  preset,
  random,
  rise,
  sequential,
  setThreads,
  type Tensor,
  unfuse,
  zeros,
} from "../mod.ts";
import attributions from "./golden/attributions.json" with { type: "json" };
import { assertClose } from "./harness/compare.ts";
import { explainedNet, explainedPictures, pass, PICTURE } from "./harness/explained_net.ts";
import { readGolden } from "./harness/oracle.ts";
import { attributionsCase } from "./harness/oracle_attributions.ts";
import { randomNormal } from "./harness/random_array.ts";
import { assertRejected } from "./harness/refusals.ts";
import { assertSameBits, TWO_THREADS } from "./harness/threads.ts";
import * as reference from "./reference/perturbation.ts";

const [HEIGHT, WIDTH, CHANNELS] = PICTURE, CELLS = HEIGHT * WIDTH, SIZE = CELLS * CHANNELS;
const net = explainedNet(), x = explainedPictures(2);
const CLASSES = [2, 0];
const target = { kind: "class", index: CLASSES } as const;

const pictureOf = ({ data }: Tensor, i: number) => [...data.subarray(i * SIZE, (i + 1) * SIZE)];
const scoreOf = (i: number): reference.Score => (picture) => pass(net, picture).logits[CLASSES[i]];

/** Fails unless a batch of maps is what a reference makes of each picture. */
function assertMaps(
  maps: Tensor,
  of: (f: reference.Score, picture: number[], i: number) => number[],
  shape: readonly number[] = [HEIGHT, WIDTH],
): void {
  const expected = [0, 1].flatMap((i) => of(scoreOf(i), pictureOf(x, i), i));
  assertClose(maps, { shape: [2, ...shape], data: expected }, { tolerance: 2e-5 });
}

/** The baselines by their definitions. */
function baselineOf(baseline: InputBaseline, i: number): number[] {
  const picture = pictureOf(x, i);
  if (typeof baseline === "number") return picture.map(() => baseline);
  if (typeof baseline === "object") return pictureOf(baseline, baseline.shape[0] === 2 ? i : 0);
  return picture.map((_, k) => {
    const c = k % CHANNELS, at = Math.floor(k / CHANNELS);
    let sum = 0, weights = 0;
    for (let cell = 0; cell < CELLS; cell++) {
      const down = Math.floor(cell / WIDTH) - Math.floor(at / WIDTH);
      const across = cell % WIDTH - at % WIDTH;
      const far = Math.abs(down) > 5 || Math.abs(across) > 5;
      const weight = baseline === "mean"
        ? 1
        : far
        ? 0
        : Math.exp(-(down * down + across * across) / 50);
      sum += weight * picture[cell * CHANNELS + c];
      weights += weight;
    }
    return sum / weights;
  });
}

Deno.test("occlusion: windows, strides that leave a rest, every baseline", async () => {
  const own = explainedPictures(2, 9);
  const settings = [
    [[3, 3], [1, 1], 0],
    [[2, 3], [2, 2], 0.5],
    [[4, 2], [3, 1], "mean"],
    [[1, 1], [1, 1], "blur"],
    [[3, 2], [2, 3], own],
    [[9, 9], [1, 1], { shape: PICTURE, data: own.data.subarray(0, SIZE) }],
    [[1, 2], [2, 3], 0],
  ] as const;
  for (const [window, stride, baseline] of settings) {
    const maps = await occlusion(net, x, { target, window, stride, baseline });
    const how = { size: [HEIGHT, WIDTH] as const, channels: CHANNELS, window, stride };
    assertMaps(maps, (f, picture, i) =>
      reference.occlusion(
        f,
        picture,
        typeof baseline === "object" && baseline.shape.length === 3
          ? pictureOf({ shape: [1], data: baseline.data }, 0)
          : baselineOf(baseline, i),
        how,
      ));
  }
});

Deno.test("occlusion: PyTorch's numbers", async () => {
  const [c] = readGolden(attributions), results = await attributionsCase(c);
  for (const name of ["logits", "occlusion"]) {
    assertClose(results[name], c.tensors[name], { name, tolerance: 1e-5 });
  }
});

/** The rectangles of a grid, cell by cell. */
const gridFeatures = (rows: number, columns: number) =>
  Array.from(
    { length: CELLS },
    (_, cell) =>
      Math.floor(Math.floor(cell / WIDTH) * rows / HEIGHT) * columns +
      Math.floor(cell % WIDTH * columns / WIDTH),
  );

Deno.test("feature ablation: grids, segments of places and of numbers", async () => {
  const all = [
    gridFeatures(3, 2),
    gridFeatures(HEIGHT, WIDTH),
    [0, 1, 2].flatMap((f) => Array(10).fill(f)),
  ];
  const options = [{ grid: [3, 2] }, {}, { segments: all[2] }] as const;
  for (const [i, features] of all.entries()) {
    const maps = await featureAblation(net, x, { target, baseline: 0.25, ...options[i] });
    assertMaps(maps, (f, picture) => {
      const drops = reference.ablation(f, picture, picture.map(() => 0.25), features);
      return features.map((feature) => drops[feature]);
    });
  }
  const segments = Array.from({ length: SIZE }, (_, k) => k % 7);
  const maps = await featureAblation(net, x, { target, segments });
  assertMaps(maps, (f, picture) => {
    const drops = reference.ablation(f, picture, picture.map(() => 0), segments);
    return segments.map((feature) => drops[feature]);
  }, PICTURE);
});

Deno.test("RISE: masks and their mean by the definition", async () => {
  const settings = [[4, 3], [7, 7], [1, 2]] as const;
  for (const grid of settings) {
    const [rows, columns] = [Math.min(grid[0], HEIGHT), Math.min(grid[1], WIDTH)];
    const cells = random(5, "rise"), places = random(5, "rise/place");
    const masks = Array.from({ length: 21 }, (_, n) => {
      const seen = Array.from(
        { length: rows * columns },
        (_, k) => cells.uniform(n, k) < 0.3 ? 1 : 0,
      );
      const top = places.integer(Math.ceil(HEIGHT / rows), n, 0);
      const left = places.integer(Math.ceil(WIDTH / columns), n, 1);
      return reference.riseMask(seen, [rows, columns], [HEIGHT, WIDTH], [top, left]);
    });
    const options = { masks: 21, grid, probability: 0.3, seed: 5, baseline: "mean" } as const;
    const maps = await rise(net, x, { target, ...options });
    assertMaps(
      maps,
      (f, picture, i) => reference.rise(f, picture, baselineOf("mean", i), masks, 0.3),
    );
  }
});

Deno.test("KernelSHAP: all coalitions give the Shapley values; few still sum exactly", async () => {
  const grids: [number, number][] = [[3, 2], [1, 1], [1, 2], [1, 3]];
  for (const grid of grids) {
    const found = await kernelShap(net, x, { target, grid, baseline: "mean" });
    const features = gridFeatures(...grid), count = grid[0] * grid[1];
    assertMaps(
      found.values,
      (f, picture, i) => reference.shapley(f, picture, baselineOf("mean", i), features),
      [count],
    );
    found.map.data.forEach((v, k) => {
      const i = Math.floor(k / CELLS), feature = features[k % CELLS];
      const cells = features.filter((other) => other === feature).length;
      assertClose([v * cells], [found.values.data[i * count + feature]], { tolerance: 1e-6 });
    });
  }
  const segments = Array.from({ length: SIZE }, (_, k) => k % 20);
  for (const samples of [120, 300]) {
    const { map, values } = await kernelShap(net, x, { target, segments, samples });
    for (const i of [0, 1]) {
      const f = scoreOf(i), picture = pictureOf(x, i);
      const whole = f(picture) - f(picture.map(() => 0));
      const sum = (v: Float32Array) => v.reduce((a, b) => a + b, 0);
      assertClose([sum(values.data.subarray(i * 20, (i + 1) * 20))], [whole], { tolerance: 1e-5 });
      assertClose([sum(map.data.subarray(i * SIZE, (i + 1) * SIZE))], [whole], { tolerance: 1e-5 });
    }
  }
});

Deno.test("KernelSHAP: drawn coalitions come close to the Shapley values", async () => {
  const grid = [3, 3] as const, features = gridFeatures(3, 3), zero = new Array(SIZE).fill(0);
  // 511 coalitions in all; of half of them the middle sizes are drawn.
  const { values } = await kernelShap(net, x, { target, grid, samples: 250, seed: 1 });
  assertNearShapley(values, features, zero);
});

/** Fails unless values are within a tenth of the largest Shapley value. */
function assertNearShapley(values: Tensor, features: number[], zero: number[]): void {
  // By subsets: 9! orders would take minutes.
  for (const i of [0, 1]) {
    const f = scoreOf(i), picture = pictureOf(x, i), worth = new Float64Array(512);
    worth.forEach((_, there) => {
      worth[there] = f(
        picture.map((v, k) => there >> features[Math.floor(k / CHANNELS)] & 1 ? v : zero[k]),
      );
    });
    const factorial = (n: number): number => n < 2 ? 1 : n * factorial(n - 1);
    const expected = Array.from({ length: 9 }, (_, j) => {
      let sum = 0;
      worth.forEach((without, there) => {
        if (there >> j & 1) return;
        const size = there.toString(2).replaceAll("0", "").length;
        const weight = factorial(size) * factorial(8 - size) / factorial(9);
        sum += weight * (worth[there | 1 << j] - without);
      });
      return sum;
    });
    assertClose(values.data.subarray(9 * i, 9 * i + 9), expected, { tolerance: 0.1 });
  }
}

Deno.test("a linear function's Shapley values are its parts, whatever is drawn", async () => {
  const linear = sequential([flatten(), dense({ units: 1 })], { inputShape: [4, 4, 1], seed: 2 });
  const at = randomNormal([1, 4, 4, 1], 3), { data: w } = linear.getWeights("dense_1/kernel");
  const parts = at.data.map((v, k) => v * w[k]);
  const { values } = await kernelShap(linear, at, { grid: 4, samples: 100 });
  assertClose(values.data, parts, { tolerance: 1e-5 });
  const one = { window: 1, target: { kind: "class", index: 0 } } as const;
  assertClose((await occlusion(linear, at, one)).data, parts, { tolerance: 1e-5 });
});

Deno.test("layers, signals, latents and pixels are explained too", async () => {
  const features = await occlusion(net, x, { target, of: "one", window: 1 });
  assert.deepEqual(features.shape, [2, HEIGHT, WIDTH]);
  const apart = unfuse(net), made = apart.activations(x).find(({ layer }) => layer.name === "one")!;
  const without = { shape: made.output.shape, data: made.output.data.slice() };
  without.data.fill(0, 7 * 4, 8 * 4);
  const score = (values: Tensor) => {
    const behind = sequential(apart.layers.slice(2, -1), { inputShape: values.shape.slice(1) });
    return behind.predict(values).data[CLASSES[0]];
  };
  const first = { shape: [1, HEIGHT, WIDTH, 4], data: made.output.data.subarray(0, CELLS * 4) };
  const changed = { shape: first.shape, data: without.data.subarray(0, CELLS * 4) };
  assertClose([features.data[7]], [score(first) - score(changed)], { tolerance: 1e-5 });

  const sound = sequential([conv1d({ filters: 3, kernelSize: 3 }), globalAveragePool1d()], {
    inputShape: [9, 2],
  });
  const wave = randomNormal([1, 9, 2], 1);
  assert.deepEqual((await occlusion(sound, wave, { window: [3, 1] })).shape, [1, 9]);
  assert.deepEqual((await rise(sound, wave, { masks: 8, grid: [4, 1] })).shape, [1, 9]);

  const coder = preset("deconv-autoencoder").build({ seed: 0 }),
    picture = randomNormal([1, 32, 32, 3], 4);
  const pixel = { kind: "pixels", region: { top: 9, left: 9 } } as const;
  const code = await featureAblation(coder, picture, { target: pixel, of: "code", grid: 4 });
  assert.deepEqual(code.shape, [1, 8, 8]);
  // What lies far away cannot reach the pixel.
  assert.ok(code.data.some((v) => v !== 0));
  assert.equal(code.data[63], 0);
});

Deno.test("of several inputs one is changed and the others stay with their pictures", async () => {
  const a = input({ shape: [2, 2, 1], name: "a" }), b = input({ shape: [2, 2, 1], name: "b" });
  const both = model({
    inputs: [a, b],
    outputs: globalAveragePool2d().apply(multiply().apply([a, b])),
  });
  const xs = [randomNormal([3, 2, 2, 1], 1), randomNormal([3, 2, 2, 1], 2)];
  // The target is Σ a·b / 4, so that each place's part is its product.
  const parts = xs[0].data.map((v, k) => v * xs[1].data[k] / 4);
  for (const  of of["a", "b"]) {
    const map = await occlusion(both, xs, { of, window: 1, batchSize: 5 });
    assertClose(map, { shape: [3, 2, 2], data: parts }, { tolerance: 1e-5 });
    const [changes] = await maxSensitivity(both, xs, (m, x, options) => occlusion(m, x, options), {
      of,
      samples: 3,
    });
    assert.ok(changes > 0);
  }
});

Deno.test("the same bits at any thread count and batch of work; progress is told", async () => {
  const run = async () => [
    await occlusion(net, x, { target }),
    await rise(net, x, { target, masks: 40 }),
    (await kernelShap(net, x, { target, samples: 200 })).values,
  ];
  const first = await run();
  if (TWO_THREADS) {
    const before = getThreads();
    setThreads(1);
    const alone = await run().finally(() => setThreads(before));
    first.forEach((map, i) => assertSameBits(alone[i].data, map.data, `method ${i}`));
  }
  const told: number[][] = [];
  await occlusion(net, x, {
    window: 3,
    batchSize: 5,
    onProgress: (...both) => void told.push(both),
  });
  assert.deepEqual(told[0], [5, 24]);
  assert.deepEqual(told.at(-1), [24, 24]);
});

Deno.test("a signal stops the work", async () => {
  const controller = new AbortController();
  let done = 0;
  const work = rise(net, x, {
    masks: 1000,
    signal: controller.signal,
    onProgress: (n) => {
      done = n;
      controller.abort(new Error("enough"));
    },
  });
  await assert.rejects(work, /enough/);
  assert.equal(done, 32);
});

Deno.test("wrong options are refused in one line", async () => {
  const bad: [() => Promise<unknown>, RegExp][] = [
    [() => occlusion(net, x, { window: 0 }), /window/],
    [() => occlusion(net, x, { stride: 1.5 }), /stride/],
    [() => occlusion(net, x, { baseline: "black" as "mean" }), /baseline.*"black"/],
    [() => occlusion(net, x, { baseline: NaN }), /baseline/],
    [() => occlusion(net, x, { baseline: zeros([3, 3]) }), /baseline has shape \[3,3\]/],
    [() => occlusion(net, x, { batchSize: 0 }), /batchSize/],
    [() => occlusion(net, x, { of: "three" }), /"three"/],
    [() => featureAblation(net, x, { grid: 0 }), /grid/],
    [() => featureAblation(net, x, { segments: [0, 1] }), /2 segments.*give 30.*60/],
    [() => featureAblation(net, x, { segments: Array(30).fill(1) }), /segments/],
    [() => featureAblation(net, x, { segments: Array(30).fill(0.5) }), /segments/],
    [() => kernelShap(net, x, { samples: 0 }), /samples/],
    [() => kernelShap(net, x, { samples: 10 }), /30 features apart with 10 samples/],
    [() => rise(net, x, { masks: 0 }), /masks/],
    [() => rise(net, x, { probability: 0 }), /probability/],
    [() => rise(net, x, { probability: 2 }), /probability/],
  ];
  for (const [run, message] of bad) await assertRejected(run, message);
});
