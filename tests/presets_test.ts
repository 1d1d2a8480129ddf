import assert from "node:assert/strict";
import {
  type Dataset,
  DeconvError,
  learningRateAt,
  type Preset,
  preset,
  PRESET_NAMES,
  shapes,
  take,
  type Tensor,
} from "../mod.ts";
import { targetOf } from "../core/presets/preset.ts";
import { writeArchitecture } from "../core/architecture.ts";

/** The first pictures of the generator. */
async function pictures(count: number): Promise<Tensor> {
  const data = new Float32Array(count * 32 * 32 * 3);
  await shapes({ size: count }).read(Array.from({ length: count }, (_, i) => i), data);
  return { shape: [count, 32, 32, 3], data };
}

/** The preset's own training data, prepared, cut to a few. */
function dataOf({ data, prepare }: Preset): Dataset {
  const train = data?.(1).train ?? shapes({ size: 16 });
  return take(prepare?.(take(train, 16), { training: true, seed: 1 }) ?? train, 16);
}

for (const name of PRESET_NAMES) {
  const chosen = preset(name);
  Deno.test(`${name}: its defaults are sound`, () => {
    const { name: own, description, learningRate, epochs, batchSize, schedule } = chosen;
    assert.equal(own, name);
    assert.ok(description.length > 20);
    assert.ok(learningRate > 0 && epochs >= 1 && batchSize >= 1);
    if (schedule) assert.ok(learningRateAt(schedule(learningRate, 100), 50) > 0);
    const built = chosen.build({ seed: 1 });
    assert.equal(built.name, name);
    // Built for nothing in particular, it is built for its own data.
    if (!chosen.adversary) assert.deepEqual(built.inputShape, dataOf(chosen).shape);
  });

  Deno.test(`${name}: it learns`, { ignore: !!chosen.adversary }, async () => {
    const data = dataOf(chosen), { shape, targetShape, classNames } = data;
    const model = chosen.build({ shape, targetShape, classes: classNames?.length, seed: 1 });
    model.compile({ loss: chosen.loss, metrics: chosen.metrics });
    const target = targetOf(chosen, data);
    const { history } = await model.fitDataset(data, { target, epochs: 8, batchSize: 8 });
    assert.ok(history.loss.every(Number.isFinite), `${history.loss}`);
    assert.ok(history.loss[7] < history.loss[0], `${history.loss}`);
    const logs = await model.evaluateDataset(data, { target });
    for (const metric of chosen.metrics) assert.ok(Object.hasOwn(logs, `${metric}`), `${metric}`);
  });

  Deno.test(`${name}: inputs it cannot take are refused`, () => {
    assert.throws(() => chosen.build({ shape: [7, 7, 7, 7] }), (error: Error) => {
      assert.ok(error instanceof DeconvError, error.stack);
      return error.message.includes(name) && error.message.includes("[7,7,7,7]");
    });
  });
}

Deno.test("a preset's seed decides its weights", () => {
  const weights = (seed: number) =>
    preset("article-text").build({ seed }).getWeights("conv1/kernel");
  assert.deepEqual(weights(1), weights(1));
  assert.notDeepEqual(weights(1), weights(2));
});

Deno.test("article-cnn and article-dnn are the same network", () => {
  const [cnn, dnn] = ["article-cnn", "article-dnn"].map((name) => preset(name).build({ seed: 0 }));
  const { name: _cnn, ...one } = writeArchitecture(cnn) as Record<string, unknown>;
  const { name: _dnn, ...other } = writeArchitecture(dnn) as Record<string, unknown>;
  assert.deepEqual(one, other);
  // conv 3-32, 32-64, 64-128 and transposed 128-3, all 3x3 with bias.
  const sizes = [[3, 32], [32, 64], [64, 128], [128, 3]].map(([a, b]) => 9 * a * b + b);
  assert.equal(cnn.parameterCount, sizes.reduce((a, b) => a + b));
});

Deno.test("article-text makes three of four pixels of its bias alone", async () => {
  const model = preset("article-text").build({ seed: 0 });
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
