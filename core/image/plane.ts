import { blendPixel, createImage, type Image } from "./image.ts";
import { colormapTable, colorOf, type ColorScale, isDiverging } from "./colormap.ts";
import type { Colormap } from "./colormap.ts";
import { theme } from "./theme.ts";

/** A two-dimensional slice of an array: where its first number is, and how far apart the next are. */
export interface Plane {
  /** The array the slice is taken from. */
  readonly data: Float32Array;
  /** Numbers across. */
  readonly width: number;
  /** Numbers down. */
  readonly height: number;
  /** Index of the first number. */
  readonly offset: number;
  /** Distance from one row to the next. */
  readonly rowStride: number;
  /** Distance from one column to the next. */
  readonly columnStride: number;
}

/** The smallest and largest finite number of some planes, and how many numbers are not finite. */
export interface ValueRange {
  /** The smallest finite number; 0 when there is none. */
  readonly low: number;
  /** The largest finite number; 0 when there is none. */
  readonly high: number;
  /** How many numbers are NaN or infinite. */
  readonly notFinite: number;
}

/** Finds the range of all numbers of some planes. */
export function rangeOfPlanes(planes: readonly Plane[]): ValueRange {
  let [low, high, notFinite] = [Infinity, -Infinity, 0];
  for (const plane of planes) {
    for (let y = 0; y < plane.height; y++) {
      for (let x = 0; x < plane.width; x++) {
        const value = plane.data[plane.offset + y * plane.rowStride + x * plane.columnStride];
        if (!Number.isFinite(value)) notFinite++;
        else {
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
    }
  }
  return low > high ? { low: 0, high: 0, notFinite } : { low, high, notFinite };
}

/** Finds the range of a whole array. */
export function rangeOf(data: Float32Array): ValueRange {
  const width = data.length;
  return rangeOfPlanes([{ data, width, height: 1, offset: 0, rowStride: 0, columnStride: 1 }]);
}

/** The union of two ranges. */
export function joinRanges(ranges: readonly ValueRange[]): ValueRange {
  return {
    low: Math.min(...ranges.map((range) => range.low)),
    high: Math.max(...ranges.map((range) => range.high)),
    notFinite: ranges.reduce((sum, range) => sum + range.notFinite, 0),
  };
}

/**
 * The scale a range is shown on: symmetric around zero for a diverging map, from 0 to the largest for
 * a sequential one over non-negative numbers, from the smallest to the largest otherwise.
 */
export function scaleFor(range: ValueRange, colormap: Colormap): ColorScale {
  if (isDiverging(colormap)) {
    const high = Math.max(Math.abs(range.low), Math.abs(range.high));
    return { colormap, low: -high, high };
  }
  return {
    colormap,
    low: colormap === "gray" ? range.low : Math.min(0, range.low),
    high: range.high,
  };
}

/** Paints a plane, one pixel a number; what is not finite becomes magenta. */
export function paintPlane(plane: Plane, scale: ColorScale): Image {
  const image = createImage(plane.width, plane.height);
  colormapTable(scale.colormap);
  for (let y = 0; y < plane.height; y++) {
    for (let x = 0; x < plane.width; x++) {
      const value = plane.data[plane.offset + y * plane.rowStride + x * plane.columnStride];
      image.data.set(colorOf(value, scale), 4 * (y * plane.width + x));
    }
  }
  return image;
}

/**
 * Paints three planes as red, green and blue: `low` is black, `high` full; numbers outside are
 * clipped, pixels with a number that is not finite become magenta.
 */
export function paintColor(
  planes: readonly [Plane, Plane, Plane],
  { low, high }: { low: number; high: number },
): Image {
  const [{ width, height }] = planes;
  const image = createImage(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const values = planes.map((plane) =>
        plane.data[plane.offset + y * plane.rowStride + x * plane.columnStride]
      );
      if (values.every(Number.isFinite)) {
        for (let i = 0; i < 3; i++) {
          const part = high > low ? (values[i] - low) / (high - low) : 0.5;
          image.data[4 * (y * width + x) + i] = Math.round(255 * part);
        }
      } else blendPixel(image, { x, y }, theme.notFinite, 1);
    }
  }
  return image;
}
