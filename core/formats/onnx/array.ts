/** Arrays as ONNX files hold them: a type, a shape, numbers. */
import { DeconvError } from "../../errors.ts";
import { shapeText, sizeOf } from "../../tensor.ts";
import { floatBitsOfHalf } from "../float16.ts";
import { whole } from "../partial.ts";
import { doublesOf, fieldsOf, floatsOf, integersOf, MessageWriter, textOf } from "./wire.ts";

/** Types of numbers that are read; whole numbers beyond 2⁵³ are rounded. */
const ARRAY_TYPES = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  16: "bfloat16",
} as const;

/** The name of a type of numbers. */
export type ArrayType = typeof ARRAY_TYPES[keyof typeof ARRAY_TYPES];

/** An array of numbers; float32 and narrower floats are kept as float32, all others as float64. */
export interface OnnxArray {
  /** What the numbers are. */
  readonly type: ArrayType;
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
  /** The numbers, row-major; none where they are not to be read. */
  readonly data: Float32Array | Float64Array;
}

/** Of a network's outline arrays of more floats than this are left empty: they are weights. */
const MOST_OUTLINED = 4096;

/** More numbers than any array of a network has. */
const MOST = 2 ** 29;

/**
 * More numbers than a constant of a network that is not in its file: 512 MiB of float32, above the
 * largest kernel of VGG (25088x4096). All together may be twice as many (`MOST_COMPUTED`).
 */
const MOST_GROWN = 2 ** 27;

/**
 * Checks a shape that a few numbers of a file ask for, before any memory is taken.
 *
 * @throws {DeconvError} When it is none, or too large.
 */
export function expectSmall(shape: readonly number[]): void {
  if (shape.every((n) => Number.isInteger(n) && n >= 0) && sizeOf(shape) <= MOST_GROWN) return;
  throw new DeconvError(`an array of shape ${shapeText(shape)} is more than a file may ask for`);
}

/** Whether numbers of this type are kept as float32. */
function isNarrow(type: ArrayType): boolean {
  return type === "float32" || type === "float16" || type === "bfloat16";
}

/** Whether a type is of floats. */
export function isFloat(type: ArrayType): boolean {
  return isNarrow(type) || type === "float64";
}

/**
 * An array of zeros.
 *
 * @throws {DeconvError} When its shape is none, or too large.
 */
export function zerosOf(type: ArrayType, shape: readonly number[]): OnnxArray & {
  data: Float32Array | Float64Array;
} {
  const size = sizeOf(shape);
  if (!shape.every((n) => Number.isInteger(n) && n >= 0) || size > MOST) {
    throw new DeconvError(`there is no array of shape ${shapeText(shape)}`);
  }
  return { type, shape, data: isNarrow(type) ? new Float32Array(size) : new Float64Array(size) };
}

/** The name of a type by its number in the file. */
export function arrayType(code: number): ArrayType {
  const type = ARRAY_TYPES[code as keyof typeof ARRAY_TYPES];
  if (type) return type;
  throw new DeconvError(
    `numbers of type ${code} are not read: only floats, whole numbers and bool`,
  );
}

/** Whether a type, by its number in the file, is of floats. */
export function isFloatCode(code: number): boolean {
  return code in ARRAY_TYPES && isFloat(arrayType(code));
}

/** The number of a type in a file. */
export function typeCode(type: ArrayType): number {
  return Number(Object.entries(ARRAY_TYPES).find(([, name]) => name === type)![0]);
}

/**
 * Reads a TensorProto.
 *
 * @param outlined Whether the numbers of large arrays are left away.
 * @throws {DeconvError} When it is damaged, of a type that is not read, or lies in another file.
 */
export function decodeArray(message: Uint8Array, outlined = false): OnnxArray & { name: string } {
  const shape: number[] = [], whole: number[] = [];
  const parts: (Float32Array | Float64Array)[] = [];
  let code = 0, name = "", raw: Uint8Array | null = null;
  for (const field of fieldsOf(message)) {
    if (field.number === 1) { for (const n of integersOf(field)) shape.push(n); }
    else if (field.number === 2) code = field.integer;
    else if (field.number === 4) parts.push(floatsOf(field));
    else if (field.number === 5 || field.number === 7 || field.number === 11) {
      for (const n of integersOf(field)) whole.push(n);
    } else if (field.number === 8) name = textOf(field);
    else if (field.number === 9) raw = field.bytes;
    else if (field.number === 10) parts.push(doublesOf(field));
    else if (field.number === 13 || field.number === 14 && field.integer === 1) {
      throw new DeconvError(
        `the array "${name}" lies in another file: save the model with its weights inside`,
      );
    }
  }
  const type = arrayType(code), size = sizeOf(shape);
  if (!shape.every((n) => n >= 0) || !(size <= MOST)) {
    throw new DeconvError(`the array "${name}" has the impossible shape ${shapeText(shape)}`);
  }
  if (outlined && isFloat(type) && size > MOST_OUTLINED && raw?.length === size * WIDTH[type]) {
    return { type, shape, name, data: new Float32Array(0) };
  }
  const data = raw
    ? numbersOf(type, raw, size, name)
    : parts.length
    ? join(parts)
    : whole.map((n) => type === "float16" || type === "bfloat16" ? halfOf(type, n) : n);
  if (data.length !== size) {
    throw new DeconvError(
      `the array "${name}" of shape ${shapeText(shape)} has ${data.length} numbers`,
    );
  }
  return {
    type,
    shape,
    name,
    data: isNarrow(type) ? Float32Array.from(data) : Float64Array.from(data),
  };
}

function join(parts: readonly (Float32Array | Float64Array)[]): Float64Array | Float32Array {
  if (parts.length === 1) return parts[0];
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const bits = new DataView(new ArrayBuffer(4));

/** The value of 16 bits. */
function halfOf(type: ArrayType, half: number): number {
  bits.setInt32(0, type === "float16" ? floatBitsOfHalf(half & 0xffff) : half << 16);
  return bits.getFloat32(0);
}

const WIDTH: Record<ArrayType, number> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
  bfloat16: 2,
};

/** Numbers of a type in little-endian bytes. */
function numbersOf(type: ArrayType, raw: Uint8Array, size: number, name: string) {
  if (raw.length !== size * WIDTH[type]) {
    throw new DeconvError(`the array "${name}" of ${size} ${type} has ${raw.length} bytes`);
  }
  const { buffer } = new Uint8Array(whole(raw));
  switch (type) {
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "int64":
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case "uint64":
      return Float64Array.from(new BigUint64Array(buffer), Number);
    default:
      return Float32Array.from(new Uint16Array(buffer), (half) => halfOf(type, half));
  }
}

/** A TensorProto of float32 or int64 numbers. */
export function encodeArray(name: string, { type, shape, data }: OnnxArray): MessageWriter {
  const numbers = type === "float32"
    ? Float32Array.from(data)
    : BigInt64Array.from(Array.from(data, BigInt));
  return new MessageWriter().integers(1, shape).integer(2, typeCode(type)).text(8, name)
    .bytes(9, new Uint8Array(numbers.buffer));
}

/** A float32 array. */
export function floatArray(shape: readonly number[], data: ArrayLike<number>): OnnxArray {
  return { type: "float32", shape, data: Float32Array.from(data) };
}

/** A list of int64 numbers. */
export function indexArray(
  data: readonly number[],
  shape: readonly number[] = [data.length],
): OnnxArray {
  return { type: "int64", shape, data: Float64Array.from(data) };
}
