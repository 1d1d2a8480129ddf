/** What a run keeps while it goes on, and which of it a run that was ended goes on from. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeSafetensors, preset, saveModel } from "../mod.ts";
import { filesIn, run, SMALL, withFolder } from "./harness/cli.ts";

const STATES = /^(checkpoint|discriminator|model)/;
const statesIn = (folder: string) => filesIn(folder).filter((name) => STATES.test(name));

/** Where the run stood in a file. */
function positionIn(folder: string, name: string): string {
  const { metadata } = decodeSafetensors(Deno.readFileSync(join(folder, name)));
  const { epoch, batch } = JSON.parse(metadata.training);
  return `${epoch}-${batch}`;
}

const RUN = [...SMALL.with(3, "32"), "--images", "1", "--quiet"]; // four batches an epoch

Deno.test("the last states stay, as many as wanted; once complete, only the model", () =>
  withFolder(async (folder) => {
    const files = async (name: string, ...args: string[]) => {
      const out = join(folder, name);
      const result = await run("train", ...RUN, "--epochs", "2", "--out", out, ...args);
      assert.equal(result.code, 0, result.err);
      return statesIn(out);
    };
    assert.deepEqual(await files("a"), ["model.safetensors"]);
    assert.deepEqual(await files("b", "--keep", "1", "--checkpoint-every", "1"), [
      "model.safetensors",
    ]);
    assert.deepEqual(await files("c", "--keep", "3", "--checkpoint-every", "2"), [
      "checkpoint-1-0.safetensors",
      "checkpoint-1-2.safetensors",
      "model.safetensors",
    ]);
    assert.deepEqual(await files("d", "--keep", "2", "--checkpoint-every", "epoch"), [
      "checkpoint-1-0.safetensors",
      "model.safetensors",
    ]);
    const c = join(folder, "c");
    assert.equal(positionIn(c, "checkpoint-1-2.safetensors"), "1-2");
    assert.equal(positionIn(c, "model.safetensors"), "2-0");
  }));

Deno.test("a newest state that is damaged or gone is passed over, to the same end", () =>
  withFolder(async (folder) => {
    const whole = join(folder, "whole"), out = join(folder, "run");
    const train = (...args: string[]) => run("train", ...args);
    assert.equal((await train(...RUN, "--epochs", "3", "--out", whole)).code, 0);
    const model = join(out, "model.safetensors");
    const spoil = [
      (bytes: Uint8Array) => Deno.writeFileSync(model, bytes.with(bytes.length - 9, 77)),
      (bytes: Uint8Array) => Deno.writeFileSync(model, bytes.subarray(0, bytes.length / 2)),
      () => Deno.removeSync(model),
    ];
    for (const damage of spoil) {
      const begun = [...RUN, "--epochs", "2", "--checkpoint-every", "1", "--keep", "2"];
      assert.equal((await train(...begun, "--out", out)).code, 0);
      const bytes = Deno.readFileSync(model);
      damage(bytes);
      Deno.writeTextFileSync(join(out, "model.safetensors.0123abcd.tmp"), "half");
      const again = await train("--resume", out, "--epochs", "3", "--quiet");
      assert.equal(again.code, 0, again.err);
      assert.match(
        again.err,
        /^warning: Cannot read "\S*model\.safetensors": .*; going on from "\S*checkpoint-1-3\.safetensors", saved before it$/,
      );
      assert.deepEqual(filesIn(out), filesIn(whole));
      const tensors = (of: string) =>
        decodeSafetensors(Deno.readFileSync(join(of, "model.safetensors"))).tensors;
      assert.deepEqual(tensors(out), tensors(whole));
      Deno.removeSync(out, { recursive: true });
    }
  }));

Deno.test("a state of one's choice is gone on from by its name; a wrong --checkpoint-every is refused", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run"), saving = ["--checkpoint-every", "1", "--keep", "3"];
    assert.equal((await run("train", ...RUN, "--epochs", "1", "--out", out, ...saving)).code, 0);
    const end = Deno.readFileSync(join(out, "model.safetensors"));
    const state = join(out, "checkpoint-0-2.safetensors");
    assert.equal((await run("train", "--resume", state, "--quiet")).code, 0);
    assert.deepEqual(Deno.readFileSync(join(out, "model.safetensors")), end);
    for (const text of ["0", "0s", "-1", "1h", "1.5s", "s", "", "batch"]) {
      const { code, err } = await run("train", ...RUN, "--checkpoint-every", text);
      assert.equal(code, 2);
      assert.match(err, /Give batches such as 500, seconds such as 30s, or epoch\./);
    }
    assert.equal((await run("train", ...RUN, "--keep", "0")).code, 2);
  }));

Deno.test("a file that names an adversary elsewhere leads nowhere", () =>
  withFolder(async (folder) => {
    const { build, adversary } = preset("dcgan");
    const path = join(folder, "run", "model.safetensors"), shape = [32, 32, 3];
    const generator = build({ shape, seed: 1 }),
      discriminator = adversary!.build({ shape, seed: 2 });
    for (const net of [generator, discriminator]) net.compile({ loss: "mse" });
    Deno.mkdirSync(join(folder, "run"));
    const state = { preset: "dcgan", epochs: 2, batchSize: 2, seed: 0 };
    const metadata = { run: JSON.stringify(state), discriminator: "../elsewhere.safetensors" };
    await saveModel(generator, path, metadata);
    await saveModel(discriminator, join(folder, "elsewhere.safetensors"));
    const { code, err } = await run("train", "--resume", path);
    assert.equal(code, 1);
    assert.match(
      err,
      /^error: Cannot read "\S*run\/elsewhere\.safetensors": there is no such file/,
    );
  }));
