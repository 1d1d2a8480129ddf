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

/**
 * Whether a picture shows a line, or the beginning of a line, found by its exact pixels. (Letters in
 * the middle of a line may sit a quarter of a pixel elsewhere: give the line from its start.)
 */
export function showsText(image: Image, text: string, style: TextStyle = {}): boolean {
  const { face = "body", color = theme.muted, background } = style;
  const height = 15;
  const width = Math.ceil(measureText(text, face).width) + 3;
  return [0, 0.25, 0.5, 0.75].some((phase) => {
    const sample = createImage(width, height, background);
    drawText(sample, text, { x: 1 + phase, y: 12, face, color });
    return contains(image, sample);
  });
}

/** Looks for a sample, but for its rim; ink is compared first, because most of a sheet has none. */
function contains(image: Image, sample: Image): boolean {
  const [all, part] = [new Uint32Array(image.data.buffer), new Uint32Array(sample.data.buffer)];
  const background = part[0];
  const [ink, free]: [number[][], number[][]] = [[], []];
  for (let y = 2; y < sample.height - 1; y++) {
    for (let x = 1; x < sample.width - 3; x++) {
      const value = part[y * sample.width + x];
      (value === background ? free : ink).push([y * image.width + x, value]);
    }
  }
  const pixels = [...ink, ...free];
  for (let y = 0; y + sample.height <= image.height; y++) {
    for (let x = 0; x + sample.width <= image.width; x++) {
      const corner = y * image.width + x;
      if (pixels.every(([offset, value]) => all[corner + offset] === value)) return true;
    }
  }
  return false;
}

/** Repeatable numbers that look random, in −1..1. */
export function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
