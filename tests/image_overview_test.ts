/** The whole network on one sheet. */

import assert from "node:assert/strict";
import { pixelAt } from "../core/image/image.ts";
import { overviewSheet } from "../core/image/overview.ts";
import { drawPictureCard } from "../core/image/overview_card.ts";
import { encodePng } from "../core/image/png.ts";
import { theme } from "../core/image/theme.ts";
import { type Tensor, tensor, zeros } from "../core/tensor.ts";
import { showsText } from "./golden/image/compare.ts";

import { refused } from "./harness/refusals.ts";
import { assertShows, count, positive, random } from "./harness/sheets.ts";

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
  refused(() => overviewSheet(network, { picture: 2 }), /picture 2: the input of shape/);
  refused(
    () => overviewSheet({ ...network, output: zeros([0, 3]) }),
    /the output of shape \[0,3\]: it is empty/,
  );
});
