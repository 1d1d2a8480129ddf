/**
 * Reads safetensors files. Nothing is trusted: lengths are checked against the bytes at hand before
 * anything of that length is allocated, and whatever the format forbids is refused with the tensor's name.
 */
import { isRecord } from "../json.ts";
import { shapeText } from "../tensor.ts";
import { floatBitsOfHalf } from "./float16.ts";
import {
  countOf,
  DTYPES,
  fromEntries,
  isSizes,
  MAX_HEADER,
  METADATA,
  quote,
  refusal,
  type Safetensors,
  type SafetensorsData,
  type SafetensorsDtype,
} from "./safetensors.ts";

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
  if (!isRecord(value)) throw refusal("read", "its __metadata__ is not a JSON object");
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
  if (!isRecord(entry)) throw refuse("is not described by a JSON object");
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
