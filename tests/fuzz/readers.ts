/** The readers of files, each with small files that it reads and what must hold of what it makes of them. */

import assert from "node:assert/strict";
import { encode as encodePng } from "fast-png";
import { gzipSync } from "fflate";
import {
  cifar10,
  cifar100,
  csv,
  type Dataset,
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  idx,
  type NpyArray,
  type SafetensorsInput,
  tensor,
  wav,
} from "../../mod.ts";
import { memorySource } from "../../core/data/opened.ts";
import { crc32 } from "../../core/formats/crc32.ts";
import { gunzip, isGzip } from "../../core/formats/gzip.ts";
import { decodePicture } from "../../core/formats/picture.ts";
import type { Pixels } from "../../core/formats/pixels.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { Reader } from "../harness/fuzz.ts";
import { EXCHANGE_READERS } from "./exchange_readers.ts";
import { MODEL_READERS } from "./models.ts";

const text = (content: string) => new TextEncoder().encode(content);
const count = (length: number, value = (i: number) => i * 37) =>
  Uint8Array.from({ length }, (_, i) => value(i));

/** Reads the first and the last item of a dataset. */
async function ends(dataset: Dataset): Promise<Dataset> {
  const indices = [0, dataset.size - 1], targets = sizeOf(dataset.targetShape ?? []);
  const x = new Float32Array(2 * sizeOf(dataset.shape)), y = new Float32Array(2 * targets);
  await dataset.read(indices, x, y);
  return dataset;
}

/** Fails unless a dataset holds no more numbers than there are bytes, each so many bytes wide at least. */
const noMore = (width: number) => (result: unknown, bytes: Uint8Array) => {
  const { size, shape } = result as Dataset;
  assert.ok(Number.isSafeInteger(size) && size > 0 && sizeOf(shape) > 0);
  assert.ok(size * sizeOf(shape) * width <= bytes.length);
};

const safetensors: Reader = {
  name: "safetensors",
  samples: [
    encodeSafetensors({ a: tensor([1, 2, 3, 4, 5, 6], [2, 3]) }, { kind: "test" }),
    encodeSafetensors({
      half: { shape: [3], data: Float32Array.of(1, 2, 3), dtype: "F16" },
      flags: { shape: [2, 2], data: count(4, (i) => i & 1), dtype: "BOOL" },
      wide: { shape: [2], data: BigInt64Array.of(1n, -1n) },
      none: { shape: [0, 5], data: new Uint8Array(0) },
    }),
  ],
  read: decodeSafetensors,
  check(result, bytes) {
    const { tensors, metadata } = result as ReturnType<typeof decodeSafetensors>;
    for (const { shape, data } of Object.values(tensors)) assert.equal(data.length, sizeOf(shape));
    const again = decodeSafetensors(
      encodeSafetensors(tensors as Record<string, SafetensorsInput>, metadata),
    );
    assert.deepEqual(Object.keys(again.tensors).sort(), Object.keys(tensors).sort());
    assert.ok(bytes.length >= Object.keys(tensors).length);
  },
};

const arrays: NpyArray[] = [
  { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { shape: [4], data: Uint8Array.of(1, 2, 3, 4) },
  { shape: [1, 2, 1], data: BigInt64Array.of(5n, -5n) },
  { shape: [0, 7], data: new Float64Array(0) },
];

/** An array in column-major order, as NumPy says it. */
const columnMajor = Uint8Array.from(
  Array.from(encodeNpy(arrays[0]), (byte) => String.fromCharCode(byte)).join("")
    .replace("False", "True "),
  (letter) => letter.charCodeAt(0),
);

const npy: Reader = {
  name: "npy",
  samples: [...arrays.map(encodeNpy), columnMajor],
  read: (bytes) => decodeNpy(bytes, "f"),
  check(result, bytes) {
    const { shape, data } = result as NpyArray;
    assert.equal(data.length, sizeOf(shape));
    assert.ok(data.length <= bytes.length);
    assert.deepEqual(decodeNpy(encodeNpy({ shape, data })).shape, shape);
  },
};

const npz: Reader = {
  name: "npz",
  samples: [
    encodeNpz({ x: arrays[0], y: arrays[1] }),
    encodeNpz({ x: { shape: [40, 40], data: new Float32Array(1600) } }),
  ],
  growth: 1032 * 8,
  read: (bytes) => decodeNpz(bytes, "f"),
  check(result) {
    for (const { shape, data } of (result as Map<string, NpyArray>).values()) {
      assert.equal(data.length, sizeOf(shape));
    }
  },
};

const idxFile = (type: number, shape: number[], body: Uint8Array) =>
  Uint8Array.of(
    0,
    0,
    type,
    shape.length,
    ...shape.flatMap((n) => [0, 0, n >> 8, n & 255]),
    ...body,
  );

const idxReader: Reader = {
  name: "IDX",
  samples: [
    idxFile(8, [3, 4, 5], count(60)),
    idxFile(0x0d, [2, 3], count(24)),
    gzipSync(idxFile(8, [2, 5, 5], count(50))),
  ],
  growth: 1032 * 4,
  read: async (bytes) => {
    const gzip = isGzip(bytes), unpacked = gzip ? gunzip(bytes, { name: "f" }) : bytes;
    return { gzip, dataset: await ends(await idx(memorySource("f", unpacked))) };
  },
  check(result, bytes) {
    const { gzip, dataset } = result as { gzip: boolean; dataset: Dataset };
    if (!gzip) noMore(1)(dataset, bytes);
  },
};

const cifar: Reader = {
  name: "CIFAR",
  samples: [
    count(2 * 3073, (i) => i % 3073 ? i * 7 : 3),
    count(2 * 3074, (i) => i % 3074 > 1 ? i * 7 : 5),
  ],
  read: (bytes) =>
    ends(
      bytes.length % 3073
        ? cifar100([memorySource("f", bytes)])
        : cifar10([memorySource("f", bytes)]),
    ),
  check: noMore(1),
};

/** PNG of every kind: depths, palettes, transparency, interlacing aside. */
const pngs = [
  encodePng({ width: 5, height: 4, channels: 3, depth: 8, data: count(60) }),
  encodePng({ width: 7, height: 3, channels: 1, depth: 8, data: count(21) }),
  encodePng({ width: 3, height: 3, channels: 4, depth: 8, data: count(36) }),
  encodePng({ width: 2, height: 2, channels: 2, depth: 16, data: Uint16Array.from(count(8)) }),
];

/** Fails unless pixels are as many as they say, in their range. */
function soundPixels(result: unknown): void {
  const { width, height, channels, max, data } = result as Pixels;
  assert.equal(data.length, width * height * channels);
  assert.ok(data.every((value) => value <= max));
}

const png: Reader = {
  name: "PNG",
  samples: pngs,
  growth: 1032 * 32, // a row of a bit a pixel becomes four bytes a pixel
  read: (bytes) => decodePicture(bytes, "f"),
  check(result, bytes, samples) {
    soundPixels(result);
    if (bytes[0] !== 0x89) return;
    // Checksums hold it together: what is still read is what was written.
    const { data } = result as Pixels;
    const same = (sample: Uint8Array) => {
      const { data: other } = decodePicture(sample, "f");
      return other.length === data.length && other.every((value, i) => value === data[i]);
    };
    assert.ok(samples.some(same), "other pixels than were written");
  },
};

/** The checksums of a PNG file's chunks made right, as far as there are chunks. */
function resealed(bytes: Uint8Array): Uint8Array {
  const sealed = Uint8Array.from(bytes), view = new DataView(sealed.buffer);
  for (let at = 8; at + 12 <= sealed.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > sealed.length) break;
    view.setUint32(end, crc32(sealed.subarray(at + 4, end)));
    at = end + 4;
  }
  return sealed;
}

