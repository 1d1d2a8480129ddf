import assert from "node:assert/strict";
import fc from "fast-check";
import { DeconvError } from "../core/errors.ts";
import type {
  SafetensorsData,
  SafetensorsDtype,
  SafetensorsInput,
} from "../core/formats/safetensors.ts";
import { decodeSafetensors } from "../core/formats/safetensors_read.ts";
import { encodeSafetensors } from "../core/formats/safetensors_write.ts";

/** A file written by hand: the header as text, then the data. */
function file(header: string, data: ArrayLike<number> = [], length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(Array.from(data), 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: unknown, offsets: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

function refused(bytes: Uint8Array, pattern: RegExp): void {
  assert.throws(
    () => decodeSafetensors(bytes),
    (e: Error) =>
      e instanceof DeconvError && pattern.test(e.message) && !e.message.includes("\n") &&
      e.message.length < 500,
    `expected ${pattern}`,
  );
}

Deno.test("a file written by hand is read", () => {
  const header = `{"__metadata__":{"format":"pt"},"b":${entry("F32", [2, 1], [2, 10])},` +
    ` "a" : ${entry("BOOL", [2], [0, 2])}, "empty": ${entry("I64", [0, 3], [2, 2])},` +
    `"scalar":${entry("I16", [], [10, 12])}}  `;
  const { tensors, metadata } = decodeSafetensors(
    file(header, [1, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0xfe, 0xff]),
  );
  assert.deepEqual({ ...metadata }, { format: "pt" });
  assert.deepEqual({ ...tensors }, {
    a: { dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) },
    empty: { dtype: "I64", shape: [0, 3], data: new BigInt64Array(0) },
    b: { dtype: "F32", shape: [2, 1], data: Float32Array.of(1, -2) },
    scalar: { dtype: "I16", shape: [], data: Int16Array.of(-2) },
  });
  assert.deepEqual(Object.keys(decodeSafetensors(file("{}")).tensors), []);
});

Deno.test("a file is written as the format says", () => {
  const bytes = encodeSafetensors({
    byte: { shape: [1], data: Uint8Array.of(7) },
    x: { shape: [1, 2], data: Float32Array.of(1, -2) },
  }, { made: "by hand" });
  const header = `{"__metadata__":{"made":"by hand"},"x":${entry("F32", [1, 2], [0, 8])},` +
    `"byte":${entry("U8", [1], [8, 9])}}`;
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  assert.deepEqual(bytes, file(padded, [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7]));
});

/** Any tensor: the bytes decide, so NaN payloads, infinities and denormals come along. */
const anyTensor: fc.Arbitrary<SafetensorsInput> = fc.record({
  dtype: fc.constantFrom<SafetensorsDtype>(
    ...["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8"] as const,
    ...["U64", "U32", "U16", "U8", "BOOL"] as const,
  ),
  shape: fc.array(fc.nat(4), { maxLength: 4 }),
  seed: fc.integer(),
}).map(({ dtype, shape, seed }) => ({ dtype, shape, data: dataOf(dtype, shape, seed) }));

function dataOf(dtype: SafetensorsDtype, shape: number[], seed: number): SafetensorsData {
  const count = shape.reduce((a, b) => a * b, 1), bytes = new Uint8Array(8 * count);
  for (let i = 0; i < bytes.length; i++) {
    seed = Math.imul(seed, 1664525) + 1013904223 | 0;
    bytes[i] = dtype === "BOOL" ? seed >>> 31 : seed >>> 24;
  }
  if (dtype === "F16" || dtype === "BF16") {
    const halves = new Float32Array(count);
    // Multiples of 1/8 up to 16, which both narrow types hold.
    for (let i = 0; i < count; i++) halves[i] = (bytes[i] - 128) / 8;
    return halves;
  }
  const array = {
    ...{ F64: Float64Array, F32: Float32Array, I64: BigInt64Array, U64: BigUint64Array },
    ...{ I32: Int32Array, U32: Uint32Array, I16: Int16Array, U16: Uint16Array },
    ...{ I8: Int8Array, U8: Uint8Array, BOOL: Uint8Array },
  }[dtype];
  return new array(bytes.buffer, 0, count);
}

const anyName = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "1",
    "0",
    "",
    '"',
    "\\",
    "a\nb",
    "{",
    "}",
  ),
).filter((name) => name !== "__metadata__");

const anyFile = fc.tuple(
  fc.array(fc.tuple(anyName, anyTensor), { maxLength: 6 }),
  fc.array(fc.tuple(anyName, fc.string({ unit: "grapheme" })), { maxLength: 3 }),
).map(([tensors, metadata]) => [nullRecord(tensors), nullRecord(metadata)] as const);

