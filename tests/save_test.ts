import assert from "node:assert/strict";
import {
  adagrad,
  adam,
  decodeModel,
  decodeSafetensors,
  dense,
  encodeModel,
  encodeSafetensors,
  rmsprop,
  sequential,
  sgd,
} from "../mod.ts";
import { branched, KINDS, values } from "./harness/saved_models.ts";

// That every kind of layer does is checked on its cases, in tests/layers_test.ts.
Deno.test("layers come back as they were, with options that are not the defaults", () => {
  for (const [kind, make] of Object.entries(KINDS)) {
    const net = make();
    const bytes = encodeModel(net, { note: kind });
    const { model: again, metadata } = decodeModel(bytes);
    assert.deepEqual({ ...metadata }, { note: kind });
    assert.deepEqual(encodeModel(again, metadata), bytes, kind);
    const x = net.inputShapes.map((shape) => values([2, ...shape]));
    assert.deepEqual(again.predict(x), net.predict(x), kind);
    assert.deepEqual(again.layers.map((l) => l.trainable), net.layers.map((l) => l.trainable));
  }
});

Deno.test("branches, skips and shared layers come back with their training", () => {
  const optimizers = [
    sgd(),
    sgd({ momentum: 0.9, nesterov: true }),
    adam({ amsgrad: true, clipValue: 1 }),
    rmsprop({ momentum: 0.5, centered: true, globalClipNorm: 2 }),
    adagrad({ learningRate: { kind: "exponential", rate: 0.1, decaySteps: 3, decayRate: 0.5 } }),
  ];
  for (const optimizer of optimizers) {
    const net = branched(optimizer);
    const { model: again } = decodeModel(encodeModel(net));
    assert.equal(again.layers.length, net.layers.length);
    assert.deepEqual(again.progress, { epoch: 3, batch: 7 });
    const { optimizer: state, losses, weights } = again.compiled!;
    assert.deepEqual(state.config, optimizer.config);
    assert.deepEqual([state.iterations, losses, weights], [2, net.compiled!.losses, [1, 0.5]]);
    const x = values([2, 6, 6, 2]), targets = [values([2, 6, 6, 2]), values([2, 3])];
    assert.equal(again.trainOnBatch(x, targets), net.trainOnBatch(x, targets));
    assert.deepEqual(encodeModel(again), encodeModel(net), optimizer.kind);
  }
});

Deno.test("names may be anything", () => {
  const name = '__proto__ "\\ \u0000 ключ ../../x';
  const net = sequential([dense({ units: 2, name: "__proto__", inputShape: [2] })], { name });
  net.compile({ loss: "mse" });
  net.trainOnBatch(values([1, 2]), values([1, 2]));
  const { model: again, metadata } = decodeModel(encodeModel(net, { toString: "x" }));
  assert.equal(again.name, name);
  assert.deepEqual({ ...metadata }, { toString: "x" });
  assert.deepEqual(again.getWeights("__proto__/kernel"), net.getWeights("__proto__/kernel"));
});

Deno.test("a file changed on purpose loads once its checksum is taken out", () => {
  const { tensors, metadata } = decodeSafetensors(encodeModel(KINDS.dense()));
  (tensors["dense_1/bias"].data as Float32Array).fill(2);
  const changed = encodeSafetensors(tensors, metadata);
  assert.throws(() => decodeModel(changed, "m"), /checksum does not match.*take checksum out/);
  const { checksum: _, ...rest } = metadata;
  const { model: net } = decodeModel(encodeSafetensors(tensors, rest));
  assert.deepEqual([...net.getWeights("dense_1/bias").data], [2, 2, 2, 2, 2]);
});

Deno.test("files of another version, or of others, are told apart", () => {
  const { tensors, metadata } = decodeSafetensors(encodeModel(KINDS.dense()));
  const refusal = (metadata: Record<string, string>, error: RegExp) =>
    assert.throws(() => decodeModel(encodeSafetensors(tensors, metadata)), error);
  refusal({ ...metadata, version: "2" }, /format version 2; this deconv reads 1/);
  refusal({}, /no network is described in its metadata/);
  refusal({ format: "deconv", version: "1" }, /its architecture is not readable JSON/);
  assert.throws(() => decodeModel(new Uint8Array()), /the file is empty/);
});
