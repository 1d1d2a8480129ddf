import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { decode } from "fast-png";
import {
  activation,
  add,
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  dense,
  flatten,
  input,
  type Model,
  model,
  preset,
  reshape,
  saveModel,
  separableConv2d,
  sequential,
} from "../mod.ts";
import { filesIn, run, withFolder } from "./harness/cli.ts";

/** Renders a model into a folder of its own; gives the files' bytes by name. */
async function render(
  net: Model,
  folder: string,
  ...options: string[]
): Promise<Map<string, Uint8Array>> {
  const path = join(folder, "some.model"), out = join(folder, "pictures");
  await saveModel(net, path);
  const { code, out: text, err } = await run("render", path, "--out", out, ...options);
  assert.equal(code, 0, err);
  const names = filesIn(out);
  assert.equal(
    text,
    `Made ${names.length} pictures. Open ${join(out, "overview.png")}`,
  );
  const files = new Map(names.map((name) => [name, Deno.readFileSync(join(out, name))]));
  Deno.removeSync(out, { recursive: true });
  for (const [name, bytes] of files) {
    assert.ok(decode(bytes, { checkCrc: true }).width > 100, name);
  }
  return files;
}

/** Two layers on pictures, not trained. */
const small = () =>
  sequential([
    conv2d({ filters: 6, kernelSize: 3, strides: 2, name: "down", inputShape: [32, 32, 3] }),
    conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, name: "up", activation: "sigmoid" }),
  ], { name: "small", seed: 1 });

const NAMES = [
  "activations-down.png",
  "activations-up.png",
  "filters-down.png",
  "filters-up.png",
  "overview.png",
  "reconstruction.png",
];

/** The names whose pictures differ. */
function changed(a: Map<string, Uint8Array>, b: Map<string, Uint8Array>): string[] {
  assert.deepEqual([...a.keys()], [...b.keys()]);
  return [...a.keys()].filter((name) => Buffer.compare(a.get(name)!, b.get(name)!) !== 0);
}

Deno.test("options change the pictures they say, and nothing else", () =>
  withFolder(async (folder) => {
    const plain = await render(small(), folder, "--images", "2");
    assert.deepEqual([...plain.keys()], NAMES);
    assert.deepEqual(changed(plain, await render(small(), folder, "--images", "2")), []);

    const sheets = NAMES.slice(0, 4);
    const looks = new Map<string, Map<string, Uint8Array>>();
    for (const colormap of ["gray", "viridis", "magma", "blue-white-red"]) {
      const look = await render(small(), folder, "--images", "2", "--colormap", colormap);
      const others = [...looks.values()];
      for (const other of others) assert.deepEqual(changed(look, other), sheets, colormap);
      looks.set(colormap, look);
    }
    const own = await render(small(), folder, "--images", "2", "--normalize", "filter");
    const shared = await render(small(), folder, "--images", "2", "--normalize", "layer");
    // The last layer's activations are shown as pictures, which have no scale.
    assert.deepEqual(
      changed(own, shared),
      NAMES.filter((name) => sheets.includes(name) && name !== "activations-up.png"),
    );
    const more = await render(small(), folder, "--images", "20");
    assert.deepEqual(changed(plain, more), [
      "activations-down.png",
      "activations-up.png",
      "reconstruction.png",
    ]);
    const one = await render(small(), folder, "--images", "1");
    assert.deepEqual([...one.keys()], NAMES);
  }));

Deno.test("the article's look is gray panels", () =>
  withFolder(async (folder) => {
    const net = preset("article-cnn").build({ seed: 0 });
    const files = await render(net, folder, "--grid", "2x2", "--colormap", "gray");
    const sizes = new Set<string>();
    for (const [name, bytes] of files) {
      if (!/^(filters|activations)-/.test(name)) continue;
      const { data, channels, width, height } = decode(bytes);
      sizes.add(`${width}×${height}`);
      // Left of the middle of the lower half lies panel 2: neither a colour nor one flat gray.
      const grays = new Set<number>();
      for (let y = Math.floor(height * 0.7); y < height * 0.9; y++) {
        for (let x = Math.floor(width * 0.1); x < width * 0.4; x++) {
          const [r, g, b] = data.subarray((y * width + x) * channels);
          assert.ok(r === g && g === b, `${name} has a colour at ${x},${y}`);
          grays.add(r);
        }
      }
      assert.ok(grays.size > 3, `${name} has only ${grays.size} grays`);
    }
    assert.equal(sizes.size, 1, [...sizes].join(" "));
    assert.equal(files.size, 10);
  }));

Deno.test("render puts pictures beside the model, and takes the run's folder for it", () =>
  withFolder(async (folder) => {
    await saveModel(small(), join(folder, "model.safetensors"), { seed: "5" });
    const before = Deno.readFileSync(join(folder, "model.safetensors"));
    const rows = ["epoch,loss,val_loss", "1,0.5,0.6", "2,0.4,0.5", ""].join("\n");
    Deno.writeTextFileSync(join(folder, "metrics.csv"), rows);
    const { code, out, err } = await run("render", `${folder}/`, "--images", "1");
    assert.equal(code, 0, err);
    assert.equal(out, `Made 8 pictures. Open ${join(folder, "overview.png")}`);
    assert.deepEqual(
      filesIn(folder),
      [...NAMES, "loss.png", "loss.svg", "metrics.csv", "model.safetensors"].sort(),
    );
    assert.deepEqual(Deno.readFileSync(join(folder, "model.safetensors")), before);
  }));

