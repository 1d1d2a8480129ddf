// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import { inflateSync } from "npm:fflate@0.8.3";
import { DeconvError } from "../errors.ts";
import { crc32 } from "./crc32.ts";
import { filler } from "./partial.ts";

/** A file in a zip file; unpacked when it is asked for. */
export interface ZipEntry {
  /** Its path in the zip file. */
  readonly name: string;
  /** How many bytes it has unpacked. */
  readonly size: number;
  /**
   * Unpacks it and verifies its checksum.
   *
   * @param most How many bytes it may have; more are refused before any is unpacked.
   * @throws {DeconvError} When it is damaged.
   */
  bytes(most?: number): Uint8Array;
  /** Its bytes as they lie in the zip file, where they are not packed; nothing is verified. */
  stored(): Uint8Array | undefined;
}

/** DEFLATE cannot shrink anything to less than this part of itself. */
const MOST_SHRUNK = 1032;

/** What a zip file may end with: its directory's end and a comment. */
const MOST_END = 22 + 0xffff;

/** Files of more bytes than this are not unpacked. */
const MOST_BYTES = 2 ** 31;

/** More bytes than any file has that says what others hold: JSON of a network, a pickle of names. */
export const MOST_SAID: number = 2 ** 26;

/** Whether bytes begin like a zip file, even an empty one. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/**
 * The files in a zip file (PKWARE APPNOTE 6.3), stored or deflated, of less than 4 GiB.
 *
 * @param name What to call the zip file in messages.
 * @throws {DeconvError} When it is no zip file, is cut short or damaged, or needs zip64 or a password.
 */
export function readZip(bytes: Uint8Array, name: string): ZipEntry[] {
  const refuse = (why: string): never => {
    throw new DeconvError(`Cannot read ${name} as zip: ${why}`);
  };
  const damaged = "it is cut short or damaged: get the file again";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fill = filler(bytes);
  fill?.(Math.max(bytes.length - MOST_END, 0), MOST_END);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) refuse(isZip(bytes) ? damaged : "it is not a zip file");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  fill?.(at, end - at);
  const entries: ZipEntry[] = [];
  let inAll = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) refuse(damaged);
    const flags = view.getUint16(at + 8, true), method = view.getUint16(at + 10, true);
    const crc = view.getUint32(at + 16, true);
    const packed = view.getUint32(at + 20, true), size = view.getUint32(at + 24, true);
    const length = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    if (at + 46 + length > end) refuse(damaged);
    const entry = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length));
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if ([packed, size, local].includes(0xffffffff)) refuse("files of 4 GiB are too large");
    if (flags & 1) refuse(`${entry} has a password`);
    if (method !== 0 && method !== 8) {
      refuse(`${entry} is packed by method ${method}, not deflated`);
    }
    fill?.(local, 30);
    if (local + 30 > end || view.getUint32(local, true) !== 0x04034b50) refuse(damaged);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    fill?.(local, start - local);
    const localName = bytes.subarray(local + 30, local + 30 + view.getUint16(local + 26, true));
    if (new TextDecoder().decode(localName) !== entry) refuse(damaged);
    if (start + packed > end || size > packed * (method ? MOST_SHRUNK : 1)) refuse(damaged);
    // Files that overlap would unpack to much more than the zip file can hold.
    if ((inAll += packed) > bytes.length) refuse(damaged);
    if (size > MOST_BYTES) refuse(`${entry} has ${size} bytes, which are too many`);
    entries.push({
      name: entry,
      size,
      bytes: (most = MOST_BYTES) => {
        if (size > most) refuse(`${entry} has ${size} bytes, which are too many`);
        fill?.(start, packed);
        let content = bytes.subarray(start, start + packed);
        try {
          if (method === 8) content = inflateSync(content, { out: new Uint8Array(size) });
        } catch {
          refuse(`${entry} is damaged`);
        }
        if (content.length !== size || crc32(content) !== crc) refuse(`${entry} is damaged`);
        return content;
      },
      stored: () => method || size !== packed ? undefined : bytes.subarray(start, start + packed),
    });
  }
  return entries;
}
