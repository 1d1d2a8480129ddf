/** Pictures as plainly as can be: a pixel anywhere, and values between pixels, in float64. */
import type { Shape } from "../../core/tensor.ts";

/** What stands beyond the edges. */
export interface Beyond {
  readonly mode: "constant" | "reflect" | "edge";
  readonly value: number;
}

/** Channel `at[2]` of the pixel at row `at[0]`, column `at[1]`: walks back into the picture. */
export function pixel(
  x: ArrayLike<number>,
  [h, w, c]: Shape,
  at: readonly number[],
  { mode, value }: Beyond,
): number {
  const fold = (place: number, size: number): number => {
    if (place >= 0 && place < size) return place;
    if (mode === "constant") return NaN;
    if (mode === "edge" || size === 1) return place < 0 ? 0 : size - 1;
    return fold(place < 0 ? -place : 2 * (size - 1) - place, size);
  };
  const row = fold(at[0], h), column = fold(at[1], w);
  return Number.isNaN(row + column) ? value : x[(row * w + column) * c + at[2]];
}

/** The value at a place between pixels: every pixel near it counts by a tent over it. */
export function between(
  x: ArrayLike<number>,
  shape: Shape,
  [row, column, channel]: readonly number[],
  beyond: Beyond,
): number {
  let sum = 0;
  for (let i = Math.floor(row) - 1; i <= row + 1; i++) {
    for (let j = Math.floor(column) - 1; j <= column + 1; j++) {
      const tent = Math.max(0, 1 - Math.abs(row - i)) * Math.max(0, 1 - Math.abs(column - j));
      if (tent > 0) sum += tent * pixel(x, shape, [i, j, channel], beyond);
    }
  }
  return sum;
}

/** Red, green and blue to hue (0..1), saturation and value, by the textbook. */
export function rgbToHsv([r, g, b]: readonly number[]): number[] {
  const value = Math.max(r, g, b), chroma = value - Math.min(r, g, b);
  let sector = 0;
  if (chroma > 0) {
    if (value === r) sector = (((g - b) / chroma) + 6) % 6;
    else if (value === g) sector = (b - r) / chroma + 2;
    else sector = (r - g) / chroma + 4;
  }
  return [sector / 6, value > 0 ? chroma / value : 0, value];
}

/** Hue, saturation and value to red, green and blue, by the textbook. */
export function hsvToRgb([hue, saturation, value]: readonly number[]): number[] {
  const sector = Math.floor(hue * 6), part = hue * 6 - sector;
  const p = value * (1 - saturation);
  const q = value * (1 - part * saturation), t = value * (1 - (1 - part) * saturation);
  return [
    [value, t, p],
    [q, value, p],
    [p, value, t],
    [p, q, value],
    [t, p, value],
    [value, p, q],
  ][((sector % 6) + 6) % 6];
}
