import type { Block } from "../block.ts";
import { runtime } from "./runtime.ts";

/** Sizes of an unpooling: pictures, pixels of each before and after, channels. */
export type UnpoolSizes = readonly [
  pictures: number,
  pixels: number,
  places: number,
  channels: number,
];

/**
 * y = each value of x in the place that its switch names, values in one place added, zeros elsewhere.
 *
 * @returns Whether all switches name a place of the picture.
 */
export function unpool(sizes: UnpoolSizes, x: Block, switches: Block, y: Block): boolean {
  const [pictures, , places, channels] = sizes;
  runtime().reserve(0, 4);
  runtime().call("fill_pixels", y.address, pictures * places, channels, 0, -Infinity);
  const wrong = runtime().call("unpool_scatter", ...sizes, x.address, switches.address, y.address);
  return !wrong;
}

/** dx = dy in the places that the switches name; with `gate` only where dx held something above 0. */
export function unpoolGradient(
  sizes: UnpoolSizes,
  dy: Block,
  switches: Block,
  dx: Block,
  gate = false,
): void {
  const places = [dx.address, switches.address, dy.address];
  runtime().call("unpool_gather", ...sizes, ...places, gate ? 1 : 0);
}
