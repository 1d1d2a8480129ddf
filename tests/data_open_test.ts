import assert from "node:assert/strict";
import { encode } from "fast-png";
import { openDataset, type OpenOptions } from "../core/data/open_dataset.ts";
import { encodeNpz } from "../core/formats/npz.ts";
import { tensor } from "../core/tensor.ts";
import { readPictures, refusal, testWithShared, withFiles } from "./harness/data_files.ts";

const png = (value: number, side = 2) =>
  encode({
    width: side,
    height: side,
    channels: 3,
    depth: 8,
    data: new Uint8Array(side * side * 3).fill(value),
  });
const idx = (...bytes: number[]) => Uint8Array.of(0, 0, 8, ...bytes);

/** What is found in a folder of these files, in the file named or the whole folder. */
async function found(
  files: Record<string, Uint8Array | string>,
  { file = "", ...options }: OpenOptions & { file?: string } = {},
): Promise<Awaited<ReturnType<typeof openDataset>>> {
  let result: Awaited<ReturnType<typeof openDataset>> | undefined;
  await withFiles(files, async (folder) => {
    result = await openDataset(file ? `${folder}/${file}` : folder, options);
    await readPictures(result.train, [0]); // while the files are there
  });
  return result!;
}

Deno.test("every format is told by what lies in the folder", async () => {
  const cifar = await found({
    "data_batch_1.bin": new Uint8Array(3073),
    "test_batch.bin": new Uint8Array(3073),
  });
  assert.match(cifar.found, /^CIFAR-10 in/);
  const cifar100 = await found({
    "train.bin": new Uint8Array(3074),
    "test.bin": new Uint8Array(3074),
  });
  assert.match(cifar100.found, /^CIFAR-100 in/);
  const test = {
    "t10k-images-idx3-ubyte": idx(3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 8),
    "t10k-labels-idx1-ubyte": idx(1, 0, 0, 0, 2, 1, 0),
  };
  const held = await found(test);
  assert.deepEqual([held.found, held.train.size, held.test.size], [
    "IDX files; 1 in 10 held out for testing",
    1,
    1,
  ]);
  const both = await found({
    ...test,
    "train-images-idx3-ubyte": test["t10k-images-idx3-ubyte"],
    "train-labels-idx1-ubyte": test["t10k-labels-idx1-ubyte"],
  });
  assert.deepEqual([both.found, both.train.size], ["IDX files", 2]);
  const masks = await found({
    "image/a.png": png(1),
    "image/b.png": png(2),
    "label/a.png": png(0),
    "label/b.png": png(255),
  });
  assert.deepEqual([masks.found.split(";")[0], masks.train.targetShape], [
    "pictures with masks of two sides",
    [2, 2, 1],
  ]);
  const plain = await found({ "a.png": png(1), "b.png": png(2), "notes.txt": "no picture" });
  assert.match(plain.found, /^2 pictures without classes; 1 in 10/);
  assert.deepEqual([plain.train.classNames, plain.train.shape], [undefined, [2, 2, 3]]);
  const arrays = { "x.npz": encodeNpz({ x: tensor([1, 2], [2, 1]), y: tensor([0, 1]) }) };
  assert.match((await found(arrays, { file: "x.npz" })).found, /^NumPy's arrays; 1 in 10/);
  const csv = { "x.csv": "0,255,0,0,51\n1,1,2,3,4\n" };
  const table = await found(csv, { file: "x.csv", shape: [2, 2, 1] });
  assert.deepEqual(table.train.shape, [2, 2, 1]);
  assert.deepEqual((await found(csv, { file: "x.csv", shape: [3, 3, 1] })).train.shape, [4]);
});

Deno.test("folders of pictures, in one part or two", async () => {
  const one = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`${i % 2 ? "dog" : "cat"}/${i}.png`, png(i)]),
  );
  const all = await found({ ...one, "notes/readme.txt": "no class" }, { grayscale: true });
  assert.deepEqual([all.found, all.train.size, all.test.size, all.train.classNames], [
    "pictures in 2 folders, one a class; 1 in 10 held out for testing",
    18,
    2,
    ["cat", "dog"],
  ]);
  assert.deepEqual(all.train.shape, [2, 2, 1]);
  await withFiles({
    "train/a/1.png": png(1),
    "train/b/2.png": png(2),
    "train/c/3.png": png(3),
    "val/c/4.png": png(4, 3),
    "val/a/5.png": png(5),
  }, async (folder) => {
    const { train, test, found } = await openDataset(folder);
    assert.equal(found, "pictures in folders, one for each of 3 classes");
    assert.deepEqual([train.size, test.size, test.classNames], [3, 2, ["a", "b", "c"]]);
    const { x, targets } = await readPictures(test, [0, 1]);
    assert.deepEqual(targets.map(([label]) => label), [0, 2]);
    assert.equal(x[1][0], Math.fround(4 / 255)); // brought to the size of those to learn from
    Deno.mkdirSync(`${folder}/val/d`);
    await assert.rejects(openDataset(folder), refusal(/val\/d": there is no class of this name/));
  });
});

Deno.test("a wrong path says what was looked for", async () => {
  await withFiles({ "a.txt": "", "empty/b.txt": "" }, async (folder) => {
    const nothing = refusal(/Cannot tell what data are in ".*": looked for .*npz.*CIFAR-10.*IDX/);
    for (const path of [folder, `${folder}/a.txt`, `${folder}/empty`]) {
      await assert.rejects(openDataset(path), nothing);
    }
    await assert.rejects(openDataset(`${folder}/nowhere`), refusal(/nowhere": there is no such/));
  });
  const tiny = { "x.csv": "0,1\n" };
  await assert.rejects(
    found(tiny, { file: "x.csv" }),
    refusal(/x\.csv for testing: it has only 1/),
  );
});

for (
  const [folder, expected, shape] of [
    ["cifar10", "CIFAR-10 in its binary format", [32, 32, 3]],
    ["fashion-mnist", "IDX files; 1 in 10 held out for testing", [28, 28, 1]],
    [
      "imagefolder",
      "pictures in 10 folders, one a class; 1 in 10 held out for testing",
      [16, 16, 3],
    ],
    ["segmentation/camvid", "pictures with masks of 12 classes; 1 in 10", [16, 16, 3]],
  ] as const
) {
  testWithShared(`${folder} is recognised`, folder, async (path) => {
    const { train, test, found } = await openDataset(path, { size: 16, classes: 12 });
    assert.ok(found.startsWith(expected), found);
    assert.deepEqual([train.shape, test.shape], [shape, shape]);
    await readPictures(train, [0]);
  });
}
