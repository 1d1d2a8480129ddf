// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import { encode } from "npm:fast-png@8.0.0";
import type { Image } from "./image.ts";

/**
 * Writes a picture as a PNG file, in memory.
 *
 * 8 bits a channel, RGB; alpha is kept (RGBA) only when some pixel is not opaque. The same picture
 * always gives the same bytes.
 *
 * @param image The picture.
 * @returns The bytes of the file.
 *
 * @example
 * ```ts
 * import { encodePng } from "@deconv/deconv";
 * const png = encodePng({ width: 8, height: 8, data: new Uint8ClampedArray(256) });
 * console.log(png[1], png[2], png[3]); // 80 78 71, that is "PNG"
 * ```
 */
export function encodePng(image: Image): Uint8Array {
  const { width, height, data } = image;
  const opaque = isOpaque(data);
  const pixels = opaque ? withoutAlpha(data) : data;
  return encode(
    { width, height, data: pixels, channels: opaque ? 3 : 4, depth: 8 },
    { zlib: { level: 6 } },
  );
}

function isOpaque(data: Uint8ClampedArray): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

function withoutAlpha(data: Uint8ClampedArray): Uint8Array {
  const pixels = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    pixels[to] = data[from];
    pixels[to + 1] = data[from + 1];
    pixels[to + 2] = data[from + 2];
  }
  return pixels;
}
