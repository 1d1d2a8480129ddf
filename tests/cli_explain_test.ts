/** The explain command. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import {
  conv2d,
  conv2dTranspose,
  dense,
  encodeNpy,
  flatten,
  globalAveragePool2d,
  type Model,
  reshape,
  saveModel,
  sequential,
} from "../mod.ts";
import { METHOD_NAMES } from "../cli/explain_methods.ts";
import { filesIn, run, runProcess, withFolder } from "./harness/cli.ts";
import { randomUniform } from "./harness/random_array.ts";

const classifier = () =>
  sequential([
    conv2d({ filters: 4, kernelSize: 3, strides: 4, activation: "relu", name: "maps" }),
    conv2d({ filters: 4, kernelSize: 3, activation: "relu", name: "deep" }),
    globalAveragePool2d(),
    dense({ units: 12, activation: "softmax" }),
  ], { name: "small", seed: 1, inputShape: [32, 32, 3] });

const autoencoder = () =>
  sequential([
    conv2d({ filters: 2, kernelSize: 3, strides: 4, padding: "same", name: "down" }),
    flatten(),
    dense({ units: 6, activation: "relu", name: "code" }),
    dense({ units: 128 }),
    reshape([8, 8, 2]),
    conv2dTranspose({ filters: 3, kernelSize: 4, strides: 4, activation: "sigmoid", name: "up" }),
  ], { name: "round", seed: 1, inputShape: [32, 32, 3] });

async function saved(net: Model, folder: string): Promise<string> {
  const path = join(folder, "some.model");
  await saveModel(net, path);
  return path;
}

// deno-lint-ignore no-explicit-any
const read = (folder: string): any =>
  JSON.parse(Deno.readTextFileSync(join(folder, "explain.json")));

Deno.test("explain: sheets and every number, beside the model", () =>
  withFolder(async (folder) => {
    const path = await saved(classifier(), folder), out = join(folder, "explain");
    const methods = "saliency,grad-cam,integrated-gradients,random";
    const { code, out: text, err } = await run(
      "explain",
      path,
      "--indices",
      "3,17",
      "--method",
      methods,
    );
    assert.equal(code, 0, err);
    assert.match(
      text,
      /^Explaining the class it finds, of 2 of shapes test, by the input\nmethod /,
    );
    assert.match(text, /\nrandom .*\n {2}does not depend on the weights\n/);
    assert.match(text, /\nNot to be trusted: .*random/);
    for (const line of text.split("\n").slice(0, -2)) assert.ok(line.length <= 80, line);
    assert.deepEqual(
      filesIn(out),
      [...methods.split(",").map((name) => `explain-${name}.png`), "explain.json", "explain.png"]
        .sort(),
    );
    assert.ok(decode(Deno.readFileSync(join(out, "explain.png")), { checkCrc: true }).width > 500);
    const report = read(out);
    assert.deepEqual(report.inputs.map((each: { index: number }) => each.index), [3, 17]);
    assert.equal(report.target.index.length, 2);
    const [saliency, cam, integrated, random] = report.methods;
    assert.deepEqual(saliency.shape, [2, 32, 32, 3]);
    assert.deepEqual(cam.shape, [2, 32, 32]);
    assert.equal(integrated.options.steps, 50);
    assert.equal(integrated.evidence.completeness.length, 2);
    assert.equal(saliency.evidence.completeness, null);
    assert.equal(saliency.evidence.deletion[0].scores.length, 17);
    assert.equal(random.evidence.randomization.similarity, 1);
    assert.deepEqual(random.warnings, ["does not depend on the weights"]);
  }));

Deno.test("explain: all methods, a class by name, without evidence", () =>
  withFolder(async (folder) => {
    const path = await saved(classifier(), folder), out = join(folder, "there");
    const { code, err } = await run(
      ...["explain", path, "--method", "all", "--images", "1", "--evidence", "none", "--quiet"],
      ...["--target", "class:ring", "--layer", "maps", "--out", out, "--normalize", "max"],
      ...["--baseline", "mean", "--alpha", "1", "--colormap", "gray"],
    );
    assert.equal(code, 0, err);
    const { methods, skipped, target, look, layer } = read(out);
    assert.deepEqual(skipped, []);
    assert.deepEqual(methods.map(({ name }: { name: string }) => name), METHOD_NAMES);
    assert.deepEqual([target.kind, target.index], ["class", [1]]);
    assert.deepEqual([look.normalize, look.alpha, look.colormap, layer], [
      "max",
      1,
      "gray",
      "maps",
    ]);
  }));

Deno.test("explain: of an autoencoder the error; pixels and units, by its code", () =>
  withFolder(async (folder) => {
    const path = await saved(autoencoder(), folder), out = join(folder, "explain");
    const options = ["--images", "1", "--evidence", "none"];
    const first = await run("explain", path, ...options);
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /Explaining the squared error against the input/);
    assert.match(first.out, /grad-cam: left out\. /);
    assert.equal(read(out).skipped.length, 1);
    const pixels = ["--target", "pixels:4,5,2,3:1", "--of", "code", "--method", "saliency"];
    const second = await run("explain", path, ...options, ...pixels);
    assert.match(
      second.out,
      /2×3 output pixels at row 4, column 5, channel 1, .* by code/,
      second.err,
    );
    const report = read(out);
    assert.deepEqual(report.methods[0].shape, [1, 6]);
    assert.deepEqual(report.target.region, { top: 4, left: 5, height: 2, width: 3 });
    const unit = await run("explain", path, ...options, "--target", "unit:down:1:2,3");
    assert.match(unit.out, /Explaining down, channel 1, at 2, 3, of/, unit.err);
  }));

Deno.test("explain: a generator's middle, by its latent numbers", () =>
  withFolder(async (folder) => {
    const net = sequential([
      dense({ units: 64, activation: "relu" }),
      reshape([8, 8, 1]),
      conv2dTranspose({ filters: 1, kernelSize: 2, strides: 2, activation: "sigmoid" }),
    ], { inputShape: [20] });
    const path = await saved(net, folder), data = join(folder, "latent.npy");
    Deno.writeFileSync(data, encodeNpy(randomUniform([40, 20], 1)));
    const { code, out, err } = await run("explain", path, "--data", data, "--images", "2");
    assert.equal(code, 0, err);
    assert.match(out, /2×2 output pixels at row 7, column 7/);
    assert.deepEqual(read(join(folder, "explain")).methods[0].shape, [2, 20]);
  }));

Deno.test("explain: mistakes are one line that says what there is", () =>
  withFolder(async (folder) => {
    const path = await saved(classifier(), folder);
    const mistakes: [string[], RegExp, number?][] = [
      [["--method", "nose"], /no method "nose"; there are all, saliency, /],
      [["--target", "nose"], /no target "nose"; there are class, /],
      [["--target", "class:nose"], /no class "nose"; there are numbers, and disc, ring/],
      [["--target", "class:12"], /index must be from 0 to 11/],
      [["--target", "unit:nose"], /no layer or input "nose"/],
      [["--target", "pixels:1,1"], /no target "pixels:1,1"/],
      [["--method", "grad-cam", "--layer", "nose"], /no layer or input "nose"/],
      [["--method", "grad-cam", "--of", "maps"], /grad-cam is a map of the input/],
      [["--of", "nose"], /no layer or input "nose"/],
      [["--indices", "99999"], /Cannot read picture 99999/],
      [["--alpha", "2"], /from 0 to 1/, 2],
      [["--baseline", "black"], /mean or blur/, 2],
    ];
    for (const [options, message, expected = 1] of mistakes) {
      const { code, err } = await run("explain", path, "--images", "1", ...options);
      assert.equal(code, expected, options.join(" "));
      assert.match(err, message);
      assert.ok(!err.includes("\n"), err);
      assert.deepEqual(filesIn(folder), ["some.model"], options.join(" "));
    }
  }));

Deno.test("explain: help in 80 columns", async () => {
  const { out } = await run("explain", "--help");
  for (const line of out.split("\n")) assert.ok(line.length <= 80, line);
  // The help names every method.
  const flat = out.replaceAll(/\s+/g, " ");
  for (const name of METHOD_NAMES.filter((name) => !name.endsWith("-flat"))) {
    assert.ok(flat.includes(name), name);
  }
});

Deno.test("explain: as a process with the task's permissions", () =>
  withFolder(async (folder) => {
    await saved(classifier(), folder);
    const { code, err } = await runProcess(
      ["explain", "some.model", "--images", "1", "--method", "saliency"],
      folder,
    );
    assert.equal(code, 0, err);
  }));
