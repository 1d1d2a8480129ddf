/** mixup and cutmix: pictures and class vectors, partners, the distribution of shares. */
import assert from "node:assert/strict";
import { augment } from "../core/data/augment/augment.ts";
import { drawBeta } from "../core/data/augment/beta.ts";
import { cutmix } from "../core/data/augment/cutmix.ts";
import { Draw } from "../core/data/augment/draw.ts";
import { randomFlip } from "../core/data/augment/flip.ts";
import { mixup } from "../core/data/augment/mixup.ts";
import { oneOf } from "../core/data/augment/one_of.ts";
import { type Dataset, fromTensors } from "../core/data/dataset.ts";
import { map } from "../core/data/map.ts";
import { dense } from "../core/layers/dense.ts";
import { flatten } from "../core/layers/reshape.ts";
import { adam } from "../core/optimizers.ts";
import { sequential } from "../core/sequential.ts";
import { tensor } from "../core/tensor.ts";
import { noisePictures, readAll } from "./harness/augmented.ts";
import { refused } from "./harness/refusals.ts";

/** Pictures of noise, each of a class of its own, so that a class vector tells the partner. */
async function ownClasses(count: number, shape: number[]): Promise<Dataset> {
  const { x } = await readAll(noisePictures(count, shape));
  return fromTensors(
    tensor(x.flatMap((picture) => [...picture]), [count, ...shape]),
    tensor(Float32Array.from({ length: count }, (_, i) => i)),
    { name: "own", classNames: Array.from({ length: count }, (_, i) => `class ${i}`) },
  );
}

const waiting = (dataset: Dataset): Dataset => ({
  ...dataset,
  read: async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await dataset.read(...args);
  },
});

/** Own share and partner of each picture, by its class vector. */
function partnersOf(targets: readonly Float32Array[]): { share: number; partner: number }[] {
  return targets.map((vector, own) => {
    assert.ok(Math.abs(vector.reduce((a, b) => a + b) - 1) < 1e-6);
    assert.ok(vector.every((value) => value >= 0));
    const others = [...vector.keys()].filter((c) => c !== own && vector[c] > 0);
    assert.ok(others.length <= 1);
    return { share: vector[own], partner: others[0] ?? own };
  });
}

Deno.test("mixup blends pictures as it blends classes", async () => {
  const dataset = await ownClasses(60, [3, 4, 2]);
  for (const source of [dataset, waiting(dataset)]) {
    const mixed = augment(source, [mixup({ alpha: 1 })], { seed: 7 });
    assert.deepEqual(mixed.targetShape, [60]);
    const { x } = await readAll(dataset);
    const { x: after, targets } = await readAll(mixed, 3);
    const partners = partnersOf(targets);
    after.forEach((picture, i) => {
      const { share, partner } = partners[i];
      picture.forEach((value, j) => {
        const expected = share * x[i][j] + (1 - share) * x[partner][j];
        assert.ok(Math.abs(value - expected) < 1e-6);
      });
    });
    assert.ok(new Set(partners.map(({ partner }) => partner)).size > 25); // any of the dataset
    // A part, out of order, and without targets, gives the same.
    const part = await readAll(mixed, 3, [59, 4, 4]);
    assert.deepEqual(part.x, [after[59], after[4], after[4]]);
    assert.deepEqual(part.targets, [targets[59], targets[4], targets[4]]);
    const alone = new Float32Array(24);
    await mixed.read([59], alone, undefined, 3);
    assert.deepEqual(alone, after[59]);
    assert.notDeepEqual((await readAll(mixed, 4)).x, after);
  }
});

Deno.test("cutmix pastes one rectangle; classes count by area", async () => {
  const dataset = await ownClasses(80, [6, 8, 3]), { x } = await readAll(dataset);
  const { x: after, targets } = await readAll(augment(dataset, [cutmix()], { seed: 1 }), 2);
  const areas = partnersOf(targets).map(({ share, partner }, i) => {
    const own = Array.from(
      { length: 48 },
      (_, p) => [0, 1, 2].every((c) => after[i][3 * p + c] === x[i][3 * p + c]),
    );
    const pasted = own.flatMap((is, p) => is ? [] : [p]);
    for (const p of pasted) {
      for (let c = 0; c < 3; c++) assert.equal(after[i][3 * p + c], x[partner][3 * p + c]);
    }
    if (partner === i) return 0;
    assert.ok(Math.abs(1 - pasted.length / 48 - share) < 1e-6);
    const rows = pasted.map((p) => Math.floor(p / 8)), columns = pasted.map((p) => p % 8);
    const height = Math.max(...rows) - Math.min(...rows) + 1;
    assert.equal(height * (Math.max(...columns) - Math.min(...columns) + 1), pasted.length);
    return pasted.length;
  });
  assert.ok(new Set(areas).size > 15);
  assert.ok(Math.max(...areas) > 30);
});

