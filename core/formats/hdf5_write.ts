/**
 * Writes the part of HDF5 (File Format Specification 3.0) that every version of its library since 1.8 reads:
 * groups whose members are links in their headers, and arrays of float32 in one piece.
 */
import type { Shape, Tensor } from "../tensor.ts";
import { DeconvError } from "../errors.ts";
import { floatBytes } from "./bytes.ts";

/** A group: arrays and other groups by their names. */
export interface Hdf5Group {
  readonly [name: string]: Tensor | Hdf5Group;
}

/** A message of an object's header: its type and its bytes. */
type Message = readonly [type: number, bytes: readonly number[]];

const SPACE = 1, LINKS = 2, TYPE = 3, FILL = 5, LINK = 6, LAYOUT = 8;

/** Numbers of a header are 16 bits wide; so are lengths of messages. */
const MOST = 0xffff;

/** A whole number, little-endian. */
function le(value: number, width: number): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < width; i++, value = Math.floor(value / 256)) bytes.push(value % 256);
  return bytes;
}

const nowhere = () => Array<number>(8).fill(0xff);

/** Float32, little-endian: sign in bit 31, exponent of 8 bits at 23, with a bias of 127, 23 of the mantissa. */
const FLOAT32 = [0x11, 0x20, 31, 0, ...le(4, 4), 0, 0, 32, 0, 23, 8, 0, 23, ...le(127, 4)];

function isTensor(value: Tensor | Hdf5Group): value is Tensor {
  return (value as Tensor).data instanceof Float32Array;
}

/** Something of the file and where it will lie. */
interface Placed {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes a file.
 *
 * @throws {DeconvError} When a group has more members than a header can hold.
 */
export function encodeHdf5(root: Hdf5Group): Uint8Array {
  const placed: Placed[] = [];
  let end = 96; // behind the superblock
  const put = (bytes: Uint8Array): number => {
    const at = end;
    placed.push({ at, bytes });
    end += Math.ceil(bytes.length / 8) * 8;
    return at;
  };
  const array = ({ shape, data }: Tensor): number => {
    const size = 4 * data.length;
    const where = size ? le(put(floatBytes(data)), 8) : nowhere();
    return put(header([
      [SPACE, spaceOf(shape)],
      [TYPE, FLOAT32],
      [FILL, [2, 2, 2, 1, ...le(0, 4)]],
      [LAYOUT, [3, 1, ...where, ...le(size, 8)]],
    ]));
  };
  const group = (members: Hdf5Group): number => {
    const links = Object.entries(members).map(([name, member]): Message => {
      const at = isTensor(member) ? array(member) : group(member);
      const bytes = new TextEncoder().encode(name);
      // The length of the name in two bytes.
      return [LINK, [1, 1, ...le(bytes.length, 2), ...bytes, ...le(at, 8)]];
    });
    return put(header([[LINKS, [0, 0, ...nowhere(), ...nowhere()]], ...links]));
  };
  const top = group(root);
  const file = new Uint8Array(end);
  file.set(superblock(top, end));
  for (const { at, bytes } of placed) file.set(bytes, at);
  return file;
}

/** Version 0: addresses and lengths of 8 bytes, and where the root group lies. */
function superblock(root: number, end: number): number[] {
  return [
    ...[0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a],
    ...[0, 0, 0, 0, 0, 8, 8, 0],
    ...[...le(4, 2), ...le(16, 2), ...le(0, 4)],
    ...[...le(0, 8), ...nowhere(), ...le(end, 8), ...nowhere()],
    ...[...le(0, 8), ...le(root, 8), ...le(0, 24)],
  ];
}

function spaceOf(shape: Shape): number[] {
  return [1, shape.length, 0, 0, ...le(0, 4), ...shape.flatMap((size) => le(size, 8))];
}

/** An object's header of version 1. */
function header(messages: readonly Message[]): Uint8Array {
  const written = messages.map(([type, bytes]) => {
    const size = Math.ceil(bytes.length / 8) * 8;
    if (size > MOST) throw new DeconvError("Cannot write HDF5: a name in it is too long");
    const padding = Array<number>(size - bytes.length).fill(0);
    return [...le(type, 2), ...le(size, 2), 0, 0, 0, 0, ...bytes, ...padding];
  });
  if (messages.length > MOST) {
    throw new DeconvError(`Cannot write HDF5: a group holds at most ${MOST - 1} members`);
  }
  const size = written.reduce((sum, bytes) => sum + bytes.length, 0);
  const head = [1, 0, ...le(messages.length, 2), ...le(1, 4), ...le(size, 4), 0, 0, 0, 0];
  return Uint8Array.from([head, ...written].flat());
}
