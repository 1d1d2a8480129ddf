/** The thread pool: same bits whatever happens to the threads, no hang, and programs that just end. */

import assert from "node:assert/strict";
import { setThreads } from "../mod.ts";
import { columnSums } from "../core/wasm/elementwise.ts";
import { gemm } from "../core/wasm/gemm.ts";
import { MEMORY_MAP } from "../core/wasm/memory.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { ROOT, runScript } from "./harness/scripts.ts";
import { autoencoder, pictures, weightBits } from "./harness/small_nets.ts";
import { awaitWorkers, liveWorkers, onThreads, TWO_THREADS } from "./harness/threads.ts";

/** Trains a little; after each batch the number of threads may change. */
async function train(
  threadsAfter: (batch: number) => number,
): Promise<Record<string, Uint32Array>> {
  const net = autoencoder(1), x = pictures(64);
  net.compile({ loss: "mse" });
  let batch = 0;
  await net.fit(x, x, {
    epochs: 4,
    batchSize: 16,
    onBatchEnd: () => {
      setThreads(threadsAfter(batch++));
      awaitWorkers();
    },
  });
  return weightBits(net);
}

Deno.test({
  name: "threads may come and go in the middle of a run",
  ignore: !TWO_THREADS,
  fn: async () => {
    const alone = await train(() => 1);
    assert.deepEqual(await train((batch) => 1 + batch % 2), alone);
    assert.deepEqual(await train((batch) => batch % 6 < 3 ? 2 : 1), alone);
    setThreads(2);
  },
});

Deno.test("setThreads refuses what is no number of cores", () => {
  for (const count of [0, -1, 1.5, NaN, 65]) assert.throws(() => setThreads(count), /threads/);
});

Deno.test({
  name: "a worker leaves when its lease is over, and comes back for work",
  ignore: !TWO_THREADS,
  fn: async () => {
    const [x, y] = [runtime().allocate(8 * 33), runtime().allocate(33)];
    x.view.fill(1);
    for (let round = 1; round <= 3; round++) {
      onThreads(2, () => columnSums(x, 8, y));
      assert.ok(y.view.every((v) => v === 8 * round));
      for (let tries = 0; liveWorkers() > 0; tries++) {
        assert.ok(tries < 500, "the worker stays");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  },
});

/** Whether the worker took part in one long product: whether it wrote to its own scratch. */
function workerHelps(): boolean {
  const r = runtime(), words = new Int32Array(r.memory.buffer);
  const [m, n, k] = [4096, 128, 512];
  const [a, b, c] = [m * k, k * n, m * n].map((length) => r.allocate(length));
  const product = () => gemm([m, n, k], { block: a, columns: k }, { block: b, columns: n }, c);
  const helped = onThreads(2, () => {
    product(); // now there is scratch
    const scratch = (words[MEMORY_MAP.SCRATCH >> 2] >>> 0) +
      (words[MEMORY_MAP.SCRATCH_STRIDE >> 2] >>> 0);
    const own = new Int32Array(r.memory.buffer, scratch, 512);
    awaitWorkers();
    const clock = new Int32Array(new SharedArrayBuffer(4));
    while (liveWorkers() && !Atomics.load(words, MEMORY_MAP.SLEEPING >> 2)) {
      Atomics.wait(clock, 0, 0, 1);
    }
    own.fill(-1);
    product();
    return own.some((word) => word !== -1);
  });
  for (const block of [a, b, c]) r.release(block);
  return helped;
}

Deno.test({
  name: "a sleeping worker wakes up for work and takes its part",
  ignore: !TWO_THREADS,
  fn: () => {
    // It may be too busy elsewhere to come in time, but not always.
    assert.ok([1, 2, 3, 4, 5].some(workerHelps), "the first thread did everything");
  },
});

Deno.test({
  name: "two hundred thousand tiny calls on two threads, with pauses: none hangs, none is lost",
  ignore: !TWO_THREADS,
  fn: async () => {
    const { code, output, errors, killed } = await runScript(`
      import { columnSums } from "${ROOT}core/wasm/elementwise.ts";
      import { runtime } from "${ROOT}core/wasm/runtime.ts";
      import { setThreads } from "${ROOT}mod.ts";
      setThreads(2);
      const [x, y] = [runtime().allocate(24), runtime().allocate(3)];
      x.view.fill(1);
      for (let i = 1; i <= 200_000; i++) {
        columnSums(x, 8, y);
        // Long enough for the worker to fall asleep, and now and then to leave.
        if (i % 4000 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, i % 40_000 ? 3 : 250);
      }
      console.log([...y.view].join());
    `);
    assert.ok(!killed, "it hung");
    assert.equal(code, 0, errors);
    assert.equal(output, "1600000,1600000,1600000\n");
  },
});

/** Trains a step on data made in memory, and closes nothing. */
const trainOneStep = (mod: string) => `
  import { conv2d, conv2dTranspose, getThreads, sequential, tensor } from "${mod}";
  const net = sequential([
    conv2d({ filters: 16, kernelSize: 3, strides: 2, padding: "same", inputShape: [32, 32, 3] }),
    conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same", activation: "sigmoid" }),
  ]);
  net.compile({ loss: "binary_crossentropy" });
  const x = tensor(Float32Array.from({ length: 16 * 32 * 32 * 3 }, (_, i) => i % 7 / 7), [16, 32, 32, 3]);
  const first = net.trainOnBatch(x, x);
  for (let i = 0; i < 50; i++) net.trainOnBatch(x, x);
  console.log(net.trainOnBatch(x, x) < first, getThreads());
`;

/** Fails unless the script trained on all threads and ended by itself. */
async function expectEnd(mod: string, flags: readonly string[]): Promise<void> {
  const { code, output, errors, killed } = await runScript(trainOneStep(mod), flags);
  assert.ok(!killed, `it did not end by itself; it said ${output}${errors}`);
  assert.equal(errors.replaceAll(/^(Download|Check|Warning).*\n/gm, ""), "");
  assert.equal(code, 0);
  assert.equal(output, `true ${Math.min(64, navigator.hardwareConcurrency)}\n`);
}

Deno.test("a script that closes nothing ends by itself, with no permissions", async () => {
  await expectEnd(`${ROOT}mod.ts`, []);
});

Deno.test("the same with the module imported over http", async () => {
  const asked: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      try {
        const file = await Deno.readFile(new URL(`.${pathname}`, ROOT));
        return new Response(file, { headers: { "content-type": "application/typescript" } });
      } catch {
        return new Response("not found", { status: 404 });
      }
    },
  );
  try {
    const host = `127.0.0.1:${server.addr.port}`;
    await expectEnd(`http://${host}/mod.ts`, [`--allow-import=${host}`, `--reload=http://${host}`]);
    assert.ok(asked.includes("/mod.ts") && asked.includes("/core/wasm/embedded.ts"));
  } finally {
    await server.shutdown();
  }
});
