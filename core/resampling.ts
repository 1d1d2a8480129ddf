import { DeconvError } from "./errors.ts";
import type { Axes, Axis } from "./windows.ts";

/** How pixels between pixels are made: the nearest, or in proportion to the distance of the nearest two. */
export type Interpolation = "nearest" | "bilinear";

/**
 * Checks an interpolation.
 *
 * @throws {DeconvError} When there is no such.
 */
export function interpolationConfig(interpolation: Interpolation): Interpolation {
  if (interpolation === "nearest" || interpolation === "bilinear") return interpolation;
  throw new DeconvError(
    `interpolation must be "nearest" or "bilinear"; it is ${JSON.stringify(interpolation)}`,
  );
}

/**
 * Where output cell i of `out` lies among `size` cells: at (i + ½)·size/out − ½, cells having their
 * centres half a cell inside (`"half_pixel"`); at i·size/out (`"asymmetric"`); or at
 * i·(size − 1)/(out − 1), first on first and last on last (`"align_corners"`).
 */
export type Coordinates = "half_pixel" | "asymmetric" | "align_corners";

/**
 * Checks where cells lie.
 *
 * @throws {DeconvError} When there is no such, or the nearest cell is meant to be found by corners.
 */
export function coordinatesConfig(
  coordinates: Coordinates,
  interpolation: Interpolation,
): Coordinates {
  const known = ["half_pixel", "asymmetric", "align_corners"].includes(coordinates);
  if (known && !(coordinates === "align_corners" && interpolation === "nearest")) {
    return coordinates;
  }
  throw new DeconvError(
    `coordinates must be "half_pixel", "asymmetric" or, for bilinear, "align_corners"; it is ${
      JSON.stringify(coordinates)
    }`,
  );
}

/** The place of an output cell as a fraction of whole numbers, so that nothing is rounded. */
function placeOf(
  cell: number,
  size: number,
  out: number,
  coordinates: Coordinates,
): readonly [place: number, parts: number] {
  switch (coordinates) {
    case "half_pixel":
      return [(2 * cell + 1) * size - out, 2 * out];
    case "asymmetric":
      return [cell * size, out];
    case "align_corners":
      return out > 1 ? [cell * (size - 1), out - 1] : [0, 1];
  }
}

/**
 * `out` cells that lie evenly over `size` cells. The nearest cell is the one whose area the place is in,
 * where places are corners of cells (`"asymmetric"`) the one that begins before it, as PyTorch has it.
 */
function resampledAxis(
  size: number,
  out: number,
  interpolation: Interpolation,
  coordinates: Coordinates,
): Axis {
  const spans = Array.from({ length: out }, (_, cell) => {
    const [whole, parts] = placeOf(cell, size, out, coordinates);
    if (interpolation === "nearest") {
      const half = coordinates === "half_pixel" ? parts / 2 : 0;
      return { first: Math.floor((whole + half) / parts), weights: [1] };
    }
    const place = Math.max(whole, 0);
    const first = Math.floor(place / parts), part = (place - parts * first) / parts;
    return { first, weights: part && first + 1 < size ? [1 - part, part] : [1] };
  });
  return { size, spans };
}

/** Pictures of one size resampled to another: both as `[height, width]`. */
export function resampledAxes(
  [height, width]: readonly [number, number],
  [rows, columns]: readonly [number, number],
  interpolation: Interpolation,
  coordinates: Coordinates = "half_pixel",
): Axes {
  return [
    resampledAxis(height, rows, interpolation, coordinates),
    resampledAxis(width, columns, interpolation, coordinates),
  ];
}
