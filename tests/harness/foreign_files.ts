/** Files as other programs write them: HDF5 by libhdf5 itself, zip files by fflate, pickles by hand. */

import { zipSync } from "fflate";
import { File, FS, ready } from "h5wasm";
import { TFJS } from "../../core/exchange/keras/target.ts";
import { legacyNetwork, writeKerasGraph } from "../../core/exchange/keras/write_graph.ts";
import { KERAS_LAYERS } from "../../core/exchange/keras/table.ts";
import type { Model, Shape, Tensor } from "../../mod.ts";

type Json = Record<string, unknown>;

let files = 0;

/** Bytes of an HDF5 file that is filled by `fill`. */
export async function hdf5(
  fill: (file: File) => void,
  libver?: "latest",
): Promise<Uint8Array> {
  await ready;
  const name = `foreign-${files++}.h5`, file = new File(name, "w", { libver });
  fill(file);
  file.close();
  const bytes = FS!.readFile(name).slice();
  FS!.unlink(name);
  return bytes;
}

/** A network in the JSON of Keras 2, and its weights by `layer/weight`. */
function keras2(net: Model) {
  const graph = writeKerasGraph(net, TFJS);
  const weights = graph.layers.flatMap(({ name, weights }) =>
    weights.map(([weight, tensor]) => [`${name}/${weight}`, tensor] as const)
  );
  return { network: legacyNetwork(graph), weights: new Map(weights) };
}

const bare = ({ shape, data }: Tensor) => ({ shape: [...shape], data: Float32Array.from(data) });

/** How a `.h5` file is written. */
interface H5Options {
  /** Without the network. */
  weightsOnly?: boolean;
  /** In chunks of half the size of an array along each axis, by gzip. */
  packed?: boolean;
  /** In the newest form there is. */
  libver?: "latest";
}

/** A `.h5` file of Keras 2. */
export async function kerasH5File(
  net: Model,
  { weightsOnly, packed, libver }: H5Options = {},
): Promise<Uint8Array> {
  const { network, weights } = keras2(net);
  return await hdf5((file) => {
    if (!weightsOnly) file.create_attribute("model_config", JSON.stringify(network));
    file.create_attribute("keras_version", "2.4.0");
    const groups = file.create_group("model_weights");
    for (const layer of new Set([...weights.keys()].map((name) => name.split("/")[0]))) {
      const group = groups.create_group(layer), inner = group.create_group(layer);
      const own = [...weights].filter(([name]) => name.startsWith(`${layer}/`));
      group.create_attribute("weight_names", own.map(([name]) => `${name}:0`));
      for (const [name, tensor] of own) {
        const chunks = tensor.shape.map((size) => Math.ceil(size / 2));
        inner.create_dataset({
          name: `${name.split("/")[1]}:0`,
          ...bare(tensor),
          ...packed && { chunks, compression: "gzip" },
        });
      }
    }
  }, libver);
}

/** What a layer is applied to, as Keras 3 writes it. */
function modern(node: unknown): Json {
  const tensors = (node as [string, number, number][]).map(([name, n, output]) => ({
    class_name: "__keras_tensor__",
    config: { shape: [null], dtype: "float32", keras_history: [name, n, output] },
  }));
  return { args: tensors.length > 1 ? [tensors] : tensors, kwargs: {} };
}

/** A `.keras` file of Keras 3. */
export async function kerasFile(net: Model): Promise<Uint8Array> {
  const { network, weights } = keras2(net);
  const { config } = network as unknown as { config: { layers: Json[] } & Json };
  const counts = new Map<string, number>();
  const names = new Map<string, string>();
  for (const { class_name, name } of config.layers) {
    const known = KERAS_LAYERS[class_name as string]?.kind ?? "input_layer";
    const kind = known === "prelu" ? "p_re_lu" : known;
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    names.set(name as string, count ? `${kind}_${count}` : kind);
  }
  const layers = config.layers.map((layer) => ({
    ...layer,
    inbound_nodes: (layer.inbound_nodes as unknown[]).map(modern),
  }));
  const bytes = await hdf5((file) => {
    const all = file.create_group("layers");
    for (const [layer, folder] of names) {
      const own = [...weights].filter(([name]) => name.startsWith(`${layer}/`));
      if (!own.length) continue;
      const vars = all.create_group(folder).create_group("vars");
      own.forEach(([, tensor], i) => vars.create_dataset({ name: `${i}`, ...bare(tensor) }));
    }
  });
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  return zipSync({
    "metadata.json": text({ keras_version: "3.5.0" }),
    "config.json": text({ class_name: "Functional", config: { ...config, layers } }),
    "model.weights.h5": bytes,
  }, { level: 0 });
}

