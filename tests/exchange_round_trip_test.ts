/** A model through every format that is written, and back: the same weights and the same outputs, bit for bit. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  decodeTfjs,
  DeconvError,
  encodeKeras,
  encodeModel,
  encodeOnnx,
  encodeTfjs,
  loadModel,
  type Model,
  preset,
  PRESET_NAMES,
  type Tensor,
} from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { withFiles } from "./harness/data_files.ts";
import { EXCHANGED_NETS, inputsFor, shaken } from "./harness/exchanged_nets.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A way there and back, by the files: the first is the one that is opened. */
interface Format {
  write(net: Model): Record<string, Uint8Array>;
  /** Networks that it has no words for, and what of them. */
  readonly refused: Readonly<Record<string, RegExp>>;
  /** Networks that come back with the same outputs and other weights, and why. */
  readonly reworded?: Readonly<Record<string, string>>;
  /** Networks whose outputs are the same but for rounding, and why. */
  readonly rounded?: Readonly<Record<string, string>>;
}

/** No other program divides a kernel by its norm outside of training. */
const DIVIDED = { "kernels divided by their norms": "they are written divided" };

/** How a convolution is computed goes by its padding too. */
const APART = { "padding in counts": "padding is a layer of its own there" };

const FORMATS: Readonly<Record<string, Format>> = {
  safetensors: { write: (net) => ({ "m.safetensors": encodeModel(net) }), refused: {} },
  ONNX: {
    write: (net) => ({ "m.onnx": encodeOnnx(net) }),
    refused: {},
    reworded: {
      ...DIVIDED,
      "branches, shared layers and two outputs": "a shared layer is two with the same weights",
      "norms and sizes that Keras 3 has besides": "groups are instances, scaled behind",
      "vae": "outside of training sampling is the mean: the variance has no use",
    },
    rounded: {
      "norms and sizes that Keras 3 has besides":
        "opset 17 has norms of instances only: groups are those, reshaped and scaled behind",
    },
  },
  "TensorFlow.js": {
    write(net) {
      const { json, weights } = encodeTfjs(net);
      return { "model.json": bytesOf(json), "group1-shard1of1.bin": weights };
    },
    reworded: DIVIDED,
    rounded: APART,
    refused: {
      "convolutions that Keras 3 has besides": /conv2d/,
      "activations that Keras 3 has besides": /activation/,
      "norms and sizes that Keras 3 has besides": /group_normalization/,
      "vae": /sampling "latent"/,
      "super-resolution": /upsampling2d/,
      "unpool": /pool_switches2d/,
    },
  },
  Keras: {
    write: (net) => ({ "m.keras": encodeKeras(net) }),
    reworded: DIVIDED,
    rounded: APART,
    refused: {
      "pictures enlarged as TensorFlow.js does": /resizing ".*" .* no coordinates: "asymmetric"/,
      "vae": /sampling "latent"/,
      "unpool": /pool_switches2d/,
    },
  },
};

const bitsOf = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** Fails unless two tensors are the same bits; says no more, for there may be a million of them. */
function assertBits(actual: Tensor, expected: Tensor, name: string): void {
  assert.equal(actual.data.length, expected.data.length, name);
  assert.ok(bitsOf(actual).equals(bitsOf(expected)), `${name}: other bits`);
}

/** All weights, in the order of their layers; which kernel is whose is in the outputs. */
const weightsOf = (net: Model): Tensor[] =>
  net.parameters.map(({ shape, value }) => ({ shape, data: value.view }));

/** Models read from a file by its path, by its bytes, and by bytes that are a part of larger ones. */
async function readings(files: Record<string, Uint8Array>): Promise<Model[]> {
  const [[name, bytes], beside] = Object.entries(files), read: Model[] = [];
  const part = (from: Uint8Array) => Buffer.concat([Buffer.alloc(3), from]).subarray(3);
  const json = new TextDecoder().decode(bytes);
  await withFiles(files, async (folder) => void read.push(await loadModel(`${folder}/${name}`)));
  for (const form of [(from: Uint8Array) => from.slice(), part]) {
    read.push(
      beside ? decodeTfjs(json, () => form(beside[1])).model : await loadModel(form(bytes)),
    );
  }
  return read;
}

const nets: [string, () => Model][] = [
  ...Object.entries(EXCHANGED_NETS).map(([name, make]) => [name, () => shaken(make())] as const),
  ...PRESET_NAMES.map((name) =>
    [name, () => shaken(preset(name).build({ seed: 1 }), 0.01)] as const
  ),
].map(([name, make]) => [name, make]);

for (const [format, { write, refused, reworded = {}, rounded = {} }] of Object.entries(FORMATS)) {
  for (const [name, make] of nets) {
    Deno.test(`${format} and back: ${name}`, async () => {
      const net = make();
      if (refused[name]) {
        return assert.throws(() => write(net), (error: unknown) => {
          assert.ok(error instanceof DeconvError && refused[name].test(error.message), `${error}`);
          return true;
        });
      }
      const xs = inputsFor(net), ys = net.predictAll(xs), weights = weightsOf(net);
      for (const again of await readings(write(net))) {
        again.predictAll(xs).forEach((y, i) => {
          if (rounded[name]) assertClose(y, ys[i], { tolerance: 1e-6 });
          else assertBits(y, ys[i], `output ${i}`);
        });
        if (reworded[name]) continue;
        const found = weightsOf(again);
        assert.equal(found.length, weights.length);
        const all = new Set(found.map((tensor) => bitsOf(tensor).toString("base64")));
        for (const [i, tensor] of weights.entries()) {
          assert.ok(all.has(bitsOf(tensor).toString("base64")), `${net.parameters[i].name}`);
        }
      }
    });
  }
}
