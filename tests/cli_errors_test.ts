import assert from "node:assert/strict";
import { join } from "node:path";
import { conv2d, dense, type Layer, saveModel, sequential } from "../mod.ts";
import { filesIn, run, runProcess, SMALL, withFolder } from "./harness/cli.ts";

/** A command that must fail, in a folder of its own that must be as before. */
interface Failure {
  args: string[];
  code: 1 | 2;
  error: RegExp;
}

/** Records of CIFAR-10: a label and 3072 bytes. */
function records(...labels: number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * 3073);
  labels.forEach((label, i) => bytes[i * 3073] = label);
  return bytes;
}

/** Makes everything that can be wrong with data and models; returns the folder's path of a name. */
async function wrongThings(folder: string): Promise<(name: string) => string> {
  const at = (...names: string[]) => join(folder, ...names);
  const data = (name: string, files: Record<string, Uint8Array>) => {
    Deno.mkdirSync(at(name));
    for (const [file, bytes] of Object.entries(files)) Deno.writeFileSync(at(name, file), bytes);
  };
  const good = records(0, 1, 2);
  data("empty", {});
  data("no-test", { "data_batch_1.bin": good });
  data("truncated", { "data_batch_1.bin": good.subarray(0, -1), "test_batch.bin": good });
  data("no-pictures", { "data_batch_1.bin": good, "test_batch.bin": new Uint8Array() });
  data("label", { "data_batch_1.bin": records(0, 10, 2), "test_batch.bin": good });
  Deno.writeTextFileSync(at("file"), "not a folder");

  const model = async (name: string, layer: Layer) =>
    await saveModel(sequential([layer], { name: "odd" }), at(name));
  await model("small.model", conv2d({ filters: 2, kernelSize: 1, inputShape: [16, 16, 3] }));
  await model("dense.model", dense({ units: 2, inputShape: [10] }));
  await model("fits.model", conv2d({ filters: 2, kernelSize: 1, inputShape: [32, 32, 3] }));
  const bytes = Deno.readFileSync(at("fits.model"));
  const flipped = bytes.slice();
  flipped[flipped.length - 3] ^= 4;
  Deno.writeFileSync(at("flipped.model"), flipped);
  Deno.writeFileSync(at("cut.model"), bytes.subarray(0, -5));
  Deno.writeFileSync(at("empty.model"), new Uint8Array());
  Deno.writeFileSync(at("picture.model"), new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]));
  const foreign = new TextEncoder().encode("\x02\0\0\0\0\0\0\0{}");
  Deno.writeFileSync(at("foreign.model"), foreign);
  return at;
}

