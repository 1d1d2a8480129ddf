/** Files of Keras made on the spot: layers and options of every kind, values, layouts, refusals. */

import assert from "node:assert/strict";
import {
  add,
  batchNormalization,
  conv2d,
  conv2dTranspose,
  decodeKeras,
  decodeKerasH5,
  dense,
  depthwiseConv2d,
  encodeKeras,
  flatten,
  input,
  layerNormalization,
  loadModel,
  type Model,
  model,
  prelu,
  separableConv2d,
  sequential,
  type Tensor,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { refusal } from "./harness/data_files.ts";
import { namedNormal } from "./harness/random_array.ts";
import { kerasFile, kerasH5File } from "./harness/foreign_files.ts";

function branched(): Model {
  const x = input({ shape: [8, 8, 3], name: "picture" });
  const shared = conv2d({ name: "shared", filters: 3, kernelSize: 3, padding: "same" });
  const once = shared.apply(x), twice = shared.apply(once);
  const sum = add().apply([once, twice]);
  const normal = batchNormalization().apply(sum);
  const deep = depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }).apply(normal);
  const split = separableConv2d({ filters: 4, kernelSize: 2, activation: "leaky_relu" }).apply(
    deep,
  );
  const sloped = prelu({ sharedAxes: [1, 2] }).apply(split);
  const up = conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: "same" }).apply(
    sloped,
  );
  const flat = flatten().apply(layerNormalization().apply(up));
  const net = model({ inputs: x, outputs: dense({ units: 4, activation: "softmax" }).apply(flat) });
  for (const { name, shape } of net.parameters) {
    const { data } = namedNormal(shape, name);
    net.setWeights(name, { shape, data: data.map((v) => Math.abs(v) * 0.3) });
  }
  return net;
}

for (const [name, file] of [["h5", kerasH5File], ["keras", kerasFile]] as const) {
  Deno.test(`a network in a .${name} file, written by libhdf5, gives the same bits`, async () => {
    const net = branched(),
      again = await loadModel(await file(net)),
      x = namedNormal([3, 8, 8, 3], "x");
    assert.deepEqual(again.predict(x).data, net.predict(x).data);
    assert.equal(again.parameterCount, net.parameterCount);
    assert.equal(again.layer("shared").kind, "conv2d");
  });
}

Deno.test("groups of HDF5 of any size are read, as libhdf5 writes them", async () => {
  for (const count of [1, 8, 9, 40, 300, 1000]) {
    const net = sequential(
      Array.from({ length: count }, (_, i) => dense({ name: `layer-with-a-name-${i}`, units: 1 })),
      { inputShape: [1] },
    );
    for (const { name, shape } of net.parameters) net.setWeights(name, namedNormal(shape, name));
    const { model: again } = decodeKerasH5(await kerasH5File(net));
    again.parameters.forEach(({ name, value }, i) => {
      assert.equal(value.view[0], net.parameters[i].value.view[0], name);
    });
  }
});

Deno.test("what Keras has and deconv has not is refused by the layer's name", async () => {
  const net = sequential([dense({ name: "fc", units: 2, inputShape: [3] })]);
  await assert.rejects(
    async () => decodeKerasH5(await kerasH5File(net, { weightsOnly: true }), { name: "w.h5" }),
    refusal(/^Cannot read "w\.h5": .* without model_config/),
  );
  const bytes = await kerasFile(net);
  // Stored, not deflated: the checksum is all that tells.
  const damaged = bytes.slice(), name = new TextEncoder().encode("Dense");
  const at = damaged.findIndex((_, i) => name.every((byte, j) => damaged[i + j] === byte));
  damaged[at] = 0x54;
  assert.throws(() => decodeKeras(damaged), refusal(/config\.json is damaged/));
});

/** A network of one layer in the JSON of TensorFlow.js, without weights. */
function oneLayer(className: string, config: Record<string, unknown>) {
  return new TextEncoder().encode(JSON.stringify({
    modelTopology: {
      class_name: "Sequential",
      config: [{
        class_name: className,
        config: { name: "odd", batch_input_shape: [null, 8, 8, 2], ...config },
      }],
    },
    weightsManifest: [],
  }));
}

