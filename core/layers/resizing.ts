import { positive } from "../geometry.ts";
import {
  createLayer,
  expectRank,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import { windowReach } from "../reach.ts";
import { type Interpolation, interpolationConfig, resampledAxes } from "../resampling.ts";
import { lowerSums } from "./windows.ts";

/** Options of `resizing`. */
export interface ResizingOptions extends LayerOptions {
  /** Height of the output. */
  height: number;
  /** Width of the output. */
  width: number;
  /** Default `"bilinear"`. */
  interpolation?: Interpolation;
}

type ResizingConfig = { height: number; width: number; interpolation: Interpolation };

/** The definition of resizing. */
export const resizingKind: LayerKind<ResizingConfig> = {
  kind: "resizing",
  relevance: ({ interpolation }) => interpolation === "nearest" ? "copy" : "sum",
  gates: true,
  configure: ({ height, width, interpolation }) => ({
    height: positive(height, "height"),
    width: positive(width, "width"),
    interpolation: interpolationConfig(interpolation ?? "bilinear"),
  }),
  outputShape: ({ height, width }, [shape]) => {
    expectRank(shape, 3, "[height, width, channels]");
    return [height, width, shape[2]];
  },
  reach: (config, [[height, width]], cells) => {
    const axes = resampledAxes(
      [height, width],
      [config.height, config.width],
      config.interpolation,
    );
    return [windowReach(axes, cells)];
  },
  lower: (config, lowering) => {
    const [, height, width] = lowering.inputs[0].shape;
    const axes = resampledAxes(
      [height, width],
      [config.height, config.width],
      config.interpolation,
    );
    lowerSums(lowering, axes);
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
