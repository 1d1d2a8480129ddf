/** The checkerboard doctor: overlap maps, spectral scores, causes, rewrites. */
import assert from "node:assert/strict";
import {
  adam,
  averagePool2d,
  batchNormalization,
  checkerboardScore,
  checkerboardSheet,
  concatenate,
  conv2d,
  conv2dTranspose,
  cropping2d,
  dense,
  depthToSpace,
  diagnoseCheckerboard,
  flatten,
  globalAveragePool2d,
  holes,
  input,
  type Layer,
  maxPool2d,
  type Model,
  model,
  powerSpectrum,
  preset,
  random,
  reshape,
  resizeConv2d,
  rewriteCheckerboard,
  sequential,
  shapes,
  spectralNormalization,
  type Tensor,
  unevenness,
  upsampling2d,
  zeroPadding2d,
} from "../mod.ts";
import { convGeometry, convTransposeGeometry } from "../core/geometry.ts";
import {
  EVEN,
  overlapAt,
  tapsOf,
  throughTaps,
  transposed,
} from "../core/explain/checkerboard/overlap.ts";

/** Pictures of the generator. */
async function pictures(count: number): Promise<Tensor> {
  const data = new Float32Array(count * 32 * 32 * 3);
  await shapes({ size: count, seed: 5, split: "test" }).read([...Array(count).keys()], data);
  return { shape: [count, 32, 32, 3], data };
}

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

