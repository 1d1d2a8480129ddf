import type { Pixels } from "../formats/pixels.ts";

/** What becomes of a picture's alpha: it is laid over white, or the alpha is left out. */
export type Alpha = "white" | "drop";

/**
 * A picture as numbers 0..1 with one channel or three, `[height, width, channels]`. Gray is made of
 * colours as 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).
 */
export function toValues(pixels: Pixels, channels: 1 | 3, alpha: Alpha): Float32Array {
  const { width, height, max, data, channels: has } = pixels;
  const values = new Float32Array(width * height * channels);
  const transparent = has % 2 === 0, colour = has > 2;
  for (let i = 0, from = 0, to = 0; i < width * height; i++, from += has) {
    const cover = transparent && alpha === "white" ? data[from + has - 1] / max : 1;
    const at = (c: number) => data[from + c] / max * cover + 1 - cover;
    if (!colour) {
      const value = at(0);
      for (let c = 0; c < channels; c++) values[to++] = value;
    } else if (channels === 1) {
      values[to++] = 0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2);
    } else for (let c = 0; c < 3; c++) values[to++] = at(c);
  }
  return values;
}