Deno.test("vectors, flat outputs, constants and other shapes have their pictures", () =>
  withFolder(async (folder) => {
    const net = sequential([
      conv2d({
        filters: 2,
        kernelSize: 5,
        strides: 4,
        name: "constant",
        kernelInitializer: "zeros",
        inputShape: [32, 32, 3],
      }),
      flatten({ name: "flat" }),
      dense({ units: 12, name: "numbers" }),
      reshape([4, 3], { name: "signals" }),
      flatten({ name: "flat-again" }),
      dense({ units: 1, name: "one" }),
    ]);
    const files = await render(net, folder, "--images", "3");
    assert.deepEqual([...files.keys()], [
      "activations-constant.png",
      "activations-flat-again.png",
      "activations-flat.png",
      "activations-numbers.png",
      "activations-one.png",
      "activations-signals.png",
      "filters-constant.png",
      "filters-numbers.png",
      "filters-one.png",
      "overview.png",
    ]);
    await render(net, folder, "--grid", "2x2", "--normalize", "layer");
  }));

Deno.test("several outputs, shared layers and outputs in the middle have their pictures", () =>
  withFolder(async (folder) => {
    const x = input({ shape: [32, 32, 3] });
    const twice = conv2d({ filters: 3, kernelSize: 3, padding: "same", name: "twice" });
    const middle = twice.apply(x);
    const sum = add({ name: "sum" }).apply([x, twice.apply(middle)]);
    const end = activation("sigmoid", { name: "end" }).apply(sum);
    const side = dense({ units: 2, name: "side" }).apply(flatten({ name: "flat" }).apply(middle));
    const files = await render(model({ inputs: x, outputs: [side, sum, end] }), folder);
    assert.deepEqual([...files.keys()], [
      "activations-end.png",
      "activations-flat.png",
      "activations-side.png",
      "activations-sum.png",
      "activations-twice-2.png",
      "activations-twice.png",
      "filters-side.png",
      "filters-twice.png",
      "overview.png",
      "reconstruction-2.png",
      "reconstruction.png",
    ]);
  }));

Deno.test("signals, both kernels of a separable layer and a tied one have their pictures", () =>
  withFolder(async (folder) => {
    const net = sequential([
      separableConv2d({
        filters: 4,
        kernelSize: 3,
        strides: 4,
        name: "sep",
        inputShape: [32, 32, 3],
      }),
      reshape([64, 4], { name: "row" }),
      conv1d({ filters: 6, kernelSize: 5, strides: 2, padding: "same", name: "enc" }),
      conv1dTranspose({
        filters: 4,
        kernelSize: 5,
        strides: 2,
        padding: "same",
        tiedTo: "enc",
        name: "dec",
      }),
      conv1d({ filters: 2, kernelSize: 1, name: "point" }),
    ]);
    const files = await render(net, folder, "--images", "3");
    assert.deepEqual([...files.keys()], [
      "activations-dec.png",
      "activations-enc.png",
      "activations-point.png",
      "activations-row.png",
      "activations-sep.png",
      "filters-enc.png",
      "filters-point.png",
      "filters-sep-depthwise.png",
      "filters-sep-pointwise.png",
      "overview.png",
    ]);
    await render(net, folder, "--grid", "2x2", "--normalize", "layer");
  }));

Deno.test("a model with several inputs is refused", () =>
  withFolder(async (folder) => {
    const inputs = [input({ shape: [32, 32, 3] }), input({ shape: [32, 32, 3] })];
    const net = model({ inputs, outputs: add().apply(inputs) }, { name: "pair" });
    await saveModel(net, join(folder, "pair.model"));
    const { code, err } = await run("render", join(folder, "pair.model"));
    assert.equal(code, 1);
    assert.match(
      err,
      /^error: pair takes 2 inputs; the command line can use networks that take one$/,
    );
    assert.deepEqual(filesIn(folder), ["pair.model"]);
  }));

Deno.test("a layer's name cannot leave the folder", () =>
  withFolder(async (folder) => {
    const layer = (name: string) => conv2d({ filters: 3, kernelSize: 1, name });
    const net = sequential(
      [layer("../../up"), layer(".."), layer("a b"), layer("a/b"), layer("A_B"), layer("é\n\0")],
      { inputShape: [32, 32, 3], name: "../../model\n" },
    );
    const files = await render(net, folder, "--images", "1");
    assert.deepEqual([...files.keys()].filter((name) => name.startsWith("filters")), [
      "filters-...png",
      "filters-.._.._up.png",
      "filters-A_B-3.png",
      "filters-_.png",
      "filters-a_b-2.png",
      "filters-a_b.png",
    ]);
    assert.deepEqual(filesIn(folder), ["some.model"]);
  }));
