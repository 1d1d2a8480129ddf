/** Models that other programs wrote: they load and give the figures that were measured without deconv. */

import assert from "node:assert/strict";
import {
  conv2d,
  decodePyTorch,
  decodeTfjsWeights,
  dense,
  flatten,
  loadModel,
  loadWeights,
  maxPool2d,
  type Model,
  readTfjsManifest,
  sequential,
} from "../mod.ts";
import { decodeArray } from "../core/formats/onnx/array.ts";
import { decodeJpeg } from "../core/formats/jpeg.ts";
import type { Tensor } from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { refusal } from "./harness/data_files.ts";
import {
  cifarRecords,
  sharedModel,
  sharedModelsPresent,
  skippedModels,
} from "./harness/shared_models.ts";

function test(name: string, run: () => Promise<void> | void): void {
  Deno.test(`${name}${skippedModels}`, { ignore: !sharedModelsPresent }, run);
}

const scaled = ({ shape, data }: Tensor, of: (pixel: number) => number): Tensor => ({
  shape,
  data: data.map(of),
});

/** The part of pictures whose largest output is that of their class. */
function accuracy(net: Model, x: Tensor, labels: readonly number[]): number {
  const { data } = net.predict(x, { batchSize: 100 }), width = data.length / labels.length;
  const right = labels.filter((label, i) => {
    const row = data.subarray(i * width, (i + 1) * width);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / labels.length;
}

test("ConvNetJS' CIFAR-10 network classifies as it did there", async () => {
  const net = await loadModel(sharedModel("convnetjs-cifar10/cifar10_snapshot.json"));
  const { x, labels } = cifarRecords("test_batch.bin", 0, 1000);
  const inputs = scaled(x, (pixel) => pixel / 255 - 0.5);
  assert.equal(accuracy(net, inputs, labels), 0.756);
  const { data } = net.predict(inputs);
  const first = [0.0076217, 0.00358385, 0.00172216, 0.84721283, 0.00493781]
    .concat([0.0666339, 0.01692053, 0.01402896, 0.031524, 0.00581427]);
  assertClose(data.subarray(0, 10), first, { tolerance: 1e-4 });
  const loss = labels.reduce((sum, label, i) => sum - Math.log(data[10 * i + label]), 0) / 1000;
  assert.ok(Math.abs(loss - 0.710406) < 2e-6, `${loss}`);
  const next = cifarRecords("test_batch.bin", 1000, 1000);
  assert.equal(accuracy(net, scaled(next.x, (pixel) => pixel / 255 - 0.5), next.labels), 0.721);
});

test("Keras' LeNet of 2018 and its copy for TensorFlow.js give the same bits", async () => {
  const net = await loadModel(sharedModel("keras-h5-mnist/keras_model.h5"));
  const copy = await loadModel(sharedModel("keras-h5-mnist/tfjs-converted/model.json"));
  assert.deepEqual([net.inputShape, net.outputShape, net.parameterCount], [[28, 28], [10], 44426]);
  assert.equal(copy.outputShapes.length, 7);
  const x = {
    shape: [5, 28, 28],
    data: Float32Array.from({ length: 3920 }, (_, i) => i % 11 / 10),
  };
  assert.deepEqual(copy.predictAll(x)[6].data, net.predict(x).data);
});

test("a functional model that TensorFlow.js saved itself loads", async () => {
  const net = await loadModel(sharedModel("tfjs-mnist/mnist.json"));
  assert.deepEqual([net.inputShape, net.outputShape], [[28, 28, 1], [10]]);
  const { data } = net.predict({ shape: [1, 28, 28, 1], data: new Float32Array(784).fill(0.5) });
  assert.ok(Math.abs(data.reduce((sum, value) => sum + value) - 1) < 1e-6);
});

test("Tiny VGG knows 14 of its 20 pictures", async () => {
  const net = await loadModel(sharedModel("tfjs-tinyvgg/model.json"));
  const classes = "boat bug pizza pepper bus koala espresso panda orange car".split(" ");
  const files = [...Deno.readDirSync(sharedModel("tfjs-tinyvgg/images"))].map(({ name }) => name);
  const found: Record<string, number> = {};
  const right = files.filter((file) => {
    const { data } = decodeJpeg(
      Deno.readFileSync(sharedModel(`tfjs-tinyvgg/images/${file}`)),
      file,
    );
    const x = { shape: [1, 64, 64, 3], data: Float32Array.from(data, (pixel) => pixel / 255) };
    const [name] = file.split("_"), row = net.predict(x).data;
    found[file] = row[classes.indexOf(name)];
    return row.indexOf(Math.max(...row)) === classes.indexOf(name);
  });
  assert.deepEqual([right.length, files.length], [14, 20]);
  const measured = { boat_1: 0.8208, bus_1: 0.9948, car_1: 0.9655, orange_1: 0.9854 };
  for (const [name, value] of Object.entries(measured)) {
    assert.ok(Math.abs(found[`${name}.jpeg`] - value) < 1e-4, `${name}: ${found[`${name}.jpeg`]}`);
  }
});

/** The array in a file of ONNX's tests. */
const arrayOf = (path: string) => decodeArray(Deno.readFileSync(sharedModel(path)));

test("MNIST-8 of the ONNX Model Zoo gives what its test data says", async () => {
  const net = await loadModel(sharedModel("onnx-mnist-8/model.onnx"));
  assert.deepEqual([net.inputShape, net.outputShape], [[28, 28, 1], [10]]);
  const { data } = arrayOf("onnx-mnist-8/test_data_set_0/input_0.pb");
  const wanted = arrayOf("onnx-mnist-8/test_data_set_0/output_0.pb");
  const y = net.predict({ shape: [1, 28, 28, 1], data: Float32Array.from(data) });
  assertClose(y.data, wanted.data, { tolerance: 1e-6 });
});

for (const name of ["bvlc_alexnet", "resnet50", "squeezenet"]) {
  test(`${name} as a light graph of ONNX gives the expected output`, async () => {
    const net = await loadModel(sharedModel(`onnx-light/light_${name}.onnx`));
    assert.deepEqual(net.inputShape, [224, 224, 3]);
    const count = 224 * 224, all = 3 * count;
    const data = Float32Array.from(
      { length: all },
      (_, i) => (i % 3 * count + Math.floor(i / 3)) / all,
    );
    const y = net.predict({ shape: [1, 224, 224, 3], data });
    const wanted = arrayOf(`onnx-light/light_${name}_output_0.pb`);
    assertClose(y.data, wanted.data, { tolerance: 1e-4 });
  });
}

test("quantised weights without a network are read as tensors", () => {
  const folder = "tfjs-weights-quantized/face_landmark_68_tiny_model-";
  const json = JSON.parse(Deno.readTextFileSync(sharedModel(`${folder}weights_manifest.json`)));
  const [{ paths, weights }] = readTfjsManifest(json);
  assert.deepEqual(paths, ["face_landmark_68_tiny_model-shard1"]);
  const tensors = decodeTfjsWeights(weights, Deno.readFileSync(sharedModel(`${folder}shard1`)));
  const kernel = tensors.get("dense0/conv0/filters")!;
  assert.deepEqual(kernel.shape, [3, 3, 3, 32]);
  const { scale, min } = weights[0].quantization!;
  for (const value of kernel.data) {
    const step = (value - min!) / scale!;
    assert.ok(Math.abs(step - Math.round(step)) < 1e-4 && step > -0.5 && step < 255.5, `${step}`);
  }
});

test("the network of PyTorch's tutorial classifies as it did there", () => {
  const tensors = decodePyTorch(
    Deno.readFileSync(sharedModel("pytorch-cifar-net/cifar_torchvision.pt")),
  );
  const layer = { kernelSize: 5, activation: "relu" } as const;
  const net = sequential([
    conv2d({ name: "conv1", filters: 6, inputShape: [32, 32, 3], ...layer }),
    maxPool2d(),
    conv2d({ name: "conv2", filters: 16, ...layer }),
    maxPool2d(),
    flatten(),
    dense({ name: "fc1", units: 120, activation: "relu" }),
    dense({ name: "fc2", units: 84, activation: "relu" }),
    dense({ name: "fc3", units: 10 }),
  ]);
  loadWeights(net, tensors);
  const figures = [0, 1000].map((from) => {
    const { x, labels } = cifarRecords("test_batch.bin", from, 1000);
    return accuracy(net, scaled(x, (pixel) => (pixel / 255 - 0.5) / 0.5), labels);
  });
  assert.deepEqual(figures, [0.59, 0.6]);
});

test("every file of torch.save is read, but the one that is none", async () => {
  let read = 0;
  for (const folder of ["layers", "reader"]) {
    for (const { name } of Deno.readDirSync(sharedModel(`pytorch-pt/${folder}`))) {
      const path = sharedModel(`pytorch-pt/${folder}/${name}`), bytes = Deno.readFileSync(path);
      if (name === "broken.pt") {
        assert.throws(() => decodePyTorch(bytes), refusal(/does not begin like a file of torch/));
        continue;
      }
      for (const { shape, data } of decodePyTorch(bytes).values()) {
        assert.equal(data.length, shape.reduce((a, b) => a * b, 1));
        assert.ok(data.every(Number.isFinite), name);
        read++;
      }
      await assert.rejects(loadModel(path), refusal(/holds tensors and no network/));
    }
  }
  assert.ok(read > 40, `${read}`);
});

test("what has no counterpart is refused by name", async () => {
  const refused: Record<string, RegExp> = {
    "tfjs-layers-e2e/model.json": /layer GRU "gru_GRU1" is of a class that has no counterpart/,
    "keras-v3/pre_pr22362_nested_container.keras": /a NestedDenseModel, of a class of its own/,
    "tfjs-weights-quantized/face_landmark_68_tiny_model-weights_manifest.json":
      /manifest of weights without a network/,
    "safetensors/multi_layer.safetensors": /no network is described in its metadata/,
  };
  for (const [path, pattern] of Object.entries(refused)) {
    await assert.rejects(loadModel(sharedModel(path)), refusal(pattern));
  }
});
