/**
 * Arrays of HDF5 that are stored in chunks (File Format Specification 3.0, III.A.1, IV.A.2.i and VII): where each
 * lies says a B-tree of version 1, or in newer files nothing but an address, or an array of them.
 */
import { type Shape, sizeOf } from "../tensor.ts";
import { DAMAGED, type Hdf5Bytes, NOWHERE, refuseHdf5 } from "./hdf5_bytes.ts";
import { type Hdf5Filter, mostUnpacked, undoFilters } from "./hdf5_filters.ts";

/** An array in chunks. */
export interface ChunkedArray {
  /** Its sizes. */
  readonly shape: Shape;
  /** Bytes a value. */
  readonly size: number;
  /** What its chunks went through. */
  readonly filters: readonly Hdf5Filter[];
}

/** Where a chunk lies. */
interface Chunk {
  readonly at: number;
  readonly length: number;
  /** A bit for each filter that was left out. */
  readonly skipped: number;
}

/** The chunks of an array: what their layout says. */
export interface Chunks {
  /** Sizes of a chunk. */
  readonly sizes: Shape;
  /** By their number, row-major. */
  readonly all: readonly Chunk[];
}

const MISSING = "some values of an array are not stored";

const SINGLE = 1, IMPLICIT = 2, FIXED_ARRAY = 3;

/**
 * Finds the chunks of an array.
 *
 * @param at Where the message of its layout lies.
 * @throws {DeconvError} When some are missing, or the file is too small for so many values.
 */
export function findChunks(bytes: Hdf5Bytes, at: number, array: ChunkedArray): Chunks {
  const { shape, size, filters } = array, modern = bytes.uint(at, 1) > 3;
  const rank = bytes.uint(at + (modern ? 3 : 2), 1) - 1;
  if (rank !== shape.length || rank < 1) refuseHdf5(DAMAGED);
  const width = modern ? bytes.uint(at + 4, 1) : 4, from = at + (modern ? 5 : 11);
  if (width < 1 || width > 8) refuseHdf5(DAMAGED);
  const sizes = shape.map((_, axis) => wide(bytes, from + width * axis, width));
  if (sizes.some((size) => size < 1) || wide(bytes, from + width * rank, width) !== size) {
    refuseHdf5(DAMAGED);
  }
  const grid = shape.map((size, axis) => Math.ceil(size / sizes[axis]));
  const count = sizeOf(grid), plain = sizeOf(sizes) * size;
  // Every chunk takes a byte of the file at least.
  if (!(count <= bytes.size)) refuseHdf5(DAMAGED);
  if (!count) return { sizes, all: [] };
  const all = modern
    ? modernChunks(bytes, { at, after: from + width * (rank + 1), count, plain, filters })
    : treeChunks(bytes, bytes.uint(at + 3, 8), { sizes, grid });
  for (let i = 0; i < count; i++) {
    const chunk = all[i];
    if (!chunk || chunk.at >= NOWHERE) return refuseHdf5(MISSING);
    bytes.slice(chunk.at, chunk.length);
    if (plain > mostUnpacked(filters, chunk.length)) refuseHdf5(DAMAGED);
  }
  return { sizes, all };
}

/** The chunks a tree of version 1 leads to. */
function treeChunks(
  bytes: Hdf5Bytes,
  root: number,
  { sizes, grid }: { sizes: Shape; grid: Shape },
): Chunk[] {
  const all: Chunk[] = [], key = 8 + 8 * (sizes.length + 1);
  const visit = (at: number, depth: number) => {
    bytes.expect(at, "TREE");
    const level = bytes.uint(at + 5, 1);
    if (bytes.uint(at + 4, 1) !== 1 || depth > 32) refuseHdf5(DAMAGED);
    for (let i = 0, place = at + 24; i < bytes.uint(at + 6, 2); i++, place += key + 8) {
      bytes.step();
      const child = bytes.uint(place + key, 8);
      if (level) {
        visit(child, depth + 1);
        continue;
      }
      const number = grid.reduce((sum, size, axis) => {
        const offset = bytes.uint(place + 8 + 8 * axis, 8), index = offset / sizes[axis];
        if (!Number.isInteger(index) || index >= size) refuseHdf5(DAMAGED);
        return sum * size + index;
      }, 0);
      const length = bytes.uint(place, 4);
      all[number] = { at: child, length, skipped: bytes.uint(place + 4, 4) };
    }
  };
  if (root < NOWHERE) visit(root, 0);
  return all;
}