Deno.test("spectrum: pictures score near 0, a checkerboard near 1, and what lies between in order", async () => {
  const x = await pictures(32), [, height, width, channels] = x.shape;
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

/** An autoencoder with this way up, trained a little. */
async function trained(
  up: (filters: number, activation: "relu" | "sigmoid") => Layer,
): Promise<Model> {
  const down = { kernelSize: 4, strides: 2, padding: "same", activation: "relu" } as const;
  const net = sequential([
    conv2d({ ...down, filters: 16, inputShape: [32, 32, 3] }),
    conv2d({ ...down, filters: 32 }),
    up(16, "relu"),
    up(3, "sigmoid"),
  ]);
  net.compile({ optimizer: adam({ learningRate: 2e-3 }), loss: "binary_crossentropy" });
  await net.fitDataset(shapes({ size: 1024, seed: 1 }), { target: "input", epochs: 4 });
  return net;
}

const transposedOf = (kernelSize: number) => (filters: number, activation: "relu" | "sigmoid") =>
  conv2dTranspose({ filters, kernelSize, strides: 2, padding: "same", activation });

Deno.test("doctor: of trained networks it finds kernel 3 stride 2, and clears kernel 4 and resize-convolution", async () => {
  const x = await pictures(32);
  const found = diagnoseCheckerboard(await trained(transposedOf(3)), x);
  assert.equal(found.outputs?.verdict, "checkerboard");
  assert.ok(found.outputs.causes.includes("conv2d_transpose_2"));
  const four = diagnoseCheckerboard(await trained(transposedOf(4)), x);
  assert.equal(four.outputs?.verdict, "clear");
  const resized = diagnoseCheckerboard(
    await trained((filters, activation) => resizeConv2d({ filters, kernelSize: 3, activation })),
    x,
  );
  assert.equal(resized.outputs?.verdict, "clear");
  assert.ok(resized.outputs.score < 0.1);
  assert.ok(four.outputs.score < found.outputs.score);
  // Strided convolutions leave a pattern in the gradient, whatever their kernel.
  assert.equal(four.gradients?.verdict, "checkerboard");
  assert.deepEqual([...four.gradients.causes].sort(), ["conv2d_1", "conv2d_2"]);
});

Deno.test("doctor: the article's words leave holes, rewritten they do not", async () => {
  const x = await pictures(16);
  const net = preset("article-text").build({ seed: 0 });
  const { outputs, layers } = diagnoseCheckerboard(net, x);
  assert.equal(outputs?.verdict, "holes");
  assert.deepEqual(outputs.causes, ["deconv2"]);
  assert.deepEqual(outputs.risks, ["deconv1"]);
  assert.equal(holes(outputs.overlap), 0.75);
  assert.equal(layers[3].uneven, 1);
  for (const how of ["kernel", "resize", "shuffle"] as const) {
    const better = rewriteCheckerboard(net, { how });
    assert.deepEqual(better.outputShape, net.outputShape);
    assert.deepEqual(better.getWeights("conv1/kernel").data, net.getWeights("conv1/kernel").data);
    const after = diagnoseCheckerboard(better, x).outputs!;
    assert.equal(unevenness(after.overlap), 0, how);
    // Before any training a way up without weights of its own for each pixel is clear already.
    assert.equal(after.verdict, how === "kernel" ? "checkerboard" : "clear", how);
  }
});

Deno.test("doctor: layers of every kind, branches, wrapped layers, and networks without a pattern", () => {
  const noise = random(2, "pictures");
  const x = (size: number) => ({
    shape: [4, size, size, 2],
    data: Float32Array.from({ length: 4 * size * size * 2 }, (_, i) => noise.uniform(0, i)),
  });
  const start = input({ shape: [16, 16, 2] });
  const pooled = averagePool2d({ poolSize: 2 }).apply(zeroPadding2d({ padding: 2 }).apply(start));
  const cropped = cropping2d({ cropping: 1 }).apply(batchNormalization().apply(pooled));
  const wrapped = spectralNormalization(
    conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: "same" }),
    { name: "wrapped" },
  ).apply(cropped);
  const plain = upsampling2d({ size: 2 }).apply(cropped);
  const both = concatenate().apply([wrapped, plain]);
  const shuffled = depthToSpace({ blockSize: 2 }).apply(
    conv2d({ filters: 4, kernelSize: 1 }).apply(both),
  );
  const net = model({ inputs: start, outputs: shuffled });
  const { layers, outputs } = diagnoseCheckerboard(net, x(16));
  const of = (name: string) => layers.find((layer) => layer.name === name)!;
  assert.equal(of("wrapped").uneven.toFixed(2), "0.60");
  assert.deepEqual(of("wrapped").kernel, [3, 3]);
  assert.equal(of("concatenate_1").overlap.period.join(), "2,2");
  assert.ok(unevenness(of("concatenate_1").overlap) < 0.6);
  assert.equal(outputs?.period.join(), "4,4");
  assert.ok(outputs.risks.includes("wrapped") || outputs.causes.includes("wrapped"));

  const classifier = sequential([
    conv2d({
      filters: 4,
      kernelSize: 3,
      padding: "same",
      activation: "relu",
      inputShape: [16, 16, 2],
    }),
    averagePool2d({ poolSize: 2 }),
    globalAveragePool2d(),
    dense({ units: 3, activation: "softmax" }),
  ]);
  const calm = diagnoseCheckerboard(classifier, x(16));
  assert.equal(calm.outputs, null);
  assert.equal(calm.gradients?.verdict, "clear");
  assert.deepEqual(calm.gradients.causes, []);

  const generator = sequential([
    dense({ units: 64, inputShape: [5] }),
    reshape([8, 8, 1]),
    conv2dTranspose({ filters: 1, kernelSize: 1, strides: 2, padding: "same", name: "up" }),
  ]);
  const made = diagnoseCheckerboard(generator, {
    shape: [3, 5],
    data: new Float32Array(15).fill(1),
  });
  assert.equal(made.gradients, null);
  assert.equal(made.outputs?.verdict, "holes");
  const vector = sequential([dense({ units: 2, inputShape: [3] })]);
  assert.throws(() => diagnoseCheckerboard(vector, { shape: [1, 3], data: new Float32Array(3) }), {
    message: /neither its input nor its output is pictures/,
  });
});