Deno.test("what comes before is applied to both; what comes after, to the mixture", async () => {
  const dataset = await ownClasses(30, [1, 4, 1]), flip = randomFlip();
  const stage = await readAll(augment(dataset, [flip], { seed: 2 }), 1);
  const { x, targets } = await readAll(
    augment(dataset, [flip, mixup({ alpha: 1 })], { seed: 2 }),
    1,
  );
  partnersOf(targets).forEach(({ share, partner }, i) =>
    x[i].forEach((value, j) => {
      const expected = share * stage.x[i][j] + (1 - share) * stage.x[partner][j];
      assert.ok(Math.abs(value - expected) < 1e-6);
    })
  );
  const always = randomFlip({ probability: 1 });
  const after = await readAll(augment(dataset, [mixup({ alpha: 1 }), always], { seed: 2 }));
  const before = await readAll(augment(dataset, [mixup({ alpha: 1 })], { seed: 2 }));
  assert.deepEqual(after.x, before.x.map((picture) => picture.slice().reverse()));
  assert.deepEqual(after.targets, before.targets);
});

Deno.test("probability, alpha 0, class vectors mixed again, one of two", async () => {
  const dataset = await ownClasses(100, [2, 2, 1]), { x } = await readAll(dataset);
  const still = await readAll(augment(dataset, [mixup({ alpha: 0 }), cutmix({ probability: 0 })]));
  assert.deepEqual(still.x, x);
  still.targets.forEach((vector, i) => assert.equal(vector[i], 1));
  const half = (await readAll(augment(dataset, [mixup({ alpha: 1, probability: 0.5 })]))).x;
  const mixed = half.filter((picture, i) => picture[0] !== x[i][0]).length;
  assert.ok(mixed > 30 && mixed < 70, `${mixed}`);
  for (const list of [[mixup(), cutmix()], [oneOf([mixup(), cutmix()])]]) {
    const { targets } = await readAll(augment(dataset, list));
    for (const vector of targets) assert.ok(Math.abs(vector.reduce((a, b) => a + b) - 1) < 1e-6);
  }
  // One of the two is chosen for each picture: values of a mixture, or of one picture alone.
  const either = await readAll(augment(dataset, [oneOf([mixup({ alpha: 1 }), cutmix()])]));
  const known = new Set(x.flatMap((picture) => [...picture]));
  const pasted = either.x.filter((picture) => picture.every((value) => known.has(value))).length;
  assert.ok(pasted > 30 && pasted < 70, `${pasted}`);
});

Deno.test("shares have the moments of Beta(alpha, alpha)", () => {
  const draw = new Draw(1, "beta"), count = 20000;
  for (const alpha of [0.1, 0.4, 1, 1.5, 8]) {
    let sum = 0, squares = 0, low = 0;
    for (let i = 0; i < count; i++) {
      const share = drawBeta(alpha, draw.at(0, i));
      assert.ok(share >= 0 && share <= 1);
      sum += share;
      squares += (share - 0.5) ** 2;
      if (share < 0.1) low++;
    }
    const variance = 1 / (4 * (2 * alpha + 1));
    assert.ok(Math.abs(sum / count - 0.5) < 5 * Math.sqrt(variance / count), `${alpha}`);
    assert.ok(Math.abs(squares / count / variance - 1) < 0.04, `${alpha}`);
    // By the integral of the density, for the two whose shape is least like a variance: 0.1 for the
    // uniform distribution.
    if (alpha === 1) assert.ok(Math.abs(low / count - 0.1) < 0.01);
  }
  assert.equal(drawBeta(0, draw.at(0, 0)), 1);
});

Deno.test("a network learns from mixed classes", async () => {
  const mixed = augment(await ownClasses(12, [2, 2, 1]), ["mixup"]);
  const net = sequential([
    flatten({ inputShape: [2, 2, 1] }),
    dense({ units: 12, activation: "softmax" }),
  ], { seed: 1 });
  net.compile({
    optimizer: adam({ learningRate: 0.05 }),
    loss: "categorical_crossentropy",
    metrics: ["accuracy"],
  });
  const { history } = await net.fitDataset(mixed, { epochs: 40, batchSize: 4 });
  assert.ok(history.loss[39] < history.loss[0] - 0.3);
});

Deno.test("what cannot be mixed is refused", async () => {
  refused(() => mixup({ alpha: -1 }), /mixup with alpha -1.*from 0 to 100/);
  refused(() => cutmix({ classes: 0 }), /cutmix with 0 classes/);
  refused(() => cutmix({ beta: 1 } as object), /cutmix has no option "beta"/);
  refused(
    () => augment(noisePictures(2, [2, 2, 1]), ["mixup"]),
    /noise.*mixup\(\{ classes: 10 \}\)/,
  );
  const masks = map(noisePictures(2, [2, 2, 1]), { targetShape: [2, 2] }, (x) => ({ target: x }));
  refused(() => augment(masks, ["cutmix"]), /cutmix to noise.*\[2,2\].*only classes/);
  const vectors = map(
    noisePictures(2, [2, 2, 1]),
    { targetShape: [3] },
    () => ({ target: [0, 1, 0] }),
  );
  refused(() => augment(vectors, [mixup({ classes: 4 })]), /4 classes.*\[3\]/);
  const none = augment(noisePictures(2, [2, 2, 1]), [mixup({ classes: 2 })]);
  refused(() => none.read([0], new Float32Array(4), new Float32Array(2)), /picture 0.*label -1/);
  const few = augment(await ownClasses(3, [1, 1, 1]), [mixup({ classes: 2 })]);
  refused(() => few.read([2], new Float32Array(1), new Float32Array(2)), /label 2, not one of 2/);
  await none.read([0, 1], new Float32Array(8)); // pictures alone need no classes
});
