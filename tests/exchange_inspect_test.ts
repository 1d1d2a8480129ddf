/** Looking into files of models reads what lies around the weights. */

import { allocated } from "./harness/allocations.ts";
import assert from "node:assert/strict";
import {
  conv2d,
  decodeOnnx,
  dense,
  encodeKeras,
  encodeOnnx,
  flatten,
  inspectModel,
  sequential,
} from "../mod.ts";
import { indexArray } from "../core/formats/onnx/array.ts";
import { partialBytes } from "../core/formats/partial.ts";
import { readZip } from "../core/formats/zip.ts";
import { pyTorchFile } from "./harness/foreign_files.ts";
import { onnxFile, randomFloats } from "./harness/onnx_file.ts";

Deno.test("what lies around the weights is read of a file, and no weights", () => {
  const net = sequential([
    conv2d({ filters: 8, kernelSize: 3, inputShape: [12, 12, 4] }),
    flatten(),
    dense({ units: 300 }),
    dense({ units: 300 }),
  ]);
  const files: Record<string, Uint8Array> = {
    onnx: encodeOnnx(net),
    keras: encodeKeras(net),
    h5: readZip(encodeKeras(net), "it").find(({ name }) => name.endsWith(".h5"))!.bytes().slice(),
    pt: pyTorchFile({ a: { shape: [500, 600], data: new Float32Array(300_000) } }),
  };
  for (const [name, bytes] of Object.entries(files)) {
    let count = 0;
    const part = partialBytes(bytes.length, (at, into) => {
      into.set(bytes.subarray(at, at + into.length));
      count += into.length;
    });
    allocated();
    const found = inspectModel(part, { name });
    const taken = allocated();
    assert.ok(bytes.length > 900_000 && count < bytes.length / 5, `${name}: ${count} bytes read`);
    assert.ok(taken < bytes.length / 5, `${name}: ${taken} bytes allocated`);
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
    assert.deepEqual(plain(found), plain(inspectModel(bytes, { name })), name);
    if (name === "onnx" || name === "keras") {
      assert.deepEqual(found.graph!.nodes.map(({ layer }) => layer.kind).length, 4);
    }
  }
});

Deno.test("an ONNX file whose weights are computed is looked into without them, and with what counts", () => {
  const large = randomFloats([100, 80], 1);
  const places = indexArray(Array.from({ length: 5000 }, (_, i) => i));
  const bytes = onnxFile(
    [
      ["Gather", ["x", "places"], "first", { axis: 1 }],
      ["Reshape", ["first", "rows"], "y1"],
      ["Mul", ["large", "large"], "square"],
      ["Transpose", ["square"], "turned", { perm: [1, 0] }],
      ["MatMul", ["y1", "square"], "y2"],
      ["MatMul", ["y2", "turned"], "y"],
    ],
    { large, places, rows: indexArray([-1, 50, 100]) },
    ["n", 6000],
  );
  const { graph, problem } = inspectModel(bytes), { model } = decodeOnnx(bytes);
  assert.equal(problem, null);
  const kinds = (nodes: typeof model.graph.nodes) => nodes.map(({ layer }) => layer.kind);
  assert.deepEqual(kinds(graph!.nodes), kinds(model.graph.nodes));
  assert.deepEqual(graph!.shapes, model.graph.shapes);
});
