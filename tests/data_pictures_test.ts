/** Pictures in files as datasets: folders, masks, sizes, refusals. */

import assert from "node:assert/strict";
import { toValues } from "../core/data/picture_values.ts";
import { type Fit, fitPicture } from "../core/data/fit_picture.ts";
import { foldersIn, openImageFolder } from "../core/data/image_folder.ts";
import { findMaskPairs, openMaskPairs, pairFolders } from "../core/data/mask_pairs.ts";
import { pictureFiles } from "../core/data/picture_files.ts";
import { jpg, png, readPictures, refusal, withFiles } from "./harness/data_files.ts";

Deno.test("pictures become one channel or three, alpha lies over white or is dropped", () => {
  const pixels = (channels: number, ...data: number[]) => ({
    width: 1,
    height: 1,
    channels,
    max: 255,
    data: Uint8Array.from(data),
  });
  const bytes = (values: Float32Array) => Array.from(values, (value) => Math.round(255 * value));
  assert.deepEqual(bytes(toValues(pixels(1, 9), 3, "white")), [9, 9, 9]);
  assert.deepEqual(bytes(toValues(pixels(2, 10, 51), 1, "white")), [206]);
  assert.deepEqual(bytes(toValues(pixels(2, 10, 51), 1, "drop")), [10]);
  assert.deepEqual(bytes(toValues(pixels(4, 0, 100, 200, 0), 3, "white")), [255, 255, 255]);
  assert.deepEqual(bytes(toValues(pixels(4, 0, 100, 200, 0), 3, "drop")), [0, 100, 200]);
  assert.deepEqual(bytes(toValues(pixels(3, 255, 0, 0), 1, "white")), [76]);
  const deep = { width: 1, height: 1, channels: 1, max: 65535, data: Uint16Array.of(13107) };
  assert.deepEqual(toValues(deep, 1, "white"), Float32Array.of(0.2));
});

