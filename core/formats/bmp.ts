import { DeconvError } from "../errors.ts";
import { MOST_PIXELS, type Pixels } from "./pixels.ts";

/** Whether bytes begin like a BMP file. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d && bytes.length >= 26;
}

/** What a BMP file's header says. */
interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Whether the first row of the file is the highest. */
  readonly downwards: boolean;
  readonly bits: number;
  /** Where the pixels are. */
  readonly start: number;
  /** The bits of red, green, blue and alpha, for 16 and 32 bits a pixel. */
  readonly masks: readonly number[];
  /** Where the palette is, how many bytes a colour takes in it, and how many there are. */
  readonly palette: readonly [at: number, step: number, count: number];
}

/**
 * Decodes a BMP file of Windows or OS/2: 1, 4, 8, 16, 24 or 32 bits a pixel, with a palette or without,
 * not compressed. Palettes are looked up; 16 bits become 8 a channel.
 *
 * @param name What to call it in messages.
 * @throws {DeconvError} When it is no such file, is cut short or damaged, or has over 2^26 pixels.
 */
export function decodeBmp(bytes: Uint8Array, name: string): Pixels {
  const refuse = (why: string): never => {
    throw new DeconvError(`Cannot read ${name} as BMP: ${why}`);
  };
  if (!isBmp(bytes)) refuse("it does not begin like one");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(view, refuse), { width, height, bits, start } = header;
  if (!(width > 0 && height > 0)) refuse("it has no pixels");
  if (width * height > MOST_PIXELS) refuse(`${width}x${height} pixels are too many`);
  const stride = Math.ceil(width * bits / 32) * 4;
  if (start + stride * height > bytes.length) refuse("it is cut short: get the file again");
  const alpha = header.masks[3] !== 0, channels = alpha ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  const read = readerFor(view, header, refuse);
  for (let y = 0, to = 0; y < height; y++) {
    const row = start + stride * (header.downwards ? y : height - 1 - y);
    for (let x = 0; x < width; x++, to += channels) read(row, x, data, to);
  }
  return { width, height, channels, max: 255, data };
}

function readHeader(view: DataView, refuse: (why: string) => never): BmpHeader {
  const damaged = () => refuse("its header is damaged");
  const size = view.getUint32(14, true), old = size === 12, start = view.getUint32(10, true);
  if (!old && size < 40 || view.byteLength < 14 + size) return damaged();
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const tall = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? 0 : view.getUint32(30, true);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) return damaged();
  if (compression !== 0 && compression !== 3) {
    return refuse("it is compressed; save it without, or as PNG");
  }
  // Bit masks stand behind the old header, and inside of the newer ones.
  const masked = compression === 3, between = masked && size === 40 ? 12 : 0;
  if (masked && (bits !== 16 && bits !== 32 || view.byteLength < 70)) return damaged();
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
  const masks = masked
    ? [0, 1, 2, 3].map((i) => i === 3 && size < 56 ? 0 : view.getUint32(54 + 4 * i, true))
    : usual;
  const step = old ? 3 : 4, at = 14 + size + between;
  const count = Math.min(2 ** bits, Math.floor(Math.max(start - at, 0) / step));
  return {
    width,
    height: Math.abs(tall),
    downwards: tall < 0,
    bits,
    start,
    masks,
    palette: [at, step, count],
  };
}

type ReadPixel = (row: number, x: number, to: Uint8Array, at: number) => void;

/** Reads pixel x of the row that begins at a place. */
function readerFor(
  view: DataView,
  { bits, masks, palette: [colours, step, count] }: BmpHeader,
  refuse: (why: string) => never,
): ReadPixel {
  /** Blue, green and red, in this order, at a place. */
  const colour = (from: number, to: Uint8Array, at: number) => {
    for (let c = 0; c < 3; c++) to[at + c] = view.getUint8(from + 2 - c);
  };
  if (bits === 24) return (row, x, to, at) => colour(row + 3 * x, to, at);
  if (bits <= 8) {
    const each = 8 / bits;
    return (row, x, to, at) => {
      const byte = view.getUint8(row + Math.floor(x / each));
      const number = byte >> 8 - bits * (x % each + 1) & 2 ** bits - 1;
      if (number >= count) refuse(`it has a colour ${number}, and ${count} in its palette`);
      colour(colours + step * number, to, at);
    };
  }
  if (masks.slice(0, 3).includes(0)) refuse("its header is damaged");
  const parts = masks.filter((mask) => mask !== 0).map((mask) => {
    const shift = 31 - Math.clz32(mask & -mask), most = mask >>> shift;
    return { mask, shift, most };
  });
  return (row, x, to, at) => {
    const value = bits === 16
      ? view.getUint16(row + 2 * x, true)
      : view.getUint32(row + 4 * x, true);
    parts.forEach(({ mask, shift, most }, c) =>
      to[at + c] = Math.round(((value & mask) >>> shift) * 255 / most)
    );
  };
}
