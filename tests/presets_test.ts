import assert from "node:assert/strict";
import { DeconvError, preset, PRESET_NAMES, shapes, type Tensor } from "../mod.ts";
import { writeArchitecture } from "../core/architecture.ts";

/** The first pictures of the generator. */
async function pictures(count: number): Promise<Tensor> {
  const data = new Float32Array(count * 32 * 32 * 3);
  await shapes({ size: count }).read(Array.from({ length: count }, (_, i) => i), data);
  return { shape: [count, 32, 32, 3], data };
}

for (const name of PRESET_NAMES) {
  Deno.test(`${name} turns pictures into pictures and learns to`, async () => {
    const { build, loss, learningRate, target, ...chosen } = preset(name);
    assert.equal(chosen.name, name);
    assert.equal(target, "input");
    assert.ok(learningRate > 0 && chosen.epochs >= 1 && chosen.batchSize >= 1);
    const model = build(1);
    assert.equal(model.name, name);
    assert.deepEqual(model.inputShape, [32, 32, 3]);
    assert.deepEqual(model.outputShape, [32, 32, 3]);
    model.compile({ loss });
    const x = await pictures(8);
    const losses = Array.from({ length: 8 }, () => model.trainOnBatch(x, x));
    assert.ok(losses.every(Number.isFinite), `${losses}`);
    assert.ok(losses[7] < losses[0], `${losses}`);
  });
}

Deno.test("a preset's seed decides its weights", () => {
  const weights = (seed: number) => preset("article-text").build(seed).getWeights("conv1/kernel");
  assert.deepEqual(weights(1), weights(1));
  assert.notDeepEqual(weights(1), weights(2));
});

Deno.test("article-cnn and article-dnn are the same network", () => {
  const [cnn, dnn] = ["article-cnn", "article-dnn"].map((name) => preset(name).build(0));
  const { name: _cnn, ...one } = writeArchitecture(cnn) as Record<string, unknown>;
  const { name: _dnn, ...other } = writeArchitecture(dnn) as Record<string, unknown>;
  assert.deepEqual(one, other);
  // conv 3-32, 32-64, 64-128 and transposed 128-3, all 3x3 with bias.
  const sizes = [[3, 32], [32, 64], [64, 128], [128, 3]].map(([a, b]) => 9 * a * b + b);
  assert.equal(cnn.parameterCount, sizes.reduce((a, b) => a + b));
});

Deno.test("article-text makes three of four pixels of its bias alone", async () => {
  const model = preset("article-text").build(0);
  model.compile({ loss: "mse", optimizer: "sgd" });
  const x = await pictures(16);
  for (let step = 0; step < 3; step++) model.trainOnBatch(x, x);
  const { data } = model.predict(x);
  const bias = model.getWeights("deconv2/bias").data;
  assert.ok(bias.every((value) => value !== 0));
  const hole = Array.from(bias, (value) => 1 / (1 + Math.exp(-value)));
  const holes = [];
  for (let pixel = 0; pixel < 1024; pixel++) {
    let constant = true;
    for (let i = 0; i < 16 * 3; i++) {
      const value = data[(Math.floor(i / 3) * 1024 + pixel) * 3 + i % 3];
      if (Math.abs(value - hole[i % 3]) > 1e-6) constant = false;
    }
    if (constant) holes.push(pixel);
  }
  const expected = Array.from({ length: 1024 }, (_, pixel) => pixel)
    .filter((pixel) => pixel % 2 === 1 || Math.floor(pixel / 32) % 2 === 1);
  assert.deepEqual(holes, expected);
});

Deno.test("an unknown preset is refused with the names there are", () => {
  for (const name of ["nope", "", "__proto__", "toString"]) {
    assert.throws(() => preset(name), (error: Error) => {
      assert.ok(error instanceof DeconvError);
      return PRESET_NAMES.every((known) => error.message.includes(known));
    });
  }
});
