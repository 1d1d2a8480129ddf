/** Sheets of activations: what is drawn where, and what is said of it. */

import assert from "node:assert/strict";
import { activationSheet } from "../core/image/activations.ts";
import { colorOf } from "../core/image/colormap.ts";
import { fitBlocks } from "../core/image/fit.ts";
import { countText } from "../core/image/numbers.ts";
import { peaksOf } from "../core/image/signals.ts";
import { theme } from "../core/image/theme.ts";
import { tensor, zeros } from "../core/tensor.ts";
import { showsText } from "./golden/image/compare.ts";

import { refused } from "./harness/refusals.ts";
import { assertShows, count, positive, random } from "./harness/sheets.ts";

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
  refused(() => activationSheet(zeros([4])), /\[n,h,w,c\], \[n,length,c\] or \[n,c\]/);
  refused(() => activationSheet(zeros([2, 2, 3]), { rgb: true }), /\[n,h,w,3\]/);
  refused(() => activationSheet(zeros([1, 0, 2, 3])), /none empty/);
  refused(() => activationSheet(zeros([2, 2, 2, 4]), { rgb: true }), /\[n,h,w,3\]/);
  refused(() => activationSheet(zeros([2, 4]), { input: zeros([1, 4, 4, 3]) }), /1 input pictures/);
  refused(
    () => activationSheet(zeros([2, 4]), { input: zeros([2, 4, 4, 2]) }),
    /the input of shape/,
  );
});
