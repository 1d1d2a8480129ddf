/** Class activation maps against their definitions; which layer, which size, which are refused. */

import assert from "node:assert/strict";
import {
  type CamOptions,
  conv1d,
  conv2d,
  dense,
  flatten,
  globalAveragePool1d,
  globalAveragePool2d,
  gradCam,
  gradCamPlusPlus,
  guidedGradCam,
  hiResCam,
  layerCam,
  maxPool2d,
  type Model,
  preset,
  scoreCam,
  sequential,
  type Tensor,
  tensor,
} from "../mod.ts";
import attributions from "./golden/attributions.json" with { type: "json" };
import { assertClose } from "./harness/compare.ts";
import { explainedNet, explainedPictures, pass, PICTURE } from "./harness/explained_net.ts";
import { readGolden } from "./harness/oracle.ts";
import { attributionsCase } from "./harness/oracle_attributions.ts";
import { randomNormal, randomUniform } from "./harness/random_array.ts";
import { assertRejected } from "./harness/refusals.ts";
import type { Array64 } from "./reference/array.ts";
import * as reference from "./reference/cam.ts";

const [HEIGHT, WIDTH, CHANNELS] = PICTURE, SIZE = HEIGHT * WIDTH * CHANNELS;
const net = explainedNet(), x = explainedPictures(2), CLASSES = [2, 0];
const target = { kind: "class", index: CLASSES } as const;

/** Channels as planes. */
function planes({ shape: [, height, width, channels], data }: Array64): number[][][] {
  return Array.from(
    { length: channels },
    (_, k) =>
      Array.from(
        { length: height },
        (_, i) => Array.from({ length: width }, (_, j) => data[(i * width + j) * channels + k]),
      ),
  );
}

const pictureOf = (i: number) => [...x.data.subarray(i * SIZE, (i + 1) * SIZE)];

/** What a reference makes of each picture's channels and gradients. */
function expected(
  map: (A: number[][][], g: number[][][], i: number) => number[][],
  finish = (map: number[][]) => map.map((row) => row.map((v) => Math.max(v, 0))),
): number[] {
  return CLASSES.flatMap((index, i) => {
    const passed = pass(net, pictureOf(i));
    return finish(map(planes(passed.features), planes(passed.gradient(index)), i)).flat();
  });
}

type Cam = (model: Model, x: Tensor, options: CamOptions) => Tensor | Promise<Tensor>;
type Reference = (A: number[][][], g: number[][][], i: number) => number[][];

const METHODS: Record<string, [Cam, Reference]> = {
  gradCam: [gradCam, reference.gradCam],
  gradCamPlusPlus: [gradCamPlusPlus, reference.gradCamPlusPlus],
  hiResCam: [hiResCam, reference.hiResCam],
  layerCam: [layerCam, reference.layerCam],
  scoreCam: [scoreCam, (A, _, i) =>
    reference.scoreCam(A, [HEIGHT, WIDTH], (mask) => {
      const all = mask.flat();
      const seen = pictureOf(i).map((v, k) => v * all[Math.floor(k / CHANNELS)]);
      return pass(net, seen).logits[CLASSES[i]];
    })],
};

for (const [name, [method, definition]] of Object.entries(METHODS)) {
  Deno.test(`${name}: by its definition, with its sign, at another size`, async () => {
    const map = await method(net, x, { target });
    assertClose(map, { shape: [2, HEIGHT, WIDTH], data: expected(definition) }, {
      tolerance: 2e-5,
    });
    assert.ok(map.data.some((v) => v > 0));
    const signed = await method(net, x, { target, relu: false, layer: "two" });
    assertClose(signed.data, expected(definition, (map) => map), { tolerance: 2e-5 });
    const large = await method(net, x, { target, resize: [7, 13] });
    const finish = (map: number[][]) =>
      reference.enlarged(map.map((row) => row.map((v) => Math.max(v, 0))), [7, 13]);
    assertClose(large, { shape: [2, 7, 13], data: expected(definition, finish) }, {
      tolerance: 2e-5,
    });
  });
}

Deno.test("guidedGradCam: guided gradients times the map, place by place", () => {
  const map = guidedGradCam(net, x, { target });
  const all = CLASSES.flatMap((index, i) => {
    const passed = pass(net, pictureOf(i));
    const cam = reference.gradCam(planes(passed.features), planes(passed.gradient(index)));
    return [...passed.inputGradient(index, true).data].map((v, k) =>
      v * Math.max(cam.flat()[Math.floor(k / CHANNELS)], 0)
    );
  });
  assertClose(map, { shape: x.shape, data: all }, { tolerance: 2e-5 });
});

