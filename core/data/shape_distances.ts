/**
 * The geometry of the embedded dataset: for each of its classes, how far every pixel of a square
 * picture is from the edge of the figure (negative inside), in pixels.
 *
 * Coverage, soft edges, outlines and shadows all follow from this one map. Most formulas are those
 * of I. Quilez, "2D distance functions" (https://iquilezles.org/articles/distfunctions2d/), some
 * simplified where only the distance near the edge matters. No operation but + - * / sqrt, floor and
 * comparisons: the pictures are the same bits everywhere.
 */

/** The classes, by label. */
export const SHAPE_CLASSES: readonly string[] = [
  "disc",
  "ring",
  "square",
  "triangle",
  "star",
  "cross",
  "horizontal stripes",
  "vertical stripes",
  "diagonal stripes",
  "checkerboard",
  "dots",
  "blob",
];

/** Where and how a figure lies. */
export interface Placement {
  /** The class, an index of {@linkcode SHAPE_CLASSES}. */
  readonly label: number;
  /** The centre (for textures, the origin of the pattern), in pixels. */
  readonly x: number;
  /** The same, downwards. */
  readonly y: number;
  /** The cosine of its rotation. */
  readonly cos: number;
  /** The sine of its rotation. */
  readonly sin: number;
  /** The radius of a figure, or half the period of a texture, in pixels. */
  readonly radius: number;
  /** 0..1: the thickness of rings, crosses, stripes and dots, the roundness of squares, … */
  readonly form: number;
}

/** Writes the distances of a `size` x `size` picture to `out`, row by row. */
export function fillDistances(out: Float32Array, size: number, placement: Placement): void {
  const { label, cos, sin, radius, form } = placement;
  for (let row = 0, at = 0; row < size; row++) {
    const dy = row + 0.5 - placement.y;
    for (let column = 0; column < size; column++, at++) {
      const dx = column + 0.5 - placement.x;
      out[at] = distance(label, dx * cos + dy * sin, dy * cos - dx * sin, radius, form);
    }
  }
}

function distance(label: number, u: number, v: number, radius: number, form: number): number {
  switch (label) {
    case 0: // disc
      return Math.sqrt(u * u + v * v) - radius;
    case 1: { // ring
      const half = radius * (0.12 + 0.16 * form);
      return Math.abs(Math.sqrt(u * u + v * v) - radius + half) - half;
    }
    case 2: { // square, with rounded corners
      const round = radius * 0.35 * form, side = radius * 0.8 - round;
      const a = Math.abs(u) - side, b = Math.abs(v) - side;
      return outsideBoth(a, b) - round;
    }
    case 3: { // triangle
      const slope = 0.8660254037844386 * Math.abs(u) - 0.5 * v;
      return Math.max(slope, v) - 0.5 * radius;
    }
    case 4:
      return star(u, v, radius, 0.36 + 0.2 * form);
    case 5: { // cross
      const thick = radius * (0.22 + 0.16 * form), a = Math.abs(u), b = Math.abs(v);
      return Math.min(outsideBoth(a - radius, b - thick), outsideBoth(a - thick, b - radius));
    }
    case 6: // horizontal stripes
      return stripes(v, radius, form);
    case 7: // vertical stripes
      return stripes(u, radius, form);
    case 8: // diagonal stripes
      return stripes(0.7071067811865476 * (u + v), radius, form);
    case 9: { // checkerboard: inside one set of stripes but not both
      const a = stripes(u, radius, 0.5), b = stripes(v, radius, 0.5);
      return Math.max(Math.min(a, b), -Math.max(a, b));
    }
    case 10: { // dots
      const a = toNearest(u, radius), b = toNearest(v, radius);
      return Math.sqrt(a * a + b * b) - radius * (0.45 + 0.3 * form);
    }
    default: { // blob: an uneven disc
      const squeezed = v * (1 + form) + 0.03 * u * u;
      return Math.sqrt(u * u + squeezed * squeezed) - radius;
    }
  }
}

/** The distance to a quarter plane, from those to its two edges. */
function outsideBoth(a: number, b: number): number {
  return a > 0 && b > 0 ? Math.sqrt(a * a + b * b) : Math.max(a, b);
}

/** How far `t` is from the nearest multiple of `2 * half`, signed. */
function toNearest(t: number, half: number): number {
  return t - 2 * half * Math.floor(t / (2 * half) + 0.5);
}

/** Stripes of period `2 * half`; `form` 0..1 makes them 0.35 to 0.65 of it wide. */
function stripes(t: number, half: number, form: number): number {
  return Math.abs(toNearest(t, half)) - half * (0.35 + 0.3 * form);
}

/** A five-pointed star whose inner radius is `inner` times its outer. */
function star(u: number, v: number, radius: number, inner: number): number {
  // Folded into half a point: between the upward axis and the line 36 degrees from it.
  const cos36 = 0.8090169943749475, sin36 = 0.5877852522924731;
  let x = Math.abs(u), y = -v;
  for (let fold = 0; fold < 2; fold++) {
    const over = 2 * Math.max(0, x * cos36 - y * sin36);
    x = Math.abs(x - over * cos36);
    y += over * sin36;
  }
  // The distance to the line from the tip to the inner corner.
  const nx = 1 - inner * cos36, ny = inner * sin36;
  return (x * nx + (y - radius) * ny) / Math.sqrt(nx * nx + ny * ny);
}
