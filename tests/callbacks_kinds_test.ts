/** Every callback there is: what it does, what it refuses, and that a run goes on with it to the same bits. */

import assert from "node:assert/strict";
import {
  adam,
  type Callback,
  csvLogger,
  decodeModel,
  dense,
  encodeModel,
  exponentialMovingAverage,
  type FitOptions,
  lambdaCallback,
  learningRateScheduler,
  loadModel,
  type Model,
  modelCheckpoint,
  reduceLROnPlateau,
  sequential,
  sgd,
  terminateOnNaN,
} from "../mod.ts";
import { compiled, fit, labels, logged, loss, x } from "./harness/callback_runs.ts";
import { assertClose } from "./harness/compare.ts";
import { randomNormal } from "./harness/random_array.ts";
import { assertRejected } from "./harness/refusals.ts";
import { classifier, weightBits } from "./harness/small_nets.ts";

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("terminateOnNaN ends the run; the weights are those before the batch", async () => {
  const net = sequential([dense({ units: 1, inputShape: [2] })]);
  net.compile({ loss: "mse", optimizer: sgd() });
  const bad = randomNormal([12, 2], 1), y = randomNormal([12, 1], 2);
  bad.data[2 * 9] = Infinity; // batch 3 of 3
  const options = { batchSize: 4, shuffle: false, epochs: 3 };
  const result = await net.fit(bad, y, { ...options, callbacks: [terminateOnNaN()] });
  assert.match(result.reason!, /the loss became (Infinity|NaN) in epoch 1, batch 3/);
  assert.deepEqual(result.stopped, { epoch: 0, batch: 2 });
  for (const { value } of net.parameters) assert.ok(value.view.every(Number.isFinite));
  await assertRejected(() => net.fit(bad, y, options), /Training stopped: the loss became/);
});

Deno.test("learningRateScheduler sets the rate of each epoch, once", async () => {
  const rates: number[] = [];
  const schedule = (epoch: number, rate: number) => {
    rates.push(rate);
    return epoch ? rate / 2 : 0.008;
  };
  const net = compiled(), controller = new AbortController();
  let batches = 0;
  await fit(net, {
    epochs: 3,
    callbacks: [learningRateScheduler(schedule)],
    signal: controller.signal,
    onBatchEnd: () => {
      if (++batches === 4) controller.abort();
    },
  });
  const { model } = decodeModel(encodeModel(net));
  assert.deepEqual(model.progress, { epoch: 1, batch: 1 });
  const rest = await fit(model, {
    epochs: 3,
    initialEpoch: 1,
    initialBatch: 1,
    callbacks: [learningRateScheduler(schedule)],
  });
  assert.deepEqual(rates, [5e-3, 0.008, 0.004]);
  assert.deepEqual(rest.history.learning_rate, [0.004, 0.002]);
  await assertRejected(() => learningRateScheduler(0.1 as never), /needs a function/);
  await assertRejected(
    () => fit(compiled(), { callbacks: [learningRateScheduler(() => -1)] }),
    /learningRate must be a number of at least 0.*-1/,
  );
});

Deno.test("reduceLROnPlateau: patience, cooldown, least rate, all optimizers", async () => {
  const values = [3, 2, 2, 2, 2, 2, 2, 1, 1, 1];
  const run = async (options: Parameters<typeof reduceLROnPlateau>[0]) => {
    const net = compiled(sgd({ learningRate: 1e-3 }));
    const { history } = await fit(net, {
      epochs: values.length,
      callbacks: [logged("val_loss", values), reduceLROnPlateau({ factor: 0.5, ...options })],
    });
    return history.learning_rate.map((rate) => rate / 1e-3);
  };
  assert.deepEqual(await run({ patience: 2 }), [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]);
  // By Keras' rule the epoch in which the cooling ends counts already.
  assert.deepEqual(
    await run({ patience: 2, cooldown: 2 }),
    [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25],
  );
  assert.deepEqual(
    await run({ patience: 1, minLearningRate: 3e-4 }),
    [1, 1, 1, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3].map((v) => v * 1e-3 / 1e-3),
  );
  const net = classifier(), stem = sgd({ learningRate: 0.1 });
  net.compile({ loss, layerOptimizers: { stem } });
  await fit(net, {
    epochs: 2,
    callbacks: [logged("val_loss", [1, 1]), reduceLROnPlateau({ patience: 1 })],
  });
  assertClose([stem.learningRate as number, net.compiled!.optimizer.learningRate as number], [
    0.01,
    1e-4,
  ]);
  const scheduled = adam({ learningRate: { kind: "cosine", rate: 1e-3, decaySteps: 5 } });
  await assertRejected(
    () => fit(compiled(scheduled), { callbacks: [reduceLROnPlateau()] }),
    /learning rate of adam, which is a schedule: give the optimizer a number/,
  );
  await assertRejected(() => reduceLROnPlateau({ factor: 1 }), /factor of reduceLROnPlateau/);
  await assertRejected(() => reduceLROnPlateau({ minLearningRate: -1 }), /minLearningRate/);
  await assertRejected(() => reduceLROnPlateau({ cooldown: 0.5 }), /cooldown/);
});

