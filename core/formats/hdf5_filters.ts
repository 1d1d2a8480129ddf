/** Filters of HDF5's chunks (File Format Specification 3.0, IV.A.2.l), undone: gzip, shuffle, fletcher32. */
// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import { unzlibSync } from "npm:fflate@0.8.3";
import { DAMAGED, type Hdf5Bytes, refuseHdf5 } from "./hdf5_bytes.ts";

/** A filter that chunks went through. */
export interface Hdf5Filter {
  /** Its number. */
  readonly id: number;
  /** Its settings. */
  readonly values: readonly number[];
}

/** DEFLATE cannot shrink anything to less than this part of itself. */
export const MOST_SHRUNK = 1032;

const DEFLATE = 1, SHUFFLE = 2, FLETCHER32 = 3;

const OTHERS: Readonly<Record<number, string>> = {
  4: "szip",
  5: "nbit",
  6: "scaleoffset",
  32000: "lzf",
  32001: "blosc",
  32004: "lz4",
  32013: "zfp",
  32015: "zstd",
  32026: "blosc2",
};

/**
 * The filters of an array, in the order they were applied in.
 *
 * @throws {DeconvError} For a filter that is not known; the message names it.
 */
export function readFilters(bytes: Hdf5Bytes, at: number): Hdf5Filter[] {
  const version = bytes.uint(at, 1), count = bytes.uint(at + 1, 1);
  if (version !== 1 && version !== 2 || count > 32) refuseHdf5(DAMAGED);
  let place = at + (version === 1 ? 8 : 2);
  return Array.from({ length: count }, () => {
    const id = bytes.uint(place, 2), named = version === 1 || id >= 256;
    const nameLength = named ? bytes.uint(place + 2, 2) : 0;
    place += named ? 4 : 2;
    const values = bytes.uint(place + 2, 2);
    place += 4 + (version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    const start = place;
    if (![DEFLATE, SHUFFLE, FLETCHER32].includes(id)) {
      refuseHdf5(
        `an array is packed by ${
          OTHERS[id] ?? `filter ${id}`
        }, and gzip, shuffle and fletcher32 are known: save it with one of those`,
      );
    }
    place += 4 * (version === 1 ? Math.ceil(values / 2) * 2 : values);
    bytes.slice(start, 4 * values);
    return { id, values: Array.from({ length: values }, (_, i) => bytes.uint(start + 4 * i, 4)) };
  });
}

/** How many bytes may come of some that went through filters. */
export function mostUnpacked(filters: readonly Hdf5Filter[], stored: number): number {
  return filters.reduce((most, { id }) => id === DEFLATE ? most * MOST_SHRUNK : most, stored);
}

/**
 * Undoes the filters of a chunk, the last one first.
 *
 * @param skipped A bit for each filter that was left out for this chunk.
 * @param length How many bytes must come out.
 * @throws {DeconvError} When it is damaged.
 */
export function undoFilters(
  filters: readonly Hdf5Filter[],
  stored: Uint8Array,
  skipped: number,
  length: number,
): Uint8Array {
  const used = filters.filter((_, i) => !(skipped & 1 << i));
  if (length > mostUnpacked(used, stored.length)) refuseHdf5(DAMAGED);
  const chunk = used.reduceRight((bytes, { id, values }, i) => {
    if (id === FLETCHER32) return verified(bytes);
    if (id === SHUFFLE) return unshuffled(bytes, values[0]);
    // Checksums that were added before it come out with the rest.
    const sums = used.slice(0, i).filter(({ id }) => id === FLETCHER32).length;
    return inflated(bytes, length + 4 * sums);
  }, stored);
  if (chunk.length !== length) refuseHdf5(DAMAGED);
  return chunk;
}

/** A stream of zlib (RFC 1950): two bytes, deflated data, the Adler-32 checksum of what comes out. */
function inflated(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length < 6) refuseHdf5(DAMAGED);
  let out: Uint8Array;
  try {
    out = unzlibSync(bytes, { out: new Uint8Array(length) });
  } catch {
    return refuseHdf5(DAMAGED);
  }
  let a = 1, b = 0;
  for (const byte of out) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  const sum = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4).getUint32(0);
  if (sum !== (b << 16 | a) >>> 0) refuseHdf5(DAMAGED);
  return out;
}

/** All first bytes, then all second ones …: values again. */
function unshuffled(bytes: Uint8Array, size: number): Uint8Array {
  if (!(size > 0)) return refuseHdf5(DAMAGED);
  const count = Math.floor(bytes.length / size), out = Uint8Array.from(bytes);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < size; j++) out[size * i + j] = bytes[count * j + i];
  }
  return out;
}

/** What stands before its checksum of Fletcher's: sums of words of 16 bits, their high byte first. */
function verified(bytes: Uint8Array): Uint8Array {
  const length = bytes.length - 4;
  if (length < 0) return refuseHdf5(DAMAGED);
  let a = 0, b = 0;
  for (let i = 0; i < length; i += 2) {
    a = (a + (bytes[i] << 8 | (i + 1 < length ? bytes[i + 1] : 0))) % 65535;
    b = (b + a) % 65535;
  }
  const sum = new DataView(bytes.buffer, bytes.byteOffset + length).getUint32(0, true);
  // 0 and 65535 are one number to it.
  const same = (x: number, y: number) => x % 65535 === y % 65535;
  if (!same(sum & 65535, a) || !same(sum >>> 16, b)) refuseHdf5(DAMAGED);
  return bytes.subarray(0, length);
}
