import { DeconvError } from "../errors.ts";
import { MOST_PIXELS, type Pixels } from "./pixels.ts";

/** Whether bytes begin like a file of Netpbm: P1 … P6 and a space. */
export function isPnm(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] >= 0x31 && bytes[1] <= 0x36 && isSpace(bytes[2]);
}

const isSpace = (byte: number) => byte === 0x20 || byte >= 9 && byte <= 13;

/**
 * Decodes a picture of Netpbm (PBM, PGM or PPM), as text or as bytes: black and white, gray or colour, up
 * to 16 bits a channel. Numbers stay as they are stored; black and white are 0 and 1.
 *
 * @param name What to call it in messages.
 * @throws {DeconvError} When it is no such file, is cut short or damaged, or has over 2^26 pixels.
 */
export function decodePnm(bytes: Uint8Array, name: string): Pixels {
  const refuse = (why: string): never => {
    throw new DeconvError(`Cannot read ${name} as PNM: ${why}`);
  };
  if (!isPnm(bytes)) refuse("it does not begin like one");
  const cut = "it is cut short or damaged: get the file again";
  const kind = bytes[1] - 0x30, plain = kind <= 3, bitmap = kind % 3 === 1;
  let at = 2;
  /** The next number in decimals; of a bitmap's text a single digit. */
  const number = (digits = Infinity): number => {
    for (; isSpace(bytes[at]) || bytes[at] === 0x23; at++) {
      if (bytes[at] !== 0x23) continue;
      while (at < bytes.length && bytes[at] !== 10 && bytes[at] !== 13) at++;
    }
    let value = 0, found = 0;
    for (; found < digits && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++, found++) {
      value = Math.min(10 * value + bytes[at] - 0x30, 2 ** 31);
    }
    return found ? value : refuse(cut);
  };
  const width = number(), height = number(), max = bitmap ? 1 : number();
  if (!(width > 0 && height > 0)) refuse("it has no pixels");
  if (width * height > MOST_PIXELS) refuse(`${width}x${height} pixels are too many`);
  if (!(max >= 1 && max < 65536)) refuse("its header is damaged");
  // One space ends the header.
  if (!plain && !isSpace(bytes[at++])) refuse("its header is damaged");
  const channels = kind % 3 === 0 ? 3 : 1, count = width * height * channels;
  const wide = max > 255 ? 2 : 1,
    rowBytes = bitmap ? Math.ceil(width / 8) : width * channels * wide;
  // A number is at least a digit, with a space between two unless they are bits.
  const least = plain ? (bitmap ? count : 2 * count - 1) : rowBytes * height;
  if (bytes.length - at < least) refuse(cut);
  const data = new (max > 255 ? Uint16Array : Uint8Array)(count);
  for (let i = 0; i < count; i++) {
    const value = plain
      ? number(bitmap ? 1 : Infinity)
      : bitmap
      ? bytes[at + Math.floor(i / width) * rowBytes + (i % width >> 3)] >> 7 - i % width % 8 & 1
      : wide === 2
      ? bytes[at + 2 * i] << 8 | bytes[at + 2 * i + 1]
      : bytes[at + i];
    if (value > max) refuse("a number is larger than it says: it is damaged");
    // A bit that is set is black.
    data[i] = bitmap ? 1 - value : value;
  }
  return { width, height, channels, max, data };
}
