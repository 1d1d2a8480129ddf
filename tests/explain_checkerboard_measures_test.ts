/** The checkerboard measured: overlap of taps, and spectra of pictures. */

import assert from "node:assert/strict";
import {
  checkerboardScore,
  conv2d,
  conv2dTranspose,
  holes,
  powerSpectrum,
  random,
  sequential,
  type Tensor,
  unevenness,
} from "../mod.ts";
import { convGeometry, convTransposeGeometry } from "../core/geometry.ts";
import {
  EVEN,
  overlapAt,
  tapsOf,
  throughTaps,
  transposed,
} from "../core/explain/checkerboard/overlap.ts";
import { shapesPictures } from "./harness/shapes_net.ts";

/** A tensor of a function of picture, row and column. */
function painted(shape: number[], value: (n: number, y: number, x: number) => number): Tensor {
  const [count, height, width] = shape, data = new Float32Array(count * height * width);
  data.forEach((_, i) => {
    const pixel = i % (height * width);
    data[i] = value(Math.floor(i / (height * width)), Math.floor(pixel / width), pixel % width);
  });
  return { shape: [...shape, 1], data };
}

Deno.test("overlap: what a transposed convolution of ones makes of ones, away from the borders", () => {
  for (const kernelSize of [1, 2, 3, 4, 5, 6]) {
    for (const strides of [1, 2, 3]) {
      for (const padding of ["same", "valid"] as const) {
        for (const dilationRate of [1, 2]) {
          const options = { kernelSize, strides, padding, dilationRate };
          const net = sequential([
            conv2dTranspose({
              ...options,
              filters: 1,
              kernelInitializer: "ones",
              inputShape: [24, 24, 1],
            }),
          ]);
          const { data, shape: [, size] } = net.predict(painted([1, 24, 24], () => 1));
          const g = convTransposeGeometry([24, 24, 1], 1, options);
          const taps = tapsOf("scatter", g.kernel, g.strides, g.padStart, g.dilations);
          const map = throughTaps(EVEN, taps);
          const inside = 11, mean = kernelSize ** 2 / strides ** 2;
          for (let i = 0; i < 9; i++) {
            const y = inside + Math.floor(i / 3), x = inside + i % 3;
            const expected = data[y * size + x] / mean;
            assert.ok(Math.abs(overlapAt(map, y, x) - expected) < 1e-6, JSON.stringify(options));
          }
          if (dilationRate === 1) assert.equal(unevenness(map) === 0, kernelSize % strides === 0);
        }
      }
    }
  }
});

Deno.test("overlap: composed through layers, forward and backward, as the network of ones has it", () => {
  // Odd sizes and strides that do not nest.
  const chain: [boolean, number, number][] = [[true, 3, 2], [false, 3, 1], [true, 4, 3], [
    false,
    2,
    2,
  ], [true, 5, 2]];
  const ones = { kernelInitializer: "ones", padding: "same", filters: 1 } as const;
  const net = sequential(
    chain.map(([up, kernelSize, strides]) =>
      (up ? conv2dTranspose : conv2d)({ ...ones, kernelSize, strides })
    ),
    { inputShape: [24, 24, 1] },
  );
  let map = EVEN, size = 24;
  const steps = chain.map(([up, kernelSize, strides]) => {
    const options = { kernelSize, strides, padding: "same" } as const;
    const g = up
      ? convTransposeGeometry([size, size, 1], 1, options)
      : convGeometry([size, size, 1], 1, options);
    size = (up ? g.input : g.output)[0];
    return tapsOf(up ? "scatter" : "gather", g.kernel, g.strides, g.padStart);
  });
  for (const step of steps) map = throughTaps(map, step);
  const out = net.predict(painted([1, 24, 24], () => 1));
  /** Compares the middle with a map, each divided by its mean there. */
  const compare = (
    { data }: Tensor,
    size: number,
    map: typeof EVEN,
    from: number,
    width: number,
  ) => {
    const values: number[] = [], expected: number[] = [];
    for (let i = 0; i < width * width; i++) {
      const y = from + Math.floor(i / width), x = from + i % width;
      values.push(data[y * size + x]);
      expected.push(overlapAt(map, y, x));
    }
    const mean = (all: number[]) => all.reduce((a, b) => a + b) / all.length;
    const [a, b] = [mean(values), mean(expected)];
    values.forEach((value, i) => assert.ok(Math.abs(value / a - expected[i] / b) < 1e-5, `${i}`));
  };
  compare(out, size, map, 60, 24);
  let back = EVEN;
  for (const step of steps.toReversed()) back = throughTaps(back, transposed(step));
  const { input } = net.gradients(painted([1, 24, 24], () => 1), { of: ["input"] });
  compare(input.gradient, 24, back, 9, 6);
});

