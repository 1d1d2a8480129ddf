import assert from "node:assert/strict";
import { decode } from "fast-png";
import { createImage, type Image } from "../../../core/image/image.ts";
import { encodePng } from "../../../core/image/png.ts";
import { drawText, measureText } from "../../../core/image/text.ts";
import type { Face } from "../../../core/image/font.ts";
import type { Rgb } from "../../../core/image/theme.ts";
import { theme } from "../../../core/image/theme.ts";

/**
 * Holds a picture against `name.png` in this folder, pixel by pixel after decoding. A picture that
 * differs is written beside it as `name-changed.png`: look at it, and rename it if it is better.
 */
export async function assertGolden(image: Image, name: string): Promise<void> {
  const file = new URL(`./${name}.png`, import.meta.url);
  const changed = new URL(`./${name}-changed.png`, import.meta.url);
  const difference = differenceFrom(image, await Deno.readFile(file).catch(() => undefined));
  if (difference === "") return;
  await Deno.writeFile(changed, encodePng(image));
  assert.fail(`${name}.png: ${difference}; see ${name}-changed.png beside it`);
}

/** Says how a picture differs from the PNG of another; empty when it does not. */
export function differenceFrom(image: Image, png: Uint8Array | undefined): string {
  if (!png) return "there is no such picture yet";
  const { width, height, channels, data } = decode(png, { checkCrc: true });
  if (width !== image.width || height !== image.height) {
    return `${image.width} × ${image.height} pixels instead of ${width} × ${height}`;
  }
  let wrong = 0;
  for (let i = 0; i < width * height; i++) {
    if ([0, 1, 2].some((part) => data[channels * i + part] !== image.data[4 * i + part])) wrong++;
  }
  return wrong === 0 ? "" : `${wrong} of ${width * height} pixels differ`;
}

/** How a text that is looked for was drawn. */
export interface TextStyle {
  /** Default `"body"`. */
  face?: Face;
  /** Default the muted ink of subtitles. */
  color?: Rgb;
  /** Default white. */
  background?: Rgb;
}

/** Whether a picture shows a text that starts at a whole pixel, found by its exact pixels. */
export function showsText(image: Image, text: string, style: TextStyle = {}): boolean {
  const { face = "body", color = theme.muted, background } = style;
  const height = 16;
  const width = Math.ceil(measureText(text, face).width) + 2;
  const sample = createImage(width, height, background);
  drawText(sample, text, { x: 1, y: 12, face, color });
  for (let y = 0; y + height <= image.height; y++) {
    for (let x = 0; x + width <= image.width; x++) if (matches(image, sample, x, y)) return true;
  }
  return false;
}

function matches(image: Image, sample: Image, x: number, y: number): boolean {
  const [all, part] = [new Uint32Array(image.data.buffer), new Uint32Array(sample.data.buffer)];
  for (let row = 2; row < sample.height - 1; row++) {
    for (let column = 1; column < sample.width - 2; column++) {
      const at = (y + row) * image.width + x + column;
      if (all[at] !== part[row * sample.width + column]) return false;
    }
  }
  return true;
}

/** Repeatable numbers that look random, in −1..1. */
export function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