Deno.test("options without a counterpart are refused, those that change nothing are not", async () => {
  const { decodeTfjs } = await import("../mod.ts");
  const read = (className: string, config: Record<string, unknown>) =>
    decodeTfjs(new TextDecoder().decode(oneLayer(className, config)), () => new Uint8Array()).model;
  const fine: [string, Record<string, unknown>][] = [
    ["MaxPooling2D", { pool_size: [2, 2], data_format: "channels_last", padding: "same" }],
    ["ReLU", { max_value: null, threshold: 0, negative_slope: 0 }],
    ["ReLU", { max_value: 6 }],
    ["Softmax", { axis: -1 }],
    ["LeakyReLU", { alpha: 0.1 }],
    ["Dropout", { rate: 0.5, noise_shape: null, seed: 7 }],
    ["ZeroPadding2D", { padding: [[1, 2], [0, 3]] }],
  ];
  for (const [className, config] of fine) assert.equal(read(className, config).layers.length, 1);
  const odd: [string, Record<string, unknown>, RegExp][] = [
    [
      "MaxPooling2D",
      { data_format: "channels_first" },
      /MaxPooling2D "odd" has its channels first/,
    ],
    ["ReLU", { max_value: 4 }, /ReLU "odd" has the option max_value: 4/],
    ["Softmax", { axis: 1 }, /option axis: 1/],
    ["Activation", { activation: "mish" }, /activation "mish" has no counterpart/],
    ["Activation", { activation: "hard_sigmoid" }, /0\.2x \+ 0\.5/],
    ["Dense", { units: -2 }, /Cannot make dense "odd": units must be/],
    ["Dense", { units: 2 }, /dense "odd" needs more weights than the file can hold/],
    ["Dense", { units: 2, kernel_regularizer: { class_name: "Orth" } }, /regularizer Orth has no/],
    ["Lambda", {}, /Lambda "odd" is of a class that has no counterpart/],
    ["BatchNormalization", { axis: 1 }, /axis is 1, not the last/],
    ["MaxPooling2D", { batch_input_shape: [null, null, 8, 2] }, /open shape \[null,8,2\]/],
    ["Flatten", { batch_input_shape: [null, 2 ** 20, 2 ** 20, 2] }, /too large for any memory/],
  ];
  for (const [className, config, pattern] of odd) {
    assert.throws(() => read(className, config), refusal(pattern));
  }
});

Deno.test("classes of Keras that are several layers here compute what Keras does", async () => {
  const { decodeTfjs } = await import("../mod.ts");
  const read = (
    className: string,
    shape: readonly number[],
    config: Record<string, unknown>,
    weights: Record<string, number[]> = {},
  ) => {
    const json = JSON.parse(new TextDecoder().decode(
      oneLayer(className, { batch_input_shape: [null, ...shape], ...config }),
    ));
    const all = Object.entries(weights);
    json.weightsManifest = [{
      paths: ["w"],
      weights: all.map(([name, data]) => ({
        name: `odd/${name}`,
        shape: [data.length],
        dtype: "float32",
      })),
    }];
    const bytes = new Uint8Array(Float32Array.from(all.flatMap(([, data]) => data)).buffer);
    return decodeTfjs(JSON.stringify(json), () => bytes).model;
  };
  const close = (actual: Tensor, shape: readonly number[], data: readonly number[]) =>
    assertClose(actual, { shape, data: Float32Array.from(data) }, { tolerance: 1e-6 });
  const signal = { shape: [1, 3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const padded = read("ZeroPadding1D", [3, 2], { padding: [1, 2] });
  close(padded.predict(signal), [1, 6, 2], [0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0]);
  close(read("ZeroPadding1D", [3, 2], { padding: 1 }).predict(signal), [1, 5, 2], [
    ...[0, 0],
    ...signal.data,
    ...[0, 0],
  ]);
  close(read("Cropping1D", [3, 2], { cropping: [0, 2] }).predict(signal), [1, 1, 2], [1, 2]);
  for (const shape of [[6], [3, 2], [3, 1, 2]]) {
    const x = { shape: [1, ...shape], data: signal.data };
    const half = read("Rescaling", shape, { scale: 0.5, offset: -1 });
    close(half.predict(x), x.shape, [-0.5, 0, 0.5, 1, 1.5, 2]);
    assert.ok(half.layers.every((layer) => layer.trained.length === 0));
  }
  const each = read("Rescaling", [3, 2], { scale: [2, 3], offset: [0, 1] });
  close(each.predict(signal), [1, 3, 2], [2, 7, 6, 13, 10, 19]);
  const told = read("Normalization", [3, 2], { axis: [-1], mean: [[1, 2]], variance: [[4, 0]] });
  close(told.predict(signal), [1, 3, 2], [0, 0, 1, 2e7, 2, 4e7]);
  const found = { mean: [1, 2], variance: [4, 16], count: [0] };
  const adapted = read("Normalization", [3, 2], { axis: -1, invert: false }, found);
  close(adapted.predict(signal), [1, 3, 2], [0, 0, 1, 0.5, 2, 1]);
  // Written again it is what Keras has as well.
  const again = decodeKeras(encodeKeras(adapted)).model;
  assert.deepEqual(again.predict(signal).data, adapted.predict(signal).data);
  const refused: [string, Record<string, unknown>, RegExp][] = [
    ["Rescaling", {}, /Rescaling "odd" cannot be read: its scale is .* no numbers/],
    ["Rescaling", { scale: [1, 2, 3] }, /it has 3 numbers for 2 channels/],
    ["Rescaling", { scale: 1, dynamic: 3 }, /option dynamic: 3, which has no counterpart/],
    ["Normalization", { axis: 1 }, /its axis is 1, not the last/],
    ["Normalization", {}, /it has no mean: adapt it/],
    ["Normalization", { invert: true }, /option invert: true/],
    ["ZeroPadding1D", { padding: -1 }, /ZeroPadding1D "odd" cannot be read/],
    ["Cropping1D", { cropping: [2, 2] }, /Cannot|cannot/],
  ];
  for (const [className, config, pattern] of refused) {
    assert.throws(() => read(className, [3, 2], config), refusal(pattern));
  }
});
