/** The measures of a map against their definitions, and what they say of maps that are known to be good or bad. */

import assert from "node:assert/strict";
import {
  type Attribute,
  completeness,
  conv1d,
  type CurveOptions,
  deletion,
  dense,
  evidence,
  flatten,
  getThreads,
  globalAveragePool1d,
  hiResCam,
  infidelity,
  insertion,
  kernelShap,
  maxSensitivity,
  occlusion,
  preset,
  random,
  randomizationTest,
  randomLogitTest,
  saliency,
  sequential,
  setThreads,
  sparseness,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import { crc32 } from "../core/formats/crc32.ts";
import { rankCorrelation, structuralSimilarity } from "../core/explain/evidence/similarity.ts";
import { assertClose } from "./harness/compare.ts";
import { explainedNet, explainedPictures, pass, PICTURE } from "./harness/explained_net.ts";
import { randomNormal, randomUniform } from "./harness/random_array.ts";
import { assertRejected } from "./harness/refusals.ts";
import { TWO_THREADS } from "./harness/threads.ts";
import * as reference from "./reference/evidence.ts";

const [HEIGHT, WIDTH, CHANNELS] = PICTURE, CELLS = HEIGHT * WIDTH, SIZE = CELLS * CHANNELS;
const net = explainedNet(), x = explainedPictures(2), CLASSES = [2, 0];
const target = { kind: "class", index: CLASSES } as const;

const row = ({ shape, data }: Tensor, i: number) => {
  const size = data.length / shape[0];
  return [...data.subarray(i * size, (i + 1) * size)];
};
const logit = (i: number) => (picture: readonly number[]) => pass(net, picture).logits[CLASSES[i]];
const chance = (i: number) => (picture: readonly number[]) => {
  const powers = pass(net, picture).logits.map(Math.exp);
  return powers[CLASSES[i]] / powers.reduce((a, b) => a + b);
};

Deno.test("deletion and insertion: scores and areas, for maps of every form", async () => {
  const full = randomNormal(x.shape, 5), places = randomNormal([2, HEIGHT, WIDTH], 6);
  const ties = tensor(places.data.map((v) => Math.sign(v)), places.shape);
  const sums = (map: Tensor, of: (v: number) => number) => (i: number) =>
    Array.from(
      { length: CELLS },
      (_, cell) => of(row(map, i)[2 * cell]) + of(row(map, i)[2 * cell + 1]),
    );
  const half = (i: number) => row(x, i).map(() => 0.5);
  const settings: [Tensor, CurveOptions, (i: number) => number[], number][] = [
    [full, { steps: 7 }, sums(full, (v) => v), 7],
    [full, { channels: "absolute", measure: "target" }, sums(full, Math.abs), 30],
    [places, { steps: 4 }, (i) => row(places, i), 4],
    [ties, { steps: 11 }, (i) => row(ties, i), 11],
  ];
  for (const [map, options, placesOf, steps] of settings) {
    const counts = Array.from({ length: steps + 1 }, (_, k) => Math.round(k * CELLS / steps));
    const all = { target, baseline: 0.5, ...options };
    for (const [method, inserting] of [[deletion, false], [insertion, true]] as const) {
      const curves = await method(net, x, map, all);
      curves.forEach((curve, i) => {
        const f = options.measure === "target" ? logit(i) : chance(i);
        const pair = inserting ? [row(x, i), half(i)] as const : [half(i), row(x, i)] as const;
        const scores = counts.map((count) => reference.scoreWith(f, placesOf(i), count, pair));
        const fractions = counts.map((count) => count / CELLS);
        assertClose(curve.scores, scores, { tolerance: 2e-5 });
        assertClose(curve.fractions, fractions);
        assertClose([curve.area], [reference.area(fractions, scores)], { tolerance: 2e-5 });
      });
    }
  }
  // A coarser map is made as fine as the picture; insertion begins with a blurred one.
  const [{ scores }] = await insertion(net, x, zeros([2, 3, 2]), { target });
  assert.notEqual(
    scores[0],
    (await insertion(net, x, zeros([2, 3, 2]), { target, baseline: 0 }))[0].scores[0],
  );
  assertClose([scores.at(-1)!], [chance(0)(row(x, 0))], { tolerance: 1e-5 });
});

Deno.test("deletion of the perfect map of a linear function: no order falls faster", async () => {
  const linear = sequential([flatten(), dense({ units: 1 })], { inputShape: [2, 3, 1], seed: 4 });
  const at = randomNormal([1, 2, 3, 1], 3), { data: w } = linear.getWeights("dense_1/kernel");
  const parts = tensor(at.data.map((v, k) => v * w[k]), at.shape);
  const options = { target: { kind: "class", index: 0 }, measure: "target" } as const;
  const areaOf = async (map: Tensor) => (await deletion(linear, at, map, options))[0].area;
  const best = await areaOf(parts);
  const orders: number[][] = [[]];
  for (let k = 0; k < 6; k++) {
    orders.push(
      ...orders.splice(0).flatMap((order) =>
        Array.from({ length: k + 1 }, (_, i) => [...order.slice(0, i), k, ...order.slice(i)])
      ),
    );
  }
  assert.equal(orders.length, 720);
  let worse = 0;
  for (const order of orders) {
    const area = await areaOf(tensor(order, at.shape));
    assert.ok(area >= best - 1e-6, `${order}`);
    if (area > best + 1e-4) worse++;
  }
  assert.equal(worse, 719);
  const [{ area }] = await insertion(linear, at, parts, { ...options, baseline: 0 });
  const [other] = await insertion(linear, at, tensor(parts.data.map((v) => -v), at.shape), {
    ...options,
    baseline: 0,
  });
  assert.ok(area > other.area);
});

Deno.test("infidelity: noise and squares, for maps of every form", async () => {
  const full = randomNormal(x.shape, 5), places = randomNormal([2, HEIGHT, WIDTH], 6);
  const rng = random(9, "infidelity");
  for (const map of [full, places]) {
    const each = map === full ? 1 : CHANNELS;
    const found = await infidelity(net, x, map, { target, seed: 9, deviation: 0.3, samples: 6 });
    const squares = await infidelity(net, x, map, {
      target,
      seed: 9,
      perturbation: "square",
      side: 3,
      baseline: 0.25,
      samples: 5,
    });
    for (const i of [0, 1]) {
      const f = logit(i), picture = row(x, i), own = row(map, i);
      const changes = Array.from({ length: 6 }, (_, n) => {
        const noise = new Float32Array(own.length);
        rng.fillNormal(noise, 0, 0.3, 2 * n + i);
        const told = own.reduce((sum, v, k) => sum + v * noise[k], 0);
        const after = picture.map((v, k) => v - noise[Math.floor(k / each)]);
        return [told, f(picture) - f(after)] as const;
      });
      const hidden = Array.from({ length: 5 }, (_, n) => {
        const top = rng.integer(HEIGHT - 2, 2 * n + i, 0),
          left = rng.integer(WIDTH - 2, 2 * n + i, 1);
        const within = (cell: number) => {
          const down = Math.floor(cell / WIDTH) - top, across = cell % WIDTH - left;
          return down >= 0 && down < 3 && across >= 0 && across < 3;
        };
        const numbers = own.length / CELLS;
        const told = own.reduce((sum, v, k) => within(Math.floor(k / numbers)) ? sum + v : sum, 0);
        const after = picture.map((v, k) => within(Math.floor(k / CHANNELS)) ? 0.25 : v);
        return [told, f(picture) - f(after)] as const;
      });
      for (const [result, pairs] of [[found[i], changes], [squares[i], hidden]] as const) {
        const expected = reference.infidelity(pairs);
        for (const key of ["infidelity", "scaled", "scale"] as const) {
          assertClose([result[key]], [expected[key]], { name: key, tolerance: 1e-3 });
        }
      }
    }
  }
  // The gradient of a function that is linear around x foretells small noise.
  const gradient = saliency(net, x, { target });
  const [good] = await infidelity(net, x, gradient, { target, deviation: 0.01 });
  const [bad] = await infidelity(net, x, full, { target, deviation: 0.01 });
  assert.ok(good.infidelity < 0.05 * bad.infidelity);
  assertClose([good.scale], [1], { tolerance: 0.1 });
});

Deno.test("max-sensitivity: the largest distance over the same perturbations", async () => {
  const method = (m: typeof net, at: Tensor) => saliency(m, at, { target });
  const found = await maxSensitivity(net, x, (m, at, options) => saliency(m, at, options), {
    target,
    seed: 4,
    samples: 5,
    radius: 0.3,
  });
  const rng = random(4, "max_sensitivity"), map = method(net, x);
  const others = Array.from({ length: 5 }, (_, n) => {
    const near = { shape: x.shape, data: x.data.slice() };
    for (const i of [0, 1]) {
      const drawn = new Float32Array(SIZE);
      rng.fillUniform(drawn, -0.3, 0.3, 2 * n + i);
      drawn.forEach((v, k) => near.data[i * SIZE + k] += v);
    }
    return method(net, near);
  });
  const expected = [0, 1].map((i) =>
    reference.maxSensitivity(row(map, i), others.map((other) => row(other, i)))
  );
  assertClose(found, expected, { tolerance: 1e-5 });
  assert.ok(expected.every((v) => v > 0));
  assert.deepEqual(await maxSensitivity(net, x, () => zeros(x.shape)), [0, 0]);
});

Deno.test("sparseness and completeness", async () => {
  const map = randomNormal([3, 4, 5], 2);
  assertClose(sparseness(map), [0, 1, 2].map((i) => reference.gini(row(map, i))), {
    tolerance: 1e-6,
  });
  assert.deepEqual(sparseness(zeros([1, 4])), [0]);
  const { map: shap } = await kernelShap(net, x, { target, grid: 2, baseline: "mean" });
  for (const { gap, relative } of completeness(net, x, shap, { target, baseline: "mean" })) {
    assert.ok(gap < 1e-5 && relative! < 1e-4);
  }
  const all = completeness(net, x, randomNormal(x.shape, 3), { target, baseline: 0.5 });
  all.forEach(({ sum, difference, gap, relative }, i) => {
    const whole = logit(i)(row(x, i)) - logit(i)(row(x, i).map(() => 0.5));
    assertClose([difference], [whole], { tolerance: 1e-4 });
    assertClose([sum], [row(randomNormal(x.shape, 3), i).reduce((a, b) => a + b, 0)], {
      tolerance: 1e-5,
    });
    assert.equal(gap, Math.abs(sum - difference));
    assertClose([relative!], [Math.abs((sum - whole) / whole)], { tolerance: 1e-3 });
  });
  const [same] = completeness(net, x, shap, { target, baseline: x });
  assert.equal(same.relative, null);
});

Deno.test("similarity: SSIM and rank correlation by their definitions", () => {
  for (const [size, low] of [[[13, 13], -1], [[12, 12], 0], [[4, 4], -1]] as const) {
    const count = size[0] * size[1];
    const [a, b] = [1, 2].map((seed) => [...randomUniform([count], seed, low).data]);
    const mixed = a.map((v, i) => v + 0.5 * b[i]);
    assertClose([structuralSimilarity(a, mixed, size)], [reference.mapSimilarity(a, mixed, size)]);
    assertClose([rankCorrelation(a, mixed)], [reference.spearman(a, mixed)], { tolerance: 1e-12 });
    const tied = mixed.map((v) => Math.round(2 * v));
    assertClose([rankCorrelation(a, tied)], [reference.spearman(a, tied)], { tolerance: 1e-12 });
    assertClose([structuralSimilarity(a, a.map((v) => 3 * v), size)], [1]);
  }
  assert.equal(rankCorrelation([1, 2, 3], [5, 5, 5]), 0);
  assert.equal(rankCorrelation([1, 2, 3], [9, 8, 7]), -1);
  assertClose([structuralSimilarity([1, 2, 3, 4], [1, 2, 3, 4], [4, 1])], [1]);
});

/** A checksum of all weights. */
const mark = (model: typeof net) =>
  model.parameters.reduce(
    (crc, { value }) => crc32(new Uint8Array(value.view.slice().buffer), crc),
    0,
  );

Deno.test("the randomisation test: layers, a method that is told nothing, the model untouched", async () => {
  const before = mark(net), seen: number[] = [];
  const test = await randomizationTest(net, x, (model, at, options) => {
    seen.push(mark(model));
    return saliency(model, at, options);
  }, { target });
  assert.deepEqual(test.layers, ["head", "two", "one"]);
  assert.equal(mark(net), before);
  assert.equal(seen[0], before);
  assert.equal(new Set(seen.slice(0, 4)).size, 4, "each step changes weights");
  assert.equal(new Set(seen.slice(4)).size, 3);
  assert.equal(seen[4], seen[1], "the first layer alone is the first step of the cascade");
  assert.deepEqual(test.independent[0], test.cascading[0]);
  const fixed = randomNormal(x.shape, 1);
  const blind = await randomizationTest(net, x, () => fixed, { modes: ["cascading"] });
  assert.equal(blind.verdict, "does not depend on the weights");
  for (const value of blind.cascading.flatMap(Object.values)) assertClose([value], [1]);
  assert.deepEqual(blind.independent, []);
  assertClose([blind.similarity], [1]);
  let calls = 0;
  const noise = await randomizationTest(net, x, () => randomNormal(x.shape, ++calls), {
    modes: ["independent"],
  });
  assert.equal(noise.verdict, "depends on the weights");
  assert.ok(Math.abs(noise.similarity) < 0.3);
});

Deno.test("the random logit test: another class, and a method that is told nothing", async () => {
  const test = await randomLogitTest(net, x, saliency, { target, seed: 2 });
  test.others.forEach((other, i) => assert.ok(other !== CLASSES[i] && other >= 0 && other < 3));
  const [a, b] = [CLASSES, test.others].map((index) =>
    saliency(net, x, { target: { kind: "class", index } })
  );
  const sums = (map: Tensor, i: number) =>
    Array.from({ length: CELLS }, (_, cell) => row(map, i)[2 * cell] + row(map, i)[2 * cell + 1]);
  const expected = [0, 1].reduce(
    (all, i) => all + reference.spearman(sums(a, i), sums(b, i)) / 2,
    0,
  );
  assertClose([test.rank], [expected], { tolerance: 1e-6 });
  const blind = await randomLogitTest(net, x, () => a, { target });
  assertClose([blind.ssim, blind.rank, blind.absoluteSsim, blind.absoluteRank], [1, 1, 1, 1]);
});

Deno.test("evidence: all of it as JSON, the same at any thread count, what is left out is null", async () => {
  const run = () =>
    evidence(net, x, occlusion, {
      target,
      deletion: { steps: 5 },
      infidelity: { perturbation: "square" },
      maxSensitivity: { samples: 2 },
    });
  const all = await run(), text = JSON.stringify(all);
  assert.deepEqual(JSON.parse(text), all);
  assert.equal(all.deletion![0].scores.length, 6);
  for (
    const key of [
      "deletion",
      "insertion",
      "infidelity",
      "maxSensitivity",
      "completeness",
      "sparseness",
    ] as const
  ) {
    assert.equal(all[key]!.length, 2, key);
  }
  assert.equal(all.randomization!.layers.length, 3);
  assert.equal(all.randomLogit!.others.length, 2);
  if (TWO_THREADS) {
    const before = getThreads();
    setThreads(1);
    const alone = await run().finally(() => setThreads(before));
    assert.equal(JSON.stringify(alone), text);
  }
  const told: string[] = [];
  const few = await evidence(net, x, () => zeros(x.shape), {
    deletion: false,
    insertion: false,
    infidelity: false,
    maxSensitivity: false,
    completeness: false,
    randomization: false,
    randomLogit: false,
    onProgress: (measure) => void told.push(measure),
  });
  assert.deepEqual({ ...few, sparseness: [0, 0] }, few);
  assert.deepEqual(few.warnings, []);
  assert.equal(Object.values(few).filter((value) => value === null).length, 7);
  assert.equal(told.length, 7);
  const controller = new AbortController();
  const stopped = evidence(net, x, saliency, {
    signal: controller.signal,
    onProgress: (measure) => measure === "insertion" && controller.abort(new Error("enough")),
  });
  await assert.rejects(stopped, /enough/);
});

Deno.test("evidence of decoders and of signals", async () => {
  const coder = preset("deconv-autoencoder").build({ seed: 0 }),
    at = randomUniform([1, 32, 32, 3], 4);
  const pixel = { kind: "pixels", region: { top: 9, left: 9 } } as const;
  const all = await evidence(coder, at, saliency, {
    target: pixel,
    of: "code",
    deletion: { steps: 4 },
    insertion: { steps: 4, baseline: 0 },
    maxSensitivity: { samples: 1 },
    randomization: { modes: ["cascading"] },
  });
  assert.equal(all.randomLogit, null);
  // The gradient of one pixel is at few places of the code.
  assert.ok(all.sparseness[0] > 0.9);
  const sound = sequential([conv1d({ filters: 3, kernelSize: 3 }), globalAveragePool1d()], {
    inputShape: [9, 2],
  });
  const { deletion: curves } = await evidence(sound, randomNormal([1, 9, 2], 1), hiResCam);
  assert.equal(curves![0].scores.length, 10);
});

Deno.test("wrong options are refused in one line", async () => {
  const map = zeros([2, HEIGHT, WIDTH]);
  const bad: [() => unknown, RegExp][] = [
    [() => deletion(net, x, zeros([3, HEIGHT, WIDTH])), /map of shape \[3,6,5\]/],
    [() => deletion(net, x, zeros([2, 7])), /map of shape \[2,7\]/],
    [() => deletion(net, x, map, { steps: 0 }), /steps/],
    [() => infidelity(net, x, map, { samples: 0 }), /samples/],
    [() => infidelity(net, x, map, { deviation: 0 }), /deviation/],
    [() => infidelity(net, x, map, { side: 0.5 }), /side/],
    [() => infidelity(net, x, map, { perturbation: "blur" as "noise" }), /"blur"/],
    [() => completeness(net, x, zeros([1, 3])), /map of shape/],
    [() => maxSensitivity(net, x, saliency, { radius: -1 }), /radius/],
    [() => maxSensitivity(net, x, saliency, { samples: 1.5 }), /samples/],
    [() => randomizationTest(net, x, saliency, { threshold: 2 }), /threshold/],
    [() => randomizationTest(net, x, saliency, { modes: [] }), /modes/],
    [
      () => evidence(net, x, (() => ({ map: 1, values: 2 })) as unknown as Attribute),
      /object with map, values/,
    ],
    [
      () =>
        randomizationTest(
          sequential([flatten({ inputShape: [3, 1] })]),
          zeros([1, 3, 1]),
          saliency,
        ),
      /no weights/,
    ],
    [
      () => randomLogitTest(net, x, saliency, { target: { kind: "unit", layer: "one" } }),
      /class as target/,
    ],
  ];
  for (const [run, message] of bad) await assertRejected(run, message);
});
