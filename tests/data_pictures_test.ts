/** Pictures in files: decoded, brought to a size, sorted into classes or paired with masks. */
import assert from "node:assert/strict";
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { toValues } from "../core/data/picture_values.ts";
import { type Fit, fitPicture } from "../core/data/fit_picture.ts";
import { foldersIn, openImageFolder } from "../core/data/image_folder.ts";
import { findMaskPairs, openMaskPairs, pairFolders } from "../core/data/mask_pairs.ts";
import { pictureFiles } from "../core/data/picture_files.ts";
import { decodeJpeg, upright } from "../core/formats/jpeg.ts";
import { decodePng } from "../core/formats/png.ts";
import { readPictures, refusal, testWithShared, withFiles } from "./harness/data_files.ts";

/** A PNG of `width` x `height` pixels, whose bytes are `value(i)`. */
function png(width: number, height: number, channels: number, value: (i: number) => number) {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => value(i));
  return encodePng({ width, height, channels, data, depth: 8 });
}

/** A JPEG of one colour, or gray. */
function jpg(width: number, height: number, colour: readonly number[]): Uint8Array {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 4] ?? 255;
  return Uint8Array.from(jpeg.encode({ width, height, data }, 95).data);
}

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

Deno.test("a PNG cut or damaged anywhere is refused", () => {
  const whole = png(5, 3, 3, (i) => 17 * i % 256);
  assert.deepEqual(Array.from(decodePng(whole, "p").data.slice(0, 3)), [0, 17, 34]);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(
      () => decodePng(whole.slice(0, length), "p"),
      refusal(/Cannot read p as PNG: it /),
    );
  }
  for (let at = 0; at < whole.length; at++) {
    const damaged = whole.slice();
    damaged[at] ^= 0x21;
    assert.throws(() => decodePng(damaged, "p"), refusal(/Cannot read p as PNG: /));
  }
});

Deno.test("a JPEG cut anywhere is refused", () => {
  const whole = jpg(20, 12, [10, 200, 90]);
  const { width, height, channels } = decodeJpeg(whole, "j");
  assert.deepEqual([width, height, channels], [20, 12, 3]);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(
      () => decodeJpeg(whole.slice(0, length), "j"),
      refusal(/Cannot read j as JPEG: it/),
    );
  }
  const at = whole.findIndex((byte, i) => byte === 0xff && whole[i + 1] === 0xc0);
  const with_ = (changes: Record<number, number>) => {
    const bytes = whole.slice();
    for (const [offset, value] of Object.entries(changes)) bytes[at + Number(offset)] = value;
    return bytes;
  };
  assert.throws(() => decodeJpeg(with_({ 1: 0xc3 }), "j"), refusal(/it is lossless, arithm/));
  assert.throws(() => decodeJpeg(with_({ 4: 12 }), "j"), refusal(/12 bits/));
  assert.throws(() => decodeJpeg(with_({ 5: 0, 6: 0 }), "j"), refusal(/it has no pixels/));
  assert.throws(() => decodeJpeg(with_({ 5: 255, 7: 255 }), "j"), refusal(/pixels are too many/));
});

Deno.test("Exif orientation turns a JPEG upright", () => {
  const plain = jpg(16, 8, [10, 200, 90]);
  const exif = (little: boolean, orientation: number) => {
    const body = new DataView(new ArrayBuffer(36));
    body.setUint16(0, 0xffe1);
    body.setUint16(2, 34);
    [0x45, 0x78, 0x69, 0x66, 0, 0].forEach((byte, i) => body.setUint8(4 + i, byte));
    body.setUint16(10, little ? 0x4949 : 0x4d4d);
    body.setUint16(12, 42, little);
    body.setUint32(14, 8, little);
    body.setUint16(18, 1, little);
    body.setUint16(20, 0x112, little);
    body.setUint16(22, 3, little);
    body.setUint32(24, 1, little);
    body.setUint16(28, orientation, little);
    return Uint8Array.from([
      ...plain.slice(0, 2),
      ...new Uint8Array(body.buffer),
      ...plain.slice(2),
    ]);
  };
  for (const little of [true, false]) {
    assert.equal(decodeJpeg(exif(little, 6), "j").width, 8);
    assert.equal(decodeJpeg(exif(little, 3), "j").width, 16);
    assert.equal(decodeJpeg(exif(little, 9), "j").width, 16);
  }
  const pixels = {
    width: 3,
    height: 2,
    channels: 1,
    max: 255,
    data: Uint8Array.of(1, 2, 3, 4, 5, 6),
  };
  const turned = (orientation: number) => Array.from(upright(pixels, orientation).data).join("");
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 8].map(turned), [
    "123456",
    "321654",
    "654321",
    "456123",
    "142536",
    "415263",
    "635241",
    "362514",
  ]);
});

