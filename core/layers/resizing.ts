import { positive } from "../geometry.ts";
import {
  createLayer,
  expectRank,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import { windowReach } from "../reach.ts";
import {
  type Coordinates,
  coordinatesConfig,
  type Interpolation,
  interpolationConfig,
  resampledAxes,
} from "../resampling.ts";
import type { Axes } from "../windows.ts";
import { lowerSums } from "./windows.ts";

/** Options of `resizing`. */
export interface ResizingOptions extends LayerOptions {
  /** Height of the output. */
  height: number;
  /** Width of the output. */
  width: number;
  /** Default `"bilinear"`. */
  interpolation?: Interpolation;
  /**
   * Where output pixels lie in the picture. Default `"half_pixel"`, as in Keras and PyTorch's bilinear;
   * `"asymmetric"` is PyTorch's nearest, `"align_corners"` its bilinear of that name.
   */
  coordinates?: Coordinates;
}

type ResizingConfig = Required<Omit<ResizingOptions, keyof LayerOptions>>;

/** The axes of pictures of this height and width. */
function axesOf(
  { height, width, interpolation, coordinates }: ResizingConfig,
  size: readonly [number, number],
): Axes {
  return resampledAxes(size, [height, width], interpolation, coordinates);
}

/** The definition of resizing. */
export const resizingKind: LayerKind<ResizingConfig> = {
  kind: "resizing",
  relevance: ({ interpolation }) => interpolation === "nearest" ? "copy" : "sum",
  gates: true,
  configure: ({ height, width, interpolation = "bilinear", coordinates = "half_pixel" }) => ({
    height: positive(height, "height"),
    width: positive(width, "width"),
    interpolation: interpolationConfig(interpolation),
    coordinates: coordinatesConfig(coordinates, interpolation),
  }),
  outputShape: ({ height, width }, [shape]) => {
    expectRank(shape, 3, "[height, width, channels]");
    return [height, width, shape[2]];
  },
  reach: (
    config,
    [[height, width]],
    cells,
  ) => [windowReach(axesOf(config, [height, width]), cells)],
  lower: (config, lowering) => {
    const [, height, width] = lowering.inputs[0].shape;
    lowerSums(lowering, axesOf(config, [height, width]));
  },
};

/**
 * Makes pictures `[height, width, channels]` of any size ones of a given size, larger or smaller; as
 * Keras' `Resizing`, centres as `upsampling2d` has them. Bilinear takes the nearest four pixels, also
 * where the output is smaller: nothing is smoothed beforehand.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { resizing, sequential } from "@deconv/deconv";
 * const net = sequential([resizing({ height: 24, width: 32, inputShape: [100, 75, 3] })]);
 * console.log(net.outputShape); // [24, 32, 3]
 * ```
 */
export function resizing(options: ResizingOptions): Layer {
  return createLayer(resizingKind, options);
}
