import assert from "node:assert/strict";
import { colorOf } from "../core/image/colormap.ts";
import { fitBlocks, fitTable, fitWrapped, scalesFor, tidyColumns } from "../core/image/fit.ts";
import { drawGrid, inRows } from "../core/image/grid.ts";
import { createImage, pixelAt } from "../core/image/image.ts";
import {
  bodyHeight,
  bodyWidth,
  composeSheet,
  drawLegend,
  sheetMargin,
} from "../core/image/sheet.ts";
import { hexColor, type Rgb, theme } from "../core/image/theme.ts";
import { showsText } from "./golden/image/compare.ts";

Deno.test("grid: tiles lie at equal distances and none is covered by its frame", () => {
  const colors: Rgb[] = [[10, 0, 0], [20, 0, 0], [30, 0, 0], [40, 0, 0], [50, 0, 0]];
  const tiles = colors.map((color) => ({ image: createImage(8, 6, color) }));
  const image = drawGrid(inRows(tiles, 3), { gutter: 4 });
  assert.deepEqual([image.width, image.height], [1 + 3 * 12 - 4 + 1, 1 + 2 * 10 - 4 + 1]);
  colors.forEach((color, i) => {
    const [x, y] = [1 + 12 * (i % 3), 1 + 10 * Math.floor(i / 3)];
    assert.deepEqual(pixelAt(image, { x, y }), color);
    assert.deepEqual(pixelAt(image, { x: x + 7, y: y + 5 }), color);
    assert.deepEqual(pixelAt(image, { x: x + 8, y }), theme.line);
    assert.deepEqual(pixelAt(image, { x, y: y - 1 }), theme.line);
  });
  assert.deepEqual(pixelAt(image, { x: 30, y: 12 }), theme.paper, "no sixth tile");
});

Deno.test("grid: smaller tiles are centred in their cells", () => {
  const [large, small] = [createImage(20, 20, [1, 1, 1]), createImage(10, 10, [2, 2, 2])];
  const image = drawGrid([[{ image: large }, { image: small }]], { gutter: 4 });
  assert.deepEqual(pixelAt(image, { x: 1 + 24 + 5, y: 1 + 5 }), [2, 2, 2]);
  assert.deepEqual(pixelAt(image, { x: 1 + 24 + 3, y: 1 + 3 }), theme.paper);
});

Deno.test("grid: labels, notes and captions make room for themselves", () => {
  const tile = (caption?: string) => ({ image: createImage(60, 60), caption });
  const plain = drawGrid([[tile()], [tile()]]);
  const captioned = drawGrid([[tile()], [tile("0.1")]]);
  assert.equal(captioned.height, plain.height + 20, "only in the row that has captions");
  const labelled = drawGrid([[tile()], [tile()]], {
    rowLabels: ["0", "1"],
    rowNotes: ["±1", "±2"],
    columnLabels: ["7"],
    rowAxis: "filter ↓",
  });
  assert.ok(labelled.width > plain.width + 60);
  assert.equal(labelled.height, plain.height + 36);
});

Deno.test("fit: tiny tiles are enlarged to a comfortable size, large ones stay as they are", () => {
  for (const side of [1, 3, 4, 5, 7, 11, 16, 28, 32]) {
    for (const scale of scalesFor({ width: side, height: side })) {
      assert.ok(side * scale >= 24 && side * scale <= 72, `${side} × ${scale}`);
    }
  }
  assert.deepEqual(scalesFor({ width: 224, height: 224 }), [1]);
});

Deno.test("fit: whatever the count, tiles fit the sheet, and what is cut is counted", () => {
  for (const count of [1, 2, 7, 9, 12, 32, 64, 96, 100, 128, 512, 5000]) {
    for (const side of [1, 3, 5, 11, 32]) {
      const fit = fitWrapped(count, { width: side, height: side });
      assert.ok(fit.columns * (side * fit.scale + 4) <= bodyWidth + 4);
      assert.ok(fit.rows * (side * fit.scale + 4) <= bodyHeight + 4);
      assert.ok(fit.shown <= count && fit.shown <= fit.rows * fit.columns);
      if (count <= 512) assert.equal(fit.shown, count);
      assert.ok(fit.shown > (fit.rows - 1) * fit.columns, "no empty row");
    }
  }
  assert.ok(fitWrapped(5000, { width: 32, height: 32 }).shown < 5000);
});

