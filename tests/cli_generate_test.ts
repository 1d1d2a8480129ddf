/** `generate`, and runs of generators: what they leave, and that they go on where they stopped. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import { loadModelFile, preset, saveModel } from "../mod.ts";
import { filesIn, run, withFolder } from "./harness/cli.ts";

const DCGAN = ["train", "--preset", "dcgan", "--samples", "16", "--batch-size", "8", "--quiet"];

Deno.test("a run of a generator leaves both networks, samples and walks, and goes on", () =>
  withFolder(async (folder) => {
    const once = join(folder, "once"), twice = join(folder, "twice");
    for (const [out, epochs] of [[once, "2"], [twice, "1"]]) {
      const { code, err } = await run(...DCGAN, "--epochs", epochs, "--out", out);
      assert.equal(code, 0, err);
    }
    const names = filesIn(once);
    for (const name of ["model.safetensors", "samples.png", "walk.png", "loss.png"]) {
      assert.ok(names.includes(name), name);
    }
    assert.deepEqual(names.filter((name) => name.startsWith("discriminator")), [
      "discriminator-2-0.safetensors",
    ]);
    const { code, err } = await run("train", "--resume", twice, "--epochs", "2", "--quiet");
    assert.equal(code, 0, err);
    const weights = async (path: string) => {
      const { model } = await loadModelFile(join(path, "model.safetensors"));
      return model.getWeights("deconv1/kernel").data;
    };
    const [a, b] = [await weights(once), await weights(twice)];
    assert.ok(a.every((value, i) => value === b[i]), "the same bits");
    const table = Deno.readTextFileSync(join(once, "metrics.csv"));
    assert.equal(table.split("\n")[0], "epoch,discriminator,generator,seconds");
  }));

Deno.test("generate: the same samples from a seed, as many and as long as asked for", () =>
  withFolder(async (folder) => {
    const path = join(folder, "vae.safetensors");
    await saveModel(preset("vae").build({ shape: [8, 8, 1], seed: 1 }), path);
    const make = async (...options: string[]) => {
      const out = join(folder, "out");
      const { code, out: text, err } = await run("generate", path, "--out", out, ...options);
      assert.equal(code, 0, err);
      assert.match(text, new RegExp(`Open ${join(out, "samples.png")}$`));
      const files = filesIn(out).map((name) => [name, Deno.readFileSync(join(out, name))] as const);
      Deno.removeSync(out, { recursive: true });
      return new Map(files);
    };
    const first = await make("--count", "6", "--walks", "2", "--steps", "3");
    assert.deepEqual([...first.keys()], ["samples.png", "walk.png"]);
    for (const bytes of first.values()) assert.ok(decode(bytes, { checkCrc: true }).width > 50);
    const size = (bytes?: Uint8Array) => bytes!.length;
    const again = await make("--count", "6", "--walks", "2", "--steps", "3");
    assert.equal(size(again.get("samples.png")), size(first.get("samples.png")));
    assert.deepEqual([...(await make("--walks", "0")).keys()], ["samples.png"]);
  }));

Deno.test("generate refuses networks that make no pictures of latent numbers", () =>
  withFolder(async (folder) => {
    const path = join(folder, "net.safetensors");
    await saveModel(preset("article-cnn").build(), path);
    const { code, err } = await run("generate", path);
    assert.equal(code, 1);
    assert.match(err, /^error: article-cnn does not make pictures from latent numbers: .*$/);
    assert.deepEqual(filesIn(folder), ["net.safetensors"]);
  }));