/** The commands and what becomes of them. */
function failures(at: (name: string) => string): Failure[] {
  const train = (...args: string[]) => ["train", ...SMALL, "--out", at("run"), ...args];
  const usage = (args: string[], error: RegExp): Failure => ({ args, code: 2, error });
  const wrong = (args: string[], error: RegExp): Failure => ({ args, code: 1, error });
  const epochs = (text: string) =>
    usage(train("--epochs", text), /--epochs <count>' argument '.*' is invalid.* at least 1/);
  const models: [name: string, error: RegExp][] = [
    ["nowhere", /"\S*nowhere": there is no such file or folder/],
    ["empty", /"\S*model\.safetensors": there is no such file/],
    ["empty.model", /"\S*empty\.model": it is empty/],
    ["cut.model", /"\S*cut\.model": it is not a sound safetensors file: .* is the file cut\?/],
    ["picture.model", /"\S*picture\.model": it is of no known format \(safetensors, /],
    ["flipped.model", /"\S*flipped\.model": its checksum does not match/],
    ["foreign.model", /"\S*foreign\.model": .*no network is described in its metadata/],
  ];
  return [
    usage(["frobnicate"], /unknown command 'frobnicate'/),
    usage(["--frob"], /unknown option '--frob'/),
    usage(["train", "--epoch", "1"], /unknown option '--epoch' \(Did you mean --epochs\?\)/),
    usage(["train", "extra"], /too many arguments for 'train'/),
    usage(["render"], /missing required argument 'model'/),
    usage(train("--learning-rate"), /'--learning-rate <rate>' argument missing/),
    ...["0", "abc", "-1", "1.5", "", "0x10", "1e400"].map(epochs),
    usage(train("--batch-size", "0"), /Give a whole number of at least 1/),
    usage(train("--learning-rate", "0"), /Give a number above 0/),
    usage(train("--learning-rate", "NaN"), /Give a number above 0/),
    usage(train("--threads", "0"), /Give a whole number of at least 1/),
    usage(train("--size", "0"), /Give a whole number from 1 to 4096/),
    usage(train("--seed", "-1"), /Give a whole number of at least 0/),
    usage(train("--images", "65"), /Give a whole number from 1 to 64/),
    usage(train("--grid", "2"), /Give rows and columns, such as 2x2/),
    usage(train("--colormap", "jet"), /Allowed choices are gray, viridis/),
    usage(train("--normalize", "all"), /Allowed choices are filter, layer/),
    usage(train("--resume", at("run")), /cannot be used with option/),

    wrong(train("--preset", "nope"), /no preset "nope"; there are deconv-autoencoder, article-cnn/),
    usage(train("--augment", "flip,flop"), /no transformation "flop"; there are .*zoom/),
    usage(train("--augment", "crop:padding=x"), /crop with padding x/),
    wrong(train("--augment", "crop:size=16"), /\[16,16,3\]/),
    wrong(train("--loss", "nope"), /no loss "nope"; there are binary_crossentropy/),
    wrong(
      train("--loss", "sparse_categorical_crossentropy"),
      /mse compares values, and the loss takes class/,
    ),
    wrong(train("--optimizer", "nope"), /no optimizer "nope"; there are sgd, adam/),
    wrong(train("--threads", "9999"), /Cannot use 9999 threads: give a whole number from 1 to/),
    wrong(train("--data", at("nowhere")), /folder "\S*nowhere": there is no such path/),
    wrong(train("--data", ""), /data's folder is empty/),
    wrong(train("--data", at("file")), /what data are in "\S*file": looked for a \.npz/),
    wrong(train("--data", at("empty")), /what data are in "\S*empty": looked for .*CIFAR-10/),
    wrong(train("--data", at("no-test")), /there is no test_batch\.bin/),
    wrong(train("--data", at("truncated")), /data_batch_1\.bin as CIFAR-10: its 9218 bytes/),
    wrong(train("--data", at("no-pictures")), /there are no pictures/),
    wrong(train("--data", at("label")), /record 1 of \S*data_batch_1\.bin: its label is 10/),
    wrong(train("--out", at("file")), /folder "\S*file": a file is in the way/),
    wrong(train("--out", join(at("file"), "below")), /folder "\S*below": a file is in the way/),
    wrong(train("--out", ""), /run's folder is empty/),
    wrong(train("--batch-size", "1000000", "--samples", "1000000"), /Not enough memory/),
    wrong(
      train("--learning-rate", "1e30"),
      /the loss became NaN in epoch 1, batch 2 of 2: .*; try/,
    ),
    wrong(
      train("--learning-rate", "1e30", "--batch-size", "16"),
      /val_loss became NaN in epoch 1, batch 1 of \d+ of the validation: first in the output of layer/,
    ),
    wrong(
      train("--learning-rate", "1e20", "--optimizer", "sgd", "--loss", "mse"),
      /the loss became (NaN|Infinity)/,
    ),
    ...models.map(([name, error]) => wrong(["render", at(name)], error)),
    ...models.map(([name, error]) => wrong(["train", "--resume", at(name)], error)),
    wrong(["train", "--resume", at("fits.model")], /fits\.model": it was not saved by a training/),
    wrong(["render", at("small.model")], /takes inputs of shape \[16,16,3\].* are \[32,32,3\]/),
    wrong(["render", at("dense.model")], /takes inputs of shape \[10\].* are \[32,32,3\]/),
    wrong(["render", at("fits.model"), "--out", at("file")], /a file is in the way/),
    wrong(["render", at("fits.model"), "--out", at("run"), "--data", at("file")], /Cannot tell/),
  ];
}

Deno.test("every mistake gets one clear line and its exit code, and nothing is left behind", () =>
  withFolder(async (folder) => {
    const at = await wrongThings(folder);
    const before = filesIn(folder);
    for (const { args, code, error } of failures(at)) {
      const what = args.join(" ");
      const result = await run(...args);
      assert.equal(result.code, code, `${what}\n${result.err}`);
      assert.match(result.err, /^error: .+$/, what);
      assert.match(result.err, error, what);
      assert.deepEqual(filesIn(folder), before, what);
    }
  }));

Deno.test("no command at all gives the help and code 2", async () => {
  const { code, out, err } = await run();
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(err, /^Usage: deconv /);
});

Deno.test("a process ends with the code, the line on stderr and no stack", () =>
  withFolder(async (folder) => {
    const wrong = await runProcess(["train", "--preset", "nope"], folder);
    assert.equal(wrong.code, 1);
    assert.equal(wrong.out, "");
    assert.match(wrong.err, /^error: There is no preset "nope"; .+$/);
    const usage = await runProcess(["train", "--frob"], folder);
    assert.equal(usage.code, 2);
    assert.match(usage.err, /^error: unknown option '--frob'.*$/);
    assert.deepEqual(filesIn(folder), []);
  }));

Deno.test("a model that is there already stays as it is, whatever goes wrong", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run"), path = join(out, "model.safetensors");
    assert.equal((await run("train", ...SMALL, "--epochs", "1", "--out", out)).code, 0);
    const before = Deno.readFileSync(path), files = filesIn(out);
    const expectKept = async (error: RegExp, ...args: string[]) => {
      const result = await run(...args);
      assert.equal(result.code, 1, result.err);
      assert.match(result.err, error);
      assert.deepEqual(Deno.readFileSync(path), before);
      assert.deepEqual(filesIn(out), files);
    };
    await expectKept(/already holds a model: give --out another folder, or .*--resume/, ...[
      "train",
      ...SMALL,
      "--out",
      out,
    ]);
    await expectKept(
      /complete with its 1 epochs: give --epochs a larger/,
      "train",
      "--resume",
      out,
    );
    await expectKept(/there is no such path/, ...[
      "train",
      "--resume",
      out,
      "--epochs",
      "2",
      "--data",
      join(folder, "nowhere"),
    ]);
  }));

Deno.test("a run that cannot save any more says so and keeps what it saved before", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    Deno.mkdirSync(join(out, "metrics.csv"), { recursive: true }); // a folder is in the way
    const { code, err } = await run("train", ...SMALL, "--epochs", "1", "--out", out);
    assert.equal(code, 1);
    assert.match(err, /^error: Cannot write "\S*metrics\.csv": it is a folder$/);
    assert.deepEqual(filesIn(folder), ["run/metrics.csv/"]);
  }));
