/** What we write for TensorFlow.js it reads, and what it writes we read: the same outputs both ways. */

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as layers from "@tensorflow/tfjs-layers";
import {
  activation,
  conv2d,
  decodeTfjs,
  dense,
  encodeTfjs,
  type Layer,
  loadModel,
  maxNorm,
  maxPool2d,
  type Model,
  preset,
  PRESET_NAMES,
  resizeConv2d,
  type Tensor,
  unitNorm,
  upsampling2d,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { refusal, withFiles } from "./harness/data_files.ts";
import { chain, EXCHANGED_NETS, inputsFor, shaken } from "./harness/exchanged_nets.ts";

await tf.setBackend("cpu");

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
async function compare(
  net: Model,
  xs: Tensor[] = inputsFor(net),
  { tolerance = 2e-5, shake = 0.1 } = {},
): Promise<void> {
  shaken(net, shake);
  const here = net.predictAll(xs), there = predictThere(await readThere(net), xs);
  assert.equal(there.length, here.length);
  here.forEach((y, i) => assertClose(there[i], y, { tolerance, name: net.name }));
  const { json, weights } = encodeTfjs(net);
  const again = decodeTfjs(json, () => weights).model.predictAll(xs);
  // Padding that is a layer of its own there may change how a convolution is computed.
  here.forEach((y, i) => assertClose(again[i], y, { tolerance: 1e-6, name: net.name }));
}

/** What of the networks it has not. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  "convolutions that Keras 3 has besides": /conv2d "conv2d_1" for TensorFlow\.js: .* no groups: 2/,
  "activations that Keras 3 has besides": /activation "activation_1" .* elu with alpha 0\.5/,
  "norms and sizes that Keras 3 has besides": /group_normalization ".*" .* no such layer/,
};

for (const [name, make] of Object.entries(EXCHANGED_NETS)) {
  const refused = REFUSED[name];
  Deno.test(`TensorFlow.js reads ours: ${name}`, async () => {
    if (!refused) return await compare(make());
    assert.throws(() => encodeTfjs(make()), refusal(refused));
  });
}

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

/** Drawing at random, pictures enlarged between pixels' centres, places of maxima: it has none of them. */
const REFUSED_PRESETS: Readonly<Record<string, RegExp>> = {
  "vae": /^Cannot write sampling "latent" for TensorFlow\.js: it has no such layer/,
  "super-resolution": /^Cannot write upsampling2d ".*" .*: it has no interpolation: "bilinear"/,
  "unpool": /^Cannot write pool_switches2d ".*" for TensorFlow\.js: it has no such layer/,
};

for (const name of PRESET_NAMES) {
  Deno.test(`TensorFlow.js computes the preset ${name}, or the layer it has not is named`, async () => {
    const net = preset(name).build({ seed: 1 }), pattern = REFUSED_PRESETS[name];
    if (!pattern) return await compare(net, undefined, { tolerance: 1e-4, shake: 0.01 });
    assert.throws(() => encodeTfjs(net), refusal(pattern));
  });
}

/** Saves a network of theirs, and compares what we read with it. */
async function compareTheirs(net: layers.LayersModel): Promise<Model> {
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
  let here: Model;
  await withFiles({ "net.json": json, "w.bin": bytes }, async (folder) => {
    here = await loadModel(`${folder}/net.json`);
  });
  const xs = inputsFor(here!), there = predictThere(net, xs);
  here!.predictAll(xs).forEach((y, i) => assertClose(y, there[i], { tolerance: 2e-5 }));
  return here!;
}

Deno.test("what TensorFlow.js saves itself is read", async () => {
  const of = layers.layers;
  await compareTheirs(layers.sequential({
    layers: [
      of.conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 2], activation: "relu" }),
      of.batchNormalization(),
      of.maxPooling2d({ poolSize: 2 }),
      of.leakyReLU({ alpha: 0.2 }),
      of.reLU({ maxValue: 6 }),
      of.flatten(),
      of.dense({ units: 5, activation: "swish" }),
    ],
  }));
});

Deno.test("networks inside others that TensorFlow.js saves are read as their layers", async () => {
  const of = layers.layers;
  const backbone = layers.sequential({ name: "backbone" });
  backbone.add(of.conv2d({ filters: 3, kernelSize: 2, inputShape: [5, 5, 2] }));
  backbone.add(of.batchNormalization());
  const start = layers.input({ shape: [4, 4, 3] });
  const mixed = of.conv2d({ filters: 2, kernelSize: 1, name: "mix" });
  const inner = mixed.apply(start) as layers.SymbolicTensor;
  const twoWays = layers.model({
    name: "two_ways",
    inputs: start,
    outputs: [inner, of.activation({ activation: "tanh" }).apply(inner) as layers.SymbolicTensor],
  });
  const a = layers.input({ shape: [5, 5, 2], name: "a" });
  const b = layers.input({ shape: [5, 5, 2], name: "b" });
  const apply = (net: layers.LayersModel, x: layers.SymbolicTensor) =>
    net.apply(x) as layers.SymbolicTensor;
  const [p, q] = twoWays.apply(apply(backbone, a)) as layers.SymbolicTensor[];
  const [r] = twoWays.apply(apply(backbone, b)) as layers.SymbolicTensor[];
  const sum = of.add().apply([p, q, r]) as layers.SymbolicTensor;
  const head = layers.sequential({ name: "head" });
  head.add(of.flatten({ inputShape: [4, 4, 2] }));
  head.add(of.dense({ units: 3 }));
  const here = await compareTheirs(
    layers.model({ inputs: [a, b], outputs: [apply(head, sum), apply(head, q)] }),
  );
  assert.ok(here.layers.some(({ name }) => name.startsWith("backbone/")));
  assert.equal(here.parameters.length, 10);
  const outer = layers.sequential({ layers: [backbone, of.flatten(), of.dense({ units: 2 })] });
  await compareTheirs(outer);
});

Deno.test("what TensorFlow.js has not is refused by name", () => {
  const refused: [Layer, RegExp][] = [
    [conv2d({ filters: 4, kernelSize: 1, groups: 2 }), /conv2d "conv2d_1".* no groups: 2/],
    [
      resizeConv2d({ filters: 2, kernelSize: 3, interpolation: "bilinear" }),
      /resize_conv2d.* no interpolation: "bilinear"/,
    ],
    [activation("hard_sigmoid"), /no activation hard_sigmoid/],
    [activation({ kind: "elu", alpha: 0.5 }), /no activation elu with alpha 0.5/],
    [upsampling2d({ interpolation: "bilinear" }), /no interpolation: "bilinear"/],
    [maxPool2d({ poolSize: 3, padding: 1 }), /no padding .*use "same" or "valid"/],
  ];
  for (const [layer, pattern] of refused) {
    assert.throws(() => encodeTfjs(chain([6, 6, 2], layer)), refusal(pattern));
  }
});
