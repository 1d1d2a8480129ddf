import assert from "node:assert/strict";
import { activationSheet } from "../core/image/activations.ts";
import { colorOf } from "../core/image/colormap.ts";
import { filterSheet } from "../core/image/filters.ts";
import { type Image, pixelAt } from "../core/image/image.ts";
import { takeApart } from "../core/image/kernel.ts";
import { fitBlocks, fitWrapped } from "../core/image/fit.ts";
import { countText, rangeText } from "../core/image/numbers.ts";
import { overviewSheet } from "../core/image/overview.ts";
import { drawPictureCard } from "../core/image/overview_card.ts";
import { rangeOf } from "../core/image/plane.ts";
import { encodePng } from "../core/image/png.ts";
import { reconstructionSheet } from "../core/image/reconstruction.ts";
import { peaksOf } from "../core/image/signals.ts";
import { theme } from "../core/image/theme.ts";
import { type Tensor, tensor, zeros } from "../core/tensor.ts";
import { noise, showsText } from "./golden/image/compare.ts";

function random(shape: number[], seed = 1): Tensor {
  return tensor(noise(shape.reduce((a, b) => a * b, 1), seed), shape);
}

function positive(shape: number[], seed = 1): Tensor {
  const { data } = random(shape, seed);
  return tensor(data.map(Math.abs), shape);
}

/** How often a colour occurs. */
function count(image: Image, color: readonly number[]): number {
  let found = 0;
  for (let i = 0; i < image.data.length; i += 4) {
    if (color.every((part, j) => image.data[i + j] === part)) found++;
  }
  return found;
}

function assertShows(image: Image, ...texts: string[]): void {
  for (const text of texts) assert.ok(showsText(image, text), `not on the sheet: ${text}`);
}

