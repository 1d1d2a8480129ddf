/** Callbacks: when they are called, what they may do, what they refuse, and that runs go on with them. */

import assert from "node:assert/strict";
import {
  type Callback,
  decodeModel,
  earlyStopping,
  encodeModel,
  lambdaCallback,
  type Logs,
  sgd,
  type TrainingRun,
} from "../mod.ts";
import { compiled, fit, labels, logged, loss, x } from "./harness/callback_runs.ts";
import { assertRejected } from "./harness/refusals.ts";
import { classifier, weightBits } from "./harness/small_nets.ts";

Deno.test("hooks are called in order, and may take their time", async () => {
  const net = compiled(), calls: string[] = [];
  const later = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
  const tell = (name: string): Callback => ({
    name,
    onTrainBegin: async ({ epochs, reports, model, optimizer }) => {
      await later();
      assert.equal(model, net);
      assert.equal(optimizer, net.compiled!.optimizer);
      assert.equal(epochs, 2);
      assert.deepEqual(reports, ["loss", "accuracy", "val_loss", "val_accuracy"]);
      calls.push(`${name} begins`);
    },
    onEpochBegin: (epoch) => void calls.push(`${name} epoch ${epoch}`),
    onBatchBegin: async ({ batch, size }) => {
      await later();
      calls.push(`${name} batch ${batch} of ${size}`);
    },
    onBatchEnd: ({ batch }, logs) => {
      assert.ok(logs.loss > 0);
      calls.push(`${name} batch ${batch} done`);
    },
    onValidationBegin: (epoch) => void calls.push(`${name} validates ${epoch}`),
    onValidationEnd: (epoch) => void calls.push(`${name} validated ${epoch}`),
    onEpochEnd: async (epoch, logs) => {
      await later();
      logs[name] = epoch;
      calls.push(`${name} epoch ${epoch} done`);
    },
    onCheckpoint: (epoch, logs) => {
      assert.equal(logs.b, epoch);
      assert.deepEqual(net.progress, { epoch: epoch + 1, batch: 0 });
      calls.push(`${name} saves ${epoch}`);
    },
    onTrainEnd: () => void calls.push(`${name} ends`),
  });
  const { history } = await fit(net, {
    epochs: 2,
    callbacks: [tell("a"), tell("b")],
    onBatchEnd: ({ batch }) => void calls.push(`fit batch ${batch} done`),
    onEpochEnd: (epoch) => void calls.push(`fit epoch ${epoch} done`),
  });
  const both = (line: string) => [`a ${line}`, `b ${line}`];
  const epoch = (e: number) => [
    ...both(`epoch ${e}`),
    ...[8, 8, 4].flatMap((size, b) => [
      ...both(`batch ${b} of ${size}`),
      ...both(`batch ${b} done`),
      `fit batch ${b} done`,
    ]),
    ...both(`validates ${e}`),
    ...both(`validated ${e}`),
    ...both(`epoch ${e} done`),
    `fit epoch ${e} done`,
    ...both(`saves ${e}`),
  ];
  assert.deepEqual(calls, [...both("begins"), ...epoch(0), ...epoch(1), ...both("ends")]);
  assert.deepEqual(history.b, [0, 1]);
});

Deno.test("a callback stops a run after a batch or an epoch, and says why", async () => {
  const net = compiled();
  const ends: TrainingRun[] = [];
  const stop = (hook: "onBatchEnd" | "onEpochEnd", when: number) =>
    lambdaCallback({
      [hook]: (at: number | { batch: number }, _logs: Logs, run: TrainingRun) => {
        if ((typeof at === "number" ? at : at.batch) === when) run.stop(`${hook} ${when}`);
      },
      onTrainEnd: (run) => void ends.push(run),
    });
  const middle = await fit(net, { epochs: 5, callbacks: [stop("onBatchEnd", 1)] });
  assert.deepEqual(middle, {
    epochs: [],
    history: {},
    stopped: { epoch: 0, batch: 2 },
    reason: "onBatchEnd 1",
  });
  const between = await fit(net, { epochs: 5, callbacks: [stop("onEpochEnd", 1)] });
  assert.deepEqual(between.epochs, [0, 1]);
  assert.deepEqual(between.stopped, { epoch: 2, batch: 0 });
  const last = await fit(net, { epochs: 2, callbacks: [stop("onEpochEnd", 1)] });
  assert.equal(last.stopped, undefined, "it was complete");
  assert.equal(last.reason, "onEpochEnd 1");
  assert.deepEqual(ends.map(({ interrupted }) => interrupted), [false, false, false]);
});

