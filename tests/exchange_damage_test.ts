/** Hostile files of other programs, made on purpose; `fuzz_test.ts` has those made at random. */

import assert from "node:assert/strict";
import {
  batchNormalization,
  conv2d,
  decodeConvNetJs,
  decodePyTorch,
  decodeTfjs,
  DeconvError,
  dense,
  encodeTfjs,
  flatten,
  type Model,
  sequential,
} from "../mod.ts";
import { convNetJsText, pyTorchFile } from "./harness/foreign_files.ts";

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
  const old = pyTorchFile({ t: { shape: [2], data: Float32Array.of(1, 2) } }, { legacy: true });
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