function nullRecord<T>(entries: [string, T][]): Record<string, T> {
  const record: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) record[key] = value;
  return record;
}

const bytesOf = (data: SafetensorsData) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

Deno.test("what is encoded is decoded, and encoded again the same", () => {
  fc.assert(
    fc.property(anyFile, ([tensors, metadata]) => {
      const bytes = encodeSafetensors(tensors, metadata);
      const decoded = decodeSafetensors(bytes);
      assert.deepEqual(Object.keys(decoded.tensors).sort(), Object.keys(tensors).sort());
      for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
        const found = decoded.tensors[name];
        assert.deepEqual([found.dtype, found.shape], [dtype, shape]);
        assert.equal(found.data.constructor, data.constructor);
        assert.deepEqual(bytesOf(found.data), bytesOf(data));
      }
      assert.deepEqual(decoded.metadata, metadata);
      assert.deepEqual(encodeSafetensors(decoded.tensors, decoded.metadata), bytes);
      const headerLength = new DataView(bytes.buffer).getUint32(0, true);
      assert.equal(headerLength % 8, 0);
      const reversed = nullRecord(Object.entries(tensors).reverse());
      assert.deepEqual(encodeSafetensors(reversed, metadata), bytes);
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("the bytes may lie anywhere in a larger buffer, aligned or not", () => {
  const bytes = encodeSafetensors({ x: { shape: [2], data: Float64Array.of(1, 2) } });
  for (let offset = 0; offset < 8; offset++) {
    const larger = new Uint8Array(bytes.length + 16).fill(0xff);
    larger.set(bytes, offset);
    const { tensors } = decodeSafetensors(larger.subarray(offset, offset + bytes.length));
    assert.deepEqual(tensors.x.data, Float64Array.of(1, 2));
  }
});

Deno.test("damaged files give a DeconvError or a valid result, nothing else", () => {
  const damage = fc.record({
    cut: fc.option(fc.nat(), { freq: 1 }),
    flips: fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 3 }),
    headerOnly: fc.boolean(),
  });
  let valid = 0, wrong = 0;
  fc.assert(
    fc.property(anyFile, damage, ([tensors, metadata], { cut, flips, headerOnly }) => {
      let bytes = encodeSafetensors(tensors, metadata);
      const reach = headerOnly ? 8 + new DataView(bytes.buffer).getUint32(0, true) : bytes.length;
      for (const [place, bit] of flips) bytes[place % reach] ^= 1 << bit;
      if (cut !== null) bytes = bytes.slice(0, cut % bytes.length);
      try {
        const decoded = decodeSafetensors(bytes);
        for (const { shape, data } of Object.values(decoded.tensors)) {
          assert.equal(data.length, shape.reduce((a, b) => a * b, 1));
        }
        assert.deepEqual(
          decodeSafetensors(encodeSafetensors(decoded.tensors)).tensors,
          decoded.tensors,
        );
        valid++;
      } catch (error) {
        if (!(error instanceof DeconvError)) throw error;
        assert.match(error.message, /^Cannot read safetensors: [^\n]+$/);
        wrong++;
      }
    }),
    { seed: 2, numRuns: 500 },
  );
  assert.ok(valid > 30 && wrong > 200, `${valid} valid, ${wrong} wrong`);
});

Deno.test("any cut of a file with data is noticed", () => {
  const bytes = encodeSafetensors({ x: { shape: [3], data: Float32Array.of(1, 2, 3) } });
  for (let length = 0; length < bytes.length; length++) {
    refused(bytes.slice(0, length), /Cannot read/);
  }
  refused(Uint8Array.of(...bytes, 0), /1 bytes follow the last tensor/);
});

Deno.test("lengths are checked before anything is allocated", () => {
  refused(file("{}", [], 2n ** 63n), /header of 9223372036854776000 bytes does not fit in 10/);
  refused(file("{}", [], 3n), /header of 3 bytes does not fit/);
  refused(file("{}", [], 0n), /does not begin with {/);
  const huge = Number.MAX_SAFE_INTEGER;
  refused(
    file(`{"big":${entry("F32", [huge], [0, huge])}}`),
    /"big" lies at bytes 0 to 9007199254740991/,
  );
  refused(file(`{"big":${entry("F32", [2 ** 40], [0, 4])}}`, [0, 0, 0, 0]), /"big" of shape/);
  refused(file(`{"big":${entry("F32", [huge, huge, 0], [0, 0])}}`), /"big" of shape/);
});

Deno.test("headers that break the format are refused, naming the tensor", () => {
  const a = `"a":${entry("U8", [2], [0, 2])}`;
  const cases: [string, RegExp][] = [
    ["[]", /does not begin with {/],
    [" {}", /does not begin with {/],
    ["{ ", /not valid JSON/],
    [`{${a}} x`, /not valid JSON/],
    [`{${a},${a}}`, /"a" twice/],
    [`{${a},"\\u0061":${entry("U8", [0], [2, 2])}}`, /"a" twice/],
    [`{"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, /"dtype" twice/],
    [`{${a},"__metadata__":{"k":"1","k":"2"}}`, /"k" twice/],
    [`{${a},"__metadata__":{"k":1}}`, /metadata "k" is not/],
    [`{${a},"__metadata__":[]}`, /__metadata__ is not a JSON object/],
    [`{"a":1}`, /"a" is not described by/],
    [`{"a":null}`, /not valid JSON at character 5/],
    [`{"a":01}`, /not valid JSON at character 6/],
    [`{"a":[1,]}`, /not valid JSON at character 8/],
    [`{"a" 1}`, /not valid JSON at character 5/],
    [`{,}`, /not valid JSON at character 1/],
    [`{"a":1,}`, /not valid JSON at character 7/],
    [`{"a\n":1}`, /not valid JSON/],
    [`{"a`, /not valid JSON/],
    [`{"a\\`, /not valid JSON/],
    [
      `{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"extra":1}}`,
      /"a" has an unknown field "extra"/,
    ],
    [`{"a":{"dtype":"U8","shape":[2]}}`, /"a" has data_offsets that/],
    [`{"a":${entry("F8_E4M3", [2], [0, 2])}}`, /"a" has dtype "F8_E4M3"; these can be read: F64/],
    [`{"a":${entry("toString", [2], [0, 2])}}`, /"a" has dtype/],
    [`{"a":${entry("U8", [-2], [0, 2])}}`, /"a" has a shape/],
    [`{"a":${entry("U8", [1.5], [0, 2])}}`, /"a" has a shape/],
    [`{"a":${entry("U8", "2", [0, 2])}}`, /"a" has a shape/],
    [`{"a":${entry("U8", [2], [-1, 1])}}`, /"a" has data_offsets/],
    [`{"a":${entry("U8", [2], [0, 1, 2])}}`, /"a" has data_offsets/],
    [`{"a":${entry("U8", [2], [2, 0])}}`, /"a" lies at bytes 2 to 0/],
    [`{"a":${entry("U8", [3], [0, 3])}}`, /"a" lies at bytes 0 to 3 of 2 bytes/],
    [`{"a":${entry("U8", [1], [0, 2])}}`, /"a" of shape \[1\] and dtype U8 is stored in 2 bytes/],
    [`{"a":${entry("U16", [2], [0, 2])}}`, /"a" of shape \[2\] and dtype U16/],
    [`{"a":${entry("U8", [1], [1, 2])}}`, /"a" leaves a hole before it/],
    [`{"a":${entry("U8", [2], [0, 2])},"b":${entry("U8", [1], [1, 2])}}`, /"b" overlaps/],
    [`{"a":${entry("U8", [1], [0, 1])}}`, /1 bytes follow/],
    [`{"\\ud800":${entry("U8", [2], [0, 2])}}`, /not well-formed/],
    [`{${a},"__metadata__":{"k":"\\ud800"}}`, /not well-formed/],
    [`{"${"x".repeat(5000)}":1}`, /"x{80}…" is not described/],
    [`{"a":${"[".repeat(100_000)}`, /not valid JSON/],
  ];
  for (const [header, pattern] of cases) refused(file(header, [0, 1]), pattern);
  refused(
    file(`{"a":${entry("BOOL", [2], [0, 2])}}`, [0, 2]),
    /"a" of dtype BOOL holds bytes other/,
  );
  const latin = file(`{"e":${entry("U8", [0], [0, 0])}}`);
  latin[10] = 0xe9;
  refused(latin, /not valid UTF-8/);
});

Deno.test("names that V8's JSON.parse confuses are kept apart", () => {
  for (const name of ["\\", '"', "\\", '"']) {
    const tensors = {
      a: { shape: [], data: Int8Array.of(1) },
      [name]: { shape: [], data: Int8Array.of(2) },
    };
    const found = decodeSafetensors(encodeSafetensors(tensors)).tensors;
    assert.deepEqual(Object.keys(found).sort(), Object.keys(tensors).sort());
  }
});

Deno.test("__proto__ is a name like any other", () => {
  const text = `{"__proto__":${entry("U8", [1], [0, 1])},"__metadata__":{"__proto__":"x"}}`;
  const { tensors, metadata } = decodeSafetensors(file(text, [9]));
  assert.deepEqual(Object.keys(tensors), ["__proto__"]);
  assert.deepEqual(tensors["__proto__"].data, Uint8Array.of(9));
  assert.equal(metadata["__proto__"], "x");
  assert.equal(Object.getPrototypeOf(tensors), null);
  assert.equal(({} as Record<string, unknown>).dtype, undefined);
});

Deno.test("every float16 and bfloat16 is widened exactly and narrowed back", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i), bytes = new Uint8Array(all.buffer);
  const read = (dtype: string) => {
    const stored = file(`{"x":${entry(dtype, [65536], [0, 131072])}}`.padEnd(64), bytes);
    const { tensors } = decodeSafetensors(stored);
    assert.deepEqual(encodeSafetensors(tensors).subarray(-131072), bytes, dtype);
    return tensors.x.data as Float32Array;
  };
  const half = read("F16"), bfloat = read("BF16");
  for (let i = 0; i < 65536; i++) {
    const sign = i & 0x8000 ? -1 : 1, exponent = i >> 10 & 31, fraction = i & 1023;
    const value = exponent === 31
      ? fraction ? NaN : sign * Infinity
      : sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
    assert.ok(Object.is(half[i], value), `float16 ${i}: ${half[i]}, not ${value}`);
  }
  assert.deepEqual([bfloat[0x3f80], bfloat[0xc040], bfloat[0x7f80]], [1, -3, Infinity]);
});

Deno.test("narrowing rounds to the nearest, ties to even", () => {
  const stored = (dtype: SafetensorsDtype, value: number) => {
    const bytes = encodeSafetensors({ x: { shape: [1], data: Float32Array.of(value), dtype } });
    return decodeSafetensors(bytes).tensors.x.data[0];
  };
  const cases: [SafetensorsDtype, number, number][] = [
    ["F16", 1 + 2 ** -11, 1],
    ["F16", 1 + 3 * 2 ** -11, 1 + 2 ** -9],
    ["F16", 1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
    ["F16", 65519, 65504],
    ["F16", 65520, Infinity],
    ["F16", -1e30, -Infinity],
    ["F16", 2 ** -25, 0],
    ["F16", -(2 ** -25), -0],
    ["F16", 1.5 * 2 ** -25, 2 ** -24],
    ["F16", 1e-30, 0],
    ["F16", 2 ** -14 - 2 ** -26, 2 ** -14],
    ["F16", NaN, NaN],
    ["BF16", 1 + 2 ** -8, 1],
    ["BF16", 1 + 3 * 2 ** -8, 1 + 2 ** -6],
    ["BF16", 3.4e38, Infinity],
    ["BF16", NaN, NaN],
  ];
  for (const [dtype, value, expected] of cases) {
    const found = stored(dtype, value);
    assert.ok(Object.is(found, expected), `${dtype} of ${value}: ${found}, not ${expected}`);
  }
});

Deno.test("tensors that cannot be stored are refused, naming the tensor", () => {
  const x = (tensor: unknown) => ({ x: tensor as SafetensorsInput });
  const cases: [Record<string, SafetensorsInput>, RegExp][] = [
    [x({ shape: [2], data: Float32Array.of(1) }), /"x" has 1 values, which is not shape \[2\]/],
    [x({ shape: [-1], data: Float32Array.of(1) }), /"x" has 1 values/],
    [x({ shape: [1], data: [1] }), /"x" cannot be stored as any dtype/],
    [x({ shape: [1], data: Float32Array.of(1), dtype: "F64" }), /"x" cannot be stored as F64/],
    [x({ shape: [1], data: Float32Array.of(1), dtype: "F8" }), /"x" cannot be stored as F8/],
    [x({ shape: [1], data: Uint8Array.of(2), dtype: "BOOL" }), /"x" cannot be stored as BOOL/],
    [{ __metadata__: { shape: [0], data: new Uint8Array(0) } }, /needs another name/],
    [{ "\ud800": { shape: [0], data: new Uint8Array(0) } }, /needs another name/],
  ];
  for (const [tensors, pattern] of cases) {
    assert.throws(
      () => encodeSafetensors(tensors),
      (e: Error) => e instanceof DeconvError && pattern.test(e.message),
      `expected ${pattern}`,
    );
  }
  assert.throws(() => encodeSafetensors({}, { k: 1 as unknown as string }), DeconvError);
});
