/** Classes of Keras that are several layers here, or a layer whose numbers are options there. */
import { DeconvError } from "../../errors.ts";
import type { Layer } from "../../layer.ts";
import { cropping2d } from "../../layers/cropping2d.ts";
import { depthwiseConv1d } from "../../layers/depthwise_conv1d.ts";
import { depthwiseConv2d } from "../../layers/depthwise_conv2d.ts";
import { reshape } from "../../layers/reshape.ts";
import { zeroPadding2d } from "../../layers/zero_padding2d.ts";
import { type Shape, shapeText, type Tensor } from "../../tensor.ts";
import type { FindWeights } from "../assembly.ts";
import { saysNothing } from "./read_layer.ts";

/** A layer of a chain. */
export interface Link {
  /** The layer. */
  readonly layer: Layer;
  /** Gives the values of its parameters, which are not the file's. */
  readonly find: FindWeights;
}

/** What a chain is made of. */
export interface ChainContext {
  /** The name of the layer there. */
  readonly name: string;
  /** Its options. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The shape of its input. */
  readonly shape: Shape;
  /** A weight of it, by its name and by its place. */
  weight(parameter: string, position: number): Tensor | undefined;
  /** A name that no layer has yet. */
  free(name: string): string;
}

interface ChainClass {
  /** Options that are read. */
  readonly known: readonly string[];
  make(context: ChainContext): Link[];
}

const none: FindWeights = (parameter) => {
  throw new DeconvError(`there are no weights ${parameter}`);
};
const bare = (layer: Layer): Link => ({ layer, find: none });

/** Layers for another shape, between two that go there and back. */
function around(
  { name, free }: ChainContext,
  from: Shape,
  link: Link,
  to: Shape,
): Link[] {
  const turn = (word: string, shape: Shape) =>
    bare(reshape([...shape], { name: free(`${name}_${word}`) }));
  return [turn("plane", from), link, turn("signal", to)];
}

/** Zeros at the ends of a signal, or its ends cut off: a picture one pixel wide. */
function ends(field: "padding" | "cropping"): ChainClass["make"] {
  return (context) => {
    const { name, config, shape: [length, channels] } = context, given = config[field] ?? 1;
    const [left, right] = Array.isArray(given) ? given : [given, given];
    if (context.shape.length !== 2) throw new DeconvError("its input is no signal");
    const sides = [left, 0, right, 0] as [number, number, number, number];
    const layer = field === "padding"
      ? zeroPadding2d({ name, padding: sides })
      : cropping2d({ name, cropping: sides });
    const more = field === "padding" ? left + right : -left - right;
    return around(context, [length, 1, channels], bare(layer), [length + more, channels]);
  };
}

/** Channels whose numbers are multiplied and moved at most. */
const MOST_CHANNELS = 2 ** 16;

/** x · scale + offset, channel by channel: a filter of one tap that is not trained. */
function affine(
  context: ChainContext,
  numbers: () => [ArrayLike<number>, ArrayLike<number>],
): Link[] {
  const { name, shape } = context, channels = shape[shape.length - 1];
  if (channels > MOST_CHANNELS || shape.length > 3) {
    throw new DeconvError(`there is no layer for it over ${shapeText(shape)}`);
  }
  const find: FindWeights = (parameter, shape) => {
    const values = numbers()[parameter === "bias" ? 1 : 0];
    if (values.length !== 1 && values.length !== channels) {
      throw new DeconvError(`it has ${values.length} numbers for ${channels} channels`);
    }
    const value = (_: unknown, i: number) => values[values.length === 1 ? 0 : i];
    return { shape, data: Float32Array.from({ length: channels }, value) };
  };
  const options = { name, kernelSize: 1, trainable: false };
  if (shape.length === 3) return [{ layer: depthwiseConv2d(options), find }];
  const link = { layer: depthwiseConv1d(options), find };
  return shape.length === 2 ? [link] : around(context, [1, channels], link, shape);
}

/** A number or numbers, however deep in lists. */
function numbersOf(value: unknown, what: string): number[] {
  const all = [value].flat(8);
  if (all.every((n): n is number => typeof n === "number")) return all;
  throw new DeconvError(`its ${what} is ${JSON.stringify(value)?.slice(0, 60)}, and no numbers`);
}

/** Variances of less than this deviation are not divided by. */
const LEAST_DEVIATION = 1e-7;

/** Which axis has means of its own: the last, or none. */
function axisFits(axis: unknown, { length }: Shape): boolean {
  const axes = [axis ?? []].flat();
  return axes.length === 0 || axes.length === 1 && (axes[0] === -1 || axes[0] === length);
}

const CHAINS: Readonly<Record<string, ChainClass>> = {
  ZeroPadding1D: { known: ["padding"], make: ends("padding") },
  Cropping1D: { known: ["cropping"], make: ends("cropping") },
  Rescaling: {
    known: ["scale", "offset"],
    make: (context) => {
      const scale = numbersOf(context.config.scale, "scale");
      const offset = numbersOf(context.config.offset ?? 0, "offset");
      return affine(context, () => [scale, offset]);
    },
  },
  Normalization: {
    known: ["axis", "mean", "variance"],
    make(context) {
      const { config, shape, weight } = context, { axis = -1, mean, variance } = config;
      if (!axisFits(axis, shape)) {
        throw new DeconvError(`its axis is ${JSON.stringify(axis)}, not the last`);
      }
      const read = (given: unknown, what: string, position: number): ArrayLike<number> => {
        if (given !== null && given !== undefined) return numbersOf(given, what);
        const found = weight(what, position);
        if (found) return found.data;
        throw new DeconvError(`it has no ${what}: adapt it before it is saved`);
      };
      return affine(context, () => {
        const means = read(mean, "mean", 0);
        const factors = Array.from(
          read(variance, "variance", 1),
          (v) => 1 / Math.max(Math.sqrt(v), LEAST_DEVIATION),
        );
        const length = Math.max(means.length, factors.length);
        const at = (values: ArrayLike<number>, i: number) => values[values.length === 1 ? 0 : i];
        const offsets = Array.from({ length }, (_, i) => -at(means, i) * at(factors, i));
        return [factors, offsets];
      });
    },
  },
};

/** Whether a class is a chain of layers. */
export function isChain(className: string): boolean {
  return Object.hasOwn(CHAINS, className);
}

/**
 * Makes the layers that a class is, one behind the other.
 *
 * @throws {DeconvError} When an option has no counterpart; the message names the layer.
 */
export function chainFromKeras(className: string, context: ChainContext): Link[] {
  const { known, make } = CHAINS[className], title = `${className} "${context.name}"`;
  const refusing = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof DeconvError)) throw error;
      throw new DeconvError(`its layer ${title} cannot be read: ${error.message}`);
    }
  };
  return refusing(() => {
    for (const [key, value] of Object.entries(context.config)) {
      const fits = known.includes(key) || saysNothing(key, value) &&
          (key !== "data_format" || value !== "channels_first");
      if (!fits) {
        throw new DeconvError(
          `it has the option ${key}: ${JSON.stringify(value)}, which has no counterpart here`,
        );
      }
    }
    return make(context).map(({ layer, find }) => ({
      layer,
      find: (...wanted) => refusing(() => find(...wanted)),
    }));
  });
}
