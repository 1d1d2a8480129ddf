/** What the segments before a JPEG file's pixels say. */
export interface JpegHeader {
  /** Pixels in a row, as stored. */
  readonly width: number;
  /** Rows, as stored. */
  readonly height: number;
  /** Bits a number. */
  readonly precision: number;
  /** 1 gray, 3 colour, 4 CMYK. */
  readonly components: number;
  /** The kind of coding: 0xc0 baseline, 0xc1 extended, 0xc2 progressive; others are rare. */
  readonly frame: number;
  /** How the camera was held, 1 … 8; 1 is upright (Exif 2.3, tag 0x112). */
  readonly orientation: number;
  /** Where the first scan begins. */
  readonly start: number;
}

/** Reads a JPEG file up to its first scan; undefined when it is cut short or damaged before that. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  let frame: Omit<JpegHeader, "orientation" | "start"> | undefined, orientation = 1;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === 0xff) { // padding
      at++;
      continue;
    }
    const length = bytes[at + 2] << 8 | bytes[at + 3], end = at + 2 + length;
    if (length < 2 || end > bytes.length) return undefined;
    const body = bytes.subarray(at + 4, end);
    if (marker === 0xda) return frame && { ...frame, orientation, start: end };
    if (marker === 0xe1) orientation = readOrientation(body) ?? orientation;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (body.length < 6) return undefined;
      const [precision, h, height, w, width, components] = body;
      frame = {
        width: w << 8 | width,
        height: h << 8 | height,
        precision,
        components,
        frame: marker,
      };
    }
    at = end;
  }
  return undefined;
}

/** Whether the file goes on to its end after the first scan began: what is cut short does not. */
export function hasEnd(bytes: Uint8Array, start: number): boolean {
  for (let at = bytes.length - 2; at >= start; at--) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  }
  return false;
}

const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];

/** The orientation in a segment of Exif: a TIFF file whose first directory may have the tag 0x112. */
function readOrientation(body: Uint8Array): number | undefined {
  if (body.length < 14 || !EXIF.every((byte, i) => body[i] === byte)) return undefined;
  const tiff = new DataView(body.buffer, body.byteOffset + 6, body.length - 6);
  const little = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return undefined;
  const count = tiff.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.byteLength) return undefined;
    if (tiff.getUint16(at, little) !== 0x112) continue;
    const value = tiff.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : undefined;
  }
}
