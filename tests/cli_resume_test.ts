import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeModel, decodeSafetensors, encodeModel, preset, shapes } from "../mod.ts";
import { command, filesIn, run, runProcess, SMALL, withFolder } from "./harness/cli.ts";

const RUN = [
  ...["--preset", "article-text", "--samples", "512", "--batch-size", "8", "--epochs", "3"],
  ...["--augment", "flip,crop:padding=2"],
];

/** The tensors of a saved model. */
function tensorsOf(folder: string) {
  return decodeSafetensors(Deno.readFileSync(join(folder, "model.safetensors"))).tensors;
}

/** The files of a run, without the state before the last, which is there where a batch came between. */
const saved = (folder: string) => filesIn(folder).filter((name) => !/^checkpoint-/.test(name));

/** Starts a run, waits for the end of its first epoch and interrupts it so many times. */
async function interrupted(out: string, cwd: string, signals: Deno.Signal[]) {
  const child = command(["train", ...RUN, "--out", out], cwd).spawn();
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "", sent = false;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    if (sent || !/^epoch 1\/3/m.test(text)) continue;
    sent = true;
    for (const signal of signals) child.kill(signal);
  }
  return { code: (await child.status).code, out: text, err: await errors };
}

Deno.test("an interrupted run saves, and goes on to the very weights of an undisturbed one", () =>
  withFolder(async (folder) => {
    const whole = join(folder, "whole"), parts = join(folder, "parts");
    assert.equal((await run("train", ...RUN, "--out", whole, "--quiet")).code, 0);

    const first = await interrupted(parts, folder, ["SIGINT"]);
    assert.equal(first.code, 130, first.err);
    assert.equal(first.err, "");
    assert.match(first.out, /^Stopped in epoch 2 after \d+ batches, and saved\.$/m);
    assert.ok(first.out.trimEnd().endsWith(`Go on with --resume ${parts}`), first.out);
    assert.deepEqual(saved(parts), ["metrics.csv", "model.safetensors"]);

    const second = await run("train", "--resume", parts, "--threads", "1");
    assert.equal(second.code, 0, second.err);
    assert.match(second.out, /^going on in epoch 2 after \d+ batches$/m);
    assert.deepEqual(tensorsOf(parts), tensorsOf(whole));
    const epochs = (run: string) =>
      Deno.readTextFileSync(join(run, "metrics.csv")).trim().split("\n")
        .map((row) => row.split(",")[0]);
    assert.deepEqual(epochs(parts), ["epoch", "1", "2", "3"]);
  }));

Deno.test("a second Ctrl-C, or SIGTERM, ends with code 130 and leaves nothing half-written", () =>
  withFolder(async (folder) => {
    for (const signals of [["SIGINT", "SIGINT", "SIGINT"], ["SIGTERM"]] as Deno.Signal[][]) {
      const out = join(folder, signals.join("-"));
      const { code, err } = await interrupted(out, folder, signals);
      assert.equal(code, 130, err);
      assert.equal(err, "");
      assert.deepEqual(saved(out), ["metrics.csv", "model.safetensors"]);
      decodeModel(Deno.readFileSync(join(out, "model.safetensors")));
    }
  }));

Deno.test("a model saved in the middle of an epoch goes on to the same bits", async () => {
  const data = shapes({ size: 40 });
  const options = { target: "input", epochs: 2, batchSize: 8, seed: 3 } as const;
  const start = () => {
    const model = preset("article-text").build({ seed: 1 });
    model.compile({ optimizer: "amsgrad", loss: "mse" });
    return model;
  };
  const whole = start();
  await whole.fitDataset(data, options);

  for (const [epoch, batch] of [[0, 0], [0, 2], [0, 4], [1, 0], [1, 3]]) {
    const stopping = new AbortController();
    const model = start();
    const { stopped } = await model.fitDataset(data, {
      ...options,
      signal: stopping.signal,
      onBatchEnd: (at) => {
        if (at.epoch === epoch && at.batch === batch) stopping.abort();
      },
    });
    const { model: again } = decodeModel(encodeModel(model));
    assert.deepEqual(again.progress, stopped);
    const { epoch: initialEpoch, batch: initialBatch } = again.progress;
    await again.fitDataset(data, { ...options, initialEpoch, initialBatch });
    assert.deepEqual(encodeModel(again), encodeModel(whole), `stopped after ${epoch}:${batch}`);
  }
});

Deno.test("a complete run goes on when more epochs are asked for", () =>
  withFolder(async (folder) => {
    const once = join(folder, "once"), twice = join(folder, "twice");
    assert.equal((await run("train", ...SMALL, "--epochs", "2", "--out", once)).code, 0);
    assert.equal((await run("train", ...SMALL, "--epochs", "1", "--out", twice)).code, 0);
    const { code, err } = await run("train", "--resume", twice, "--epochs", "2");
    assert.equal(code, 0, err);
    assert.deepEqual(tensorsOf(twice), tensorsOf(once));
  }));

/** What a saved run says of itself. */
function runOf(folder: string) {
  const { metadata } = decodeSafetensors(Deno.readFileSync(join(folder, "model.safetensors")));
  return JSON.parse(metadata.run);
}

Deno.test("a strict run stays strict when it goes on", () =>
  withFolder(async (folder) => {
    const train = (...args: string[]) => runProcess(["train", ...args], folder);
    const once = await train(...SMALL, "--strict", "--epochs", "2", "--out", "once");
    assert.equal(once.code, 0, once.err);
    assert.match(once.out, /seed 0, strict$/m);
    assert.equal((await train(...SMALL, "--strict", "--epochs", "1", "--out", "twice")).code, 0);
    const again = await train("--resume", "twice", "--epochs", "2");
    assert.equal(again.code, 0, again.err);
    assert.match(again.out, /seed 0, strict$/m);
    const [one, two] = ["once", "twice"].map((name) => join(folder, name));
    assert.equal(runOf(one).strict, true);
    assert.deepEqual(runOf(two), runOf(one));
    assert.deepEqual(tensorsOf(two), tensorsOf(one));
    const render = await runProcess(["render", "twice", "--strict", "--out", "pictures"], folder);
    assert.equal(render.code, 0, render.err);
    assert.equal((await train("--resume", "twice", "--epochs", "3", "--strict")).code, 2);
  }));
