/** Where a model is read from and saved to: paths, URLs and bytes of every kind. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  dense,
  encodeKeras,
  encodeModel,
  encodeOnnx,
  inspectModelFile,
  loadModel,
  type ModelSource,
  sequential,
} from "../mod.ts";
import { filesIn, withFolder } from "./harness/cli.ts";
import { refusal } from "./harness/data_files.ts";

Deno.test("a model is loaded by any path, a file: URL, or bytes of any kind", () =>
  withFolder(async (folder) => {
    const net = sequential([dense({ units: 200, inputShape: [3] })], { name: "small" });
    const inner = join(folder, "ä 日本 %20 #1?"), path = join(inner, "m .bin");
    Deno.mkdirSync(inner);
    const url = pathToFileURL(path);
    for (const bytes of [encodeModel(net), encodeOnnx(net), encodeKeras(net)]) {
      Deno.writeFileSync(path, bytes);
      const sources = [
        path,
        url,
        url.href,
        bytes.slice().buffer,
        new DataView(bytes.slice().buffer),
      ];
      for (const source of sources) {
        assert.equal((await loadModel(source as ModelSource)).name, "small");
      }
      assert.equal((await inspectModelFile(url)).name, "small");
      // Cut anywhere it is refused, and not as what it never was.
      for (const part of [9, bytes.length >> 1, bytes.length - 1]) {
        await assert.rejects(
          loadModel(bytes.subarray(0, part)),
          refusal(/cut|damaged|JSON|fit in/),
        );
      }
    }
    const saved = pathToFileURL(join(inner, "n.safetensors"));
    await net.save(saved);
    assert.equal((await loadModel(saved)).name, "small");
    for (const end of ["onnx", "keras", "H5", "json"]) {
      await assert.rejects(net.save(join(folder, `m.${end}`)), refusal(/saved as safetensors/));
    }
    assert.deepEqual(filesIn(folder).length, 2);
    const wrong = (source: unknown, message: RegExp) =>
      assert.rejects(loadModel(source as string), refusal(message));
    await wrong(undefined, /give a path, a file: URL or bytes, not undefined/);
    await wrong("https://example.com/m.onnx", /it is no file: fetch it/);
    await wrong(new URL("https://example.com/m.onnx"), /it is no file: fetch it/);
    await wrong("file://host/m", /Cannot open "file:\/\/host\/m"/);
  }));
