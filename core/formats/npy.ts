/**
 * NumPy's array files, `.npy` (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
 * a magic string, the length of a header, a header that looks like a Python dictionary, the numbers.
 */
import { DeconvError } from "../errors.ts";
import { type Shape, shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { floatBitsOfHalf } from "./float16.ts";

/** Arrays of the kinds of numbers a `.npy` file can hold. */
export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** An array of a `.npy` file, row-major whatever the file has. */
export interface NpyArray {
  /** Sizes, outermost first. */
  readonly shape: Shape;
  /** The numbers. Half precision becomes `Float32Array`, booleans `Uint8Array` of 0 and 1. */
  readonly data: NpyData;
}

type Maker = { new (length: number): NpyData };
type Getter = (view: DataView, at: number, little: boolean) => number | bigint;

/** By type as NumPy writes it: bytes a number, the array for them, and how to read one. */
const TYPES: Readonly<Record<string, [number, Maker, Getter]>> = {
  b1: [1, Uint8Array, (view, at) => view.getUint8(at) && 1],
  u1: [1, Uint8Array, (view, at) => view.getUint8(at)],
  i1: [1, Int8Array, (view, at) => view.getInt8(at)],
  u2: [2, Uint16Array, (view, at, little) => view.getUint16(at, little)],
  i2: [2, Int16Array, (view, at, little) => view.getInt16(at, little)],
  u4: [4, Uint32Array, (view, at, little) => view.getUint32(at, little)],
  i4: [4, Int32Array, (view, at, little) => view.getInt32(at, little)],
  u8: [8, BigUint64Array, (view, at, little) => view.getBigUint64(at, little)],
  i8: [8, BigInt64Array, (view, at, little) => view.getBigInt64(at, little)],
  f2: [2, Float32Array, (view, at, little) => halfValue(view.getUint16(at, little))],
  f4: [4, Float32Array, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, Float64Array, (view, at, little) => view.getFloat64(at, little)],
};

const halfBits = new Uint32Array(1), halfFloat = new Float32Array(halfBits.buffer);

function halfValue(half: number): number {
  halfBits[0] = floatBitsOfHalf(half);
  return halfFloat[0];
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/** Whether bytes begin like a `.npy` file. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads a `.npy` file: any number type but complex, text and objects; either byte order; row-major or
 * column-major (Fortran), which is turned into row-major.
 *
 * @param name What to call it in messages. Default `"the array"`.
 * @throws {DeconvError} When it is no such file, is cut short or too long, or holds something else.
 *
 * @example
 * ```ts
 * import { decodeNpy, encodeNpy, tensor } from "@deconv/deconv";
 * const bytes = encodeNpy(tensor([1, 2, 3, 4], [2, 2]));
 * console.log(decodeNpy(bytes).shape); // [2, 2]
 * ```
 */
export function decodeNpy(bytes: Uint8Array, name: string = "the array"): NpyArray {
  const refuse = (why: string): never => {
    throw new DeconvError(`Cannot read ${name} as npy: ${why}`);
  };
  if (!isNpy(bytes)) refuse("it does not begin like one");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6] >= 2, from = wide ? 12 : 10;
  const cut = "it is cut short: get the file again";
  if (bytes.length < from) refuse(cut);
  if (bytes[6] < 1 || bytes[6] > 3) refuse(`it is of version ${bytes[6]}, and 1 to 3 are known`);
  const start = from + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (start > bytes.length) refuse(cut);
  const header = new TextDecoder().decode(bytes.subarray(from, start));
  const descr = /'descr'\s*:\s*'([<>|=]?)(\w+)'/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape'\s*:\s*\(((?:\s*\d+\s*,?)*)\)/.exec(header)?.[1];
  if (!descr || !order || sizes === undefined) {
    return refuse("its header says no simple type, order and shape");
  }
  const type = TYPES[descr[2]] ?? refuse(
    `its numbers are of type ${descr[2]}; there are ${Object.keys(TYPES).join(", ")}`,
  );
  const [width, Array_, get] = type;
  const shape = sizes.split(",").filter((size) => size.trim()).map(Number);
  const expected = start + sizeOf(shape) * width;
  if (bytes.length !== expected) {
    refuse(`${shapeText(shape)} makes ${expected} bytes, and it has ${bytes.length}: get it again`);
  }
  const data = new Array_(sizeOf(shape)), little = descr[1] !== ">";
  const places = order === "True" ? columnMajor(shape) : undefined;
  for (let i = 0, at = start; i < data.length; i++, at += width) {
    data[places ? places(i) : i] = get(view, at, little);
  }
  return { shape, data };
}

/** Where the i-th number of a column-major array stands in a row-major one. */
function columnMajor(shape: Shape): (i: number) => number {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  return (i) => {
    let place = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      place += i % shape[axis] * strides[axis];
      i = Math.floor(i / shape[axis]);
    }
    return place;
  };
}

/**
 * Writes a `.npy` file, row-major and little-endian, of the type of `data`.
 *
 * @throws {DeconvError} When `data` has not the size of `shape`, or is no typed array of numbers.
 */
export function encodeNpy({ shape, data }: NpyArray | Tensor): Uint8Array {
  if (sizeOf(shape) !== data.length) {
    throw new DeconvError(
      `Cannot write ${data.length} numbers as npy of shape ${shapeText(shape)}`,
    );
  }
  const kind = data.constructor.name.match(/^(Float|Int|Uint|BigInt|BigUint)(\d+)Array$/);
  if (!kind) throw new DeconvError("Cannot write as npy what is not a typed array");
  const letter = { Float: "f", Int: "i", Uint: "u", BigInt: "i", BigUint: "u" }[kind[1]];
  const width = Number(kind[2]) / 8, descr = `${width === 1 ? "|" : "<"}${letter}${width}`;
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${sizes}, }`;
  const start = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + data.length * width);
  bytes.set([...MAGIC, 1, 0, start - 10 & 255, start - 10 >> 8]);
  bytes.set(new TextEncoder().encode(text.padEnd(start - 11) + "\n"), 10);
  const view = new DataView(bytes.buffer, start);
  for (let i = 0, at = 0; i < data.length; i++, at += width) {
    const value = data[i];
    if (typeof value === "bigint") view.setBigInt64(at, value, true);
    else if (kind[1] === "Float") {
      width === 4 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true);
    } else if (width === 4) view.setInt32(at, value, true);
    else if (width === 2) view.setInt16(at, value, true);
    else view.setInt8(at, value);
  }
  return bytes;
}

/** The numbers of an array as a tensor of float32. */
export function npyTensor({ shape, data }: NpyArray): Tensor {
  if (data instanceof Float32Array) return { shape, data };
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) values[i] = Number(data[i]);
  return { shape, data: values };
}
