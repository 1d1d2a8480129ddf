import assert from "node:assert/strict";
import { activationSheet } from "../core/image/activations.ts";
import { atlasSheet } from "../core/image/atlas.ts";
import { filterSheet } from "../core/image/filters.ts";
import { createImage, fillRect } from "../core/image/image.ts";
import { overviewSheet } from "../core/image/overview.ts";
import { lossCurve } from "../core/image/plot.ts";
import { encodePng } from "../core/image/png.ts";
import { reconstructionSheet } from "../core/image/reconstruction.ts";
import { drawText } from "../core/image/text.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { assertGolden, differenceFrom, noise } from "./golden/image/compare.ts";

/** A striped kernel or picture: smooth along its axes, so that a mistake in strides shows. */
function stripes(shape: [number, number, number, number], turn = 1): Tensor {
  const [a, b, c, d] = shape;
  const data = new Float32Array(a * b * c * d);
  for (let i = 0; i < data.length; i++) {
    const [l, k, x, y] = [
      i % d,
      Math.floor(i / d) % c,
      Math.floor(i / d / c) % b,
      Math.floor(i / d / c / b),
    ];
    data[i] = (((x * (l + 1) + y * turn + 2 * k) % 7) - 3) / (3 + (l % 4));
  }
  return tensor(data, shape);
}

function pictures(shape: [number, number, number, number], seed: number): Tensor {
  const { length } = stripes(shape).data;
  const speckle = noise(length, seed);
  return tensor(Float32Array.from({ length }, (_, i) => (i % 53) / 53 + 0.1 * speckle[i]), shape);
}

const clip = ({ data, shape }: Tensor) =>
  tensor(data.map((v) => Math.min(1, Math.max(0, v))), shape);
const relu = ({ data, shape }: Tensor) => tensor(data.map((v) => Math.max(0, v)), shape);

Deno.test("golden: faces and signs", async () => {
  const image = createImage(420, 84);
  drawText(image, "AVA Weights 3×3, 3 → 32", { x: 10, y: 26, face: "title" });
  drawText(image, "0.123 −4.5e−6 ± × · … [8,32,32,3] (gjpqy) “ü” 漢", { x: 10, y: 50 });
  drawText(image, "strong: 73,856 parameters", { x: 10, y: 70, face: "strong" });
  await assertGolden(image, "text");
});

Deno.test("golden: RGB filters, each on its own scale", async () => {
  await assertGolden(
    filterSheet(stripes([3, 3, 3, 4]), { title: "enc1", normalize: "filter" }),
    "filters-rgb",
  );
});

Deno.test("golden: filter planes with NaN", async () => {
  const kernel = stripes([3, 3, 2, 3]);
  kernel.data[5] = NaN;
  await assertGolden(filterSheet(kernel, { title: "enc2" }), "filters-planes");
});

Deno.test("golden: the article's figure", async () => {
  const grid = { rows: 2, columns: 2 };
  await assertGolden(
    filterSheet(stripes([3, 3, 3, 8]), { title: "Weights", grid }),
    "filters-article",
  );
});

Deno.test("golden: activations with their inputs", async () => {
  const input = clip(pictures([2, 8, 8, 3], 3));
  await assertGolden(
    activationSheet(relu(stripes([2, 4, 4, 5])), { title: "enc1", input }),
    "activations",
  );
});

Deno.test("golden: vectors", async () => {
  const values = tensor([0.1, 0.7, 0.2, -0.5, 0, 1], [2, 3]);
  await assertGolden(activationSheet(values, { title: "logits" }), "activations-vectors");
});

Deno.test("golden: reconstruction", async () => {
  const [x, y] = [clip(pictures([3, 8, 8, 3], 1)), clip(pictures([3, 8, 8, 3], 2))];
  await assertGolden(reconstructionSheet(x, y), "reconstruction");
});

Deno.test("golden: loss curve", async () => {
  const { image, svg } = lossCurve([
    { name: "loss", values: [0.69, 0.62, NaN, 0.58, 0.57, 0.565] },
    { name: "val_loss", values: [0.68, 0.63, 0.61, 0.6, 0.597, 0.596] },
  ], { title: "Loss", width: 480, height: 300 });
  await assertGolden(image, "loss-curve");
  assert.match(svg, /<\/svg>\n$/);
});

Deno.test("golden: overview over two lines", async () => {
  const input = clip(pictures([1, 8, 8, 3], 1));
  const layer = (name: string, planes: number, filters: number) => ({
    name,
    kind: "conv2d 3×3, relu",
    outputShape: [8, 8, filters],
    parameterCount: 9 * planes * filters + filters,
    kernel: stripes([3, 3, planes, filters]),
    activation: relu(stripes([1, 8, 8, filters], planes)),
  });
  const layers = [
    layer("enc1", 3, 8),
    layer("enc2", 8, 16),
    layer("neck", 16, 16),
    layer("dec1", 16, 8),
    layer("dec2", 8, 3),
  ];
  await assertGolden(overviewSheet({ title: "net", input, output: input, layers }), "overview");
});

Deno.test("differenceFrom (of these tests) sees one wrong pixel, another size and a missing file", () => {
  const image = createImage(5, 4);
  const png = encodePng(image);
  assert.equal(differenceFrom(image, png), "");
  fillRect(image, { x: 2, y: 2, width: 1, height: 1 }, [255, 255, 254]);
  assert.equal(differenceFrom(image, png), "1 of 20 pixels differ");
  assert.match(differenceFrom(createImage(4, 4), png), /instead of 5 × 4/);
  assert.match(differenceFrom(image, undefined), /no such picture/);
});

Deno.test("golden: an atlas with a dead unit and a patch that the border cuts off", async () => {
  const patches = clip(pictures([8, 5, 5, 3], 9)), projections = stripes([8, 5, 5, 3]);
  for (const { data } of [patches, projections]) data.fill(NaN, 75 + 60, 150);
  const strongest = [0, 1, 2, 3].map((picture) => ({
    picture,
    value: 4 - picture,
    at: [0, picture],
    patch: { top: 0, left: 0, height: 5, width: 5 },
  }));
  const facts = { mean: 2.5, active: 46, lowest: 0, dead: false, classes: [1, 9, 2], strongest };
  const units = [
    { unit: 0, ...facts },
    { unit: 1, ...facts, active: 0, dead: true, strongest: [] },
  ];
  const layer = {
    layer: "relu1",
    made: ["conv1", "relu1"],
    kind: "conv2d",
    shape: [8, 8, 2],
    sees: { height: 5, width: 5 },
    units,
  };
  const options = {
    title: "net · conv1",
    dataset: "shapes",
    pictures: 100,
    classNames: ["disc", "ring", "star"],
    classCounts: [30, 30, 40],
  };
  const pages = { from: 0, to: 2, top: 4, patches, projections };
  await assertGolden(atlasSheet(layer, pages, options), "atlas");
});
