/**
 * Links of large groups of HDF5's newer form (File Format Specification 3.0, III.A.2 and III.G): they lie in a
 * fractal heap, and a B-tree of version 2 says where in it.
 */
import { DAMAGED, type Hdf5Bytes, NOWHERE, refuseHdf5 } from "./hdf5_bytes.ts";

/** The addresses of all links' messages in a heap, by the tree of their names. */
export function denseLinks(bytes: Hdf5Bytes, heap: number, tree: number): number[] {
  const place = heapPlaces(bytes, heap);
  return treeRecords(bytes, tree).map(place);
}

/** Where the heap IDs of a tree's records lie, behind a hash of the name. */
function treeRecords(bytes: Hdf5Bytes, tree: number): number[] {
  bytes.expect(tree, "BTHD");
  const type = bytes.uint(tree + 5, 1), node = bytes.uint(tree + 6, 4);
  const width = bytes.uint(tree + 10, 2), depth = bytes.uint(tree + 12, 2);
  if (type !== 5 || width < 5 || depth > 8 || node < 64) refuseHdf5(DAMAGED);
  const found: number[] = [];
  const pointers = pointerSizes(node, width, depth);
  const visit = (at: number, records: number, level: number) => {
    bytes.step();
    bytes.expect(at, level ? "BTIN" : "BTLF");
    bytes.slice(at, 6 + records * width);
    for (let i = 0; i < records; i++) {
      bytes.step();
      found.push(at + 6 + i * width + 4);
    }
    for (let i = 0; level && i <= records; i++) {
      const { counts, size } = pointers[level], child = at + 6 + records * width + i * size;
      visit(bytes.uint(child, 8), bytes.uint(child + 8, counts), level - 1);
    }
  };
  const root = bytes.uint(tree + 16, 8);
  if (root < NOWHERE) visit(root, bytes.uint(tree + 24, 2), depth);
  return found;
}

/**
 * By the level of a node: how many bytes a pointer to a child takes, and in it the child's number of
 * records. Numbers take as many bytes as the largest there can be: of records in a node, and of records
 * below it.
 */
function pointerSizes(node: number, width: number, depth: number) {
  const bytesOf = (most: number) => Math.ceil(Math.log2(most + 1) / 8);
  const leaf = Math.floor((node - 10) / width), counts = bytesOf(leaf) > 1 ? 2 : 1;
  const sizes = [{ counts, size: 0 }];
  let below = leaf;
  for (let level = 1; level <= depth; level++) {
    const size = 8 + counts + (level > 1 ? bytesOf(below) : 0);
    const records = Math.floor((node - 10 - size) / (width + size));
    sizes.push({ counts, size });
    below = (records + 1) * below + records;
  }
  return sizes;
}

/** What gives the address of an object, given where its heap ID lies. */
function heapPlaces(bytes: Hdf5Bytes, heap: number): (id: number) => number {
  bytes.expect(heap, "FRHP");
  if (bytes.uint(heap + 7, 2) !== 0) refuseHdf5("the names of a group are compressed");
  const width = bytes.uint(heap + 110, 2), first = bytes.uint(heap + 112, 8);
  const largest = bytes.uint(heap + 120, 8), bits = bytes.uint(heap + 128, 2);
  const root = bytes.uint(heap + 132, 8), rows = bytes.uint(heap + 140, 2);
  const offsetBytes = Math.ceil(bits / 8);
  if (!(width > 0 && first > 0 && bits > 0 && bits <= 64)) refuseHdf5(DAMAGED);
  return (id) => {
    bytes.step();
    if (bytes.uint(id, 1) >> 4 & 3) refuseHdf5("a name in a group is too long");
    let offset = 0;
    for (let i = offsetBytes; i > 0; i--) offset = offset * 256 + bytes.uint(id + i, 1);
    if (rows === 0) return root + offset;
    bytes.expect(root, "FHIB");
    // Blocks of two rows have the first size; each row after them twice that of the row before.
    let start = 0;
    for (let row = 0; row < rows; row++) {
      bytes.step();
      const size = first * 2 ** Math.max(row - 1, 0);
      if (size > largest) break;
      const column = Math.floor((offset - start) / size);
      if (column < width) {
        const child = root + 13 + offsetBytes + 8 * (row * width + column);
        return bytes.uint(child, 8) + offset - start - column * size;
      }
      start += width * size;
    }
    return refuseHdf5("a group has too many members: save it with an older h5py");
  };
}
