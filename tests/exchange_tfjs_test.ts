/** What we write for TensorFlow.js it reads, and what it writes we read: the same outputs both ways. */

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as layers from "@tensorflow/tfjs-layers";
import {
  activation,
  add,
  averagePool2d,
  batchNormalization,
  concatenate,
  conv1d,
  conv2d,
  conv2dTranspose,
  cropping2d,
  decodeTfjs,
  dense,
  depthwiseConv2d,
  dropout,
  embedding,
  encodeTfjs,
  flatten,
  gaussianNoise,
  globalAveragePool2d,
  globalMaxPool1d,
  input,
  type Layer,
  layerNormalization,
  loadModel,
  maxNorm,
  maxPool1d,
  maxPool2d,
  type Model,
  model,
  multiply,
  permute,
  prelu,
  preset,
  PRESET_NAMES,
  random,
  reshape,
  resizeConv2d,
  separableConv2d,
  sequential,
  type Tensor,
  unitNorm,
  upsampling2d,
  zeroPadding2d,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { refusal, withFiles } from "./harness/data_files.ts";

await tf.setBackend("cpu");

/** Other weights than the first ones: biases and statistics are no longer 0 and 1. */
function shaken(net: Model): Model {
  const draw = random(5, "weights");
  for (const { name, shape, value } of net.parameters) {
    const data = Float32Array.from(value.view, (v, i) => v + 0.2 * Math.abs(draw.normal(0, i)));
    net.setWeights(name, { shape, data });
  }
  return net;
}

function inputsFor(net: Model): Tensor[] {
  const draw = random(6, "inputs");
  return net.inputShapes.map((shape) => {
    const size = 2 * shape.reduce((a, b) => a * b, 1);
    return {
      shape: [2, ...shape],
      data: Float32Array.from({ length: size }, (_, i) => draw.normal(0, i)),
    };
  });
}

/** The outputs that TensorFlow.js computes with a model of its own. */
function predictThere(net: layers.LayersModel, xs: readonly Tensor[]): Tensor[] {
  const inputs = xs.map(({ shape, data }) => tf.tensor(data, [...shape]));
  const outputs = net.predict(inputs.length > 1 ? inputs : inputs[0]);
  return (Array.isArray(outputs) ? outputs : [outputs]).map((output) => ({
    shape: output.shape,
    data: output.dataSync() as Float32Array,
  }));
}

async function readThere(net: Model): Promise<layers.LayersModel> {
  const { json, weights } = encodeTfjs(net), { modelTopology, weightsManifest } = JSON.parse(json);
  return await layers.loadLayersModel(tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightsManifest[0].weights,
    weightData: weights.slice().buffer,
  }));
}

/** Compares a network with what TensorFlow.js reads, and with what we read ourselves. */
async function compare(net: Model, xs: Tensor[] = inputsFor(net)): Promise<void> {
  shaken(net);
  const here = net.predictAll(xs), there = predictThere(await readThere(net), xs);
  assert.equal(there.length, here.length);
  here.forEach((y, i) => assertClose(there[i], y, { tolerance: 2e-5, name: net.name }));
  const { json, weights } = encodeTfjs(net);
  const again = decodeTfjs(json, () => weights).model.predictAll(xs);
  here.forEach((y, i) => assert.deepEqual(again[i].data, y.data));
}

const chain = (inputShape: readonly number[], ...parts: Layer[]) =>
  sequential(parts, { inputShape });

const NETS: Record<string, () => Model> = {
  "convolutions and their kin": () =>
    chain(
      [9, 8, 3],
      conv2d({ filters: 5, kernelSize: [3, 2], strides: 2, padding: "same", activation: "elu" }),
      depthwiseConv2d({ kernelSize: 3, padding: "same", depthMultiplier: 2, activation: "tanh" }),
      separableConv2d({ filters: 4, kernelSize: 3, padding: "same", dilationRate: 1 }),
      conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same" }),
      conv2dTranspose({ filters: 2, kernelSize: 2, strides: 3, activation: "selu" }),
      conv2d({
        filters: 3,
        kernelSize: 3,
        dilationRate: 2,
        activation: "softplus",
        useBias: false,
      }),
    ),
  "padding in counts": () =>
    chain(
      [7, 6, 2],
      conv2d({ filters: 4, kernelSize: 3, padding: [0, 2, 1, 0], activation: "relu" }),
      conv2dTranspose({
        filters: 3,
        kernelSize: 4,
        strides: 2,
        padding: [1, 0, 2, 1],
        activation: "sigmoid",
      }),
      zeroPadding2d({ padding: [1, 2, 3, 0] }),
      cropping2d({ cropping: [2, 0, 1, 1] }),
    ),
  "activations": () =>
    chain(
      [4, 4, 3],
      conv2d({ filters: 3, kernelSize: 1, activation: { kind: "leaky_relu", alpha: 0.1 } }),
      activation("elu"),
      activation("silu"),
      activation("gelu"),
      activation("leaky_relu"),
      prelu({ sharedAxes: [1, 2] }),
      activation("softmax"),
    ),
  "pools, norms and shapes": () =>
    chain(
      [9, 9, 4],
      maxPool2d({ poolSize: 3, strides: 2, padding: "same" }),
      batchNormalization(),
      averagePool2d({ poolSize: 2, strides: 1, padding: "same" }),
      layerNormalization(),
      upsampling2d({ size: [2, 1] }),
      dropout(0.3),
      gaussianNoise(0.2),
      permute([3, 1, 2]),
      reshape([8, -1]),
      conv1d({ filters: 5, kernelSize: 3, padding: "same", activation: "relu" }),
      maxPool1d(),
      globalMaxPool1d(),
      dense({ units: 3, kernelRegularizer: { l1: 0.1, l2: 0.2 }, activation: "softmax" }),
    ),
  "branches, shared layers and two outputs": () => {
    const a = input({ shape: [5, 5, 2], name: "a" }), b = input({ shape: [5, 5, 2], name: "b" });
    const shared = conv2d({ name: "shared", filters: 4, kernelSize: 3, activation: "leaky_relu" });
    const left = shared.apply(a), right = shared.apply(b);
    const product = multiply().apply([left, right]), sum = add().apply([left, product]);
    const joined = concatenate().apply([sum, right]);
    const end = globalAveragePool2d().apply(joined);
    return model({ inputs: [a, b], outputs: [end, flatten().apply(product)] }, { name: "two" });
  },
};

