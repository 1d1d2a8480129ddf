/** Pictures of any format that is read, told apart by their first bytes. */
import { DeconvError } from "../errors.ts";
import { decodeBmp, isBmp } from "./bmp.ts";
import { decodeJpeg, isJpeg } from "./jpeg.ts";
import type { Pixels } from "./pixels.ts";
import { decodePng, isPng } from "./png.ts";
import { decodePnm, isPnm } from "./pnm.ts";

/** Whether a file of this name should be a picture that can be decoded. */
export function isPictureName(name: string): boolean {
  return /^[^.].*\.(png|jpe?g|bmp|p[bgpn]m)$/i.test(name);
}

/** Whether a file of this name should be a picture of a kind that cannot be decoded. */
export function isForeignPicture(name: string): boolean {
  return /^[^.].*\.(gif|webp|tiff?|avif|heic)$/i.test(name);
}

/**
 * Decodes a PNG, JPEG, BMP or PNM file, whatever it is called.
 *
 * @throws {DeconvError} When it is none of these, or damaged.
 */
export function decodePicture(
  bytes: Uint8Array,
  name: string,
  options: { indices?: boolean } = {},
): Pixels {
  if (isPng(bytes)) return decodePng(bytes, name, options);
  if (isJpeg(bytes)) return decodeJpeg(bytes, name);
  if (isBmp(bytes)) return decodeBmp(bytes, name);
  if (isPnm(bytes)) return decodePnm(bytes, name);
  throw new DeconvError(
    `Cannot read ${name} as a picture: ${
      bytes.length ? "it is neither PNG, JPEG, BMP nor PNM" : "it is empty"
    }`,
  );
}
