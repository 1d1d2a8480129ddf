/**
 * Bytes of a file that are read when they are looked at. An array of the file's size holds zeros, which take
 * no memory before anything is written to them; who looks at a part of it calls its `filler` first. All other
 * arrays have none, and nothing is to be done.
 */

/** Reads the bytes from a place of the file on, as many as fit in. */
export type ReadPart = (at: number, into: Uint8Array) => void;

/** Makes sure that bytes of an array are there. */
export type Filler = (at: number, length: number) => void;

const sources = new WeakMap<ArrayBufferLike, Filler>();

/** So many bytes are read at once. */
const PAGE = 2 ** 14;

/** The bytes of a file of this size, none of which is read yet. */
export function partialBytes(size: number, read: ReadPart): Uint8Array {
  const bytes = new Uint8Array(size), there = new Uint8Array(Math.ceil(size / PAGE));
  sources.set(bytes.buffer, (at, length) => {
    const last = Math.min(at + length, size);
    for (let page = Math.floor(at / PAGE); page * PAGE < last; page++) {
      if (there[page]) continue;
      let end = page + 1;
      while (end * PAGE < last && !there[end]) end++;
      read(page * PAGE, bytes.subarray(page * PAGE, Math.min(end * PAGE, size)));
      there.fill(1, page, end);
      page = end - 1;
    }
  });
  return bytes;
}

/** What fills in bytes of an array, counted from its own beginning; undefined where all of them are there. */
export function filler({ buffer, byteOffset, byteLength }: Uint8Array): Filler | undefined {
  const fill = sources.get(buffer);
  return fill &&
    ((at, length) => fill(byteOffset + at, Math.max(Math.min(length, byteLength - at), 0)));
}

/** The same bytes, all of them there. */
export function whole(bytes: Uint8Array): Uint8Array {
  filler(bytes)?.(0, bytes.length);
  return bytes;
}
