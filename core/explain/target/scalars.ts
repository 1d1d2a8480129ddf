/** Functions of outputs that targets are made of, and the places they look at. */
import { DeconvError } from "../../errors.ts";
import { type Shape, shapeText, sizeOf, type Tensor } from "../../tensor.ts";
import type { PixelsTarget, Reduce, Scalar, UnitTarget } from "../target.ts";

/** Fails unless a name is one of those there are. */
export function expectOne(given: string, names: readonly string[], what: string): void {
  if (!names.includes(given)) {
    throw new DeconvError(`There is no ${what} "${given}"; there are ${names.join(", ")}`);
  }
}

/** Fails unless a number is one from 0 to below `size`. */
export function expectPlace(place: number, size: number, what: string): void {
  if (Number.isInteger(place) && place >= 0 && place < size) return;
  throw new DeconvError(`The target's ${what} must be from 0 to ${size - 1}; it is ${place}`);
}

/** Positions in an output of a unit, a channel, a place or everything. */
export function unitPlaces(shape: Shape, { channel, at }: UnitTarget): number[] {
  const channels = shape[shape.length - 1], space = shape.slice(0, -1);
  if (channel !== undefined) expectPlace(channel, channels, "channel");
  if (at && at.length !== space.length) {
    throw new DeconvError(
      `The target's place has ${at.length} number(s), and the layer ${space.length} axes before its channels`,
    );
  }
  at?.forEach((place, axis) => expectPlace(place, space[axis], `place along axis ${axis + 1}`));
  const pixel = at?.reduce((offset, place, axis) => offset * space[axis] + place, 0);
  const pixels = pixel === undefined ? [...Array(sizeOf(space)).keys()] : [pixel];
  const wanted = channel === undefined ? [...Array(channels).keys()] : [channel];
  return pixels.flatMap((pixel) => wanted.map((channel) => pixel * channels + channel));
}

/** Positions in an output picture of a region's pixels. */
export function pixelPlaces(shape: Shape, { channel, region }: PixelsTarget): number[] {
  if (shape.length !== 3) {
    throw new DeconvError(
      `Pixels are the target of a network that makes pictures; this one makes ${
        shapeText(shape)
      }: choose class or unit`,
    );
  }
  const [rows, columns, channels] = shape;
  const { top, left, height = 1, width = 1 } = region ??
    { top: 0, left: 0, height: rows, width: columns };
  if (channel !== undefined) expectPlace(channel, channels, "channel");
  const fits = [top, left, height, width].every(Number.isInteger) && top >= 0 && left >= 0 &&
    height > 0 && width > 0 && top + height <= rows && left + width <= columns;
  if (!fits) {
    throw new DeconvError(
      `The target's region (top ${top}, left ${left}, ${height}x${width}) must lie within ${rows}x${columns}`,
    );
  }
  const wanted = channel === undefined ? [...Array(channels).keys()] : [channel];
  return Array.from(
    { length: height * width },
    (_, i) => (top + Math.floor(i / width)) * columns + left + i % width,
  )
    .flatMap((pixel) => wanted.map((channel) => pixel * channels + channel));
}

/** The mean, sum or maximum of some positions of each row. */
export function pick(
  placesOf: (picture: number) => readonly number[],
  reduce: Reduce = "mean",
): Scalar {
  expectOne(reduce, ["mean", "sum", "max"], "reduce");
  return ({ shape, data }, pictures) => {
    const gradient = new Float32Array(data.length), width = sizeOf(shape.slice(1));
    const values = pictures.map((picture, row) => {
      const places = placesOf(picture), start = row * width;
      if (reduce === "max") {
        const best = places.reduce((a, b) => data[start + b] > data[start + a] ? b : a);
        gradient[start + best] = 1;
        return data[start + best];
      }
      const weight = reduce === "mean" ? 1 / places.length : 1;
      let sum = 0;
      for (const place of places) {
        sum += data[start + place];
        gradient[start + place] = weight;
      }
      return sum * weight;
    });
    return { values, gradient: { shape, data: gradient } };
  };
}

/** Chances are kept this far from 0 and 1, as in the loss. */
const EDGE = 1e-7;

/** The mean difference of each row from its picture's row of `against`. */
export function difference(against: Tensor, metric: "mse" | "bce"): Scalar {
  return ({ shape, data }, pictures) => {
    const gradient = new Float32Array(data.length), width = sizeOf(shape.slice(1));
    const values = pictures.map((picture, row) => {
      let sum = 0;
      for (let i = 0; i < width; i++) {
        const y = data[row * width + i], t = against.data[picture * width + i];
        if (metric === "mse") {
          sum += (y - t) ** 2;
          gradient[row * width + i] = 2 * (y - t) / width;
        } else {
          const p = Math.min(1 - EDGE, Math.max(EDGE, y));
          sum -= t * Math.log(p) + (1 - t) * Math.log(1 - p);
          gradient[row * width + i] = p === y ? (p - t) / (p * (1 - p)) / width : 0;
        }
      }
      return sum / width;
    });
    return { values, gradient: { shape, data: gradient } };
  };
}
