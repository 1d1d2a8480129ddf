/** The doctor command. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import { conv2d, globalAveragePool2d, loadModelFile, saveModel, sequential } from "../mod.ts";
import { filesIn, run, SMALL, withFolder } from "./harness/cli.ts";

Deno.test("doctor: diagnoses a run, prints a table of 80 columns, writes picture and numbers", () =>
  withFolder(async (folder) => {
    const trained = join(folder, "run");
    assert.equal(
      (await run("train", ...SMALL, "--epochs", "1", "--out", trained, "--quiet")).code,
      0,
    );
    const out = join(folder, "doctor");
    const result = await run("doctor", trained, "--images", "8", "--out", out);
    assert.equal(result.code, 0, result.err);
    for (const line of result.out.split("\n").slice(0, -1)) assert.ok(line.length <= 80, line);
    assert.match(result.out, /outputs: {3}holes/);
    assert.match(
      result.out,
      /deconv2: resizeConv2d; or conv2d with icnr and depthToSpace; or kernelSize 4/,
    );
    assert.deepEqual(filesIn(out), ["doctor.json", "doctor.png"]);
    assert.ok(decode(Deno.readFileSync(join(out, "doctor.png"))).width > 400);
    const report = JSON.parse(Deno.readTextFileSync(join(out, "doctor.json")));
    assert.equal(report.outputs.verdict, "holes");
    assert.equal(report.layers.length, 4);
    assert.deepEqual(report.layers[3].overlap, { period: [2, 2], counts: [4, 0, 0, 0] });
  }));

Deno.test("doctor: rewrites, retrains and compares", () =>
  withFolder(async (folder) => {
    const trained = join(folder, "run");
    await run("train", ...SMALL, "--epochs", "1", "--out", trained, "--quiet");
    const out = join(folder, "doctor");
    const result = await run(
      "doctor",
      trained,
      "--images",
      "4",
      "--rewrite",
      "resize",
      "--out",
      out,
    );
    assert.equal(result.code, 0, result.err);
    assert.match(
      result.out,
      /rewritten \(resize\): score of the outputs 0\.\d\d before, 0\.\d\d untrained/,
    );
    assert.deepEqual(filesIn(out), [
      "doctor-rewritten.png",
      "doctor.json",
      "doctor.png",
      "rewritten.safetensors",
    ]);
    const { rewrite } = JSON.parse(Deno.readTextFileSync(join(out, "doctor.json")));
    assert.equal(rewrite.end.outputs.verdict, "clear");
    const { model } = await loadModelFile(join(out, "rewritten.safetensors"));
    assert.equal(model.layer("deconv2").kind, "resize_conv2d");
  }));

Deno.test("doctor: a classifier's gradients; nothing to rewrite", () =>
  withFolder(async (folder) => {
    const path = join(folder, "some.model");
    await saveModel(
      sequential([
        conv2d({ filters: 2, kernelSize: 3, inputShape: [32, 32, 3] }),
        globalAveragePool2d(),
      ]),
      path,
    );
    const { code, out } = await run("doctor", path, "--images", "2");
    assert.equal(code, 0);
    assert.match(out, /outputs: {3}no pictures\ngradients: clear/);
    const refused = await run("doctor", path, "--rewrite", "kernel");
    assert.equal(refused.code, 1);
    assert.match(refused.err, /nothing to rewrite/);
  }));