function refuses(draw: () => unknown, message: RegExp): void {
  assert.throws(draw, (error: Error) => {
    assert.equal(error.name, "DeconvError");
    assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}

Deno.test("filterSheet: three planes are RGB, every other number a table", () => {
  const rgb = filterSheet(random([3, 3, 3, 8]));
  assertShows(rgb, "8 filters · the three input planes as red, green and blue, zero is mid-grey");
  const table = filterSheet(random([3, 3, 4, 8]));
  assertShows(table, "8 filters × 4 input planes · blue is negative, red positive");
  const single = filterSheet(random([3, 3, 1, 8]));
  assertShows(single, "8 filters × 1 input plane · blue is negative, red positive");
  const forced = filterSheet(random([3, 3, 3, 8]), { rgb: false });
  assertShows(forced, "8 filters × 3 input planes · blue is negative, red positive");
});

Deno.test("filterSheet: a filter of signals is a tile with a row for each channel", () => {
  const sheet = filterSheet(random([5, 4, 8]));
  assertShows(
    sheet,
    "8 filters · a row for each of 4 input channels, its taps from left to right · " +
      "blue is negative, red positive",
  );
  const back = filterSheet(random([4, 1, 8]), { kind: "conv1d_transpose" });
  assertShows(back, "8 input channels · one output channel, its taps from left to right");
  // Of one tap: the table of channels.
  assertShows(filterSheet(random([1, 3, 8])), "8 filters × 3 input channels");
  // One weight of one filter, wherever it is, has one place: taps run across, channels down.
  const one = zeros([3, 2, 2]);
  one.data[(2 * 2 + 1) * 2] = 1; // tap 2, channel 1, filter 0
  const { width, height, slice } = takeApart(one, "conv1d");
  const { data, offset, rowStride, columnStride } = slice(0, 0);
  assert.deepEqual([width, height], [3, 2]);
  assert.equal(data[offset + 1 * rowStride + 2 * columnStride], 1);
});

Deno.test("filterSheet: a depthwise kernel has a tile for every output channel, in their order", () => {
  assertShows(
    filterSheet(random([3, 3, 3, 2]), { kind: "depthwise_conv2d" }),
    "6 filters · 2 for each of 3 input channels · blue is negative, red positive",
  );
  assertShows(
    filterSheet(random([5, 12, 1]), { kind: "depthwise_conv1d" }),
    "12 filters · one for each input channel · blue is negative, red positive",
  );
  const kernel = zeros([2, 3, 4, 2]);
  kernel.data[((1 * 3 + 2) * 4 + 3) * 2 + 1] = 1; // row 1, column 2, channel 3, the second of its two
  const { data, offset, rowStride, columnStride } = takeApart(kernel, "depthwise_conv2d").slice(
    7,
    0,
  );
  assert.equal(data[offset + rowStride + 2 * columnStride], 1);
});

Deno.test("filterSheet: a transposed kernel counts input channels, and is RGB when it makes RGB", () => {
  const rgb = filterSheet(random([4, 4, 3, 16]), { kind: "conv2d_transpose" });
  assertShows(
    rgb,
    "16 input channels · the three output planes as red, green and blue, zero is mid-grey",
  );
  const table = filterSheet(random([4, 4, 5, 6]), { kind: "conv2d_transpose" });
  assertShows(table, "6 input channels × 5 output planes · blue is negative, red positive");
});

Deno.test("filterSheet: the right weight is at the right place", () => {
  const kernel = zeros([3, 3, 3, 2]);
  kernel.data[((1 * 3 + 2) * 3 + 0) * 2 + 1] = 1; // row 1, column 2, red, filter 1
  const sheet = filterSheet(kernel);
  const [left, top] = [25, sheet.height - 20 - 72 - 1]; // 3×3 is enlarged to 72, the last row of a sheet
  const at = (filter: number, column: number, row: number) =>
    pixelAt(sheet, { x: left + 76 * filter + 24 * column + 12, y: top + 24 * row + 12 });
  assert.deepEqual(at(1, 2, 1), [255, 128, 128]);
  assert.deepEqual(at(1, 1, 1), [128, 128, 128]);
  assert.deepEqual(at(0, 2, 1), [128, 128, 128]);
  assert.equal(count(sheet, [255, 128, 128]), 24 * 24);
});

Deno.test("filterSheet: caps and ranges are stated", () => {
  const kernel = random([3, 3, 64, 128]);
  kernel.data[0] = -1.25;
  kernel.data[1] = 1.5;
  const sheet = filterSheet(kernel, { title: "enc3" });
  assertShows(
    sheet,
    "First 32 of 128 filters × first 32 of 64 input planes · blue is negative, red positive",
    "Kernel 3×3 · 73,728 weights, −1.25 … 1.5",
  );
  assert.ok(showsText(sheet, "−1.5", { color: theme.ink }), "the bar is symmetric around zero");
  assert.ok(sheet.width <= 1400);
  const { shown } = fitWrapped(3000, { width: 11, height: 11 });
  assert.ok(shown < 3000);
  const many = filterSheet(random([11, 11, 3, 3000]));
  assertShows(many, `First ${countText(shown)} of 3,000 filters · the three input planes as red`);
});

Deno.test("filterSheet: each filter on its own scale says so and gives each range", () => {
  const kernel = tensor([0.5, -2, 0.25, 1], [1, 1, 2, 2]); // filter 0: .5 .25, filter 1: -2 1
  const own = filterSheet(kernel, { normalize: "filter" });
  assertShows(own, "Weight, each filter on its own scale");
  for (const text of ["±0.5", "±2", "−largest"]) {
    assert.ok(showsText(own, text, { color: theme.ink }));
  }
  const full = { colormap: "blue-white-red", low: -1, high: 1 } as const;
  const dark = (sheet: Image) => count(sheet, colorOf(1, full));
  const layer = filterSheet(kernel);
  assert.ok(dark(own) >= 72 * 72, "0.5 is the largest of its own filter");
  assert.ok(dark(layer) < 72 * 72, "but not of the layer");
});

Deno.test("filterSheet: NaN and infinities are magenta and counted", () => {
  const kernel = zeros([3, 3, 2, 2]);
  kernel.data[4] = NaN;
  kernel.data[9] = -Infinity;
  const sheet = filterSheet(kernel);
  assert.equal(count(sheet, theme.notFinite), 2 * 24 * 24);
  assertShows(
    sheet,
    "Kernel 3×3 · 36 weights, 0 everywhere · 2 values are NaN or infinite (magenta)",
  );
  assert.equal(count(filterSheet(random([3, 3, 2, 2])), theme.notFinite), 0);
  const rgb = random([3, 3, 3, 2]);
  rgb.data[0] = NaN;
  assert.equal(count(filterSheet(rgb), theme.notFinite), 24 * 24);
});

Deno.test("filterSheet: nothing but zeros is mid-grey or white, nothing but NaN magenta", () => {
  assert.ok(count(filterSheet(zeros([3, 3, 3, 4])), [128, 128, 128]) >= 4 * 72 * 72);
  assert.ok(count(filterSheet(zeros([3, 3, 2, 4])), [247, 247, 247]) >= 8 * 72 * 72);
  const nan = tensor(new Float32Array(9).fill(NaN), [3, 3, 1, 1]);
  assert.equal(count(filterSheet(nan), theme.notFinite), 72 * 72);
  assertShows(filterSheet(zeros([3, 3, 3, 4])), "Kernel 3×3 · 108 weights, 0 everywhere");
});

Deno.test("filterSheet: dense weights are one heat map, cut and counted", () => {
  assertShows(
    filterSheet(random([12, 10])),
    "10 output units × 12 inputs · blue is negative, red positive",
  );
  const wide = filterSheet(random([3072, 8]));
  assert.ok(wide.width <= 1400);
  const counts = Array.from({ length: 100 }, (_, i) => countText(1250 + i));
  assert.ok(counts.some((n) => showsText(wide, `8 output units × first ${n} of 3,072 inputs`)));
});

Deno.test("filterSheet: the article's figure has one titled grey panel a slice", () => {
  const sheet = filterSheet(random([3, 3, 3, 32]), {
    grid: { rows: 2, columns: 2 },
    colormap: "gray",
  });
  for (let i = 0; i < 4; i++) {
    // Panel headings are centred, so look for the picture of the figure itself: black and white ends.
    assert.ok(count(sheet, [0, 0, 0]) >= 4 * 64 * 64 - 100);
  }
  assertShows(sheet, "First 4 of 32 filters · input plane 0 of each");
  const shared = filterSheet(random([3, 3, 3, 32]), {
    grid: { rows: 2, columns: 2 },
    normalize: "layer",
  });
  assert.ok(count(shared, [0, 0, 0]) < count(sheet, [0, 0, 0]));
});

Deno.test("filterSheet: shapes and names that cannot be drawn are refused in one line", () => {
  refuses(() => filterSheet(zeros([3])), /conv2d filters of shape \[3\]: 4 axes/);
  refuses(
    () => filterSheet(zeros([3, 3, 3]), { kind: "depthwise_conv2d" }),
    /depthwise_conv2d filters of shape \[3,3,3\]: 4 axes/,
  );
  refuses(() => filterSheet(zeros([3, 3, 3, 3]), { kind: "conv1d" }), /3 axes/);
  refuses(() => filterSheet(zeros([3, 3, 3]), { rgb: true }), /a conv1d are no pictures/);
  refuses(
    () => filterSheet(zeros([3, 3, 3, 1]), { kind: "depthwise_conv2d", rgb: true }),
    /a depthwise_conv2d are no pictures/,
  );
  refuses(() => filterSheet(zeros([3, 3, 0, 4])), /none empty/);
  refuses(() => filterSheet(zeros([3, 3]), { kind: "conv2d" }), /4 axes/);
  refuses(() => filterSheet(zeros([3, 3, 4, 4]), { rgb: true }), /4 input planes, not 3/);
  refuses(
    () => filterSheet(zeros([3, 3, 4, 4]), { colormap: "jet" as "gray" }),
    /Unknown colormap "jet"/,
  );
  refuses(() => filterSheet(zeros([3, 3, 4, 4]), { kind: "lstm" as "dense" }), /Unknown kind/);
  for (const [rows, columns] of [[0, 2], [1.5, 2], [20, 20], [NaN, 1]]) {
    refuses(
      () => filterSheet(zeros([3, 3, 4, 4]), { grid: { rows, columns } }),
      /Cannot draw a grid/,
    );
  }
});

Deno.test("activationSheet: signed values get two colours, others go from black", () => {
  const signed = activationSheet(random([2, 4, 4, 5]));
  assertShows(signed, "2 pictures × 5 channels · blue is negative, red positive");
  const plain = activationSheet(positive([2, 4, 4, 5]));
  assertShows(plain, "2 pictures × 5 channels");
  assert.ok(!showsText(plain, "blue is negative"));
  assert.ok(count(signed, [103, 0, 31]) + count(signed, [5, 48, 97]) > 0);
  assert.ok(count(plain, [252, 253, 191]) > 0);
});

Deno.test("activationSheet: the right value is at the right place, per channel or per layer", () => {
  const values = zeros([1, 2, 2, 2]);
  values.data[(0 * 2 + 1) * 2 + 1] = 2; // row 0, column 1, channel 1
  values.data[(1 * 2 + 0) * 2 + 0] = 1; // row 1, column 0, channel 0
  const own = activationSheet(values);
  assert.equal(count(own, [252, 253, 191]) >= 2 * 36 * 36, true);
  const layer = activationSheet(values, { normalize: "layer" });
  const half = colorOf(1, { colormap: "magma", low: 0, high: 2 });
  assert.ok(count(layer, half) >= 36 * 36);
  assert.ok(count(own, half) < 36 * 36);
  assertShows(own, "Largest value of each channel: 1 … 2");
});

Deno.test("activationSheet: caps, dead channels and NaN are stated", () => {
  const values = positive([3, 32, 32, 600]);
  const sheet = activationSheet(values);
  const fit = fitBlocks(3, 600, { width: 32, height: 32, input: false });
  assert.ok(fit.channels > 100 && fit.channels < 600);
  assertShows(sheet, `3 pictures × first ${fit.channels} of 600 channels`);
  const dead = positive([1, 2, 2, 4]);
  for (const i of [1, 5, 9, 13]) dead.data[i] = 0;
  assert.ok(showsText(activationSheet(dead), "1 picture × 4 channels · 1 of them zero everywhere"));
  const broken = zeros([1, 2, 2, 4]);
  broken.data[3] = NaN;
  const marked = activationSheet(broken);
  assertShows(marked, "Maps 2×2 · values 0 everywhere · 1 value is NaN or infinite (magenta)");
  assert.equal(count(marked, theme.notFinite), 36 * 36);
});

Deno.test("activationSheet: vectors are a strip with numbers, on one scale", () => {
  const sheet = activationSheet(tensor([0, 0.25, 0.5, 1], [2, 2]));
  assertShows(sheet, "2 pictures × 2 units", "Values 0 … 1");
  assert.ok(count(sheet, [252, 253, 191]) > 55 * 27 * 0.8);
  const wide = activationSheet(positive([2, 5000]));
  assert.ok(wide.width <= 1400);
  const counts = Array.from({ length: 150 }, (_, i) => countText(1200 + i));
  assert.ok(counts.some((n) => showsText(wide, `2 pictures × first ${n} of 5,000 units`)));
});

Deno.test("activationSheet: inputs stand in front, RGB outputs are pictures", () => {
  const input = tensor(new Float32Array(2 * 8 * 8 * 3).map((_, i) => i % 3 === 1 ? 1 : 0), [
    2,
    8,
    8,
    3,
  ]);
  const green = [0, 255, 0];
  assert.ok(count(activationSheet(positive([2, 8, 8, 4]), { input }), green) >= 2 * 32 * 32);
  assert.ok(count(activationSheet(positive([2, 8]), { input }), green) >= 2 * 32 * 32);
  assert.ok(count(activationSheet(positive([2, 4, 4, 64]), { input }), green) >= 2 * 32 * 32);
  assert.ok(count(activationSheet(input, { rgb: true }), green) >= 2 * 64 * 64);
  const both = activationSheet(input, { rgb: true, input });
  assert.equal(count(both, green), 2 * count(activationSheet(input, { rgb: true }), green));
  const clipped = activationSheet(random([2, 8, 8, 3]), { rgb: true });
  assert.ok(showsText(
    clipped,
    "2 pictures · channels as red, green and blue, 0 is black, 1 full · clipped to 0 … 1",
  ));
});

Deno.test("activationSheet: a map larger than the sheet is shrunk, and that is said", () => {
  const sheet = activationSheet(positive([1, 700, 900, 1]));
  assert.ok(sheet.width <= 1400);
  assert.ok(showsText(sheet, "1 picture × 1 channel · maps are shrunk to 512×398"));
});

Deno.test("activationSheet: signals are strips, one row a channel, on scales of their own", () => {
  const wave = random([3, 40, 4]);
  const sheet = activationSheet(wave, { title: "features" });
  assertShows(sheet, "3 signals × 4 channels · blue is negative, red positive", "signal 2");
  const one = activationSheet(positive([2, 40, 1]), { normalize: "layer" });
  assertShows(one, "2 signals × 1 channel");
  const beside = activationSheet(positive([2, 40, 8]), { input: positive([2, 6, 6, 1]) });
  assertShows(beside, "picture 1");
  // Every cell of a channel that is one value everywhere has the colour of that value.
  const flat = tensor(Float32Array.from({ length: 20 }, (_, i) => i % 2 ? 3 : 1), [1, 10, 2]);
  const colors = activationSheet(flat, { normalize: "layer" });
  const scale = { colormap: "magma", low: 0, high: 3 } as const;
  for (const value of [1, 3]) assert.ok(count(colors, colorOf(value, scale)) >= 10 * 56 * 27);
});

Deno.test("activationSheet: of a long signal the peaks are kept, of many signals the first", () => {
  const long = zeros([1, 5000, 1]);
  long.data[4321] = -2;
  const sheet = activationSheet(long);
  assertShows(sheet, "1 signal × 1 channel · of every 5 values the one farthest from zero");
  const scale = { colormap: "blue-white-red", low: -2, high: 2 } as const;
  assert.ok(count(sheet, colorOf(-2, scale)) >= 19);
  assert.ok(sheet.width <= 1400);
  const many = activationSheet(positive([40, 300, 64]));
  assertShows(many, "First 2 of 40 signals × 64 channels");
  assert.ok(many.height <= 1500);
});

Deno.test("overviewSheet: signals, and kernels of every kind", () => {
  const layer = (kind: string, kernel: Tensor, activation: Tensor) => ({
    name: kind,
    kind,
    outputShape: activation.shape.slice(1),
    parameterCount: kernel.data.length,
    kernel,
    activation,
  });
  const signals = positive([2, 500, 3]);
  const sheet = overviewSheet({
    title: "signals",
    input: signals,
    output: positive([2, 12, 80]),
    layers: [
      layer("conv1d", random([5, 3, 8]), random([2, 100, 8])),
      layer("depthwise_conv2d", random([3, 3, 3, 2]), positive([2, 8, 8, 6])),
      layer("separable_conv1d", random([3, 4, 2]), positive([2, 40, 16])),
      layer("unheard_of", random([3, 3, 4]), positive([2, 40, 16])),
    ],
  });
  assertShows(sheet, "4 layers · 234 parameters");
  assert.ok(sheet.width <= 1400);
  // What is drawn stays inside the frame of its card.
  for (const [length, channels] of [[1, 1], [3, 2], [64, 8], [101, 70], [3000, 1]]) {
    const card = drawPictureCard("x", positive([1, length, channels]), 0);
    for (let y = 0; y < card.height; y++) {
      assert.deepEqual(pixelAt(card, { x: card.width - 1, y }), theme.line, `${length}`);
    }
  }
});

Deno.test("peaksOf: farthest from zero, not finite before all", () => {
  const plane = (data: number[]) => ({
    data: Float32Array.from(data),
    width: data.length,
    height: 1,
    offset: 0,
    rowStride: data.length,
    columnStride: 1,
  });
  assert.deepEqual([...peaksOf(plane([1, -3, 2, 0, 5]), 3).data], [-3, 2, 5]);
  assert.deepEqual([...peaksOf(plane([NaN, 7, 1, Infinity]), 2).data], [NaN, Infinity]);
  assert.equal(peaksOf(plane([1, 2]), 2).width, 2);
});

Deno.test("activationSheet: shapes that cannot be drawn are refused in one line", () => {
  refuses(() => activationSheet(zeros([4])), /\[n,h,w,c\], \[n,length,c\] or \[n,c\]/);
  refuses(() => activationSheet(zeros([2, 2, 3]), { rgb: true }), /\[n,h,w,3\]/);
  refuses(() => activationSheet(zeros([1, 0, 2, 3])), /none empty/);
  refuses(() => activationSheet(zeros([2, 2, 2, 4]), { rgb: true }), /\[n,h,w,3\]/);
  refuses(() => activationSheet(zeros([2, 4]), { input: zeros([1, 4, 4, 3]) }), /1 input pictures/);
  refuses(
    () => activationSheet(zeros([2, 4]), { input: zeros([2, 4, 4, 2]) }),
    /the input of shape/,
  );
});

Deno.test("reconstructionSheet: error of each picture and of all, range of the difference", () => {
  const input = zeros([2, 4, 4, 3]);
  const output = zeros([2, 4, 4, 3]);
  output.data.fill(0.5, 48);
  const sheet = reconstructionSheet(input, output, { title: "after epoch 1" });
  assertShows(
    sheet,
    "2 pictures · 4×4 · mean squared error 0.125",
    "Input 0 everywhere · output 0 … 0.5",
  );
  assert.ok(showsText(sheet, "0.5", { color: theme.ink }), "end of the bar");
  assert.ok(count(sheet, [252, 253, 191]) >= 160 * 160, "the second picture differs most");
  assert.ok(count(sheet, [128, 128, 128]) >= 160 * 160);
});

Deno.test("reconstructionSheet: a perfect copy, clipping, NaN and many pictures", () => {
  const x = positive([20, 8, 8, 1]);
  const same = reconstructionSheet(x, x);
  assertShows(same, "First 16 of 20 pictures · 8×8 · mean squared error 0");
  assert.ok(same.width <= 1400);
  const far = tensor(x.data.map((value) => 3 * value), x.shape);
  const ranges = [x, far].map(({ data }) => rangeText(rangeOf(data)));
  assertShows(
    reconstructionSheet(x, far),
    `Input ${ranges[0]} · output ${ranges[1]} · pictures are clipped to 0 … 1`,
  );
  const broken = zeros([1, 8, 8, 1]);
  broken.data[0] = NaN;
  const sheet = reconstructionSheet(zeros([1, 8, 8, 1]), broken);
  assertShows(
    sheet,
    "1 picture · 8×8 · mean squared error NaN · 1 value is NaN or infinite (magenta)",
  );
  assert.ok(count(sheet, theme.notFinite) > 0);
});

Deno.test("reconstructionSheet: different shapes are refused in one line", () => {
  refuses(
    () => reconstructionSheet(zeros([1, 4, 4, 3]), zeros([1, 8, 8, 3])),
    /input \[1,4,4,3\] with output \[1,8,8,3\]: the shapes must be the same/,
  );
  refuses(() => reconstructionSheet(zeros([1, 4, 4, 2]), zeros([1, 4, 4, 2])), /as pictures/);
});

function layers(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    name: `layer${i}`,
    kind: "conv2d",
    outputShape: [null, 8, 8, 16],
    parameterCount: 1000,
    kernel: random([3, 3, i === 0 ? 3 : 16, 16], i + 1),
    activation: positive([2, 8, 8, 16], i + 1),
  }));
}

