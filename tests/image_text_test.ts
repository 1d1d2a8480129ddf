import assert from "node:assert/strict";
import { createImage, type Image, pixelAt } from "../core/image/image.ts";
import { drawText, fitText, measureText, wrapText } from "../core/image/text.ts";
import { theme } from "../core/image/theme.ts";
import { showsText } from "./golden/image/compare.ts";

/** First and last column and row that are not white. */
function inked(image: Image) {
  const box = { left: Infinity, right: -1, top: Infinity, bottom: -1 };
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      if (pixelAt(image, { x, y }).every((part) => part === 255)) continue;
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y);
    }
  }
  return box;
}

Deno.test("text: nothing takes no room, more letters take more", () => {
  assert.equal(measureText("").width, 0);
  assert.ok(measureText("mm").width > measureText("m").width);
  assert.ok(measureText("m").width > measureText("i").width);
  assert.ok(measureText("layer", "title").width > measureText("layer", "strong").width);
  assert.ok(measureText("layer", "strong").width > measureText("layer").width);
});

Deno.test("text: ink lies where the measure says, on the base line", () => {
  const image = createImage(120, 40);
  drawText(image, "Hxgl", { x: 10, y: 20 });
  const box = inked(image);
  const { width } = measureText("Hxgl");
  assert.ok(box.left >= 10 && box.left <= 12);
  assert.ok(box.right >= 10 + width - 4 && box.right < 10 + width);
  const flat = createImage(60, 40);
  drawText(flat, "HEx", { x: 10, y: 20 });
  assert.equal(inked(flat).bottom, 19, "the base line is a whole pixel");
  assert.equal(inked(flat).top, 11, "capitals are nine whole pixels high");
});

Deno.test("text: alignment moves the ink by half or all of the width", () => {
  const at = (align: "left" | "center" | "right") => {
    const image = createImage(200, 30);
    drawText(image, "IIII", { x: 100, y: 20, align });
    return inked(image).left;
  };
  const { width } = measureText("IIII");
  assert.ok(Math.abs(at("left") - at("right") - width) <= 1);
  assert.ok(Math.abs(at("left") - at("center") - width / 2) <= 1);
});

Deno.test("text: letters are drawn in the colour asked for, and smooth", () => {
  const image = createImage(80, 30);
  drawText(image, "OIO", { x: 5, y: 22, face: "title", color: [255, 0, 0] });
  const colors = new Set<number>();
  for (let y = 0; y < 30; y++) {
    for (let x = 0; x < 80; x++) {
      const [red, green, blue] = pixelAt(image, { x, y });
      assert.equal(red, 255);
      assert.equal(green, blue);
      colors.add(green);
    }
  }
  assert.ok(colors.has(0), "full ink somewhere");
  assert.ok(colors.size > 8, "and many shades at the edges");
});

Deno.test("text: too long a line ends in an ellipsis and keeps within its width", () => {
  const text = "a rather long layer name that goes on";
  for (const width of [12, 40, 90, 150]) {
    const fitted = fitText(text, width);
    assert.ok(fitted.endsWith("…"));
    assert.ok(measureText(fitted).width <= width);
  }
  assert.equal(fitText(text, 1000), text);
  assert.equal(fitText(text, 1), "");
  const image = createImage(200, 30);
  drawText(image, text, { x: 0, y: 20, maxWidth: 100 });
  assert.ok(inked(image).right < 100);
});

Deno.test("text: wrapping loses no word and keeps within the width", () => {
  const text = "first 32 of 128 filters × first 32 of 64 input planes · blue is negative";
  const lines = wrapText(text, 150);
  assert.ok(lines.length > 1);
  assert.equal(lines.join(" "), text);
  for (const line of lines) assert.ok(measureText(line).width <= 150);
  assert.deepEqual(wrapText("", 100), []);
});

Deno.test("text: signs the sheets need are drawn, unknown letters are a box", () => {
  const drawn = (text: string) => {
    const image = createImage(20, 24);
    drawText(image, text, { x: 4, y: 16 });
    return image.data.join();
  };
  for (const sign of "×→−±·²µ…↓≈°éüß") assert.notEqual(drawn(sign), drawn("漢"), sign);
  assert.equal(drawn("漢"), drawn("字"));
  assert.notEqual(drawn("漢"), drawn(" "));
});

Deno.test("text: drawing outside the picture is left out", () => {
  const image = createImage(10, 10);
  drawText(image, "mmmm", { x: -12, y: 4 });
  drawText(image, "mmmm", { x: 500, y: 500 });
  assert.ok(inked(image).right >= 0);
});

Deno.test("text: digits are not squeezed together", () => {
  const apart = measureText("0").width + measureText(".").width + measureText("1").width;
  assert.ok(Math.abs(measureText("0.1").width - apart) <= 0.5);
  assert.ok(measureText("AV").width < measureText("A").width + measureText("V").width - 0.2);
});

Deno.test("showsText (of these tests) finds a text that is there, and no other", () => {
  const image = createImage(200, 60);
  drawText(image, "first 32 of 64", { x: 24, y: 30, color: theme.muted });
  assert.ok(showsText(image, "first 32 of 64"));
  assert.ok(!showsText(image, "first 32 of 65"));
  assert.ok(!showsText(image, "first 32 of 64", { color: theme.ink }));
});
