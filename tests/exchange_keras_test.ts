/** `.keras` files: what we write is what Keras 3 reads, and what it writes we read. */

import assert from "node:assert/strict";
import {
  add,
  conv2d,
  decodeKeras,
  decodeNpz,
  decodeTfjs,
  dense,
  encodeKeras,
  input,
  inspectModel,
  type Layer,
  loadModel,
  maxPool2d,
  maxUnpool2d,
  model,
  poolSwitches2d,
  reflectionPadding2d,
  sampling,
  sequential,
  type Tensor,
} from "../mod.ts";
import { zipSync } from "fflate";
import { openHdf5 } from "../core/formats/hdf5.ts";
import { readZip } from "../core/formats/zip.ts";
import { assertClose } from "./harness/compare.ts";
import { refusal } from "./harness/data_files.ts";

type Json = Record<string, unknown>;

/** What is in a `.keras` file. */
function opened(bytes: Uint8Array) {
  const entries = new Map(readZip(bytes, "it").map((entry) => [entry.name, entry.bytes()]));
  const json = (name: string) => JSON.parse(new TextDecoder().decode(entries.get(name))) as Json;
  return {
    names: [...entries.keys()],
    metadata: json("metadata.json"),
    config: json("config.json"),
    weights: openHdf5(entries.get("model.weights.h5")!),
  };
}

Deno.test("a .keras file is what Keras 3 saves: names, classes, calls, weights by class and number", () => {
  const x = input({ shape: [6, 6, 2], name: "picture" });
  const shared = conv2d({ name: "shared", filters: 2, kernelSize: 3, padding: "same" });
  const near = conv2d({ name: "near", filters: 2, kernelSize: 1 }).apply(x);
  const once = shared.apply(x), twice = shared.apply(once);
  const joined = add().apply([near, twice]);
  const net = model({ inputs: x, outputs: joined }, { name: "a/b" });
  const bytes = encodeKeras(net), { names, metadata, config, weights } = opened(bytes);
  assert.deepEqual(names, ["metadata.json", "config.json", "model.weights.h5"]);
  assert.equal(metadata.keras_version, "3.0.0");
  assert.equal(config.class_name, "Functional");
  const { name, layers, input_layers, output_layers } = config.config as Json;
  assert.deepEqual([name, input_layers, output_layers], ["a_b", ["picture", 0, 0], [
    "add_1",
    0,
    0,
  ]]);
  const all = layers as Json[];
  // Farthest from the output first, as Keras sorts them: its numbers go by this order.
  assert.deepEqual(all.map(({ name }) => name), ["picture", "shared", "near", "add_1"]);
  const tensor = (layer: string, node: number) => ({
    class_name: "__keras_tensor__",
    config: { shape: [null, 6, 6, 2], dtype: "float32", keras_history: [layer, node, 0] },
  });
  assert.deepEqual(all[1].inbound_nodes, [
    { args: [tensor("picture", 0)], kwargs: {} },
    { args: [tensor("shared", 0)], kwargs: {} },
  ]);
  assert.deepEqual(all[3].inbound_nodes, [{
    args: [[tensor("near", 0), tensor("shared", 1)]],
    kwargs: {},
  }]);
  assert.deepEqual(all[1].module, "keras.layers");
  const { kernel_initializer } = all[1].config as Json;
  assert.deepEqual(kernel_initializer, {
    module: "keras.initializers",
    class_name: "GlorotUniform",
    config: { seed: null },
    registered_name: null,
  });
  const groups = weights.get("layers")!;
  assert.deepEqual(groups.names(), ["input_layer", "conv2d", "conv2d_1", "add"]);
  assert.deepEqual(groups.get("conv2d/vars/0")!.shape, [3, 3, 2, 2]);
  assert.deepEqual(groups.get("conv2d_1/vars/1")!.shape, [2]);
  assert.deepEqual(encodeKeras(net), bytes);
});

/**
 * Files that Keras 3.15.1 saved (the zip files packed anew), and inputs and outputs that it computed; weights in
 * `.npz` with JAX behind it, and as dictionaries of NumPy's arrays, which Keras 2.15 wrote.
 */
const golden = (name: string) => new URL(`golden/keras/${name}`, import.meta.url).pathname;

for (const file of ["nested.keras", "nested.h5", "seq.keras", "npz_jax.keras", "npz_numpy.keras"]) {
  Deno.test(`networks inside others and weights are read as Keras has them: ${file}`, async () => {
    const arrays = decodeNpz(Deno.readFileSync(golden(file.replace(/\.\w+$/, ".npz"))));
    const all = (letter: string) =>
      [...arrays].filter(([name]) => name.startsWith(letter)).map(([, array]) => array as Tensor);
    const ys = all("y");
    for (const source of [golden(file), Deno.readFileSync(golden(file))]) {
      const net = await loadModel(source);
      net.predictAll(all("x")).forEach((y, i) => assertClose(y, ys[i], { tolerance: 2e-6 }));
    }
  });
}

