/** Memory that will not be enough is refused before anything is computed, with a batch size that is. */

import assert from "node:assert/strict";
import { fromTensors, preset, trainAdversaries } from "../mod.ts";
import { Plan } from "../core/plan.ts";
import { runtime } from "../core/wasm/runtime.ts";

const REFUSAL =
  /^Not enough memory for a batch size of (\d+): it takes (\d+) MiB, and (\d+) MiB of the \d+ MiB that WebAssembly can address are left; (\d+) would fit$/;

/** A dataset of so many samples that nobody may read. */
const unread = (size: number, shape: number[]) => ({
  ...fromTensors({ shape: [1, ...shape], data: new Float32Array(shape.reduce((a, b) => a * b)) }),
  size,
  read: () => assert.fail("read before it was refused"),
});

/** The figures of a refusal. */
async function figures(action: () => Promise<unknown>): Promise<number[]> {
  let found: number[] = [];
  await assert.rejects(action, ({ message }: Error) => {
    found = REFUSAL.exec(message)?.slice(1).map(Number) ?? assert.fail(message);
    return true;
  });
  return found;
}

Deno.test("fit: the figures are those of the plans, and the size it names fits", async () => {
  const net = preset("article-cnn").build({ seed: 1 });
  net.compile({ loss: "mse" });
  const data = unread(1e6, [32, 32, 3]);
  const used = runtime().arena.used;
  const [batch, takes, left, fits] = await figures(() =>
    net.fitDataset(data, { target: "input", batchSize: 1e5, validation: data })
  );
  assert.equal(batch, 1e5);
  const bytes = (batch: number, rest: number) =>
    [
      { batch, gradients: true },
      ...(rest ? [{ batch: rest, gradients: true }] : []),
      { batch, gradients: false },
    ].reduce((sum, options) => sum + new Plan(net.graph, options, false).bytes, 0);
  assert.ok(Math.abs(bytes(1e5, 0) / 2 ** 20 - takes) < 0.01 * takes, `${takes} MiB`);
  assert.ok(bytes(fits, 1e6 % fits) <= left * 2 ** 20);
  assert.ok(bytes(2 * fits, 0) > left * 2 ** 20, "not far from the most that fits");
  assert.ok(runtime().arena.used - used < 2 ** 20, "nothing was taken");
  // It is no refusal for ever.
  await figures(() => net.fitDataset(data, { target: "input", batchSize: 2 * fits + 2 }));
});

Deno.test("adversaries are refused together, before a picture is read", async () => {
  const { build, adversary, loss } = preset("dcgan");
  const generator = build({ shape: [32, 32, 3], seed: 1 });
  const discriminator = adversary!.build({ shape: [32, 32, 3], seed: 2 });
  for (const net of [generator, discriminator]) net.compile({ loss: loss as "mse" });
  const pictures = unread(1e6, [32, 32, 3]);
  const [, , , fits] = await figures(() =>
    trainAdversaries({ generator, discriminator }, pictures, { batchSize: 1e5 })
  );
  assert.ok(fits > 0 && fits < 1e5);
});
