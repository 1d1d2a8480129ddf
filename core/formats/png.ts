// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import { unzlibSync } from "npm:fflate@0.8.3";
import { DeconvError } from "../errors.ts";
import { joined } from "./bytes.ts";
import { crc32 } from "./crc32.ts";
import { MOST_PIXELS, type Pixels } from "./pixels.ts";
import { type PngRows, readRows, rowBytes } from "./png_scanlines.ts";

/** DEFLATE cannot shrink anything to less than this part of itself. */
const MOST_SHRUNK = 1032;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** By colour type: numbers a pixel, and the depths they may have. */
const COLOUR_TYPES: Readonly<Record<number, [number, readonly number[]]>> = {
  0: [1, [1, 2, 4, 8, 16]],
  2: [3, [8, 16]],
  3: [1, [1, 2, 4, 8]],
  4: [2, [8, 16]],
  6: [4, [8, 16]],
};

/** Whether bytes begin like a PNG file. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Decodes a PNG file (PNG specification, third edition): every colour type, depth and interlacing;
 * checksums are verified. A transparent colour becomes an alpha channel; gamma and colour profiles are
 * left alone.
 *
 * Numbers stay as they are stored, 0 … 2^depth - 1; palettes are looked up.
 *
 * @param name What to call it in messages.
 * @param options `indices`: with a palette, whether to give the places in it instead of the colours,
 * as masks of classes want it. Default false.
 * @throws {DeconvError} When it is no PNG file, is cut short or damaged, or has over 2^26 pixels.
 */
export function decodePng(
  bytes: Uint8Array,
  name: string,
  { indices = false }: { indices?: boolean } = {},
): Pixels {
  const refuse = (why: string): never => {
    throw new DeconvError(`Cannot read ${name} as PNG: ${why}`);
  };
  if (!isPng(bytes)) refuse("it does not begin like one");
  const { header, palette, transparent, packed } = readChunks(bytes, refuse);
  const picture = readHeader(header, refuse);
  const { width, height, depth, channels, colourType } = picture;
  if (colourType === 3 && !(palette && palette.length > 0 && palette.length % 3 === 0)) {
    refuse("it has no palette");
  }
  const size = rowBytes(picture);
  if (size > packed.length * MOST_SHRUNK) {
    refuse(`${width}x${height} pixels cannot be in ${packed.length} bytes: it is damaged`);
  }
  let rows: Uint8Array = new Uint8Array(0);
  try {
    rows = unzlibSync(packed, { out: new Uint8Array(size) });
  } catch {
    refuse("its pixels cannot be unpacked: it is damaged");
  }
  if (rows.length !== size) refuse(`it has ${rows.length} bytes of pixels, not ${size}`);
  const data = readRows(rows, picture) ?? refuse("a row has an unknown filter: it is damaged");
  const max = 2 ** depth - 1, stored = { width, height, channels, max, data };
  if (colourType === 3 && !indices) return lookUp(stored, palette!, transparent, refuse);
  return transparent && colourType !== 3 ? withAlpha(stored, transparent) : stored;
}

/** What the chunks hold. */
interface Chunks {
  readonly header: Uint8Array;
  readonly palette?: Uint8Array;
  readonly transparent?: Uint8Array;
  /** The pixels, packed. */
  readonly packed: Uint8Array;
}

function readChunks(bytes: Uint8Array, refuse: (why: string) => never): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Record<string, Uint8Array> = {}, parts: Uint8Array[] = [];
  for (let at = SIGNATURE.length, type = ""; type !== "IEND";) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : Infinity;
    if (at + 12 + length > bytes.length) refuse("it is cut short: get the file again");
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 8 + length;
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      refuse(`the checksum at byte ${end} is wrong: it is damaged`);
    }
    const content = bytes.subarray(at + 8, end);
    if (type === "IDAT") parts.push(content);
    else found[type] ??= content;
    at = end + 4;
  }
  if (!found.IHDR || !parts.length) refuse(`it has no ${found.IHDR ? "pixels" : "header"}`);
  const { IHDR: header, PLTE: palette, tRNS: transparent } = found;
  return { header, palette, transparent, packed: joined(parts) };
}

function readHeader(
  header: Uint8Array,
  refuse: (why: string) => never,
): PngRows & { colourType: number } {
  if (header.length !== 13) refuse("its header is damaged");
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const width = view.getUint32(0), height = view.getUint32(4);
  const [depth, colourType, compression, filter, interlace] = header.subarray(8);
  const [channels, depths] = COLOUR_TYPES[colourType] ??
    refuse(`colour type ${colourType} is none`);
  if (!depths.includes(depth)) refuse(`colour type ${colourType} has no depth ${depth}`);
  if (compression || filter || interlace > 1) refuse("its header is damaged");
  if (!(width > 0 && height > 0)) refuse("it has no pixels");
  if (width * height > MOST_PIXELS) refuse(`${width}x${height} pixels are too many`);
  return { width, height, depth, channels, colourType, interlaced: interlace === 1 };
}

/** Places in a palette to its colours, with alpha where some are not opaque. */
function lookUp(
  { width, height, data: places }: Pixels,
  palette: Uint8Array,
  alpha: Uint8Array | undefined,
  refuse: (why: string) => never,
): Pixels {
  const channels = alpha ? 4 : 3, data = new Uint8Array(width * height * channels);
  for (let i = 0, to = 0; i < places.length; i++, to += channels) {
    const from = 3 * places[i];
    if (from >= palette.length) refuse(`pixel ${i} has colour ${places[i]}, not in its palette`);
    for (let c = 0; c < 3; c++) data[to + c] = palette[from + c];
    if (alpha) data[to + 3] = alpha[places[i]] ?? 255;
  }
  return { width, height, channels, max: 255, data };
}

/** Adds an alpha channel in which one colour is transparent. */
function withAlpha(pixels: Pixels, colour: Uint8Array): Pixels {
  const { width, height, channels, max, data: from } = pixels;
  const key = Array.from({ length: channels }, (_, c) => colour[2 * c] << 8 | colour[2 * c + 1]);
  const data = new (max > 255 ? Uint16Array : Uint8Array)(width * height * (channels + 1));
  for (let i = 0, at = 0, to = 0; i < width * height; i++, at += channels) {
    for (let c = 0; c < channels; c++) data[to++] = from[at + c];
    data[to++] = key.every((value, c) => from[at + c] === value) ? 0 : max;
  }
  return { ...pixels, channels: channels + 1, data };
}
