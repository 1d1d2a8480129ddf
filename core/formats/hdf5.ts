/**
 * The part of HDF5 (File Format Specification 3.0) that h5py writes by default, for reading: groups in symbol
 * tables or links in their headers, attributes of numbers and texts, arrays in one piece or in chunks. Links to
 * other files are passed over. Nothing is read before it is asked for.
 */
import { type Shape, sizeOf, type Tensor } from "../tensor.ts";
import { denseLinks } from "./hdf5_dense.ts";
import { DAMAGED, type Hdf5Bytes, hdf5Bytes, NOWHERE, refuseHdf5 } from "./hdf5_bytes.ts";
import { type ChunkedArray, findChunks, readChunks } from "./hdf5_chunks.ts";
import { readFilters } from "./hdf5_filters.ts";
import { filler } from "./partial.ts";
import { type Hdf5Type, readNumbers, readSpace, readTexts, readType } from "./hdf5_values.ts";

/** A group or an array of a file. */
export interface Hdf5Object {
  /** Names of what is in a group, in the order of the file; none in an array. */
  names(): string[];
  /** What has this path in a group, such as `"layer/vars/0"`; undefined where there is no such. */
  get(path: string): Hdf5Object | undefined;
  /** The texts of an attribute; undefined where there is no such, or it holds something else. */
  texts(attribute: string): string[] | undefined;
  /** The sizes of an array; undefined for a group. */
  readonly shape: Shape | undefined;
  /** The type of an array's numbers, such as `float32`; undefined for a group. */
  readonly dtype: string | undefined;
  /**
   * How many numbers an array holds.
   *
   * @throws {DeconvError} When the file is too small for so many, or it is a group or not of numbers.
   */
  count(): number;
  /** An array's numbers as float32. */
  tensor(): Tensor;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether bytes begin like an HDF5 file. */
export function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Opens a file and gives its root group.
 *
 * @throws {DeconvError} When it is no HDF5 file, or of a form that is not known; so do the functions of its
 * objects where the file is damaged.
 */
export function openHdf5(file: Uint8Array): Hdf5Object {
  filler(file)?.(0, SIGNATURE.length);
  if (!isHdf5(file)) refuseHdf5("it does not begin like one");
  const bytes = hdf5Bytes(file), version = bytes.uint(8, 1);
  if (version > 3) refuseHdf5(`its superblock is of version ${version}, and 0 to 3 are known`);
  const old = version < 2, [offsets, lengths] = old ? [13, 14] : [9, 10];
  if (bytes.uint(offsets, 1) !== 8 || bytes.uint(lengths, 1) !== 8) {
    refuseHdf5("its addresses are not of 8 bytes");
  }
  const from = old ? 24 + 4 * version : 12;
  if (bytes.uint(from, 8) !== 0) refuseHdf5("it begins inside another file");
  if (bytes.uint(from + 16, 8) > bytes.size) refuseHdf5(DAMAGED); // where it says that it ends
  return openObject(bytes, bytes.uint(from + (old ? 40 : 24), 8));
}

/** A message of an object's header. */
interface Message {
  readonly type: number;
  readonly at: number;
  readonly size: number;
  readonly flags: number;
}

const SPACE = 1, LINKS = 2, TYPE = 3, LINK = 6, LAYOUT = 8, FILTERS = 11, ATTRIBUTE = 12;
const CONTINUATION = 16, TABLE = 17, ATTRIBUTES = 21;

/** All messages of an object's header, of either version. */
function readMessages(bytes: Hdf5Bytes, at: number): Message[] {
  const modern = bytes.uint(at, 1) !== 1;
  if (modern) bytes.expect(at, "OHDR");
  const flags = modern ? bytes.uint(at + 5, 1) : 0;
  const width = 1 << (flags & 3);
  const sizeAt = modern ? at + 6 + (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0) : at + 8;
  const start = modern ? sizeAt + width : at + 16;
  const blocks = [[start, start + bytes.uint(sizeAt, modern ? width : 4)]];
  const head = modern ? 4 + (flags & 4 ? 2 : 0) : 8;
  const messages: Message[] = [];
  for (const [begin, end] of blocks) {
    bytes.slice(begin, end - begin);
    for (let place = begin; place + head <= end;) {
      bytes.step();
      const type = bytes.uint(place, modern ? 1 : 2),
        size = bytes.uint(place + (modern ? 1 : 2), 2);
      const data = place + head;
      if (data + size > end) refuseHdf5(DAMAGED);
      messages.push({ type, at: data, size, flags: bytes.uint(place + (modern ? 3 : 4), 1) });
      if (type === CONTINUATION) {
        const next = bytes.uint(data, 8), length = bytes.uint(data + 8, 8);
        if (modern) bytes.expect(next, "OCHK");
        blocks.push(modern ? [next + 4, next + length - 4] : [next, next + length]);
      }
      place = data + size;
    }
  }
  return messages;
}

function openObject(bytes: Hdf5Bytes, address: number): Hdf5Object {
  const messages = readMessages(bytes, address);
  const find = (type: number) => messages.find((message) => message.type === type);
  const space = find(SPACE), typed = find(TYPE), layout = find(LAYOUT);
  const array = space && typed && layout;
  const shape = array ? readSpace(bytes, space.at) ?? [0] : undefined;
  const type = array ? readType(bytes, typed.at) : null;
  let links: Map<string, number> | undefined;
  const entries = () => links ??= readLinks(bytes, messages);
  const opened = new Map<string, Hdf5Object>();
  let place: Stored | undefined;
  const stored = (): Stored => {
    if (!shape || !layout) return refuseHdf5("a group stands where an array should");
    if (!type || !["float", "int", "uint"].includes(type.kind)) {
      return refuseHdf5("an array is not of numbers");
    }
    const packed = find(FILTERS), filters = packed ? readFilters(bytes, packed.at) : [];
    return place ??= readLayout(bytes, layout.at, { shape, size: type.size, filters });
  };
  return {
    shape,
    dtype: array ? typeName(type) : undefined,
    names: () => [...entries().keys()],
    get(path) {
      const [name, ...rest] = path.split("/"), found = entries().get(name);
      if (found === undefined) return undefined;
      const object = opened.get(name) ?? openObject(bytes, found);
      opened.set(name, object);
      return rest.length ? object.get(rest.join("/")) : object;
    },
    texts: (name) => readAttribute(bytes, messages, name),
    count: () => stored() && sizeOf(shape!),
    tensor: () => ({ shape: shape!, data: readNumbers(stored()(), type!, sizeOf(shape!)) }),
  };
}

function typeName(type: Hdf5Type | null): string {
  if (!type) return "other";
  const { kind, size } = type;
  return kind === "text" || kind === "heap_text" ? "text" : `${kind}${8 * size}`;
}

/** Gives the bytes of an array. */
type Stored = () => Uint8Array;

/** Finds the bytes of an array, and makes sure that they are there. */
function readLayout(bytes: Hdf5Bytes, at: number, array: ChunkedArray): Stored {
  const version = bytes.uint(at, 1), kind = bytes.uint(at + 1, 1);
  if (version < 3 || version > 5) {
    refuseHdf5(`an array's layout is of version ${version}, and 3 to 5 are known`);
  }
  if (kind === 2) {
    const chunks = findChunks(bytes, at, array);
    return () => readChunks(bytes, chunks, array);
  }
  if (kind > 2) refuseHdf5("an array is made of those of other files: save it in one piece");
  const length = sizeOf(array.shape) * array.size;
  const [start, size] = kind === 0
    ? [at + 4, bytes.uint(at + 2, 2)]
    : [bytes.uint(at + 2, 8), bytes.uint(at + 10, 8)];
  if (size < length) refuseHdf5(DAMAGED);
  const found = length ? bytes.slice(start, length) : new Uint8Array(0);
  return () => found;
}

function readAttribute(
  bytes: Hdf5Bytes,
  messages: readonly Message[],
  wanted: string,
): string[] | undefined {
  for (const { type, at, flags } of messages) {
    if (
      type === ATTRIBUTES && bytes.uint(at + 2 + (bytes.uint(at + 1, 1) & 1 ? 2 : 0), 8) < NOWHERE
    ) {
      refuseHdf5("an object has more attributes than its header holds: save it with an older h5py");
    }
    if (type !== ATTRIBUTE) continue;
    const version = bytes.uint(at, 1);
    if (version < 1 || version > 3 || flags & 2) refuseHdf5("an attribute is of an unknown form");
    const sizes = [2, 4, 6].map((place) => bytes.uint(at + place, 2));
    const padded = version === 1 ? sizes.map((size) => Math.ceil(size / 8) * 8) : sizes;
    const name = at + 8 + (version === 3 ? 1 : 0), typed = name + padded[0];
    if (bytes.text(name, sizes[0]) !== wanted) continue;
    const space = typed + padded[1], kind = readType(bytes, typed), shape = readSpace(bytes, space);
    if (!kind || !shape || !["text", "heap_text"].includes(kind.kind)) return undefined;
    return readTexts(bytes, space + padded[2], kind, sizeOf(shape));
  }
}

/** Names and addresses of what is in a group. */
function readLinks(bytes: Hdf5Bytes, messages: readonly Message[]): Map<string, number> {
  const links = new Map<string, number>();
  for (const { type, at } of messages) {
    if (type === TABLE) {
      const heap = bytes.uint(at + 8, 8);
      bytes.expect(heap, "HEAP");
      readTree(bytes, bytes.uint(at, 8), bytes.uint(heap + 24, 8), links, 0);
    } else if (type === LINK) {
      const link = readLink(bytes, at);
      if (link) links.set(...link);
    } else if (type === LINKS) {
      const heapAt = at + 2 + (bytes.uint(at + 1, 1) & 1 ? 8 : 0), heap = bytes.uint(heapAt, 8);
      if (heap === NOWHERE) continue;
      for (const place of denseLinks(bytes, heap, bytes.uint(heapAt + 8, 8))) {
        const link = readLink(bytes, place);
        if (link) links.set(...link);
      }
    }
  }
  return links;
}

/** A B-tree of version 1, whose leaves are tables of symbols. */
function readTree(
  bytes: Hdf5Bytes,
  at: number,
  names: number,
  links: Map<string, number>,
  depth: number,
): void {
  bytes.step();
  if (depth > 16) refuseHdf5(DAMAGED);
  if (bytes.uint(at, 1) === 0x53) { // SNOD
    bytes.expect(at, "SNOD");
    const count = bytes.uint(at + 6, 2);
    for (let i = 0, entry = at + 8; i < count; i++, entry += 40) {
      bytes.step();
      // 2 is a link to another name or file.
      if (bytes.uint(entry + 16, 4) === 2) continue;
      links.set(bytes.text(names + bytes.uint(entry, 8), 4096), bytes.uint(entry + 8, 8));
    }
    return;
  }
  bytes.expect(at, "TREE");
  if (bytes.uint(at + 4, 1) !== 0) refuseHdf5(DAMAGED);
  const count = bytes.uint(at + 6, 2);
  for (let i = 0; i < count; i++) {
    readTree(bytes, bytes.uint(at + 32 + 16 * i, 8), names, links, depth + 1);
  }
}

/** A link in a header, if it leads to an object of this file. */
function readLink(bytes: Hdf5Bytes, at: number): [string, number] | undefined {
  const flags = bytes.uint(at + 1, 1), width = 1 << (flags & 3);
  let place = at + 2;
  if (flags & 8 && bytes.uint(place++, 1) !== 0) return undefined;
  if (flags & 4) place += 8;
  if (flags & 16) place++;
  const length = bytes.uint(place, width);
  place += width;
  bytes.slice(place, length);
  return [bytes.text(place, length), bytes.uint(place + length, 8)];
}
