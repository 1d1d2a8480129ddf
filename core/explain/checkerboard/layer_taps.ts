import {
  convGeometry,
  type ConvOptions,
  convTransposeGeometry,
  type Pair,
} from "../../geometry.ts";
import type { Config, Layer } from "../../layer.ts";
import { sameShape, type Shape } from "../../tensor.ts";
import { type Taps, tapsOf } from "./overlap.ts";

/** What a layer does to the pixels of pictures. */
export interface LayerTaps {
  /** The steps it is made of; none where every pixel stays in its place. */
  readonly steps: readonly Taps[];
  /**
   * Whether pixels that stand differently to the stride are made with weights of their own, forward
   * where it scatters, backward where it gathers: then even an even overlap may show a pattern.
   */
  readonly ownWeights: boolean;
}

type Picture = [height: number, width: number, channels: number];
type Pads = readonly [number, number, number, number];

/** Kinds of layers that are convolutions for this purpose. */
const CONVOLUTIONS = ["conv2d", "depthwise_conv2d", "separable_conv2d"];

/** The layer itself, or what a spectral normalisation wraps. */
export function unwrapped({ kind, config }: { kind: string; config: Config }): {
  kind: string;
  config: Config;
} {
  const wrapped = config.layer as { kind: string; config: Config } | undefined;
  return kind === "spectral_normalization" && wrapped ? wrapped : { kind, config };
}

/**
 * What a layer does to pixels; null where its output has no pixels or they are not made of pixels of its
 * inputs (dense layers, reshapes), so that every pattern ends there.
 */
export function layerTaps(layer: Layer, inputs: readonly Shape[], output: Shape): LayerTaps | null {
  const { kind, config } = unwrapped(layer), [shape] = inputs;
  if (output.length !== 3 || shape.length !== 3) return null;
  const picture = shape as unknown as Picture, options = config as unknown as ConvOptions;
  const convolution = (from: Picture) => {
    const { kernel, strides, padStart, dilations } = convGeometry(from, from[2], {
      ...options,
      groups: 1,
    });
    return tapsOf("gather", kernel, strides, padStart, dilations);
  };
  if (CONVOLUTIONS.includes(kind)) return { steps: [convolution(picture)], ownWeights: true };
  switch (kind) {
    case "conv2d_transpose": {
      const { kernel, strides, padStart, dilations } = convTransposeGeometry(
        picture,
        output[2],
        options,
      );
      return { steps: [tapsOf("scatter", kernel, strides, padStart, dilations)], ownWeights: true };
    }
    case "resize_conv2d": {
      const size = config.size as [number, number];
      const large: Picture = [picture[0] * size[0], picture[1] * size[1], picture[2]];
      return { steps: [tapsOf("scatter", size, size), convolution(large)], ownWeights: false };
    }
    case "max_pool2d":
    case "average_pool2d": {
      const { poolSize, strides, padding } = config as Record<string, Pair>;
      const { kernel, strides: steps, padStart } = convGeometry(picture, picture[2], {
        kernelSize: poolSize,
        strides,
        padding: padding as ConvOptions["padding"],
      });
      return { steps: [tapsOf("gather", kernel, steps, padStart)], ownWeights: false };
    }
    case "max_unpool2d":
      // Where a value goes is the switches' choice: in the mean, everywhere in its window.
      return resized(config.strides as Pair, "scatter", false);
    case "upsampling2d":
      return resized(config.size as Pair, "scatter", false);
    case "depth_to_space":
      return resized(config.blockSize as number, "scatter", true);
    case "space_to_depth":
      return resized(config.blockSize as number, "gather", true);
    case "resizing":
      return resizedTo(shape, output);
    case "zero_padding2d":
    case "reflection_padding2d": {
      const [top, left] = config.padding as unknown as Pads;
      return { steps: [tapsOf("gather", 1, 1, [top, left])], ownWeights: false };
    }
    case "cropping2d": {
      const [top, left] = config.cropping as unknown as Pads;
      return { steps: [tapsOf("gather", 1, 1, [-top, -left])], ownWeights: false };
    }
    case "permute":
    case "reshape":
      return null;
    default:
      return sameShape(shape.slice(0, 2), output.slice(0, 2))
        ? { steps: [], ownWeights: false }
        : null;
  }
}

/** Blocks of pixels from one, or one from blocks. */
function resized(size: Pair, way: "gather" | "scatter", ownWeights: boolean): LayerTaps {
  return { steps: [tapsOf(way, size, size)], ownWeights };
}

/** Pictures of another size: blocks where one is a multiple of the other. */
function resizedTo(from: Shape, to: Shape): LayerTaps | null {
  const larger: Pair = [to[0] / from[0], to[1] / from[1]];
  const smaller: Pair = [from[0] / to[0], from[1] / to[1]];
  if (larger.every(Number.isInteger)) return resized(larger, "scatter", false);
  return smaller.every(Number.isInteger) ? resized(smaller, "gather", false) : null;
}