interface ModernLayout {
  readonly at: number;
  /** Behind the sizes of a chunk. */
  readonly after: number;
  readonly count: number;
  /** Bytes of a chunk without filters. */
  readonly plain: number;
  readonly filters: readonly Hdf5Filter[];
}

/** The chunks of a layout of version 4 or 5. */
function modernChunks(
  bytes: Hdf5Bytes,
  { at, after, count, plain, filters }: ModernLayout,
): Chunk[] {
  const index = bytes.uint(after, 1), flags = bytes.uint(at + 2, 1), place = after + 1;
  const whole = { length: plain, skipped: 0 };
  if (flags & 1) refuseHdf5("chunks at the end of an array have no filters: save it in one piece");
  if (index === SINGLE && count === 1) {
    if (!(flags & 2)) return [{ at: bytes.uint(place, 8), ...whole }];
    const length = bytes.uint(place, 8), skipped = bytes.uint(place + 8, 4);
    return [{ at: bytes.uint(place + 12, 8), length, skipped }];
  }
  if (index === IMPLICIT) {
    const first = bytes.uint(place, 8);
    return Array.from({ length: count }, (_, i) => ({ at: first + plain * i, ...whole }));
  }
  if (index === FIXED_ARRAY) {
    const entries = fixedArray(bytes, bytes.uint(place + 1, 8), count);
    return entries.map(({ at, size }) => {
      if (!filters.length) return { at: bytes.uint(at, 8), ...whole };
      const length = wide(bytes, at + 8, size - 12);
      return { at: bytes.uint(at, 8), length, skipped: bytes.uint(at + size - 4, 4) };
    });
  }
  return refuseHdf5(
    "an array that may grow is stored in the newest form: save it with libver earliest, or in one piece",
  );
}

/** A whole number of up to 8 bytes, little-endian. */
function wide(bytes: Hdf5Bytes, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + bytes.uint(at + i, 1);
  return value;
}

/** Where the entries of a fixed array lie, and how many bytes each has. */
function fixedArray(bytes: Hdf5Bytes, header: number, count: number) {
  if (header >= NOWHERE) refuseHdf5(MISSING);
  bytes.expect(header, "FAHD");
  const size = bytes.uint(header + 6, 1), page = 2 ** bytes.uint(header + 7, 1);
  const block = bytes.uint(header + 16, 8), most = bytes.uint(header + 8, 8);
  if (size < 8 || most < count) refuseHdf5(DAMAGED);
  bytes.expect(block, "FADB");
  const paged = most > page, pages = Math.ceil(most / page);
  // Pages have a bit each that says whether they are there, and end with a checksum.
  const first = block + 14 + (paged ? Math.ceil(pages / 8) + 4 : 0);
  return Array.from({ length: count }, (_, i) => {
    bytes.step();
    return { at: first + size * i + (paged ? 4 * Math.floor(i / page) : 0), size };
  });
}

/** The bytes of an array, row-major. */
export function readChunks(bytes: Hdf5Bytes, { sizes, all }: Chunks, array: ChunkedArray) {
  const { shape, size, filters } = array, plain = sizeOf(sizes) * size;
  const out = new Uint8Array(sizeOf(shape) * size);
  const grid = shape.map((size, axis) => Math.ceil(size / sizes[axis])), last = shape.length - 1;
  all.forEach(({ at, length, skipped }, number) => {
    bytes.step();
    const chunk = undoFilters(filters, bytes.slice(at, length), skipped, plain);
    const start: number[] = [];
    for (let axis = last, rest = number; axis >= 0; axis--) {
      start[axis] = rest % grid[axis] * sizes[axis];
      rest = Math.floor(rest / grid[axis]);
    }
    // What of a chunk lies beyond the array is left away.
    const copy = (axis: number, from: number, to: number) => {
      const count = Math.min(sizes[axis], shape[axis] - start[axis]), first = to + start[axis];
      if (axis === last) {
        out.set(chunk.subarray(size * from, size * (from + count)), size * first);
        return;
      }
      for (let i = 0; i < count; i++) {
        copy(axis + 1, (from + i) * sizes[axis + 1], (first + i) * shape[axis + 1]);
      }
    };
    copy(0, 0, 0);
  });
  return out;
}