/** A network of ConvNetJS with numbers that count up. */
export function convNetJsText(): string {
  let next = 0;
  const numbers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [i, next++ % 17 / 16 - 0.5]));
  const filters = (count: number, size: number) =>
    Array.from({ length: count }, () => ({ w: numbers(size) }));
  return JSON.stringify({
    layers: [
      { layer_type: "input", out_sx: 6, out_sy: 5, out_depth: 2 },
      {
        layer_type: "conv",
        sx: 3,
        sy: 2,
        stride: 1,
        pad: 1,
        out_depth: 3,
        filters: filters(3, 12),
        biases: { w: numbers(3) },
      },
      { layer_type: "tanh" },
      { layer_type: "pool", sx: 2, sy: 2, stride: 2, pad: 0 },
      { layer_type: "dropout", drop_prob: 0.5 },
      { layer_type: "fc", out_depth: 4, filters: filters(4, 27), biases: { w: numbers(4) } },
      { layer_type: "softmax" },
    ],
  });
}

/** Writes what pickles of protocol 2 are made of. */
class Pickle {
  readonly bytes: number[] = [0x80, 2];
  text(text: string): this {
    const bytes = [...new TextEncoder().encode(text)];
    return this.put(0x58, ...le(bytes.length, 4), ...bytes);
  }
  number(value: number): this {
    return this.put(0x4a, ...le(value, 4));
  }
  name(module: string, name: string): this {
    return this.put(0x63, ...new TextEncoder().encode(`${module}\n${name}\n`));
  }
  sizes(shape: Shape): this {
    this.put(0x28);
    shape.forEach((size) => this.number(size));
    return this.put(0x74);
  }
  put(...bytes: number[]): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }
}

const le = (value: number, count: number) =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** i) & 255);

/** A tensor that calls what it is told to in place of PyTorch's function. */
export interface PickledTensor extends Tensor {
  strides?: readonly number[];
  call?: readonly [module: string, name: string];
}

/** A file of `torch.save`, of a dictionary of tensors. */
export function pyTorchFile(
  tensors: Readonly<Record<string, PickledTensor>>,
  { legacy = false } = {},
): Uint8Array {
  const pickle = new Pickle().put(0x7d, 0x28);
  const all = Object.entries(tensors);
  const rest = legacy ? [0x4e] : [];
  all.forEach(([name, { shape, data, strides, call }], i) => {
    pickle.text(name).name(...call ?? ["torch._utils", "_rebuild_tensor_v2"]).put(0x28, 0x28);
    pickle.text("storage").name("torch", "FloatStorage").text(`${i}`).text("cpu");
    pickle.number(data.length).put(...rest, 0x74, 0x51).number(0).sizes(shape);
    const dense = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    pickle.sizes(strides ?? dense);
    pickle.put(0x89).name("collections", "OrderedDict").put(0x29, 0x52, 0x74, 0x52);
  });
  pickle.put(0x75, 0x2e);
  const stored = all.map(([, { data }]) => [...new Uint8Array(Float32Array.from(data).buffer)]);
  if (!legacy) {
    const storages = stored.map((bytes, i) => [`net/data/${i}`, Uint8Array.from(bytes)] as const);
    return zipSync(
      { "net/data.pkl": Uint8Array.from(pickle.bytes), ...Object.fromEntries(storages) },
      { level: 0 },
    );
  }
  const magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  const keys = new Pickle().put(0x5d, 0x28);
  all.forEach((_, i) => keys.text(`${i}`));
  return Uint8Array.from([
    ...[...magic, 0x2e],
    ...new Pickle().number(1001).put(0x2e).bytes,
    ...new Pickle().put(0x7d, 0x2e).bytes,
    ...pickle.bytes,
    ...keys.put(0x65, 0x2e).bytes,
    ...stored.flatMap((bytes) => [...le(bytes.length / 4, 8), ...bytes]),
  ]);
}
