/** Sheets of reconstructions: error, range, and what is said of both. */

import assert from "node:assert/strict";
import { rangeText } from "../core/image/numbers.ts";
import { rangeOf } from "../core/image/plane.ts";
import { reconstructionSheet } from "../core/image/reconstruction.ts";
import { theme } from "../core/image/theme.ts";
import { tensor, zeros } from "../core/tensor.ts";
import { showsText } from "./golden/image/compare.ts";

import { refused } from "./harness/refusals.ts";
import { assertShows, count, positive } from "./harness/sheets.ts";

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
  refused(
    () => reconstructionSheet(zeros([1, 4, 4, 3]), zeros([1, 8, 8, 3])),
    /input \[1,4,4,3\] with output \[1,8,8,3\]: the shapes must be the same/,
  );
  refused(() => reconstructionSheet(zeros([1, 4, 4, 2]), zeros([1, 4, 4, 2])), /as pictures/);
});
