/** Initialisers of layers that make pictures larger, by their effect: no checkerboard, straight ramps. */

import assert from "node:assert/strict";
import {
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  decodeModel,
  DeconvError,
  depthToSpace,
  encodeModel,
  initialize,
  type Initializer,
  sequential,
  upsampling2d,
} from "../mod.ts";
import { initializerConfig } from "../core/initializers.ts";
import { randomNormal } from "./harness/random_array.ts";
import { assertSameBits } from "./harness/threads.ts";

/** Every `step`-th of the last axis' values from the first, so many of them. */
function someOfLast(values: Float32Array, depth: number, step: number, count: number) {
  return values.filter((_, k) => k % depth % step === 0 && k % depth / step < count);
}

for (const order of ["DCR", "CRD"] as const) {
  for (const blockSize of [2, 3]) {
    Deno.test(`icnr ${order} ${blockSize}: convolution and depthToSpace begin as nearest upsampling`, () => {
      const block = blockSize ** 2, channels = 5;
      const same = { kernelSize: 3, padding: "same", inputShape: [6, 7, 4] } as const;
      const net = sequential([
        conv2d({
          ...same,
          filters: block * channels,
          kernelInitializer: { kind: "icnr", blockSize, order },
          biasInitializer: { kind: "icnr", blockSize, order, initializer: "random_normal" },
        }),
        depthToSpace({ blockSize, order }),
      ]);
      const plain = sequential([
        conv2d({ ...same, filters: channels }),
        upsampling2d({ size: blockSize }),
      ]);
      for (const name of ["conv2d_1/kernel", "conv2d_1/bias"]) {
        const { data, shape } = net.getWeights(name), depth = block * channels;
        const values = someOfLast(data, depth, order === "DCR" ? 1 : block, channels);
        plain.setWeights(name, { shape: [...shape.slice(0, -1), channels], data: values });
      }
      const x = randomNormal([2, 6, 7, 4], 1), y = net.predict(x), wanted = plain.predict(x);
      assert.deepEqual(y.shape, wanted.shape);
      assert.ok(new Set(y.data).size > 50);
      // Other tiles may round the same sums otherwise.
      y.data.forEach((v, i) => assert.ok(Math.abs(v - wanted.data[i]) < 1e-5, `${i}`));
    });
  }
}

Deno.test("icnr draws its kernel as the other initialiser would, with the fans of the smaller one", () => {
  const at = { seed: 3, stream: "test", fanIn: 90, fanOut: 36 * 9 };
  for (const initializer of ["he_normal", { kind: "orthogonal", gain: 2 }] as Initializer[]) {
    const values = initialize({ kind: "icnr", initializer }, [3, 3, 10, 36], at);
    const small = initialize(initializer, [3, 3, 10, 9], { ...at, fanOut: 81 });
    assertSameBits(someOfLast(values, 36, 1, 9), small, "the first block");
    assertSameBits(someOfLast(values.subarray(9), 36, 1, 9), small, "the second block");
  }
  const uniform = initialize({ kind: "icnr" }, [3, 3, 10, 36], at);
  const limit = Math.sqrt(6 / (90 + 81));
  const most = uniform.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
  assert.ok(most <= limit && most > 0.98 * limit, `${most} of ${limit}`);
});

