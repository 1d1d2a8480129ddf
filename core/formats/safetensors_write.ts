import { shapeText } from "../tensor.ts";
import { bfloatBits, halfBits } from "./float16.ts";
import {
  countOf,
  DTYPES,
  fromEntries,
  isSizes,
  MAX_HEADER,
  METADATA,
  quote,
  refusal,
  type SafetensorsData,
  type SafetensorsDtype,
  type SafetensorsInput,
} from "./safetensors.ts";

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

function narrow(data: SafetensorsData, toBits: (bits: number) => number): Uint16Array {
  return Uint16Array.from(new Uint32Array(data.buffer, data.byteOffset, data.length), toBits);
}

function byName([a]: readonly string[], [b]: readonly string[]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
