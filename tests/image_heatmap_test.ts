/** Heat maps, and sheets of explanations. */
import assert from "node:assert/strict";
import { colorOf } from "../core/image/colormap.ts";
import { explanationSheet } from "../core/image/explanation.ts";
import { heatmap } from "../core/image/heatmap.ts";
import { pixelAt } from "../core/image/image.ts";
import { theme } from "../core/image/theme.ts";
import { type Tensor, tensor, zeros } from "../core/tensor.ts";
import { noise, showsText } from "./golden/image/compare.ts";
import { refused } from "./harness/refusals.ts";

const filled = (shape: number[], value: number): Tensor =>
  tensor(zeros(shape).data.fill(value), shape);

const random = (shape: number[]): Tensor =>
  tensor(noise(shape.reduce((a, b) => a * b, 1), 3), shape);

Deno.test("heatmap: what becomes of channels", () => {
  const map = tensor([1, -3, 2, 0, 0.5, 0.5], [1, 1, 2, 3]);
  const range = (reduce?: "sum" | "abs" | "max") => {
    const [{ low, high, scale }] = heatmap(map, { reduce, normalize: "max" });
    return [low, high, scale.low, scale.high, scale.colormap];
  };
  assert.deepEqual(range(), [0, 1, 0, 1, "magma"]);
  assert.deepEqual(range("abs"), [1, 6, 0, 6, "magma"]);
  assert.deepEqual(range("max"), [0.5, 3, 0, 3, "magma"]);
  const [{ scale }] = heatmap(tensor([1, -4], [1, 1, 2]), { normalize: "max" });
  assert.deepEqual(scale, { colormap: "blue-white-red", low: -4, high: 4 });
});

Deno.test("heatmap: what gets the strongest colour", () => {
  const data = Float32Array.from({ length: 200 }, (_, i) => (i % 100) + 1);
  data[99] = 1000;
  const map = tensor(data, [2, 10, 10]);
  const highs = (normalize?: "max" | "percentile" | "shared") =>
    heatmap(map, { normalize }).map(({ scale }) => scale.high);
  assert.deepEqual(highs(), [99, 99]);
  assert.deepEqual(highs("max"), [1000, 100]);
  assert.deepEqual(highs("shared"), [1000, 1000]);
  // A single place in a hundred is not cut off to nothing.
  const one = zeros([1, 10, 20]);
  one.data[7] = 2;
  assert.equal(heatmap(one)[0].scale.high, 2);
});

Deno.test("heatmap: over the picture in gray, alone, and as cells of a coarser map", () => {
  const input = tensor([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1], [1, 2, 2, 3]);
  const map = tensor([1], [1, 1, 1]);
  const [{ image: gray }] = heatmap(map, { input, alpha: 0 });
  assert.deepEqual(pixelAt(gray, { x: 0, y: 0 }), [76, 76, 76]);
  const [{ image: alone, scale }] = heatmap(map, { input, alpha: 1, side: 8 });
  assert.equal(alone.width, 8);
  for (const x of [0, 7]) assert.deepEqual(pixelAt(alone, { x, y: x }), colorOf(1, scale));
  const half = pixelAt(heatmap(map, { input, alpha: 0.5 })[0].image, { x: 0, y: 0 });
  half.forEach((v, i) => assert.ok(Math.abs(v - (76 + colorOf(1, scale)[i]) / 2) <= 1));
});

Deno.test("heatmap: vectors in rows, signals as strips", () => {
  const [{ image }] = heatmap(filled([1, 20], 1));
  assert.deepEqual([image.width, image.height], [8, 3]);
  assert.deepEqual(pixelAt(image, { x: 5, y: 2 }), [255, 255, 255]);
  assert.equal(heatmap(filled([1, 100], 1))[0].image.width, 16);
  const signal = heatmap(random([2, 64, 3]), { input: random([2, 64, 3]), side: 200 });
  assert.deepEqual([signal.length, signal[0].image.width, signal[0].image.height], [2, 192, 24]);
});

Deno.test("heatmap: mistakes are one line", () => {
  refused(() => heatmap(zeros([1, 2, 2, 2, 2])), /heat maps of shape \[1,2,2,2,2\]/);
  refused(() => heatmap(zeros([1, 2, 2]), { alpha: 2 }), /alpha .* from 0 to 1/);
  refused(() => heatmap(zeros([1, 2, 2]), { reduce: "mean" as "sum" }), /reduce .* sum, abs, max/);
  refused(() => heatmap(zeros([1, 2, 2]), { colormap: "jet" as "gray" }), /Unknown colormap/);
  refused(() => heatmap(zeros([1, 2, 2]), { input: zeros([2, 2, 2, 1]) }), /one for each/);
  refused(() => heatmap(zeros([1, 2, 2]), { input: zeros([1, 2, 2, 4]) }), /\[n,h,w,1\]/);
  refused(() => explanationSheet(zeros([1, 2, 2, 1]), []), /at least one method/);
});

Deno.test("explanationSheet: methods, evidence and marks; how it was drawn is stated", () => {
  const input = filled([2, 8, 8, 3], 0.5);
  const sheet = explanationSheet(input, [
    { name: "one", map: random([2, 8, 8, 3]), note: "50 steps", evidence: ["deletion 0.21"] },
    { name: "two", map: random([2, 4, 4]), reduce: "max", marks: ["is of noise"] },
    ...["three", "four", "five"].map((name) => ({ name, map: random([2, 8, 8]) })),
  ], { title: "Why", subtitle: ["Class 3"], normalize: "shared", alpha: 0.25 });
  const looks = "Sums of channels · two: largest of the channels · one scale for all maps of a " +
    "method · 25 % map over the picture in gray";
  for (const text of ["Class 3", "50 steps", looks]) assert.ok(showsText(sheet, text), text);
  for (const text of ["one", "input", "deletion 0.21"]) {
    assert.ok(showsText(sheet, text, { color: theme.ink }), text);
  }
  // What is marked stands on a ground of its own.
  const grounds = new Set<string>();
  for (let x = 0; x < sheet.width; x++) {
    grounds.add(`${pixelAt(sheet, { x, y: sheet.height - 64 })}`);
  }
  assert.ok(grounds.has("253,236,226"));
});

Deno.test("explanationSheet: more methods than fit go into bands; latents stand beside what they made", () => {
  const methods = Array.from({ length: 20 }, (_, i) => ({ name: `m${i}`, map: random([1, 100]) }));
  const made = { name: "output", pictures: filled([1, 8, 8, 1], 0.5) };
  const few = explanationSheet(random([1, 100]), methods.slice(0, 2), { pictures: [made] });
  const many = explanationSheet(random([1, 100]), methods, { pictures: [made] });
  assert.ok(many.width <= 1400 && many.height > few.height + 250);
  assert.ok(
    showsText(
      many,
      "Numbers in rows of 16 · each map on a scale of its own, which cuts off the largest hundredth",
    ),
  );
});
