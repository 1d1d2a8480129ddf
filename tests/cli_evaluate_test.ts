/** `evaluate`: the figures of a saved model, beside a baseline, on the terminal and as JSON. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { encode } from "fast-png";
import { preset, saveModel, shapes } from "../mod.ts";
import { run, SMALL, withFolder } from "./harness/cli.ts";

Deno.test("evaluate says what training said of the test data, and writes it as JSON", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run"), json = join(folder, "figures.json");
    const trained = await run("train", ...SMALL, "--epochs", "1", "--out", out);
    const { code, out: text, err } = await run("evaluate", out, "--samples", "16", "--json", json);
    assert.equal(code, 0, err);
    const said = /^test {2}loss (\S+)/m.exec(trained.out)![1];
    assert.match(text, new RegExp(`^article-text {2}loss ${said} {2}mse`, "m"));
    const { results, size } = JSON.parse(Deno.readTextFileSync(json));
    assert.equal(size, 16);
    assert.equal(results["article-text"].loss.toFixed(4), said);
  }));

Deno.test("evaluate reports a baseline beside the network", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    const options = ["--preset", "super-resolution", "--samples", "16", "--epochs", "1", "--quiet"];
    assert.equal((await run("train", ...options, "--out", out)).code, 0);
    const { code, out: text, err } = await run("evaluate", out, "--samples", "16");
    assert.equal(code, 0, err);
    assert.match(text, /^super-resolution {2}loss .* psnr \d+\.\d+$/m);
    assert.match(text, /^bicubic {11}loss .* psnr \d+\.\d+$/m);
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);

    // Convolutions serve pictures of another size, and of other data all are taken.
    const pictures = join(folder, "pictures"), x = shapes({ size: 3 });
    Deno.mkdirSync(pictures);
    const drawn = new Float32Array(3 * 32 * 32 * 3);
    x.read([0, 1, 2], drawn);
    for (let i = 0; i < 3; i++) {
      const data = Uint8Array.from(drawn.subarray(i * 3072, (i + 1) * 3072), (v) => 255 * v);
      const png = encode({ width: 32, height: 32, channels: 3, data });
      Deno.writeFileSync(join(pictures, `${i}.png`), png);
    }
    const others = await run("evaluate", out, "--data", pictures, "--size", "48");
    assert.equal(others.code, 0, others.err);
    assert.match(others.out, /^3 pictures/);
  }));

Deno.test("evaluate shows which classes are taken for which", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run"), json = join(folder, "figures.json");
    const options = ["--preset", "classifier", "--samples", "24", "--epochs", "1", "--quiet"];
    assert.equal((await run("train", ...options, "--out", out)).code, 0);
    const { code, out: text, err } = await run("evaluate", out, "--samples", "24", "--json", json);
    assert.equal(code, 0, err);
    for (const line of text.split("\n").filter((line) => !line.includes(folder))) {
      assert.ok(line.length <= 80, line);
    }
    const { confusion: { classes, counts } } = JSON.parse(Deno.readTextFileSync(json));
    assert.equal(classes.length, 12);
    assert.equal(counts.flat().reduce((a: number, b: number) => a + b), 24);
    assert.match(text, /checkerboard/);
  }));

Deno.test("evaluate refuses what has no right answers", () =>
  withFolder(async (folder) => {
    const path = join(folder, "net.safetensors");
    await saveModel(preset("article-cnn").build(), path);
    const { code, err } = await run("evaluate", path);
    assert.equal(code, 1);
    assert.match(err, /^error: Cannot evaluate ".*": it was saved without a loss$/);
  }));
