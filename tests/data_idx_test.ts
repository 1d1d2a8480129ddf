import assert from "node:assert/strict";
import { gzipSync } from "fflate";
import { FASHION_MNIST_CLASSES, idx } from "../core/data/idx.ts";
import { openIdx } from "../core/data/idx_folder.ts";
import { gunzip } from "../core/formats/gzip.ts";
import {
  bytesSource,
  readPictures,
  refusal,
  testWithShared,
  withFiles,
} from "./harness/data_files.ts";

/** An IDX file of numbers that are already bytes. */
function idxBytes(type: number, shape: readonly number[], body: ArrayLike<number>): Uint8Array {
  const header = [0, 0, type, shape.length];
  for (const size of shape) {
    header.push(size >>> 24, size >>> 16 & 255, size >>> 8 & 255, size & 255);
  }
  return Uint8Array.from([...header, ...Array.from(body)]);
}

const pictures = (count: number) =>
  idxBytes(8, [count, 2, 3], Array.from({ length: 6 * count }, (_, i) => 5 * i % 256));
const labels = (...of: number[]) => idxBytes(8, [of.length], of);

Deno.test("idx reads pictures and labels by number, whether or not it has to wait", async () => {
  for (const wait of [false, true]) {
    const dataset = await idx(
      bytesSource("images", pictures(4), wait),
      bytesSource("labels", labels(3, 1, 4, 1), wait),
      { name: "digits", classNames: ["a"] },
    );
    assert.deepEqual([dataset.name, dataset.size, dataset.shape, dataset.classNames], [
      "digits",
      4,
      [2, 3, 1],
      ["a"],
    ]);
    const { x, targets } = await readPictures(dataset, [2, 0]);
    assert.deepEqual(targets, [Float32Array.of(4), Float32Array.of(3)]);
    assert.deepEqual(x[0], Float32Array.from([60, 65, 70, 75, 80, 85], (byte) => byte / 255));
    assert.equal(x[1][5], Math.fround(25 / 255));
  }
});

Deno.test("every type of number, and any number of dimensions", async () => {
  const types: [number, number[], number][] = [
    [0x08, [255], 1],
    [0x09, [0xfe], -2],
    [0x0b, [0xff, 0xfd], -3],
    [0x0c, [0, 1, 0, 2], 65538],
    [0x0d, [0x3f, 0xc0, 0, 0], 1.5],
    [0x0e, [0xc0, 0x04, 0, 0, 0, 0, 0, 0], -2.5],
  ];
  for (const [type, body, value] of types) {
    const dataset = await idx(bytesSource("x", idxBytes(type, [1, 1], body)));
    assert.deepEqual(dataset.shape, [1]);
    const { x, targets } = await readPictures(dataset, [0]);
    assert.deepEqual([x[0][0], targets[0][0]], [value, -1]);
  }
  const colour = await idx(bytesSource("x", idxBytes(8, [2, 1, 1, 3], [1, 2, 3, 4, 5, 6])));
  assert.deepEqual(colour.shape, [1, 1, 3]);
});

Deno.test("files cut anywhere, too long or of another kind are refused by name", async () => {
  const whole = pictures(2);
  for (let length = 0; length < whole.length; length++) {
    const cut = bytesSource("images", whole.slice(0, length));
    await assert.rejects(idx(cut), refusal(/Cannot read images as IDX: .*(too few|has \d+: get)/));
  }
  const long = bytesSource("images", Uint8Array.from([...whole, 0]));
  await assert.rejects(idx(long), refusal(/says \[2,2,3\], which makes 28 bytes, and it has 29/));
  const huge = idxBytes(8, [0xffffffff, 0xffffffff, 0xffffffff], []);
  await assert.rejects(idx(bytesSource("huge", huge)), refusal(/huge as IDX: its header says/));
  for (const magic of [[1, 0, 8, 3], [0, 1, 8, 3], [0, 0, 7, 3], [0, 0, 8, 0]]) {
    const bytes = Uint8Array.from([...magic, ...whole.slice(4)]);
    await assert.rejects(idx(bytesSource("m", bytes)), refusal(/m as IDX: it does not begin with/));
  }
  await assert.rejects(
    idx(bytesSource("a", whole), bytesSource("b", labels(1))),
    refusal(/Cannot use b: it holds \[1\] numbers, not one label for each of the 2 pictures of a/),
  );
  await assert.rejects(
    idx(bytesSource("a", idxBytes(8, [0, 2, 2], []))),
    refusal(/Cannot use a: it holds \[0,2,2\] numbers, which are no pictures/),
  );
});

