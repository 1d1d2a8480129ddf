import assert from "node:assert/strict";
import { openNpz } from "../core/data/npz_file.ts";
import { decodeNpy, encodeNpy, type NpyData, npyTensor } from "../core/formats/npy.ts";
import { decodeNpz, encodeNpz } from "../core/formats/npz.ts";
import { sizeOf, tensor } from "../core/tensor.ts";
import { readPictures, refusal, withFiles } from "./harness/data_files.ts";

/** A `.npy` file as NumPy writes it, of numbers that are already bytes. */
function npy(descr: string, shape: string, body: readonly number[], fortran = "False"): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
  const header = new TextEncoder().encode(text.padEnd(117) + "\n");
  return Uint8Array.of(
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    header.length,
    0,
    ...header,
    ...body,
  );
}

Deno.test("every type of number goes out and comes back", () => {
  const all: NpyData[] = [
    Float32Array.of(1.5, -2),
    Float64Array.of(0.1, -1e300),
    Int8Array.of(-128, 127),
    Uint8Array.of(0, 255),
    Int16Array.of(-32768, 5),
    Uint16Array.of(0, 65535),
    Int32Array.of(-(2 ** 31), 7),
    Uint32Array.of(0, 2 ** 32 - 1),
    BigInt64Array.of(-5n, 2n ** 62n),
    BigUint64Array.of(0n, 2n ** 64n - 1n),
  ];
  for (const data of all) {
    for (const shape of [[2], [2, 1], [1, 2, 1]]) {
      assert.deepEqual(decodeNpy(encodeNpy({ shape, data })), { shape, data });
    }
  }
  const one = { shape: [], data: Int16Array.of(-3) };
  assert.deepEqual(decodeNpy(encodeNpy(one)), one);
  assert.equal(encodeNpy(one).length % 64, 2); // the numbers begin on 64 bytes
  assert.throws(
    () => encodeNpy({ shape: [3], data: Int8Array.of(1) }),
    refusal(/1 numbers as npy/),
  );
});

Deno.test("both byte orders, booleans, halves, and column-major arrays", () => {
  assert.deepEqual(decodeNpy(npy(">i2", "(2,)", [1, 2, 0xff, 0xfe])).data, Int16Array.of(258, -2));
  assert.deepEqual(decodeNpy(npy("|b1", "(3,)", [0, 1, 1])).data, Uint8Array.of(0, 1, 1));
  assert.deepEqual(
    decodeNpy(npy("<f2", "(2,)", [0x00, 0x3e, 0x00, 0xc0])).data,
    Float32Array.of(1.5, -2),
  );
  const turned = decodeNpy(npy("|u1", "(2, 3)", [1, 4, 2, 5, 3, 6], "True"));
  assert.deepEqual(turned, { shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  const deep = Array.from({ length: 24 }, (_, i) => i); // place a + 2b + 6c holds element [a, b, c]
  const cube = decodeNpy(npy("|u1", "(2, 3, 4)", deep, "True"));
  assert.deepEqual([cube.data[0], cube.data[1], cube.data[4], cube.data[12]], [0, 6, 2, 1]);
  assert.deepEqual(
    npyTensor({ shape: [2], data: BigInt64Array.of(3n, -4n) }),
    tensor([3, -4]),
  );
});

Deno.test("an array cut anywhere, too long or of another kind is refused", () => {
  const whole = npy("<f4", "(1, 2)", [0, 0, 0, 0, 0, 0, 128, 63]);
  assert.deepEqual(decodeNpy(whole).data, Float32Array.of(0, 1));
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => decodeNpy(whole.slice(0, length), "a"), refusal(/Cannot read a as npy: /));
  }
  const wrong = (bytes: Uint8Array, pattern: RegExp) =>
    assert.throws(() => decodeNpy(bytes, "a"), refusal(pattern));
  wrong(Uint8Array.of(...whole, 0), /\[1,2\] makes \d+ bytes, and it has \d+/);
  wrong(npy("|O", "(1,)", [0]), /type O; there are b1/);
  wrong(npy("<c8", "(1,)", [0]), /type c8/);
  wrong(npy("<f4", "(9999999999, 9999999999)", []), /makes .* bytes/);
  wrong(npy("<f4", "(-1,)", []), /no simple type, order and shape/);
  wrong(npy("<f4", "(1,)", [], "Maybe"), /no simple type, order and shape/);
});

