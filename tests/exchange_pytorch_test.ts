/** Tensors of PyTorch, and weights of a model by them. */

import assert from "node:assert/strict";
import {
  activation,
  batchNormalization,
  conv1d,
  conv2d,
  conv2dTranspose,
  decodePyTorch,
  dense,
  flatten,
  loadWeights,
  maxPool2d,
  prelu,
  sequential,
  type Tensor,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { refusal } from "./harness/data_files.ts";
import { namedNormal } from "./harness/random_array.ts";
import { pyTorchFile } from "./harness/foreign_files.ts";

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
    "conv.weight": namedNormal([4, 1, 3, 2], "a"),
    "conv.bias": namedNormal([4], "b"),
    "bn.weight": namedNormal([4], "c"),
    "bn.bias": namedNormal([4], "d"),
    "bn.running_mean": namedNormal([4], "e"),
    "bn.running_var": { shape: [4], data: Float32Array.of(1, 2, 3, 4) },
    "bn.num_batches_tracked": { shape: [], data: Float32Array.of(9) },
    "slope.weight": { shape: [1], data: Float32Array.of(0.25) },
    "up.weight": namedNormal([4, 3, 2, 2], "f"),
    "up.bias": namedNormal([3], "g"),
    "fc.weight": namedNormal([5, 3 * 7 * 6], "h"),
    "fc.bias": namedNormal([5], "i"),
  };
  for (const legacy of [false, true]) loadWeights(net, decodePyTorch(pyTorchFile(t, { legacy })));
  const [x, w, up, fc] = [
    namedNormal([1, 2, 9, 7], "x"),
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
    "x.0.weight": namedNormal([2, 3, 3], "0"),
    "x.0.bias": namedNormal([2], "1"),
    "x.1.weight": namedNormal([2, 2], "2"),
    "x.1.bias": namedNormal([2], "3"),
  };
  loadWeights(net, t);
  assert.deepEqual(net.getWeights("b/bias").data, t["x.1.bias"].data);
  assert.equal(net.getWeights("b/kernel").data[1], t["x.1.weight"].data[2]);
  assert.equal(net.getWeights("a/kernel").data[1], t["x.0.weight"].data[9]);
  loadWeights(net, t, { prefix: "x.", by: "order" });
  const own = Object.fromEntries(
    net.parameters.map(({ name, shape }) => [name, namedNormal(shape, name)]),
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
  const wide = { ...t, "x.1.weight": namedNormal([3, 2], "4") };
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
