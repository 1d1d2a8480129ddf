/** The sheet of augmented pictures. */
import assert from "node:assert/strict";
import { augment } from "../core/data/augment/augment.ts";
import { fromTensors, slice } from "../core/data/dataset.ts";
import { augmentationSheet } from "../core/image/augmentation.ts";
import type { Image } from "../core/image/image.ts";
import { tensor, zeros } from "../core/tensor.ts";

/** Two pictures, the left half black, the right half white. */
const halves = fromTensors(
  tensor(Float32Array.from({ length: 2 * 64 }, (_, i) => i % 8 < 4 ? 0 : 1), [2, 8, 8, 1]),
  undefined,
  { name: "halves" },
);

/** The colours along a row of pixels, as text: `#` black, `.` white, `-` anything else. */
function line({ data, width }: Image, y: number): string {
  return Array.from({ length: width }, (_, x) => {
    const value = data[4 * (y * width + x)];
    return value === 0 ? "#" : value === 255 ? "." : "-";
  }).join("");
}

Deno.test("a row shows the original, then each pass", async () => {
  const flipped = augment(halves, [{ kind: "flip", probability: 1 }]);
  const sheet = await augmentationSheet(halves, flipped, { passes: 3 });
  const row = line(sheet, sheet.height - 60);
  // Tiles of 128 pixels with a frame, six pixels from one to the next.
  const [side, other] = ["#".repeat(64), ".".repeat(64)];
  const tiles = [side + other, other + side, other + side, other + side];
  assert.ok(row.includes(tiles.join("-....-")), row);
  const columns = (passes: number) => augmentationSheet(halves, flipped, { passes });
  assert.ok((await columns(4)).width > sheet.width);
  const one = await augmentationSheet(halves, flipped, { passes: 3, pictures: [1] });
  assert.equal(sheet.height - one.height, 128 + 6);
});

Deno.test("what cannot be drawn is refused", async () => {
  const refused = (call: Promise<Image>, message: RegExp) => assert.rejects(call, { message });
  await refused(augmentationSheet(halves, slice(halves, 1)), /the 2 pictures of halves with 1/);
  await refused(augmentationSheet(halves, halves, { passes: 0 }), /0 passes/);
  await refused(augmentationSheet(halves, halves, { passes: 1000 }), /1 to 24 passes/);
  await refused(augmentationSheet(halves, halves, { pictures: [] }), /0 pictures/);
  await refused(augmentationSheet(halves, halves, { pictures: [2] }), /picture 2 of halves/);
  const five = fromTensors(zeros([1, 2, 2, 5]));
  await refused(augmentationSheet(five, five), /\[1,2,2,5\]/);
});
