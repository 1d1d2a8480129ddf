/** Feature visualisation: exact adjoints, gradients, what climbing reaches, what is refused. */
import assert from "node:assert/strict";
import {
  activationDirection,
  colorCorrelation,
  conv2d,
  conv2dTranspose,
  dense,
  featureVisualization,
  flatten,
  latentSearch,
  type Model,
  random,
  reshape,
  sequential,
  type Tensor,
  unfuse,
  wholeLayer,
} from "../mod.ts";
import { defaultColors, eigen } from "../core/explain/feature_visualization/colors.ts";
import { likeness } from "../core/explain/feature_visualization/diversity.ts";
import { fourierBasis, pixelBasis } from "../core/explain/feature_visualization/fourier.ts";
import { distanceFrom, totalVariation } from "../core/explain/feature_visualization/smoothness.ts";
import {
  drawLook,
  lookAt,
  sample,
  sampleAdjoint,
} from "../core/explain/feature_visualization/transform.ts";

const draws = random(7, "feature visualization tests");
const normals = (length: number, step = 0) =>
  Float64Array.from({ length }, (_, i) => draws.normal(step, i));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
const close = (a: number, b: number, tolerance: number, what = "") =>
  assert.ok(
    Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b)),
    `${what}: ${a} and ${b}`,
  );

Deno.test("fourier basis: the adjoint identity, at odd and even sizes", () => {
  for (const [height, width] of [[1, 1], [4, 4], [5, 7], [6, 3], [1, 8], [12, 9]]) {
    for (const basis of [fourierBasis(height, width), pixelBasis(height, width)]) {
      const a = normals(basis.size, 1), y = normals(height * width, 2);
      close(dot(basis.pixels(a), y), dot(a, basis.adjoint(y)), 1e-12, `${height}x${width}`);
    }
  }
});

Deno.test("fourier basis: a single number is one wave, of the size that 1/f gives it", () => {
  const height = 6, width = 8, basis = fourierBasis(height, width), half = 5;
  const numbers = new Float64Array(basis.size);
  numbers[2 * (2 * half + 1)] = 1; // the real part of v = 2, u = 1
  const pixels = basis.pixels(numbers);
  const scale = 2 / Math.hypot(2 / 6, 1 / 8) / Math.sqrt(48);
  pixels.forEach((value, i) => {
    const phase = 2 * Math.PI * (2 * Math.floor(i / width) / height + i % width / width);
    close(value, scale * Math.cos(phase), 1e-12, `${i}`);
  });
  numbers.fill(0);
  numbers[0] = 1; // the mean, as slow a wave as the plane is long
  basis.pixels(numbers).forEach((value) => close(value, 8 / Math.sqrt(48), 1e-12));
});

Deno.test("looking at a canvas: the adjoint identity, and places that are known", () => {
  const canvas = { height: 6, width: 9, margin: 2 }, channels = 3;
  for (let step = 0; step < 5; step++) {
    const look = drawLook(canvas, { jitter: 2, scale: [0.7, 1.4], rotation: 40 }, draws, step, 0);
    const x = normals(10 * 13 * channels, 3), y = normals(6 * 9 * channels, 4);
    const seen = new Float64Array(y.length), back = new Float64Array(x.length);
    sample(look, x, channels, seen);
    sampleAdjoint(look, y, channels, back);
    close(dot(seen, y), dot(x, back), 1e-12);
  }
  const x = Float64Array.from({ length: 10 * 13 }, (_, i) => i), seen = new Float64Array(54);
  sample(lookAt(canvas, {}), x, 1, seen);
  assert.equal(seen[0], 2 * 13 + 2);
  assert.equal(seen[53], 7 * 13 + 10);
  sample(lookAt(canvas, { shift: [1, -2] }), x, 1, seen);
  assert.equal(seen[0], 3 * 13);
  // Half a turn.
  sample(lookAt(canvas, { angle: Math.PI }), x, 1, seen);
  close(seen[0], 7 * 13 + 10, 1e-9);
  // Twice as large: neighbours are half a pixel apart.
  sample(lookAt(canvas, { scale: 2 }), x, 1, seen);
  close(seen[1] - seen[0], 0.5, 1e-9);
  // Far beyond the edge there is the edge.
  sample(lookAt(canvas, { shift: [-99, -99] }), x, 1, seen);
  assert.ok(seen.every((value) => value === 0));
});

