import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import { barLine, clock, epochLines, logsText } from "../cli/progress.ts";
import { loadModelFile, PRESET_NAMES } from "../mod.ts";
import { filesIn, run, runProcess, SMALL, withFolder } from "./harness/cli.ts";

const PICTURES = [
  "activations-conv1.png",
  "activations-conv2.png",
  "activations-deconv1.png",
  "activations-deconv2.png",
  "filters-conv1.png",
  "filters-conv2.png",
  "filters-deconv1.png",
  "filters-deconv2.png",
  "loss.png",
  "loss.svg",
  "overview.png",
  "reconstruction.png",
];

Deno.test("an epoch's figures keep to 80 columns", () => {
  assert.equal(
    epochLines("epoch 1/5", { loss: 0.5, val_loss: 0.25 }, "0:07"),
    [
      "epoch 1/5  loss 0.5000  val_loss 0.2500  0:07",
    ].join("\n"),
  );
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`some_metric_${i}`, i / 7]));
  const lines = epochLines("epoch 12/40", many, "1:02").split("\n");
  assert.ok(lines.length > 2 && lines.every((line) => line.length <= 80), lines.join("\n"));
  assert.ok(lines.slice(1).every((line) => line.startsWith("  ")));
  assert.ok(lines.at(-1)!.endsWith("1:02"));
});

Deno.test("train leaves the model, the losses and every picture, and says what to open", () =>
  withFolder(async (folder) => {
    const out = join(folder, "deep", "run");
    const { code, out: text, err } = await run("train", ...SMALL, "--epochs", "2", "--out", out);
    assert.equal(err, "");
    assert.equal(code, 0);
    assert.deepEqual(filesIn(out), [...PICTURES, "metrics.csv", "model.safetensors"].sort());
    const lines = text.split("\n");
    assert.equal(lines.at(-1), `Open ${join(out, "overview.png")}`);
    assert.match(text, /^epoch 2\/2 {2}loss \d.* {2}val_loss \d/m);
    const last = /^epoch 2\/2.* val_loss (\S+)/m.exec(text)![1];
    assert.match(text, new RegExp(`^test {2}loss ${last} {2}mse`, "m"));
    for (const line of lines.filter((line) => !line.includes(folder))) {
      assert.ok(line.length <= 80, `longer than 80 columns: ${line}`);
    }

    const table = Deno.readTextFileSync(join(out, "metrics.csv")).trim().split("\n");
    assert.equal(table[0], "epoch,loss,mse,val_loss,val_mse,seconds");
    assert.deepEqual(table.slice(1).map((row) => row.split(",")[0]), ["1", "2"]);
    for (const name of PICTURES.filter((name) => name.endsWith(".png"))) {
      assert.ok(decode(Deno.readFileSync(join(out, name)), { checkCrc: true }).width > 100, name);
    }
    const { model } = await loadModelFile(join(out, "model.safetensors"));
    assert.equal(model.name, "article-text");
    assert.deepEqual(model.progress, { epoch: 2, batch: 0 });
  }));

Deno.test("train numbers its folders, needs no permission but to read and write, and can be quiet", () =>
  withFolder(async (folder) => {
    Deno.mkdirSync(join(folder, "out", "article-text-1"), { recursive: true });
    const args = ["train", ...SMALL, "--epochs", "1", "--quiet"];
    const { code, out, err } = await runProcess(args, folder);
    assert.deepEqual({ code, out, err }, {
      code: 0,
      out: `Open ${join("out", "article-text-2", "overview.png")}`,
      err: "",
    });
    assert.deepEqual(filesIn(join(folder, "out")), [
      "article-text-1/",
      ...[...PICTURES, "metrics.csv", "model.safetensors"].sort()
        .map((name) => `article-text-2/${name}`),
    ]);
  }));

Deno.test("the seed decides the weights, and loss and optimizer are those asked for", () =>
  withFolder(async (folder) => {
    const train = async (name: string, ...more: string[]) => {
      const out = join(folder, name);
      const { code, err } = await run("train", ...SMALL, "--epochs", "1", "--out", out, ...more);
      assert.equal(code, 0, err);
      return (await loadModelFile(join(out, "model.safetensors"))).model;
    };
    const first = await train("a", "--seed", "7", "--loss", "mse", "--optimizer", "sgd");
    const again = await train("b", "--seed", "7", "--loss", "mse", "--optimizer", "sgd");
    const other = await train("c", "--seed", "8", "--loss", "mse", "--optimizer", "sgd");
    const weights = (model: typeof first) => model.getWeights("conv1/kernel").data;
    assert.deepEqual(weights(first), weights(again));
    assert.notDeepEqual(weights(first), weights(other));
    assert.equal(first.compiled!.losses[0].kind, "mse");
    assert.equal(first.compiled!.optimizer.kind, "sgd");
    assert.equal(first.compiled!.optimizer.iterations, 2);
  }));

Deno.test("help fits 80 columns and names every preset", async () => {
  for (const args of [["--help"], ["help"], ["train", "--help"], ["render", "--help"]]) {
    const { code, out, err } = await run(...args);
    assert.equal(code, 0);
    assert.equal(err, "");
    assert.match(out, /^Usage: deconv /);
    for (const line of out.split("\n")) {
      assert.ok(line.length <= 80, `longer than 80 columns: ${line}`);
    }
  }
  const { out } = await run("train", "--help");
  for (const name of PRESET_NAMES) assert.ok(out.includes(`\n  ${name} `), name);
  const config = new URL("../deno.json", import.meta.url);
  const { version } = JSON.parse(Deno.readTextFileSync(config));
  assert.equal((await run("--version")).out, version);
});

Deno.test("the progress bar keeps to one line of a terminal", () => {
  const head = "epoch 1000/1000", tail = "1234567 pictures/s  loss 1.23e+20  12:34:56 left";
  for (const columns of [20, 40, 60, 80, 81, 120, 200]) {
    for (const share of [0, 0.004, 0.5, 0.999, 1]) {
      assert.ok(barLine({ head, share, tail }, columns).length < columns, `${columns} columns`);
    }
  }
  const state = { head: "epoch 1/2", tail: "9 pictures/s  loss 0.5000  0:01 left" };
  assert.equal(
    barLine({ ...state, share: 0.5 }, 80),
    "epoch 1/2 ━━━━━━━━━━━━────────────  50%  9 pictures/s  loss 0.5000  0:01 left",
  );
  assert.match(barLine({ ...state, share: 1 }, 80), /^epoch 1\/2 ━+ 100% /);
  assert.equal(
    barLine({ ...state, share: 0 }, 56),
    "epoch 1/2   0%  9 pictures/s  loss 0.5000  0:01 left",
  );
});

Deno.test("losses and times are short whatever they are", () => {
  assert.equal(logsText({ loss: 0.58123, mse: 0 }), "loss 0.5812  mse 0.0000");
  assert.equal(logsText({ a: 1e-5, b: 123456.7, c: -2 }), "a 1.00e-5  b 1.23e+5  c -2.0000");
  assert.deepEqual([0, 65, 3599.6, 36000].map(clock), ["0:00", "1:05", "1:00:00", "10:00:00"]);
});
