/** Readers of pictures: JPEG held against libjpeg, BMP and PNM against files made here. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeJpeg } from "../core/formats/jpeg.ts";
import { decodePicture } from "../core/formats/picture.ts";
import type { Pixels } from "../core/formats/pixels.ts";
import { decodePnm } from "../core/formats/pnm.ts";
import { refusal } from "./harness/data_files.ts";

const GOLDEN = new URL("golden/jpeg/", import.meta.url);
const text = (content: string) => new TextEncoder().encode(content);

for (const { name } of [...Deno.readDirSync(GOLDEN)]) {
  if (!name.endsWith(".jpg")) continue;
  Deno.test(`JPEG ${name} has libjpeg's pixels, to the bit`, () => {
    const bytes = Deno.readFileSync(new URL(name, GOLDEN));
    const pnm = Deno.readFileSync(new URL(name.replace("jpg", "pnm"), GOLDEN));
    const { data, ...size } = decodeJpeg(bytes, name), wanted = decodePnm(pnm, name);
    assert.deepEqual(size, { width: 29, height: 19, channels: wanted.channels, max: 255 });
    assert.ok(
      data.every((value, i) => value === wanted.data[i]) && data.length === 551 * size.channels,
    );
    // A Buffer's `slice` is a view, and its memory begins elsewhere.
    const buffer = Buffer.concat([Buffer.alloc(5), bytes]).subarray(5);
    assert.deepEqual(decodePicture(buffer, name).data, data);
  });
}

const golden = (name: string) => Deno.readFileSync(new URL(name, GOLDEN));

Deno.test("JPEG: what its segments must not say is refused", () => {
  const whole = golden("progressive_420.jpg");
  const at = (marker: number, from = 0) => {
    for (let i = from; i < whole.length; i++) {
      if (whole[i] === 0xff && whole[i + 1] === marker) return i;
    }
    throw new Error(`there is no ${marker}`);
  };
  const changed = (place: number, value: number) => {
    const bytes = whole.slice();
    bytes[place] = value;
    return bytes;
  };
  const frame = at(0xc2), scan = at(0xda);
  const places: [string, number, number][] = [
    ["two channels", frame + 9, 2],
    ["no samples", frame + 11, 0x02],
    ["too many samples", frame + 11, 0x52],
    ["a scan of an unknown channel", scan + 5, 9],
    ["a scan of five channels", scan + 4, 5],
    ["a band that ends before it begins", at(0xda, scan + 2) + 7, 63],
    ["a code with too many words", at(0xc4) + 5, 200],
  ];
  for (const [what, place, value] of places) {
    assert.throws(
      () => decodeJpeg(changed(place, value), "j"),
      refusal(/Cannot read j as JPEG: it is cut short or damaged/),
      what,
    );
  }
});

/** A BMP file: a header of 40 bytes, masks or a palette, rows of bytes padded to four. */
function bmp(
  [width, height]: readonly [number, number],
  bits: number,
  rows: readonly (readonly number[])[],
  { palette = [], masks = [], size = 40 }: {
    palette?: readonly number[];
    masks?: readonly number[];
    size?: number;
  } = {},
): Uint8Array {
  const inside = Math.max(size - 40, 0), behind = inside ? 0 : 4 * masks.length;
  const start = 14 + size + behind + palette.length;
  const stride = Math.ceil(width * bits / 32) * 4;
  const bytes = new Uint8Array(start + stride * rows.length), view = new DataView(bytes.buffer);
  bytes.set(text("BM"));
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, start, true);
  view.setUint32(14, size, true);
  if (size === 12) {
    view.setUint16(18, width, true);
    view.setUint16(20, height, true);
    view.setUint16(24, bits, true);
  } else {
    view.setInt32(18, width, true);
    view.setInt32(22, height, true);
    view.setUint16(28, bits, true);
    view.setUint32(30, masks.length ? 3 : 0, true);
    masks.forEach((mask, i) => view.setUint32(54 + 4 * i, mask, true));
  }
  bytes.set(palette, 14 + size + behind);
  rows.forEach((row, i) => bytes.set(row, start + stride * i));
  return bytes;
}

const shown = ({ width, height, channels, max, data }: Pixels) => [
  [width, height, channels, max],
  [...data],
];
const PALETTE = [0, 0, 255, 0, 255, 0, 0, 0]; // red, blue

