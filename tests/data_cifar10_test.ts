import assert from "node:assert/strict";
import type { ByteSource } from "../core/data/bytes.ts";
import { cifar10, CIFAR10_CLASSES, parseClassNames } from "../core/data/cifar10.ts";
import { DeconvError } from "../core/errors.ts";

/** Records whose byte for channel c at pixel p is (7 * label + 50 * c + p) mod 256. */
function records(labels: number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * 3073);
  labels.forEach((label, r) => {
    bytes[r * 3073] = label;
    for (let i = 0; i < 3072; i++) bytes[r * 3073 + 1 + i] = byteOf(label, i >> 10, i & 1023);
  });
  return bytes;
}

const byteOf = (label: number, channel: number, pixel: number) =>
  (7 * label + 50 * channel + pixel) % 256;

function memory(name: string, bytes: Uint8Array, wait = false): ByteSource {
  const read = (offset: number, into: Uint8Array) => {
    assert.ok(offset >= 0 && offset + into.length <= bytes.length);
    into.set(bytes.subarray(offset, offset + into.length));
  };
  return {
    name,
    size: bytes.length,
    read: wait ? (offset, into) => Promise.resolve().then(() => read(offset, into)) : read,
  };
}

function assertPictures(x: Float32Array, labels: number[]): void {
  labels.forEach((label, i) => {
    for (let p = 0; p < 1024; p++) {
      for (let c = 0; c < 3; c++) {
        const value = x[i * 3072 + p * 3 + c];
        if (value !== Math.fround(byteOf(label, c, p) / 255)) {
          assert.fail(`picture ${i}, pixel ${p}, channel ${c}: ${value * 255}`);
        }
      }
    }
  });
}

Deno.test("records of several files are numbered through, planes become interleaved values", () => {
  const dataset = cifar10([
    memory("one", records([3])),
    memory("none", records([])),
    memory("two", records([9, 0, 4])),
  ], { name: "tiny" });
  assert.deepEqual([dataset.name, dataset.size, dataset.shape], ["tiny", 4, [32, 32, 3]]);
  assert.equal(dataset.classNames, CIFAR10_CLASSES);
  const x = new Float32Array(5 * 3072), labels = new Float32Array(5);
  assert.equal(dataset.read([3, 0, 1, 2, 0], x, labels), undefined);
  assert.deepEqual(labels, Float32Array.of(4, 3, 9, 0, 3));
  assertPictures(x, [4, 3, 9, 0, 3]);
});

Deno.test("sources that must wait, and a mixture, are read alike", async () => {
  const dataset = cifar10([
    memory("waits", records([1, 2]), true),
    memory("does not", records([5, 6])),
    memory("waits too", records([7]), true),
  ]);
  const x = new Float32Array(5 * 3072), labels = new Float32Array(5);
  await dataset.read([2, 4, 0, 3, 1], x, labels);
  assert.deepEqual(labels, Float32Array.of(5, 7, 1, 6, 2));
  assertPictures(x, [5, 7, 1, 6, 2]);
});

Deno.test("a cut file, a wrong label and an empty dataset are refused with file and record", async () => {
  const refusal = (pattern: RegExp) => (e: Error) =>
    e instanceof DeconvError && pattern.test(e.message);
  const cut = memory("b.bin", records([1, 2, 3]).slice(0, -100));
  assert.throws(
    () => cifar10([memory("a.bin", records([1])), cut]),
    refusal(
      /b\.bin as CIFAR-10: its 9119 bytes are 2 whole records of 3073 bytes and 2973 bytes more/,
    ),
  );
  assert.throws(
    () => cifar10([memory("a.bin", records([]))]),
    refusal(/from a\.bin: there are no/),
  );
  assert.throws(() => cifar10([]), refusal(/no files/));
  for (const wait of [false, true]) {
    const wrong = memory("b.bin", records([1, 2, 10]), wait);
    const dataset = cifar10([memory("a.bin", records([1])), wrong]);
    const read = async (index: number) => await dataset.read([index], new Float32Array(3072));
    await read(2);
    await assert.rejects(read(3), refusal(/record 2 of b\.bin: its label is 10, not 0 to 9/));
  }
});

Deno.test("class names are the lines of batches.meta.txt", () => {
  assert.deepEqual(parseClassNames("airplane\r\nbig cat\n\n"), ["airplane", "big cat"]);
});