Deno.test("gradCam: PyTorch's numbers", async () => {
  const [c] = readGolden(attributions), { grad_cam } = await attributionsCase(c);
  assertClose(grad_cam, c.tensors.grad_cam, { tolerance: 1e-5 });
});

Deno.test("hiResCam sums to the score but for the bias, where one dense layer follows", () => {
  const map = hiResCam(net, x, { target, relu: false });
  CLASSES.forEach((index, i) => {
    const sum = map.data.subarray(i * 30, (i + 1) * 30).reduce((a, b) => a + b, 0);
    assertClose([sum], [pass(net, pictureOf(i)).logits[index]], { tolerance: 1e-5 });
  });
});

Deno.test("the layer by default: the last with space that does not pool", () => {
  const relu = { kernelSize: 3, padding: "same", activation: "relu" } as const;
  const net = sequential([
    conv2d({ name: "early", filters: 3, ...relu }),
    maxPool2d(),
    conv2d({ name: "late", filters: 4, ...relu }),
    maxPool2d({ name: "pool" }),
    flatten(),
    dense({ units: 2 }),
  ], { inputShape: [8, 8, 1], seed: 1 });
  const x = randomUniform([2, 8, 8, 1], 2);
  assert.deepEqual(gradCam(net, x), gradCam(net, x, { layer: "late" }));
  assert.deepEqual(gradCam(net, x).shape, [2, 4, 4]);
  assert.deepEqual(gradCam(net, x, { layer: "pool" }).shape, [2, 2, 2]);
  assert.deepEqual(gradCam(net, x, { layer: "early", resize: true }).shape, [2, 8, 8]);
  const sound = sequential(
    [conv1d({ filters: 3, kernelSize: 3 }), globalAveragePool1d(), dense({ units: 2 })],
    { inputShape: [9, 2], seed: 1 },
  );
  const wave = randomNormal([1, 9, 2], 1);
  assert.deepEqual(gradCam(sound, wave).shape, [1, 7]);
  assert.deepEqual(gradCam(sound, wave, { resize: true }).shape, [1, 9]);
  assert.deepEqual(guidedGradCam(sound, wave).shape, [1, 9, 2]);
});

Deno.test("a decoder's pixel is explained by any layer before it", () => {
  const net = preset("deconv-autoencoder").build({ seed: 0 });
  const x = randomUniform([1, 32, 32, 3], 1);
  const target = { kind: "pixels", region: { top: 4, left: 20 } } as const;
  const map = hiResCam(net, x, { target, layer: "code", relu: false });
  assert.deepEqual(map.shape, [1, 8, 8]);
  const at = map.data.reduce((best, v, k) => Math.abs(v) > Math.abs(map.data[best]) ? k : best, 0);
  assert.ok(Math.abs(Math.floor(at / 8) - 1) <= 1 && Math.abs(at % 8 - 5) <= 1, `${at}`);
  assert.throws(() => gradCam(net, x, { target }), /name one as layer/i);
});

Deno.test("channels that are flat have no weight in Score-CAM", async () => {
  const net = sequential([
    conv2d({ filters: 2, kernelSize: 1, activation: "relu", name: "a" }),
    globalAveragePool2d(),
    dense({ units: 1 }),
  ], { inputShape: [2, 2, 1] });
  net.setWeights("a/kernel", tensor([1, 0], [1, 1, 1, 2]));
  net.setWeights("a/bias", tensor([0, 3], [2]));
  const map = await scoreCam(net, tensor([0, 1, 2, 4], [1, 2, 2, 1]));
  assert.deepEqual([...map.data], [0, 1, 2, 4]);
  const none = await scoreCam(net, tensor([1, 1, 1, 1], [1, 2, 2, 1]));
  assert.deepEqual([...none.data], [0, 0, 0, 0]);
});

Deno.test("wrong options are refused in one line", async () => {
  const vector = sequential([dense({ units: 2 })], { inputShape: [4] });
  const bad: [() => unknown, RegExp][] = [
    [() => gradCam(net, x, { layer: "three" }), /"three"/],
    [() => gradCam(net, x, { layer: "head/linear" }), /"head\/linear" makes \[3\]/],
    [() => gradCam(net, x, { resize: [0, 3] }), /resize/],
    [() => layerCam(vector, randomNormal([1, 4], 1)), /no layer with a height/],
    [() => scoreCam(net, x, { baseline: "white" as "mean" }), /baseline/],
    [() => guidedGradCam(net, x, { target: { kind: "class", index: 7 } }), /index/],
  ];
  for (const [run, message] of bad) await assertRejected(run, message);
});