Deno.test("colours: eigenvectors, and the square root of a covariance", () => {
  const n = 5, m = normals(n * n, 5), symmetric = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) symmetric[i * n + j] = m[i * n + j] + m[j * n + i];
  }
  const { values, vectors } = eigen(n, symmetric);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const entry = values.reduce(
        (sum, value, k) => sum + vectors[i * n + k] * value * vectors[j * n + k],
        0,
      );
      close(entry, symmetric[i * n + j], 1e-12);
    }
  }
  // Channels made by mixing: the root times its transpose is the covariance, up to a factor.
  const mix = [[1, 0.5], [0, 2]], data = new Float32Array(2 * 4000);
  for (let p = 0; p < 4000; p++) {
    const [a, b] = [draws.normal(6, 2 * p), draws.normal(6, 2 * p + 1)];
    data.set([mix[0][0] * a + mix[0][1] * b, mix[1][0] * a + mix[1][1] * b], 2 * p);
  }
  const { values: r } = colorCorrelation({ shape: [4000, 2], data });
  const mean = [0, 1].map((c) => data.filter((_, i) => i % 2 === c).reduce((a, b) => a + b) / 4000);
  const covariance = (i: number, j: number) => {
    let sum = 0;
    for (let p = 0; p < 4000; p++) sum += (data[2 * p + i] - mean[i]) * (data[2 * p + j] - mean[j]);
    return sum;
  };
  const product = [r[0] ** 2 + r[1] ** 2, r[0] * r[2] + r[1] * r[3], r[2] ** 2 + r[3] ** 2];
  close(product[1] / product[0], covariance(0, 1) / covariance(0, 0), 1e-5);
  close(product[2] / product[0], covariance(1, 1) / covariance(0, 0), 1e-5);
  assert.throws(() => colorCorrelation({ shape: [1, 3], data: new Float32Array(3) }), {
    message: /two pixels/,
  });
  assert.deepEqual([...defaultColors(2).values], [1, 0, 0, 1]);
  const columns = [0, 1, 2].map((j) =>
    Math.hypot(...[0, 1, 2].map((i) => defaultColors(3).values[3 * i + j]))
  );
  close(Math.max(...columns), 1, 1e-12);
});

/** Compares a gradient with differences. */
function checkGradient(
  x: Float64Array,
  value: (x: Float64Array) => number,
  gradient: ArrayLike<number>,
  tolerance: number,
) {
  const direction = normals(x.length, 8), h = 1e-4;
  const at = (t: number) => value(x.map((v, i) => v + t * direction[i]));
  close((at(h) - at(-h)) / (2 * h), dot(gradient, direction), tolerance);
}

Deno.test("penalties and diversity: their gradients", () => {
  const x = normals(5 * 6 * 2, 9);
  const variation = new Float64Array(60), square = new Float64Array(60);
  totalVariation(x, [5, 6, 2], 1, variation);
  checkGradient(x, (x) => totalVariation(x, [5, 6, 2], 0, new Float64Array(60)), variation, 1e-3);
  distanceFrom(x, 0.5, 1, square);
  checkGradient(x, (x) => distanceFrom(x, 0.5, 0, new Float64Array(60)), square, 1e-6);
  const shape = [3, 2, 2, 4], a = Float64Array.from(normals(48, 10));
  const alike = (a: Float64Array) => likeness({ shape, data: a as never as Float32Array });
  checkGradient(a, (a) => alike(a).value, alike(a).gradient, 1e-4);
  // The same picture twice is as alike as can be; pictures of different channels are not alike.
  const same = likeness({ shape: [2, 1, 2, 2], data: Float32Array.of(1, 2, 0, 1, 1, 2, 0, 1) });
  close(same.value, 1, 1e-12);
  const apart = likeness({ shape: [2, 1, 1, 2], data: Float32Array.of(1, 0, 0, 1) });
  assert.equal(apart.value, 0);
  assert.equal(likeness({ shape: [1, 1, 1, 2], data: Float32Array.of(1, 0) }).value, 0);
});