Deno.test("npz files, stored and deflated, damaged anywhere", () => {
  const x = { shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) }, y = tensor([7, 8]);
  for (const compress of [false, true]) {
    const whole = encodeNpz({ x, y }, { compress });
    assert.deepEqual(decodeNpz(whole), new Map<string, unknown>([["x", x], ["y", y]]));
    assert.deepEqual(encodeNpz({ x, y }, { compress }), whole);
    for (let length = 0; length < whole.length; length += 3) {
      assert.throws(() => decodeNpz(whole.slice(0, length), "z"), refusal(/read z as zip: it is /));
    }
    const arrays = [...decodeNpz(whole)].map(([name, { data }]) => [name, ...data].join());
    let refused = 0;
    for (let at = 0; at < whole.length; at++) {
      const damaged = whole.slice();
      damaged[at] ^= 0x15;
      try {
        for (const [name, { data }] of decodeNpz(damaged, "z")) {
          assert.ok(arrays.includes([name, ...data].join()), `byte ${at}: ${name}`);
        }
      } catch (error) {
        refusal(/z/)(error as Error);
        refused++;
      }
    }
    assert.ok(refused > whole.length / 3, `${refused} of ${whole.length}`);
  }
});

Deno.test("openNpz: the names in use, bytes scaled, class numbers in columns", async () => {
  const bytes = (shape: number[]) => ({ shape, data: new Uint8Array(sizeOf(shape)).fill(51) });
  await withFiles({
    "keras.npz": encodeNpz({
      x_train: bytes([3, 2, 2]),
      y_train: { shape: [3, 1], data: Uint8Array.of(2, 0, 1) },
      x_test: bytes([1, 2, 2]),
      y_test: { shape: [1], data: BigInt64Array.of(4n) },
    }),
    "floats.npz": encodeNpz({ x: tensor([5, 6], [2, 1]), y: tensor([0.5, 2, 3, 4], [2, 2]) }),
    "savez.npz": encodeNpz({ arr_0: tensor([5, 6], [2, 1]), arr_1: tensor([1.5, 2], [2, 1]) }),
    "only.npy": encodeNpy(tensor([1, 2], [2, 1])),
    "other.npz": encodeNpz({ weights: tensor([1]) }),
    "text.npz": "nothing",
  }, async (folder) => {
    const { train, test } = openNpz(`${folder}/keras.npz`, { classNames: ["a"] });
    assert.deepEqual([train.shape, train.targetShape, train.classNames], [[2, 2, 1], undefined, [
      "a",
    ]]);
    const { x, targets } = await readPictures(train, [0]);
    assert.deepEqual([x[0][0], targets[0][0]], [Math.fround(0.2), 2]);
    assert.equal((await readPictures(test!, [0])).targets[0][0], 4);
    const floats = openNpz(`${folder}/floats.npz`);
    assert.deepEqual([floats.train.targetShape, floats.test], [[2], undefined]);
    assert.equal((await readPictures(floats.train, [1])).x[0][0], 6);
    assert.deepEqual(openNpz(`${folder}/savez.npz`).train.targetShape, [1]);
    assert.equal(openNpz(`${folder}/only.npy`).train.size, 2);
    assert.throws(() => openNpz(`${folder}/other.npz`), refusal(/it has the arrays weights; call/));
    assert.throws(
      () => openNpz(`${folder}/text.npz`),
      refusal(/text\.npz as zip: it is not a zip/),
    );
    assert.throws(
      () => openNpz(`${folder}/keras.npz`, { limit: 9 }),
      refusal(/bytes are too many/),
    );
  });
});