Deno.test("overlap: kernel 3 with stride 2 is uneven, 4 is not, 1 has holes", () => {
  const of = (kernel: number) => throughTaps(EVEN, tapsOf("scatter", kernel, 2));
  assert.deepEqual([1, 2, 3, 4, 5].map((kernel) => unevenness(of(kernel)).toFixed(3)), [
    "1.000",
    "0.000",
    "0.600",
    "0.000",
    "0.385",
  ]);
  assert.deepEqual([1, 2, 3].map((kernel) => holes(of(kernel))), [0.75, 0, 0]);
});

Deno.test("spectrum: a wave has its variance at its frequency, whatever the size", () => {
  for (const size of [12, 32, 45]) {
    const wave = painted([1, size, size], (_n, y) => 3 + 2 * Math.cos(2 * Math.PI * 5 * y / size));
    const { power, width, variance } = powerSpectrum(wave);
    assert.ok(Math.abs(2 * power[5 * width] - 2) < 1e-5, `${2 * power[5 * width]}`);
    assert.ok(Math.abs(variance - 2) < 0.1);
    assert.ok(Math.abs(power[5 * width] - power[(size - 5) * width]) < 1e-9);
    assert.ok(power[0] < 1e-12);
  }
});

Deno.test("spectrum: pictures score near 0, a checkerboard near 1, and what lies between in order", () => {
  const x = shapesPictures(32, 5).x, [, height, width, channels] = x.shape;
  const scored = (planes: Tensor, period: [number, number]) =>
    checkerboardScore(powerSpectrum(planes, period), period);
  assert.ok(scored(x, [2, 2]).score < 0.05);
  assert.ok(scored(x, [4, 4]).score < 0.05);
  let before = 0;
  for (const amplitude of [0.003, 0.01, 0.03, 0.1]) {
    const data = x.data.map((value, i) => {
      const pixel = Math.floor(i / channels) % (height * width);
      return value + amplitude * ((Math.floor(pixel / width) + pixel) % 2 ? 1 : -1);
    });
    const { score, amplitude: found } = scored({ ...x, data }, [2, 2]);
    assert.ok(score > before, `${amplitude}: ${score}`);
    assert.ok(Math.abs(found - amplitude) < 0.1 * amplitude + 0.001, `${amplitude}: ${found}`);
    before = score;
  }
  assert.ok(before > 0.9);
  const board = painted([1, 32, 32], (_n, y, x) => (y + x) % 2);
  assert.ok(scored(board, [2, 2]).score > 0.99);
  assert.ok(Math.abs(scored(board, [2, 2]).share - 1) < 1e-3);
  const noise = random(1, "noise");
  const white = painted([64, 32, 32], (n, y, x) => noise.normal(n, y * 32 + x));
  assert.ok(scored(white, [4, 4]).score < 0.1);
  assert.equal(scored(painted([1, 16, 16], () => 7), [2, 2]).score, 0);
});

Deno.test("spectrum: frequencies of later strides can be left out", () => {
  const board = powerSpectrum(painted([1, 32, 32], (_n, y, x) => (y + x) % 2), [4, 4]);
  assert.ok(checkerboardScore(board, [4, 4]).score > 0.99);
  assert.ok(checkerboardScore(board, [4, 4], [[2, 2]]).score < 0.01);
});
