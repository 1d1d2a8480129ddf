import { DeconvError } from "../errors.ts";
import { DamagedScan } from "./jpeg_bits.ts";
import { samplesOf } from "./jpeg_blocks.ts";
import { type JpegColours, pixelsOf, type Plane } from "./jpeg_colour.ts";
import { type JpegFrame, readFrame } from "./jpeg_frame.ts";
import { hasEnd, readJpegHeader } from "./jpeg_header.ts";
import { MOST_PIXELS, type Pixels } from "./pixels.ts";

/** Whether bytes begin like a JPEG file. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Decodes a JPEG file (ITU-T T.81), baseline or progressive, gray, colour or CMYK, and turns it upright
 * as its Exif orientation says. Pixels are those of libjpeg with its usual settings, bit for bit: so the
 * pictures that Pillow, OpenCV and PyTorch see.
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
  try {
    const made = readFrame(bytes), colours = coloursOf(made), inverted = made.adobe !== null;
    const planes = planesOf(made, width, height);
    const data = pixelsOf(planes, width, height, colours, inverted);
    const channels = components === 1 ? 1 : 3;
    return upright({ width, height, channels, max: 255, data }, header.orientation);
  } catch (error) {
    if (error instanceof DamagedScan) return refuse(cut, error);
    throw error;
  }
}

/** What the channels are, by the segments that say it or else by their names. */
function coloursOf({ channels, jfif, adobe }: JpegFrame): JpegColours {
  if (channels.length === 1) return "gray";
  if (channels.length === 4) return adobe === 2 ? "ycck" : "cmyk";
  const named = String.fromCharCode(...channels.map(({ id }) => id)) === "RGB";
  return !jfif && (adobe === 0 || adobe === null && named) ? "rgb" : "ycc";
}

function planesOf({ channels, steps, most }: JpegFrame, width: number, height: number): Plane[] {
  return channels.map((channel, i) => ({
    ...samplesOf(channel, steps[i]),
    width: Math.ceil(width * channel.across / most[0]),
    height: Math.ceil(height * channel.down / most[1]),
    across: most[0] / channel.across,
    down: most[1] / channel.down,
  }));
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
