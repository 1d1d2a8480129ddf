/** The atlas command. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import {
  type Atlas,
  conv2d,
  conv2dTranspose,
  encodeNpy,
  type Model,
  preset,
  saveModel,
  sequential,
} from "../mod.ts";
import { randomUniform } from "./harness/random_array.ts";
import { command, filesIn, run, runProcess, withFolder } from "./harness/cli.ts";

const small = () =>
  sequential([
    conv2d({ filters: 6, kernelSize: 3, strides: 2, activation: "relu", name: "down" }),
    conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, name: "up", activation: "sigmoid" }),
  ], { name: "small", seed: 1, inputShape: [32, 32, 3] });

async function saved(net: Model, folder: string): Promise<string> {
  const path = join(folder, "some.model");
  await saveModel(net, path);
  return path;
}

const readAtlas = (path: string): Atlas => JSON.parse(Deno.readTextFileSync(path));

Deno.test("atlas: sheets and numbers of every layer, beside the model", () =>
  withFolder(async (folder) => {
    const path = await saved(small(), folder), out = join(folder, "atlas");
    const { code, out: text, err } = await run("atlas", path, "--images", "40", "--quiet");
    assert.equal(code, 0, err);
    assert.equal(
      text,
      `9 units of 2 layers over 40 pictures (shapes test): 2 sheets. Open ${
        join(out, "atlas-down.png")
      }`,
    );
    assert.deepEqual(filesIn(out), ["atlas-down.png", "atlas-up_linear.png", "atlas.json"]);
    for (const name of filesIn(out).slice(0, 2)) {
      assert.ok(decode(Deno.readFileSync(join(out, name)), { checkCrc: true }).width > 400, name);
    }
    const found = readAtlas(join(out, "atlas.json"));
    assert.deepEqual([found.pictures, found.top], [40, 9]);
    assert.equal(found.classCounts.reduce((a, b) => a + b), 40);
  }));

Deno.test("atlas: chosen layers, and on from where it was stopped", () =>
  withFolder(async (folder) => {
    const path = await saved(small(), folder), out = join(folder, "there");
    const options = ["--images", "20", "--layer", "down", "--top", "4", "--out", out, "--quiet"];
    assert.equal((await run("atlas", path, ...options)).code, 0);
    assert.deepEqual(filesIn(out), ["atlas-down.png", "atlas.json"]);
    const numbers = join(out, "atlas.json"), found = readAtlas(numbers);
    assert.equal(found.layers[0].units[0].strongest.length, 4);
    Deno.writeTextFileSync(numbers, JSON.stringify({ ...found, pictures: 19 }));
    assert.equal((await run("atlas", path, ...options, "--resume")).code, 0);
    assert.equal(readAtlas(numbers).pictures, 20);
    Deno.writeTextFileSync(numbers, "{}");
    const { code, err } = await run("atlas", path, ...options, "--resume");
    assert.deepEqual([code, /it is no atlas/.test(err)], [1, true]);
  }));

Deno.test("atlas: what units see, in 80 columns; odd pictures give numbers alone; mistakes one line", () =>
  withFolder(async (folder) => {
    const path = await saved(small(), folder);
    const fields = await run("atlas", path, "--fields");
    assert.match(fields.out, /down \(conv2d\) .* 3 x 3 .* 2/);
    for (const line of fields.out.split("\n")) assert.ok(line.length <= 80, line);
    const wrong = await run("atlas", path, "--images", "4", "--layer", "nose");
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /^error: .*no layer or input "nose"/);
    assert.deepEqual(filesIn(folder), ["some.model"]);
    assert.equal((await run("atlas", path, "--top", "0")).code, 2);
    const odd = sequential([conv2d({ filters: 2, kernelSize: 3 })], { inputShape: [8, 8, 2] });
    const net = await saved(odd, folder), data = join(folder, "data.npy");
    Deno.writeFileSync(data, encodeNpy(randomUniform([5, 8, 8, 2], 1)));
    const pairs = await run("atlas", net, "--data", data, "--quiet");
    assert.match(pairs.out, /and no sheets/, pairs.err);
    assert.deepEqual(filesIn(join(folder, "atlas")), ["atlas.json"]);
  }));

Deno.test("atlas: as a process with the task's permissions", () =>
  withFolder(async (folder) => {
    await saved(small(), folder);
    const { code, err } = await runProcess(
      ["atlas", "some.model", "--images", "8", "--layer", "down"],
      folder,
    );
    assert.equal(code, 0, err);
  }));

Deno.test("atlas: interrupted it keeps its numbers, and goes on to those of an undisturbed one", () =>
  withFolder(async (folder) => {
    await saved(preset("classifier").build({ seed: 1 }), folder);
    const options = ["atlas", "some.model", "--layer", "relu3", "--sheets", "1", "--top", "2"];
    const child = command([...options, "--out", "parts"], folder).spawn();
    const errors = new Response(child.stderr).text();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "", sent = false;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += part.value;
      if (!sent && /^Looking at 1,000 pictures/.test(text)) child.kill("SIGINT");
      sent = true;
    }
    assert.equal((await child.status).code, 130, await errors);
    assert.match(text, /^Stopped after .* --resume/m);
    assert.deepEqual(filesIn(join(folder, "parts")), ["atlas.json"]);
    assert.ok(readAtlas(join(folder, "parts", "atlas.json")).pictures < 1000);
    for (const more of [["--out", "parts", "--resume"], ["--out", "whole"]]) {
      const { code, err } = await runProcess([...options, ...more, "--quiet"], folder);
      assert.equal(code, 0, err);
    }
    const [parts, whole] = ["parts", "whole"].map((name) => join(folder, name));
    assert.deepEqual(filesIn(parts), filesIn(whole));
    for (const name of filesIn(whole)) {
      const [a, b] = [parts, whole].map((path) => Deno.readFileSync(join(path, name)));
      assert.ok(a.length === b.length && a.every((byte, i) => byte === b[i]), name);
    }
  }));
