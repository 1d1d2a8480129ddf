/** The dream command. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import { conv2d, dense, globalAveragePool2d, preset, saveModel, sequential } from "../mod.ts";
import { filesIn, run, withFolder } from "./harness/cli.ts";

const classifier = () =>
  sequential([
    conv2d({
      filters: 4,
      kernelSize: 3,
      activation: "relu",
      name: "conv",
      inputShape: [12, 12, 3],
    }),
    globalAveragePool2d(),
    dense({ units: 3, activation: "softmax" }),
  ]);

Deno.test("dream: classes, channels and a whole layer, as a sheet and numbers", () =>
  withFolder(async (folder) => {
    const path = join(folder, "some.model"), out = join(folder, "out");
    await saveModel(classifier(), path);
    const common = [path, "--steps", "2", "--out", out, "--colors", "plain"];
    const report = () => JSON.parse(Deno.readTextFileSync(join(out, "dream.json")));
    assert.equal((await run("dream", ...common)).code, 0);
    assert.deepEqual(filesIn(out), ["dream.json", "dream.png"]);
    assert.equal(report().features.length, 3);
    const channels = await run(
      "dream",
      ...common,
      "--layer",
      "conv",
      "--channel",
      "1,3",
      "--count",
      "2",
    );
    assert.equal(channels.code, 0, channels.err);
    assert.match(channels.out, /^channel 1/);
    assert.deepEqual(report().features.map(({ label }: { label: string }) => label), [
      "channel 1",
      "channel 3",
    ]);
    assert.equal(report().features[1].values.length, 2);
    assert.equal(report().features[1].history.length, 2);
    assert.ok(decode(Deno.readFileSync(join(out, "dream.png"))).width > 200);
    assert.equal((await run("dream", ...common, "--layer", "conv", "--whole")).code, 0);
    assert.equal((await run("dream", ...common, "--layer", "conv", "--class", "1")).code, 2);
    assert.equal((await run("dream", ...common, "--channel", "x")).code, 2);
    for (
      const [options, message] of [
        [["--channel", "1"], /Say of which --layer/],
        [["--layer", "nowhere"], /no layer "nowhere"/],
        [["--layer", "conv", "--channel", "9"], /channel must be from 0 to 3/],
        [["--class", "7"], /index must be from 0 to 2/],
        [["--latents", "1"], /does not make pictures from latent numbers/],
      ] as const
    ) {
      const { code, err } = await run("dream", ...common, ...options);
      assert.equal(code, 1);
      assert.match(err, message);
    }
  }));

Deno.test("dream: latents of pictures, of an autoencoder that samples", () =>
  withFolder(async (folder) => {
    const path = join(folder, "some.model"), out = join(folder, "out");
    await saveModel(preset("vae").build({ seed: 0 }), path);
    const { code, out: text, err } = await run(
      "dream",
      path,
      "--latents",
      "2",
      "--steps",
      "5",
      "--out",
      out,
    );
    assert.equal(code, 0, err);
    assert.match(text, /picture 1: error 0\.\d+/);
    const { pictures } = JSON.parse(Deno.readTextFileSync(join(out, "dream.json")));
    assert.equal(pictures.length, 2);
    assert.ok(pictures[0].latent.length > 1);
  }));
