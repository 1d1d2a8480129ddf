/** The deconvolutional network of Zeiler & Fergus: single activations seen as pictures. */
import { DeconvError } from "../errors.ts";
import type { Model } from "../model.ts";
import { tensorList, type Tensors } from "../network.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { targetGradient } from "./gradient.ts";
import type { Scalar } from "./target.ts";

/** Which activations are projected. */
export interface DeconvnetOptions {
  /** Name of the layer; with its activation, without it `"name/linear"`. */
  layer: string;
  /** The channel, or one for each picture. Default: that of the layer's strongest activation. */
  channel?: number | readonly number[];
  /**
   * The place, `[row, column]` of pictures, `[position]` of signals, `[]` of vectors, or one for each
   * picture. Default: where the channel is strongest.
   */
  at?: readonly number[] | readonly (readonly number[])[];
  /** Name of the input, of a network with several. Default: the first. */
  of?: string;
  /** Pictures computed at a time. Default 32. */
  batchSize?: number;
}

/** An activation that was projected. */
export interface Activated {
  /** Its channel. */
  readonly channel: number;
  /** Its place. */
  readonly at: readonly number[];
  /** Its value, which the projection starts from. */
  readonly value: number;
}

/** What activations look like in the input. */
export interface Deconvnet {
  /** The projections, of the input's shape. */
  readonly projection: Tensor;
  /** The activation that was kept of each picture. */
  readonly units: readonly Activated[];
}

/** Of what a layer makes of one picture, where the strongest value is among those that are allowed. */
function strongest(
  values: Float32Array,
  shape: readonly number[],
  channel: number | undefined,
  at: readonly number[] | undefined,
): number {
  const channels = shape[shape.length - 1],
    place = at?.reduce((p, i, axis) => p * shape[axis] + i, 0);
  const first = (place ?? 0) * channels + (channel ?? 0);
  const end = place === undefined ? values.length : (place + 1) * channels;
  const step = channel === undefined ? 1 : channels;
  let best = first;
  for (let i = first; i < end; i += step) if (values[i] > values[best]) best = i;
  return best;
}

function expectPlace(place: number, size: number, what: string): void {
  if (Number.isInteger(place) && place >= 0 && place < size) return;
  throw new DeconvError(`${what} must be from 0 to ${size - 1}; it is ${place}`);
}

/**
 * The projection of single activations down to the input (Zeiler & Fergus 2014, "Visualizing and
 * understanding convolutional networks"): the network is run on a picture, of one layer only one
 * activation is kept, and it goes back through the transposed filters, the switches of the max pools
 * that the picture has set, and a relu after every layer (the `"deconvnet"` rule). It shows which
 * part of the picture set the unit off, as far as filters and switches tell: other activations than
 * relu and all other layers pass their true gradient. Starts from the activation's own value.
 *
 * The rule does not ask where relus were active, so projections follow the switches more than the
 * weights above them; do not take one for the reason of a decision.
 *
 * @param x The pictures, one tensor for each input.
 * @throws {DeconvError} When a shape is wrong or the network has no such layer, channel or place.
 *
 * @example
 * ```ts
 * import { conv2d, deconvnet, maxPool2d, sequential, zeros } from "@deconv/deconv";
 * const net = sequential([
 *   conv2d({ filters: 8, kernelSize: 3, activation: "relu", inputShape: [16, 16, 3] }),
 *   maxPool2d(),
 *   conv2d({ name: "deep", filters: 8, kernelSize: 3, activation: "relu" }),
 * ]);
 * const { projection, units } = deconvnet(net, zeros([2, 16, 16, 3]), { layer: "deep", channel: 5 });
 * console.log(projection.shape, units[0].at); // [2, 16, 16, 3] [0, 0]
 * ```
 */
export function deconvnet(model: Model, x: Tensors, options: DeconvnetOptions): Deconvnet {
  const { layer, channel, at, of, batchSize } = options, units: Activated[] = [];
  const channelOf = (picture: number) => typeof channel === "object" ? channel[picture] : channel;
  const each = at?.length ? typeof at[0] === "object" : false;
  const placeOf = (picture: number) => (each ? at![picture] : at) as readonly number[] | undefined;
  const count = tensorList(x)[0]?.shape[0];
  for (const [list, what] of [[channel, "channels"], [each ? at : 0, "places"]] as const) {
    if (typeof list === "object" && list.length !== count) {
      throw new DeconvError(`There are ${count} pictures, and ${what} for ${list.length}`);
    }
  }
  const keepOne: Scalar = ({ shape, data }, pictures) => {
    const own = shape.slice(1), size = sizeOf(own), channels = own[own.length - 1];
    const gradient = new Float32Array(data.length);
    const values = pictures.map((picture, row) => {
      const wanted = channelOf(picture), place = placeOf(picture);
      if (wanted !== undefined) expectPlace(wanted, channels, `The channel of ${layer}`);
      if (place && place.length !== own.length - 1) {
        throw new DeconvError(
          `The place in ${layer} has ${place.length} number(s), and the layer ${
            own.length - 1
          } axes before its channels`,
        );
      }
      place?.forEach((p, axis) =>
        expectPlace(p, own[axis], `The place in ${layer} along axis ${axis + 1}`)
      );
      const kept = strongest(data.subarray(row * size, (row + 1) * size), own, wanted, place);
      const value = gradient[row * size + kept] = data[row * size + kept];
      units[picture] = { channel: kept % channels, at: placesOf(kept, own), value };
      return value;
    });
    return { values, gradient: { shape, data: gradient } };
  };
  const { gradient } = targetGradient(model, x, {
    target: { kind: "scalar", layer, scalar: keepOne },
    rule: "deconvnet",
    of,
    batchSize,
  });
  return { projection: gradient, units };
}

/** The place, without the channel, of a value in an array of this shape. */
function placesOf(index: number, shape: readonly number[]): number[] {
  let rest = Math.floor(index / shape[shape.length - 1]);
  return shape.slice(0, -1).toReversed().map((size) => {
    const place = rest % size;
    rest = Math.floor(rest / size);
    return place;
  }).reverse();
}
