/** What evidence is gathered about: a method, and the maps it makes. */
import { DeconvError } from "../../errors.ts";
import type { Model } from "../../model.ts";
import type { Tensors } from "../../network.ts";
import { sameShape, type Shape, shapeText, sizeOf, type Tensor } from "../../tensor.ts";
import type { ExplainOptions } from "../gradient.ts";
import { resizedPlane } from "../resize.ts";
import { planeOf } from "../segments.ts";

/**
 * A method, as a function: it must give a map for any model of this architecture, and look at the target
 * it is told.
 *
 * @example
 * ```ts
 * import { type Attribute, occlusion } from "@deconv/deconv";
 * const method: Attribute = (model, x, options) => occlusion(model, x, { ...options, window: 5 });
 * ```
 *
 * @example A method that gives more than a map
 * ```ts
 * import { type Attribute, lrp } from "@deconv/deconv";
 * const method: Attribute = (model, x, options) => lrp(model, x, options).relevance;
 * ```
 */
export type Attribute = (
  model: Model,
  x: Tensors,
  options: ExplainOptions,
) => Tensor | Promise<Tensor>;

/**
 * The map of a method.
 *
 * @throws {DeconvError} When it gives anything but a tensor.
 */
export async function mapBy(
  attribute: Attribute,
  model: Model,
  x: Tensors,
  options: ExplainOptions,
): Promise<Tensor> {
  const map = await attribute(model, x, options);
  if (map?.data instanceof Float32Array && Array.isArray(map.shape)) return map;
  throw new DeconvError(
    `A method must give a map as a tensor; this one gave ${
      map && typeof map === "object" ? `an object with ${Object.keys(map).join(", ")}` : map
    }`,
  );
}

/** What becomes of the numbers of one place: their sum, or the sum of their sizes. */
export type ChannelSum = "sum" | "absolute";

/** A picture's map with one number for each of its own places: channels summed. */
export function placesOf(
  map: ArrayLike<number>,
  { length, channels }: MapForm,
  how: ChannelSum = "sum",
): Float64Array {
  const places = new Float64Array(length / channels);
  for (let k = 0; k < length; k++) {
    places[Math.floor(k / channels)] += how === "sum" ? map[k] : Math.abs(map[k]);
  }
  return places;
}

/** How a picture's map lies over what it explains. */
export interface MapForm {
  /** Numbers of a picture's map. */
  readonly length: number;
  /** Numbers of one place. */
  readonly channels: number;
  /** Height and width. */
  readonly size: readonly [number, number];
}

/**
 * How maps of this shape lie over inputs of that: a number for each number, for each place, or for each
 * place of a coarser plane.
 *
 * @throws {DeconvError} When they are for other pictures.
 */
export function formOf(map: Shape, x: Shape): MapForm {
  const [pictures, ...shape] = map,
    length = sizeOf(shape),
    { height, width, channels, spatial } = planeOf(x.slice(1));
  if (pictures === x[0]) {
    if (sameShape(map, x)) return { length, channels, size: [height, width] };
    if (shape.length === spatial.length && length > 0) {
      return { length, channels: 1, size: [shape[0], shape[1] ?? 1] };
    }
  }
  throw new DeconvError(
    `A map of shape ${shapeText(map)} says nothing about inputs of shape ${shapeText(x)}`,
  );
}

/** A picture's map with one number for each place of what it explains. */
export function placesOver(
  map: ArrayLike<number>,
  form: MapForm,
  x: Shape,
  how?: ChannelSum,
): Float64Array {
  const { height, width } = planeOf(x.slice(1)), places = placesOf(map, form, how);
  return places.length === height * width
    ? places
    : resizedPlane(places, form.size, [height, width]);
}
