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
 * `out` cells that lie evenly over `size` cells. Cells have centres half a cell inside: output cell i
 * lies at (i + ½)·size/out − ½, as TensorFlow 2 and PyTorch (`align_corners=False`) have it. Places are
 * counted in whole numbers of half output cells, so nothing is rounded before the weights are.
 */
function resampledAxis(size: number, out: number, interpolation: Interpolation): Axis {
  const spans = Array.from({ length: out }, (_, cell) => {
    if (interpolation === "nearest") {
      return { first: Math.floor((2 * cell + 1) * size / (2 * out)), weights: [1] };
    }
    const place = Math.max((2 * cell + 1) * size - out, 0);
    const first = Math.floor(place / (2 * out)), part = (place - 2 * out * first) / (2 * out);
    return { first, weights: part && first + 1 < size ? [1 - part, part] : [1] };
  });
  return { size, spans };
}

/** Pictures of one size resampled to another: both as `[height, width]`. */
export function resampledAxes(
  [height, width]: readonly [number, number],
  [rows, columns]: readonly [number, number],
  interpolation: Interpolation,
): Axes {
  return [
    resampledAxis(height, rows, interpolation),
    resampledAxis(width, columns, interpolation),
  ];
}
