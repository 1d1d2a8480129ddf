/** A worker thread that dies in the middle of a computation: said in a line, and what was saved stays. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { loadModel } from "../mod.ts";
import { withFolder } from "./harness/cli.ts";
import { ROOT, runScript } from "./harness/scripts.ts";

Deno.test({
  name: "a dead worker ends a run with one line; the model of the epoch before is whole",
  ignore: navigator.hardwareConcurrency < 2,
  fn: () =>
    withFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      // A thief among the threads takes a part of the work, and dies as a worker does that crashes.
      const { code, output, errors, killed } = await runScript(
        `
        import { MEMORY_MAP } from "${ROOT}core/wasm/memory.ts";
        import { runtime } from "${ROOT}core/wasm/runtime.ts";
        import { DeconvError, modelCheckpoint, preset, setThreads, shapes } from "${ROOT}mod.ts";
        setThreads(2);
        const thief = () => {
          onmessage = ({ data: { memory, map } }) => {
            const words = new Int32Array(memory.buffer), wide = new BigInt64Array(memory.buffer);
            for (let taken = false; !taken;) {
              const ticket = Atomics.load(wide, map.TICKET >> 3);
              if (BigInt.asIntN(32, ticket) < 1n) continue;
              taken = Atomics.compareExchange(wide, map.TICKET >> 3, ticket, ticket - 1n) === ticket;
            }
            Atomics.store(words, map.FAILED >> 2, 1);
            Atomics.notify(words, map.DONE >> 2);
            close();
          };
        };
        const source = new Blob(["(" + thief + ")()"], { type: "application/javascript" });
        const net = preset("article-text").build({ seed: 1 });
        net.compile({ loss: "mse" });
        try {
          await net.fitDataset(shapes({ size: 256 }), {
            target: "input", epochs: 1000, batchSize: 64,
            callbacks: [modelCheckpoint({ path: ${JSON.stringify(path)} })],
            onEpochEnd: (epoch) => {
              if (epoch !== 1) return;
              const worker = new Worker(URL.createObjectURL(source), { type: "module" });
              worker.postMessage({ memory: runtime().memory, map: MEMORY_MAP });
            },
          });
        } catch (error) {
          console.log(error instanceof DeconvError, error.message);
        }`,
        [
          `--config=${new URL("deno.json", ROOT).pathname}`,
          "--allow-read",
          `--allow-write=${folder}`,
        ],
      );
      assert.ok(!killed, "it hangs");
      assert.equal(code, 0, errors);
      assert.match(
        output,
        /^true A worker thread crashed in the middle of a computation: start the program again \(with --threads 1 if it happens again\)\n$/,
      );
      const { progress } = await loadModel(path);
      assert.ok(progress.epoch >= 2 && progress.batch === 0, JSON.stringify(progress));
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [
        "model.safetensors",
      ]);
    }),
});