const pictures: Record<string, [bytes: Uint8Array, size: number[], data: number[]]> = {
  "BMP of 24 bits, the lowest row first": [
    bmp([1, 2], 24, [[1, 2, 3], [4, 5, 6]]),
    [1, 2, 3, 255],
    [6, 5, 4, 3, 2, 1],
  ],
  "BMP of 24 bits, the highest row first": [
    bmp([1, -2], 24, [[1, 2, 3], [4, 5, 6]]),
    [1, 2, 3, 255],
    [3, 2, 1, 6, 5, 4],
  ],
  "BMP of 32 bits": [bmp([2, 1], 32, [[1, 2, 3, 4, 5, 6, 7, 8]]), [2, 1, 3, 255], [
    3,
    2,
    1,
    7,
    6,
    5,
  ]],
  "BMP of 32 bits with alpha": [
    bmp([1, 1], 32, [[1, 2, 3, 4]], {
      size: 56,
      masks: [0xff0000, 0xff00, 0xff, 0xff000000],
    }),
    [1, 1, 4, 255],
    [3, 2, 1, 4],
  ],
  "BMP of 16 bits": [bmp([2, 1], 16, [[0x1f, 0x7c, 0xe0, 0x03]]), [2, 1, 3, 255], [
    255,
    0,
    255,
    0,
    255,
    0,
  ]],
  "BMP of 16 bits by masks": [
    bmp([1, 1], 16, [[0xe0, 0xff]], { masks: [0xf800, 0x7e0, 0x1f] }),
    [1, 1, 3, 255],
    [255, 255, 0],
  ],
  "BMP of 8 bits": [bmp([2, 1], 8, [[1, 0]], { palette: PALETTE }), [2, 1, 3, 255], [
    0,
    0,
    255,
    255,
    0,
    0,
  ]],
  "BMP of 4 bits": [bmp([3, 1], 4, [[0x10, 0x10]], { palette: PALETTE }), [3, 1, 3, 255], [
    ...[0, 0, 255],
    ...[255, 0, 0],
    ...[0, 0, 255],
  ]],
  "BMP of one bit": [bmp([2, 1], 1, [[0x40]], { palette: PALETTE }), [2, 1, 3, 255], [
    ...[255, 0, 0],
    ...[0, 0, 255],
  ]],
  "BMP of OS/2": [
    bmp([2, 1], 1, [[0x40]], { size: 12, palette: [0, 0, 255, 255, 0, 0] }),
    [2, 1, 3, 255],
    [255, 0, 0, 0, 0, 255],
  ],
  "PBM as text, digits side by side": [text("P1 # of a dog\n3 2\n010\n1 1#!\n0"), [3, 2, 1, 1], [
    ...[1, 0, 1],
    ...[0, 0, 1],
  ]],
  "PBM as bytes": [Uint8Array.of(...text("P4\n9 1\n"), 0x80, 0x80), [9, 1, 1, 1], [
    ...[0, 1, 1, 1, 1, 1, 1, 1, 0],
  ]],
  "PGM as text": [text("P2\n2 1\n15\n7 15\n"), [2, 1, 1, 15], [7, 15]],
  "PGM of two bytes": [
    Uint8Array.of(...text("P5 1 2 1000\n"), 1, 0, 3, 0xe8),
    [1, 2, 1, 1000],
    [256, 1000],
  ],
  "PPM as text": [text("P3\n1 1\n255\n1 2 3"), [1, 1, 3, 255], [1, 2, 3]],
  "PPM as bytes": [Uint8Array.of(...text("P6\n1 1\n255\n"), 9, 8, 7), [1, 1, 3, 255], [9, 8, 7]],
};

for (const [name, [bytes, size, data]] of Object.entries(pictures)) {
  Deno.test(`${name} is read, and refused where it is cut`, () => {
    assert.deepEqual(shown(decodePicture(bytes, "p")), [size, data]);
    for (let length = 0; length < bytes.length; length++) {
      // Text that is cut may still end with a whole number, and a row with bytes that pad it.
      const rest = bytes.slice(0, length);
      try {
        assert.deepEqual(decodePicture(rest, "p").data.length, data.length);
        assert.ok(bytes.length - length < 4, `${length} of ${bytes.length} bytes`);
      } catch (error) {
        refusal(/^Cannot read p as /)(error as Error);
      }
    }
  });
}

Deno.test("BMP and PNM say what is wrong with them", () => {
  const refused = (bytes: Uint8Array, pattern: RegExp) =>
    assert.throws(() => decodePicture(bytes, "p"), refusal(pattern));
  const plain = bmp([1, 2], 24, [[1, 2, 3], [4, 5, 6]]);
  const changed = (at: number, value: number) => plain.with(at, value);
  refused(changed(30, 1), /as BMP: it is compressed; save it without/);
  refused(changed(28, 7), /as BMP: its header is damaged/);
  refused(changed(18, 0), /as BMP: it has no pixels/);
  refused(changed(21, 3), /as BMP: .*pixels are too many/);
  refused(changed(18, 99), /as BMP: it is cut short/);
  refused(bmp([2, 1], 8, [[1, 2]], { palette: PALETTE }), /a colour 2, and 2 in its palette/);
  refused(bmp([1, 1], 16, [[0, 0]], { masks: [0xf800, 0, 0x1f] }), /as BMP: its header is damaged/);
  refused(text("P6\n1 1\n0\nabc"), /as PNM: its header is damaged/);
  refused(text("P6\n1 0\n255\nabc"), /as PNM: it has no pixels/);
  refused(text("P6\n99999 99999\n255\nabc"), /as PNM: .*pixels are too many/);
  refused(text("P2\n2 1\n15\n7 16\n"), /as PNM: a number is larger than it says/);
  refused(text("P3\n1 1\n255\n1 2 x"), /as PNM: it is cut short or damaged/);
  refused(text("RIFF....WEBP"), /as a picture: it is neither PNG, JPEG, BMP nor PNM/);
});