Deno.test("directions and whole layers: values and gradients", () => {
  for (const cosinePower of [0, 2]) {
    const { scalar } = activationDirection("a", [1, -2, 0.5], { cosinePower });
    const of = (data: Float64Array) => scalar({ shape: [2, 2, 1, 3], data: data as never }, [0, 1]);
    const a = Float64Array.from(
      { length: 12 },
      (_, i) => [0.9, -1.6, 0.7][i % 3] + 0.1 * draws.normal(11, i),
    );
    checkGradient(a, (a) => of(a).values.reduce((x, y) => x + y), of(a).gradient.data, 1e-3);
  }
  const { scalar } = wholeLayer("a");
  const squares = scalar({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 0) }, [0, 1]);
  assert.deepEqual([...squares.values], [2.5, 4.5]);
  assert.deepEqual([...squares.gradient.data], [1, 2, 3, 0]);
  assert.throws(() => activationDirection("a", [0, 0]), { message: /not all 0/ });
});

/** A unit that likes one picture: a dense layer of a single row. */
function liking(liked: Float32Array): Model {
  const net = sequential([flatten(), dense({ units: 1, useBias: false, name: "likes" })], {
    inputShape: [8, 8, 3],
  });
  net.setWeights("likes/kernel", { shape: [192, 1], data: liked });
  return net;
}

Deno.test("what a linear unit wants to see is found: white where its weights are positive, black elsewhere", () => {
  const liked = Float32Array.from({ length: 192 }, (_, i) => Math.floor(i / 24) < 4 ? 1 : -1);
  for (const parametrization of ["fourier", "pixels"] as const) {
    const { pictures, values, history } = featureVisualization(liking(liked), {
      target: { kind: "unit", layer: "likes", channel: 0 },
      transformations: false,
      parametrization,
      steps: 200,
    });
    assert.ok(history.at(-1)! > history[0]);
    assert.ok(values[0] > 70, `${parametrization}: ${values[0]}`); // 96 at most
    const right = liked.filter((like, i) => (pictures.data[i] > 0.5) === (like > 0)).length;
    assert.ok(right > 175, `${parametrization}: ${right}`);
  }
});

const small = () =>
  sequential([
    conv2d({
      filters: 6,
      kernelSize: 3,
      padding: "same",
      activation: "relu",
      name: "a",
      inputShape: [12, 10, 3],
    }),
    conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: "relu", name: "b" }),
    flatten(),
    dense({ units: 3, activation: "softmax", name: "c" }),
  ], { seed: 4 });

Deno.test("channels, classes, layers and directions of a network grow; the same seed gives the same bits", () => {
  const net = small();
  const targets = [
    { kind: "unit", layer: "b/linear", channel: 1 },
    { kind: "unit", layer: "a", channel: 2, at: [5, 5] },
    { kind: "class", index: 2 },
    wholeLayer("b"),
    activationDirection("a/linear", [1, 0, 1, 0, -1, 0]),
  ] as const;
  for (const target of targets) {
    const options = { target, steps: 24, count: 2, seed: 5 };
    const made = featureVisualization(net, options);
    assert.deepEqual(made.pictures.shape, [2, 12, 10, 3]);
    assert.ok(made.history.at(-1)! > made.history[0], JSON.stringify(target));
    assert.ok(made.pictures.data.every((value) => value >= 0 && value <= 1));
    assert.deepEqual(featureVisualization(net, options).pictures.data, made.pictures.data);
  }
});

Deno.test("diversity makes pictures unlike, where the target looks and elsewhere", () => {
  const net = small();
  const alike = (diversity: number, diversityLayer?: string) => {
    const { pictures } = featureVisualization(net, {
      target: { kind: "unit", layer: "b/linear", channel: 1 },
      steps: 60,
      count: 3,
      diversity,
      diversityLayer,
    });
    const layer = diversityLayer ?? "b/linear";
    return likeness(unfuse(net).gradients(pictures, { of: [layer] })[layer].output).value;
  };
  assert.ok(alike(20) < alike(0) - 0.02);
  assert.ok(alike(100, "a") < alike(0, "a") - 0.001);
});