Deno.test("fit: a table is cut to 32 each way only where it must be", () => {
  const tile = { width: 3, height: 3, sideWidth: 110 };
  assert.deepEqual(fitTable(128, 64, tile), { scale: 8, rows: 32, columns: 32, shown: 1024 });
  assert.deepEqual(fitTable(128, 16, tile), { scale: 8, rows: 32, columns: 16, shown: 512 });
  const whole = fitTable(16, 8, tile);
  assert.deepEqual([whole.rows, whole.columns], [16, 8]);
  assert.ok(whole.scale > 8);
});

Deno.test("fit: columns are tidy where the number allows it", () => {
  for (const [count, columns] of [[1, 1], [5, 5], [8, 8], [12, 4], [32, 8], [64, 8], [128, 16]]) {
    assert.equal(tidyColumns(count, 40), columns, `${count}`);
  }
  assert.ok(tidyColumns(67, 40) <= 40);
});

Deno.test("fit: feature maps line up in a table where they can, and never overflow", () => {
  const table = fitBlocks(8, 32, { width: 32, height: 32, input: true });
  assert.deepEqual([table.table, table.scale, table.channels], [true, 1, 32]);
  const blocks = fitBlocks(8, 128, { width: 4, height: 4, input: true });
  assert.deepEqual([blocks.table, blocks.channels, blocks.columns], [false, 128, 32]);
  for (const pictures of [1, 3, 8, 100]) {
    for (const channels of [1, 3, 32, 100, 2048]) {
      for (const side of [1, 4, 14, 32, 112, 512]) {
        const fit = fitBlocks(pictures, channels, { width: side, height: side, input: true });
        const cell = side * fit.scale + fit.gutter;
        const rows = fit.pictures * Math.ceil(fit.channels / fit.columns);
        assert.ok(fit.columns * cell <= bodyWidth, `${pictures} ${channels} ${side}`);
        assert.ok(rows * cell <= bodyHeight + cell, `${pictures} ${channels} ${side}`);
        assert.ok(fit.pictures >= 1 && fit.channels >= 1);
      }
    }
  }
});

Deno.test("sheet: title, subtitle and body are there; empty subtitle lines are not", () => {
  const body = createImage(300, 50, [9, 9, 9]);
  const options = { title: "enc1", subtitle: ["one", "", "two"] };
  const sheet = composeSheet(body, options);
  assert.equal(sheet.width, 300 + 2 * sheetMargin);
  assert.ok(showsText(sheet, "one") && showsText(sheet, "two"));
  assert.deepEqual(pixelAt(sheet, { x: sheetMargin, y: sheet.height - sheetMargin - 1 }), [
    9,
    9,
    9,
  ]);
  assert.deepEqual(pixelAt(sheet, { x: 0, y: 0 }), theme.paper);
  const shorter = composeSheet(body, { ...options, subtitle: ["one"] });
  assert.equal(sheet.height - shorter.height, 18);
});

Deno.test("sheet: a long title makes the sheet wider, a very long one wraps", () => {
  const body = createImage(10, 10);
  const wide = composeSheet(body, { title: "a title of some length" });
  assert.ok(wide.width > 200);
  const wrapped = composeSheet(body, { title: "many words ".repeat(60) });
  assert.ok(wrapped.width <= bodyWidth + 2 * sheetMargin);
  assert.ok(wrapped.height > wide.height + 40);
});

Deno.test("legend: the bar runs from the first colour to the last, and numbers stand below", () => {
  const scale = { colormap: "blue-white-red", low: -0.5, high: 0.5 } as const;
  const image = drawLegend({ label: "weight", scale });
  for (const x of [1, 60, 120, 238]) {
    assert.deepEqual(pixelAt(image, { x, y: 24 }), colorOf((x + 0.5) / 240 - 0.5, scale));
  }
  const sheet = composeSheet(createImage(9, 9), {
    title: "t",
    legends: [{ label: "weight", scale }],
  });
  for (const text of ["−0.5", "0.5"]) assert.ok(showsText(sheet, text, { color: theme.ink }), text);
  assert.ok(showsText(sheet, "Weight"));
  const flat = drawLegend({ label: "x", scale: { colormap: "magma", low: 0, high: 0 } });
  assert.equal(hexColor(pixelAt(flat, { x: 120, y: 24 })), "#000004");
});