testWithShared("PngSuite, pixel for pixel", "pngsuite", (folder) => {
  let valid = 0, refused = 0;
  for (const { name } of Deno.readDirSync(`${folder}/png`)) {
    if (!name.endsWith(".png")) continue;
    const bytes = Deno.readFileSync(`${folder}/png/${name}`);
    if (name.startsWith("x")) {
      assert.throws(() => decodePng(bytes, name), refusal(/as PNG: /));
      refused++;
      continue;
    }
    const expected = JSON.parse(
      Deno.readTextFileSync(`${folder}/json/${name.replace(".png", ".json")}`),
    );
    const { width, height, channels, max, data } = decodePng(bytes, name);
    const top = max > 255 ? 65535 : 255, found: number[] = [];
    for (let i = 0; i < width * height; i++) {
      const at = (c: number) => data[i * channels + c] * top / max;
      for (let c = 0; c < 3; c++) found.push(at(channels < 3 ? 0 : c));
      found.push(channels % 2 ? top : at(channels - 1));
    }
    assert.ok(
      found.length === expected.length && found.every((value, i) => value === expected[i]),
      name,
    );
    valid++;
  }
  assert.deepEqual([valid, refused], [161, 14]);
});

testWithShared("JPEG reference pictures", "jpeg-reftest", (folder) => {
  const check = (name: string, most: number) => {
    const found = decodeJpeg(Deno.readFileSync(`${folder}/${name}.jpg`), name);
    const expected = decodePng(Deno.readFileSync(`${folder}/${name}.png`), name);
    assert.deepEqual([found.width, found.height], [expected.width, expected.height], name);
    const a = toValues(found, 3, "drop"), b = toValues(expected, 3, "drop");
    const mean = a.reduce((sum, value, i) => sum + 255 * Math.abs(value - b[i]), 0) / a.length;
    assert.ok(mean < most, `${name}: ${mean}`);
  };
  // Of two the pictures to compare with were made by another decoder.
  check("grayscale_24x16_sampling2x2", 0.6);
  check("mozilla/jpg-cmyk-1", 0.6);
  for (
    const name of [
      "16bit-qtables",
      "extraneous-data",
      "grayscale_long",
      "non-interleaved-mcu",
      "progressive-missing-ac",
      "progressive3",
      "mozilla/jpg-gray",
      ...[2, 3, 5, 7, 9, 15, 17, 32].map((side) => `mozilla/jpg-size-${side}x${side}`),
    ]
  ) check(name, 0.01);
});

testWithShared("photographs of every kind, and one cut short", "photos", async (folder) => {
  for (const { name } of Deno.readDirSync(folder)) {
    if (!/\.(png|jpg)$/.test(name)) continue;
    const read = () => readPictures(pictureFiles([`${folder}/${name}`], { size: 32 }), [0]);
    if (name === "truncated.jpg") {
      await assert.rejects(read(), refusal(/truncated\.jpg as JPEG: it is cut/));
    } else await read();
  }
});

testWithShared("an image folder made by others", "imagefolder", async (folder) => {
  const dataset = openImageFolder(folder, { size: 32 });
  assert.deepEqual([dataset.size, dataset.classNames?.length], [400, 10]);
  const { x, targets } = await readPictures(dataset, [0, 399]);
  assert.deepEqual(targets.map(([label]) => label), [0, 9]);
  assert.ok(x[0].every((value) => value >= 0 && value <= 1));
});

testWithShared("pictures with masks made by others", "segmentation", async (folder) => {
  const membrane = openMaskPairs(
    pairFolders(`${folder}/membrane/image`, `${folder}/membrane/label`),
    {
      size: 64,
      grayscale: true,
    },
  );
  assert.deepEqual([membrane.size, membrane.targetShape], [8, [64, 64, 1]]);
  const { targets } = await readPictures(membrane, [0]);
  const inside = targets[0].reduce((a, b) => a + b, 0) / 4096;
  assert.ok(inside > 0.6 && inside < 0.95, `${inside}`);
  const camvid = openMaskPairs(findMaskPairs(`${folder}/camvid`, foldersIn(`${folder}/camvid`))!, {
    classes: 12,
  });
  assert.deepEqual([camvid.size, camvid.shape], [5, [360, 480, 3]]);
  const streets = await readPictures(camvid, [0, 4]);
  assert.ok(new Set(streets.targets[1]).size > 6);
});
