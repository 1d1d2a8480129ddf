import { DeconvError } from "../errors.ts";
import { type Rgb, theme } from "./theme.ts";

/**
 * A picture in memory: `width * height` pixels, row by row from the top, four bytes each (red, green,
 * blue, alpha), the layout of a canvas's `ImageData`. Everything deconv draws is opaque (alpha 255).
 *
 * @example
 * ```ts
 * import { encodePng, type Image } from "@deconv/deconv";
 * const white = new Uint8ClampedArray(4 * 64 * 32).fill(255);
 * const image: Image = { width: 64, height: 32, data: white };
 * const png = encodePng(image); // bytes to write to a file
 * console.log(png.length > 8); // true
 * ```
 */
export interface Image {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
  /** RGBA bytes, `4 * width * height` of them. */
  readonly data: Uint8ClampedArray;
}

/** A place in a picture: pixels from the left and from the top. */
export interface Point {
  /** Pixels from the left edge. */
  readonly x: number;
  /** Pixels from the top edge. */
  readonly y: number;
}

/** A rectangle in a picture, in pixels. */
export interface Rect extends Point {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
}

/**
 * Makes a picture of one colour.
 *
 * @param width Pixels across, a positive whole number.
 * @param height Pixels down, a positive whole number.
 * @param color Its colour; white by default.
 * @throws {DeconvError} When a side is not a positive whole number.
 */
export function createImage(width: number, height: number, color: Rgb = theme.paper): Image {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new DeconvError(
      `Cannot make a picture of ${width} × ${height} pixels: sides must be positive whole numbers`,
    );
  }
  const image = { width, height, data: new Uint8ClampedArray(4 * width * height) };
  fillRect(image, { x: 0, y: 0, width, height }, color);
  return image;
}

/** The colour of one pixel. */
export function pixelAt(image: Image, { x, y }: Point): Rgb {
  const at = 4 * (y * image.width + x);
  return [image.data[at], image.data[at + 1], image.data[at + 2]];
}

/** Fills a rectangle, in place; parts outside the picture are left out. */
export function fillRect(image: Image, rect: Rect, color: Rgb): void {
  const right = Math.min(image.width, rect.x + rect.width);
  const bottom = Math.min(image.height, rect.y + rect.height);
  for (let y = Math.max(0, rect.y); y < bottom; y++) {
    for (let x = Math.max(0, rect.x); x < right; x++) {
      image.data.set(color, 4 * (y * image.width + x));
      image.data[4 * (y * image.width + x) + 3] = 255;
    }
  }
}

/** Draws a frame one pixel wide just inside a rectangle, in place. */
export function strokeRect(image: Image, rect: Rect, color: Rgb): void {
  const { x, y, width, height } = rect;
  fillRect(image, { x, y, width, height: 1 }, color);
  fillRect(image, { x, y: y + height - 1, width, height: 1 }, color);
  fillRect(image, { x, y, width: 1, height }, color);
  fillRect(image, { x: x + width - 1, y, width: 1, height }, color);
}

/** Mixes a colour into one pixel, in place: `alpha` 0 leaves it, 1 replaces it. */
export function blendPixel(image: Image, { x, y }: Point, color: Rgb, alpha: number): void {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height || !(alpha > 0)) return;
  const at = 4 * (y * image.width + x);
  for (let i = 0; i < 3; i++) {
    image.data[at + i] += (color[i] - image.data[at + i]) * Math.min(1, alpha);
  }
}

/** Copies `source` into `target` with its top left corner at a point; clipped at the edges. */
export function blit(target: Image, source: Image, { x, y }: Point): void {
  const from = Math.max(0, -x);
  const to = Math.min(source.width, target.width - x);
  if (to <= from) return;
  for (let row = Math.max(0, -y); row < Math.min(source.height, target.height - y); row++) {
    const start = 4 * (row * source.width + from);
    const pixels = source.data.subarray(start, start + 4 * (to - from));
    target.data.set(pixels, 4 * ((y + row) * target.width + x + from));
  }
}

/**
 * Enlarges a picture by a whole factor, or by one across and one down: each pixel becomes a square or a
 * rectangle, nothing is blurred.
 *
 * @throws {DeconvError} When a factor is not a positive whole number.
 */
export function upscale(image: Image, across: number, down: number = across): Image {
  if (across === 1 && down === 1) return image;
  const { width } = image;
  const result = createImage(width * across, image.height * down);
  const from = new Uint32Array(image.data.buffer, image.data.byteOffset, width * image.height);
  const to = new Uint32Array(result.data.buffer);
  for (let y = 0; y < result.height; y++) {
    const row = Math.floor(y / down) * width;
    for (let x = 0; x < result.width; x++) {
      to[y * result.width + x] = from[row + Math.floor(x / across)];
    }
  }
  return result;
}

/** Shrinks a picture so that it fits a box, averaging areas; one that fits is returned as it is. */
export function shrinkToFit(image: Image, box: { width: number; height: number }): Image {
  const ratio = Math.min(box.width / image.width, box.height / image.height);
  if (ratio >= 1) return image;
  const width = Math.max(1, Math.floor(image.width * ratio));
  const height = Math.max(1, Math.floor(image.height * ratio));
  const result = createImage(width, height);
  const [across, down] = [image.width / width, image.height / height];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = [0, 0, 0];
      let area = 0;
      for (let v = Math.floor(y * down); v < Math.min(image.height, (y + 1) * down); v++) {
        const tall = Math.min(v + 1, (y + 1) * down) - Math.max(v, y * down);
        for (let u = Math.floor(x * across); u < Math.min(image.width, (x + 1) * across); u++) {
          const part = tall * (Math.min(u + 1, (x + 1) * across) - Math.max(u, x * across));
          const at = 4 * (v * image.width + u);
          for (let i = 0; i < 3; i++) sum[i] += part * image.data[at + i];
          area += part;
        }
      }
      result.data.set(sum.map((total) => Math.round(total / area)), 4 * (y * width + x));
    }
  }
  return result;
}

/** How {@linkcode stackImages} and {@linkcode joinImages} put pictures together. */
export interface JoinOptions {
  /** Pixels between neighbours; default 0. */
  readonly gap?: number;
  /** Where narrower (or lower) pictures go; default `"start"`, the left (or the top). */
  readonly align?: "start" | "center" | "end";
  /** Colour of what is left free; default white. */
  readonly background?: Rgb;
}

/** Puts pictures below one another. */
export function stackImages(images: readonly Image[], options: JoinOptions = {}): Image {
  const { gap = 0, align = "start", background } = options;
  const width = Math.max(...images.map((image) => image.width));
  const height = images.reduce((sum, image) => sum + image.height, gap * (images.length - 1));
  const result = createImage(width, height, background);
  let y = 0;
  for (const image of images) {
    blit(result, image, { x: aligned(align, width - image.width), y });
    y += image.height + gap;
  }
  return result;
}

/** Puts pictures beside one another, from left to right. */
export function joinImages(images: readonly Image[], options: JoinOptions = {}): Image {
  const { gap = 0, align = "start", background } = options;
  const width = images.reduce((sum, image) => sum + image.width, gap * (images.length - 1));
  const height = Math.max(...images.map((image) => image.height));
  const result = createImage(width, height, background);
  let x = 0;
  for (const image of images) {
    blit(result, image, { x, y: aligned(align, height - image.height) });
    x += image.width + gap;
  }
  return result;
}

function aligned(align: "start" | "center" | "end", free: number): number {
  return align === "start" ? 0 : align === "end" ? free : Math.floor(free / 2);
}
