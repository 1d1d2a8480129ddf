/** The checkerboard's doctor: what it finds, what its rewrites keep, its sheet. */

import assert from "node:assert/strict";
import {
  adam,
  averagePool2d,
  batchNormalization,
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
  preset,
  random,
  reshape,
  resizeConv2d,
  rewriteCheckerboard,
  sequential,
  shapes,
  spectralNormalization,
  unevenness,
  upsampling2d,
  zeroPadding2d,
} from "../mod.ts";
import { shapesPictures } from "./harness/shapes_net.ts";

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
  const x = shapesPictures(32, 5).x;
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

Deno.test("doctor: the article's words leave holes, rewritten they do not", () => {
  const x = shapesPictures(16, 5).x;
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

Deno.test("rewrites of strided convolutions take the checkerboard out of gradients", () => {
  const x = shapesPictures(8, 5).x;
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

Deno.test("the doctor's sheet", () => {
  const { outputs, gradients, layers } = diagnoseCheckerboard(
    preset("article-text").build(),
    shapesPictures(2, 5).x,
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
