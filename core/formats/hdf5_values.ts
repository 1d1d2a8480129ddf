import type { Shape } from "../tensor.ts";
import { sizeOf } from "../tensor.ts";
import { floatBitsOfHalf } from "./float16.ts";
import { DAMAGED, type Hdf5Bytes, refuseHdf5 } from "./hdf5_bytes.ts";
import { MOST_SHRUNK } from "./hdf5_filters.ts";

/** A type of numbers or texts. */
export interface Hdf5Type {
  /** What it is; `"text"` has a fixed length, `"heap_text"` lies elsewhere. */
  readonly kind: "float" | "int" | "uint" | "text" | "heap_text";
  /** Bytes a value. */
  readonly size: number;
  /** Whether its low byte comes first. */
  readonly little: boolean;
}

/** The types that are read: numbers and texts. Others are `null`. */
export function readType(bytes: Hdf5Bytes, at: number): Hdf5Type | null {
  const kind = bytes.uint(at, 1) & 15, flags = bytes.uint(at + 1, 1), size = bytes.uint(at + 4, 4);
  const little = !(flags & 1);
  if (kind === 0 && [1, 2, 4, 8].includes(size)) {
    return { kind: flags & 8 ? "int" : "uint", size, little };
  }
  if (kind === 1 && [2, 4, 8].includes(size)) return { kind: "float", size, little };
  if (kind === 3 && size > 0) return { kind: "text", size, little };
  if (kind === 9 && (flags & 15) === 1 && size === 16) {
    return { kind: "heap_text", size, little };
  }
  // An enumeration, as h5py has booleans, is stored as its numbers.
  return kind === 8 && size === 1 ? { kind: "uint", size, little } : null;
}

/** The sizes of a dataspace; `null` for one that holds nothing. */
export function readSpace(bytes: Hdf5Bytes, at: number): Shape | null {
  const version = bytes.uint(at, 1), rank = bytes.uint(at + 1, 1);
  if (version !== 1 && version !== 2 || rank > 32) refuseHdf5(DAMAGED);
  if (version === 2 && bytes.uint(at + 3, 1) === 2) return null;
  const from = at + (version === 1 ? 8 : 4);
  const shape = Array.from({ length: rank }, (_, axis) => bytes.uint(from + 8 * axis, 8));
  // No packing shrinks a value to less than this part of a byte.
  if (!(sizeOf(shape) <= bytes.size * MOST_SHRUNK)) refuseHdf5(DAMAGED);
  return shape;
}

/** Numbers as float32. */
export function readNumbers(
  stored: Uint8Array,
  { kind, size, little }: Hdf5Type,
  count: number,
): Float32Array {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const data = new Float32Array(count), bits = new Uint32Array(data.buffer);
  if (kind === "float" && size === 4) {
    for (let i = 0; i < count; i++) bits[i] = view.getUint32(4 * i, little);
  } else if (kind === "float" && size === 2) {
    for (let i = 0; i < count; i++) bits[i] = floatBitsOfHalf(view.getUint16(2 * i, little));
  } else {
    const get = getterOf(kind, size, view, little);
    for (let i = 0; i < count; i++) data[i] = Number(get(size * i));
  }
  return data;
}

function getterOf(
  kind: Hdf5Type["kind"],
  size: number,
  view: DataView,
  little: boolean,
): (at: number) => number | bigint {
  if (kind === "float") return (at) => view.getFloat64(at, little);
  const signed = kind === "int";
  switch (size) {
    case 1:
      return (at) => signed ? view.getInt8(at) : view.getUint8(at);
    case 2:
      return (at) => signed ? view.getInt16(at, little) : view.getUint16(at, little);
    case 4:
      return (at) => signed ? view.getInt32(at, little) : view.getUint32(at, little);
  }
  return (at) => signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little);
}

/** Texts, of fixed length or in the global heap. */
export function readTexts(
  bytes: Hdf5Bytes,
  at: number,
  { kind, size }: Hdf5Type,
  count: number,
): string[] {
  bytes.slice(at, size * count);
  return Array.from({ length: count }, (_, i) => {
    bytes.step();
    return kind === "text" ? bytes.text(at + size * i, size) : heapText(bytes, at + size * i);
  });
}

/** A text in a collection of the global heap: its length, the collection, the number in it. */
function heapText(bytes: Hdf5Bytes, at: number): string {
  const length = bytes.uint(at, 4), collection = bytes.uint(at + 4, 8);
  const index = bytes.uint(at + 12, 4);
  if (length === 0) return "";
  bytes.expect(collection, "GCOL");
  const end = collection + bytes.uint(collection + 8, 8);
  for (let place = collection + 16; place + 16 <= end;) {
    bytes.step();
    const found = bytes.uint(place, 2), size = bytes.uint(place + 8, 8);
    if (found === index) {
      if (length > size) refuseHdf5(DAMAGED);
      bytes.slice(place + 16, length);
      return bytes.text(place + 16, length);
    }
    if (found === 0) break;
    place += 16 + Math.ceil(size / 8) * 8;
  }
  return refuseHdf5(DAMAGED);
}
