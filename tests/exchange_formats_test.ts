/** Readers of Keras, ConvNetJS and PyTorch on files made on the spot: values, layouts, refusals. */

import assert from "node:assert/strict";
import {
  activation,
  add,
  batchNormalization,
  conv1d,
  conv2d,
  conv2dTranspose,
  decodeConvNetJs,
  decodeKeras,
  decodeKerasH5,
  decodePyTorch,
  dense,
  depthwiseConv2d,
  encodeKeras,
  flatten,
  input,
  layerNormalization,
  loadModel,
  loadWeights,
  maxPool2d,
  type Model,
  model,
  prelu,
  random,
  separableConv2d,
  sequential,
  type Tensor,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { refusal } from "./harness/data_files.ts";
import { convNetJsText, kerasFile, kerasH5File, pyTorchFile } from "./harness/foreign_files.ts";

function numbers(shape: readonly number[], stream: string): Tensor {
  const draw = random(3, stream), size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => draw.normal(0, i)) };
}

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
    const { data } = numbers(shape, name);
    net.setWeights(name, { shape, data: data.map((v) => Math.abs(v) * 0.3) });
  }
  return net;
}

for (const [name, file] of [["h5", kerasH5File], ["keras", kerasFile]] as const) {
  Deno.test(`a network in a .${name} file, written by libhdf5, gives the same bits`, async () => {
    const net = branched(),
      again = await loadModel(await file(net)),
      x = numbers([3, 8, 8, 3], "x");
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
    for (const { name, shape } of net.parameters) net.setWeights(name, numbers(shape, name));
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

Deno.test("ConvNetJS' layers compute what ConvNetJS computes", () => {
  const text = convNetJsText(), { model: net } = decodeConvNetJs(text);
  const { layers } = JSON.parse(text), x = numbers([1, 5, 6, 2], "x");
  // As in convnet_layers_dotproducts.js and convnet_layers_pool.js.
  const at = (y: number, col: number, d: number) =>
    y < 0 || y >= 5 || col < 0 || col >= 6 ? 0 : x.data[(6 * y + col) * 2 + d];
  const [, conv, , , , fc] = layers, maps: number[][][] = [];
  for (let oy = 0; oy < 6; oy++) {
    maps.push([]);
    for (let ox = 0; ox < 6; ox++) {
      maps[oy].push([0, 1, 2].map((k) => {
        let sum = conv.biases.w[k];
        for (let fy = 0; fy < 2; fy++) {
          for (let fx = 0; fx < 3; fx++) {
            for (let d = 0; d < 2; d++) {
              sum += at(oy + fy - 1, ox + fx - 1, d) * conv.filters[k].w[(3 * fy + fx) * 2 + d];
            }
          }
        }
        return Math.tanh(sum);
      }));
    }
  }
  const pooled: number[] = [];
  for (let y = 0; y < 3; y++) {
    for (let col = 0; col < 3; col++) {
      for (let k = 0; k < 3; k++) {
        const four = [0, 1].flatMap((i) => [0, 1].map((j) => maps[2 * y + i][2 * col + j][k]));
        pooled.push(Math.max(...four));
      }
    }
  }
  const scores = [0, 1, 2, 3].map((k) =>
    pooled.reduce((sum, v, i) => sum + v * fc.filters[k].w[i], fc.biases.w[k])
  );
  const exps = scores.map(Math.exp), total = exps.reduce((a, b) => a + b);
  assertClose(net.predict(x).data, exps.map((v) => v / total), { tolerance: 1e-5 });
});

Deno.test("ConvNetJS' other layers are refused by their place", () => {
  const text = convNetJsText();
  assert.throws(
    () => decodeConvNetJs(text.replace("tanh", "maxout"), "n"),
    refusal(/layer 2 \(maxout\)/),
  );
  assert.throws(
    () => decodeConvNetJs(text.replace('"sx":3', '"sx":4'), "n"),
    refusal(/16 numbers/),
  );
});

Deno.test("weights of PyTorch are turned, for every layer that has them", () => {
  const net = sequential([
    conv2d({ name: "conv", filters: 4, kernelSize: [3, 2], groups: 2, inputShape: [9, 7, 2] }),
    batchNormalization({ name: "bn", epsilon: 1e-5 }),
    prelu({ name: "slope", sharedAxes: [1, 2] }),
    conv2dTranspose({ name: "up", filters: 3, kernelSize: 2, strides: 2 }),
    maxPool2d(),
    activation("relu"),
    flatten(),
    dense({ name: "fc", units: 5 }),
  ]);
  const t: Record<string, Tensor> = {
    "conv.weight": numbers([4, 1, 3, 2], "a"),
    "conv.bias": numbers([4], "b"),
    "bn.weight": numbers([4], "c"),
    "bn.bias": numbers([4], "d"),
    "bn.running_mean": numbers([4], "e"),
    "bn.running_var": { shape: [4], data: Float32Array.of(1, 2, 3, 4) },
    "bn.num_batches_tracked": { shape: [], data: Float32Array.of(9) },
    "slope.weight": { shape: [1], data: Float32Array.of(0.25) },
    "up.weight": numbers([4, 3, 2, 2], "f"),
    "up.bias": numbers([3], "g"),
    "fc.weight": numbers([5, 3 * 7 * 6], "h"),
    "fc.bias": numbers([5], "i"),
  };
  for (const legacy of [false, true]) loadWeights(net, decodePyTorch(pyTorchFile(t, { legacy })));
  const [x, w, up, fc] = [
    numbers([1, 2, 9, 7], "x"),
    t["conv.weight"],
    t["up.weight"],
    t["fc.weight"],
  ];
  // All by hand, channels first, as PyTorch defines it.
  const middle = new Float64Array(4 * 7 * 6);
  for (let k = 0; k < 4; k++) {
    for (let i = 0; i < 42; i++) {
      let sum = t["conv.bias"].data[k];
      for (let r = 0; r < 3; r++) {
        for (let s = 0; s < 2; s++) {
          const c = k >> 1, place = (9 * c + Math.floor(i / 6) + r) * 7 + i % 6 + s;
          sum += x.data[place] * w.data[(3 * k + r) * 2 + s];
        }
      }
      const scale = t["bn.weight"].data[k] / Math.sqrt(t["bn.running_var"].data[k] + 1e-5);
      const y = (sum - t["bn.running_mean"].data[k]) * scale + t["bn.bias"].data[k];
      middle[42 * k + i] = y > 0 ? y : 0.25 * y;
    }
  }
  const scores = Float64Array.from(t["fc.bias"].data);
  for (let o = 0; o < 3; o++) {
    for (let i = 0; i < 42; i++) {
      const four = [0, 1, 2, 3].map((tap) => {
        let sum = t["up.bias"].data[o];
        for (let c = 0; c < 4; c++) sum += middle[42 * c + i] * up.data[(3 * c + o) * 4 + tap];
        return sum;
      });
      const value = Math.max(0, ...four);
      for (let u = 0; u < 5; u++) scores[u] += value * fc.data[u * 126 + 42 * o + i];
    }
  }
  const pictures = new Float32Array(126);
  for (let i = 0; i < 126; i++) pictures[i] = x.data[i % 2 * 63 + (i >> 1)];
  const { data } = net.predict({ shape: [1, 9, 7, 2], data: pictures });
  assertClose(data, Float32Array.from(scores), { tolerance: 2e-5 });
});

Deno.test("loadWeights goes by name, by order or by our own names, and says what is missing", () => {
  const net = sequential([
    conv1d({ name: "a", filters: 2, kernelSize: 3, inputShape: [5, 3] }),
    dense({ name: "b", units: 2 }),
  ]);
  const t = {
    "x.0.weight": numbers([2, 3, 3], "0"),
    "x.0.bias": numbers([2], "1"),
    "x.1.weight": numbers([2, 2], "2"),
    "x.1.bias": numbers([2], "3"),
  };
  loadWeights(net, t);
  assert.deepEqual(net.getWeights("b/bias").data, t["x.1.bias"].data);
  assert.equal(net.getWeights("b/kernel").data[1], t["x.1.weight"].data[2]);
  assert.equal(net.getWeights("a/kernel").data[1], t["x.0.weight"].data[9]);
  loadWeights(net, t, { prefix: "x.", by: "order" });
  const own = Object.fromEntries(
    net.parameters.map(({ name, shape }) => [name, numbers(shape, name)]),
  );
  loadWeights(net, own);
  assert.deepEqual(net.getWeights("a/kernel").data, own["a/kernel"].data);
  const { "x.1.bias": _bias, ...fewer } = t;
  const before = net.getWeights("a/kernel").data;
  assert.throws(() => loadWeights(net, fewer), refusal(/there is no x\.1\.bias, which dense "b"/));
  assert.throws(
    () => loadWeights(net, t, { by: "name" }),
    refusal(/none for conv1d "a".*x\.0, x\.1/),
  );
  assert.throws(
    () => loadWeights(net, { "q.weight": t["x.1.weight"] }),
    refusal(/2 layers .* 1 mod/),
  );
  const wide = { ...t, "x.1.weight": numbers([3, 2], "4") };
  assert.throws(
    () => loadWeights(net, wide),
    refusal(/x\.1\.weight has the shape \[3,2\], and dense/),
  );
  assert.deepEqual(net.getWeights("a/kernel").data, before);
});

Deno.test("views of PyTorch are read by their strides, and nothing else is called", () => {
  const base = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const read = decodePyTorch(pyTorchFile({ t: { ...base, shape: [3, 2], strides: [1, 3] } })).get(
    "t",
  )!;
  assert.deepEqual([...read.data], [1, 4, 2, 5, 3, 6]);
  const system = pyTorchFile({ t: { ...base, call: ["posix", "system"] } });
  assert.throws(() => decodePyTorch(system), refusal(/it wants posix\.system, and only tensors/));
  const far = pyTorchFile({ t: { ...base, shape: [2, 4] } });
  assert.throws(() => decodePyTorch(far), refusal(/cut short or damaged/));
  const vast = pyTorchFile({ t: { ...base, shape: [30000, 30000], strides: [0, 0] } });
  assert.throws(() => decodePyTorch(vast), refusal(/more numbers than the file has/));
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
