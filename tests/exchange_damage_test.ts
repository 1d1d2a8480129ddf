/** Damaged and hostile files of other programs: a model, tensors or one line, quickly and in little memory. */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  batchNormalization,
  conv2d,
  decodeConvNetJs,
  decodeKeras,
  decodeKerasH5,
  decodePyTorch,
  decodeTfjs,
  DeconvError,
  dense,
  encodeTfjs,
  flatten,
  inspectModel,
  type Model,
  sequential,
} from "../mod.ts";
import { decodeAnyModel } from "../core/exchange/decode.ts";
import { convNetJsText, kerasFile, kerasH5File, pyTorchFile } from "./harness/foreign_files.ts";

/** What is done to a file: a byte is set, a part is cut out, doubled or overwritten by another. */
const damage = fc.record({
  how: fc.constantFrom("set", "set", "set", "cut", "end", "copy"),
  at: fc.nat(),
  to: fc.nat(),
  length: fc.integer({ min: 1, max: 40 }),
  byte: fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff, 0x28, 0x52, 0x30, 0x39),
});

type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(bytes: Uint8Array, all: readonly Damage[]): Uint8Array {
  let result = bytes.slice();
  for (const { how, at, to, length, byte } of all) {
    const start = at % Math.max(result.length, 1), end = start + length;
    if (how === "set") result[start] = byte;
    else if (how === "end") result = result.slice(0, start);
    else if (how === "cut") {
      result = Uint8Array.from([...result.subarray(0, start), ...result.subarray(end)]);
    } else {result.set(
        result.slice(start, end).subarray(0, result.length - to % result.length),
        to % result.length,
      );}
  }
  return result;
}

/** Runs a reader; what it refuses must be refused in one line. Returns whether it did. */
function refused(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (error) {
    assert.ok(error instanceof DeconvError, `${(error as Error).stack}`);
    assert.ok(!error.message.includes("\n") && error.message.length < 2000, error.message);
    return true;
  }
}

const small = (): Model =>
  sequential([
    conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 6, 2] }),
    batchNormalization(),
    flatten(),
    dense({ units: 4, activation: "softmax" }),
  ]);

/** Numbers that a damaged file may ask for: those of the small network, many times over. */
const MOST = 100_000;

function expectSmall(net: Model): void {
  assert.ok(net.parameterCount < MOST, `${net.parameterCount} parameters`);
}

interface Subject {
  bytes: Uint8Array;
  read: (bytes: Uint8Array) => void;
  /** Where the interesting part ends. */
  within?: number;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (value: string) => new TextEncoder().encode(value);

async function subjects(): Promise<Record<string, Subject>> {
  const net = small(), { json, weights } = encodeTfjs(net);
  const tensors = Object.fromEntries(
    net.parameters.map(({ name, shape, value }) => [name, { shape, data: value.view.slice() }]),
  );
  const pytorch = (bytes: Uint8Array) => {
    for (const { data } of decodePyTorch(bytes).values()) assert.ok(data.length < MOST);
  };
  return {
    "TensorFlow.js": {
      bytes: bytesOf(json),
      read: (bytes) => expectSmall(decodeTfjs(text(bytes), () => weights).model),
    },
    "ConvNetJS": {
      bytes: bytesOf(convNetJsText()),
      read: (bytes) => expectSmall(decodeConvNetJs(text(bytes)).model),
    },
    "h5": {
      bytes: await kerasH5File(net),
      read: (bytes) => expectSmall(decodeKerasH5(bytes).model),
    },
    "keras": {
      bytes: await kerasFile(net),
      read: (bytes) => expectSmall(decodeKeras(bytes).model),
    },
    "PyTorch": { bytes: pyTorchFile(tensors), read: pytorch },
    "old PyTorch": { bytes: pyTorchFile(tensors, { legacy: true }), read: pytorch },
  };
}

const found = await subjects();

for (const [name, { bytes, read }] of Object.entries(found)) {
  Deno.test(`a damaged file of ${name} is read or refused in one line`, () => {
    read(bytes);
    let count = 0;
    const runs = 400;
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (all) => {
        const broken = damaged(bytes, all);
        if (refused(() => read(broken))) count++;
        refused(() => inspectModel(broken));
        refused(() => decodeAnyModel(broken));
      }),
      { seed: 21, numRuns: runs },
    );
    assert.ok(count > runs / 20, `only ${count} of ${runs} were refused`);
  });
}

/** Values that have no business in a description. */
const ODD = [null, -1, 0, 1e9, 2 ** 53, 1.5, "", "odd", [], [[]], {}, true, [1e9, 1e9], [null]];

/** Replaces each value of JSON in turn by each odd one. */
function* edits(json: unknown, set: (value: unknown) => unknown): Generator<unknown> {
  for (const odd of ODD) yield set(odd);
  if (typeof json !== "object" || json === null) return;
  for (const [key, value] of Object.entries(json)) {
    yield* edits(value, (odd) => {
      const copy = (Array.isArray(json) ? [...json] : { ...json }) as Record<string, unknown>;
      copy[key] = odd;
      return set(copy);
    });
  }
}

Deno.test("any value in any place of a description gives a model or one line", () => {
  const { json, weights } = encodeTfjs(small());
  let count = 0;
  for (const edit of edits(JSON.parse(json), (value) => value)) {
    refused(() => expectSmall(decodeTfjs(JSON.stringify(edit), () => weights).model));
    count++;
  }
  assert.ok(count > 1000, `${count}`);
  const short = JSON.parse(convNetJsText());
  for (const layer of short.layers) {
    if (layer.filters) layer.filters = layer.filters.slice(0, 1);
  }
  for (const edit of edits(short, (value) => value)) {
    refused(() => expectSmall(decodeConvNetJs(JSON.stringify(edit)).model));
  }
});

Deno.test("descriptions nested without end, pickles that grow and circles end in one line", () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  assert.ok(refused(() => decodeConvNetJs(deep)));
  assert.ok(refused(() => decodeTfjs(deep, () => new Uint8Array())));
  // A list of two lists, of two lists …: 2^60 places in 200 bytes.
  const doubled = [0x80, 2, 0x5d, ...Array.from({ length: 60 }, () => [0x32, 0x86]).flat(), 0x2e];
  const self = [0x80, 2, 0x7d, 0x71, 0, 0x4b, 1, 0x68, 0, 0x73, 0x2e]; // a dictionary in itself
  const old = found["old PyTorch"].bytes;
  const start = [...old].findIndex((_, i) =>
    i > 24 && old[i] === 0x80 && old[i + 2] === 0x7d && old[i + 3] === 0x28
  );
  assert.ok(start > 0);
  for (const pickle of [doubled, self]) {
    const bytes = Uint8Array.from([...old.subarray(0, start), ...pickle, 0x80, 2, 0x5d, 0x2e]);
    assert.ok(refused(() => decodePyTorch(bytes)));
  }
});

Deno.test("a tensor that many layers name is counted each time", () => {
  const layer = (i: number) => ({
    class_name: "Dense",
    config: { name: "same", units: 100, batch_input_shape: [null, 100], i },
  });
  const json = JSON.stringify({
    modelTopology: {
      class_name: "Sequential",
      config: Array.from({ length: 50 }, (_, i) => layer(i)),
    },
    weightsManifest: [{
      paths: ["w"],
      weights: [
        { name: "same/kernel", shape: [100, 100], dtype: "float32" },
        { name: "same/bias", shape: [100], dtype: "float32" },
      ],
    }],
  });
  assert.ok(refused(() => decodeTfjs(json, () => new Uint8Array(40_400))));
});