Deno.test("overviewSheet: every layer has its card; the sheet stays readable up to 15", () => {
  const [input, output] = [positive([2, 8, 8, 3]), positive([2, 8, 8, 3], 2)];
  for (const amount of [1, 4, 7, 15]) {
    const sheet = overviewSheet({ title: "net", input, output, layers: layers(amount) });
    assert.ok(sheet.width <= 1400);
    const style = { face: "strong", color: theme.ink, background: theme.panel } as const;
    for (const name of ["input", "output", ...layers(amount).map((layer) => layer.name)]) {
      assert.ok(showsText(sheet, name, style), `${name} of ${amount}`);
    }
    assert.ok(showsText(sheet, `${amount === 1 ? "1 layer" : `${amount} layers`} · `));
    assert.ok(showsText(sheet, "12 of 16 filters", { background: theme.panel }));
    assert.ok(showsText(sheet, "6 of 16 maps", { background: theme.panel }));
    assert.ok(showsText(sheet, "? × 8 × 8 × 16", { background: theme.panel }));
  }
});

Deno.test("overviewSheet: layers without kernel, vectors, dense kernels and NaN", () => {
  const sheet = overviewSheet({
    title: "net",
    input: positive([1, 8, 8, 1]),
    output: positive([1, 10]),
    layers: [
      {
        name: "flat",
        kind: "flatten",
        outputShape: [64],
        parameterCount: 0,
        activation: positive([1, 64]),
      },
      {
        name: "head",
        kind: "dense",
        outputShape: [10],
        parameterCount: 650,
        kernel: random([64, 10]),
        activation: tensor(Float32Array.from({ length: 10 }, (_, i) => i === 3 ? NaN : i), [1, 10]),
      },
      {
        name: "odd",
        kind: "reshape",
        outputShape: [2, 5],
        parameterCount: 0,
        activation: positive([1, 2, 5]),
      },
    ],
  });
  const style = { background: theme.panel };
  for (const text of ["no parameters", "650 parameters", "64 units", "weights 64×10", "reshape"]) {
    assert.ok(showsText(sheet, text, style), text);
  }
  assert.ok(showsText(sheet, "3 layers · 650 parameters · 1 value is NaN or infinite (magenta)"));
  assert.ok(count(sheet, theme.notFinite) > 100);
});

