import { DeconvError } from "../../errors.ts";
import { type Shape, shapeText } from "../../tensor.ts";

/** How much red, green and blue count in a pixel's luminance (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114];

/** A picture being worked on: `[height, width, channels]`, channels innermost. */
export interface Raster {
  /** At least `height * width * channels` values. */
  data: Float32Array;
  /** Pixels down. */
  height: number;
  /** Pixels across. */
  width: number;
  /** Values a pixel. */
  channels: number;
}

/** A raster over `data` of a shape `[height, width]` or `[height, width, channels]`. */
export function raster(data: Float32Array, [height, width, channels = 1]: Shape): Raster {
  return { data, height, width, channels };
}

/** The number of values of a raster. */
export function rasterSize({ height, width, channels }: Raster): number {
  return height * width * channels;
}

/** Copies a raster's values to one of the same shape. */
export function copyRaster(from: Raster, to: Raster): void {
  to.data.set(from.data.subarray(0, rasterSize(from)));
}

/**
 * Refuses pictures that are not red, green and blue.
 *
 * @throws {DeconvError} Naming the transformation and the shape.
 */
export function expectColour(kind: string, shape: Shape): Shape {
  if (shape[2] === 3) return shape;
  throw new DeconvError(
    `Cannot apply ${kind} to pictures of shape ${
      shapeText(shape)
    }: it is for three channels, red, green and blue`,
  );
}

/** The luminance of the pixel whose red is at `at`. */
export function lumaAt(data: Float32Array, at: number): number {
  return LUMA[0] * data[at] + LUMA[1] * data[at + 1] + LUMA[2] * data[at + 2];
}

/** A value brought into 0..1. */
export function unit(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
