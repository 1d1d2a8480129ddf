// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import { gunzipSync } from "npm:fflate@0.8.3";
import { DeconvError } from "../errors.ts";
import { crc32 } from "./crc32.ts";

/** DEFLATE cannot shrink anything to less than this part of itself. */
const MOST_SHRUNK = 1032;

/** Whether bytes begin like a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks a gzip file (RFC 1952) of one member; length and checksum are verified.
 *
 * @param name What to call it in messages.
 * @param limit How many bytes may come out; checked before any are unpacked. Default 1 GiB.
 * @throws {DeconvError} When it is no gzip file, is cut short or damaged, or would be too large.
 */
export function gunzip(
  bytes: Uint8Array,
  { name, limit = 2 ** 30 }: { name: string; limit?: number },
): Uint8Array {
  const refuse = (why: string): never => {
    throw new DeconvError(`Cannot unpack ${name}: ${why}`);
  };
  if (bytes.length < 18 || !isGzip(bytes)) refuse("it is not a gzip file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const crc = view.getUint32(bytes.length - 8, true), size = view.getUint32(bytes.length - 4, true);
  const damaged = "it is cut short or damaged: get the file again";
  if (size > bytes.length * MOST_SHRUNK) refuse(damaged);
  if (size > limit) refuse(`it holds ${size} bytes, and no more than ${limit} are allowed`);
  let unpacked: Uint8Array;
  try {
    unpacked = gunzipSync(bytes, { out: new Uint8Array(size) });
  } catch {
    return refuse(damaged);
  }
  if (unpacked.length !== size || crc32(unpacked) !== crc) refuse(damaged);
  return unpacked;
}
