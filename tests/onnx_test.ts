/** Reading and writing ONNX. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  activation,
  adam,
  conv2d,
  decodeOnnx,
  dense,
  encodeOnnx,
  flatten,
  input,
  loadModel,
  maxPool2d,
  maxUnpool2d,
  model,
  preset,
  PRESET_NAMES,
  sequential,
  switchesOf,
  type Tensor,
  tensor,
} from "../mod.ts";
import { floatArray, indexArray } from "../core/formats/onnx/array.ts";
import { decodeOnnxGraph, FLOAT } from "../core/formats/onnx/proto.ts";
import { evaluateOnnx } from "../core/exchange/onnx/evaluate.ts";
import { numpyUniform } from "../core/exchange/onnx/numpy_random.ts";
import { MessageWriter } from "../core/formats/onnx/wire.ts";
import { difference, judgeFolder } from "./harness/onnx_conformance.ts";
import { onnxFile as file, randomFloats as random } from "./harness/onnx_file.ts";
import { layerModels, sampleInputs, worst } from "./harness/onnx_export.ts";
import { randomNormal, uniformSource } from "./harness/random_array.ts";

const GOLDEN = new URL("golden/onnx/", import.meta.url);

const fold = (folder: URL) =>
  [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory).map(({ name }) => name);

for (const name of fold(GOLDEN)) {
  Deno.test(`the ONNX project's test ${name}`, () => {
    assert.equal(judgeFolder(new URL(name, GOLDEN).pathname), null);
  });
}

Deno.test("a wrong shape, type or number is a difference", () => {
  const wanted = floatArray([2], [1, 2]);
  assert.equal(difference(wanted, wanted), null);
  assert.match(difference(floatArray([1, 2], [1, 2]), wanted)!, /shape/);
  assert.match(difference(indexArray([1, 2]), wanted)!, /int64/);
  assert.match(difference(floatArray([2], [1, 2.5]), wanted)!, /2.5/);
  assert.match(difference(floatArray([2], [1, NaN]), wanted)!, /NaN/);
});

for (const name of PRESET_NAMES) {
  Deno.test(`${name} is the same after a round trip through ONNX`, () => {
    const net = preset(name).build({ seed: 3 }), inputs = sampleInputs(net, 2);
    const wanted = net.predictAll(inputs);
    const { model: read, inputs: names } = decodeOnnx(encodeOnnx(net));
    const given = names.map((name) => inputs[net.graph.inputNames.indexOf(name)]);
    assert.equal(read.parameterCount <= net.parameterCount, true);
    read.predictAll(given).forEach(({ shape, data }, i) => {
      assert.deepEqual(shape, wanted[i].shape);
      assert.ok(worst(data, wanted[i].data) < 1e-4);
    });
  });
}

Deno.test("a file on disk and a Buffer of Node are read like any bytes", async () => {
  const net = preset("article-text").build({ seed: 3 }), [x] = sampleInputs(net, 1);
  const bytes = encodeOnnx(net), path = await Deno.makeTempFile({ suffix: ".onnx" });
  await Deno.writeFile(path, bytes);
  // A Buffer's `slice` is a view, and its memory begins elsewhere.
  const buffer = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
  for (const again of [await loadModel(path), decodeOnnx(buffer).model]) {
    assert.deepEqual(again.predict(x).data, net.predict(x).data);
  }
  await Deno.remove(path);
});

Deno.test("every kind of layer is the same after a round trip through ONNX", async () => {
  const seen = new Map<string, number>();
  for (const [name, make] of await layerModels()) {
    const kind = name.split(" ")[0], count = seen.get(kind) ?? 0;
    seen.set(kind, count + 1);
    // Its switches must be those of a pool of the same model.
    if (count >= 6 || kind === "max_unpool2d") continue;
    const { model: net, inputs } = make();
    net.precision = "precise";
    const { model: read, inputs: names } = decodeOnnx(encodeOnnx(net));
    read.precision = "precise";
    const given = names.map((name) => inputs[net.graph.inputNames.indexOf(name)]);
    const [wanted] = net.predictAll(inputs), [got] = read.predictAll(given);
    assert.deepEqual(got.shape, wanted.shape, name);
    assert.ok(worst(got.data, wanted.data) < 1e-4, name);
  }
});

Deno.test("batch normalisation in training gives what the batch says, and moves the running numbers", () => {
  const graph = decodeOnnxGraph(file(
    [["BatchNormalization", ["x", "s", "b", "m", "v"], "y", {
      training_mode: 1,
      momentum: 0.75,
      epsilon: 1,
    }]],
    {
      s: floatArray([1], [2]),
      b: floatArray([1], [1]),
      m: floatArray([1], [4]),
      v: floatArray([1], [8]),
    },
    ["batch", 1, 2],
  ));
  const nodes = graph.nodes.map((node) => ({ ...node, outputs: ["y", "mean", "variance"] }));
  const outputs = ["y", "mean", "variance"].map((name) => ({ name, type: FLOAT, shape: null }));
  const x = floatArray([2, 1, 2], [1, 3, 5, 7]);
  const got = evaluateOnnx({ ...graph, nodes, outputs }, new Map([["x", x]]));
  const root = Math.sqrt(5 + 1);
  const wanted = [[-3, -1, 1, 3].map((d) => d / root * 2 + 1), [4], [8 * 0.75 + 5 * 0.25]];
  got.forEach(({ data }, i) => assert.ok(worst(data, wanted[i]) < 1e-6));
});

Deno.test("numpy's uniform numbers", () => {
  // numpy.random.seed(0); numpy.random.uniform(size=3)
  const draw = numpyUniform(0);
  assert.deepEqual([draw(), draw(), draw()].map((x) => x.toFixed(8)), [
    "0.54881350",
    "0.71518937",
    "0.60276338",
  ]);
});

Deno.test("flattened pictures meet a dense layer without being turned", () => {
  const w = random([5, 24], 1);
  const { model: net } = decodeOnnx(file(
    [
      ["Relu", ["x"], "a"],
      ["MaxPool", ["a"], "b", { kernel_shape: [1, 1] }],
      ["Flatten", ["b"], "c"],
      ["Gemm", ["c", "w"], "y", { transB: 1 }],
    ],
    { w },
    ["batch", 4, 2, 3],
  ));
  const kinds = net.layers.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["activation", "max_pool2d", "reshape", "dense"]);
  const x = randomNormal([1, 2, 3, 4], 2), y = net.predict(x).data;
  for (let k = 0; k < 5; k++) {
    let sum = 0;
    for (let c = 0; c < 4; c++) {
      for (let at = 0; at < 6; at++) {
        sum += Math.max(x.data[at * 4 + c], 0) * w.data[k * 24 + c * 6 + at];
      }
    }
    assert.ok(Math.abs(sum - y[k]) < 1e-5);
  }
});

Deno.test("transpositions cancel, and a sum with a constant is a bias", () => {
  const { model: net } = decodeOnnx(file(
    [
      ["Transpose", ["x"], "a", { perm: [0, 3, 1, 2] }],
      ["Conv", ["a", "w"], "b"],
      ["Add", ["b", "bias"], "c"],
      ["Transpose", ["c"], "y", { perm: [0, 2, 3, 1] }],
    ],
    { w: random([4, 3, 2, 2], 3), bias: floatArray([1, 4, 1, 1], [1, 2, 3, 4]) },
    [1, 5, 6, 3],
  ));
  assert.deepEqual(net.layers.map(({ kind }) => kind), ["conv2d"]);
  assert.deepEqual([...net.getWeights(`${net.layers[0].name}/bias`).data], [1, 2, 3, 4]);
  assert.deepEqual([net.inputShape, net.outputShape], [[5, 6, 3], [4, 5, 4]]);
});

Deno.test("gelu is one activation again, written as here or as PyTorch does", () => {
  const here = sequential([activation("gelu", { inputShape: [4, 4, 2] })]);
  const read = decodeOnnx(encodeOnnx(here)).model;
  assert.deepEqual(read.layers.map(({ config }) => config.kind), ["gelu"]);
  const scalar = (value: number) => floatArray([], [value]);
  const { model: other } = decodeOnnx(file(
    [
      ["Div", ["x", "root"], "a"],
      ["Erf", ["a"], "b"],
      ["Add", ["b", "one"], "c"],
      ["Mul", ["x", "c"], "d"],
      ["Mul", ["d", "half"], "y"],
    ],
    { root: scalar(Math.SQRT2), one: scalar(1), half: scalar(0.5) },
    ["batch", 3],
  ));
  assert.deepEqual(other.layers.map(({ config }) => config.kind), ["gelu"]);
});

Deno.test("a model that was read trains", async () => {
  const made = sequential([
    conv2d({ filters: 3, kernelSize: 3, activation: "relu", inputShape: [6, 6, 1] }),
    maxPool2d(),
    flatten(),
    dense({ units: 1 }),
  ]);
  const { model: net } = decodeOnnx(encodeOnnx(made));
  net.compile({ optimizer: adam({ learningRate: 0.02 }), loss: "mse" });
  const x: Tensor = randomNormal([16, 6, 6, 1], 5),
    y = tensor(new Float32Array(16).fill(2), [16, 1]);
  const { history } = await net.fit(x, y, { epochs: 20 });
  assert.ok(history.loss.at(-1)! < history.loss[0] / 2);
});

const refusals: readonly (readonly [string, () => Uint8Array, RegExp])[] = [
  [
    "an unknown operator",
    () => file([["Nonsense", ["x"], "y"]], {}, [1, 3]),
    /"Nonsense_of_y" \(Nonsense\): the operator is not known/,
  ],
  [
    "an operator without a layer",
    () => file([["Exp", ["x"], "y"]], {}, [1, 3]),
    /\(Exp\): there is no layer/,
  ],
  [
    "a size that is free",
    () => file([["Relu", ["x"], "y"]], {}, [1, "width"]),
    /leaves sizes free .*inputShapes/,
  ],
  ["a batch that is moved", () => file([["Transpose", ["x"], "y"]], {}, [1, 3]), /moves the batch/],
  [
    "an impossible constant",
    () =>
      file([["ConstantOfShape", ["n"], "c"], ["Add", ["x", "c"], "y"]], {
        n: indexArray([1e6, 1e6]),
      }, [1, 3]),
    /more than a file may ask for/,
  ],
  ["no graph", () => new Uint8Array([8, 8]), /no graph/],
  ["nothing", () => new Uint8Array(0), /no graph/],
  ["an array in another file", () => {
    const array = new MessageWriter().integer(2, 1).text(8, "w").integer(14, 1);
    const graph = new MessageWriter().bytes(5, array);
    return new MessageWriter().bytes(7, graph).finish();
  }, /"w" lies in another file/],
];

for (const [what, make, message] of refusals) {
  Deno.test(`reading ONNX refuses ${what}`, () => {
    assert.throws(() => decodeOnnx(make()), (error: Error) => {
      assert.equal(error.name, "DeconvError");
      assert.match(error.message, message);
      assert.match(error.message, /^Cannot read "model": .+$/);
      return true;
    });
  });
}

Deno.test("writing ONNX refuses what it cannot say, by the layer's name", () => {
  const x = input({ shape: [6, 6, 2] });
  const pooled = maxPool2d({ poolSize: 3, strides: 2 }).apply(x);
  const layer = maxUnpool2d({ poolSize: 3, strides: 2, outputSize: [6, 6], name: "up" });
  const net = model({ inputs: x, outputs: layer.apply([pooled, switchesOf(pooled)]) });
  assert.throws(() => encodeOnnx(net), {
    message: /Cannot write max_unpool2d "up" as ONNX: .*overlap/,
  });
});

Deno.test("what is written leaves the batch free and is opset 17", () => {
  const net = sequential([
    conv2d({ filters: 4, kernelSize: 3, name: "first", inputShape: [8, 9, 3] }),
  ]);
  const { opset, inputs, outputs, nodes } = decodeOnnxGraph(encodeOnnx(net));
  assert.equal(opset, 17);
  assert.deepEqual(inputs.map(({ shape }) => shape), [["batch", 3, 8, 9]]);
  assert.deepEqual(outputs.map(({ name, shape }) => [name, shape]), [["first", [
    "batch",
    4,
    6,
    7,
  ]]]);
  assert.deepEqual(nodes.map(({ op }) => op), ["Conv"]);
});

Deno.test("damaged files are refused in one line, or read as what they have become", () => {
  const whole = encodeOnnx(sequential([
    conv2d({ filters: 2, kernelSize: 3, activation: "gelu_tanh", inputShape: [6, 6, 2] }),
    maxPool2d(),
    flatten(),
    dense({ units: 3, activation: "softmax" }),
  ]));
  const uniform = uniformSource(9);
  let refused = 0;
  for (let i = 0; i < 500; i++) {
    const bytes = i % 4 ? whole.slice() : whole.slice(0, Math.floor(uniform() * whole.length));
    for (let k = 0; k < 1 + i % 3 && bytes.length; k++) {
      bytes[Math.floor(uniform() * bytes.length)] = Math.floor(uniform() * 256);
    }
    try {
      decodeOnnx(bytes);
    } catch (error) {
      refused++;
      assert.equal((error as Error).name, "DeconvError", (error as Error).stack);
      assert.doesNotMatch((error as Error).message, /\n/);
    }
  }
  assert.ok(refused > 200);
});