const factors: readonly (readonly [stride: number, kernelSize: number])[] = [[2, 4], [3, 5], [
  4,
  8,
]];
for (const [stride, kernelSize] of factors) {
  for (const groups of [1, 2, 4]) {
    Deno.test(`bilinear ${kernelSize} of stride ${stride}, ${groups} groups: a ramp stays a ramp`, () => {
      const [height, width, channels] = [5, 6, 4];
      const net = sequential([conv2dTranspose({
        filters: channels,
        kernelSize,
        strides: stride,
        padding: "same",
        groups,
        kernelInitializer: "bilinear",
        inputShape: [height, width, channels],
      })]);
      const ramp = (i: number, j: number, c: number) => (c + 1) * i - 2 * c * j + 10 * c;
      const at = (k: number, columns: number): [number, number, number] => [
        Math.floor(k / channels / columns),
        Math.floor(k / channels) % columns,
        k % channels,
      ];
      const data = Float32Array.from(
        { length: height * width * channels },
        (_, k) => ramp(...at(k, width)),
      );
      const y = net.predict({ shape: [1, height, width, channels], data });
      assert.deepEqual(y.shape, [1, stride * height, stride * width, channels]);
      let inside = 0;
      y.data.forEach((value, k) => {
        const [p, q, c] = at(k, stride * width);
        const [i, j] = [(p + 0.5) / stride - 0.5, (q + 0.5) / stride - 0.5];
        if (i < 0 || j < 0 || i > height - 1 || j > width - 1) return;
        inside++;
        assert.ok(Math.abs(value - ramp(i, j, c)) < 1e-4, `[${p},${q},${c}]: ${value}`);
      });
      assert.ok(inside > y.data.length / 2);
    });
  }
}

Deno.test("bilinear works for signals", () => {
  const net = sequential([conv1dTranspose({
    filters: 2,
    kernelSize: 4,
    strides: 2,
    padding: "same",
    kernelInitializer: "bilinear",
    inputShape: [3, 2],
  })]);
  const { data } = net.predict({ shape: [1, 3, 2], data: Float32Array.of(0, 8, 4, 4, 8, 0) });
  assert.deepEqual([...data.subarray(2, 10)], [1, 7, 3, 5, 5, 3, 7, 1]);
});

Deno.test("both are saved, and refuse what they cannot fill", () => {
  for (const initializer of ["icnr", "bilinear"] as const) {
    const config = initializerConfig(initializer);
    assert.deepEqual(initializerConfig(JSON.parse(JSON.stringify(config))), config);
  }
  const kernelInitializer: Initializer = { kind: "icnr", blockSize: 3, initializer: "he_uniform" };
  const net = sequential([conv2d({
    filters: 9,
    kernelSize: 1,
    kernelInitializer,
    inputShape: [4, 4, 2],
  })]);
  const { model: again } = decodeModel(encodeModel(net));
  assert.deepEqual(again.layers[0].config, net.layers[0].config);
  // deno-lint-ignore no-explicit-any
  const refused = (initializer: any, pattern: RegExp, shape = [3, 3, 2, 8]) =>
    assert.throws(
      () => initialize(initializer, shape, { seed: 0, stream: "test" }),
      (e: Error) =>
        e instanceof DeconvError && pattern.test(e.message) && !e.message.includes("\n"),
    );
  refused({ kind: "icnr", blockSize: 1.5 }, /blockSize 1.5/);
  refused({ kind: "icnr", blockSize: 0 }, /blockSize 0/);
  refused({ kind: "icnr", order: "RGB" }, /order "RGB".*DCR/);
  refused({ kind: "icnr", initializer: "icnr" }, /inside itself/);
  refused({ kind: "icnr", initializer: { kind: "icnr" } }, /inside itself/);
  refused({ kind: "icnr", initializer: null }, /Unknown initializer/);
  refused({ kind: "icnr", initializer: "xavier" }, /Unknown initializer "xavier"/);
  refused({ kind: "icnr", size: 2 }, /no option "size".*blockSize/);
  refused({ kind: "icnr", blockSize: 3 }, /\[3,3,2,8\].*multiple of 9/);
  refused("bilinear", /\[3,3,2,8\].*as many filters as channels/);
  refused("bilinear", /\[8,8\]/, [8, 8]);
  assert.throws(
    () =>
      sequential([conv2dTranspose({
        filters: 2,
        kernelSize: 4,
        kernelInitializer: "bilinear",
        inputShape: [4, 4, 3],
      })]),
    DeconvError,
  );
});
