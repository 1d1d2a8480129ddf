/** Files of pictures, whole, cut and damaged. */

import assert from "node:assert/strict";
import { toValues } from "../core/data/picture_values.ts";
import { foldersIn, openImageFolder } from "../core/data/image_folder.ts";
import { findMaskPairs, openMaskPairs, pairFolders } from "../core/data/mask_pairs.ts";
import { pictureFiles } from "../core/data/picture_files.ts";
import { decodeJpeg, upright } from "../core/formats/jpeg.ts";
import { decodePng } from "../core/formats/png.ts";
import { jpg, png, readPictures, refusal, testWithShared } from "./harness/data_files.ts";

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
