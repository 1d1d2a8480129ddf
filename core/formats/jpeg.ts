// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import jpeg from "npm:jpeg-js@0.4.4";
import { DeconvError } from "../errors.ts";
import { hasEnd, readJpegHeader } from "./jpeg_segments.ts";
import { MOST_PIXELS, type Pixels } from "./pixels.ts";

/** Whether bytes begin like a JPEG file. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Decodes a JPEG file (ITU-T T.81), baseline or progressive, gray, colour or CMYK, and turns it upright
 * as its Exif orientation says. The decoder is jpeg-js: it repeats coarse colour samples where others
 * smooth them, so numbers may differ from theirs at edges of colour.
 *
 * @param name What to call it in messages.
 * @throws {DeconvError} When it is no JPEG file, is cut short or damaged, is coded in a way that cameras
 * do not use (lossless, arithmetic, 12 bits), or has over 2^26 pixels.
 */
export function decodeJpeg(bytes: Uint8Array, name: string): Pixels {
  const refuse = (why: string, cause?: unknown): never => {
    throw new DeconvError(`Cannot read ${name} as JPEG: ${why}`, { cause });
  };
  if (!isJpeg(bytes)) refuse("it does not begin like one");
  const cut = "it is cut short or damaged: get the file again";
  const header = readJpegHeader(bytes) ?? refuse(cut);
  const { width, height, components, precision, frame } = header;
  if (!(width > 0 && height > 0)) refuse("it has no pixels");
  if (width * height > MOST_PIXELS) refuse(`${width}x${height} pixels are too many`);
  // Every block of 64 pixels has at least a bit, whatever the coding.
  if (Math.ceil(width / 8) * Math.ceil(height / 8) > 8 * bytes.length) refuse(cut);
  if (frame > 0xc2 || precision !== 8) {
    refuse("it is lossless, arithmetically coded or has 12 bits; save it as a usual JPEG or PNG");
  }
  if (!hasEnd(bytes, header.start)) refuse(cut);
  let decoded: { width: number; height: number; data: Uint8Array };
  try {
    decoded = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: Infinity,
      maxMemoryUsageInMB: 2048,
    });
  } catch (error) {
    return refuse(cut, error);
  }
  if (decoded.width !== width || decoded.height !== height) refuse(cut);
  const pixels = { width, height, channels: 3, max: 255, data: decoded.data };
  return upright(components === 1 ? firstChannel(pixels) : pixels, header.orientation);
}

function firstChannel(pixels: Pixels): Pixels {
  const { width, height, channels, data: from } = pixels;
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = from[i * channels];
  return { ...pixels, channels: 1, data };
}

/** Turns and mirrors a picture as an Exif orientation wants it. */
export function upright(pixels: Pixels, orientation: number): Pixels {
  if (orientation === 1) return pixels;
  const { width: w, height: h, channels, data: from } = pixels;
  const turned = orientation >= 5; // rows become columns
  const [width, height] = turned ? [h, w] : [w, h];
  const flipX = [2, 3, 7, 8].includes(orientation), flipY = [3, 4, 6, 7].includes(orientation);
  const data = new Uint8Array(from.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const [column, row] = turned ? [y, x] : [x, y];
      const at = ((flipY ? h - 1 - row : row) * w + (flipX ? w - 1 - column : column)) * channels;
      for (let c = 0; c < channels; c++) data[to + c] = from[at + c];
    }
  }
  return { ...pixels, width, height, data };
}