Deno.test("shrinking averages, enlarging interpolates, cropping and covering keep proportions", () => {
  const fit = (values: number[], height: number, to: [number, number], how: Fit = "stretch") => {
    const size = { height, width: values.length / height },
      wanted = { height: to[0], width: to[1] };
    const options = { fit: how, scaling: "bilinear", name: "p" } as const;
    return Array.from(fitPicture(Float32Array.from(values), size, wanted, options));
  };
  const round = (values: number[]) => values.map((value) => Number(value.toFixed(4)));
  // As Pillow's resize with BILINEAR gives them: weights 1 3 3 1 (cut at the border) over 8.
  assert.deepEqual(round(fit([0, 0, 8, 8], 1, [1, 2])), [1.1429, 6.8571]);
  assert.deepEqual(round(fit([0, 4], 1, [1, 4])), [0, 1, 3, 4]);
  assert.deepEqual(fit([1, 2, 3, 4, 5, 6], 2, [2, 3]), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(fit([1, 2, 3, 4, 5], 1, [1, 3], "crop"), [2, 3, 4]);
  assert.deepEqual(fit([9, 2, 3, 9, 9, 4, 5, 9], 2, [2, 2], "cover"), [2, 3, 4, 5]);
  assert.deepEqual(fit([1, 1, 1, 1, 1, 1], 3, [2, 2], "cover"), [1, 1, 1, 1]);
  assert.throws(() => fit([1, 2], 1, [1, 3], "crop"), refusal(/Cannot crop 1x3 pixels out of p/));
});

Deno.test("an image folder: classes by name, pictures by number, one size", async () => {
  await withFiles({
    "dog/a.png": png(2, 2, 3, (i) => i),
    "dog/b.JPG": jpg(4, 4, [200, 100, 50]),
    "cat/c.png": png(2, 2, 1, (i) => 10 * i),
    "cat/notes.txt": "no picture",
    ".hidden/d.png": "no class",
    "readme.md": "no class",
  }, async (folder) => {
    const dataset = openImageFolder(folder, { size: 2, name: "pets" });
    assert.deepEqual([dataset.name, dataset.size, dataset.shape, dataset.classNames], [
      "pets",
      3,
      [2, 2, 3],
      ["cat", "dog"],
    ]);
    for (let time = 0; time < 2; time++) { // the second time from memory
      const { x, targets } = await readPictures(dataset, [1, 0, 2]);
      assert.deepEqual(targets.map(([label]) => label), [1, 0, 1]);
      assert.deepEqual(x[0], Float32Array.from({ length: 12 }, (_, i) => i / 255));
      assert.deepEqual(x[1].slice(3, 6), new Float32Array(3).fill(10 / 255));
      [200, 100, 50].forEach((value, c) => assert.ok(Math.abs(255 * x[2][c] - value) < 3));
    }
    const gray = openImageFolder(folder, { size: [1, 2], grayscale: true, cacheLimit: 0 });
    assert.deepEqual(gray.shape, [1, 2, 1]);
    assert.deepEqual((await readPictures(gray, [0])).x[0], Float32Array.of(10 / 255, 20 / 255));
    const exact = openImageFolder(folder);
    await assert.rejects(
      readPictures(exact, [2]),
      refusal(/b\.JPG.*4x4 pixels, not 2x2: give a si/),
    );
    const dogs = openImageFolder(folder, { classNames: ["dog"], size: 2 });
    assert.deepEqual([dogs.size, (await readPictures(dogs, [0])).targets[0][0]], [2, 0]);
  });
});

Deno.test("damaged pictures are refused by name, or skipped", async () => {
  const whole = png(2, 2, 3, () => 7);
  await withFiles({
    "a/0.png": whole.slice(0, 40),
    "a/1.png": whole,
    "b/2.jpg": "",
    "b/3.jpg": "GIF89a",
    "b/4.png": jpg(2, 2, [7, 7, 7]), // a JPEG whatever it is called
  }, async (folder) => {
    const dataset = openImageFolder(folder, { size: 2 });
    await assert.rejects(readPictures(dataset, [0]), refusal(/a\/0\.png as PNG: it is cut short/));
    await assert.rejects(readPictures(dataset, [2]), refusal(/2\.jpg as a picture: it is empty/));
    await assert.rejects(readPictures(dataset, [3]), refusal(/3\.jpg as a picture: it is neither/));
    const skipping = openImageFolder(folder, { corrupt: "skip" });
    assert.deepEqual([skipping.size, skipping.shape], [2, [2, 2, 3]]);
    assert.deepEqual((await readPictures(skipping, [0, 1])).targets.map(([y]) => y), [0, 1]);
  });
});

Deno.test("wrong folders and options are refused", async () => {
  await withFiles({ "a/0.png": png(2, 2, 3, () => 7), "w/x.webp": "" }, (folder) => {
    assert.deepEqual(foldersIn(folder), ["a", "w"]);
    assert.throws(
      () => openImageFolder(folder),
      refusal(/w\/x\.webp": pictures must be PNG, JPEG/),
    );
    assert.throws(() => openImageFolder(`${folder}/a`), refusal(/needs a folder for each class/));
    const paths = [`${folder}/a/0.png`];
    assert.throws(() => pictureFiles(paths, { size: 0 }), refusal(/size 0: give whole numbers/));
    assert.throws(() => pictureFiles(paths, { fit: "fill" as Fit }), refusal(/fit "fill": use st/));
    assert.throws(() => pictureFiles(paths, { alpha: "x" as "drop" }), refusal(/alpha "x"/));
    assert.throws(() => pictureFiles(paths, { corrupt: "x" as "skip" }), refusal(/corrupt "x"/));
    assert.throws(() => pictureFiles([]), refusal(/pictures: there is no picture/));
  });
});

Deno.test("masks: two sides or classes, paired by name, scaled without mixing", async () => {
  await withFiles({
    "images/b.png": png(4, 2, 3, () => 20),
    "images/a.jpg": jpg(4, 2, [90, 90, 90]),
    "masks/a.png": png(4, 2, 1, (i) => [0, 1, 2, 3, 3, 2, 1, 0][i]),
    "masks/b.png": png(4, 2, 1, (i) => i < 4 ? 127 : 128),
  }, async (folder) => {
    const pairs = findMaskPairs(folder, foldersIn(folder))!;
    assert.deepEqual(pairs, pairFolders(`${folder}/images`, `${folder}/masks`));
    const sides = openMaskPairs(pairs, { grayscale: true });
    assert.deepEqual([sides.size, sides.shape, sides.targetShape], [2, [2, 4, 1], [2, 4, 1]]);
    const { x, targets } = await readPictures(sides, [1]);
    assert.deepEqual(targets[0], Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1));
    assert.equal(x[0][0], Math.fround(20 / 255));
    const classes = openMaskPairs(pairs, { classes: 4, size: [1, 2] });
    assert.deepEqual((await readPictures(classes, [0])).targets[0], Float32Array.of(2, 0));
    await assert.rejects(
      readPictures(classes, [1]),
      refusal(/classes from .*masks\/b\.png: it holds 127, and there are 4 classes/),
    );
    assert.throws(() => openMaskPairs(pairs, { corrupt: "skip" }), refusal(/go in pairs/));
    assert.throws(() => openMaskPairs(pairs, { classes: 0 }), refusal(/masks of 0 classes/));
    assert.throws(() => openMaskPairs(pairs, { threshold: 1 }), refusal(/part masks at 1/));
    assert.throws(() => openMaskPairs([]), refusal(/there is no picture/));
    Deno.removeSync(`${folder}/images/a.jpg`);
    assert.throws(
      () => findMaskPairs(folder, foldersIn(folder)),
      refusal(/picture of the mask .*a\./),
    );
    Deno.removeSync(`${folder}/masks/b.png`);
    assert.throws(() => findMaskPairs(folder, foldersIn(folder)), refusal(/the mask of .*b\.png/));
  });
  await withFiles({
    "one.png": png(1, 1, 3, () => 1),
    "one_mask.png": png(1, 1, 1, () => 255),
  }, async (folder) => {
    const pairs = findMaskPairs(folder, [])!;
    assert.deepEqual(
      (await readPictures(openMaskPairs(pairs), [0])).targets[0],
      Float32Array.of(1),
    );
  });
  await withFiles({ "one.png": png(1, 1, 3, () => 1) }, (folder) => {
    assert.equal(findMaskPairs(folder, foldersIn(folder)), undefined);
  });
});