for (const [name, make] of Object.entries(NETS)) {
  Deno.test(`TensorFlow.js reads ours: ${name}`, () => compare(make()));
}

Deno.test("TensorFlow.js reads ours: an embedding", () =>
  compare(
    chain([6], embedding({ inputDim: 9, outputDim: 4 }), conv1d({ filters: 2, kernelSize: 3 })),
    [{ shape: [2, 6], data: Float32Array.from({ length: 12 }, (_, i) => i * 5 % 9) }],
  ));

Deno.test("rules for weights go there and back", async () => {
  const net = chain(
    [4],
    dense({ units: 3, kernelConstraint: maxNorm(2, { axis: 0 }), biasConstraint: "non_neg" }),
    dense({ units: 3, kernelConstraint: unitNorm({ axis: 0 }), kernelInitializer: "he_normal" }),
    dense({ units: 2, kernelRegularizer: { l1: 0.5, l2: 0.25 }, biasRegularizer: "l1" }),
  );
  await readThere(net);
  const { json, weights } = encodeTfjs(net), { model: again } = decodeTfjs(json, () => weights);
  net.layers.forEach((layer, i) => {
    assert.deepEqual(again.layers[i].config, layer.config);
  });
});

Deno.test("every preset is written for TensorFlow.js, or the layer that cannot be is named", async () => {
  const refused: string[] = [];
  for (const name of PRESET_NAMES) {
    const net = preset(name).build({ seed: 1 });
    try {
      await readThere(net);
    } catch (error) {
      refusal(/^Cannot write \w+ ".*" for TensorFlow\.js: /)(error as Error);
      refused.push(name);
    }
  }
  // Sampling, blocks of channels, places of maxima, transposed signals: it has none of them.
  assert.deepEqual(refused, ["vae", "super-resolution", "unpool", "wave-autoencoder"]);
});

Deno.test("what TensorFlow.js saves itself is read", async () => {
  const net = layers.sequential({
    layers: [
      layers.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        inputShape: [8, 8, 2],
        activation: "relu",
      }),
      layers.layers.batchNormalization(),
      layers.layers.maxPooling2d({ poolSize: 2 }),
      layers.layers.leakyReLU({ alpha: 0.2 }),
      layers.layers.flatten(),
      layers.layers.dense({ units: 5, activation: "swish" }),
    ],
  });
  let json = "", bytes = new Uint8Array();
  await net.save(tf.io.withSaveHandler((artifacts) => {
    const { modelTopology, weightSpecs, weightData } = artifacts;
    bytes = new Uint8Array(weightData as ArrayBuffer);
    const weightsManifest = [{ paths: ["./w.bin"], weights: weightSpecs }];
    json = JSON.stringify({ modelTopology, weightsManifest, format: "layers-model" });
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" as const },
    });
  }));
  await withFiles({ "net.json": json, "w.bin": bytes }, async (folder) => {
    const here = await loadModel(`${folder}/net.json`), xs = inputsFor(here);
    assertClose(here.predictAll(xs)[0], predictThere(net, xs)[0], { tolerance: 2e-5 });
  });
});

Deno.test("what TensorFlow.js has not is refused by name", () => {
  const refused: [Layer, RegExp][] = [
    [conv2d({ filters: 4, kernelSize: 1, groups: 2 }), /conv2d "conv2d_1".* no groups: 2/],
    [resizeConv2d({ filters: 2, kernelSize: 3 }), /resize_conv2d.*no such layer/],
    [activation("hard_sigmoid"), /no activation hard_sigmoid/],
    [activation({ kind: "elu", alpha: 0.5 }), /no activation elu with alpha 0.5/],
    [upsampling2d({ interpolation: "bilinear" }), /no interpolation: "bilinear"/],
    [maxPool2d({ poolSize: 3, padding: 1 }), /no padding .*use "same" or "valid"/],
  ];
  for (const [layer, pattern] of refused) {
    assert.throws(() => encodeTfjs(chain([6, 6, 2], layer)), refusal(pattern));
  }
});
