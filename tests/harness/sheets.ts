/** Numbers to draw, and what can be seen on a sheet. */

import assert from "node:assert/strict";
import type { Image } from "../../core/image/image.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { noise, showsText } from "../golden/image/compare.ts";

/** Numbers about 0. */
export function random(shape: number[], seed = 1): Tensor {
  return tensor(noise(shape.reduce((a, b) => a * b, 1), seed), shape);
}

/** Numbers from 0. */
export function positive(shape: number[], seed = 1): Tensor {
  const { data } = random(shape, seed);
  return tensor(data.map(Math.abs), shape);
}

/** How often a colour occurs. */
export function count(image: Image, color: readonly number[]): number {
  let found = 0;
  for (let i = 0; i < image.data.length; i += 4) {
    if (color.every((part, j) => image.data[i + j] === part)) found++;
  }
  return found;
}

/** Fails unless all of these texts stand on a picture. */
export function assertShows(image: Image, ...texts: string[]): void {
  for (const text of texts) assert.ok(showsText(image, text), `not on the sheet: ${text}`);
}