Deno.test("rewrites keep every size, the graph and what is shared; refuse what cannot be", () => {
  for (const padding of ["same", "valid", [1, 0, 0, 1]] as const) {
    for (
      const [kernelSize, strides] of [[3, 2], [1, 2], [5, 3], [2, 3], [[3, 4], [2, 1]]] as const
    ) {
      const net = sequential([
        conv2dTranspose({
          filters: 2,
          kernelSize,
          strides,
          padding,
          name: "up",
          inputShape: [7, 6, 3],
        }),
        maxPool2d({ poolSize: 2 }),
        flatten(),
      ]);
      const better = rewriteCheckerboard(net, { how: "kernel" });
      assert.deepEqual(
        better.layer("up").outputShape([[7, 6, 3]]),
        net.layer("up").outputShape([[7, 6, 3]]),
      );
      const { layers } = diagnoseCheckerboard(better, {
        shape: [1, 7, 6, 3],
        data: new Float32Array(126),
      });
      assert.equal(layers[0].uneven, 0);
    }
  }
  const up = { filters: 2, kernelSize: 3, strides: 2 } as const;
  const one = (options: object) =>
    sequential([conv2dTranspose({ ...up, name: "up", ...options })], { inputShape: [4, 4, 2] });
  assert.throws(() => rewriteCheckerboard(one({})), {
    message: /choose "kernel"/,
  });
  assert.throws(() => rewriteCheckerboard(one({ strides: [2, 1] }), { how: "shuffle" }), {
    message: /not equal/,
  });
  assert.throws(() => rewriteCheckerboard(one({ kernelSize: 4 })), {
    message: /nothing to rewrite/,
  });
  assert.throws(() => rewriteCheckerboard(one({}), { how: "magic" as never }), {
    message: /no rewrite "magic"/,
  });
  const tied = sequential([
    conv2d({
      filters: 2,
      kernelSize: 3,
      strides: 2,
      padding: "same",
      name: "down",
      inputShape: [8, 8, 2],
    }),
    conv2dTranspose({ ...up, padding: "same", name: "up", tiedTo: "down" }),
  ]);
  assert.throws(() => rewriteCheckerboard(tied), { message: /shares its kernel/ });
  assert.throws(() => rewriteCheckerboard(tied, { layers: ["down"] }), {
    message: /no conv2d_transpose/,
  });
});

Deno.test("rewrites of strided convolutions take the checkerboard out of gradients", async () => {
  const x = await pictures(8);
  const net = sequential([
    conv2d({
      filters: 4,
      kernelSize: 3,
      strides: 2,
      padding: "same",
      activation: "relu",
      inputShape: [32, 32, 3],
    }),
    globalAveragePool2d(),
    dense({ units: 3 }),
  ], { seed: 3 });
  assert.equal(diagnoseCheckerboard(net, x).gradients?.verdict, "checkerboard");
  const better = rewriteCheckerboard(net, { gradients: true });
  assert.deepEqual(better.outputShape, net.outputShape);
  assert.equal(diagnoseCheckerboard(better, x).gradients?.verdict, "clear");
});

Deno.test("the doctor's sheet", async () => {
  const { outputs, gradients, layers } = diagnoseCheckerboard(
    preset("article-text").build(),
    await pictures(2),
  );
  const sheet = checkerboardSheet({
    title: "sheet",
    overlaps: layers.map(({ name, overlap }) => ({ name, ...overlap })),
    sides: [
      { name: "outputs", signed: false, ...outputs! },
      { name: "gradients", signed: true, ...gradients! },
    ],
  });
  assert.ok(sheet.width > 400 && sheet.height > 400);
  const { spectrum, period } = outputs!;
  assert.throws(() =>
    checkerboardSheet({
      title: "",
      overlaps: [],
      sides: [{
        name: "x",
        verdict: "",
        signed: false,
        planes: { shape: [1], data: new Float32Array(1) },
        spectrum,
        period,
      }],
    }), { message: /Cannot draw x/ });
});