Deno.test("csvLogger: a line an epoch, a file that a run continues", async () => {
  const lines: string[] = [];
  const first = await fit(compiled(), {
    epochs: 2,
    callbacks: [logged("a,b", [1, 2]), csvLogger(async (line) => void await lines.push(line))],
  });
  const { history } = first;
  const row = (epoch: number, separator = ",") =>
    [epoch, ...Object.values(history).map((values) => values[epoch])].join(separator);
  assert.deepEqual(lines, ['epoch,loss,accuracy,val_loss,val_accuracy,"a,b"', row(0), row(1)]);
  await inFolder(async (folder) => {
    const path = `${folder}/log.csv`, net = compiled();
    const callbacks = () => [logged("a,b", [1, 2]), csvLogger(path, { separator: ";" })];
    await fit(net, { epochs: 1, callbacks: callbacks() });
    const { model } = decodeModel(encodeModel(net));
    await Deno.remove(path);
    await fit(model, { epochs: 2, initialEpoch: 1, callbacks: callbacks() });
    assert.equal(
      await Deno.readTextFile(path),
      `epoch;loss;accuracy;val_loss;val_accuracy;a,b\n${row(0, ";")}\n${row(1, ";")}\n`,
    );
    assert.deepEqual(filesIn(folder), ["log.csv"]);
    await assertRejected(
      () => fit(compiled(), { callbacks: [csvLogger(`${folder}/none/log.csv`)] }),
      /Cannot write .*none\/log.csv.*there is no such folder: make it/,
    );
  });
  await assertRejected(() => csvLogger("" as never), /path of a file, or a function/);
});

Deno.test("modelCheckpoint: every n epochs, the best, the last few", async () => {
  await inFolder(async (folder) => {
    const net = compiled();
    const at = (name: string) => `${folder}/${name}.safetensors`;
    const values = [3, 2, 2.5, 1, 4];
    let second: Record<string, Uint32Array> = {};
    await fit(net, {
      epochs: 5,
      callbacks: [
        logged("val_loss", values),
        modelCheckpoint({ path: at("two-{epoch:2}"), every: 2, metadata: { who: "me" } }),
        modelCheckpoint({ path: at("best-{epoch}-{val_loss:1}"), saveBestOnly: true, keep: 2 }),
        modelCheckpoint({ path: at("latest"), keep: 1 }),
      ],
      onEpochEnd: (epoch) => {
        if (epoch === 1) second = weightBits(net);
      },
    });
    assert.deepEqual(
      filesIn(folder),
      ["best-2-2.0", "best-4-1.0", "latest", "two-02", "two-04"].map((name) =>
        `${name}.safetensors`
      ),
    );
    const saved = await loadModel(at("two-02"));
    assert.deepEqual(weightBits(saved), second);
    assert.deepEqual(saved.progress, { epoch: 2, batch: 0 });
    // A run that goes on from it removes the file that is one too many, and no other.
    await Deno.remove(at("best-4-1.0"));
    await Deno.writeTextFile(at("best-mine"), "");
    await fit(saved, {
      epochs: 5,
      initialEpoch: 2,
      callbacks: [
        logged("val_loss", values),
        modelCheckpoint({ path: at("two-{epoch:2}"), every: 2, keep: 1 }),
        modelCheckpoint({ path: at("best-{epoch}-{val_loss:1}"), saveBestOnly: true, keep: 1 }),
      ],
    });
    assert.deepEqual(
      filesIn(folder),
      ["best-4-1.0", "best-mine", "latest", "two-04"].map((name) => `${name}.safetensors`),
    );
    assert.deepEqual(weightBits(await loadModel(at("latest"))), weightBits(saved));
  });
  await assertRejected(
    () => fit(compiled(), { callbacks: [modelCheckpoint({ path: "{valloss}" })] }),
    /\{valloss\}, which is not reported; there are loss, accuracy, val_loss/,
  );
  await assertRejected(
    () => net2({ callbacks: [modelCheckpoint({ path: "x", saveBestOnly: true })] }),
    /modelCheckpoint cannot monitor "val_loss".*give fit validation data/,
  );
  await assertRejected(() => modelCheckpoint({ path: "" }), /needs a path/);
  await assertRejected(() => modelCheckpoint({ path: "x", keep: 0 }), /keep of modelCheckpoint/);
  await assertRejected(() => modelCheckpoint({ path: "x", every: 0 }), /every of modelCheckpoint/);
});

