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
 */
import { DeconvError } from "../errors.ts";
import type { Shape } from "../tensor.ts";

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
  new (length: number): SafetensorsData;
}

/** Bytes of an element in the file, and the array that holds it; widest first, as files are sorted. */
export const DTYPES: Readonly<Record<SafetensorsDtype, { bytes: number; array: ArrayKind }>> = {
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
export const MAX_HEADER = 100_000_000;

/** What the header has texts under, in place of a tensor. */
export const METADATA = "__metadata__";

/** The number of elements, or NaN if it overflows: as in the reference, even when a 0 follows. */
export function countOf(shape: Shape): number {
  return shape.reduce((product, length) => {
    const count = product * length;
    return Number.isSafeInteger(count) ? count : NaN;
  }, 1);
}

/** Whether a value is a list of whole numbers from 0. */
export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}

/** A record without a prototype. */
export function fromEntries<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const record: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) record[key] = value;
  return record;
}

/** A name as it goes into a message: quoted, on one line, and not endless. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

/** The error for a file that is not, or cannot become, safetensors. */
export function refusal(verb: "read" | "write", fault: string): DeconvError {
  return new DeconvError(`Cannot ${verb} safetensors: ${fault.slice(0, 400)}`);
}
