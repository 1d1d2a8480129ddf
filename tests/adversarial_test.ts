/** Two networks trained against each other: what each learns, determinism, going on, refusals. */

import assert from "node:assert/strict";
import {
  adam,
  type Adversaries,
  conv2d,
  DeconvError,
  dense,
  flatten,
  reshape,
  sequential,
  setThreads,
  shapes,
  slice,
  trainAdversaries,
} from "../mod.ts";
import { TWO_THREADS } from "./harness/threads.ts";
import { crc32 } from "../core/formats/crc32.ts";

/** A checksum of all weights: arrays of them that differ would take minutes to print. */
function marks({ generator, discriminator }: Adversaries): number[] {
  return [generator, discriminator].map(({ parameters }) =>
    parameters.reduce((crc, { value }) => crc32(new Uint8Array(value.view.slice().buffer), crc), 0)
  );
}

function networks(): Adversaries {
  const generator = sequential([
    dense({ units: 32 * 32 * 3, activation: "sigmoid" }),
    reshape([32, 32, 3]),
  ], { inputShape: [8], name: "maker", seed: 1 });
  const discriminator = sequential([
    conv2d({ filters: 8, kernelSize: 4, strides: 4, activation: "leaky_relu" }),
    flatten(),
    dense({ units: 1 }),
  ], { inputShape: [32, 32, 3], name: "judge", seed: 2 });
  const loss = { kind: "binary_crossentropy", fromLogits: true } as const;
  generator.compile({ loss, optimizer: adam({ learningRate: 1e-3, beta1: 0.5 }) });
  discriminator.compile({ loss, optimizer: adam({ learningRate: 1e-3, beta1: 0.5 }) });
  return { generator, discriminator };
}

const data = shapes({ size: 24 });
const options = { batchSize: 8, seed: 3 };

async function trained(epochs: number): Promise<number[]> {
  const nets = networks();
  await trainAdversaries(nets, data, { ...options, epochs });
  return marks(nets);
}

Deno.test("both learn: the judge tells real from made, and each changes only its own weights", async () => {
  const nets = networks(), before = marks(nets)[0];
  const logs: number[] = [];
  await trainAdversaries(nets, data, {
    ...options,
    epochs: 12,
    onEpochEnd: (_epoch, { discriminator }) => void logs.push(discriminator),
  });
  assert.ok(logs.at(-1)! < logs[0], `${logs}`);
  assert.notDeepEqual(marks(nets)[0], before);
  for (const { gradient } of nets.discriminator.parameters) {
    assert.ok(gradient.view.every(Number.isFinite));
  }
});

Deno.test("the same bits again, and on one thread and two", async () => {
  const first = await trained(2);
  assert.deepEqual(await trained(2), first);
  if (!TWO_THREADS) return;
  setThreads(1);
  const one = await trained(2);
  setThreads(navigator.hardwareConcurrency);
  assert.deepEqual(one, first);
});

Deno.test("a run that is stopped and goes on ends with the bits of one that was not", async () => {
  const whole = await trained(2), nets = networks();
  const controller = new AbortController();
  const stopped = await trainAdversaries(nets, data, {
    ...options,
    epochs: 2,
    signal: controller.signal,
    onBatchEnd: ({ epoch, batch }) => {
      if (epoch === 1 && batch === 0) controller.abort();
    },
  });
  assert.deepEqual(stopped, { epoch: 1, batch: 1 });
  await trainAdversaries(nets, data, {
    ...options,
    epochs: 2,
    initialEpoch: stopped!.epoch,
    initialBatch: stopped!.batch,
  });
  assert.deepEqual(marks(nets), whole);
});

Deno.test("networks that do not fit, or are not compiled, are refused", async () => {
  const { generator, discriminator } = networks();
  const small = sequential([dense({ units: 4 })], { inputShape: [8] });
  const wide = sequential([flatten(), dense({ units: 2 })], { inputShape: [32, 32, 3] });
  const bare = sequential([flatten(), dense({ units: 1 })], { inputShape: [32, 32, 3] });
  const pairs: [Adversaries, RegExp][] = [
    [{ generator: small, discriminator }, /makes \[4\]/],
    [{ generator, discriminator: wide }, /one number, not \[2\]/],
    [{ generator, discriminator: bare }, /compiled first/],
  ];
  for (const [nets, message] of pairs) {
    await assert.rejects(trainAdversaries(nets, slice(data, 0, 8)), (error: Error) => {
      assert.ok(error instanceof DeconvError, error.stack);
      assert.match(error.message, message);
      return true;
    });
  }
});
