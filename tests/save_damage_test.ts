import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeModel,
  decodeSafetensors,
  DeconvError,
  encodeModel,
  encodeSafetensors,
  type Model,
} from "../mod.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { branched } from "./harness/saved_models.ts";

/** A way to damage a file. */
const damage = fc.oneof(
  fc.record({ how: fc.constant("flip"), at: fc.nat(), bit: fc.nat({ max: 7 }) }),
  fc.record({ how: fc.constant("cut"), at: fc.nat() }),
  fc.record({ how: fc.constant("drop"), at: fc.nat(), count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({
    how: fc.constant("put"),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  }),
);

function damaged(bytes: Uint8Array, d: Record<string, unknown>, within: number): Uint8Array {
  const at = d.at as number % within;
  const join = (end: number, ...middle: number[]) =>
    Uint8Array.from([...bytes.subarray(0, at), ...middle, ...bytes.subarray(end)]);
  if (d.how === "cut") return bytes.slice(0, at);
  if (d.how === "drop") return join(at + (d.count as number));
  if (d.how === "put") return join(at + (d.bytes as Uint8Array).length, ...d.bytes as Uint8Array);
  return join(at + 1, bytes[at] ^ 1 << (d.bit as number));
}

/** Decodes; a refusal must be a DeconvError of one line. Returns undefined for one. */
function decodeOrRefusal(bytes: Uint8Array): Model | undefined {
  try {
    return decodeModel(bytes, "m").model;
  } catch (error) {
    assert.ok(error instanceof DeconvError, `${error}`);
    assert.match(error.message, /^Cannot read "m": .+$/);
    return undefined;
  }
}

Deno.test("a damaged file gives an error or the same model, never another one", () => {
  const bytes = encodeModel(branched());
  const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  let refused = 0;
  const check = (within: number) => (d: Record<string, unknown>) => {
    const found = decodeOrRefusal(damaged(bytes, d, within));
    if (!found) refused++;
    else assert.deepEqual(encodeModel(found), bytes);
  };
  fc.assert(fc.property(damage, check(header)), { seed: 11, numRuns: 200 });
  fc.assert(fc.property(damage, check(bytes.length)), { seed: 12, numRuns: 100 });
  assert.ok(refused > 250, `only ${refused} of 300 were refused`);
});

/** The file with its JSON changed by hand, and no checksum. */
function edited(
  bytes: Uint8Array,
  key: "architecture" | "training",
  // deno-lint-ignore no-explicit-any
  edit: (json: any) => unknown,
): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const json = JSON.parse(metadata[key]);
  const result = edit(json);
  const { checksum: _, ...rest } = metadata;
  return encodeSafetensors(tensors, { ...rest, [key]: JSON.stringify(result ?? json) });
}

Deno.test("hostile descriptions are refused in a line, without taking memory", () => {
  const bytes = encodeModel(branched());
  // deno-lint-ignore no-explicit-any
  type Edit = (json: any) => unknown;
  const cases: [error: RegExp, key: "architecture" | "training", edit: Edit][] = [
    [/too large for any memory/, "architecture", (a) => {
      a.layers[0].config.filters = 1e9;
    }],
    [/"shared\/kernel" is F32 \[3,3,2,2\], not F32 \[3,3,2,1000000\]/, "architecture", (a) => {
      a.layers[0].config.filters = 1e6;
    }],
    [/too large for any memory/, "architecture", (a) => {
      a.inputs[0].shape = [1e9, 1e9, 2];
    }],
    [/its tensor "numbers\/kernel" is F32/, "architecture", (a) => {
      a.inputs[0].shape = [1000, 1000, 2];
    }],
    [/malformed: shape is not of whole numbers/, "architecture", (a) => {
      a.inputs[0].shape = [-1, 0.5, "x"];
    }],
    [/input of shape \[0,6,2\]/, "architecture", (a) => {
      a.inputs[0].shape = [0, 6, 2];
    }],
    [/refers to value 4 before it is made/, "architecture", (a) => {
      a.nodes[0].inputs = [4];
    }],
    [/refers to value 1 before it is made/, "architecture", (a) => {
      a.nodes[0].inputs = [1]; // itself
    }],
    [/inputs is not of whole numbers/, "architecture", (a) => {
      a.nodes[0].inputs = ["__proto__"];
    }],
    [/layer is not of whole numbers/, "architecture", (a) => {
      a.nodes[0].layer = "map";
    }],
    [/has no layer 99/, "architecture", (a) => {
      a.nodes[0].layer = 99;
    }],
    [/no layer of kind "__proto__"/, "architecture", (a) => {
      a.layers[0].kind = "__proto__";
    }],
    [/trainable is not true or false/, "architecture", (a) => {
      delete a.layers[0].trainable;
    }],
    [/two layers named/, "architecture", (a) => {
      a.layers[1].name = a.layers[0].name;
    }],
    [/without outputs/, "architecture", (a) => {
      a.outputs = [];
    }],
    [/architecture is not an object/, "architecture", () => []],
    [/it has no tensor "other\/kernel"/, "architecture", (a) => {
      a.layers[0].name = "other";
    }],
    [/progress of training is not of whole numbers/, "training", (t) => {
      t.iterations = -1;
    }],
    [/progress of training is not of whole numbers/, "training", (t) => {
      t.batch = "7";
    }],
    [/no optimizer "constructor"/, "training", (t) => {
      t.optimizer.kind = "constructor";
    }],
    [/beta1 of adam must be/, "training", (t) => {
      t.optimizer.beta1 = 2;
    }],
    [/no tensor "optimizer\/shared\/kernel\/velocity"/, "training", (t) => {
      t.optimizer = { kind: "sgd", momentum: 0.9 };
    }],
    [/There is no loss "nope"/, "training", (t) => {
      t.loss[0].kind = "nope";
    }],
    [/loss is not a list/, "training", (t) => {
      t.loss = "mse";
    }],
    [/lossWeights must be 2 number/, "training", (t) => {
      t.lossWeights = [1];
    }],
    [/training is not an object/, "training", () => 1],
  ];
  const { arena } = runtime();
  for (const [error, key, edit] of cases) {
    const before = arena.top;
    assert.throws(() => decodeModel(edited(bytes, key, edit), "m"), (e: Error) => {
      assert.ok(e instanceof DeconvError, `${error}: ${e.stack}`);
      assert.match(e.message, error);
      assert.match(e.message, /^Cannot read "m": .+$/);
      return true;
    }, `${error}`);
    assert.ok(arena.top - before < 2 ** 20, `${error} took ${arena.top - before} bytes`);
  }
});

/** Every place in JSON. */
function placesIn(json: unknown, path: string[] = []): string[][] {
  if (typeof json !== "object" || json === null) return [path];
  return [path, ...Object.entries(json).flatMap(([key, v]) => placesIn(v, [...path, key]))];
}

Deno.test("any value in any place of a description gives a model or an error in a line", () => {
  const bytes = encodeModel(branched());
  const hostile = [null, true, 0, -1, 0.5, 1e9, 1e300, "", "__proto__", [], [1e9], {}, { kind: 1 }];
  const { tensors, metadata } = decodeSafetensors(bytes);
  const before = runtime().arena.used;
  for (const key of ["architecture", "training"] as const) {
    const places = placesIn(JSON.parse(metadata[key]));
    assert.ok(places.length > 20);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom(...hostile), (path, value) => {
        const json = { root: JSON.parse(metadata[key]) };
        // deno-lint-ignore no-explicit-any
        let at: any = json, last = "root";
        for (const step of path) {
          at = at[last];
          last = step;
        }
        at[last] = value;
        const { checksum: _, ...rest } = metadata;
        decodeOrRefusal(encodeSafetensors(tensors, { ...rest, [key]: JSON.stringify(json.root) }));
      }),
      { seed: 13, numRuns: 300 },
    );
  }
  assert.ok(runtime().arena.used - before < 2 ** 26);
});