/** A run without validation. */
const net2 = (options: FitOptions) => compiled().fit(x, labels, options);

Deno.test("exponentialMovingAverage: by hand, in place for validation, raw weights in between", async () => {
  const net = sequential([dense({ units: 2, name: "d", inputShape: [3] })]);
  net.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
  const at = randomNormal([12, 3], 1), y = randomNormal([12, 2], 2);
  for (const warmup of [false, true]) {
    const start = net.getWeights("d/kernel").data;
    let average = Float64Array.from(start), steps = 0;
    const raw: Float32Array[] = [];
    const watch = lambdaCallback({
      onBatchEnd: () => {
        const { data } = net.getWeights("d/kernel");
        raw.push(data);
        const left = warmup ? Math.min(0.9, (1 + steps) / (10 + steps)) : 0.9;
        average = average.map((v, i) => left * v + (1 - left) * data[i]);
        steps++;
      },
      onValidationEnd: () => {
        const { data } = net.getWeights("d/kernel");
        assertClose(data, average, { name: "while it validates", tolerance: 1e-6 });
      },
      onEpochBegin: () => {
        if (!raw.length) return;
        assert.deepEqual(net.getWeights("d/kernel").data, raw.at(-1), "training goes on from here");
      },
    });
    const ema = exponentialMovingAverage({ decay: 0.9, warmup });
    const options = { epochs: 3, batchSize: 5, validationData: [at, y] as const };
    await net.fit(at, y, { ...options, callbacks: [ema, watch] });
    assert.equal(steps, 9);
    assertClose(net.getWeights("d/kernel").data, average, { name: "at the end", tolerance: 1e-6 });
  }
  await assertRejected(
    () => exponentialMovingAverage({ decay: 1 }),
    /decay of exponential.*below 1; it is 1/,
  );
});

Deno.test("with every callback, a run that was stopped or saved goes on to the same bits", async () => {
  await inFolder(async (folder) => {
    const options = (name: string): FitOptions => ({
      epochs: 4,
      accumulateSteps: 2,
      seed: 6,
      callbacks: [
        exponentialMovingAverage({ decay: 0.8 }),
        reduceLROnPlateau({ patience: 1, monitor: "val_accuracy", minDelta: 0.9 }),
        csvLogger(`${folder}/${name}.csv`),
        modelCheckpoint({ path: `${folder}/${name}-{epoch}.safetensors` }),
      ],
    });
    const whole = compiled();
    await fit(whole, options("whole"));
    const end = weightBits(whole);
    const goOn = async (net: Model, name: string) => {
      const { model } = decodeModel(encodeModel(net));
      const { epoch: initialEpoch, batch: initialBatch } = model.progress;
      await fit(model, { ...options(name), initialEpoch, initialBatch });
      assert.deepEqual(weightBits(model), end, name);
    };
    // From what the whole run saved after each epoch, averages in place.
    for (const epoch of [1, 2, 3]) {
      await goOn(await loadModel(`${folder}/whole-${epoch}.safetensors`), `from-${epoch}`);
    }
    // 3 batches an epoch: steps of two and of one.
    for (const stopAfter of [1, 3, 4, 8]) {
      const net = compiled(), controller = new AbortController(), name = `stop-${stopAfter}`;
      let batches = 0;
      await fit(net, {
        ...options(name),
        signal: controller.signal,
        onBatchEnd: () => {
          if (++batches === stopAfter) controller.abort();
        },
      });
      await goOn(net, name);
      if (stopAfter > 1) continue;
      // The whole history is in the log: the first epoch's loss aside, of which the start was not seen.
      const lines = (of: string) => Deno.readTextFileSync(`${folder}/${of}.csv`).split("\n");
      assert.deepEqual(lines(name).slice(2), lines("whole").slice(2));
    }
  });
});

Deno.test("saved states that make no sense are refused", async () => {
  const net = compiled();
  await fit(net, { callbacks: [exponentialMovingAverage(), reduceLROnPlateau()] });
  const go = (states: object, callback: Callback) => {
    net.callbackStates = () => states as never;
    return fit(net, { epochs: 2, initialEpoch: 1, callbacks: [callback] });
  };
  await assertRejected(
    () => go({ reduceLROnPlateau: { values: { best: "x" } } }, reduceLROnPlateau()),
    /saved state of reduceLROnPlateau has no number "best"; give initialEpoch: 0/,
  );
  await assertRejected(
    () =>
      go(
        { exponentialMovingAverage: { values: { steps: 1, swapped: 0 } } },
        exponentialMovingAverage(),
      ),
    /no average of "stem\/kernel"/,
  );
  await assertRejected(
    () => go({ csvLogger: { values: { lines: 1 } } }, csvLogger(() => {})),
    /saved state of csvLogger has no lines/,
  );
});