Deno.test("overviewSheet: another picture gives another sheet; one that is not there is refused", () => {
  const network = {
    title: "net",
    input: positive([2, 8, 8, 3]),
    output: positive([2, 8, 8, 3], 2),
    layers: layers(2),
  };
  const [a, b] = [0, 1].map((picture) => encodePng(overviewSheet(network, { picture })));
  assert.notDeepEqual(a, b);
  refuses(() => overviewSheet(network, { picture: 2 }), /picture 2: the input of shape/);
  refuses(
    () => overviewSheet({ ...network, output: zeros([0, 3]) }),
    /the output of shape \[0,3\]: it is empty/,
  );
});

Deno.test("sheets do not change what they draw, and draw the same each time", () => {
  const kernel = random([3, 3, 3, 4]);
  const before = kernel.data.slice();
  const [first, second] = [filterSheet(kernel), filterSheet(kernel)];
  assert.deepEqual(kernel.data, before);
  assert.deepEqual(encodePng(first), encodePng(second));
});

Deno.test({
  name: "sheets and PNG need no permission at all",
  permissions: "none",
  fn: () => {
    const png = encodePng(filterSheet(random([3, 3, 3, 4])));
    assert.deepEqual([...png.subarray(1, 4)], [80, 78, 71]);
  },
});