Deno.test("a picture to start from, other ranges, penalties", () => {
  const net = small();
  const start: Tensor = {
    shape: [1, 12, 10, 3],
    data: Float32Array.from({ length: 360 }, (_, i) => (i % 7) / 7),
  };
  const one = { target: wholeLayer("b"), start } as const;
  const first = featureVisualization(net, {
    ...one,
    steps: 1,
    learningRate: 1e-9,
    transformations: false,
  });
  first.pictures.data.forEach((value, i) => close(value, Math.max(0.01, start.data[i]), 0.08));
  const wide = featureVisualization(net, { target: wholeLayer("b"), range: [-2, 3], steps: 30 });
  assert.ok(
    wide.pictures.data.some((value) => value < 0) && wide.pictures.data.some((value) => value > 1),
  );
  const rough = (totalVariationWeight: number, l2 = 0) => {
    const { pictures } = featureVisualization(net, {
      target: wholeLayer("b"),
      steps: 60,
      totalVariation: totalVariationWeight,
      l2,
    });
    const x = Float64Array.from(pictures.data), none = new Float64Array(x.length);
    return [totalVariation(x, [12, 10, 3], 0, none), distanceFrom(x, 0.5, 0, none)];
  };
  assert.ok(rough(5)[0] < rough(0)[0]);
  assert.ok(rough(0, 5)[1] < rough(0)[1]);
});

Deno.test("feature visualisation refuses what cannot be", () => {
  const net = small(), target = wholeLayer("b");
  const refused = (options: object, message: RegExp, of = net) =>
    assert.throws(() => featureVisualization(of, { target, steps: 1, ...options } as never), {
      name: "DeconvError",
      message,
    });
  refused({ target: { kind: "class" } }, /needs its number/);
  refused({ parametrization: "wavelets" }, /there are fourier, pixels/);
  refused({ range: [1, 0] }, /range/);
  refused({ steps: 0 }, /steps/);
  refused({ transformations: { jitter: 0.5 } }, /jitter/);
  refused({ transformations: { scale: [2, 1] } }, /scale/);
  refused({ transformations: { rotation: -1 } }, /rotation/);
  refused(
    { start: { shape: [1, 2], data: new Float32Array(2) } },
    /start must be of shape \[1,12,10,3\]/,
  );
  refused({ colors: defaultColors(2) }, /colors are of 2 channels/);
  refused({ target: activationDirection("b", [1]) }, /has 4 channels/);
  refused(
    {},
    /one input of pictures/,
    sequential([dense({ units: 2, name: "b", inputShape: [3] })]),
  );
});

Deno.test("latent search finds the latent that made a picture, and keeps the best try", () => {
  const generator = sequential([
    dense({ units: 4 * 4 * 4, activation: "tanh", inputShape: [3] }),
    reshape([4, 4, 4]),
    conv2dTranspose({
      filters: 3,
      kernelSize: 4,
      strides: 2,
      padding: "same",
      activation: "sigmoid",
    }),
  ], { seed: 2 });
  const z: Tensor = { shape: [2, 3], data: Float32Array.of(0.4, -0.8, 1.1, -0.3, 0.2, 0.7) };
  const wanted = generator.predict(z);
  const found = latentSearch(generator, wanted, { restarts: 3, steps: 150 });
  assert.ok(found.errors.every((error) => error < 1e-4), `${found.errors}`);
  found.latents.data.forEach((value, i) => close(value, z.data[i], 0.05, `${i}`));
  assert.deepEqual(found.pictures.shape, [2, 8, 8, 3]);
  found.tries.forEach((errors, n) => assert.equal(found.errors[n], Math.min(...errors)));
  // From the right latent it stays there.
  const kept = latentSearch(generator, wanted, { restarts: 1, steps: 1, start: z });
  assert.ok(kept.errors.every((error) => error < 1e-10));
  assert.throws(() => latentSearch(generator, z), { message: /makes \[count,8,8,3\]/ });
});
