/**
 * The safetensors format (Hugging Face): named arrays in one file that cannot run code.
 *
 * ```text
 * 8 bytes    n, the length of the header, little-endian
 * n bytes    JSON: {"name": {"dtype": "F32", "shape": [2,3], "data_offsets": [begin, end]}, …,
 *            "__metadata__": {"key": "text", …}}, padded with spaces to a multiple of 8
 * the rest   the arrays, row-major and little-endian, back to back without holes; the offsets count
 *            from here
 * ```
 *
 * Decoding trusts nothing: lengths are checked against the bytes at hand before anything of that
 * length is allocated, and whatever the format forbids is refused with the tensor's name.
 */
import { DeconvError } from "../errors.ts";
import { type Shape, shapeText } from "../tensor.ts";
import { bfloatBits, floatBitsOfHalf, halfBits } from "./float16.ts";

/** The element types that can be held. `F16` and `BF16` are held as float32, `BOOL` as bytes 0 and 1. */
export type SafetensorsDtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** The arrays that hold the elements. */
export type SafetensorsData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | BigUint64Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

/** A tensor to encode. A plain `Tensor` is one. */
export interface SafetensorsInput {
  /** Sizes, outermost first. */
  readonly shape: Shape;
  /** The elements, row-major. */
  readonly data: SafetensorsData;
  /**
   * The type to store. Default: that of `data`. `"F16"` and `"BF16"` round a `Float32Array` to
   * nearest, ties to even; `"BOOL"` stores a `Uint8Array` of zeros and ones.
   */
  readonly dtype?: SafetensorsDtype;
}

/** A decoded tensor. Encoding it again stores the same bytes. */
export interface SafetensorsTensor extends SafetensorsInput {
  /** The type it was stored as. */
  readonly dtype: SafetensorsDtype;
}

/** What a safetensors file holds. Both records have no prototype, so any key is just a key. */
export interface Safetensors {
  /** The tensors by name, in the order of their bytes. */
  readonly tensors: Record<string, SafetensorsTensor>;
  /** The texts of `__metadata__`. */
  readonly metadata: Record<string, string>;
}

interface ArrayKind {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): SafetensorsData;
}

/** Bytes of an element in the file, and the array that holds it; widest first, as files are sorted. */
const DTYPES: Readonly<Record<SafetensorsDtype, { bytes: number; array: ArrayKind }>> = {
  F64: { bytes: 8, array: Float64Array },
  I64: { bytes: 8, array: BigInt64Array },
  U64: { bytes: 8, array: BigUint64Array },
  F32: { bytes: 4, array: Float32Array },
  I32: { bytes: 4, array: Int32Array },
  U32: { bytes: 4, array: Uint32Array },
  F16: { bytes: 2, array: Float32Array },
  BF16: { bytes: 2, array: Float32Array },
  I16: { bytes: 2, array: Int16Array },
  U16: { bytes: 2, array: Uint16Array },
  I8: { bytes: 1, array: Int8Array },
  U8: { bytes: 1, array: Uint8Array },
  BOOL: { bytes: 1, array: Uint8Array },
};

/** The reference implementation's bound on the header's length. */
const MAX_HEADER = 100_000_000;

const METADATA = "__metadata__";

/**
 * Encodes tensors and texts as a safetensors file. The same content gives the same bytes, whatever
 * the order of the keys: wide types first (so every array is aligned), then by name.
 *
 * @throws {DeconvError} When a tensor's data does not fit its shape or dtype, or a name cannot be
 * stored (`__metadata__`, or text that is not well-formed Unicode).
 *
 * @example
 * ```ts
 * import { decodeSafetensors, encodeSafetensors, tensor } from "@deconv/deconv";
 * const bytes = encodeSafetensors({ "conv1/bias": tensor([0.5, -1]) }, { model: "tiny" });
 * console.log(decodeSafetensors(bytes).tensors["conv1/bias"].data); // Float32Array [ 0.5, -1 ]
 * ```
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafetensorsInput>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: [string, unknown][] = [];
  const texts = Object.entries(metadata).sort(byName);
  for (const [key, text] of texts) {
    if (typeof text !== "string" || !key.isWellFormed() || !text.isWellFormed()) {
      throw refusal("write", `metadata ${quote(key)} is not well-formed text`);
    }
  }
  if (texts.length > 0) header.push([METADATA, fromEntries(texts)]);
  const order = Object.keys(DTYPES);
  const entries = Object.entries(tensors)
    .map(([name, tensor]) => ({
      name,
      data: tensor.data,
      shape: tensor.shape,
      dtype: dtypeOf(name, tensor),
    }))
    .sort((a, b) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || byName([a.name], [b.name]));
  let end = 0;
  for (const { name, shape, dtype } of entries) {
    const begin = end;
    end += countOf(shape) * DTYPES[dtype].bytes;
    header.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  // Written entry by entry: an object would put keys such as "1" first and mistake "__proto__".
  const fields = header.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const headerLength = Math.ceil(text.length / 8) * 8;
  if (headerLength > MAX_HEADER) throw refusal("write", "its header would exceed 100 MB");
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setUint32(0, headerLength, true);
  bytes.fill(0x20, 8, 8 + headerLength).set(text, 8);
  let at = 8 + headerLength;
  for (const { data, dtype } of entries) {
    const stored = dtype === "F16"
      ? narrow(data, halfBits)
      : dtype === "BF16"
      ? narrow(data, bfloatBits)
      : data;
    bytes.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), at);
    at += stored.byteLength;
  }
  return bytes;
}

/**
 * Decodes a safetensors file. The arrays are copies; `F16` and `BF16` become `Float32Array`, exactly.
 *
 * @param bytes The whole file.
 * @throws {DeconvError} When the bytes are not a valid safetensors file, or hold a type that
 * JavaScript has no array for (F8, F4 and complex ones).
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { entries, metadata, dataStart } = readSafetensorsHeader(bytes, bytes.length);
  const tensors = fromEntries(entries.map(({ name, dtype, shape, begin, end }) => {
    const stored = bytes.subarray(dataStart + begin, dataStart + end);
    return [name, { dtype, shape, data: readData(name, dtype, stored) }];
  }));
  return { tensors, metadata };
}

/** A tensor of a file: what its header says. */
interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

