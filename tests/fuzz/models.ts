/** The readers of saved models: whole files, and files that are sound but for what they say of the network. */

import assert from "node:assert/strict";
import { decodeModel, decodeSafetensors, encodeModel, encodeSafetensors } from "../../mod.ts";
import { runtime } from "../../core/wasm/runtime.ts";
import type { Reader } from "../harness/fuzz.ts";
import { branched, KINDS } from "../harness/saved_models.ts";

const text = (content: string) => new TextEncoder().encode(content);

/** A saved model without its checksum, so that what is changed in it is not refused for that. */
function unsealed(bytes: Uint8Array): Uint8Array {
  const { tensors, metadata: { checksum: _, ...metadata } } = decodeSafetensors(bytes);
  return encodeSafetensors(tensors, metadata);
}

const models = [
  ...Object.entries(KINDS).filter(([kind]) =>
    /conv2d$|dense|batch_norm|activation|spectral/.test(kind)
  )
    .map(([, make]) => make()),
  branched(),
].map((model) => encodeModel(model));

/** Decodes a model, and sees to it that no more of the linear memory is taken than the file warrants. */
function decodeWithin(bytes: Uint8Array): ReturnType<typeof decodeModel> {
  const before = runtime().arena.used;
  try {
    return decodeModel(bytes);
  } finally {
    const taken = runtime().arena.used - before;
    assert.ok(taken < 2 ** 22 + 64 * bytes.length, `${taken} bytes of the linear memory`);
  }
}

/** Fails unless the weights of a model are those of its file. */
function sameWeights({ model }: ReturnType<typeof decodeModel>, bytes: Uint8Array): void {
  const { tensors } = decodeSafetensors(bytes);
  for (const { name, shape, value } of model.parameters) {
    assert.deepEqual(shape, tensors[name].shape);
    const data = tensors[name].data as Float32Array;
    assert.ok(value.view.every((number, i) => Object.is(number, data[i])), name);
  }
}

const model: Reader = {
  name: "decodeModel",
  samples: [...models, ...models.map(unsealed)],
  growth: 512,
  read: decodeWithin,
  check(result, bytes) {
    const decoded = result as ReturnType<typeof decodeModel>;
    sameWeights(decoded, bytes);
    decodeModel(encodeModel(decoded.model, decoded.metadata));
    const { checksum } = decodeSafetensors(bytes).metadata;
    if (checksum === undefined) return;
    // What is sealed says what one of the samples says.
    assert.ok(models.some((sample) => decodeSafetensors(sample).metadata.checksum === checksum));
  },
};

/** The tensors of all samples. */
const allTensors = Object.assign({}, ...models.map((bytes) => decodeSafetensors(bytes).tensors));

/** Reads models whose description is changed, in a file that is sound otherwise. */
function described(key: "architecture" | "training"): Reader {
  const metadata = models.map((bytes) => decodeSafetensors(bytes).metadata);
  const file = (bytes: Uint8Array) => {
    const words = new TextDecoder().decode(bytes).toWellFormed();
    return encodeSafetensors(allTensors, {
      format: "deconv",
      version: "1",
      architecture: metadata.at(-1)!.architecture,
      training: "null",
      [key]: words,
    });
  };
  return {
    name: key,
    samples: metadata.map((each) => text(each[key])),
    growth: 2 ** 14,
    read: (bytes) => decodeWithin(file(bytes)),
    check: (result, bytes) => sameWeights(result as ReturnType<typeof decodeModel>, file(bytes)),
  };
}

/** Those of whole files, and of the two descriptions in them. */
export const MODEL_READERS: readonly Reader[] = [
  model,
  described("architecture"),
  described("training"),
];