Deno.test("openIdx finds the usual names, plain and packed", async () => {
  await withFiles({
    "train-images-idx3-ubyte": pictures(3),
    "train-labels.idx1-ubyte": labels(1, 2, 3),
    "t10k-images-idx3-ubyte.gz": gzipSync(pictures(2)),
    "t10k-labels-idx1-ubyte.gz": labels(7, 8), // unpacked, and keeps its name
    "readme.txt": "",
  }, async (folder) => {
    const { train, test, close } = await openIdx(folder);
    assert.deepEqual([train?.size, test.size], [3, 2]);
    assert.equal((await readPictures(train!, [2])).targets[0][0], 3);
    assert.equal((await readPictures(test, [1])).targets[0][0], 8);
    close();
  });
  await withFiles({
    "t10k-images-idx3-ubyte": pictures(2),
    "t10k-labels-idx1-ubyte": labels(7, 8),
  }, async (folder) => {
    const { train, test, close } = await openIdx(folder);
    assert.deepEqual([train, test.size], [undefined, 2]);
    close();
  });
  await withFiles({ "t10k-images-idx3-ubyte": pictures(2) }, async (folder) => {
    await assert.rejects(openIdx(folder), refusal(/there is no t10k-labels-idx1-ubyte or/));
  });
  await withFiles({ "x": "" }, async (folder) => {
    await assert.rejects(openIdx(folder), refusal(/there is no t10k-images-idx3-ubyte or/));
  });
});

Deno.test("a gzip file is unpacked only if it is whole and not too large", () => {
  const content = Uint8Array.from({ length: 1000 }, (_, i) => i * i % 251);
  const packed = gzipSync(content);
  assert.deepEqual(gunzip(packed, { name: "p" }), content);
  for (let length = 0; length < packed.length; length++) {
    assert.throws(() => gunzip(packed.slice(0, length), { name: "p" }), refusal(/unpack p: it is/));
  }
  for (let at = 10; at < packed.length; at += 7) {
    const damaged = packed.slice();
    damaged[at] ^= 0x55;
    assert.throws(() => gunzip(damaged, { name: "p" }), refusal(/unpack p: it is cut short or/));
  }
  assert.throws(
    () => gunzip(packed, { name: "p", limit: 999 }),
    refusal(/it holds 1000 bytes, and no more than 999/),
  );
});

testWithShared("Fashion-MNIST as it is", "fashion-mnist", async (folder) => {
  const { train, test } = await openIdx(folder, { classNames: FASHION_MNIST_CLASSES });
  assert.deepEqual([train, test.size, test.shape], [undefined, 10000, [28, 28, 1]]);
  const all = Array.from({ length: 10000 }, (_, i) => i);
  const { x, targets } = await readPictures(test, all);
  const counts = new Array(10).fill(0);
  for (const [label] of targets) counts[label]++;
  assert.deepEqual(counts, new Array(10).fill(1000));
  assert.equal(test.classNames![targets[0][0]], "ankle boot");
  let sum = 0;
  for (const picture of x) for (const value of picture) sum += value;
  assert.equal((sum / (10000 * 784)).toFixed(4), "0.2868"); // the mean that others report
});