/** How many bytes of a safetensors file its header takes, given its first 8 bytes or more. */
export function safetensorsHeaderBytes(bytes: Uint8Array): number {
  if (bytes.length < 8) throw refusal("read", `it has ${bytes.length} bytes, fewer than 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return 8 + view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
}

/**
 * Reads and checks the header of a safetensors file.
 *
 * @param bytes The file, or its first bytes with the whole header.
 * @param size How many bytes the whole file has.
 * @throws {DeconvError} When the header is not valid, or does not fit the file.
 */
export function readSafetensorsHeader(
  bytes: Uint8Array,
  size: number,
): { entries: Entry[]; metadata: Record<string, string>; dataStart: number } {
  const { text, dataStart } = readHeaderText(bytes);
  const header = parseHeader(text);
  const metadata = readMetadata(header[METADATA] ?? {});
  const entries = Object.entries(header).filter(([name]) => name !== METADATA)
    .map(([name, entry]) => readEntry(name, entry, size - dataStart))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) {
      const fault = entry.begin < end ? "overlaps the tensor before it" : "leaves a hole before it";
      throw refusal("read", `tensor ${quote(entry.name)} ${fault} (byte ${entry.begin})`);
    }
    end = entry.end;
  }
  if (end !== size - dataStart) {
    throw refusal("read", `${size - dataStart - end} bytes follow the last tensor`);
  }
  return { entries, metadata, dataStart };
}

function readHeaderText(bytes: Uint8Array): { text: string; dataStart: number } {
  const length = safetensorsHeaderBytes(bytes) - 8;
  if (length > MAX_HEADER || length > bytes.length - 8) {
    throw refusal("read", `its header of ${length} bytes does not fit in ${bytes.length} bytes`);
  }
  if (bytes[8] !== 0x7b || length < 2) throw refusal("read", "its header does not begin with {");
  try {
    // Copied, because a TextDecoder takes no shared memory.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes.slice(8, 8 + length));
    return { text, dataStart: 8 + length };
  } catch {
    throw refusal("read", "its header is not valid UTF-8");
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Parses the JSON a header is made of: objects, lists, texts and numbers. `JSON.parse` would keep the
 * last of two equal keys, and V8 15's reads the key `"\""` as `\` when an object before had `\`.
 */
function parseHeader(text: string): Record<string, unknown> {
  let at = 0;
  const invalid = () => refusal("read", `its header is not valid JSON at character ${at}`);
  const take = (character: string): boolean => {
    while (" \t\n\r".includes(text[at] ?? "x")) at++;
    return text[at] === character && ++at > 0;
  };
  const expect = (character: string) => {
    if (!take(character)) throw invalid();
  };
  const string = (): string => {
    const begin = at;
    expect('"');
    while (text[at] !== '"') {
      if (at >= text.length) throw invalid();
      at += text[at] === "\\" ? 2 : 1;
    }
    try {
      return JSON.parse(text.slice(begin, ++at));
    } catch {
      throw invalid();
    }
  };
  const object = (depth: number): Record<string, unknown> => {
    const record: Record<string, unknown> = Object.create(null);
    if (take("}")) return record;
    do {
      const key = string();
      if (Object.hasOwn(record, key)) throw refusal("read", `its header has ${quote(key)} twice`);
      expect(":");
      record[key] = value(depth + 1);
    } while (take(","));
    expect("}");
    return record;
  };
  const list = (depth: number): unknown[] => {
    const values: unknown[] = [];
    if (take("]")) return values;
    do values.push(value(depth + 1)); while (take(","));
    expect("]");
    return values;
  };
  const value = (depth: number): unknown => {
    if (depth > 3) throw invalid();
    if (take("{")) return object(depth);
    if (take("[")) return list(depth);
    if (text[at] === '"') return string();
    NUMBER.lastIndex = at;
    const number = NUMBER.exec(text);
    if (number === null) throw invalid();
    at = NUMBER.lastIndex;
    return Number(number[0]);
  };
  expect("{");
  const header = object(0);
  take("");
  if (at < text.length) throw invalid();
  return header;
}

function readMetadata(value: unknown): Record<string, string> {
  if (!isObject(value)) throw refusal("read", "its __metadata__ is not a JSON object");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string" || !text.isWellFormed() || !key.isWellFormed()) {
      throw refusal("read", `its metadata ${quote(key)} is not well-formed text`);
    }
  }
  return fromEntries(Object.entries(value as Record<string, string>));
}

function readEntry(name: string, entry: unknown, dataLength: number): Entry {
  const refuse = (fault: string) => refusal("read", `tensor ${quote(name)} ${fault}`);
  if (!name.isWellFormed()) throw refuse("has a name that is not well-formed Unicode");
  if (!isObject(entry)) throw refuse("is not described by a JSON object");
  for (const key of Object.keys(entry)) {
    if (!["dtype", "shape", "data_offsets"].includes(key)) {
      throw refuse(`has an unknown field ${quote(key)}`);
    }
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPES, dtype)) {
    const known = Object.keys(DTYPES).join(", ");
    throw refuse(`has dtype ${JSON.stringify(dtype)?.slice(0, 40)}; these can be read: ${known}`);
  }
  if (!isSizes(shape)) throw refuse("has a shape that is not a list of whole numbers from 0");
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw refuse("has data_offsets that are not two whole numbers from 0");
  }
  const [begin, end] = offsets;
  if (begin > end || end > dataLength) {
    throw refuse(
      `lies at bytes ${begin} to ${end} of ${dataLength} bytes of data: is the file cut?`,
    );
  }
  const bytes = countOf(shape) * DTYPES[dtype as SafetensorsDtype].bytes;
  if (bytes !== end - begin) {
    throw refuse(
      `of shape ${shapeText(shape)} and dtype ${dtype} is stored in ${end - begin} bytes`,
    );
  }
  return { name, dtype: dtype as SafetensorsDtype, shape, begin, end };
}

function readData(name: string, dtype: SafetensorsDtype, stored: Uint8Array): SafetensorsData {
  const { bytes, array } = DTYPES[dtype];
  if (dtype === "F16" || dtype === "BF16") {
    const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
    const bits = new Uint32Array(stored.length / 2);
    const widen = dtype === "F16" ? floatBitsOfHalf : (half: number) => half << 16;
    for (let i = 0; i < bits.length; i++) bits[i] = widen(view.getUint16(2 * i, true));
    return new Float32Array(bits.buffer);
  }
  if (dtype === "BOOL" && stored.some((value) => value > 1)) {
    throw refusal(
      "read",
      `tensor ${quote(name)} of dtype BOOL holds bytes other than 0 and 1`,
    );
  }
  const data = new array(stored.length / bytes);
  new Uint8Array(data.buffer).set(stored);
  return data;
}

/** The dtype to store, checked against data and shape. */
function dtypeOf(name: string, { shape, data, dtype }: SafetensorsInput): SafetensorsDtype {
  const refuse = (fault: string) => refusal("write", `tensor ${quote(name)} ${fault}`);
  if (name === METADATA || !name.isWellFormed()) throw refuse("needs another name");
  const fits = (key: string) =>
    Object.hasOwn(DTYPES, key) && data instanceof DTYPES[key as SafetensorsDtype].array;
  const chosen = dtype ?? Object.keys(DTYPES).find(fits);
  if (chosen === undefined || !fits(chosen)) {
    throw refuse(`cannot be stored as ${dtype ?? "any dtype"}: its data is no such typed array`);
  }
  if (!isSizes(shape) || countOf(shape) !== data.length) {
    throw refuse(`has ${data.length} values, which is not shape ${shapeText(shape)}`);
  }
  if (chosen === "BOOL" && (data as Uint8Array).some((value) => value > 1)) {
    throw refuse("cannot be stored as BOOL: it holds values other than 0 and 1");
  }
  return chosen as SafetensorsDtype;
}

/** The number of elements, or NaN if it overflows: as in the reference, even when a 0 follows. */
function countOf(shape: Shape): number {
  return shape.reduce((product, length) => {
    const count = product * length;
    return Number.isSafeInteger(count) ? count : NaN;
  }, 1);
}

function narrow(data: SafetensorsData, toBits: (bits: number) => number): Uint16Array {
  return Uint16Array.from(new Uint32Array(data.buffer, data.byteOffset, data.length), toBits);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A record without a prototype. */
function fromEntries<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const record: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) record[key] = value;
  return record;
}

function byName([a]: readonly string[], [b]: readonly string[]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A name as it goes into a message: quoted, on one line, and not endless. */
function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

function refusal(verb: "read" | "write", fault: string): DeconvError {
  return new DeconvError(`Cannot ${verb} safetensors: ${fault.slice(0, 400)}`);
}
