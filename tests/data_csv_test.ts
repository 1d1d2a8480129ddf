import assert from "node:assert/strict";
import { csv, type CsvOptions, openCsv } from "../core/data/csv.ts";
import { bytesSource, readPictures, refusal, withFiles } from "./harness/data_files.ts";

const table = (text: string, options?: CsvOptions, wait = false) =>
  csv(bytesSource("some/t.csv", new TextEncoder().encode(text), wait), options);

Deno.test("pixels with the label first, without a header", async () => {
  const dataset = await table("1,0,255,51,102\n0,255,0,0,0\n", { shape: [2, 2, 1] });
  assert.deepEqual([dataset.name, dataset.size, dataset.shape, dataset.classNames], [
    "t.csv",
    2,
    [2, 2, 1],
    undefined,
  ]);
  const { x, targets } = await readPictures(dataset, [0, 1]);
  assert.deepEqual(x[0], Float32Array.of(0, 1, 0.2, 0.4));
  assert.deepEqual(targets.map(([label]) => label), [1, 0]);
});

Deno.test("features, a header, quotes, words for classes, other delimiters", async () => {
  const text = 'width;"the\nheight";species\r\n1.5;-2;rose\r\n\r\n3;4e1;"aster; wild"\r\n5;6;rose';
  for (const wait of [false, true]) {
    const dataset = await table(text, { label: "species" }, wait);
    assert.deepEqual([dataset.shape, dataset.classNames], [[2], ["aster; wild", "rose"]]);
    const { x, targets } = await readPictures(dataset, [0, 1, 2]);
    assert.deepEqual(x, [Float32Array.of(1.5, -2), Float32Array.of(3, 40), Float32Array.of(5, 6)]);
    assert.deepEqual(targets.map(([label]) => label), [1, 0, 1]);
  }
  const usual = await table("a,label,b\n1,7,2\n");
  assert.deepEqual((await readPictures(usual, [0])).targets[0][0], 7);
  const last = await table("1,2,3.5\n4,5,6\n", { label: 2 });
  assert.deepEqual(last.targetShape, [1]);
  assert.deepEqual((await readPictures(last, [0])).targets[0][0], 3.5);
  const none = await table("1,2\n3,4\n", { label: null, bytes: true });
  assert.deepEqual(none.shape, [2]);
  assert.deepEqual(await readPictures(none, [1]), {
    x: [Float32Array.of(3 / 255, 4 / 255)],
    targets: [Float32Array.of(-1)],
  });
});

Deno.test("what is no table is refused with its row", async () => {
  const wrong = (text: string, pattern: RegExp, options?: CsvOptions) =>
    assert.rejects(table(text, options), refusal(pattern));
  await wrong("", /t\.csv as CSV: it has no rows/);
  await wrong("a,b\n", /it has no rows/);
  await wrong("1,2\n3,4,5\n", /row 2 has 3 columns, not 2/);
  await wrong("l,a\n0,1\n1,x\n", /row 3, column a is "x", not a number/);
  await wrong("0,1\n1,\n", /row 2, column 1 is ""/);
  await wrong("0,1\n,2\n", /picture 1 has no label/);
  await wrong('0,1\n1,"2\n', /a quoted value does not end/);
  await wrong("0,1,2\n", /2 columns of values do not make \[3,1,1\]/, { shape: [3, 1, 1] });
  await wrong("a,b\n1,2\n", /no column "c"; there are a, b/, { label: "c" });
  await wrong("1,2\n", /no column 2; there are 0, 1/, { label: 2 });
  await wrong("1\n2\n", /no columns of values/);
  await wrong("1,2\n3,4\n", /take more than 7 bytes/, { limit: 7 });
});

Deno.test("a file longer than what is read at a time", async () => {
  const row = (i: number) => `${i % 10},${i},"${-i}",${"0".repeat(40)}1\n`;
  const text = Array.from({ length: 25000 }, (_, i) => row(i)).join("");
  assert.ok(text.length > 2 ** 20);
  await withFiles({ "long.csv": text }, async (folder) => {
    const dataset = await openCsv(`${folder}/long.csv`);
    assert.equal(dataset.size, 25000);
    const { x, targets } = await readPictures(dataset, [0, 19999, 24999]);
    assert.deepEqual(x[1], Float32Array.of(19999, -19999, 1));
    assert.deepEqual(targets.map(([label]) => label), [0, 9, 9]);
    assert.deepEqual(x[2], Float32Array.of(24999, -24999, 1));
  });
});