Deno.test("weights in pickles are listed, and what is no array in them is refused", () => {
  const bytes = Deno.readFileSync(golden("npz_jax.keras"));
  assert.deepEqual(inspectModel(bytes).tensors.slice(0, 2), [
    { name: "layers/dense/vars/0", dtype: "f4", shape: [3, 2] },
    { name: "layers/dense/vars/1", dtype: "f4", shape: [2] },
  ]);
  const entries = Object.fromEntries(readZip(bytes, "it").map((e) => [e.name, e.bytes()]));
  const replaced = (from: string, to: string) => {
    const inner = Object.fromEntries(
      readZip(entries["model.weights.npz"], "it").map(({ name, bytes }) => {
        const text = Array.from(bytes(), (byte) => String.fromCharCode(byte)).join("").replaceAll(
          from,
          to,
        );
        return [name, Uint8Array.from(text, (letter) => letter.charCodeAt(0))];
      }),
    );
    return zipSync({ ...entries, "model.weights.npz": zipSync(inner) });
  };
  decodeKeras(replaced("kernel", "lenrek"));
  assert.throws(
    () => decodeKeras(replaced("_reconstruct_array", "_reconstruct_arrow")),
    refusal(/a weight is a jax\._src\.array\._reconstruct_arrow, and arrays of NumPy and JAX/),
  );
});

Deno.test("a network that is called twice is the same layers, named by where they stand", async () => {
  const net = await loadModel(golden("nested.keras"));
  assert.deepEqual(net.layers.map(({ name }) => name), [
    "two_ways/mix",
    "two_ways/leaky_re_lu",
    "backbone/inner/conv2d",
    "backbone/inner/batch_normalization",
    "backbone/depthwise_conv2d",
    "backbone/dropout",
    "add",
    "head/p_re_lu",
    "head/last",
  ]);
  const calls = net.graph.nodes.filter(({ layer }) => layer.name === "backbone/inner/conv2d");
  assert.equal(calls.length, 3);
});

Deno.test("what Keras has not is refused by the layer's name, in the whole", () => {
  const x = input({ shape: [4, 4, 2] }), pooled = maxPool2d().apply(x);
  const switches = poolSwitches2d({ name: "places" }).apply(x);
  const unpooled = maxUnpool2d().apply([pooled, switches]);
  const z = input({ shape: [4] });
  const latent = sampling({ name: "latent" }).apply([z, dense({ units: 4 }).apply(z)]);
  const alone = (layer: Layer) => sequential([layer], { inputShape: [4, 4, 4] });
  const refused = [
    [
      model({ inputs: x, outputs: unpooled }),
      /Cannot write pool_switches2d "places" for Keras: it has/,
    ],
    [
      model({ inputs: z, outputs: latent }),
      /Cannot write sampling "latent" for Keras: it has no such/,
    ],
    [alone(reflectionPadding2d({ name: "edge" })), /reflection_padding2d "edge" for Keras/],
    [alone(maxPool2d({ poolSize: 3, padding: 2 })), /no padding .*use "same" or "valid"/],
    [
      alone(conv2d({ filters: 4, kernelSize: 2, strides: 2, dilationRate: 2 })),
      /no dilationRate: \[2,2\]/,
    ],
  ] as const;
  for (const [net, pattern] of refused) assert.throws(() => encodeKeras(net), refusal(pattern));
});

Deno.test("networks inside others that double without end are refused in one line", () => {
  let inner: Json = { class_name: "ReLU", name: "r", config: { name: "r" } };
  for (let depth = 0; depth < 40; depth++) {
    // What counts the calls of a network from 1, as Keras 2 does.
    const { name } = inner as { name: string }, first = depth ? 1 : 0;
    const start = { class_name: "InputLayer", config: { name: "i", batch_shape: [null, 2] } };
    const calls = [[["i", 0, 0, {}]], [[name, first, 0, {}]]];
    const layers = [start, { ...inner, inbound_nodes: calls }];
    const ends = { input_layers: [["i", 0, 0]], output_layers: [[name, first + 1, 0]] };
    const title = `n${depth}`;
    inner = { class_name: "Model", name: title, config: { name: title, layers, ...ends } };
  }
  const json = JSON.stringify({ modelTopology: inner, weightsManifest: [] });
  assert.throws(() => decodeTfjs(json, () => new Uint8Array()), refusal(/more than 10000 layers/));
});