Deno.test("callbacks that cannot work", async () => {
  const net = compiled(), stopping = earlyStopping();
  await assertRejected(
    () => fit(net, { callbacks: [stopping, stopping] }),
    /earlyStopping is given twice/,
  );
  await assertRejected(
    () => fit(net, { callbacks: [earlyStopping as unknown as Callback] }),
    /Callback 1/,
  );
  const monitor = (name: string) => fit(net, { callbacks: [earlyStopping({ monitor: name })] });
  await assertRejected(
    () => monitor("val_los"),
    /cannot monitor "val_los".* loss, accuracy, val_loss/,
  );
  await assertRejected(
    () => net.fit(x, labels, { callbacks: [earlyStopping()] }),
    /cannot monitor "val_loss": the run reports loss, accuracy; give fit validation data/,
  );
  await assertRejected(
    () => earlyStopping({ patience: -1 }),
    /patience of earlyStopping.*at least 0/,
  );
  await assertRejected(() => earlyStopping({ mode: "least" as "min" }), /no mode "least"/);
  await assertRejected(() => earlyStopping({ baseline: NaN }), /baseline/);
  await assertRejected(() => earlyStopping({ minDelta: NaN }), /minDelta/);
});

Deno.test("earlyStopping: patience, minDelta, mode, baseline, startFromEpoch", async () => {
  const epochsOf = async (values: number[], options: Parameters<typeof earlyStopping>[0]) => {
    const { epochs } = await fit(compiled(), {
      epochs: values.length,
      callbacks: [logged("val_loss", values), earlyStopping(options)],
    });
    return epochs.length;
  };
  assert.equal(await epochsOf([3, 2, 2, 1, 1], {}), 3);
  assert.equal(await epochsOf([3, 2, 2, 1, 1], { patience: 2 }), 5);
  assert.equal(await epochsOf([3, 2, 2.5, 2.1, 1], { patience: 2 }), 4);
  assert.equal(await epochsOf([3, 2, 1.95, 1.9, 1], { patience: 2, minDelta: 0.1 }), 4);
  assert.equal(await epochsOf([1, 2, 3, 2, 1], { mode: "max" }), 4);
  // Better than the best, but not than the baseline: the first that is not ends the run.
  assert.equal(await epochsOf([5, 4, 4.5, 2, 1], { patience: 2, baseline: 2.5 }), 3);
  assert.equal(await epochsOf([3, 2, 1.5, 1, 0.5], { patience: 2, baseline: 2.5 }), 5);
  assert.equal(await epochsOf([1, 2, 3, 2, 3], { startFromEpoch: 2 }), 5);
  assert.equal(await epochsOf([NaN, NaN, NaN, NaN], { patience: 2 }), 2);
  const { reason } = await fit(compiled(), {
    epochs: 3,
    callbacks: [
      logged("val_accuracy", [0.5, 0.7, 0.6]),
      earlyStopping({ monitor: "val_accuracy" }),
    ],
  });
  assert.match(reason!, /val_accuracy has not improved on 0.7 since epoch 2/);
});

Deno.test("earlyStopping brings the best weights back, but not when a signal stops the run", async () => {
  const options = { patience: 2, restoreBestWeights: true }, values = [3, 1, 2, 2, 2];
  const net = compiled();
  let best = weightBits(net);
  const watch = lambdaCallback({
    onEpochEnd: (epoch) => {
      if (epoch === 1) best = weightBits(net);
    },
  });
  const callbacks = [logged("val_loss", values), earlyStopping(options), watch];
  const { epochs } = await fit(net, { epochs: 5, callbacks });
  assert.equal(epochs.length, 4);
  assert.deepEqual(weightBits(net), best);

  const other = compiled(), controller = new AbortController();
  await fit(other, {
    epochs: 5,
    signal: controller.signal,
    callbacks,
    onEpochEnd: (epoch) => {
      if (epoch === 2) controller.abort();
    },
  });
  assert.notDeepEqual(weightBits(other), best, "it is to go on");
  // It goes on from a file, waits once more and ends as the first run did.
  const { model } = decodeModel(encodeModel(other));
  const rest = await fit(model, {
    epochs: 5,
    initialEpoch: model.progress.epoch,
    callbacks: [logged("val_loss", values), earlyStopping(options)],
  });
  assert.deepEqual(rest.epochs, [3]);
  assert.deepEqual(weightBits(model), best);
});

Deno.test("a schedule goes on in a run that goes on, to the same bits", async () => {
  const make = () => {
    const net = classifier();
    const learningRate = {
      kind: "one_cycle",
      rate: 0.02,
      totalSteps: 9,
      momentum: [0.8, 0.95],
    } as const;
    net.compile({ loss, optimizer: sgd({ learningRate, momentum: 0.9 }) });
    return net;
  };
  const whole = make();
  await fit(whole, { epochs: 3 });
  for (const stopAfter of [2, 3, 7]) {
    const net = make(), controller = new AbortController();
    let done = 0;
    await fit(net, {
      epochs: 3,
      signal: controller.signal,
      onBatchEnd: () => {
        if (++done === stopAfter) controller.abort();
      },
    });
    const { model } = decodeModel(encodeModel(net));
    const { epoch: initialEpoch, batch: initialBatch } = model.progress;
    await fit(model, { epochs: 3, initialEpoch, initialBatch });
    assert.deepEqual(weightBits(model), weightBits(whole), `stopped after ${stopAfter}`);
  }
});
