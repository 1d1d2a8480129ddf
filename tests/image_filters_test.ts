/** Sheets of filters: what is drawn where, and what is said of it. */

import assert from "node:assert/strict";
import { colorOf } from "../core/image/colormap.ts";
import { filterSheet } from "../core/image/filters.ts";
import { type Image, pixelAt } from "../core/image/image.ts";
import { takeApart } from "../core/image/kernel.ts";
import { fitWrapped } from "../core/image/fit.ts";
import { countText } from "../core/image/numbers.ts";
import { encodePng } from "../core/image/png.ts";
import { theme } from "../core/image/theme.ts";
import { tensor, zeros } from "../core/tensor.ts";
import { showsText } from "./golden/image/compare.ts";

import { refused } from "./harness/refusals.ts";
import { assertShows, count, random } from "./harness/sheets.ts";

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
  refused(() => filterSheet(zeros([3])), /conv2d filters of shape \[3\]: 4 axes/);
  refused(
    () => filterSheet(zeros([3, 3, 3]), { kind: "depthwise_conv2d" }),
    /depthwise_conv2d filters of shape \[3,3,3\]: 4 axes/,
  );
  refused(() => filterSheet(zeros([3, 3, 3, 3]), { kind: "conv1d" }), /3 axes/);
  refused(() => filterSheet(zeros([3, 3, 3]), { rgb: true }), /a conv1d are no pictures/);
  refused(
    () => filterSheet(zeros([3, 3, 3, 1]), { kind: "depthwise_conv2d", rgb: true }),
    /a depthwise_conv2d are no pictures/,
  );
  refused(() => filterSheet(zeros([3, 3, 0, 4])), /none empty/);
  refused(() => filterSheet(zeros([3, 3]), { kind: "conv2d" }), /4 axes/);
  refused(() => filterSheet(zeros([3, 3, 4, 4]), { rgb: true }), /4 input planes, not 3/);
  refused(
    () => filterSheet(zeros([3, 3, 4, 4]), { colormap: "jet" as "gray" }),
    /Unknown colormap "jet"/,
  );
  refused(() => filterSheet(zeros([3, 3, 4, 4]), { kind: "lstm" as "dense" }), /Unknown kind/);
  for (const [rows, columns] of [[0, 2], [1.5, 2], [20, 20], [NaN, 1]]) {
    refused(
      () => filterSheet(zeros([3, 3, 4, 4]), { grid: { rows, columns } }),
      /Cannot draw a grid/,
    );
  }
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
