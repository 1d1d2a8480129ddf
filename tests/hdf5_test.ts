/** The reader of HDF5 on arrays as the library of HDF5 stores them, and what we write as it reads it. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { File, FS, ready } from "h5wasm";
import { openHdf5 } from "../core/formats/hdf5.ts";
import { encodeHdf5 } from "../core/formats/hdf5_write.ts";
import { refusal } from "./harness/data_files.ts";
import { hdf5 } from "./harness/foreign_files.ts";

/** The i-th number of the arrays here; halves where they are of floats. */
const value = (i: number, dtype = "float32") => i * 7 % 23 - (dtype.startsWith("float") ? 5.5 : 0);

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function expectValues(bytes: Uint8Array, name: string, shape: readonly number[]): void {
  const array = openHdf5(bytes).get(name)!, { data } = array.tensor();
  assert.deepEqual(array.shape, shape, name);
  assert.equal(array.count(), sizeOf(shape));
  assert.equal(data.length, sizeOf(shape));
  assert.equal(data.findIndex((v, i) => v !== value(i, array.dtype)), -1, name);
}

/** Arrays and their chunks: parts at the ends, one chunk, chunks larger than the array, very many. */
const CHUNKED: readonly (readonly [shape: number[], chunks: number[]])[] = [
  [[5, 7], [2, 3]],
  [[4, 4], [4, 4]],
  [[7], [3]],
  [[1], [1]],
  [[3, 3, 4, 6], [2, 3, 3, 4]],
  [[9, 4, 5], [9, 1, 5]],
  [[1500], [1]],
  [[40, 60], [3, 3]],
];

for (const libver of [undefined, "latest"] as const) {
  for (const compression of [undefined, "gzip"] as const) {
    const title = `${compression ?? "plain"} chunks of HDF5's ${
      libver ?? "earliest"
    } form are read`;
    Deno.test(title, async () => {
      const bytes = await hdf5((file) => {
        CHUNKED.forEach(([shape, chunks], i) => {
          const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i));
          file.create_dataset({ name: `a${i}`, data, shape, chunks, compression });
        });
      }, libver);
      for (const form of [bytes, Buffer.concat([Buffer.alloc(3), bytes]).subarray(3)]) {
        CHUNKED.forEach(([shape], i) => expectValues(form, `a${i}`, shape));
      }
    });
  }
}

/** Files that h5py 3.16 wrote (HDF5 2.0), with what the library here has no options for. */
const golden = (name: string) =>
  Deno.readFileSync(new URL(`golden/hdf5/${name}.h5`, import.meta.url));

for (const form of ["earliest", "latest"]) {
  Deno.test(`shuffle, gzip and fletcher32 are undone, others refused by name: ${form}`, () => {
    const bytes = golden(form),
      shapes = { all: [3, 3, 4, 6], double: [6, 5], half: [7], byte: [7] };
    for (const [name, shape] of Object.entries(shapes)) expectValues(bytes, name, shape);
    const refused: Record<string, RegExp> = {
      missing: /some values of an array are not stored/,
      lzf: /packed by lzf, and gzip, shuffle and fletcher32 are known/,
      scaled: /packed by scaleoffset/,
    };
    if (form === "latest") refused.grow = /an array that may grow is stored in the newest form/;
    else expectValues(bytes, "grow", [10, 4]);
    for (const [name, pattern] of Object.entries(refused)) {
      assert.throws(() => openHdf5(bytes).get(name)!.tensor(), refusal(pattern));
    }
  });
}

Deno.test("a bit that is wrong in a chunk is found by its checksum", async () => {
  const data = Float32Array.from({ length: 64 }, (_, i) => value(i)), shape = [64];
  const bytes = await hdf5((file) => {
    file.create_dataset({ name: "a", data, shape, chunks: [64], compression: "gzip" });
  });
  const start = bytes.findIndex((byte, i) =>
    byte === 0x78 && (byte * 256 + bytes[i + 1]) % 31 === 0
  );
  let wrong = 0;
  for (let at = start + 2; at < start + 60; at++) {
    const damaged = bytes.slice();
    damaged[at] ^= 4;
    try {
      openHdf5(damaged).get("a")!.tensor();
      wrong++;
    } catch (error) {
      refusal(/cut short or damaged/)(error as Error);
    }
  }
  assert.equal(wrong, 0);
});

Deno.test("what is written the library of HDF5 reads: groups of any size, arrays of any rank", async () => {
  const tensor = (shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
  });
  const many = Object.fromEntries(
    Array.from({ length: 1200 }, (_, i) => [`a group with a long name ${i}`, { "0": tensor([1]) }]),
  );
  const nets = { scalar: tensor([]), row: tensor([5]), kernel: tensor([3, 3, 4, 6]) };
  const bytes = encodeHdf5({ nets: { "ä": nets, none: {}, empty: tensor([0, 3]) }, many });
  await ready;
  FS!.writeFile("written.h5", bytes);
  const file = new File("written.h5", "r");
  assert.deepEqual(file.keys().sort(), ["many", "nets"]);
  const kernel = file.get("nets/ä/kernel") as { shape: number[]; value: Float32Array };
  assert.deepEqual(kernel.shape, [3, 3, 4, 6]);
  assert.deepEqual(kernel.value, nets.kernel.data);
  assert.equal((file.get("many") as { keys(): string[] }).keys().length, 1200);
  assert.deepEqual((file.get("nets/empty") as { shape: number[] }).shape, [0, 3]);
  file.close();
  FS!.unlink("written.h5");
  for (const [name, { shape }] of Object.entries(nets)) {
    expectValues(bytes, `nets/ä/${name}`, shape);
  }
  assert.equal(openHdf5(bytes).get("many")!.names().length, 1200);
});

Deno.test("a file that ends before it says it does is refused, whatever is missing", async () => {
  for (const libver of [undefined, "latest"] as const) {
    const bytes = await hdf5((file) => {
      for (const name of ["first", "last"]) {
        file.create_dataset({ name, data: Float32Array.of(1, 2, 3), shape: [3] });
      }
    }, libver);
    assert.equal(openHdf5(bytes).get("first")!.count(), 3);
    assert.throws(() => openHdf5(bytes.subarray(0, bytes.length - 1)), refusal(/cut short/));
  }
});
