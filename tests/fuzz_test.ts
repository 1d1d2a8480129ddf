/** Files that lie: a few hundred for each reader (`deno task fuzz` has more), and those made on purpose. */

import "./harness/allocations.ts";
import assert from "node:assert/strict";
import { zipSync } from "fflate";
import {
  csv,
  decodeKeras,
  decodeNpz,
  decodePyTorch,
  DeconvError,
  encodeNpy,
  encodeSafetensors,
  tensor,
} from "../mod.ts";
import { memorySource } from "../core/data/opened.ts";
import { decodeJpeg } from "../core/formats/jpeg.ts";
import { decodePng } from "../core/formats/png.ts";
import { READERS } from "./fuzz/readers.ts";
import { allocated } from "./harness/allocations.ts";
import { refusal } from "./harness/data_files.ts";
import { fuzz } from "./harness/fuzz.ts";

for (const reader of READERS) {
  Deno.test(`${reader.name}: changed files are read rightly or refused in a line`, async () => {
    const { read, refused } = await fuzz(reader, 500, 20260);
    assert.ok(read > 0 && refused > 0, `${read} read, ${refused} refused`);
  });
}

Deno.test("the fuzzer sees a crash, a wrong success and too much memory", async () => {
  const samples = [Uint8Array.of(1, 2, 3, 4)], check = () => {};
  const fails = async (read: (bytes: Uint8Array) => unknown, message: RegExp) =>
    await assert.rejects(fuzz({ name: "bad", samples, read, check }, 200, 1), message);
  await fails((bytes) => bytes.length > 4 && new DataView(bytes.buffer).getUint32(9), /RangeError/);
  await fails((bytes) => new Uint8Array(bytes[0] * 2 ** 20), /bytes allocated for a file of/);
  const wrong = (_: unknown, bytes: Uint8Array) => assert.ok(bytes[0] < 9);
  await assert.rejects(fuzz({ name: "bad", samples, read: () => 0, check: wrong }, 200, 1));
});

/** Bytes that a refusal allocates. */
function costs(action: () => unknown, message: RegExp): number {
  allocated();
  assert.throws(action, refusal(message));
  return allocated();
}

Deno.test("small files that say they are large take no memory", () => {
  const reader = (name: string) => READERS.find((reader) => reader.name === name)!;
  const png = Uint8Array.from(reader("PNG").samples[0]), size = new DataView(png.buffer);
  size.setUint32(16, 8192);
  size.setUint32(20, 8192);
  const resealed = reader("PNG, checksums right").read;
  assert.ok(costs(() => resealed(png), /8192x8192 pixels cannot be in \d+ bytes/) < 2 ** 16);
  assert.ok(costs(() => decodePng(png, "f"), /the checksum/) < 2 ** 16);

  const jpeg = Uint8Array.from(reader("JPEG").samples[0]);
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  jpeg.set([0x1f, 0xff, 0x1f, 0xff], frame + 5);
  assert.ok(costs(() => decodeJpeg(jpeg, "f"), /cut short/) < 2 ** 16);
});

Deno.test("what says what a file holds is not unpacked where it is too large for that", () => {
  const zeros = new Uint8Array(2 ** 26 + 1), text = new TextEncoder();
  const metadata = text.encode('{"keras_version": "3.0.0"}');
  const keras = zipSync({ "metadata.json": metadata, "config.json": zeros });
  const torch = zipSync({ "net/data.pkl": zeros });
  const many = /has 67108865 bytes, which are too many/;
  assert.ok(costs(() => decodeKeras(keras), many) < 2 ** 16);
  assert.ok(costs(() => decodePyTorch(torch), many) < 2 ** 16);
});

Deno.test("a zip file whose files overlap is refused", () => {
  const zip = zipSync({ "x.npy": encodeNpy({ shape: [9000], data: new Float32Array(9000) }) });
  const view = new DataView(zip.buffer), end = zip.length - 22;
  const directory = view.getUint32(end + 16, true), entry = zip.subarray(directory, end);
  const copies = 60, bomb = new Uint8Array(directory + copies * entry.length + 22);
  bomb.set(zip.subarray(0, directory));
  for (let i = 0; i < copies; i++) bomb.set(entry, directory + i * entry.length);
  bomb.set(zip.subarray(end), bomb.length - 22);
  new DataView(bomb.buffer).setUint16(bomb.length - 12, copies, true);
  assert.equal(decodeNpz(zip, "f").size, 1);
  assert.ok(costs(() => decodeNpz(bomb, "f"), /damaged/) < 2 ** 16);
});

Deno.test("one long row is a table, and takes what it takes", async () => {
  const bytes = new TextEncoder().encode(Array(50_000).fill("1").join(","));
  allocated();
  const { shape } = await csv(memorySource("f", bytes), { label: null });
  assert.deepEqual(shape, [50_000]);
  assert.ok(allocated() < 64 * bytes.length);
});

Deno.test("what a file calls its parts cannot break the line of an error, nor command a terminal", () => {
  const { message } = new DeconvError(
    "Cannot read a\nb\u001b[2Jc\r\u202ed\u2028e: ä, 日本 and 🙂 stay",
  );
  assert.equal(
    message,
    "Cannot read a\\nb\\u001b[2Jc\\u000d\\u202ed\\u2028e: ä, 日本 and 🙂 stay",
  );
  const zip = zipSync({ "a\n\u001b[2J.npy": new Uint8Array(3) });
  assert.throws(() => decodeNpz(zip, "f"), refusal(/a\\n\\u001b\[2J/));
});

Deno.test("names of a file's tensors are names, whatever they are called elsewhere", async () => {
  const bytes = encodeSafetensors({ constructor: tensor([1]), toString: tensor([2]) });
  const { read, check, samples } = READERS[0];
  check(await read(bytes), bytes, samples);
});
