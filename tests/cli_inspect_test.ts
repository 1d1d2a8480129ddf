/** The commands inspect and convert: what they print, what they read, what they refuse. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  batchNormalization,
  conv2d,
  conv2dTranspose,
  dense,
  encodeKeras,
  encodeModel,
  flatten,
  input,
  inspectModel,
  inspectModelFile,
  loadModel,
  type Model,
  model,
  reflectionPadding2d,
  sampling,
  saveModel,
  separableConv2d,
  sequential,
} from "../mod.ts";
import { refusal } from "./harness/data_files.ts";
import { command, filesIn, run, withFolder } from "./harness/cli.ts";

function small(): Model {
  return sequential([
    conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", inputShape: [8, 8, 3] }),
    batchNormalization(),
    conv2dTranspose({ filters: 2, kernelSize: 4, strides: 2, padding: "same" }),
    separableConv2d({ filters: 3, kernelSize: 3 }),
    flatten(),
    dense({ units: 5 }),
  ], { name: "small" });
}

Deno.test("inspect prints layers, parameters, operations and texts in 80 columns", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a".repeat(70) + ".safetensors"), net = small();
    await saveModel(net, path, { data: "generated ".repeat(20), "odd\nkey": "odd\u001btext" });
    const { code, out } = await run("inspect", path);
    assert.equal(code, 0);
    const lines = out.split("\n");
    assert.deepEqual(lines.filter((line) => line.length > 80), []);
    assert.match(out, /^model "small"$/m);
    const flops = [2 * 16 * 9 * 3 * 4, 2 * 16 * 16 * 4 * 2, 2 * 36 * (9 * 2 + 2 * 3), 2 * 108 * 5];
    const sum = flops.reduce((a, b) => a + b);
    assert.ok(
      out.includes(`${net.parameterCount} parameters, ${(sum / 1e3).toPrecision(3)} k flops`),
    );
    assert.match(out, /tensors: \d+ of F32 \(\d+ numbers\)/);
    assert.match(out, /^data: generated /m);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(out, /\u001b/);
    assert.ok(!out.includes("conv2d_1/kernel"));
    assert.match(
      (await run("inspect", path, "--tensors")).out,
      /conv2d_1\/kernel +F32 +\[3,3,3,4\]/,
    );
  }));

Deno.test("of a safetensors file no more than the header is read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "m.safetensors"), bytes = encodeModel(small());
    const { graph, name, size } = await (async () => {
      Deno.writeFileSync(path, bytes);
      return await inspectModelFile(path);
    })();
    assert.deepEqual([graph?.nodes.length, name, size], [6, "small", bytes.length]);
    assert.ok(graph!.nodes.every(({ layer }) => layer.parameters.length === 0));
    const header = 8 + new DataView(bytes.buffer).getUint32(0, true);
    const part = inspectModel(bytes.subarray(0, header), { size: bytes.length });
    assert.deepEqual(part.tensors.length, inspectModel(bytes).tensors.length);
    assert.throws(() => inspectModel(bytes.subarray(0, header)), refusal(/is the file cut\?/));
  }));

Deno.test("convert goes to TensorFlow.js, Keras and back to the same bits", () =>
  withFolder(async (folder) => {
    const at = (name: string) => join(folder, name), net = small();
    await saveModel(net, at("a.safetensors"), { data: "generated" });
    assert.match((await run("convert", at("a.safetensors"), at("model.json"))).out, /6 layers/);
    assert.equal((await run("convert", at("model.json"), at("b.safetensors"))).code, 0);
    const { out: wrote } = await run("convert", at("b.safetensors"), at("named.json"));
    assert.match(wrote, /named\.json and \S*\/named\.weights\.bin: 6 layers, \d/);
    assert.equal((await run("convert", at("b.safetensors"), at("C.KERAS"))).code, 0);
    assert.match((await run("inspect", at("C.KERAS"))).out, /^format Keras \.keras, /m);
    assert.deepEqual(filesIn(folder), [
      "C.KERAS",
      "a.safetensors",
      "b.safetensors",
      "group1-shard1of1.bin",
      "model.json",
      "named.json",
      "named.weights.bin",
    ]);
    const x = {
      shape: [2, 8, 8, 3],
      data: Float32Array.from({ length: 384 }, (_, i) => i % 7 - 3),
    };
    for (const name of ["model.json", "b.safetensors", "named.json", "C.KERAS"]) {
      const again = await loadModel(at(name));
      assert.equal(again.name, "small");
      assert.deepEqual(again.predict(x).data, net.predict(x).data, name);
    }
    assert.match((await run("inspect", at("model.json"))).out, /^data: generated$/m);
    // With no more permissions than the task has.
    const permissions = [`--allow-read=${folder}`];
    const { code, stdout, stderr } = await command(
      ["inspect", at("model.json")],
      folder,
      permissions,
    )
      .output();
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    const out = new TextDecoder().decode(stdout);
    assert.match(out, /model "small"/);
  }));

Deno.test("what cannot be converted or looked into is one line, and writes nothing", () =>
  withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const x = input({ shape: [4] }), y = sampling().apply([x, dense({ units: 4 }).apply(x)]);
    await saveModel(model({ inputs: x, outputs: y }), at("vae.safetensors"));
    await saveModel(
      sequential([reflectionPadding2d({ inputShape: [4, 4, 2] })]),
      at("edge.safetensors"),
    );
    Deno.writeTextFileSync(at("text.txt"), "hello");
    Deno.writeTextFileSync(at("empty.keras"), "");
    const whole = encodeKeras(sequential([dense({ units: 2, inputShape: [3] })]));
    Deno.writeFileSync(at("cut.keras"), whole.subarray(0, 900));
    Deno.writeTextFileSync(
      at("alone.json"),
      JSON.stringify({
        modelTopology: { class_name: "Sequential", config: { layers: [] } },
        weightsManifest: [{ paths: ["../text.txt"], weights: [] }],
      }),
    );
    const before = filesIn(folder);
    const failures: [string[], RegExp][] = [
      [
        ["convert", at("vae.safetensors"), at("m.json")],
        /write sampling "sampling_1" for TensorFlow/,
      ],
      [
        ["convert", at("edge.safetensors"), at("m.json")],
        /write reflection_padding2d .* no such layer/,
      ],
      [
        ["convert", at("vae.safetensors"), at("m.h5")],
        /must be one of \.safetensors, \.onnx, \.keras, \.json/,
      ],
      [["convert", at("none.h5"), at("m.json")], /Cannot read ".*none\.h5": there is no such file/],
      [
        ["convert", at("alone.json"), at("m.json")],
        /names "\.\.\/text\.txt", which is no file beside/,
      ],
      [["inspect", at("text.txt")], /is of no known format \(safetensors, /],
      [["convert", at("text.txt"), at("m.onnx")], /is of no known format \(safetensors, /],
      [["inspect", at("empty.keras")], /Cannot read ".*empty\.keras": it is empty/],
      [["convert", at("cut.keras"), at("m.onnx")], /Cannot read ".*cut\.keras": it is cut short/],
      [["inspect", at("cut.keras")], /Cannot read ".*cut\.keras": it is cut short or damaged/],
      [
        ["convert", at("edge.safetensors"), at("none/m.onnx")],
        /Cannot write ".*none\/m\.onnx": there is no such folder/,
      ],
      [["convert", at("edge.safetensors"), at("./edge.safetensors")], /it is the model to be read/],
      [["inspect", folder], /no such file or folder/],
    ];
    for (const [args, pattern] of failures) {
      const { code, err } = await run(...args);
      assert.equal(code, 1, args.join(" "));
      assert.match(err, pattern);
      assert.ok(!err.includes("\n"), err);
    }
    assert.deepEqual(filesIn(folder), before);
  }));