const resealedPng: Reader = {
  ...png,
  name: "PNG, checksums right",
  read: (bytes) => decodePicture(resealed(bytes), "f"),
  check: soundPixels,
};

const goldenJpeg = (name: string) =>
  Deno.readFileSync(new URL(`../golden/jpeg/${name}.jpg`, import.meta.url));

const jpegReader: Reader = {
  name: "JPEG",
  samples: ["base_420", "base_444", "progressive_420", "progressive_restart", "gray_restart"]
    .map(goldenJpeg),
  growth: 512 * 64, // what two bits a block of 64 pixels can become: coefficients, rows, colours
  read: (bytes) => decodePicture(bytes, "f"),
  check: soundPixels,
};

const bmp = Uint8Array.from(
  "424d4600000000000000360000002800000002000000020000000100180000000000100000000000000000000000000000"
    .concat("0000000000010203040506000007080901020300 00".replaceAll(" ", ""))
    .match(/../g)!,
  (byte) => parseInt(byte, 16),
);

const bmpReader: Reader = {
  name: "BMP",
  samples: [bmp],
  growth: 64, // a bit becomes three bytes
  read: (bytes) => decodePicture(bytes, "f"),
  check: soundPixels,
};

const pnmReader: Reader = {
  name: "PNM",
  samples: [
    text("P1 3 2\n010110"),
    text("P2\n2 2\n15\n7 15 1 2\n"),
    Uint8Array.of(...text("P4\n9 2\n"), 1, 2, 3, 4),
    Uint8Array.of(...text("P5 2 1 999\n"), 1, 2, 3, 4),
    Uint8Array.of(...text("P6\n2 1\n255\n"), 1, 2, 3, 4, 5, 6),
  ],
  growth: 64,
  read: (bytes) => decodePicture(bytes, "f"),
  check: soundPixels,
};

/** A WAV file. */
function wavFile(code: number, channels: number, bits: number, frames: number): Uint8Array {
  const length = frames * channels * bits / 8, bytes = new Uint8Array(44 + length);
  const view = new DataView(bytes.buffer), frame = channels * bits / 8;
  bytes.set(text("RIFF"), 0);
  view.setUint32(4, 36 + length, true);
  bytes.set(text("WAVEfmt "), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, code, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000 * frame, true);
  view.setUint16(32, frame, true);
  view.setUint16(34, bits, true);
  bytes.set(text("data"), 36);
  view.setUint32(40, length, true);
  bytes.set(count(length), 44);
  return bytes;
}

const wavReader: Reader = {
  name: "WAV",
  samples: [
    wavFile(1, 1, 16, 20),
    wavFile(1, 2, 24, 9),
    wavFile(3, 1, 32, 12),
    wavFile(1, 1, 8, 30),
  ],
  read: async (bytes) => await ends((await wav(memorySource("f", bytes), { length: 4 })).dataset),
  check: noMore(1),
};

const csvReader: Reader = {
  name: "CSV",
  samples: [
    text("label,a,b,c\n1,0.5,2,3\n0,1e-3,-4,5\n2,7,8,9\n"),
    text('a;b;class\r\n1;2;"red"\r\n3;4;"gr""een"\r\n'),
    text("1,2\n3,4\n5,6\n"),
  ],
  read: async (bytes) => await ends(await csv(memorySource("f", bytes))),
  check: noMore(1),
};

/** Every reader that is fuzzed. */
export const READERS: readonly Reader[] = [
  safetensors,
  ...MODEL_READERS,
  npy,
  npz,
  idxReader,
  cifar,
  png,
  resealedPng,
  jpegReader,
  bmpReader,
  pnmReader,
  wavReader,
  csvReader,
  ...EXCHANGE_READERS,
];
