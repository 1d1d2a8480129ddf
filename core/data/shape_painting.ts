/**
 * The paint of the embedded dataset: from the distances to a figure's edge to a picture of it, with
 * soft edges, an outline, a shadow, light from one side, and noise.
 */

/** Red, green and blue, 0..1. */
export type Colour = readonly [number, number, number];

/** How a figure and its ground are painted. */
export interface Paint {
  /** The ground's colour runs from the one to the other, and so does the figure's. */
  readonly ground: readonly [Colour, Colour];
  /** The figure's two colours. */
  readonly figure: readonly [Colour, Colour];
  /** The colour of the outline. */
  readonly outline: Colour;
  /** Width of the outline in pixels; 0 for none. */
  readonly outlineWidth: number;
  /** The direction in which the colours run: the light. */
  readonly light: readonly [number, number];
  /** Width of the edge in pixels: 1 is sharp. */
  readonly softness: number;
  /** How dark the shadow is, 0..1. */
  readonly shadow: number;
  /** Where the shadow falls, in whole pixels right and down. */
  readonly shadowAt: readonly [number, number];
  /** The amplitude of the noise. */
  readonly noise: number;
  /** Where the bits of the noise begin: a whole number, not 0. */
  readonly noiseSeed: number;
}

/** Paints a `size` x `size` picture at `x[at]` from the distances to its figure's edge. */
export function fillPicture(
  x: Float32Array,
  at: number,
  size: number,
  distances: Float32Array,
  paint: Paint,
): void {
  const [[gr, gg, gb], [gr1, gg1, gb1]] = paint.ground;
  const [[fr, fg, fb], [fr1, fg1, fb1]] = paint.figure;
  const [or, og, ob] = paint.outline;
  const { outlineWidth, shadow, noise } = paint;
  const [lightX, lightY] = paint.light, [shadowX, shadowY] = paint.shadowAt;
  const sharpness = 1 / paint.softness, scale = noise / 255;
  const middle = (size - 1) / 2, slope = 0.7 / size;
  let bits = paint.noiseSeed;
  for (let row = 0, pixel = 0; row < size; row++) {
    const shadowRow = Math.max(0, Math.min(size - 1, row - shadowY)) * size;
    for (let column = 0; column < size; column++, pixel++, at += 3) {
      const d = distances[pixel];
      const inside = cover(d * sharpness);
      let dim = 1;
      if (shadow > 0) {
        const shadowColumn = Math.max(0, Math.min(size - 1, column - shadowX));
        dim = 1 - shadow * cover(distances[shadowRow + shadowColumn] * 0.4);
      }
      const t = 0.5 + ((column - middle) * lightX + (row - middle) * lightY) * slope;
      let r = (gr + (gr1 - gr) * t) * dim, f = fr + (fr1 - fr) * t;
      r += (f - r) * inside;
      let g = (gg + (gg1 - gg) * t) * dim;
      f = fg + (fg1 - fg) * t;
      g += (f - g) * inside;
      let b = (gb + (gb1 - gb) * t) * dim;
      f = fb + (fb1 - fb) * t;
      b += (f - b) * inside;
      if (outlineWidth > 0) {
        const half = 0.5 * outlineWidth, line = cover((Math.abs(d + half) - half) * sharpness);
        r += (or - r) * line;
        g += (og - g) * line;
        b += (ob - b) * line;
      }
      // Xorshift (Marsaglia 2003): one byte for each channel and one for all three.
      bits ^= bits << 13;
      bits ^= bits >>> 17;
      bits ^= bits << 5;
      const common = (bits >>> 24) - 255;
      x[at] = clamp(r + scale * ((bits & 255) + common));
      x[at + 1] = clamp(g + scale * ((bits >>> 8 & 255) + common));
      x[at + 2] = clamp(b + scale * ((bits >>> 16 & 255) + common));
    }
  }
}

/** The part of a pixel that a figure covers whose edge is `d` pixels away. */
function cover(d: number): number {
  return clamp(0.5 - d);
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
