/** The readers of other programs' models, as `readers.ts` has those of our own formats. */

import assert from "node:assert/strict";
import {
  batchNormalization,
  conv2d,
  decodeConvNetJs,
  type DecodedModel,
  decodeKeras,
  decodeKerasH5,
  decodeOnnx,
  decodePyTorch,
  decodeTfjs,
  dense,
  encodeKeras,
  encodeOnnx,
  encodeTfjs,
  flatten,
  inspectModel,
  sequential,
} from "../../mod.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { Reader } from "../harness/fuzz.ts";
import { convNetJsText, kerasFile, kerasH5File, pyTorchFile } from "../harness/foreign_files.ts";

const net = sequential([
  conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 6, 2] }),
  batchNormalization(),
  flatten(),
  dense({ units: 4, activation: "softmax" }),
]);
const { json, weights } = encodeTfjs(net);
const tensors = Object.fromEntries(
  net.parameters.map(({ name, shape, value }) => [name, { shape, data: value.view.slice() }]),
);

const words = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A reader of models: the file is looked into and then read; no model has more weights than the file. */
function reader(
  name: string,
  samples: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => DecodedModel,
  beside = 0,
): Reader {
  return {
    name,
    samples,
    growth: 1024, // a file of JSON may ask for a layer without weights in every 100 bytes
    read: (bytes) => {
      const found = inspectModel(bytes), result = decode(bytes);
      assert.ok(found.graph, found.problem ?? "");
      return result;
    },
    check(result, bytes) {
      const { model } = result as DecodedModel;
      assert.ok(model.parameterCount <= bytes.length + beside, `${model.parameterCount} weights`);
    },
  };
}

const pytorch: Reader = {
  name: "PyTorch",
  samples: [pyTorchFile(tensors), pyTorchFile(tensors, { legacy: true })],
  growth: 4 * 1032,
  read: decodePyTorch,
  check(result) {
    for (const { shape, data } of (result as ReturnType<typeof decodePyTorch>).values()) {
      assert.equal(data.length, sizeOf(shape));
    }
  },
};

/** Weights as pickles. */
const goldenKeras = ["npz_jax", "npz_numpy"].map((name) =>
  Deno.readFileSync(new URL(`../golden/keras/${name}.keras`, import.meta.url))
);

/** Readers of other programs' models. */
export const EXCHANGE_READERS: readonly Reader[] = [
  reader(
    "TensorFlow.js",
    [bytesOf(json)],
    (bytes) => decodeTfjs(words(bytes), () => weights),
    weights.length,
  ),
  reader(
    "ONNX",
    [
      encodeOnnx(net),
      encodeOnnx(sequential([conv2d({ filters: 2, kernelSize: 1, inputShape: [2, 2, 1] })])),
    ],
    (bytes) => ({ model: decodeOnnx(bytes).model, metadata: {} }),
  ),
  reader("ConvNetJS", [bytesOf(convNetJsText())], (bytes) => decodeConvNetJs(words(bytes))),
  {
    ...reader(
      "h5 of Keras",
      [
        await kerasH5File(net),
        await kerasH5File(net, { packed: true }),
        await kerasH5File(net, { packed: true, libver: "latest" }),
      ],
      decodeKerasH5,
    ),
    growth: 4 * 1032, // gzip
  },
  reader("keras", [await kerasFile(net), encodeKeras(net), ...goldenKeras], decodeKeras),
  pytorch,
];
